"""JSON, as the standard library reads it."""

from __future__ import annotations

from typing import TypeAlias, Union

# Objects, not texts, so that they can be looked up while a program runs.
JSONValue: TypeAlias = Union[  # noqa: UP007
    dict[str, "JSONValue"], list["JSONValue"], str, int, float, bool, None
]
"""A value out of JSON."""

JSONObject: TypeAlias = dict[str, JSONValue]
"""An object out of JSON, such as a record as it was sent."""
