"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const rows = [...document.querySelectorAll("#cases tbody tr")];
  const open = by("open");

  const filter = () => {
    const wanted = by("filter").value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const found = row.textContent.toLowerCase().includes(wanted);
      row.hidden = !found;
      by(row.dataset.case).hidden = !found;
      shown += found;
    }
    by("shown").textContent = wanted ? `${shown} of ${rows.length} cases` : "";
  };

  const sort = (heading, column) => {
    const falling = heading.getAttribute("aria-sort") !== "descending";
    for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
    const order = (row) => {
      const cell = row.children[column];
      return "order" in cell.dataset ? Number(cell.dataset.order) : cell.textContent.trim();
    };
    const compared = (one, other) => {
      const [a, b] = [order(one), order(other)];
      return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    };
    const body = by("cases").tBodies[0];
    body.append(...[...rows].sort((one, other) => (falling ? -1 : 1) * compared(one, other)));
  };

  const reveal = () => {
    const wanted = by(decodeURIComponent(location.hash.slice(1)));
    const folded = wanted && wanted.closest("details");
    if (!folded) return;
    folded.open = true;
    wanted.scrollIntoView();
  };

  const all = (opened) => {
    for (const one of document.querySelectorAll("details.case")) one.open = opened;
    open.textContent = opened ? "Close all cases" : "Open all cases";
  };

  if (rows.length) {
    by("filter").addEventListener("input", filter);
    open.addEventListener("click", () => all(open.textContent.startsWith("Open")));
    [...document.querySelectorAll("#cases thead th")].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sort(heading, column));
      heading.append(button);
    });
  } else {
    by("filter").parentNode.hidden = open.hidden = true;
  }
  by("theme").addEventListener("change", (event) => {
    document.documentElement.dataset.theme = event.target.value;
  });
  by("controls").hidden = false;
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details")) one.open = true;
  });
  reveal();
})();
