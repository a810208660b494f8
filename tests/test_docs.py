"""The documentation against the tree: every module has its line, and every link leads somewhere."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("collectors", "fixtures", "reports", "perf", "tools")
NOT_OURS = {"build", "dist", "node_modules"}
"""Folders of built things, beside nearly all of those whose names begin with a dot."""

FOLDER = re.compile(r"^## `([\w/]+)/`$")
MODULE = re.compile(r"^\| `(\w+\.py)` \| \S")
ROOM_PATH = re.compile(rf"`((?:{'|'.join(ROOMS)}|tests|docs)/[\w./-]*)`")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!\\)\[[^\]]*\]\(([^)\s]+)(?: \"[^\"]*\")?\)|^\[[^\]]+\]: (\S+)", re.MULTILINE)
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def pages() -> list[Path]:
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(path for path in found if not any(_is_not_ours(part) for part in path.parts))


def _is_not_ours(part: str) -> bool:
    return part in NOT_OURS or (part.startswith(".") and part != ".github")


def listed() -> Counter[str]:
    """Return how often docs/whats-here.md has a line for each module."""
    folder, found = "", Counter[str]()
    for line in (ROOT / "docs" / "whats-here.md").read_text().splitlines():
        if line.startswith("## "):
            heading = FOLDER.match(line)
            folder = heading[1] if heading else ""
        elif folder and (module := MODULE.match(line)):
            found[f"{folder}/{module[1]}"] += 1
    return found


def test_every_module_has_one_line_in_whats_here() -> None:
    modules = (path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
    there = Counter(str(path.relative_to(ROOT)) for path in modules if path.name != "__init__.py")
    assert {"without a line": sorted(there - listed()), "not there, or twice": sorted(listed() - there)} == {
        "without a line": [],
        "not there, or twice": [],
    }


def links(page: Path) -> list[str]:
    text = CODE.sub("", (ROOT / page).read_text())
    targets = (unquote(first or second) for first, second in LINK.findall(text))
    return [target for target in targets if not ELSEWHERE.match(target)]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, made as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in links(page):
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        inside = path.resolve().is_relative_to(ROOT.resolve())
        if not (inside and path.exists()) or (anchor and path.suffix == ".md" and anchor not in anchors(path)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_path_of_a_room_that_a_page_names_is_there(page: Path) -> None:
    named = ROOM_PATH.findall((ROOT / page).read_text())
    placeholders = re.compile("[A-Z]{2,}")
    assert [path for path in named if not placeholders.search(path) and not (ROOT / path).exists()] == []


def test_links_are_found_at_all() -> None:
    assert "docs/adding-a-backend.md" in links(Path("README.md"))
    assert pages()
