"""Pages in headless Chromium: they show without a complaint, ask nobody for anything, and can be used by everybody."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reports.page.page import page as page_of

from .runs import EVIL, a_watched_round, a_watched_trial, levels, run_of

pytestmark = [pytest.mark.page, pytest.mark.slow]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPEN = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
SESSION = ("-m", "pytest", "perf", "-m", "sqlite", "-k", "one_thread", "--test-time", "2", "--rounds", "2")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium as it is installed here; its own sandbox does not start for root."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no Chromium is installed: apt-get install --no-install-recommends chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: tox -e page brings it")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=found, chromium_sandbox=os.geteuid() != 0)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page that a real session ended with."""
    folder = tmp_path_factory.mktemp("measured")
    command = [sys.executable, *SESSION, "-p", "no:cacheprovider", "--benchmark-storage", f"file://{folder}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (path,) = (folder / "html").glob("*.html")
    assert f"page: {path}" in done.stdout
    return path


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of levels of load, of a cluster's layout, of losses, and of names that would do harm."""
    folder = tmp_path_factory.mktemp("made-up")
    nodes = [
        {"node": EVIL, "tokens": 16 * at, "owns": 0.5, "replica_owns": 0.5, "rows": 9, "first_rows": at}
        for at in (1, 2)
    ]
    harmful = a_watched_trial(
        name=f"perf/test_one_thread.py::test_one_thread[{EVIL}]",
        hosts=[{"name": EVIL, "roles": ["producer"], "os": EVIL}],
        server={"service": EVIL, "says": {"endpoint": EVIL}, "layout": {"nodes": nodes}},
        rounds=[a_watched_round(host=EVIL, errors=[EVIL], lost=1, accounting="fail"), a_watched_round(host="other")],
        doubts=[EVIL],
    )
    path = folder / "page.html"
    path.write_text(page_of(run_of(folder, harmful, *levels(1, 2, 3, 4, 6, 8))))
    return path


class Tab:
    """A page, opened, and all that it complained of or asked for."""

    def __init__(self, browser: Any, path: Path, **given: Any) -> None:
        self.context = browser.new_context(**given)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """Opens pages: `tab(path, …)` takes what `new_context` does."""
    opened: list[Tab] = []

    def open_tab(path: Path, **given: Any) -> Tab:
        opened.append(Tab(browser, path, **given))
        return opened[-1]

    yield open_tab
    for one in opened:
        one.context.close()


@pytest.fixture(params=["measured", "made_up"])
def path(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_meets_wcag_aa(tab: Any, path: Path, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="tox -e page brings axe-core").Axe()
    # axe-core is put into the page by the test: its policy would keep it out.
    opened = tab(path, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    opened.page.evaluate(OPEN)
    found = axe.run(opened.page, options={"runOnly": RULES, "resultTypes": ["violations"]})
    assert [(one["id"], one["nodes"][0]["html"]) for one in found.response["violations"]] == []


def test_it_loads_nothing_complains_of_nothing_and_fits_the_screen(tab: Any, path: Path) -> None:
    opened = tab(path, viewport={"width": 390, "height": 900})
    opened.page.click("#open")
    opened.page.wait_for_load_state("networkidle")
    assert opened.complaints == []
    assert opened.requests == [path.as_uri()]
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_charts_have_a_size_and_lines_that_show(tab: Any, path: Path) -> None:
    opened = tab(path)
    opened.page.evaluate(OPEN)
    charts = opened.page.locator("svg.chart >> visible=true")
    assert charts.count() >= 3
    for at in range(charts.count()):
        box = charts.nth(at).bounding_box()
        assert box["width"] > 200
        assert box["height"] > 50
    strokes = opened.page.evaluate(
        "[...document.querySelectorAll('.series .line')].map((one) => getComputedStyle(one).stroke)"
    )
    assert strokes
    assert "none" not in strokes


def test_cases_are_filtered_sorted_and_opened(tab: Any, made_up: Path) -> None:
    page = tab(made_up).page
    rows = page.locator("#cases tbody tr >> visible=true")
    assert rows.count() == 7
    page.fill("#filter", "SQLITE-4")
    assert rows.count() == 1
    assert page.locator("details.case >> visible=true").count() == 1
    assert page.inner_text("#shown") == "1 of 7 cases"
    page.fill("#filter", "")
    page.get_by_role("button", name="readings/s").click()
    order = [text.replace(",", "") for text in page.locator("#cases tbody td:nth-child(3)").all_inner_texts()]
    assert order == sorted(order, key=float, reverse=True)
    assert page.locator("th[aria-sort=descending]").count() == 1
    page.get_by_role("button", name="readings/s").click()
    again = [text.replace(",", "") for text in page.locator("#cases tbody td:nth-child(3)").all_inner_texts()]
    assert again == sorted(again, key=float)
    page.click("#open")
    assert page.locator("details.case:not([open])").count() == 0
    page.click("#open")
    assert page.locator("details.case[open]").count() == 0


def test_a_number_leads_to_its_evidence_also_where_that_is_folded_away(tab: Any, made_up: Path) -> None:
    page = tab(made_up).page
    page.click("tr[data-case=case-3] a[href='#case-3-limit']")
    page.wait_for_function("document.getElementById('case-3').open")
    page.wait_for_function(
        "Math.abs(document.getElementById('case-3-limit').getBoundingClientRect().top) < innerHeight"
    )


def test_colours_can_be_chosen_and_print_is_light(tab: Any, made_up: Path) -> None:
    page = tab(made_up, color_scheme="light").page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.select_option("#theme", "dark")
    assert page.evaluate(ground) != light
    page.emulate_media(media="print")
    assert page.evaluate(ground) == light


def test_without_scripts_all_can_be_read_but_for_the_controls(tab: Any, made_up: Path) -> None:
    page = tab(made_up, java_script_enabled=False).page
    for part in ("#answer", "#cases", "#doubts", "#scaling-1"):
        assert page.locator(part).is_visible()
    assert not page.locator("#controls").is_visible()
    page.click("#case-2 > summary")
    assert page.locator("#case-2-accounting").is_visible()


def test_names_that_would_do_harm_do_none(tab: Any, made_up: Path) -> None:
    opened = tab(made_up)
    dialogs: list[str] = []
    opened.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    opened.page.reload()
    opened.page.click("#open")
    assert dialogs == []
    assert opened.page.locator("script").count() == 1
    assert opened.page.locator("img").count() == 0
    assert "<script>alert(1)</script>" in opened.page.inner_text("#doubts ~ ul")
