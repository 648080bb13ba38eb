"""What a push offers beside sending: stop rules, progress, look-ups, dead letters, reports."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from conftest import contacts

import graph8_crm
from graph8_crm import Outcome, Problem, PushProgress

if TYPE_CHECKING:
    from pathlib import Path

    from graph8_crm import Client, Sandbox

BAD: dict[str, object] = {"email": "not an address"}


def test_max_failures_ends_the_push_and_keeps_what_was_not_sent(client: Client) -> None:
    bad: list[dict[str, object]] = [{"email": f"not an address {n}"} for n in range(20)]
    records = [*contacts(150), *bad, *contacts(400)[200:]]
    with pytest.raises(graph8_crm.PushStoppedError, match="max_failures") as caught:
        client.push_contacts("hubspot", records, batch_size=10, concurrency=1, max_failures=0.05)
    report = caught.value.report
    assert report is not None
    assert (report.failed, report.pushed) == (10, 150)
    assert report.not_sent == report.records - 160
    assert str(report.ended_early).startswith("10 of 160 records failed")


def test_on_error_stop_lets_nothing_leave_after_a_failure(client: Client, sandbox: Sandbox) -> None:
    with pytest.raises(graph8_crm.PushStoppedError):
        client.push_contacts(
            "hubspot",
            [*contacts(5), BAD, *contacts(50)[10:]],
            batch_size=3,
            concurrency=1,
            on_error="stop",
        )
    assert len(sandbox.requests()) == 2


def test_a_stop_rule_that_is_met_by_the_last_batch_is_no_error(client: Client) -> None:
    report = client.push_contacts("hubspot", [*contacts(3), BAD], on_error="stop")
    assert (report.pushed, report.failed) == (3, 1)


def test_progress_is_told_at_most_ten_times_a_second_and_at_the_end(
    client: Client, sandbox: Sandbox
) -> None:
    sandbox.fail_next("hold", skip=2)
    seen: list[PushProgress] = []

    def told(snapshot: PushProgress) -> None:
        seen.append(snapshot)
        if snapshot.seconds_left is not None and len(seen) > 2:
            sandbox.release()

    report = client.push_contacts("hubspot", contacts(400), concurrency=1, progress=told)
    # One is told at the end, whenever the last one was.
    assert 3 <= len(seen) <= report.elapsed_seconds * 10 + 2
    assert seen[-1].pushed == report.pushed == 400
    assert seen[-1].total == 400
    assert all(one.pushed <= two.pushed for one, two in pairwise(seen))
    assert any(snapshot.seconds_left is not None for snapshot in seen)
    with pytest.raises(AttributeError):
        seen[0].pushed = 1  # type: ignore[misc]


def test_progress_tells_what_a_push_waits_for(sandbox: Sandbox) -> None:
    sandbox.set_rate_limit({"window": "sliding", "per_second": 2, "per_minute": 100})
    waits: list[graph8_crm.Wait] = []

    def told(snapshot: PushProgress) -> None:
        if snapshot.waiting is not None and snapshot.waiting.seconds is not None:
            waits.append(snapshot.waiting)

    client = sandbox.client(rate_limit=(2, 100))
    while not waits:
        client.push_contacts("hubspot", contacts(5), batch_size=1, progress=told)
    assert {wait.reason for wait in waits} == {"rate_limit"}
    # A busy machine may look when the wait is just over.
    assert all(0 <= (wait.seconds or 0) <= 1.1 for wait in waits)
    assert all(request["status"] == 200 for request in sandbox.requests())


def test_a_progress_callback_that_raises_harms_nothing(
    client: Client, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.fail_next("delay", ms=300)
    calls = 0

    def broken(_: PushProgress) -> None:
        nonlocal calls
        calls += 1
        raise ZeroDivisionError

    with caplog.at_level(logging.ERROR, logger="graph8_crm"):
        report = client.push_contacts("hubspot", contacts(10), progress=broken)
    assert (report.pushed, calls) == (10, 1)
    assert "progress callback raised" in caplog.text


def test_an_async_push_tells_its_progress_on_the_loop(sandbox: Sandbox) -> None:
    sandbox.fail_next("hold")
    seen: list[PushProgress] = []

    async def main() -> graph8_crm.PushReport:
        loop = asyncio.get_running_loop()

        def told(snapshot: PushProgress) -> None:
            assert asyncio.get_running_loop() is loop
            seen.append(snapshot)
            if snapshot.in_flight == 1 and len(seen) > 1:
                sandbox.release()

        return await sandbox.async_client().push_contacts("hubspot", contacts(10), progress=told)

    assert asyncio.run(main()).pushed == 10
    assert len(seen) >= 3
    assert seen[-1].pushed == 10


def test_progress_can_be_iterated_beside_the_push(sandbox: Sandbox) -> None:
    sandbox.fail_next("hold")

    async def main() -> tuple[list[PushProgress], graph8_crm.PushReport]:
        stream = graph8_crm.ProgressStream()
        client = sandbox.async_client()
        push = asyncio.create_task(client.push_contacts("hubspot", contacts(10), progress=stream))
        seen = []
        async for snapshot in stream:
            seen.append(snapshot)
            if snapshot.in_flight == 1 and len(seen) > 1:
                sandbox.release()
        return seen, await push

    seen, report = asyncio.run(main())
    assert len(seen) >= 3
    assert seen[-1].pushed == report.pushed == 10


def test_a_progress_stream_ends_with_a_push_that_fails(sandbox: Sandbox) -> None:
    async def main() -> None:
        stream = graph8_crm.ProgressStream()
        client = sandbox.async_client(api_key="g8_test_expired")
        push = asyncio.create_task(client.push_contacts("hubspot", contacts(10), progress=stream))
        async for _ in stream:
            pass
        with pytest.raises(graph8_crm.AuthenticationError):
            await push

    asyncio.run(main())


def test_a_look_into_the_crm_ends_doubts(client: Client, sandbox: Sandbox) -> None:
    sandbox.fail_next("close_after_write")
    sandbox.fail_next("close_before_read")

    def is_there(problem: Problem) -> bool | None:
        assert problem.record is not None
        email = problem.record["email"]
        if email == "person0@example.com":
            return None
        held = sandbox.records("hubspot", "contacts")
        return any(record["fields"]["email"] == email for record in held)

    report = client.push_contacts(
        "hubspot", contacts(6), batch_size=3, concurrency=1, resolve_unknown=is_there
    )
    assert (report.pushed, report.unknown, report.not_sent) == (2, 1, 3)
    assert report.outcomes[0] is Outcome.UNKNOWN
    assert report.records_of("not_sent") == contacts(6)[3:]
    assert report.records_of(Outcome.UNKNOWN) == contacts(1)


def test_a_look_up_may_be_a_coroutine(sandbox: Sandbox) -> None:
    sandbox.fail_next("close_after_write")

    async def is_there(_: Problem) -> bool:
        await asyncio.sleep(0)
        return True

    async def main() -> graph8_crm.PushReport:
        client = sandbox.async_client()
        return await client.push_contacts("hubspot", contacts(3), resolve_unknown=is_there)

    assert asyncio.run(main()).pushed == 3


def test_a_look_up_that_raises_comes_out_with_the_report(client: Client, sandbox: Sandbox) -> None:
    sandbox.fail_next("close_after_write")

    def broken(_: Problem) -> bool:
        raise LookupError("the CRM is down")

    with pytest.raises(LookupError, match="the CRM is down") as caught:
        client.push_contacts("hubspot", contacts(3), resolve_unknown=broken)
    report: graph8_crm.PushReport = caught.value.report  # type: ignore[attr-defined]
    assert report.unknown == 3


def test_dead_letters_are_written_and_can_be_pushed_again(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "failed.ndjson"
    sandbox.fail_next("close_after_write", skip=1)
    client.push_contacts(
        "hubspot", [BAD, *contacts(4)], batch_size=3, concurrency=1, dead_letter=path
    )
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["index"], line["outcome"]) for line in lines] == [
        (0, "failed"), (3, "unknown"), (4, "unknown"),
    ]  # fmt: skip
    assert lines[0]["record"] == BAD
    assert set(lines[0]) == {
        "push", "index", "outcome", "message", "request_id", "time", "record",
    }  # fmt: skip
    assert graph8_crm.read_dead_letter(path) == [BAD]
    again = graph8_crm.read_dead_letter(path, ["failed", "unknown"])
    assert again == [BAD, *contacts(4)[2:]]
    client.push_contacts("pipedrive", [{"name": record["email"]} for record in again])


def test_a_dead_letter_file_that_cannot_be_opened_is_an_error_before_any_request(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    with pytest.raises(graph8_crm.StorageError, match="dead-letter file"):
        client.push_contacts("hubspot", contacts(1), dead_letter=tmp_path / "no" / "folder")
    with pytest.raises(OSError, match="can't read"):
        graph8_crm.read_dead_letter(tmp_path / "none")
    assert sandbox.requests() == []


TAKEN: dict[str, object] = {"email": "PERSON0@example.com", "firstname": "Somebody else"}


def test_a_report_counts_messages_and_gives_failed_records_back(client: Client) -> None:
    report = client.push_contacts("hubspot", [BAD, *contacts(2), {"email": "neither"}, TAKEN])
    by_message = report.failures_by_message()
    assert sum(group.count for group in by_message) == 3
    assert report.records_of("failed") == [BAD, {"email": "neither"}, TAKEN]
    for index, outcome, message, record in report.failures:
        assert report.outcomes[index] is outcome is Outcome.FAILED
        assert message
        assert record
        assert index in {place for group in by_message for place in group.examples}
    with pytest.raises(graph8_crm.NotAllPushedError, match="2 of 5 contacts pushed") as caught:
        report.raise_for_failures()
    assert caught.value.report == report
    assert by_message[0].message in str(caught.value)
    with pytest.raises(ValueError, match="no pushed records"):
        report.records_of("pushed")
    client.push_contacts("hubspot", contacts(9)[7:]).raise_for_failures()


def test_two_reports_merge_as_if_pushed_in_one(client: Client) -> None:
    first = client.push_contacts("hubspot", [BAD, *contacts(2)])
    second = client.push_contacts("hubspot", [*contacts(4)[2:], BAD])
    merged = first.merge(second)
    assert (merged.records, merged.pushed, merged.failed) == (6, 4, 2)
    assert [problem.index for problem in merged.problems] == [0, 5]
    assert list(merged.outcomes) == [*first.outcomes, *second.outcomes]
    assert merged.requests == 2
    assert pickle.loads(pickle.dumps(merged)) == merged
    companies = client.push_companies("hubspot", [{"name": "Ada Ltd", "domain": "ada.example"}])
    with pytest.raises(graph8_crm.ConfigError, match="can't be merged"):
        first.merge(companies)


def test_a_wrong_option_is_named(client: Client, sandbox: Sandbox) -> None:
    for options, words in (
        ({"batch_size": "many"}, "use auto or a number"),
        ({"batch_size": 2.5}, "whole number"),
        ({"concurrency": 65}, "use 1 to 64"),
        ({"max_failures": 1.5}, "share between 0 and 1"),
        ({"max_failures": float("nan")}, "finite"),
        ({"on_error": "panic"}, "continue or stop"),
        ({"batchsize": 3}, "a push has no option 'batchsize'.*; did you mean 'batch_size'"),
        ({"progres": 3}, "did you mean 'progress'"),
        ({"deadline_ms": 3, "check": 3}, "check is 3: use true or false"),
        ({"columns": "email"}, 'columns is "email": use a list of names'),
        ({"columns": ["email", 3]}, "columns has 3: use names of fields"),
        ({"rename": ["a"]}, r'rename is \["a"\]: use an object'),
        ({"fix": 3}, "fix is 3: use true or false"),
    ):
        with pytest.raises(graph8_crm.ConfigError, match=words):
            client.push_contacts("hubspot", contacts(1), **options)
    for name, words in (
        ("progress", "function"),
        ("resolve_unknown", "function"),
        ("stop", "Event"),
    ):
        with pytest.raises(graph8_crm.ConfigError, match=f"{name} is a int: pass a .*{words}"):
            client.push_contacts("hubspot", contacts(1), **{name: 1})  # type: ignore[arg-type]
    for name in ("journal", "dead_letter"):
        with pytest.raises(graph8_crm.ConfigError, match=f"{name} is a int: pass a path"):
            client.push_contacts("hubspot", contacts(1), **{name: 1})  # type: ignore[arg-type]
    for headers in (0, "", [], "a: b", [("a", "b")], {"a": 1}, {"Host": "x"}, {"a": "b\n"}):
        with pytest.raises(graph8_crm.ConfigError, match="headers"):
            client.push_contacts("hubspot", contacts(1), headers=headers)  # type: ignore[arg-type]
        with pytest.raises(graph8_crm.ConfigError, match="headers"):
            client.list_syncs(headers=headers)  # type: ignore[arg-type]
        with pytest.raises(graph8_crm.ConfigError, match="headers"):
            sandbox.client(headers=headers)  # type: ignore[arg-type]
    for grace in ("5", -1, float("nan"), [5], True):
        with pytest.raises(graph8_crm.ConfigError, match="grace"):
            client.push_contacts("hubspot", contacts(1), grace=grace)  # type: ignore[arg-type]
    with pytest.raises(graph8_crm.ConfigError, match="no request at all"):
        sandbox.client(rate_limit=(0, 1))
    assert sandbox.requests() == []


def test_nameless_records_put_no_others_in_doubt(client: Client) -> None:
    records: list[dict[str, object]] = [
        *contacts(40),
        {"firstname": "Nobody", "lifecyclestage": "no such stage"},
    ]
    report = client.push_contacts("hubspot", records)
    assert report.pushed == 40


def test_messages_that_differ_in_times_and_quantities_alone_are_one(
    client: Client, sandbox: Sandbox
) -> None:
    said = [
        "Timed out after 12 ms at 2026-11-30T02:22:00.123Z",
        "Timed out after 1,250.5 ms at 2026-11-30T10:05:59Z",
        "Locked for 3.5s since Mon, 30 Nov 2026 02:22:00 GMT",
        "Locked for 900s since Tue, 1 Dec 2026 12:00:01 GMT",
        "Locked for 900ms since Tue, 1 Dec 2026 12:00:01 GMT",
    ]
    records = contacts(len(said))
    errors = [
        {"record": record["email"], "error": error}
        for record, error in zip(records, said, strict=True)
    ]
    counts = {"pushed_count": 0, "failed_count": len(said), "errors": errors}
    sandbox.fail_next("status", status=200, body={"data": counts})
    report = client.push_contacts("hubspot", records)
    groups = {(group.count, group.message) for group in report.failures_by_message()}
    assert groups == {
        (2, "Timed out after … ms at …"),
        (2, "Locked for …s since …, … … 2026 … GMT"),
        (1, "Locked for 900ms since …, 1 … … … GMT"),
    }
