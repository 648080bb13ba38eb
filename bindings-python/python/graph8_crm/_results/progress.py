"""Snapshots of a push."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal, cast

from . import html


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait of all requests of a push."""

    reason: Literal["rate_limit", "retry", "crm_rate_limit", "in_doubt", "search_lag"]
    """Why: the rate limit has no room, what failed without effect is tried again, or records in
    doubt will be looked for when the service can no longer be at work on them."""
    seconds: float | None
    """How much longer, as far as that is known."""


@dataclass(frozen=True, slots=True)
class PushProgress:
    """How far a push is."""

    records: int
    """Records read from the source so far."""
    total: int | None
    """Records of the whole source, where it has a length."""
    pushed: int
    """Records created, or list changes applied."""
    skipped: int
    """Records left out on purpose."""
    failed: int
    """Records refused."""
    unknown: int
    """Records sent without a trustworthy answer."""
    requests: int
    """Requests whose fate is known, repeats included."""
    in_flight: int
    """Requests under way or waiting to leave."""
    bytes_sent: int
    """Bytes of request bodies handed to the network, repeats included."""
    batch_size: int
    """Records per request at the moment."""
    elapsed_seconds: float
    """Since the push began."""
    records_per_second: float
    """Records settled per second by this run, on average."""
    pacing: Literal["host", "shared", "alone"]
    """Who shares the rate limit with this push at the moment, as in the report; `"alone"` also
    while the store that it is shared by can't be had."""
    waiting: Wait | None
    """Set when every request waits."""
    seconds_left: float | None
    """Time left, where the total is known and a batch was answered: by the rate limits, the size of
    batches and how long answers take."""

    def _repr_html_(self) -> str:
        done = self.pushed + self.skipped + self.failed + self.unknown
        of = "" if self.total is None else f" of {self.total:,}"
        waiting = None if self.waiting is None else self.waiting.reason.replace("_", " ")
        left = None if self.seconds_left is None else f"{self.seconds_left:,.0f} s"
        rows: list[tuple[str, object]] = [
            ("pushed", self.pushed),
            ("skipped", self.skipped),
            ("failed", self.failed),
            ("unknown", self.unknown),
            ("requests", self.requests),
            ("records per second", self.records_per_second),
            ("waits for", waiting),
            ("time left", left),
        ]
        shown = [(name, value) for name, value in rows if value is not None]
        return html.page(html.pairs(f"{done:,}{of} records settled", shown))


def progress_from_json(text: str) -> PushProgress:
    """A snapshot of a push."""
    wire = cast("dict[str, Any]", json.loads(text))
    waiting = wire.pop("waiting")
    return PushProgress(**wire, waiting=None if waiting is None else Wait(**waiting))
