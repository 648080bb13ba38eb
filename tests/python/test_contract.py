"""The contract cases of all languages, run by the sync and the asyncio client."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from contract_patterns import mismatch

from graph8_crm import AsyncClient, Client, Fields, Graph8Error, PushReport, ResultTable, Sandbox
from graph8_crm._errors import _CLASSES

FOLDER = Path(__file__).resolve().parents[1] / "contract"
CASES: list[dict[str, Any]] = [
    case
    for path in sorted(FOLDER.glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
]
KINDS = {error_class: kind for kind, error_class in _CLASSES.items()}
LETTERS = {"pushed": "p", "failed": "f", "unknown": "u", "not_sent": "n", "skipped": "s"}
KNOWN_KEYS = {
    "name",
    "operation",
    "arguments",
    "client",
    "setup",
    "answers",
    "earlier",
    "expect",
    "outcomes",
    "requests",
    "held",
}
PASSED: dict[str, set[str]] = {"python": set(), "python asyncio": set()}
LONGER = (1, 4, 16, 64)
"""How much longer a case's time-out is, try by try: on a busy machine it may be over too soon."""


def has_timeout(case: dict[str, Any]) -> bool:
    return any(name.endswith("timeout_seconds") for name in case.get("client", {}))


def settings(case: dict[str, Any], sandbox: Sandbox, longer: int) -> dict[str, Any]:
    given = dict(case.get("client", {}))
    result: dict[str, Any] = {
        "api_key": given.pop("api_key", "g8_sbx_demo"),
        "base_url": sandbox.url + given.pop("base_url_suffix", ""),
    }
    for name in ("timeout", "read_timeout", "connect_timeout"):
        if f"{name}_seconds" in given:
            result[name] = given.pop(f"{name}_seconds") * longer
    return result | given


def with_file(case: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The case with a path in place of the file's content."""
    arguments = case.get("arguments", {})
    if "file" not in arguments:
        return case
    file = arguments["file"]
    path = folder / file["name"]
    path.write_bytes(file["text"].encode() if "text" in file else bytes(file["bytes"]))
    rest = {name: value for name, value in arguments.items() if name != "file"}
    return case | {"arguments": rest | {"records": path}}


def call_sync(case: dict[str, Any], sandbox: Sandbox, longer: int) -> Any:
    with Client(**settings(case, sandbox, longer)) as client:
        return getattr(client, case["operation"])(*positional(case), **keywords(case))


def call_async(case: dict[str, Any], sandbox: Sandbox, longer: int) -> Any:
    async def call() -> Any:
        async with AsyncClient(**settings(case, sandbox, longer)) as client:
            return await getattr(client, case["operation"])(*positional(case), **keywords(case))

    return asyncio.run(call())


def positional(case: dict[str, Any]) -> list[Any]:
    arguments = case.get("arguments", {})
    return [arguments[name] for name in ("provider", "records", "emails") if name in arguments]


def keywords(case: dict[str, Any]) -> dict[str, Any]:
    arguments = case.get("arguments", {})
    given = {
        name.removesuffix("_seconds"): value
        for name, value in arguments.items()
        if name not in ("provider", "records", "emails")
    }
    # Answers are scripted in the order of the batches.
    return {"concurrency": 1} | given if case["operation"].startswith("push_") else given


def as_json(result: Any) -> Any:
    if isinstance(result, PushReport):
        return result.to_dict(records=True)
    is_sequence = isinstance(result, (list, Fields, ResultTable))
    return [item.to_dict() for item in result] if is_sequence else result.to_dict()


def error_as_json(error: Graph8Error) -> dict[str, Any]:
    return {
        "kind": KINDS[type(error)],
        "message": error.message,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": error.request_id,
        "retryable": error.retryable,
        "retry_after_seconds": error.retry_after,
        "host": error.host,
        "last_failure": error.last_failure,
        "report": None if error.report is None else error.report.to_dict(records=True),
    }


@pytest.mark.parametrize("mode", PASSED)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_contract(case: dict[str, Any], mode: str, sandbox: Sandbox, tmp_path: Path) -> None:
    assert set(case) <= KNOWN_KEYS, "the runner does not know these keys of the case"
    for longer in LONGER:
        try:
            check(case, mode, sandbox, longer, tmp_path / f"{longer}.journal")
            break
        except AssertionError:
            if longer == LONGER[-1] or not has_timeout(case):
                raise
            sandbox.reset()
    PASSED[mode].add(case["name"])


def check(case: dict[str, Any], mode: str, sandbox: Sandbox, longer: int, journal: Path) -> None:
    for command in case.get("setup", []):
        sandbox.command(**command)
    run = call_sync if mode == "python" else call_async
    case = with_file(case, journal.parent)
    if "earlier" in case:
        case = case | {"arguments": case["arguments"] | {"journal": str(journal)}}
    for earlier in case.get("earlier", []):
        for fault in earlier.get("answers", []):
            sandbox.fail_next(operation=case["operation"], **fault)
        # Its end may well be an error.
        with contextlib.suppress(Graph8Error):
            arguments = case["arguments"] | earlier.get("arguments", {})
            run(case | {"arguments": arguments}, sandbox, longer)
    for fault in case.get("answers", []):
        sandbox.fail_next(operation=case["operation"], **fault)

    report: object = None
    actual: dict[str, Any]
    try:
        report = run(case, sandbox, longer)
        actual = {"result": as_json(report)}
    except Graph8Error as error:
        report = error.report
        actual = {"error": error_as_json(error)}

    assert mismatch(case["expect"], actual) is None
    if "outcomes" in case:
        assert isinstance(report, PushReport)
        letters = "".join(LETTERS[outcome.value] for outcome in report.outcomes)
        assert letters == case["outcomes"]
        assert report.records == len(letters)
    if "requests" in case:
        assert mismatch(case["requests"], sandbox.requests()) is None
    for place, count in case.get("held", {}).items():
        provider, entity = place.split("/")
        assert len(sandbox.records(provider, entity)) == count, place


def test_no_case_was_left_out() -> None:
    names = {case["name"] for case in CASES}
    assert len(names) == len(CASES), "two cases have the same name"
    assert len(CASES) >= 80
    for mode, passed in PASSED.items():
        assert passed == names, mode
