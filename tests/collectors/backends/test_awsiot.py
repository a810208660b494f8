"""AWS IoT's rules, against a Mosquitto that asks for client certificates."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors.accounting import Verdict
from collectors.backends.awsiot import PUBLISH_QUOTA, AwsIotBackend, quota_doubt
from collectors.backends.base import Doubting
from collectors.endpoint import Endpoint
from collectors.errors import ServerError, UsageError
from collectors.ledger import Ledger
from fixtures.hosts.local import LocalHost
from fixtures.services.base import RunningService
from fixtures.services.certificates import Authority
from tests.collectors.backends.tls_terminator import tls_terminator
from tests.writing import accounted, assignment_for, write

BACKEND = AwsIotBackend()
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
AWS = "abc123-ats.iot.eu-central-1.amazonaws.com"


@dataclass(frozen=True)
class Papers:
    """An authority, and where its certificates lie."""

    authority: Authority
    host: LocalHost
    folder: str

    def client(self, name: str, not_after: datetime | None = None) -> dict[str, str]:
        certificate, key = self.authority.client(name, not_after=not_after).put(self.host, self.folder, name)
        return {"ca_file": f"{self.folder}/ca.crt", "cert_file": certificate, "key_file": key}


def papers(host: LocalHost) -> Papers:
    made = Papers(Authority.new(), host, host.folder("certificates"))
    host.put(f"{made.folder}/ca.crt", made.authority.certificate)
    return made


@pytest.fixture(scope="module")
def ours(host: LocalHost) -> Papers:
    return papers(host)


@contextlib.contextmanager
def broker(host: LocalHost, ours: Papers, *names: str, not_after: datetime | None = None) -> Iterator[int]:
    """Yield the port of a Mosquitto that has a certificate for these names and asks for one of the same authority."""
    folder, port = host.folder("mosquitto", server=True), host.free_port()
    certificate, key = ours.authority.server(*names, not_after=not_after).put(host, folder, "server")
    host.put(f"{folder}/ca.crt", ours.authority.certificate)
    lines = [
        f"listener {port} {host.address}",
        "allow_anonymous false",
        "require_certificate true",
        "use_identity_as_username true",
        f"cafile {folder}/ca.crt",
        f"certfile {certificate}",
        f"keyfile {key}",
    ]
    host.put(f"{folder}/mosquitto.conf", "\n".join(lines).encode() + b"\n")
    process = host.run(["mosquitto", "-c", f"{folder}/mosquitto.conf"], log=f"{folder}/log", server=True)
    try:
        deadline = time.monotonic() + 20
        while not host.listens(process, port):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.02)
        yield port
    finally:
        process.stop()


@pytest.fixture(scope="module")
def port(host: LocalHost, ours: Papers) -> Iterator[int]:
    with broker(host, ours, "127.0.0.1", "localhost") as made:
        yield made


def refused(endpoint: Endpoint, pattern: str, **given: str) -> None:
    """Assert that every way of connecting is refused with one line that names the address."""
    assignment = assignment_for(BACKEND, endpoint, given=given)
    for attempt in (
        lambda: BACKEND.prepare(assignment),
        lambda: BACKEND.writer(assignment, Ledger()),
        lambda: BACKEND.reader(assignment).__enter__(),
    ):
        began = time.monotonic()
        with pytest.raises(ServerError, match=pattern) as caught:
            attempt()
        assert "\n" not in str(caught.value)
        assert f"{endpoint.host}:{endpoint.port}" in str(caught.value)
        assert time.monotonic() - began < 25


@pytest.mark.parametrize("qos", ["0", "1"])
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_client_with_its_certificate_is_let_in(port: int, ours: Papers, name: str, qos: str) -> None:
    endpoint = Endpoint(name, port, **ours.client("pi-3"))
    account = accounted(BACKEND, assignment_for(BACKEND, endpoint, frequency=10, given={"qos": qos}), 1000)
    assert account.verdict is (Verdict.PASS if qos == "1" else Verdict.MEASURED), account.troubles()
    assert account.acknowledged + account.unanswered == 1000


def test_a_server_of_another_authority_is_refused(port: int, ours: Papers, host: LocalHost) -> None:
    theirs = papers(host)
    endpoint = Endpoint(port=port, **{**ours.client("pi-3"), "ca_file": f"{theirs.folder}/ca.crt"})
    refused(endpoint, rf"certificate is not accepted.*ca_file {theirs.folder}/ca.crt must hold")


def test_a_server_of_another_name_is_refused(host: LocalHost, ours: Papers) -> None:
    with broker(host, ours, "elsewhere.invalid") as other:
        for name in ("127.0.0.1", "localhost"):
            refused(Endpoint(name, other, **ours.client("pi-3")), "mismatch")


def test_a_server_whose_certificate_has_expired_is_refused(host: LocalHost, ours: Papers) -> None:
    with broker(host, ours, "127.0.0.1", not_after=LONG_AGO) as other:
        refused(Endpoint(port=other, **ours.client("pi-3")), "expired.*renew the server's certificate")


def test_a_client_whose_certificate_has_expired_is_refused(port: int, ours: Papers) -> None:
    refused(Endpoint(port=port, **ours.client("old", LONG_AGO)), "refused while connecting.*old.crt.*expired")


def test_a_client_of_another_authority_is_refused(port: int, ours: Papers, host: LocalHost) -> None:
    stranger = {**papers(host).client("stranger"), "ca_file": f"{ours.folder}/ca.crt"}
    refused(Endpoint(port=port, **stranger), "refused while connecting.*stranger.crt")


def test_a_client_without_a_certificate_is_refused(port: int, ours: Papers) -> None:
    bare = Endpoint(port=port, ca_file=f"{ours.folder}/ca.crt")
    refused(bare, "refused while connecting.*give cert_file and key_file")
    with pytest.raises(UsageError, match="cert_file is missing"):
        BACKEND.check(assignment_for(BACKEND, bare))


def test_without_tls_the_port_does_not_answer(port: int) -> None:
    refused(Endpoint(port=port), "refused while connecting.*ca_file")


@pytest.mark.parametrize("alpn", ["yes", "no", "auto"])
def test_alpn_is_negotiated_where_it_is_asked_for(
    host: LocalHost, ours: Papers, running: Callable[[str], RunningService], alpn: str
) -> None:
    plain = running("mosquitto").endpoints["default"]
    certificate, key = ours.authority.server("127.0.0.1").put(host, ours.folder, "terminator")
    login = {"username": plain.username, "password": plain.password}
    with tls_terminator(certificate, key, f"{ours.folder}/ca.crt", (plain.host, plain.port)) as outer:
        endpoint = Endpoint(port=outer, **login, **ours.client("pi-3"))
        if alpn != "yes":
            # Of its own accord ALPN is used on port 443 alone.
            refused(endpoint, "refused while connecting.*ALPN", alpn=alpn)
            return
        account = accounted(BACKEND, assignment_for(BACKEND, endpoint, frequency=10, given={"alpn": "yes"}), 500)
    assert (account.verdict, account.delivered) == (Verdict.PASS, 500), account.troubles()


@pytest.mark.parametrize(
    ("endpoint_port", "alpn", "expected"),
    [(0, "auto", (8883, False)), (443, "auto", (443, True)), (0, "yes", (443, True)), (443, "no", (443, False))],
)
def test_port_and_alpn_belong_together(ours: Papers, endpoint_port: int, alpn: str, expected: tuple[int, bool]) -> None:
    endpoint = Endpoint(AWS, endpoint_port, **ours.client("pi-3"))
    where = BACKEND._address(assignment_for(BACKEND, endpoint, given={"alpn": alpn}))
    assert (where.port, where.alpn) == expected


@pytest.mark.parametrize("missing", ["ca_file", "cert_file", "key_file"])
def test_a_file_that_is_missing_is_named(ours: Papers, missing: str, tmp_path: Path) -> None:
    good = Endpoint(port=1, **ours.client("pi-3"))
    BACKEND.check(assignment_for(BACKEND, good))
    junk = tmp_path / "junk.pem"
    junk.write_text("no PEM\n")
    junk.chmod(0o600)
    for value, pattern in (
        ("", f"{missing} is missing"),
        ("/no/such.pem", f"{missing} /no/such.pem: there is no such file"),
        (str(junk), f"{missing.split('_', maxsplit=1)[0]}.*junk.pem.*PEM"),
    ):
        with pytest.raises(UsageError, match=pattern) as caught:
            BACKEND.check(assignment_for(BACKEND, replace(good, **{missing: value})))
        assert "\n" not in str(caught.value)


def test_a_key_of_another_certificate_is_refused(ours: Papers) -> None:
    mixed = {**ours.client("one"), "key_file": ours.client("two")["key_file"]}
    with pytest.raises(UsageError, match=r"two\.key does not belong to cert_file .*one\.crt"):
        BACKEND.check(assignment_for(BACKEND, Endpoint(port=1, **mixed)))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_key_that_others_may_read_is_refused(ours: Papers, mode: int) -> None:
    files = ours.client("open")
    Path(files["key_file"]).chmod(mode)
    with pytest.raises(UsageError) as caught:
        BACKEND.check(assignment_for(BACKEND, Endpoint(port=1, **files)))
    assert f"{files['key_file']}: mode {mode:04o}" in str(caught.value)
    assert f"chmod 600 {files['key_file']}" in str(caught.value)


def test_quality_of_service_2_is_refused(ours: Papers) -> None:
    with pytest.raises(UsageError, match="AWS IoT Core has no QoS 2, expected 0 or 1"):
        BACKEND.check(assignment_for(BACKEND, Endpoint(port=1, **ours.client("pi-3")), given={"qos": "2"}))


@pytest.mark.parametrize(("topic", "pattern"), [("a/b/c/d/e", "slashes"), ("a" * 230, "256 at most")])
def test_topics_that_aws_does_not_take_are_refused(ours: Papers, topic: str, pattern: str) -> None:
    endpoint = Endpoint(port=1, **ours.client("pi-3"))
    BACKEND.check(assignment_for(BACKEND, endpoint, given={"topic": "a/b/c/d"}))
    with pytest.raises(UsageError, match=pattern):
        BACKEND.check(assignment_for(BACKEND, endpoint, given={"topic": topic}))


def test_the_record_says_that_a_local_broker_is_not_aws(port: int, ours: Papers) -> None:
    assignment = assignment_for(BACKEND, Endpoint(port=port, **ours.client("pi-3")))
    facts = BACKEND.facts(assignment)
    assert facts["endpoint"] == "local broker, not AWS"
    assert "publish_quota_per_connection" not in facts
    assert "broker" in BACKEND.acknowledged_means(assignment)
    assert "AWS" in BACKEND.acknowledged_means(assignment_for(BACKEND, Endpoint(AWS)))


def test_the_publish_quota_is_a_doubt_about_aws_alone() -> None:
    assert quota_doubt(PUBLISH_QUOTA - 1, AWS) is None
    assert quota_doubt(5000, "127.0.0.1") is None
    assert quota_doubt(5000, "amazonaws.com.example.org") is None
    for host in (AWS, "x.ats.iot.cn-north-1.amazonaws.com.cn"):
        assert "100 publishes/s" in (quota_doubt(PUBLISH_QUOTA, host) or "")


def test_client_names_are_never_used_twice(port: int, ours: Papers) -> None:
    """A broker ends the older of two connections of the same client."""
    assignment = assignment_for(BACKEND, Endpoint(port=port, **ours.client("pi-3")))
    ledgers = [Ledger(), Ledger()]
    writers = [BACKEND.writer(assignment, ledger) for ledger in ledgers]
    for writer, ledger in zip(writers, ledgers, strict=True):
        write(writer, ledger, assignment, 5)
        writer.close()
    assert [ledger.totals.acknowledged for ledger in ledgers] == [5, 5]


def test_more_than_the_publish_quota_is_a_doubt_on_the_result_but_only_at_aws() -> None:
    made = AwsIotBackend()
    assert isinstance(made, Doubting)
    for host, rate, expected in (
        ("x-ats.iot.eu-west-1.amazonaws.com", 740.0, 1),
        ("x-ats.iot.eu-west-1.amazonaws.com", 60.0, 0),
        ("127.0.0.1", 740.0, 0),
    ):
        assert len(made.doubts(assignment_for(made, Endpoint(host=host)), rate)) == expected
