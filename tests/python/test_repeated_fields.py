"""A field that a record has twice: nobody guesses which of the two was meant."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pydantic
import pydantic.dataclasses
import pydantic.v1
import pytest

from graph8_crm import Client, ConfigError, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

TWICE = "two of its fields would be 'email'"
GOOD = {"email": "good@example.com", "n": 1}


class Repeating(Mapping[str, object]):
    """Gives a name twice, as a mapping of a library may."""

    def __getitem__(self, key: str) -> object:
        return "a@example.com"

    def __iter__(self) -> Iterator[str]:
        return iter(["n", "email", "x", "email"])

    def __len__(self) -> int:
        return 4

    def items(self) -> Any:
        return [(name, f"{place}@example.com") for place, name in enumerate(self)]


class Name(str):
    """No two are equal."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def joined() -> Any:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        people = "select 'a@example.com' as email, 1 as id"
        owners = "select 'boss@example.com' as email, 1 as id"
        return connection.execute(f"select * from ({people}) join ({owners}) using (id)").fetchone()


RECORDS: dict[str, Callable[[], Any]] = {
    "a row of a join": joined,
    "a mapping": Repeating,
    "names that are one text": lambda: {Name("email"): "a@example.com", Name("email"): "b"},
    "an inner mapping": lambda: GOOD | {"n": [{"a": 1}, Repeating()]},
}


@pytest.mark.parametrize("make", RECORDS.values(), ids=RECORDS)
def test_a_record_that_has_a_field_twice_fails_alone(
    client: Client, sandbox: Sandbox, make: Callable[[], Any]
) -> None:
    # Fields in another order than before are no fault.
    turned = dict(reversed(GOOD.items()))
    report = client.push_contacts("sugarcrm", [GOOD, make(), turned, make()])
    assert [*report.outcomes] == ["pushed", "failed", "pushed", "failed"]
    for problem in report.problems:
        assert TWICE in problem.message
        assert problem.record is None
    assert len(sandbox.records("sugarcrm", "contacts")) == 2


class TwoAliases(pydantic.BaseModel):
    a: str = pydantic.Field(default="a@example.com", serialization_alias="email")
    n: int = 1
    b: str = pydantic.Field(default="b@example.com", serialization_alias="email")


class Counted(pydantic.BaseModel):
    email: str = "a@example.com"
    n: dict[int | str, int] = {1: 4, "1": 5}


@pydantic.dataclasses.dataclass
class CountedRow:
    n: dict[Any, int]
    email: str = "a@example.com"


class Counted1(pydantic.v1.BaseModel):
    email: str = "a@example.com"
    n: dict[Any, int] = {1: 4, "1": 5}


class Merging(TwoAliases):
    """Says by itself what it is."""

    def model_dump(self, **_: Any) -> dict[str, Any]:
        return {"email": self.a}


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (TwoAliases, "email"),
        (Counted, "1"),
        (lambda: CountedRow({1: 4, "1": 5}), "1"),
        (lambda: {"email": "a@example.com", "n": TwoAliases()}, "email"),
        (
            lambda: {
                "email": "a@example.com",
                "n": [pydantic.RootModel[list[Any]]([{1: 1, "1": 2}])],
            },
            "1",
        ),
        *([] if sys.version_info >= (3, 14) else [(Counted1, "1")]),
    ],
)
def test_a_model_that_dumps_a_name_twice_fails_alone(
    client: Client, make: Callable[[], Any], name: str
) -> None:
    report = client.push_contacts("sugarcrm", [GOOD, make(), Merging()])
    assert [*report.outcomes] == ["pushed", "failed", "pushed"]
    assert f"two of its fields would be '{name}'" in report.problems[0].message


def test_columns_that_differ_in_case_alone_have_their_own_values(
    client: Client, sandbox: Sandbox
) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.row_factory = sqlite3.Row
        row = connection.execute("select 'a@example.com' as email, 1 as n, 2 as N").fetchone()
    assert client.push_contacts("sugarcrm", [row]).pushed == 1
    bodies: list[Any] = [
        request["body"] for request in sandbox.requests() if request["method"] == "POST"
    ]
    assert [body["records"] for body in bodies] == [[{"email": "a@example.com", "n": 1, "N": 2}]]


def test_columns_may_leave_the_field_out(client: Client) -> None:
    assert client.push_contacts("sugarcrm", [joined()], columns=["id"]).pushed == 1
    report = client.push_contacts("sugarcrm", [joined()], rename={"email": "email1"})
    assert "two of its fields would be 'email1'" in report.problems[0].message


def test_a_table_with_a_column_twice_is_refused(client: Client, sandbox: Sandbox) -> None:
    pd = pytest.importorskip("pandas")
    emails = pa.array(["a@example.com"])
    names = pa.array([("x", "y")], pa.struct([("email", pa.string()), ("email", pa.string())]))
    tables = [
        pa.table([emails, emails], names=["email", "email"]),
        pa.table([emails, names], names=["id", "owner"]),
        pd.DataFrame([["a@example.com", "b"]], columns=["email", "email"]),
    ]
    for table in tables:
        with pytest.raises(ConfigError, match=r"'?email'?"):
            client.push_contacts("sugarcrm", table)
    assert sandbox.requests() == []


def test_a_map_that_has_a_key_twice_fails_its_row(client: Client) -> None:
    pairs = [[("a", 1), ("b", 2)], [("email", 1), ("x", 2), ("email", 3)]]
    maps = pa.array(pairs, pa.map_(pa.string(), pa.int64()))
    table = pa.table({"email": ["a@example.com", "b@example.com"], "x": maps})
    report = client.push_contacts("sugarcrm", table)
    assert [*report.outcomes] == ["pushed", "failed"]
    assert f"field 'x': {TWICE}" in report.problems[0].message


def test_a_key_that_is_there_twice_is_none(client: Client, tmp_path: Path) -> None:
    source = tmp_path / "people.ndjson"
    source.write_text('{"id":1,"email":"a@example.com","id":2}\n{"id":3,"email":"b@example.com"}\n')
    journal = tmp_path / "people.journal"
    report = client.push_contacts(
        "sugarcrm", source, columns=["email"], journal=journal, primary_key="id"
    )
    assert [*report.outcomes] == ["failed", "pushed"]
    assert "'id' is there twice" in report.problems[0].message


def test_numbers_within_lists_and_structs_are_finite(client: Client) -> None:
    pl = pytest.importorskip("polars")
    pd = pytest.importorskip("pandas")
    columns: dict[str, list[object]] = {
        "email": ["a@example.com", "b@example.com"],
        "x": [[1.0], [float("nan")]],
        "y": [{"z": 1.0}, {"z": float("inf")}],
    }
    frame = pl.DataFrame(columns)
    backed = pd.DataFrame(columns).convert_dtypes(dtype_backend="pyarrow")
    for table in (frame, frame.to_arrow(), backed, pd.DataFrame(columns)):
        report = client.push_contacts("sugarcrm", table, nan="error")
        assert [*report.outcomes] == ["pushed", "failed"], type(table)
        assert "field 'x[0]': is no finite number" in report.problems[0].message
        assert client.push_contacts("sugarcrm", table).pushed == 2
