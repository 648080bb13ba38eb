"""The table of encodings, case by case and against `json`."""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections import ChainMap, OrderedDict, UserDict, namedtuple
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import ClassVar, cast
from unittest.mock import MagicMock

import attrs
import numpy as np
import pandas as pd
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph8_crm._graph8_crm import NativeEncoder, encode

UTC = dt.timezone.utc


class Level(IntEnum):
    HIGH = 3


class Stage(Enum):
    OPEN = "open"


class Name(str):
    __slots__ = ()


class Count(int):
    def __repr__(self) -> str:
        return "not a number"


Point = namedtuple("Point", "x y")  # noqa: PYI024 (the untyped kind is what users have)


class Text(str, Enum):
    WORD = "word"


@dataclass
class Person:
    name: str
    born: dt.date | None
    table: ClassVar[str] = "people"


class Money(Decimal):
    def __str__(self) -> str:
        return '1},{"email":"another@example.com"'


class Aeons(dt.timedelta):
    days = 10**37


class Moment(dt.datetime):
    def isoformat(self, *_: object) -> str:
        return cast("str", object())


@attrs.define
class Slotted:
    a: int


class Model(pydantic.BaseModel):
    name: str = pydantic.Field(serialization_alias="fullName")


CASES = [
    ("text", b'"text"'),
    (
        'quote " backslash \\ line\n tab\t nul\0',
        b'"quote \\" backslash \\\\ line\\n tab\\t nul\\u0000"',
    ),
    ("Zoë 漢字 🎉", '"Zoë 漢字 🎉"'.encode()),
    (Name("sub"), b'"sub"'),
    (0, b"0"),
    (-(2**63), b"-9223372036854775808"),
    (2**64 + 1, b"18446744073709551617"),
    (-(10**30), b"-1000000000000000000000000000000"),
    (Count(7), b"7"),
    (Count(2**70), b"1180591620717411303424"),
    (1.5, b"1.5"),
    (float("nan"), b"null"),
    (float("-inf"), b"null"),
    (True, b"true"),
    (False, b"false"),
    (None, b"null"),
    ([], b"[]"),
    ((1, "a"), b'[1,"a"]'),
    (Point(1, 2), b'{"x":1,"y":2}'),
    ({}, b"{}"),
    ({"a": {"b": [1, {"c": None}]}}, b'{"a":{"b":[1,{"c":null}]}}'),
    (OrderedDict(z=1, a=2), b'{"z":1,"a":2}'),
    (UserDict(a=1), b'{"a":1}'),
    (MappingProxyType({"a": 1}), b'{"a":1}'),
    (ChainMap({"a": 1}), b'{"a":1}'),
    (dt.datetime(2026, 1, 2, 3, 4, 5), b'"2026-01-02T03:04:05"'),
    (dt.datetime(2026, 1, 2, 3, 4, 5, 600, UTC), b'"2026-01-02T03:04:05.000600+00:00"'),
    (
        dt.datetime(1890, 1, 1, tzinfo=dt.timezone(dt.timedelta(minutes=53, seconds=28))),
        b'"1889-12-31T23:06:32+00:00"',
    ),
    (dt.date(2026, 1, 2), b'"2026-01-02"'),
    (dt.time(3, 4), b'"03:04:00"'),
    (Decimal("1.50"), b"1.50"),
    (Decimal("-0.10"), b"-0.10"),
    (Decimal("1E+5"), b"1E+5"),
    (Money("1234.50"), b"1234.50"),
    (Decimal("NaN"), b"null"),
    (Decimal("sNaN"), b"null"),
    (Decimal("-Infinity"), b"null"),
    (uuid.UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
    (Level.HIGH, b"3"),
    (Stage.OPEN, b'"open"'),
    ({Name("key"): 1}, b'{"key":1}'),
    (dt.timedelta(days=-1, microseconds=5), b"-86399.999995"),
    (dt.timedelta(minutes=90), b"5400"),
    (Text.WORD, b'"word"'),
    (Person("Ada", None), b'{"name":"Ada","born":null}'),
    (Slotted(1), b'{"a":1}'),
    (Model(name="Ada"), b'{"fullName":"Ada"}'),
    (np.int64(-(2**63)), b"-9223372036854775808"),
    (np.uint64(2**64 - 1), b"18446744073709551615"),
    (np.float32(0.5), b"0.5"),
    (np.float64("nan"), b"null"),
    (np.bool_(True), b"true"),
    (np.str_("x"), b'"x"'),
    (np.datetime64("2026-01-31"), b'"2026-01-31"'),
    (np.datetime64("2026-01-31T10:00:00.5", "ns"), b'"2026-01-31T10:00:00.500000"'),
    (np.datetime64(1, "ns"), b'"1970-01-01T00:00:00.000000001"'),
    (np.datetime64("NaT"), b"null"),
    (np.timedelta64(90, "s"), b"90"),
    (np.timedelta64("NaT"), b"null"),
    (np.array([[1, 2], [3, 4]]), b"[[1,2],[3,4]]"),
    (pd.NaT, b"null"),
    (pd.NA, b"null"),
    (pd.Timestamp("2026-01-31 10:00", tz="Europe/Berlin"), b'"2026-01-31T10:00:00+01:00"'),
    (pd.Timestamp(1), b'"1970-01-01T00:00:00.000000001"'),
    (pd.Timedelta(1), b"0.000000001"),
]


@pytest.mark.parametrize(("value", "expected"), CASES, ids=map(str, range(len(CASES))))
def test_encodes_each_type_in_its_documented_form(value: object, expected: bytes) -> None:
    assert encode(value) == expected


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


class Raising(Mapping[str, object]):
    def __getitem__(self, key: str) -> object:
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        yield "a"

    def __len__(self) -> int:
        return 1


class Lying(dict[str, object]):
    def items(self) -> object:  # type: ignore[override]
        return [1]


CYCLE: list[object] = []
CYCLE.append(CYCLE)

REFUSED = [
    ({"a": {"b": [0, 1, {1}]}}, "field 'a.b[2]': cannot encode set; use a list"),
    ({"a": b"x"}, "field 'a': cannot encode bytes; use str"),
    ({"a": object()}, "field 'a': cannot encode object; use str, int"),
    ({"a": 1j}, "cannot encode complex"),
    ({"a": np.complex128(1j)}, "field 'a': cannot encode numpy.complex128"),
    ({"a": np.bytes_(b"x")}, "field 'a': cannot encode numpy.bytes_; use str"),
    ({"a": memoryview(b"x")}, "field 'a': cannot encode memoryview; use str"),
    ({"a": Person("Ada", object())}, "field 'a.born': cannot encode object"),  # type: ignore[arg-type]
    ({1: "x"}, "the key 1 is of the type int, and the names of fields are texts: use str keys"),
    ({"a": {None: 1}}, "field 'a': the key None is"),
    ({"a": "\ud800"}, "field 'a': has a lone surrogate"),
    ({"\ud800": 1}, "has a lone surrogate"),
    (nested(125), "nested deeper than 124 levels"),
    (CYCLE, "or it contains itself"),
    ({"a": Raising()}, "field 'a': reading it raised KeyError: 'a'"),
    ({"a": Lying(b=1)}, "field 'a': reading it raised TypeError"),
    ({"a": 10**5000}, "field 'a': has more digits than Python writes of an int"),
    ({"a": Aeons(1)}, "field 'a': reading it raised OverflowError"),
    ({"a": Moment(2026, 1, 2)}, "field 'a': reading it raised TypeError"),
    ({"a": MagicMock(spec=Decimal)}, "field 'a': reading it raised TypeError"),
]


@pytest.mark.parametrize(("value", "words"), REFUSED, ids=map(str, range(len(REFUSED))))
def test_says_what_it_cannot_encode_and_where(value: object, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)):
        encode(value)


