"""Results as tables: other libraries take them as they are."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from conftest import contacts

from graph8_crm import Field, Fields, Outcome, Outcomes, Problem, ResultTable

if TYPE_CHECKING:
    from graph8_crm import Client, PushReport

polars = pytest.importorskip("polars")
pandas = pytest.importorskip("pandas")
pyarrow = pytest.importorskip("pyarrow")
duckdb = pytest.importorskip("duckdb")

BAD = {"email": "neither@", "firstname": "Zed"}


@pytest.fixture
def report(client: Client) -> PushReport:
    client.push_contacts("hubspot", contacts(3))
    return client.push_contacts("hubspot", [*contacts(5), BAD, BAD], unique="first")


def tables_of(client: Client, report: PushReport) -> dict[str, Any]:
    check = client.check_contacts("hubspot", [*contacts(2), BAD, {"emial": "a@b.test"}])
    return {
        "problems": report.problems,
        "failures": report.failures,
        "skips": report.skips,
        "outcomes": report.outcomes,
        "requests": report.request_log,
        "groups": report.failures_by_message(),
        "messages": report.messages,
        "findings": check.findings,
        "errors": check.errors,
        "check problems": check.problems,
        "profile": check.profile,
        "fields": client.fields("hubspot"),
        "syncs": client.list_syncs(),
        "slice": report.problems[1:],
        "pickled": pickle.loads(pickle.dumps(report)).problems,
        "empty": report.unknowns,
    }


def test_every_library_takes_every_table(client: Client, report: PushReport) -> None:
    for name, result in tables_of(client, report).items():
        arrow = pyarrow.table(result)
        assert arrow.num_rows == len(result), name
        assert polars.DataFrame(result).columns == arrow.column_names, name
        assert len(pandas.DataFrame(result)) == len(result), name
        assert len(arrow.to_pandas()) == len(result), name
        assert duckdb.sql("select count(*) from result").fetchall() == [(len(result),)], name
        # A stream is made anew each time.
        assert pyarrow.table(result).equals(arrow), name


def test_duckdb_reads_a_variable(report: PushReport) -> None:
    problems = report.problems
    found = duckdb.sql("select outcome, count(*) from problems group by 1").fetchall()
    assert found == [("failed", len(problems))]


def test_a_table_has_what_its_objects_have(report: PushReport) -> None:
    frame = pyarrow.table(report.problems).to_pylist()
    assert [row["index"] for row in frame] == [problem.index for problem in report.problems]
    assert [json.loads(row["record"]) for row in frame] == [one.record for one in report.problems]
    for row, problem in zip(frame, report.problems, strict=True):
        assert (row["outcome"], row["message"]) == ("failed", problem.message)
        assert (row["request_id"], row["retryable"]) == (problem.request_id, problem.retryable)
    assert pyarrow.table(report.failures).to_pylist() == frame
    assert pyarrow.table(report.unknowns).to_pylist() == []
    # What was pickled is made of its Python objects, and is the same.
    again = pickle.loads(pickle.dumps(report)).problems
    slow = pyarrow.table(again).to_pylist()
    assert [row | {"record": None} for row in slow] == [row | {"record": None} for row in frame]
    assert [json.loads(row["record"]) for row in slow] == [json.loads(r["record"]) for r in frame]
    (skip,) = pyarrow.table(report.skips).to_pylist()
    assert (skip["index"], skip["existing"]) == (6, [])
    (request,) = pyarrow.table(report.request_log).to_pylist()
    assert request == report.request_log[0].to_dict()
    assert (request["status"], request["request_id"]) == (200, report.failures[0].request_id)
    groups = pyarrow.table(report.failures_by_message()).to_pylist()
    assert [group["examples"] for group in groups] == [[0, 1, 2], [5]]


def test_outcomes_of_any_number() -> None:
    outcomes = Outcomes(b"\x10\x32\x04", 7, 4)
    expected = ["pushed", "failed", "unknown", "not_sent", "skipped", "pushed", "not_sent"]
    assert pyarrow.table(outcomes).to_pydict() == {"index": list(range(7)), "outcome": expected}
    assert list(outcomes) == expected
    assert list(reversed(outcomes)) == expected[::-1]
    assert (outcomes.index("failed"), outcomes.count(Outcome.PUSHED)) == (1, 2)
    assert Outcome.SKIPPED in outcomes
    long = Outcomes(b"", (1 << 20) + 3, 4)
    assert pyarrow.table(long)["index"][-1].as_py() == (1 << 20) + 2
    assert pyarrow.table(Outcomes(b"", 0, 4)).num_rows == 0


def test_a_table_is_the_sequence_that_it_was() -> None:
    one, two = Problem(0, Outcome.FAILED, "bad"), Problem(1, Outcome.FAILED, "worse")
    table = ResultTable(Problem, [one, two])
    assert table == (one, two)
    assert table == [one, two]
    assert table != (one,)
    assert (table[0], table[-1], table[1:], *reversed(table)) == (one, two, (two,), two, one)
    assert (table.index(two), table.count(one), one in table) == (1, 1, True)
    assert table + table[:1] == (one, two, one)
    assert hash(table) == hash((one, two))
    assert not ResultTable(Problem)
    assert repr(ResultTable(Problem)) == "()"
    assert repr(table[:1]) == f"({one!r},)"
    assert len(repr(ResultTable(Problem, [one] * 1000)).splitlines()) == 21


def test_odd_texts_travel() -> None:
    hostile = 'a\x00b"\u202e\U0001f600'
    field = Field(hostile, "x", extra={"label": hostile})
    (row,) = pyarrow.table(Fields([field])).to_pylist()
    assert (row["name"], json.loads(row["extra"])) == (hostile, {"label": hostile})
    problem = Problem(0, Outcome.FAILED, hostile, {"email": hostile})
    (row,) = pyarrow.table(ResultTable(Problem, [problem])).to_pylist()
    assert (row["message"], json.loads(row["record"])) == (hostile, {"email": hostile})
