"""Processes that share a rate limit: what one has used up, another does not have."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import wait_until

import graph8_crm
from graph8_crm import Client, ConfigError, Sandbox

PEOPLE = [{"email": "ada@example.com"}, {"email": "bob@example.com"}]

WORKER = """
    import json, sys
    import graph8_crm
    url, key, deadline, options = *sys.argv[1:3], *map(json.loads, sys.argv[3:])
    if isinstance(options["rate_limit"], list):
        options["rate_limit"] = tuple(options["rate_limit"])
    client = graph8_crm.Client(key, url, **options)
    companies = [{"name": "Acme"}, {"name": "Bell"}]
    try:
        report = client.push_companies(
            "pipedrive", companies, batch_size=1, concurrency=1, deadline=deadline
        )
    except graph8_crm.RequestTimeoutError as error:
        report = error.report
    print(report.pushed, report.not_sent, report.pacing)
"""


def start(
    url: str, cache: Path, deadline: float | None = None, **options: object
) -> subprocess.Popen[str]:
    """A worker that may make two requests per minute, with the default store."""
    environment = os.environ | {"XDG_CACHE_HOME": str(cache), "LOCALAPPDATA": str(cache)}
    del environment["GRAPH8_RATE_LIMIT_STORE"]
    settings = json.dumps({"rate_limit": [2, 2]} | options)
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            textwrap.dedent(WORKER),
            url,
            "g8_sbx_demo",
            json.dumps(deadline),
            settings,
        ],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def end(worker: subprocess.Popen[str]) -> str:
    printed, _ = worker.communicate()
    assert worker.returncode == 0
    return printed.strip()


@pytest.mark.skipif(sys.platform == "darwin", reason="its cache folder has no variable")
def test_processes_of_a_host_share_the_limit_by_key_and_address(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    def run(deadline: float | None = None, **options: object) -> str:
        return end(start(sandbox.url, tmp_path, deadline, **options))

    assert run() == "2 0 host"
    assert run(deadline=0.3) == "0 2 host"
    assert run(rate_limit_store=False) == "2 0 alone"
    assert run(rate_limit=False) == "2 0 alone"
    with graph8_crm.sandbox() as other:
        assert end(start(other.url, tmp_path)) == "2 0 host"
    files = list((tmp_path / "graph8-crm").iterdir())
    assert len(files) == 2
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert b"g8_sbx" not in file.read_bytes()


@pytest.mark.skipif(sys.platform == "darwin", reason="its cache folder has no variable")
def test_a_process_killed_in_a_request_leaves_the_others_the_rest(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.fail_next("hold")
    killed = start(sandbox.url, tmp_path, rate_limit=[2, 3])
    wait_until(sandbox.requests)
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    assert end(start(sandbox.url, tmp_path, rate_limit=[2, 3])) == "2 0 host"
    assert end(start(sandbox.url, tmp_path, 0.3, rate_limit=[2, 3])) == "0 2 host"


def test_clients_that_name_one_file_share_the_limit(sandbox: Sandbox, tmp_path: Path) -> None:
    store = (tmp_path / "limit").as_uri()
    first, second = (sandbox.client(rate_limit=(2, 2), rate_limit_store=store) for _ in range(2))
    assert first.push_contacts("hubspot", PEOPLE, batch_size=1).pacing == "host"
    with pytest.raises(graph8_crm.RequestTimeoutError) as caught:
        second.push_contacts("hubspot", PEOPLE, deadline=0.2)
    assert caught.value.report is not None
    assert caught.value.report.not_sent == 2


def test_a_client_of_the_sandbox_is_alone(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRAPH8_RATE_LIMIT_STORE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert sandbox.client().push_contacts("hubspot", PEOPLE).pacing == "alone"
    assert list(tmp_path.iterdir()) == []


def test_the_environment_names_a_store(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "limit"
    monkeypatch.setenv("GRAPH8_RATE_LIMIT_STORE", file.as_uri())
    with Client("g8_sbx_demo", sandbox.url) as client:
        assert client.push_contacts("hubspot", PEOPLE).pacing == "host"
    assert file.exists()


def test_a_store_that_can_not_be_used_is_refused_and_left_alone(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    foreign = tmp_path / "notes.txt"
    foreign.write_text("to be kept")
    mine = tmp_path / "mine"
    sandbox.client("g8_another", rate_limit_store=mine.as_uri())
    before = mine.read_bytes()
    for store, says in [
        (foreign.as_uri(), "not a file of rate limits"),
        (tmp_path.as_uri(), "it is a folder"),
        ((tmp_path / "missing" / "limit").as_uri(), "No such file"),
        (mine.as_uri(), "another API key"),
        ("redis://user:canary@127.0.0.1/one", "names a database that is no number"),
        ("memcached://user:canary@127.0.0.1", "no place that this version knows"),
        ("limit", "no place that this version knows"),
        ("file:limit", "by its whole path"),
        ("redis://user:ca/canary@127.0.0.1:6379", "/ as %2F"),
        ("redis://:ca/canary@127.0.0.1:6379", "/ as %2F"),
        ("redis://user:12/canary@127.0.0.1:6379", "is written %2F"),
        ("redis://:canary@127.0.0.1:99999", "invalid port number.*up to 65535"),
        ("", "no place that this version knows"),
    ]:
        with pytest.raises(ConfigError, match=says) as caught:
            sandbox.client(rate_limit_store=store)
        assert "canary" not in str(caught.value)
    assert foreign.read_text() == "to be kept"
    assert mine.read_bytes() == before


def test_a_damaged_file_is_no_hindrance_to_who_knew_it(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "limit"
    client = sandbox.client(rate_limit=(2, 3), rate_limit_store=file.as_uri())
    client.push_contacts("hubspot", PEOPLE, batch_size=1)
    file.write_bytes(b"")
    client.push_contacts("hubspot", PEOPLE[:1])
    file.unlink()
    with pytest.raises(graph8_crm.RequestTimeoutError):
        client.push_contacts("hubspot", PEOPLE, deadline=0.2)


def test_a_store_of_another_type_is_refused_in_words(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / "limit"
    for store, says in [
        (file, r"a PosixPath: .*as_uri\(\)"),
        (7, "an? int: pass a text"),
        (b"file:///limit", "a bytes: pass a text"),
    ]:
        with pytest.raises(TypeError, match=f"rate_limit_store is {says}"):
            sandbox.client(rate_limit_store=store)  # type: ignore[arg-type]
    assert not file.exists()


def test_true_is_this_host(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    client = sandbox.client(rate_limit_store=True)
    assert client.push_contacts("hubspot", PEOPLE).pacing == "host"


FULL_DISK = """
    import logging, resource, sys, threading
    import graph8_crm
    url, store, is_first = *sys.argv[1:3], sys.argv[3] == "first"
    events, waits = [], {"alone": threading.Event(), "host": threading.Event()}

    class Heard(logging.Handler):
        def emit(self, record):
            event = vars(record)["graph8"]
            if event["event"] == "pacing":
                events.append(f"{event['pacing']} {event['clients']}")
                waits[event["pacing"]].set()

    logger = logging.getLogger("graph8_crm")
    logger.setLevel(logging.INFO)
    logger.addHandler(Heard())
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)

    def disk(room):
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, most))

    if is_first:
        disk(0)
    limits = {"rate_limit": (50, 1000), "rate_limit_store": store}
    try:
        client = graph8_crm.Client("g8_sbx_demo", url, **limits)
    except graph8_crm.ConfigError as error:
        sys.exit(str(error))

    def source():
        yield {"name": "before"}
        disk(0)
        number = 0
        while not waits["alone"].is_set():
            number += 1
            yield {"name": f"waits {number}"}
        disk(most)
        while not waits["host"].is_set():
            number += 1
            yield {"name": f"alone {number}"}

    report = client.push_companies("pipedrive", source(), batch_size=1)
    print(report.pushed == report.records, report.pacing, *events, sep=", ")
"""


def on_a_full_disk(url: str, file: Path, when: str) -> subprocess.CompletedProcess[str]:
    """A client whose process may not make its files longer: it hears the same of each write."""
    script = textwrap.dedent(FULL_DISK)
    arguments = [sys.executable, "-c", script, url, file.as_uri(), when]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit there")
def test_a_full_disk_is_told_and_the_push_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    ended = on_a_full_disk(sandbox.url, tmp_path / "limit", "later")
    assert (ended.stdout.strip(), ended.stderr) == ("True, host, alone 1, host None", "")


@pytest.mark.skipif(sys.platform == "win32", reason="files have no limit there")
def test_a_file_that_a_full_disk_has_no_room_for_is_refused(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    ended = on_a_full_disk(sandbox.url, tmp_path / "limit", "first")
    assert "can't be used: File too large" in ended.stderr
    assert list(tmp_path.iterdir()) == []