def test_encodes_what_is_nested_124_deep() -> None:
    assert json.loads(encode(nested(124))) == nested(124)


def test_a_dict_that_changes_meanwhile_fails_with_words() -> None:
    record: dict[str, object] = {}

    class Growing(Mapping[str, object]):
        def __getitem__(self, key: str) -> object:
            raise KeyError(key)

        def __iter__(self) -> Iterator[str]:
            record["new"] = 1
            return iter(())

        def __len__(self) -> int:
            return 0

    record["growing"] = Growing()
    with pytest.raises(ValueError, match="changed size"):
        encode(record)


def test_a_keyboard_interrupt_in_a_mapping_is_not_swallowed() -> None:
    class Interrupting(Mapping[str, object]):
        def __getitem__(self, key: str) -> object:
            raise KeyboardInterrupt

        def __iter__(self) -> Iterator[str]:
            yield "a"

        def __len__(self) -> int:
            return 1

    with pytest.raises(KeyboardInterrupt):
        encode(Interrupting())


@pytest.mark.parametrize("is_record", [False, True])
def test_a_value_may_replace_the_others_while_it_is_encoded(is_record: bool) -> None:
    class Replacing(UserDict[str, object]):
        def __iter__(self) -> Iterator[str]:
            for name in names:
                record[name] = "replaced"
            # Into the memory of what was let go of.
            litter.extend(f"litter {n}".ljust(45) for n in range(80))
            return iter(())

    litter: list[str] = []
    names = [f"name{i}" for i in range(8)]
    # There is no other reference to the values.
    record: dict[str, object] = {"replacing": Replacing()} | {name: name * 9 for name in names}
    expected: dict[str, object] = {"replacing": {}} | {name: name * 9 for name in names}
    encoder = NativeEncoder()
    encoder.json([dict.fromkeys(record)])  # The names are known now.
    assert json.loads((encoder.json if is_record else encode)([record])) == [expected]


