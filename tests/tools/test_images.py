"""Which system images are made of, and what they are made from."""

from __future__ import annotations

import pytest

from collectors.errors import Unavailable
from fixtures.containers.images import OFFICIAL
from tools.images import RECIPES, SERVERS, suite


@pytest.mark.parametrize(
    ("os_release", "found"),
    [
        ('ID=debian\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian = 12"\n', ("bookworm", "main")),
        ('ID="ubuntu"\nVERSION_CODENAME="noble"\n', ("noble", "main,universe")),
    ],
)
def test_images_are_of_the_same_system_as_the_machine(os_release: str, found: tuple[str, str]) -> None:
    assert suite(os_release) == found


def test_a_system_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(Unavailable, match="Debian, Ubuntu"):
        suite("ID=arch\n")


def test_every_server_has_a_stand_in_with_jars_where_its_official_image_has_them() -> None:
    assert set(SERVERS) == set(OFFICIAL)
    for service in SERVERS:
        software = RECIPES[service].software
        assert ([software.folder.name] if software else []) == list(OFFICIAL[service].jars)


def test_an_image_is_known_by_all_that_it_is_made_of() -> None:
    marks = {recipe.mark(name) for recipe in RECIPES.values() for name in ("bookworm", "trixie")}
    assert len(marks) == 2 * len(RECIPES)
