"""A rate limit that hosts share by a Redis, and what becomes of pushes when that is away.

Counts are compared at both ends: what the report says is what the CRM has.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import until, wait_until
from redis_server import PROGRAM, RedisServer, Relay, free_port

import graph8_crm
from graph8_crm import Client, ConfigError, PushReport, Sandbox

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="needs redis-server or valkey-server")

PEOPLE = [{"email": "ada@example.com"}, {"email": "bob@example.com"}]
FAST = (50, 1_000)
ACCESS = "+select +evalsha +script|load +@string +@hash +@sortedset +del +pexpire +time"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "redis")
    yield server
    server.stop()


class Heard(logging.Handler):
    """What is told of the store."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, Any]] = []
        self.is_alone = threading.Event()
        self.is_shared = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        event = vars(record)["graph8"]
        if event["event"] != "pacing":
            return
        self.events.append(event | {"line": record.getMessage()})
        (self.is_alone if event["pacing"] == "alone" else self.is_shared).set()


@pytest.fixture
def heard() -> Iterator[Heard]:
    logger = logging.getLogger("graph8_crm")
    handler = Heard()
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(before)


def push(client: Client, names: Iterator[str], **options: Any) -> PushReport:
    companies = ({"name": name} for name in names)
    return client.push_companies("pipedrive", companies, batch_size=1, **options)


def both_ends(sandbox: Sandbox, report: PushReport) -> None:
    """All that was handed in was pushed, and is there once."""
    assert report.pushed == report.records
    there = [company["fields"]["name"] for company in sandbox.records("pipedrive", "companies")]
    assert len(there) == len(set(there)) == report.pushed


def within_half_a_second(client: Client) -> PushReport:
    try:
        return client.push_contacts("hubspot", [{"email": "eve@example.com"}], deadline=0.5)
    except graph8_crm.RequestTimeoutError as error:
        return reported(error)


def reported(error: graph8_crm.Graph8Error) -> PushReport:
    assert error.report is not None
    return error.report


def names(prefix: str, count: int) -> Iterator[str]:
    return (f"{prefix} {number}" for number in range(count))


def test_clients_share_by_key_and_address_or_by_name(sandbox: Sandbox, server: RedisServer) -> None:
    def is_alone(first: str, second: str) -> bool:
        """Whether what the first client used up does not count for the second."""
        sandbox.reset()
        one = sandbox.client(rate_limit=(2, 2), rate_limit_store=first)
        report = one.push_contacts("hubspot", PEOPLE, batch_size=1)
        assert (report.pushed, report.pacing) == (2, "shared")
        other = sandbox.client(rate_limit=(2, 2), rate_limit_store=second)
        report = within_half_a_second(other)
        assert report.pacing == "shared"
        server.command("FLUSHALL")
        return report.pushed == 1

    assert not is_alone(server.url, server.url)
    assert is_alone(server.url, f"{server.url}/1")
    assert is_alone(server.url, f"{server.url}?name=acme")
    assert is_alone(f"{server.url}?name=acme", f"{server.url}?name=bell")
    assert not is_alone(f"{server.url}?name=acme", f"{server.url}/?name=acme")


def test_a_hold_that_one_is_told_holds_for_all(
    sandbox: Sandbox, server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "graph8_crm")

    async def run() -> None:
        one = sandbox.async_client(rate_limit_store=server.url)
        sandbox.fail_next("status", status=429, headers={"Retry-After": "60"})
        waits = asyncio.create_task(one.push_contacts("hubspot", PEOPLE))
        await until(lambda: caplog.records)
        requests = len(sandbox.requests())
        other = sandbox.client(rate_limit_store=server.url)
        assert within_half_a_second(other).not_sent == 1
        assert len(sandbox.requests()) == requests
        waits.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await waits

    asyncio.run(run())