@pytest.mark.parametrize("width", [0, 1, 15, 16, 17, 31, 32, 33, 48, 300])
def test_names_are_written_as_they_are_whatever_their_order(width: int) -> None:
    # Longer and shorter than what is copied at a time, with and without escapes.
    whole = {f"{i}" + 'näme"' * (i % 9): "x" * i for i in range(width)}
    sparse = {name: value for name, value in whole.items() if len(value) % 3}
    nested: dict[str, object] = {**whole, "inner": [sparse, {"x" * 40: None}, {}]}
    read_back = json.loads(json.dumps(whole))  # Names that are equal, in other objects.
    others = {f"of this record alone {i}": i for i in range(width)}
    records = [whole, sparse, dict(reversed(whole.items())), read_back, nested, others, whole]
    expected = json.dumps(records, ensure_ascii=False, separators=(",", ":")).encode()
    encoder = NativeEncoder()
    # The second time all names are known.
    assert [encode(records), encoder.json(records), encoder.json(records)] == [expected] * 3


def test_a_long_path_is_cut() -> None:
    with pytest.raises(ValueError, match="…': cannot encode set"):
        encode({"k" * 10_000: {1}})


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


def as_documented(value: object) -> object:
    """What the table of encodings makes of a value, as Python reads it back."""
    match value:
        case Enum():
            return as_documented(value.value)
        case float() if value != value or value in (float("inf"), float("-inf")):
            return None
        case dt.datetime() | dt.date() | dt.time():
            return value.isoformat()
        case dt.timedelta():
            return Decimal(value // dt.timedelta(microseconds=1)) / 1_000_000
        case uuid.UUID():
            return str(value)
        case Decimal():
            return value if value.is_finite() else None
        case float():
            return Decimal(repr(value))
        case tuple() | list():
            return [as_documented(item) for item in value]
        case dict():
            return {key: as_documented(item) for key, item in value.items()}
    return value


python_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.decimals()
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas()
    | st.uuids()
    | st.sampled_from([*Level, *Stage, *Text]),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner)
        | st.dictionaries(st.text(), inner).map(OrderedDict)
    ),
    max_leaves=30,
)


