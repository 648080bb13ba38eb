"""The base of the record classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping


class TypedRecord:
    """A record whose fields are known; its `__dict__` is what travels."""

    _kinds: ClassVar[Mapping[str, str]] = {}
