"""What comes out of reports and dead letters is sent again with the digits that it had."""

from __future__ import annotations

import json
import pickle
import re
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graph8_crm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from graph8_crm import Client, PushReport, Sandbox


@pytest.fixture
def fast(sandbox: Sandbox) -> Iterator[Client]:
    with sandbox.client(rate_limit=False) as client:
        yield client


NUMBERS = [
    *["0", "-0", "7", "-7", "9007199254740993", "18446744073709551616", "9" * 30, "9" * 5_000],
    *["0.1", "0.10", "250.0", "-0.0", "1.0", "0.30000000000000004", "12345678901234567.89"],
    *["0.1234567890123456789012345678", "0.00000001", "0.0001", "1e3", "1E3", "1e+3", "1.50e10"],
    *[
        "1e-7",
        "1e-07",
        "1e21",
        "1e400",
        "-1e-400",
        "123456789012345680.0",
        "1e16",
        "9007199254740992.0",
    ],
    # Exponents that `Decimal` does not hold.
    *["1e1000000000000000000", "-1e1000000000000000000", "1E+99999999999999999999"],
    *["1e-9999999999999999999", "-1e-9999999999999999999", "0e99999999999999999999"],
]


def sent(dead_letter: Path) -> list[str]:
    """The texts of the records in a dead-letter file; sorted, since they end in any order."""
    lines = dead_letter.read_text().splitlines()
    return sorted(re.search(r'"record":(\{.*\})\}$', line)[1] for line in lines)  # type: ignore[index]


def refused(client: Client, records: Any, dead_letter: Path) -> PushReport:
    report = client.push_contacts("hubspot", records, dead_letter=dead_letter, batch_size=1_000)
    assert report.failed == report.records > 0
    return report


def line(number: str, place: int) -> str:
    return f'{{"email":"no address {place}","a":{number},"b":[{{"c":{number}}},"{number}"]}}'


def again(client: Client, numbers: list[str], folder: Path) -> PushReport:
    source = folder / "people.ndjson"
    source.write_text("\n".join(map(line, numbers, range(len(numbers)))))
    first, second = folder / "first", folder / "second"
    for path in (first, second):
        path.unlink(missing_ok=True)
    report = refused(client, source, first)
    as_sent = sent(first)
    assert as_sent == sorted(source.read_text().splitlines())
    merged = report.merge(report)
    for rows in (
        report.records_of("failed"),
        [problem.record for problem in report.problems],
        graph8_crm.read_dead_letter(first),
        pickle.loads(pickle.dumps(report)).records_of("failed"),
        merged.records_of("failed")[len(numbers) :],
    ):
        refused(client, rows, second)
        assert sent(second) == as_sent
        second.unlink()
    return report


def test_every_number_is_sent_again_as_it_was(fast: Client, tmp_path: Path) -> None:
    report = again(fast, NUMBERS, tmp_path)
    values = {number: record["a"] for number, record in zip(NUMBERS, records(report), strict=True)}
    for number, kind in [
        ("7", int),
        ("18446744073709551616", int),
        ("0.1", float),
        ("1e-7", float),
        ("0.30000000000000004", float),
        ("0.10", Decimal),
        ("12345678901234567.89", Decimal),
    ]:
        assert type(values[number]) is kind, number
    assert values["-1e1000000000000000000"] == Decimal("-Infinity")
    assert values["1e-9999999999999999999"] == values["0e99999999999999999999"] == 0
    for number, value in values.items():
        if Decimal(number, Context(traps=[])).is_nan():
            continue
        assert Decimal(number) == Decimal(str(value) if isinstance(value, float) else value)
    # Plain data for logs: no Decimal, which json does not write.
    plain = json.loads(json.dumps(report.to_dict(records=True)))
    assert plain["problems"][NUMBERS.index("0.10")]["record"]["a"] == 0.1
    for number in ("1e400", "1e1000000000000000000"):
        assert report.problems[NUMBERS.index(number)].to_dict()["record"]["a"] == number
    table = pytest.importorskip("pyarrow").table(report.problems)
    assert json.loads(table["record"][NUMBERS.index("0.10")].as_py())["a"] == 0.1


def test_the_callers_decimal_context_changes_no_digit(fast: Client, tmp_path: Path) -> None:
    strict = Context(prec=3, Emin=-3, Emax=3, capitals=0, traps=[InvalidOperation, Inexact])
    with localcontext(strict):
        again(fast, [*NUMBERS, "1E+5", "1E-9"], tmp_path)


def records(report: PushReport) -> list[Any]:
    return report.records_of("failed")


def test_what_is_changed_is_a_number_as_any(fast: Client, tmp_path: Path) -> None:
    source = tmp_path / "people.ndjson"
    source.write_text(line("1e3", 0))
    (row,) = records(refused(fast, source, tmp_path / "first"))
    row["a"] += 1
    refused(fast, [row], tmp_path / "second")
    assert json.loads(sent(tmp_path / "second")[0])["a"] == 1001


# Each example is several pushes.
@settings(max_examples=20)
@given(
    st.lists(
        st.from_regex(
            r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True
        )
        | st.floats(allow_nan=False, allow_infinity=False).map(repr)
        | st.integers().map(str),
        min_size=1,
        max_size=20,
    )
)
def test_any_number_is_sent_again_as_it_was(
    session_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, numbers: list[str]
) -> None:
    session_sandbox.reset()
    with session_sandbox.client(rate_limit=False) as client:
        again(client, numbers, tmp_path_factory.mktemp("digits"))


@settings(max_examples=50)
@given(
    st.floats(allow_nan=False, allow_infinity=False)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.integers()
)
def test_values_of_python_come_back_as_they_were(
    session_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    value: float | Decimal,
) -> None:
    folder = tmp_path_factory.mktemp("digits")
    session_sandbox.reset()
    with session_sandbox.client(rate_limit=False) as client:
        report = refused(client, [{"email": "no address", "a": value}], folder / "first")
        (row,) = records(report)
        refused(client, [row], folder / "second")
    assert sent(folder / "first") == sent(folder / "second")
    assert Decimal(str(row["a"])) == Decimal(str(value))
