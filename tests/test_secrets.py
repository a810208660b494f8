"""No password is to be seen: on no command line, in no file that is left, in nothing that is printed."""

from __future__ import annotations

import json
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from collectors.backends.registry import backend
from collectors.endpoint import Endpoint
from collectors.errors import Unavailable
from collectors.load import checked
from fixtures import redaction
from fixtures.hosts.local import LocalHost
from fixtures.native.base import NativeTool
from fixtures.native.mariadb_slap import MariadbSlap
from fixtures.native.mosquitto_pub import MosquittoPub
from fixtures.native.sysbench import Sysbench
from fixtures.services.base import RunningService

COLD = ("--warm-up", "0", "--server-warm-up", "0")
OPTIONS = ("-p", "no:cacheprovider", "--test-time", "0.5", "--rounds", "1", *COLD, "--junitxml", "out.xml")
PASSWORD = "correct-horse-battery-staple"


@contextmanager
def command_lines() -> Iterator[set[bytes]]:
    """Collect the command lines of all processes of this machine meanwhile."""
    seen: set[bytes] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.01):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    seen.add(path.read_bytes())
                except OSError:
                    continue  # it has ended

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        ended.set()
        looking.join()


@pytest.fixture
def told(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], list[str]]:
    """Return the passwords that an inner session had: it tells them in a file of which the path is in TOLD."""
    path = tmp_path_factory.mktemp("told") / "passwords"
    path.touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLD", str(path))
        yield lambda: path.read_text().split()


def pieces(password: str) -> list[str]:
    """Return the password, and what would be left of it where a text is cut: any eight characters of it."""
    return [password[at : at + 8] for at in range(len(password) - 7)]


def places(folder: Path, result: pytest.RunResult, passwords: list[str]) -> list[str]:
    """Return where any of the passwords can be seen, a piece of it at least."""
    texts = {str(path): path.read_bytes().decode(errors="replace") for path in folder.rglob("*") if path.is_file()}
    texts |= {"standard output": result.stdout.str(), "standard error": result.stderr.str()}
    given = [piece for password in passwords for piece in pieces(password)]
    return [name for name, text in texts.items() if any(piece in text for piece in given)]


SERVERS = """
import os
import pytest

def tell(password):
    with open(os.environ["TOLD"], "a") as file:
        file.write(password + "\\n")

def test_case(trial, servers):
    tell(servers.endpoints["default"].password)
    trial(processes=2)

def test_shows_it(trial, servers):
    trial(processes=1)
    endpoint = servers.endpoints["default"]
    login = {"user": endpoint.username, "passwd": endpoint.password, "more": ["padding" * 30]}
    sentence = "the password is " + endpoint.password
    print(sentence)
    assert endpoint.password == "something else", login

def test_fails_where_it_is_in_use(trial, monkeypatch):
    from fixtures.hosts.local import LocalHost
    put = LocalHost.put
    def fails(self, path, content, **options):
        if path.endswith("password"):
            raise RuntimeError(f"cannot write {content!r}")
        put(self, path, content, **options)
    monkeypatch.setattr(LocalHost, "put", fails)
    trial(processes=1)

@pytest.mark.parametrize("name, end", [("mosquitto", ".key"), ("mosquitto", "passwords"), ("mariadb", ".sql")])
def test_server_does_not_start(monkeypatch, name, end, stage):
    import secrets
    from fixtures.hosts.local import LocalHost
    from fixtures.stage import SERVICES
    made, put = secrets.token_urlsafe, LocalHost.put
    def made_and_told(length):
        tell(made := token(length))
        return made
    def fails(self, path, content, **options):
        if path.endswith(end):
            if end == ".key":
                [tell(line) for line in content.decode().splitlines() if "---" not in line and len(line) > 30]
            raise RuntimeError("cannot go on")
        put(self, path, content, **options)
    token = secrets.token_urlsafe
    monkeypatch.setattr(secrets, "token_urlsafe", made_and_told)
    monkeypatch.setattr(LocalHost, "put", fails)
    stage.clear()
    SERVICES[name]().start(stage.host, lambda text: None)
"""


