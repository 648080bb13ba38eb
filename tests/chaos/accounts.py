"""The laws of a push, checked on both ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from graph8_crm import Graph8Error, Outcome, PushReport


class FailedCheckError(Exception):
    """What was promised does not hold; the message says what."""


def require(holds: bool, words: str) -> None:
    if not holds:
        raise FailedCheckError(words)


def report_of(error: Graph8Error) -> PushReport:
    """The report of a push that ended early; any other error is none of the expected ones."""
    if error.report is None:
        raise error
    return error.report


def contacts(prefix: str, count: int, bad_every: int = 0) -> list[dict[str, str]]:
    """HubSpot contacts with an e-mail each, every so many of them one that the CRM refuses."""
    return [
        {
            "email": f"{prefix}-{number}-is-bad"
            if bad_every and number % bad_every == 0
            else f"{prefix}-{number}@example.com",
            "firstname": f"Person {number}",
        }
        for number in range(count)
    ]


def check(report: PushReport, records: Sequence[dict[str, str]], held: Counter[str]) -> None:
    """Every record has one outcome, and that is what the CRM holds; none is there twice."""
    counts = (report.pushed, report.skipped, report.failed, report.unknown, report.not_sent)
    require(sum(counts) == report.records == len(records), f"{counts} of {len(records)} records")
    for record, outcome in zip(records, report.outcomes, strict=True):
        times = held[record["email"]]
        require(times <= 1, f"{record['email']} is there {times} times")
        if outcome is Outcome.PUSHED:
            require(times == 1, f"{record['email']} is pushed and not there")
        elif outcome is not Outcome.UNKNOWN:
            require(times == 0, f"{record['email']} is {outcome.value} and there")
