"""Which contacts of a push are in the list that they were to be added to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from .plain import as_dict
from .tables import Column, ResultTable, column

NotAddedReason: TypeAlias = Literal["not_found", "ambiguous", "failed", "unknown", "not_sent"]


@dataclass(frozen=True, slots=True)
class NotAdded:
    """A pushed or skipped record whose contact is not known to be in the list."""

    index: int
    """Its place in the input, from 0."""
    reason: NotAddedReason
    """Why, in a word: one of the counts of `AddedToList`."""
    message: str
    """Why, in a sentence."""

    _columns: ClassVar[tuple[Column, ...]] = (
        column("index", "int"),
        column("reason", "text"),
        column("message", "text"),
    )

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class AddedToList:
    """What became of the pushed and skipped contacts of a push that were to be added to a list.

    `added + not_found + ambiguous + failed + unknown + not_sent` is always the number of pushed and
    skipped records. None of it changes a contact's own outcome.
    """

    list_id: str | None
    """The list's id in the CRM; None when it was not found, or was to be made for nobody."""
    list_name: str | None
    """The list's name, where it was named."""
    added: int
    """Records whose contact is in the list now, those that were in it before among them."""
    new_members: int
    """Memberships that the service counts as new."""
    not_found: int
    """Records whose contact the CRM does not find by its e-mail address, that have none by itself,
    or that have changed since an earlier run pushed them."""
    ambiguous: int
    """Records whose e-mail address several contacts have."""
    failed: int
    """Records whose contact was refused."""
    unknown: int
    """Records whose contact was sent to the list without a trustworthy answer. To add it again does
    no harm."""
    not_sent: int
    """Records whose contact never left for the list."""
    problems: ResultTable[NotAdded]
    """The records that are not added, in the order of the input; see `problems_omitted`."""
    problems_omitted: int
    """Records that are not added and not in `problems`, which holds 100,000."""
    ended_early: str | None
    """Why not every contact was tried; a message to read."""

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self) | {"problems": [problem.to_dict() for problem in self.problems]}

    def __str__(self) -> str:
        left = (self.not_found, self.ambiguous, self.failed, self.unknown, self.not_sent)
        name = self.list_id if self.list_name is None else f"{self.list_name!r}"
        return f"{self.added} of {self.added + sum(left)} in the list {name}"


def added_to_list_from_json(text: str) -> AddedToList:
    parts = json.loads(text)
    problems = (NotAdded(**problem) for problem in parts.pop("problems"))
    return AddedToList(**parts, problems=ResultTable(NotAdded, problems))
