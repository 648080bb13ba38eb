"""A push that survives its process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from conftest import HANGS, contacts, wait_until

import graph8_crm

if TYPE_CHECKING:
    from pathlib import Path

    from graph8_crm import Client, Sandbox

PUSH = """
    import json, sys
    import graph8_crm
    url, journal, options = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    people = [{"name": f"Person {n}", "email": f"p{n}@x.co"} for n in range(options.pop("count"))]
    client = graph8_crm.Client("g8_sbx_demo", url, rate_limit=False)
    print("ready", flush=True)
    report = client.push_contacts("pipedrive", people, journal=journal, **options)
    print(report.pushed, flush=True)
"""


def pushing(sandbox: Sandbox, journal: Path, **options: object) -> subprocess.Popen[str]:
    arguments = [sandbox.url, str(journal), json.dumps(options)]
    child = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PUSH), *arguments], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def people(count: int) -> list[dict[str, object]]:
    return [{"name": f"Person {n}", "email": f"p{n}@x.co"} for n in range(count)]


def names_held(sandbox: Sandbox) -> list[str]:
    return [str(record["fields"]["name"]) for record in sandbox.records("pipedrive", "contacts")]


def test_a_push_that_is_killed_goes_on_where_it_was(sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "contacts.journal"
    sandbox.fail_next("hold", skip=10)
    sandbox.fail_next("hold", after_write=True)
    with pushing(sandbox, journal, count=600, batch_size=10, concurrency=2) as child:
        wait_until(lambda: sandbox.held() == 2)
        child.send_signal(signal.SIGKILL)
    status = graph8_crm.journal_status(journal)
    assert not status.in_use
    assert status.finished_at is None
    assert 0 < status.pushed < 600
    assert status.unknown == 10 * status.open_batches <= 20
    report = sandbox.client(rate_limit=False).push_contacts(
        "pipedrive", people(600), batch_size=10, journal=journal
    )
    held = names_held(sandbox)
    assert len(held) == len(set(held)), "a record was created twice"
    assert (report.records, report.not_sent) == (600, 0)
    assert report.pushed + report.unknown == 600
    assert report.unknown == status.unknown
    pushed = {f"Person {n}" for n in range(600) if report.outcomes[n] == "pushed"}
    assert pushed <= set(held)
    done = graph8_crm.journal_status(journal)
    assert (done.runs, done.records, done.open_batches) == (2, 600, 0)
    assert done.finished_at is not None
    assert done.unknown_indexes == status.unknown_indexes
    requests = len(sandbox.requests())
    again = sandbox.client().push_contacts("pipedrive", people(600), journal=journal)
    assert (again.pushed, again.unknown) == (report.pushed, report.unknown)
    assert len(sandbox.requests()) == requests


def test_on_retry_what_was_open_is_sent_again_with_its_own_key(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = tmp_path / "contacts.journal"
    sandbox.fail_next("hold", count=2)
    with pushing(sandbox, journal, count=40, batch_size=10, concurrency=2) as child:
        wait_until(lambda: sandbox.held() == 2)
        child.send_signal(signal.SIGKILL)
    assert graph8_crm.journal_status(journal).open_batches == 2
    report = sandbox.client().push_contacts(
        "pipedrive", people(40), batch_size=10, journal=journal, on_unknown="retry"
    )
    assert report.pushed == 40
    keys = [request["headers"]["idempotency-key"] for request in sandbox.requests()]
    assert len(keys) == 6
    assert len(set(keys)) == 4
    bodies = {
        request["headers"]["idempotency-key"]: request["body"] for request in sandbox.requests()
    }
    for request in sandbox.requests():
        assert request["body"] == bodies[request["headers"]["idempotency-key"]]


def test_another_source_is_refused_at_its_first_difference(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = tmp_path / "contacts.journal"
    client.push_contacts("pipedrive", people(50), batch_size=10, journal=journal)
    requests = len(sandbox.requests())
    changed = people(50)
    changed[17] = {"name": "Somebody else"}
    swapped = people(50)
    swapped[30], swapped[31] = swapped[31], swapped[30]
    for source, index in ((changed, 17), (swapped, 30), (people(33), 33)):
        with pytest.raises(graph8_crm.ConfigError, match=f"at index {index}") as caught:
            client.push_contacts("pipedrive", source, journal=journal)
        assert "ended after" not in str(caught.value)
        report = caught.value.report
        assert report is not None
        assert report.records == report.not_sent == len(source)
        assert set(report.outcomes) == {"not_sent"}
    for provider, words in (("zoho", "provider is 'pipedrive', not 'zoho'"),):
        with pytest.raises(graph8_crm.ConfigError, match=words):
            client.push_contacts(provider, people(50), journal=journal)
    with pytest.raises(graph8_crm.ConfigError, match="kind of push"):
        client.push_companies("pipedrive", people(50), journal=journal)
    assert len(sandbox.requests()) == requests


def test_a_longer_source_goes_on_after_what_was_sent(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = tmp_path / "contacts.journal"
    client.push_contacts("pipedrive", people(20), journal=journal)
    assert client.push_contacts("pipedrive", people(30), journal=journal).pushed == 30
    assert len(names_held(sandbox)) == 30


def test_two_pushes_cannot_share_a_journal(sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "contacts.journal"
    sandbox.fail_next("hold")
    with pushing(sandbox, journal, count=10) as child:
        wait_until(lambda: sandbox.held() == 1)
        with pytest.raises(graph8_crm.StorageError, match="in use by another push"):
            sandbox.client().push_contacts("pipedrive", people(10), journal=journal)
        assert graph8_crm.journal_status(journal).in_use
        sandbox.release()
        assert child.wait(HANGS) == 0
    assert len(names_held(sandbox)) == 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty file"),
        (b"no journal at all, just some text that somebody left here" * 20, "not a database"),
    ],
    ids=["empty", "garbage"],
)
def test_a_file_that_is_no_journal_is_refused_and_left_alone(
    client: Client, sandbox: Sandbox, tmp_path: Path, content: bytes, words: str
) -> None:
    journal = tmp_path / "contacts.journal"
    journal.write_bytes(content)
    with pytest.raises(graph8_crm.StorageError, match=words):
        client.push_contacts("pipedrive", people(3), journal=journal)
    with pytest.raises(graph8_crm.StorageError, match=words):
        graph8_crm.journal_status(journal)
    assert journal.read_bytes() == content
    assert sandbox.requests() == []


def test_a_damaged_or_lost_journal_never_starts_anew(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = tmp_path / "contacts.journal"
    client.push_contacts("pipedrive", people(300), batch_size=10, journal=journal)
    whole = journal.read_bytes()
    requests = len(sandbox.requests())
    journal.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(graph8_crm.StorageError):
        client.push_contacts("pipedrive", people(300), journal=journal)
    journal.unlink()
    with pytest.raises(graph8_crm.StorageError, match="is gone"):
        client.push_contacts("pipedrive", people(300), journal=journal)
    assert len(sandbox.requests()) == requests
    journal.write_bytes(whole)
    assert client.push_contacts("pipedrive", people(300), journal=journal).pushed == 300
    assert len(sandbox.requests()) == requests


def test_a_write_ahead_log_that_was_lost_is_noticed(sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "contacts.journal"
    sandbox.fail_next("hold", skip=10, count=4)
    with pushing(sandbox, journal, count=600, batch_size=10, concurrency=4) as child:
        wait_until(lambda: sandbox.held() == 4)
        child.send_signal(signal.SIGKILL)
    requests = len(sandbox.requests())
    (tmp_path / "contacts.journal-wal").unlink()
    with pytest.raises(graph8_crm.StorageError, match="has lost its last"):
        sandbox.client().push_contacts("pipedrive", people(600), journal=journal)
    assert len(sandbox.requests()) == requests


FULL_DISK = """
    import resource, sys
    import graph8_crm
    url, journal = sys.argv[1:]
    people = [{"name": f"Person {n}", "email": f"p{n}@x.co"} for n in range(5_000)]
    client = graph8_crm.Client("g8_sbx_demo", url, rate_limit=False)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    try:
        client.push_contacts("pipedrive", people, batch_size=10, journal=journal)
    except graph8_crm.StorageError as error:
        report = error.report
        print(report.pushed, report.failed, report.unknown, report.not_sent, report.records)
