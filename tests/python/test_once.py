"""Each identity once, and reports that are repaired by a retry."""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any, cast

import pytest
from conftest import contacts

import graph8_crm
from graph8_crm import Client, ConfigError, NotAllPushedError, Outcome, Outcomes, Skip

if TYPE_CHECKING:
    from pathlib import Path

    from graph8_crm import JSONObject, PushProgress, PushReport, Sandbox

BAD = {"email": "no address"}
SAME = "another record of this push has the same identity"


def test_skipped_records_have_their_own_place_in_a_report(client: Client) -> None:
    ada, bob = contacts(2)
    snapshots: list[PushProgress] = []
    report = client.push_contacts(
        "hubspot", [ada, bob, ada, BAD], unique="first", progress=snapshots.append
    )
    assert list(report.outcomes) == ["pushed", "pushed", "skipped", "failed"]
    assert report.skipped == snapshots[-1].skipped == 1
    assert report.skips == (Skip(2, f"{SAME}: index 0", cast("JSONObject", ada)),)
    assert report.records_of("skipped") == report.records_of(Outcome.SKIPPED) == [ada]
    assert [problem.index for problem in report.problems] == [3]
    assert {entry.message: entry.count for entry in report.messages}[SAME] == 1
    assert repr(report) == (
        "PushReport(4 contacts to hubspot: 2 pushed, 1 skipped, 1 failed, 0 unknown, 0 not sent)"
    )
    assert str(ada["email"]) not in repr(report.skips)
    assert report.to_dict(records=True)["skips"] == [
        {"index": 2, "message": f"{SAME}: index 0", "record": ada, "existing": []}
    ]
    assert pickle.loads(pickle.dumps(report)) == report
    both = report.merge(report)
    assert (both.skipped, both.records) == (2, 8)
    assert [skip.message for skip in both.skips] == [f"{SAME}: index 0", f"{SAME}: index 4"]


def test_skipped_records_are_no_failures(client: Client, tmp_path: Path) -> None:
    dead = tmp_path / "dead.ndjson"
    twice = [*contacts(3), *contacts(3)]
    report = client.push_contacts(
        "hubspot", iter(twice), unique="first", max_failures=0, on_error="stop", dead_letter=dead
    )
    report.raise_for_failures()
    assert (report.pushed, report.skipped, dead.read_text()) == (3, 3, "")
    for outcome in ("failed", "skipped"):
        assert graph8_crm.read_dead_letter(dead, [outcome]) == []


def test_each_run_of_a_journal_skips_the_same(client: Client, tmp_path: Path) -> None:
    options: Any = {"unique": "first", "journal": tmp_path / "j", "batch_size": 2}
    twice = [*contacts(5), *contacts(5)]
    first = client.push_contacts("hubspot", (row for row in twice), **options)
    again = client.push_contacts("hubspot", twice, **options)
    assert again.outcomes == first.outcomes
    assert (again.requests, again.skips) == (0, first.skips)


def test_asyncio_and_tables_know_unique(sandbox: Sandbox) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame([*contacts(3), *contacts(2)])

    async def push() -> PushReport:
        async with sandbox.async_client() as client:
            return await client.push_contacts("hubspot", frame, unique="error")

    report = asyncio.run(push())
    assert (report.pushed, report.failed) == (3, 2)
    (group,) = report.failures_by_message()
    assert (group.message, group.count, group.examples) == (SAME, 2, (3, 4))


def test_lists_are_not_unique(client: Client) -> None:
    options: Any = {"unique": "first"}
    with pytest.raises((ConfigError, TypeError), match="unique"):
        client.push_lists("hubspot", [], **options)


def mended(rows: list[Any]) -> list[Any]:
    return [{**row, "email": f"mended{place}@example.com"} for place, row in enumerate(rows)]


def test_a_repaired_report_is_clean(client: Client) -> None:
    ada, bob = contacts(2)
    report = client.push_contacts("hubspot", [BAD, ada, BAD, bob])
    with pytest.raises(NotAllPushedError):
        report.raise_for_failures()
    retry = client.push_contacts("hubspot", mended(report.records_of("failed")))
    for of in ("failed", Outcome.FAILED, [0, 2], (index for index in (2, 0))):
        merged = report.merge(retry, of=of)
        merged.raise_for_failures()
        assert (merged.records, merged.pushed, merged.failed) == (4, 4, 0)
        assert not merged.problems
        assert not merged.messages
        assert merged.ended_early is None
        assert merged.requests == report.requests + retry.requests
        assert merged.elapsed_seconds == pytest.approx(
            report.elapsed_seconds + retry.elapsed_seconds
        )
        assert merged.summary == "4 of 4 contacts pushed to hubspot"
    assert report.merge(retry).records == 6


