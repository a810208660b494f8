"""Builds stand-ins for the official images of servers, without a registry: of Debian packages and the pinned jars.

Run as root or as one who may use user namespaces, with a container engine: python -m tools.images [SERVICE…]
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from collectors.errors import ThermobenchError, Unavailable
from fixtures.containers.engine import Engine
from fixtures.containers.images import OFFICIAL, stand_in
from fixtures.hosts.local import LocalHost
from fixtures.services.jars import CASSANDRA, KAFKA, Software

RECIPE = "thermobench.recipe"
"""The label that tells what an image was made of, so that nothing is built twice."""
_OS_RELEASE = Path("/etc/os-release")


@dataclass(frozen=True)
class Recipe:
    """What an image is made of."""

    packages: tuple[str, ...]
    """Of Debian, beside those that every system has."""
    software: Software | None = None
    """Whose jars are put to where the official image has them."""
    environment: tuple[str, ...] = ()
    """As NAME=VALUE."""

    def mark(self, suite: str) -> str:
        """Return what tells images apart that are not made of the same."""
        jars = (self.software.folder / "SHA256SUMS").read_text() if self.software else ""
        return hashlib.sha256(repr((suite, self.packages, self.environment, jars)).encode()).hexdigest()[:16]


_JAVA = ("openjdk-17-jre-headless",)
RECIPES = {
    "mosquitto": Recipe(("mosquitto",)),
    "mariadb": Recipe(("mariadb-server-core", "mariadb-client-core")),
    "kafka": Recipe(_JAVA, KAFKA),
    "cassandra": Recipe(_JAVA, CASSANDRA),
    # No server, but what the contract of hosts is tried with.
    "python": Recipe(("python3-minimal",), environment=("THERMOBENCH_OUTSIDE=outer",)),
}


SERVERS = tuple(name for name in RECIPES if name in OFFICIAL)
"""Those in which servers run."""


class Builder:
    """Builds images. Systems that several of them have in common are made once.

    Args:
        engine: where the images go.
        host: fetches jars.
        folder: to work in; takes 2 GB.
    """

    def __init__(self, engine: Engine, host: LocalHost, folder: Path) -> None:
        self._engine = engine
        self._host = host
        self._folder = folder
        self._suite, self._components = suite(_OS_RELEASE.read_text())
        self._systems: dict[tuple[str, ...], Path] = {}

    def build(self, service: str) -> bool:
        """Build the image of one service, unless it is there as it should be; return whether it was built.

        Raises:
            Unavailable: mmdebstrap or a package is missing.
            ServerError: jars cannot be had.
        """
        recipe, name = RECIPES[service], stand_in(service)
        mark = recipe.mark(self._suite)
        if self._engine.has(name) and self._engine.client.images.get(name).labels.get(RECIPE) == mark:
            return False
        packed = self._with_jars(service, recipe)
        repository, _, tag = name.partition(":")
        changes = [f"LABEL {RECIPE}={mark}", *(f"ENV {one}" for one in recipe.environment)]
        self._engine.api.import_image_from_file(str(packed), repository=repository, tag=tag, changes=changes)
        return True

    def _with_jars(self, service: str, recipe: Recipe) -> Path:
        """Return an archive of all that is to be in an image."""
        system = self._system(recipe.packages)
        if recipe.software is None:
            return system
        packed = self._folder / f"{service}.tar"
        shutil.copyfile(system, packed)
        home = recipe.software.provide(self._host, say)
        target = OFFICIAL[service].jars[recipe.software.folder.name].lstrip("/")
        with tarfile.open(packed, "a") as archive:
            for jar in sorted(Path(home).iterdir()):
                archive.add(jar, f"{target}/{jar.name}", filter=_everybodys)
        return packed

    def _system(self, packages: tuple[str, ...]) -> Path:
        """Return an archive of a minimal system with these packages."""
        if packages not in self._systems:
            program = shutil.which("mmdebstrap")
            if program is None:
                raise Unavailable(
                    "images are built by mmdebstrap, which is not installed",
                    "sudo apt-get install --no-install-recommends mmdebstrap",
                )
            made = self._folder / f"system-{len(self._systems)}.tar"
            command = [
                program,
                "--quiet",
                "--variant=minbase",
                f"--components={self._components}",
                f"--include={','.join(packages)}",
                self._suite,
                str(made),
            ]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
            if done.returncode:
                said = done.stderr.strip().splitlines()[-3:]
                raise Unavailable(f"mmdebstrap could not make a system with {' '.join(packages)}: {' '.join(said)}")
            self._systems[packages] = made
        return self._systems[packages]


def suite(os_release: str) -> tuple[str, str]:
    """Return the code name of this machine's system and the parts of it that are used: images are of the same.

    Args:
        os_release: what its os-release(5) holds.

    Raises:
        Unavailable: it has none that mmdebstrap could know.
    """
    fields = {name: value.strip('"') for name, _, value in (line.partition("=") for line in os_release.splitlines())}
    if not (found := fields.get("VERSION_CODENAME")):
        raise Unavailable("images are made on Debian, Ubuntu and Raspberry Pi OS; this system is another")
    return found, "main,universe" if fields.get("ID") == "ubuntu" else "main"


def say(text: str) -> None:
    """Tell a person, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _everybodys(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mode = 0o644
    return member


def main(arguments: Sequence[str]) -> int:
    """Build the images that are asked for, by default all; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.images", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("services", nargs="*", metavar="SERVICE", help=f"of {', '.join(RECIPES)}; default: all")
    asked = parser.parse_args(arguments).services or list(RECIPES)
    if strange := [one for one in asked if one not in RECIPES]:
        parser.error(f"{strange[0]}: expected one of {', '.join(RECIPES)}")
    try:
        with ExitStack() as stack:
            host = stack.enter_context(LocalHost())
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="thermobench-images-", dir=host.parent))
            builder = Builder(Engine(), host, Path(folder))
            for service in asked:
                built = builder.build(service)
                say(f"{stand_in(service)}: {'built' if built else 'there already'}")
    except ThermobenchError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