@given(python_values)
def test_any_value_reads_back_as_documented(value: object) -> None:
    read = json.loads(encode(value), parse_float=Decimal, object_pairs_hook=list)
    assert read == pairs(as_documented(value))


# Few names, so that most records have some of those before them, in any order.
names = st.sampled_from([f"name {number}" for number in range(20)] + ['"', "a" * 31, "ä" * 40])
field_values = (
    st.text()
    | st.none()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.lists(st.text() | st.dates(), max_size=2)
    | st.dictionaries(names, st.text() | st.dates(), max_size=2)
)


@given(st.lists(st.dictionaries(names, field_values, max_size=20), max_size=4))
def test_records_with_any_of_the_names_before_read_back_as_documented(
    records: list[dict[str, object]],
) -> None:
    encoder = NativeEncoder()
    for _ in range(2):
        read = json.loads(encoder.json(records), parse_float=Decimal, object_pairs_hook=list)
        assert read == pairs(as_documented(records))
    assert encoder.records(records) == max(0, len(encoder.json(records)) - 2)


def test_what_is_wrong_in_a_record_of_known_names_is_told_with_its_path() -> None:
    usual = {f"name {number}": "value" for number in range(40)}
    encoder = NativeEncoder()
    encoder.json([usual])
    for name in usual:
        for value, path in (("\ud800", ""), ([{"a": "\ud800"}], "[0].a"), ([[[{1}]]], "[0][0][0]")):
            with pytest.raises(ValueError, match=re.escape(f"field '{name}{path}': ")):
                encoder.json([{**usual, name: value}])
    assert json.loads(encoder.json([usual])) == [usual]


def pairs(value: object) -> object:
    """Objects as pairs: the order of keys counts."""
    if isinstance(value, dict):
        return [(key, pairs(item)) for key, item in value.items()]
    return [pairs(item) for item in value] if isinstance(value, list) else value


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_of_any_length_and_content_reads_back(text: str) -> None:
    for piece in (text, text * 7, "x" * 130 + text):
        assert json.loads(encode(piece)) == piece


@given(json_values)
def test_agrees_with_json_on_all_that_json_knows(value: object) -> None:
    assert json.loads(encode(value)) == value


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_keeps_every_digit_of_a_decimal(value: Decimal) -> None:
    assert json.loads(encode(value), parse_float=Decimal, parse_int=Decimal) == value


@given(st.datetimes(dt.datetime(1000, 1, 1), dt.datetime(9000, 1, 1), timezones=st.timezones()))
def test_keeps_the_moment_of_an_aware_datetime(value: dt.datetime) -> None:
    text = json.loads(encode(value))
    assert dt.datetime.fromisoformat(text).astimezone(UTC) == value.astimezone(UTC)


def test_a_key_that_goes_away_meanwhile_does_no_harm() -> None:
    record: dict[str, object] = {}

    class Key(str):
        __slots__ = ()

        def __del__(self) -> None:
            record.clear()

    # A key that goes takes all others of the current record with it.
    for number in range(300):
        record = {Key(f"k{number}"): "x" * 100, "tail": "y" * 100}
        assert json.loads(encode(record)).keys() <= {f"k{number}", "tail"}


def test_a_dict_that_is_changed_by_its_own_value_does_no_harm() -> None:
    class Emptying(Mapping[str, object]):
        def __init__(self, record: dict[str, object]) -> None:
            self.record = record

        def __getitem__(self, key: str) -> object:
            raise KeyError(key)

        def __iter__(self) -> Iterator[str]:
            self.record.clear()
            return iter(())

        def __len__(self) -> int:
            return 0

    encoder = NativeEncoder()
    for _ in range(200):
        record: dict[str, object] = {"a": "x" * 50}
        record["emptying"] = Emptying(record)
        record["b"] = "y" * 50
        with pytest.raises(ValueError, match="changed size"):
            encoder.json([record])