def test_what_a_retry_met_stands_at_the_old_indexes(client: Client) -> None:
    ada, _ = contacts(2)
    report = client.push_contacts("hubspot", [ada, BAD, BAD, BAD])
    retry = client.push_contacts("hubspot", [mended([BAD])[0], BAD])
    merged = report.merge(retry, of=[3, 1])
    assert list(merged.outcomes) == ["pushed", "failed", "failed", "pushed"]
    assert [problem.index for problem in merged.problems] == [1, 2]
    assert sum(entry.count for entry in merged.messages) == 2


def test_numpy_indexes_name_records(client: Client) -> None:
    numpy = pytest.importorskip("numpy")
    report = client.push_contacts("hubspot", [BAD, BAD])
    retry = client.push_contacts("hubspot", mended([BAD, BAD]))
    places = numpy.flatnonzero([True, True])
    assert report.merge(retry, of=places).pushed == 2


def test_what_an_ended_push_left_is_merged(client: Client, sandbox: Sandbox) -> None:
    people = contacts(30)
    sandbox.fail_next(kind="status", status=401, operation="push_contacts")
    with pytest.raises(graph8_crm.AuthenticationError) as caught:
        client.push_contacts("hubspot", people, batch_size=10, concurrency=1)
    report = caught.value.report
    assert report is not None
    assert report.ended_early
    merged = report.merge(client.push_contacts("hubspot", people), of="not_sent")
    merged.raise_for_failures()
    assert (merged.pushed, merged.unread, merged.ended_early) == (30, 0, None)


@pytest.mark.parametrize(
    ("of", "words"),
    [
        ("failed", "the retry has 1 records, and 2 of the report are failed"),
        ("unknown", "the retry has 1 records, and 0 of the report are unknown"),
        ("pushed", "pushed records are there"),
        ([0, 2], "the retry has 1 records, and `of` names 2"),
        ([1], "index 1, which was pushed"),
        ([3], "index 3, and the report has 3 records"),
        ([-1], "of has -1"),
        ([], "names 0"),
        ("fail", "of: unknown outcome 'fail': use one of .*; did you mean 'failed'"),
        ([True], "of has true: use indexes"),
    ],
)
def test_a_retry_that_does_not_fit_is_refused(client: Client, of: Any, words: str) -> None:
    report = client.push_contacts("hubspot", [BAD, *contacts(1), BAD])
    retry = client.push_contacts("hubspot", mended([BAD]))
    with pytest.raises(ConfigError, match=words):
        report.merge(retry, of=of)


def test_an_index_that_is_no_number_is_a_type_error(client: Client) -> None:
    report = client.push_contacts("hubspot", [BAD])
    of: Any = [0.5]
    with pytest.raises(TypeError):
        report.merge(report, of=of)


def test_a_twice_named_record_is_refused(client: Client) -> None:
    report = client.push_contacts("hubspot", [BAD, BAD])
    with pytest.raises(ConfigError, match="index 1 twice"):
        report.merge(report, of=[1, 1])


def test_pickles_of_reports_without_skipped_records_still_load(client: Client) -> None:
    report = client.push_contacts("hubspot", [*contacts(3), BAD, *contacts(6)[4:]])
    state = dict(report.__dict__)
    for name in ("skipped", "skips", "skips_omitted"):
        del state[name]
    # Four outcomes a byte, as they were: pushed, pushed, pushed, failed; pushed, pushed.
    state["outcomes"] = _OldOutcomes(bytes([0b01_00_00_00, 0b11_11_00_00]), 6)
    old = pickle.loads(pickle.dumps(_OldReport(state)))
    assert old == report
    assert old.skipped == 0
    assert old.merge(report).records == 12


class _OldOutcomes:
    def __init__(self, *parts: Any) -> None:
        self.parts = parts

    def __reduce__(self) -> tuple[Any, ...]:
        return Outcomes, self.parts


class _OldReport:
    def __init__(self, state: dict[str, Any]) -> None:
        self.state = state

    def __reduce__(self) -> tuple[Any, ...]:
        return object.__new__, (graph8_crm.PushReport,), self.state


def test_a_set_of_indexes_is_refused_since_it_has_no_order(client: Client) -> None:
    report = client.push_contacts("hubspot", [{"email": "no"}, {"email": "nor"}])
    retry = client.push_contacts("hubspot", [{"email": "a@x.co"}, {"email": "b@x.co"}])
    for unordered in ({0, 1}, frozenset({1, 0})):
        with pytest.raises(TypeError, match="no order: pass the indexes as a list"):
            report.merge(retry, of=unordered)
    report.merge(retry, of=[0, 1]).raise_for_failures()