@pytest.mark.parametrize("password", ["", "user:s3cret-pass@", ":s3cret-pass@"])
def test_a_store_that_can_not_be_reached_is_refused_with_the_first_request(
    sandbox: Sandbox, server: RedisServer, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    store = server.url.replace("//", f"//{password}")
    server.require_password("an0ther-pass")
    client = sandbox.client(rate_limit_store=store)
    with pytest.raises(ConfigError) as refused:
        client.push_contacts("hubspot", PEOPLE)
    message = str(refused.value)
    assert f"127.0.0.1:{server.port}" in message
    assert ("refuses the user name" if password else "asks for a password") in message
    assert reported(refused.value).not_sent == len(PEOPLE)
    server.stop()
    with pytest.raises(ConfigError, match="can't be reached"):
        client.list_syncs()
    assert sandbox.requests() == []
    # It is asked again with each request.
    server.password = None
    server.start()
    if not password:
        assert client.push_contacts("hubspot", PEOPLE).pacing == "shared"
    shown = [message, repr(refused.value), repr(client), str(client), caplog.text]
    assert not any("s3cret" in text for text in shown)


def test_an_address_that_is_none_is_refused_at_once(sandbox: Sandbox) -> None:
    for store in ("redis://:s3cret@", "redis://:s3cret@host/one", "redis://:s3cret@host?nme=acme"):
        with pytest.raises(ConfigError, match="redis://") as refused:
            sandbox.client(rate_limit_store=store)
        assert "s3cret" not in str(refused.value)


def stop(server: RedisServer) -> Callable[[], None]:
    server.stop()
    return server.start


def pause(server: RedisServer) -> Callable[[], None]:
    server.pause()
    return server.go_on


def fill(server: RedisServer) -> Callable[[], None]:
    server.command("CONFIG SET maxmemory-policy noeviction")
    server.command("CONFIG SET maxmemory 1")
    return lambda: assert_ok(server.command("CONFIG SET maxmemory 0"))


def lock_out(server: RedisServer) -> Callable[[], None]:
    server.require_password("an0ther-pass")
    return server.require_no_password


def assert_ok(answer: str) -> None:
    assert answer == "+OK"


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (stop, "can't be reached"),
        (pause, "does not answer in time"),
        (fill, "has no memory left"),
        (lock_out, "asks for a password"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_push_goes_on_alone_while_the_store_is_away(
    sandbox: Sandbox,
    server: RedisServer,
    heard: Heard,
    break_it: Callable[[RedisServer], Callable[[], None]],
    says: str,
) -> None:
    seen = set()

    def source() -> Iterator[str]:
        yield from names("before", 5)
        wait_until(lambda: len(sandbox.requests()) == 5)
        mend = break_it(server)
        number = 0
        while not heard.is_alone.is_set():
            number += 1
            yield f"waits {number}"
        mend()
        while not heard.is_shared.is_set():
            number += 1
            yield f"alone {number}"
        yield from names("after", 5)

    with sandbox.client(rate_limit=FAST, rate_limit_store=server.url) as client:
        report = push(client, source(), progress=lambda progress: seen.add(progress.pacing))
    both_ends(sandbox, report)
    assert report.pacing == "shared"
    alone, shared = heard.events
    assert says in alone["reason"]
    assert alone["store"] == server.url
    assert alone["clients"] == 1
    assert "1 of 1" in alone["line"]
    assert shared["pacing"] == "shared"
    assert seen <= {"alone", "shared"}


@pytest.mark.parametrize("restarted", [False, True])
def test_a_store_that_was_emptied_is_not_believed(
    sandbox: Sandbox, server: RedisServer, heard: Heard, restarted: bool
) -> None:
    def source() -> Iterator[str]:
        yield from names("before", 5)
        wait_until(lambda: len(sandbox.requests()) == 5)
        if restarted:
            server.stop()
            server.forget()
            server.start()
        else:
            server.command("FLUSHALL")
        number = 0
        while not heard.is_alone.is_set():
            number += 1
            yield f"waits {number}"
        yield from names("after", 5)

    with sandbox.client(rate_limit=FAST, rate_limit_store=server.url) as client:
        report = push(client, source())
    both_ends(sandbox, report)
    assert report.pacing == "alone"
    assert "emptied" in heard.events[0]["reason"]


def test_a_client_alone_keeps_to_its_part(
    sandbox: Sandbox, server: RedisServer, heard: Heard
) -> None:
    """Of six in a minute two clients have three each: what they sent before counts."""
    settings: dict[str, Any] = {"rate_limit": (6, 6), "rate_limit_store": server.url}
    one, other = sandbox.client(**settings), sandbox.client(**settings)
    assert push(other, names("other", 1)).pushed == 1
    assert push(one, names("one", 1)).pushed == 1
    assert push(other, names("again", 1)).pushed == 1
    server.stop()

    with pytest.raises(graph8_crm.RequestTimeoutError) as late:
        push(one, names("alone", 10), concurrency=1, deadline=8)
    report = reported(late.value)
    assert [event["clients"] for event in heard.events] == [2]
    # It had sent one, as it knew; the other's two count for as long as they are in the minute.
    assert report.pushed <= 2
    assert len(sandbox.records("pipedrive", "companies")) == 3 + report.pushed


def test_a_replica_takes_over(
    sandbox: Sandbox, server: RedisServer, heard: Heard, tmp_path: Path
) -> None:
    replica = RedisServer(tmp_path / "replica", "--replicaof", "127.0.0.1", str(server.port))
    relay = Relay(server.port)

    def source() -> Iterator[str]:
        yield from names("before", 5)
        wait_until(lambda: len(sandbox.requests()) == 5)
        # It has all of it, as far as a master can tell.
        assert server.command("WAIT 1 0") == ":1"
        server.stop()
        number = 0
        while not heard.is_alone.is_set():
            number += 1
            yield f"waits {number}"
        assert_ok(replica.command("REPLICAOF NO ONE"))
        relay.target = replica.port
        while not heard.is_shared.is_set():
            number += 1
            yield f"alone {number}"
        yield from names("after", 5)

    try:
        with sandbox.client(rate_limit=FAST, rate_limit_store=relay.url) as client:
            report = push(client, source())
    finally:
        replica.stop()
        relay.close()
    both_ends(sandbox, report)
    assert report.pacing == "shared"
    assert [event["pacing"] for event in heard.events] == ["alone", "shared"]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl, for a certificate")
def test_tls_is_spoken_and_the_certificate_checked(sandbox: Sandbox, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    port = free_port()
    server = RedisServer(
        tmp_path / "redis",
        *("--tls-port", str(port), "--tls-auth-clients", "no"),
        *("--tls-cert-file", str(certificate), "--tls-key-file", str(key)),
    )
    try:
        store = f"rediss://localhost:{port}"
        with pytest.raises(ConfigError, match="does not speak TLS with us"):
            sandbox.client(rate_limit_store=store).push_contacts("hubspot", PEOPLE)
        trusts = sandbox.client(rate_limit_store=store, ca_file=certificate)
        assert trusts.push_contacts("hubspot", PEOPLE).pacing == "shared"
    finally:
        server.stop()


def test_clients_of_an_emptied_store_keep_to_the_parts_that_they_had(
    sandbox: Sandbox, server: RedisServer, heard: Heard
) -> None:
    settings: dict[str, Any] = {"rate_limit": FAST, "rate_limit_store": server.url}
    clients = [sandbox.client(**settings) for _ in range(3)]
    for turn in range(2):
        for number, client in enumerate(clients):
            assert push(client, names(f"before {turn} {number}", 1)).pushed == 1
    server.command("FLUSHALL")
    for number, client in enumerate(clients):
        assert push(client, names(f"after {number}", 1)).pacing == "alone"
    # The store counts one, two and three of them, as they ask it.
    assert [event["clients"] for event in heard.events] == [3, 3, 3]


def test_the_store_is_quoted_and_what_to_do_is_said(sandbox: Sandbox, server: RedisServer) -> None:
    limited = "ACL SETUSER limited on >s3cret-pass ~graph8-crm:* +@all"
    assert_ok(server.command(f"{limited} -evalsha"))
    user = server.url.replace("//", "//limited:s3cret-pass@")
    for store, says in [
        (f"{server.url}/99", r"has no database 99: .*ERR DB index is out of range"),
        (user, r"\+evalsha, \+script\|load.*NOPERM"),
    ]:
        client = sandbox.client(rate_limit_store=store)
        with pytest.raises(ConfigError, match=says) as refused:
            client.push_contacts("hubspot", PEOPLE)
        assert "s3cret" not in str(refused.value)
    assert_ok(server.command(f"{limited} -@all {ACCESS}"))
    client = sandbox.client(rate_limit_store=f"{user}/1")
    assert client.push_contacts("hubspot", PEOPLE).pacing == "shared"


def test_tls_with_a_server_that_has_none_is_said(sandbox: Sandbox, server: RedisServer) -> None:
    client = sandbox.client(rate_limit_store=server.url.replace("redis:", "rediss:"))
    with pytest.raises(ConfigError, match="TLS"):
        client.push_contacts("hubspot", PEOPLE)
