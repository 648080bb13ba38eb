"""The files that pushes leave behind: journals and dead letters."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from .. import _graph8_crm as native
from .._json import JSONObject, read_with_records
from . import html
from .outcomes import Outcome
from .plain import as_dict
from .report import result_of

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """What a journal tells of its push so far."""

    provider: str
    """The CRM that is pushed into."""
    kind: str
    """What is pushed."""
    base_url: str
    """The service's address."""
    started_at: str
    """When the first run began, RFC 3339."""
    finished_at: str | None
    """When every record had been tried, RFC 3339; None before."""
    runs: int
    """How many runs there were."""
    in_use: bool
    """Whether a push uses the journal now."""
    records: int | None
    """Records of the whole source, known once the push has finished."""
    pushed: int
    """Records created, or list changes applied."""
    skipped: int
    """Records that were left out: the CRM had them already."""
    failed: int
    """Records that the service or the CRM refused."""
    unknown: int
    """Records sent without a trustworthy answer, those of open batches included."""
    open_batches: int
    """Batches that were about to leave and whose answer is not known."""
    unknown_indexes: tuple[int, ...]
    """The unknown records' places in the input, ascending."""
    failed_indexes: tuple[int, ...]
    """The failed records' places in the input, ascending."""
    primary_key: tuple[str, ...] | None
    """Of a journal of keys: the fields that are a record's key. Then `pushed` counts the keys that
    were pushed, `skipped` those that the CRM had, `unknown` those in doubt, `failed` what failed in
    the last run, and records have no places."""
    keys: int | None
    """Of a journal of keys: how many it knows."""

    def __repr__(self) -> str:
        shown = as_dict(self) | {
            "unknown_indexes": _first(self.unknown_indexes),
            "failed_indexes": _first(self.failed_indexes),
        }
        return f"JournalStatus({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def _repr_html_(self) -> str:
        rows: list[tuple[str, object]] = [
            ("service", self.base_url),
            ("started", self.started_at),
            ("finished", self.finished_at or "not yet"),
            ("runs", self.runs),
            ("in use now", self.in_use),
            ("records of the source", "not known yet" if self.records is None else self.records),
            ("pushed", self.pushed),
            ("skipped", self.skipped),
            ("failed", self.failed),
            ("unknown", self.unknown),
            ("open batches", self.open_batches),
            *([("primary key", self.primary_key), ("keys", self.keys)] if self.primary_key else []),
            ("unknown records", _first(self.unknown_indexes)),
            ("failed records", _first(self.failed_indexes)),
        ]
        return html.page(html.pairs(f"Journal of {self.kind} to {self.provider}", rows))


def _first(indexes: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, indexes[: html.MOST_ROWS]))
    more = len(indexes) - html.MOST_ROWS
    return f"{shown} and {more:,} more" if more > 0 else shown


def journal_status(path: str | os.PathLike[str]) -> JournalStatus:
    """What a push's journal tells; it may be in use, and nothing need be writable.

    Raises:
        StorageError: There is no sound journal, or it can't be read.
        ConfigError: The path is empty.
    """
    wire = json.loads(result_of(native.journal_status(os.fspath(path))))
    for name in ("unknown_indexes", "failed_indexes"):
        wire[name] = tuple(wire[name])
    if wire["primary_key"] is not None:
        wire["primary_key"] = tuple(wire["primary_key"])
    return JournalStatus(**wire)


def read_dead_letter(
    path: str | os.PathLike[str], outcomes: Iterable[Outcome | str] = (Outcome.FAILED,)
) -> list[JSONObject]:
    """The records of a dead-letter file for another try, in its order.

    Args:
        path: The file.
        outcomes: Which records: those whose last outcome is one of these. Default: failed ones;
            look into the CRM before you send unknown ones again.

    Raises:
        StorageError: The file can't be read.
        ConfigError: The path is empty.
    """
    names = [Outcome(outcome).value for outcome in outcomes]
    return cast(
        "list[JSONObject]",
        read_with_records(result_of(native.read_dead_letter(os.fspath(path), names))),
    )
