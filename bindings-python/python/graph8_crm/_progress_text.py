"""A snapshot of a push in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._results import PushProgress, Wait

_WAITS = {
    "rate_limit": "rate limit",
    "retry": "another try",
    "crm_rate_limit": "the CRM's own limit",
    "in_doubt": "records in doubt",
    "search_lag": "the CRM's search",
}


def settled(snapshot: PushProgress) -> int:
    """Records that have an outcome."""
    return snapshot.pushed + snapshot.skipped + snapshot.failed + snapshot.unknown


def time_of(seconds: float) -> str:
    """A time in two units at most."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60:,} h {minutes % 60} min"


def waits(wait: Wait) -> str:
    """What every request waits for, and how much longer."""
    text = _WAITS.get(wait.reason, wait.reason)
    return f"waits: {text}" if wait.seconds is None else f"waits {time_of(wait.seconds)}: {text}"


def count(snapshot: PushProgress) -> str:
    """How many records have an outcome."""
    done = settled(snapshot)
    if snapshot.total is None:
        return f"{done:,} records"
    percent = 100 if done >= snapshot.total else int(100 * done / snapshot.total)
    return f"{percent}% {done:,}/{snapshot.total:,}"


def details(snapshot: PushProgress) -> list[str]:
    """Counts by outcome, the time left, what it waits for and the rate; the first matter most."""
    counts = [
        (snapshot.pushed, "pushed"),
        (snapshot.skipped, "skipped"),
        (snapshot.failed, "failed"),
        (snapshot.unknown, "unknown"),
    ]
    outcomes = ", ".join(
        f"{number:,} {name}" for number, name in counts if number or name == "pushed"
    )
    is_done = settled(snapshot) == snapshot.total
    left = None if is_done else snapshot.seconds_left
    return [
        outcomes,
        *([] if left is None else [f"{time_of(left)} left"]),
        *([] if snapshot.waiting is None else [waits(snapshot.waiting)]),
        f"{snapshot.records_per_second:,.1f} records/s",
    ]


def line(label: str, snapshot: PushProgress, width: int | None = None) -> str:
    """All of it in one line, or as much as has room."""
    parts = [f"{label}: {count(snapshot)}", *details(snapshot)]
    while width is not None and len(parts) > 1 and len(" | ".join(parts)) > width:
        parts.pop()
    text = " | ".join(parts)
    return text if width is None else text[:width]
