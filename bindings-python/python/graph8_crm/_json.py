"""JSON, as the standard library reads it, and records with the digits that they were sent with."""

from __future__ import annotations

import json
import re
from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from . import _graph8_crm as native

if TYPE_CHECKING:
    from typing_extensions import Self

# Objects, not texts, so that they can be looked up while a program runs.
JSONValue: TypeAlias = Union[  # noqa: UP007
    dict[str, "JSONValue"], list["JSONValue"], str, int, float, Decimal, bool, None
]
"""A value out of JSON. In records, a number that neither `int` nor `float` would give back with the
same digits, such as `0.10` or a fraction of twenty digits, is a `Decimal`."""

JSONObject: TypeAlias = dict[str, JSONValue]
"""An object out of JSON, such as a record as it was sent."""


# The caller's context may trap anything; here what is not held is NaN.
_UNTRAPPED = Context(traps=[])


class WrittenDecimal(Decimal):
    """A number with its form in JSON, where `Decimal` has another for it: `1e3`, `0.00000001`.

    An exponent beyond what `Decimal` holds makes it infinite or zero, as it makes a `float`.
    """

    __slots__ = ("written",)
    written: str

    def __new__(cls, written: str) -> Self:
        number = super().__new__(cls, written, _UNTRAPPED)
        if number.is_nan():
            number = super().__new__(cls, repr(float(written)))
        number.written = written
        return number

    def __reduce__(self) -> tuple[type[WrittenDecimal], tuple[str]]:
        return WrittenDecimal, (self.written,)


# Also within texts, where it only costs time.
_MINUS_ZERO = re.compile(r"-0[\s,\]}]")


def read_with_records(text: str) -> Any:
    """JSON in which there are records, whose numbers are written again with the same digits."""
    if _MINUS_ZERO.search(text):
        return json.loads(text, parse_float=_number, parse_int=_integer)
    try:
        return json.loads(text, parse_float=_number)
    except ValueError:
        # An integer has more digits than `int` reads.
        return json.loads(text, parse_float=_number, parse_int=_integer)


def write_with_records(value: object) -> str:
    """JSON that `read_with_records` reads, with the digits that it had."""
    return native.encode(value).decode()


def fit_for_json(value: JSONValue) -> JSONValue:
    """The same with the nearest `float` for each `Decimal`, which `json.dumps` does not take."""
    if isinstance(value, dict):
        return {name: fit_for_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [*map(fit_for_json, value)]
    if isinstance(value, Decimal):
        number = float(value)
        if abs(number) != float("inf"):
            return number
        return value.written if isinstance(value, WrittenDecimal) else str(value)
    return value


def _number(digits: str) -> Any:
    number = float(digits)
    # Mostly so, and quicker to see than by the encoder, which writes exponents and whole numbers
    # otherwise.
    if repr(number) == digits and "e" not in digits and not number.is_integer():
        return number
    return number if native.encode(number) == digits.encode() else _decimal(digits)


def _integer(digits: str) -> Any:
    if digits == "-0":
        return Decimal(digits)
    try:
        return int(digits)
    except ValueError:
        return _decimal(digits)


def _decimal(digits: str) -> Decimal:
    # How an exponent is written depends on the context of whoever writes it.
    if "e" in digits or "E" in digits:
        return WrittenDecimal(digits)
    number = Decimal(digits, _UNTRAPPED)
    return number if str(number) == digits else WrittenDecimal(digits)
