"""Results and exceptions as values: equality, repr, pickling, secrets."""

from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import contacts

import graph8_crm
from graph8_crm import (
    AsyncClient,
    Client,
    ConfigError,
    CrmSync,
    Graph8Error,
    ListChange,
    Outcome,
    Sandbox,
)

ERRORS = [
    value
    for value in vars(graph8_crm).values()
    if isinstance(value, type) and issubclass(value, Graph8Error)
]


def test_each_result_pickles_compares_and_goes_to_json(client: Client) -> None:
    report = client.push_contacts("hubspot", [*contacts(2), {"email": "no address"}])
    results: list[Any] = [
        *client.list_syncs(),
        *client.fields("hubspot"),
        client.status("hubspot"),
        report,
        *report.problems,
        ListChange("1", add=["2"]),
    ]
    assert len(results) > 10
    for result in results:
        for copied in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):
            assert copied == result
            assert repr(copied) == repr(result)
        assert json.loads(json.dumps(result.to_dict()))
        assert type(result).__name__ in repr(result)
        names = [entry.name for entry in dataclasses.fields(result)]
        assert sorted(getattr(result, "__dict__", names)) == sorted(names)
        name = names[0]
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, name, "changed")
    assert hash(report) == hash(pickle.loads(pickle.dumps(report)))


@pytest.mark.parametrize(
    "name",
    ["CrmSync", "Field", "Fields", "Outcome", "Outcomes", "Problem", "PushProgress", "PushReport"],
)
def test_a_pickle_from_before_the_results_were_a_package_still_loads(name: str) -> None:
    old = f"cgraph8_crm._results\n{name}\n.".encode()
    assert pickle.loads(old) is getattr(graph8_crm, name)


def test_a_report_says_in_one_line_what_happened(client: Client) -> None:
    report = client.push_contacts("hubspot", [*contacts(2), {"email": "no address"}])
    assert repr(report) == (
        "PushReport(3 contacts to hubspot: 2 pushed, 0 skipped, 1 failed, 0 unknown, 0 not sent)"
    )
    assert report.outcomes[2] is Outcome.FAILED
    assert list(report.outcomes) == [Outcome.PUSHED, Outcome.PUSHED, Outcome.FAILED]
    assert report.outcomes[:2] == (Outcome.PUSHED, Outcome.PUSHED)
    assert [problem.index for problem in report.failures] == [2]
    assert report.unknowns == ()


def test_a_problem_does_not_show_the_record_in_its_repr(client: Client) -> None:
    report = client.push_contacts("hubspot", [{"email": "canary at nowhere", "firstname": "Zed"}])
    assert report.failures[0].record == {"email": "canary at nowhere", "firstname": "Zed"}
    assert "Zed" not in repr(report.problems[0])


def test_a_timestamp_is_parsed_when_it_can_be() -> None:
    sync = CrmSync("zoho", "connected", last_sync_at="2026-01-02T03:04:05Z", connected_at="soon")
    assert sync.last_sync_time == dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.timezone.utc)
    assert sync.connected_time is None
    assert CrmSync("zoho", "connected").last_sync_time is None


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
def test_each_exception_pickles_with_all_it_carries(
    kind: type[Graph8Error], client: Client
) -> None:
    error = kind(
        "words",
        status=418,
        code="teapot",
        detail={"a": [1]},
        request_id="r1",
        retryable=True,
        retry_after=1.5,
        report=client.push_contacts("hubspot", contacts(1)),
    )
    copied = pickle.loads(pickle.dumps(error))
    assert type(copied) is kind
    assert vars(copied) == vars(error)
    assert str(copied) == str(error) == "words [request r1]"
    assert copied.args == error.args


def test_exceptions_are_builtin_ones_too_where_they_fit() -> None:
    assert issubclass(graph8_crm.ConfigError, ValueError)
    assert issubclass(graph8_crm.RequestTimeoutError, TimeoutError)
    assert issubclass(graph8_crm.ConnectionFailedError, ConnectionError)


def test_the_key_is_shown_nowhere(sandbox: Sandbox) -> None:
    key = "g8_sbx_bad_canary"
    client = sandbox.client(api_key=key)
    with pytest.raises(graph8_crm.AuthenticationError) as caught:
        client.push_contacts("hubspot", contacts(1))
    shown = [repr(client), str(client), repr(caught.value), str(vars(caught.value))]
    with pytest.raises(ConfigError) as refused:
        Client(key + "\n" + "x")
    shown.append(str(refused.value))
    shown.append(str(pickle.dumps(caught.value)))
    assert not [text for text in shown if "canary" in text]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_a_client_refuses_to_be_pickled_and_says_what_to_do(
    kind: type[Client | AsyncClient],
) -> None:
    client = kind("g8_sbx_demo")
    with pytest.raises(TypeError, match="make one in each process"):
        pickle.dumps(client)
    with pytest.raises(TypeError, match="make one in each process"):
        copy.copy(client)


def test_each_module_loads_first() -> None:
    # As where a report is unpickled that another process made.
    package = Path(graph8_crm.__file__).parent
    names = [path.stem for path in (package / "_results").glob("*.py") if path.stem != "__init__"]
    assert "report" in names
    for name in names:
        code = f"import graph8_crm._results.{name}"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert run.stderr == ""
        assert run.returncode == 0


def test_a_report_is_unpickled_where_nothing_else_was_loaded(client: Client) -> None:
    report = client.push_contacts("hubspot", [{"email": "ada@example.com"}])
    code = "import pickle, sys; print(pickle.load(sys.stdin.buffer).summary)"
    run = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(report), capture_output=True
    )
    assert run.stderr == b""
    assert run.stdout.decode().strip() == report.summary
