"""Where the columns of a table belong in a CRM."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from .plain import as_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Where one column belongs."""

    name: str
    """The column's name, as it was given."""
    field: str | None
    """The slug of the field to send it as; None when there is none."""
    label: str | None
    """That field's label, when it has one."""
    reason: str
    """Why this field, or why none."""

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self)


class Suggestions(Sequence[Suggestion]):
    """Where the columns of a table belong, in their order."""

    __slots__ = ("_suggestions",)

    def __init__(self, suggestions: Iterable[Suggestion] = ()) -> None:
        self._suggestions = tuple(suggestions)

    @property
    def rename(self) -> dict[str, str]:
        """The option `rename` of a push: the field of each name that is spelled otherwise."""
        return {
            found.name: found.field
            for found in self._suggestions
            if found.field is not None and found.field != found.name
        }

    @property
    def columns(self) -> list[str]:
        """The option `columns` of a push: the names that have a field."""
        return [found.name for found in self._suggestions if found.field is not None]

    def __len__(self) -> int:
        return len(self._suggestions)

    def __iter__(self) -> Iterator[Suggestion]:
        return iter(self._suggestions)

    @overload
    def __getitem__(self, index: int) -> Suggestion: ...
    @overload
    def __getitem__(self, index: slice) -> Suggestions: ...
    def __getitem__(self, index: int | slice) -> Suggestion | Suggestions:
        found = self._suggestions[index]
        return Suggestions(found) if isinstance(found, tuple) else found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Suggestions):
            return NotImplemented
        return self._suggestions == other._suggestions

    def __hash__(self) -> int:
        return hash(self._suggestions)

    def __repr__(self) -> str:
        return f"Suggestions({len(self.columns)} of {len(self)} names have a field)"

    def __reduce__(self) -> tuple[Any, ...]:
        return Suggestions, (self._suggestions,)


def suggestions_from_json(text: str) -> Suggestions:
    """What `suggest` gives."""
    return Suggestions(Suggestion(**wire) for wire in json.loads(text))