"""


def test_a_full_disk_ends_the_push_and_keeps_the_journal_readable(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = tmp_path / "contacts.journal"
    command = [sys.executable, "-c", textwrap.dedent(FULL_DISK), sandbox.url, str(journal)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=HANGS)
    pushed, failed, unknown, not_sent, records = map(int, said.stdout.split())
    assert records == pushed + not_sent == 5_000
    assert (failed, unknown) == (0, 0)
    assert 0 < pushed < 5_000
    assert len(names_held(sandbox)) == pushed
    status = graph8_crm.journal_status(journal)
    assert status.pushed + status.unknown >= pushed
    report = sandbox.client(rate_limit=False).push_contacts(
        "pipedrive", people(5_000), journal=journal
    )
    held = names_held(sandbox)
    assert len(held) == len(set(held))
    assert report.pushed + report.unknown == 5_000


def test_ctrl_c_leaves_a_journal_that_goes_on(sandbox: Sandbox, tmp_path: Path) -> None:
    journal = tmp_path / "contacts.journal"
    sandbox.fail_next("hold", skip=5)
    with pushing(sandbox, journal, count=300, batch_size=10, concurrency=1) as child:
        wait_until(lambda: sandbox.held() == 1)
        child.send_signal(signal.SIGINT)
        child.wait(HANGS)
    assert graph8_crm.journal_status(journal).pushed > 0
    report = sandbox.client(rate_limit=False).push_contacts(
        "pipedrive", people(300), journal=journal
    )
    held = names_held(sandbox)
    assert len(held) == len(set(held))
    assert report.pushed + report.unknown == 300


def test_doubts_that_were_resolved_are_remembered(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = tmp_path / "contacts.journal"
    sandbox.fail_next("close_before_read")
    sandbox.fail_next("close_after_write")

    def is_there(problem: graph8_crm.Problem) -> bool:
        assert problem.record is not None
        return problem.record["name"] in names_held(sandbox)

    first = client.push_contacts(
        "pipedrive",
        people(30),
        batch_size=10,
        concurrency=1,
        journal=journal,
        resolve_unknown=is_there,
    )
    assert (first.pushed, first.not_sent, first.unknown) == (20, 10, 0)
    second = client.push_contacts("pipedrive", people(30), batch_size=10, journal=journal)
    assert second.pushed == 30
    assert sorted(names_held(sandbox)) == sorted(f"Person {n}" for n in range(30))


def test_a_push_without_records_leaves_a_finished_journal(client: Client, tmp_path: Path) -> None:
    journal = tmp_path / "none.journal"
    assert client.push_contacts("hubspot", [], journal=journal).records == 0
    status = graph8_crm.journal_status(journal)
    assert (status.records, status.pushed) == (0, 0)
    client.push_contacts("hubspot", contacts(2), journal=journal)
    assert graph8_crm.journal_status(journal).pushed == 2


def test_a_stop_rule_ends_each_run_by_its_own_failures(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = tmp_path / "contacts.journal"
    too_long: list[dict[str, object]] = [
        {"name": letter * 300, "email": f"{letter}@x.co"} for letter in "xy"
    ]
    records = [too_long[0], *people(40), too_long[1], *people(60)[40:]]

    def push() -> graph8_crm.PushReport:
        return client.push_contacts(
            "pipedrive", records, batch_size=5, concurrency=1, journal=journal, on_error="stop"
        )

    for seen in (5, 45):
        with pytest.raises(graph8_crm.PushStoppedError) as caught:
            push()
        report = caught.value.report
        assert report is not None
        assert report.records - report.not_sent == seen
    assert (push().pushed, push().failed) == (60, 2)
    assert len(names_held(sandbox)) == 60


UNIX = pytest.mark.skipif(sys.platform == "win32", reason="Unix has these files and rights")


@UNIX
def test_files_are_for_their_owner_alone_whatever_the_umask(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    journal, dead_letter = tmp_path / "contacts.journal", tmp_path / "failed.ndjson"
    sandbox.fail_next("close_after_write")
    sandbox.fail_next("hold", count=10)
    options: dict[str, object] = {
        "batch_size": 10,
        "concurrency": 1,
        "dead_letter": str(dead_letter),
    }
    before = os.umask(0)
    try:
        child = pushing(sandbox, journal, count=40, **options)
    finally:
        os.umask(before)
    with child:
        wait_until(lambda: sandbox.held() == 1)
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        child.kill()
    assert set(modes.values()) == {0o600}, modes
    assert len(modes) == 5


@UNIX
def test_a_journal_by_two_names_takes_one_push_at_a_time(sandbox: Sandbox, tmp_path: Path) -> None:
    journal, link = tmp_path / "contacts.journal", tmp_path / "link.journal"
    client = sandbox.client()
    sandbox.fail_next("hold", skip=2)
    with pushing(sandbox, journal, count=100, batch_size=10, concurrency=1) as child:
        wait_until(lambda: sandbox.held() == 1)
        link.symlink_to(journal)
        for _ in range(2):
            with pytest.raises(graph8_crm.StorageError, match="in use by another push"):
                client.push_contacts("pipedrive", people(100), batch_size=10, journal=link)
            assert graph8_crm.journal_status(link).in_use
            (tmp_path / "contacts.journal-lock").unlink(missing_ok=True)
        child.kill()
    report = client.push_contacts("pipedrive", people(100), batch_size=10, journal=link)
    assert (report.pushed, report.unknown) == (90, 10)
    held = names_held(sandbox)
    assert len(held) == len(set(held)) >= 90


@UNIX
def test_what_is_no_regular_file_is_refused_at_once(
    client: Client, tmp_path: Path, sandbox: Sandbox
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    try:
        for options in ({"journal": pipe}, {"dead_letter": pipe}):
            with pytest.raises(graph8_crm.StorageError, match="a named pipe"):
                client.push_contacts("pipedrive", people(1), **options)  # type: ignore[arg-type]
        with pytest.raises(graph8_crm.StorageError, match="a named pipe"):
            graph8_crm.journal_status(pipe)
        with pytest.raises(graph8_crm.StorageError, match="a named pipe"):
            graph8_crm.read_dead_letter(pipe)
    finally:
        # The canary reads all files.
        pipe.unlink()
    assert not sandbox.requests()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["", " ", "a\0b"])
def test_what_is_no_path_is_refused_and_leaves_no_file(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for options in (
        {"journal": path, "dead_letter": "failed.ndjson"},
        {"journal": "contacts.journal", "dead_letter": path},
    ):
        with pytest.raises(graph8_crm.ConfigError, match="the path of the"):
            client.push_contacts("pipedrive", people(1), **options)  # type: ignore[arg-type]
    with pytest.raises(graph8_crm.ConfigError, match="the path of the journal"):
        graph8_crm.journal_status(path)
    with pytest.raises(graph8_crm.ConfigError, match="the path of the dead-letter file"):
        graph8_crm.read_dead_letter(path)
    assert not list(tmp_path.iterdir())


def test_a_dead_letter_says_what_became_of_its_record_in_a_later_run(
    client: Client, tmp_path: Path
) -> None:
    journal, dead_letter = tmp_path / "contacts.journal", tmp_path / "failed.ndjson"
    mended = people(30)
    records = [*mended[:12], "no object", *mended[13:]]
    for source, counts in ((records, (29, 1)), (mended, (30, 0))):
        report = client.push_contacts(
            "pipedrive",
            source,  # type: ignore[arg-type]
            journal=journal,
            dead_letter=dead_letter,
        )
        assert (report.pushed, report.failed) == counts
        told = [
            outcome
            for outcome in graph8_crm.Outcome
            for _ in graph8_crm.read_dead_letter(dead_letter, [outcome])
        ]
        assert told == ["failed" if counts[1] else "pushed"]
