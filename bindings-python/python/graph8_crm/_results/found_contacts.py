"""The contacts that a CRM has, by their e-mail addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, repr=False)
class FoundContacts(Mapping[str, tuple[str, ...]]):
    """The CRM's ids of the contacts with each e-mail address, by the address as it was asked for.

    No ids: the CRM has no such contact.
    """

    _ids: Mapping[str, tuple[str, ...]] = field(hash=False)

    @property
    def missing(self) -> list[str]:
        """The addresses that no contact has."""
        return [email for email, ids in self._ids.items() if not ids]

    def to_dict(self) -> dict[str, list[str]]:
        """The ids by address, fit for JSON."""
        return {email: list(ids) for email, ids in self._ids.items()}

    def __getitem__(self, email: str) -> tuple[str, ...]:
        return self._ids[email]

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __repr__(self) -> str:
        return f"<FoundContacts: {len(self) - len(self.missing)} of {len(self)} are there>"


def found_contacts_from_json(text: str) -> FoundContacts:
    """What the core found, which is a list of pairs."""
    return FoundContacts({email: tuple(ids) for email, ids in json.loads(text)})
