"""JSON, as the standard library reads it."""

from __future__ import annotations

import json
from typing import Any, TypeAlias, Union

# Objects, not texts, so that they can be looked up while a program runs.
JSONValue: TypeAlias = Union[  # noqa: UP007
    dict[str, "JSONValue"], list["JSONValue"], str, int, float, bool, None
]
"""A value out of JSON."""

JSONObject: TypeAlias = dict[str, JSONValue]
"""An object out of JSON, such as a record as it was sent."""


def read_with_records(text: str) -> Any:
    """JSON in which there are records; their integers may have more digits than `int` reads."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text, parse_int=_exact)


def _exact(digits: str) -> Any:
    from decimal import Decimal

    try:
        return int(digits)
    except ValueError:
        return Decimal(digits)