@pytest.mark.slow
@pytest.mark.parametrize("verbosity", ["-v", "-vv"])
def test_no_password_of_a_server_is_to_be_seen(
    pytester: pytest.Pytester, told: Callable[[], list[str]], verbosity: str
) -> None:
    pytester.makepyfile(test_it=SERVERS)
    with command_lines() as seen:
        result = pytester.runpytest_subprocess(
            *OPTIONS,
            "-k",
            "[mysql] or [mqtt] or not_start",
            "--tb=long",
            "--showlocals",
            verbosity,
            "--strict-backends",
        )
    result.assert_outcomes(passed=2, failed=7)
    passwords = told()
    for program in (b"mosquitto", b"mariadbd", b"collectors"):
        assert any(program in line for line in seen), "it was looked at while it ran"
    assert [line for line in seen if any(one.encode() in line for one in passwords)] == []
    assert places(pytester.path, result, passwords) == []
    result.stdout.fnmatch_lines_random(
        ["the password is ***", "*cannot write b'***'*", "content *IDENTIFIED BY '***'*"]
    )
    assert list((pytester.path / ".thermobench" / "logs").rglob("*.log"))
    assert list((pytester.path / ".benchmarks").rglob("*.json"))
    assert list((pytester.path / ".benchmarks").rglob("*.jsonl"))


@pytest.mark.slow
@pytest.mark.parametrize(("tool", "name"), [(Sysbench(), "mysql"), (MariadbSlap(), "mysql"), (MosquittoPub(), "mqtt")])
def test_no_password_is_on_a_native_tools_command_line(
    tool: NativeTool, name: str, host: LocalHost, server_of: Callable[[str], RunningService]
) -> None:
    try:
        tool.check(host)
    except Unavailable as error:
        pytest.skip(str(error))
    made, endpoint = backend(name), server_of(name).endpoints["default"]
    made.load()
    load = checked(made, {}, frequency=1, endpoint=endpoint, test_time=0.5, processes=2)
    made.prepare(load.assignment(0, ""))
    with command_lines() as seen:
        tool.run(host, load)
    assert any(tool.name.encode() in line for line in seen), "it was looked at while it ran"
    assert [line for line in seen if endpoint.password.encode() in line] == []


PLAIN = {
    "a traceback": """
        def test_it():
            connect("{password}")
        """,
    "a chain of errors": """
        def test_it():
            try:
                connect("{password}")
            except ValueError:
                raise KeyError("something else")
        """,
    "Ctrl-C": """
        def test_it():
            connect("{password}", KeyboardInterrupt)
        """,
    "an internal error": """
        def test_it():
            pass

        def pytest_runtest_logreport(report):
            connect("{password}", RuntimeError)
        """,
}
CONNECT = """
def connect(password, error=ValueError):
    login = {"host": "127.0.0.1", "password": password, "padding": "x" * 150}
    shortened = ["x" * 105 + password + "x" * 200]
    if error is ValueError:  # what is printed outside of a test goes to the terminal at once
        print("logging in with", password)
    raise error("refused: " + password)
"""


@pytest.mark.parametrize("what", PLAIN)
def test_a_variable_that_is_called_password_is_not_shown(pytester: pytest.Pytester, what: str) -> None:
    pytester.makepyfile(test_it=f"import told\nfrom told import connect\n{textwrap.dedent(PLAIN[what])}")
    module = (pytester.path / "test_it.py").read_text().replace('"{password}"', "told.PASSWORD")
    (pytester.path / "test_it.py").write_text(module)
    if "pytest_runtest" in module:
        (pytester.path / "conftest.py").write_text(module)
    elsewhere = pytester.path.parent / f"{pytester.path.name}-told"
    elsewhere.mkdir()
    (elsewhere / "told.py").write_text(f"PASSWORD = {PASSWORD!r}\n{CONNECT}")
    result = pytester.runpytest_subprocess(
        *OPTIONS, "--tb=long", "--showlocals", "--full-trace", "-o", f"pythonpath={elsewhere}"
    )
    assert result.ret != pytest.ExitCode.OK
    assert places(pytester.path, result, [PASSWORD]) == []
    assert redaction.BLOT in result.stdout.str() + result.stderr.str()


def test_a_password_is_not_part_of_what_an_endpoint_shows() -> None:
    endpoint = Endpoint("db.local", username="pi", password=PASSWORD)
    assert PASSWORD not in f"{endpoint} {endpoint!r}"


def test_texts_are_blotted_out_whole_and_where_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_secrets", set())
    redaction.hide(PASSWORD)
    redaction.hide("short")
    assert redaction.redacted(f"a {PASSWORD} in short") == "a *** in short"
    assert redaction.redacted("'correct-ho...-staple'") == "'***...***'"
    assert redaction.redacted("(b'correct-horse-bat'\n b'tery-staple')") == "(b'***')"
    redaction.hide('wörter-und-"zeichen"')
    for text in (repr, ascii, json.dumps):
        assert redaction.BLOT in redaction.redacted(text('wörter-und-"zeichen"'))
    assert redaction.redacted("correct-ho is a word, isn't it...") == "correct-ho is a word, isn't it..."
