"""Objects of each library as records, and the values that they hold."""

# mypy: disable-error-code="call-arg, arg-type, call-overload"

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import ipaddress
import json
import pathlib
import types
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypedDict
from zoneinfo import ZoneInfo

import attrs
import msgspec
import numpy as np
import pyarrow as pa
import pydantic
import pydantic.dataclasses
import pydantic.v1
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph8_crm._graph8_crm import encode

if TYPE_CHECKING:
    from graph8_crm import Client


def encoded(value: object) -> Any:
    return json.loads(encode(value))


class Level(enum.IntEnum):
    HIGH = 3


class Stage(enum.Enum):
    OPEN = "open"


class Inner(pydantic.BaseModel):
    zip_code: str = pydantic.Field("0815", serialization_alias="zip")


class Everything(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(arbitrary_types_allowed=False)

    site: pydantic.HttpUrl = pydantic.HttpUrl("https://example.com/a")
    source: pydantic.AnyUrl = pydantic.AnyUrl("ftp://example.com")
    token: pydantic.SecretStr = pydantic.SecretStr("never seen")
    blob: pydantic.SecretBytes = pydantic.SecretBytes(b"never seen")
    empty: pydantic.SecretStr = pydantic.SecretStr("")
    key: uuid.UUID = uuid.UUID(int=7)
    path: pathlib.Path = pathlib.Path("a/b.csv")
    level: Level = Level.HIGH
    stage: Stage = Stage.OPEN
    price: Decimal = Decimal("1.50")
    when: dt.datetime = dt.datetime(2026, 1, 31, 10, tzinfo=dt.timezone.utc)
    took: dt.timedelta = dt.timedelta(seconds=90)
    tags: frozenset[str] = frozenset(["a"])
    raw: bytes = b"text"
    address: ipaddress.IPv4Address = ipaddress.IPv4Address("127.0.0.1")
    inner: Inner = Inner()
    by_name: str = pydantic.Field("x", alias="byAlias")


def test_a_pydantic_model_is_what_it_dumps_to_json() -> None:
    model = Everything()
    assert encoded(model) == json.loads(model.model_dump_json(by_alias=True))
    assert encoded({"a": [model]}) == {"a": [json.loads(model.model_dump_json(by_alias=True))]}
    assert "never seen" not in str(encode(model))


def test_values_of_pydantic_are_as_in_a_model() -> None:
    model = Everything()
    values = {name: getattr(model, name) for name in ("site", "source", "token", "blob", "empty")}
    assert encoded(values) == {
        "site": "https://example.com/a",
        "source": "ftp://example.com/",
        "token": "**********",
        "blob": "**********",
        "empty": "",
    }


class Shadowed(pydantic.BaseModel):
    """With fields that are called as what others are recognised by."""

    keys: str = "k"
    len: str = pydantic.Field("l", alias="__len__")
    as_dict: str = pydantic.Field("d", alias="_asdict")


def test_a_field_may_be_called_as_a_method() -> None:
    with pytest.warns(UserWarning, match="shadows"):

        class Dumping(pydantic.BaseModel):
            model_config = pydantic.ConfigDict(protected_namespaces=())
            model_dump: str = "d"  # type: ignore[assignment]

    assert encoded(Dumping()) == {"model_dump": "d"}
    assert encoded(Shadowed()) == {"keys": "k", "__len__": "l", "_asdict": "d"}
    row = dataclasses.make_dataclass("Row", ["model_dump", "_asdict", "keys", "num_rows"])
    assert encoded(row(1, 2, 3, 4)) == {"model_dump": 1, "_asdict": 2, "keys": 3, "num_rows": 4}


class Root(pydantic.RootModel[list[int]]):
    pass


@pydantic.dataclasses.dataclass
class PydanticDataclass:
    site: pydantic.HttpUrl
    first: str = pydantic.Field(alias="firstName")


class Old(pydantic.v1.BaseModel):
    site: pydantic.v1.HttpUrl
    token: pydantic.v1.SecretStr
    path: pathlib.Path
    price: Decimal
    first: str = pydantic.v1.Field(alias="firstName")

    class Config:
        json_encoders = {pathlib.Path: lambda path: path.name}  # noqa: RUF012


def test_other_objects_of_pydantic_are_what_they_dump() -> None:
    assert encoded({"a": Root([1, 2])}) == {"a": [1, 2]}
    made = PydanticDataclass(site="https://example.com", firstName="Ada")
    assert encoded(made) == {"site": "https://example.com/", "firstName": "Ada"}
    old = Old(
        site="https://example.com",
        token="never seen",
        path="a/b",
        price="1.5",
        firstName="Ada",
    )
    assert encoded(old) == {
        "site": "https://example.com",
        "token": "**********",
        "path": "b",
        "price": 1.5,
        "firstName": "Ada",
    }
    assert encoded({"token": old.token}) == {"token": "**********"}


class Tagged(msgspec.Struct, rename="pascal", tag_field="kind", tag="person"):
    first_name: str
    last_name: str | msgspec.UnsetType = msgspec.UNSET


class Omitting(msgspec.Struct, omit_defaults=True, rename={"note": "a note"}):
    name: str
    note: str = "none"
    count: int = 0
    tags: list[str] = []
    more: dict[str, int] = {}
    stage: Stage = Stage.OPEN


class Listed(msgspec.Struct, array_like=True, tag="person", omit_defaults=True):
    email: str = "a@b.io"
    n: int = 1


def test_a_struct_that_is_a_list_is_one_as_a_value_and_no_record(client: Client) -> None:
    for struct in (Listed(), Listed(n=2)):
        assert encoded({"a": struct}) == {"a": msgspec.to_builtins(struct)}
    report = client.push_contacts("sugarcrm", [Listed(), {"email": "b@b.io"}])
    assert [*report.outcomes] == ["failed", "pushed"]
    assert "not an object of field names and values but" in report.problems[0].message


@given(
    st.builds(Tagged, st.text(max_size=3), st.one_of(st.just(msgspec.UNSET), st.text(max_size=3)))
    | st.builds(
        Omitting,
        name=st.text(max_size=3),
        note=st.sampled_from(["none", "some", ""]),
        count=st.integers(0, 2),
        tags=st.lists(st.text(max_size=2), max_size=1),
        more=st.dictionaries(st.text(max_size=2), st.integers(0, 2), max_size=1),
        stage=st.sampled_from(Stage),
    )
)
def test_a_struct_is_what_msgspec_makes_of_it(struct: msgspec.Struct) -> None:
    assert encoded(struct) == msgspec.to_builtins(struct)
    assert list(encoded(struct)) == list(msgspec.to_builtins(struct))


@attrs.define
class Attrs:
    name: str
    private: int = attrs.field(default=1, alias="other")


class Typed(TypedDict):
    name: str


def class_in(module: str, name: str, *bases: type) -> Any:
    return types.new_class(name, bases, {}, lambda body: body.update(__module__=module))


def spark_row(names: list[str], *values: object) -> Any:
    row = class_in("pyspark.sql.types", "Row", tuple)(values)
    row.__fields__ = names
    return row


def test_rows_of_spark_are_objects() -> None:
    inner = spark_row(["city"], "Berlin")
    assert encoded(spark_row(["email", "at"], "a@b.de", inner)) == {
        "email": "a@b.de",
        "at": {"city": "Berlin"},
    }
    assert encoded(class_in("pyspark.sql.types", "Row", tuple)((1, 2))) == [1, 2]
    with pytest.raises(ValueError, match="two of its fields would be 'id'"):
        encode(spark_row(["id", "name", "id"], 1, "x", 2))


def test_rows_of_pyodbc_are_objects() -> None:
    row = class_in("pyodbc", "Row")
    row.cursor_description = (("email", str), ("n", int))
    row.__getitem__ = lambda _, index: ("a@b.de", 5)[index]
    assert encoded(row()) == {"email": "a@b.de", "n": 5}


def test_rows_of_a_structured_array_are_objects() -> None:
    kind = [("email", "U9"), ("n", "i4"), ("at", "M8[ns]"), ("xy", [("x", "f8"), ("y", "f8")])]
    array = np.array([("a@b.de", 5, "2026-01-31T10:00", (1.5, 2.5))], dtype=kind)
    expected = {"email": "a@b.de", "n": 5, "at": "2026-01-31T10:00:00", "xy": {"x": 1.5, "y": 2.5}}
    assert encoded(array[0]) == expected
    assert encoded(array.view(np.recarray)[0]) == expected
    assert encoded({"rows": array}) == {"rows": [expected]}
    with pytest.raises(ValueError, match=r"cannot encode numpy\.void"):
        encode(np.void(b"raw"))


def test_scalars_of_pyarrow_are_their_python_values() -> None:
    values = {
        "text": "a",
        "n": 2**60,
        "x": Decimal("1.50"),
        "day": dt.date(2026, 1, 31),
        "at": dt.datetime(2026, 1, 31, 10, tzinfo=dt.timezone.utc),
        "nothing": None,
        "list": [1, None],
        "inner": {"city": "Berlin"},
    }
    row = pa.array([values])[0]
    assert encoded(row) == encoded(values)
    assert encoded(dict(row)) == encoded(values)
    assert encode({"a": pa.scalar(0.1, pa.float32())}) == b'{"a":0.1}'
    assert encode([pa.scalar(0.1, pa.float16()), pa.scalar(None, pa.float32())]) == b"[0.1,null]"


def test_what_is_masked_is_null() -> None:
    array: Any = np.ma.array
    masked = array([1, 2], mask=[False, True])
    assert encoded({"a": masked, "b": masked[1], "c": masked[0]}) == {
        "a": [1, None],
        "b": None,
        "c": 1,
    }
    rows = array(
        [("a@b.de", 5), ("c@d.de", 6)],
        mask=[(False, True), (False, False)],
        dtype=[("email", "U9"), ("n", "i4")],
    )
    assert encoded(rows[0]) == {"email": "a@b.de", "n": None}
    assert encoded(rows[1]) == {"email": "c@d.de", "n": 6}
    moments = array(["2026-01-31", "2026-02-01"], mask=[True, False], dtype="M8[s]")
    assert encoded([moments, array([0.1, 0.2], mask=[True, False], dtype="f4")]) == [
        [None, "2026-02-01T00:00:00"],
        [None, 0.2],
    ]


VALUES = [
    (np.float16(0.1), b"0.1"),
    (np.array([0.1, 1 / 3, 65504], "f2"), b"[0.1,0.3333,65504]"),
    (np.timedelta64(1, "ns"), b"0.000000001"),
    (np.timedelta64(-1_500, "ms"), b"-1.5"),
    (np.timedelta64(2, "W"), b"1209600"),
    (np.timedelta64(3, "D"), b"259200"),
    (np.timedelta64(7, "25s"), b"175"),
    (np.timedelta64(-1, "as"), b"-0.000000000000000001"),
    (np.timedelta64(2**63 - 1, "W"), str((2**63 - 1) * 604_800).encode()),
    (np.timedelta64("NaT"), b"null"),
    (np.timedelta64("NaT", "M"), b"null"),
    (np.array([1], "m8[ns]"), b"[0.000000001]"),
    (np.array([["2026-01-31T10:00"]], "M8[ns]"), b'[["2026-01-31T10:00:00"]]'),
    (np.longdouble("0.5"), b"0.5"),
    (np.longdouble("nan"), b"null"),
    (np.longdouble("-inf"), b"null"),
    (Level.HIGH, b"3"),
    (pathlib.PurePosixPath("a/b"), b'"a/b"'),
    (pathlib.Path("a"), b'"a"'),
    (ipaddress.ip_address("::1"), b'"::1"'),
    (ipaddress.ip_network("10.0.0.0/8"), b'"10.0.0.0/8"'),
    (dt.datetime(2026, 7, 1, 12, tzinfo=ZoneInfo("Europe/Berlin")), b'"2026-07-01T12:00:00+02:00"'),
    (Attrs("Ada"), b'{"name":"Ada","private":1}'),
    (Typed(name="Ada"), b'{"name":"Ada"}'),
    (uuid.UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
]


@pytest.mark.parametrize(("value", "expected"), VALUES, ids=lambda value: str(value)[:40])
def test_a_value_has_one_form(value: object, expected: bytes) -> None:
    assert encode(value) == expected


def test_a_long_double_keeps_its_digits() -> None:
    exact = np.longdouble(1) / 3
    written = encode(exact).decode()
    assert np.longdouble(written) == exact


REFUSED = [
    (np.timedelta64(5, "M"), "timedelta64 of years or months, which are no number of seconds"),
    (np.timedelta64(5, "Y"), "use one in days or a smaller unit"),
    (np.timedelta64(5), "timedelta64 without a unit"),
    (Fraction(1, 3), r"cannot encode fractions\.Fraction; use float"),
    (1j, "cannot encode complex"),
    (b"x", "cannot encode bytes; use str"),
    (memoryview(b"x"), "cannot encode memoryview; use str"),
    (types.SimpleNamespace(a=1), r"cannot encode types\.SimpleNamespace; use vars\(value\)"),
    (class_in("django.db.models.base", "Model")(), r"query set's values\(\)"),
    ({None: ["x"]}, "the row has more values than the header"),
    ({None: 1}, "the key None is"),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_has_no_json_fails_in_words(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode(value)
