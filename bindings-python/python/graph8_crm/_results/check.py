"""What a check found in records before they are sent."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping  # noqa: TC003 (for those who look up type hints)
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from . import html
from .plain import as_dict
from .tables import Column, ResultTable, column

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .._names import FindingCode, FixKind, Provider, Severity

ValueKind = Literal["text", "integer", "number", "boolean", "null", "empty", "list", "object"]
"""The kind of a value in a `FieldProfile`."""


def _count_of(kind: ValueKind) -> Callable[[Any], int]:
    return lambda profile: int(profile.kinds.get(kind, 0))


@dataclass(frozen=True, slots=True)
class Example:
    """A record that has a finding."""

    index: int
    """Its place in the input, from 0."""
    # Customers' data: not in a repr that ends in a log.
    value: str | None = field(default=None, repr=False)
    """The value, shortened; None where there is none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One kind of finding in one field."""

    code: FindingCode
    """What is wrong, for example `"invalid_email"`."""
    severity: Severity
    """`"error"`: the CRM refuses the record. `"warning"`: it takes it, but not as it was meant."""
    field: str | None
    """The field, by its name on the way; None where it is about a record or the source."""
    count: int
    """How many records have it; of a finding about the source, all that were read."""
    message: str
    """What is wrong and what to do, with the value of the first example."""
    hint: str | None
    """The field that was probably meant."""
    examples: tuple[Example, ...]
    """The first records that have it, at most five."""

    _columns: ClassVar[tuple[Column, ...]] = (
        column("code", "text"),
        column("severity", "text"),
        column("field", "text"),
        column("count", "int"),
        column("message", "text"),
        column("hint", "text"),
        column("examples", "ints", lambda found: [example.index for example in found.examples]),
    )

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self) | {"examples": [as_dict(example) for example in self.examples]}


@dataclass(frozen=True, slots=True)
class CheckProblem:
    """A finding in one record."""

    index: int
    """The record's place in the input, from 0."""
    code: FindingCode
    """What is wrong, for example `"invalid_email"`."""
    severity: Severity
    """`"error"`: the CRM refuses the record. `"warning"`: it takes it, but not as it was meant."""
    field: str | None
    """The field, by its name on the way."""
    message: str
    """What is wrong and what to do."""

    _columns: ClassVar[tuple[Column, ...]] = (
        column("index", "int"),
        column("code", "text"),
        column("severity", "text"),
        column("field", "text"),
        column("message", "text"),
    )

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self)


@dataclass(frozen=True, slots=True)
class FieldProfile:
    """What the records hold in one field."""

    field: str
    """The field, by its name on the way."""
    is_known: bool
    """Whether the CRM has it."""
    filled: int
    """Records that have a value in it which is neither null nor empty text."""
    kinds: Mapping[ValueKind, int] = dataclasses.field(hash=False)
    """How many values of each kind it has."""
    longest: int
    """The longest text, in characters."""

    _columns: ClassVar[tuple[Column, ...]] = (
        column("field", "text"),
        column("is_known", "bool"),
        column("filled", "int"),
        column("longest", "int"),
        *(column(kind, "int", _count_of(kind)) for kind in get_args(ValueKind)),
    )

    def to_dict(self) -> dict[str, Any]:
        """All attributes, fit for JSON."""
        return as_dict(self)


@dataclass(frozen=True)
class CheckReport:
    """What records would meet if they were pushed."""

    provider: Provider
    """The CRM that they were checked for."""
    kind: Literal["contacts", "companies"]
    """What they are."""
    records: int
    """Records that were checked."""
    records_with_errors: int
    """Records that the CRM would refuse."""
    records_with_warnings: int
    """Records that the CRM would take, though not quite as they are meant."""
    findings: ResultTable[Finding]
    """What was found, by kind and field: errors first, then the most frequent."""
    problems: ResultTable[CheckProblem]
    """What was found, record by record in the order of the input; see `problems_omitted`."""
    problems_omitted: int
    """Findings that are not among `problems`, which holds 100,000."""
    profile: ResultTable[FieldProfile]
    """What the records hold, field by field, in the order in which the fields were met."""
    fixed: Mapping[FixKind, int] = field(hash=False)
    """How many values `fix` made right, by kind."""
    requests: int
    """Requests that a push of the records without errors would take."""
    seconds: float
    """Seconds that the client's rate limit would give those requests, as far as it is known."""
    summary: str
    """The counts and the first findings, in one line."""

    @property
    def ok(self) -> bool:
        """Whether no record has an error, and the source as a whole has none."""
        return all(finding.severity != "error" for finding in self.findings)

    @property
    def errors(self) -> ResultTable[Finding]:
        """The findings for which the CRM would refuse records."""
        return self._findings_of("error")

    @property
    def warnings(self) -> ResultTable[Finding]:
        """The findings with which the CRM would take the records, though not as they are meant."""
        return self._findings_of("warning")

    def _findings_of(self, severity: Severity) -> ResultTable[Finding]:
        found = (finding for finding in self.findings if finding.severity == severity)
        return ResultTable(Finding, found)

    def to_dict(self) -> dict[str, Any]:
        """All public attributes, fit for JSON."""
        lists = {
            name: [entry.to_dict() for entry in getattr(self, name)]
            for name in ("findings", "problems", "profile")
        }
        return as_dict(self) | lists

    def __str__(self) -> str:
        lines = [self.summary]
        for finding in self.findings:
            indexes = indexes_of(finding)
            where = f" (records {indexes})" if indexes else ""
            lines.append(f"  {finding.count} x {finding.severity}: {finding.message}{where}")
        if self.fixed:
            fixed = ", ".join(f"{count} {kind}" for kind, count in self.fixed.items())
            lines.append(f"  fixed: {fixed}")
        if self.requests:
            lines.append(
                f"  a push takes {self.requests:,} requests, {self.seconds:,.0f} s or more"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        verdict = "No errors found" if self.ok else "Errors found"
        counts = (
            f": {self.records:,} {self.kind} checked for {self.provider}, "
            f"{self.records_with_errors:,} with errors, "
            f"{self.records_with_warnings:,} with warnings"
        )
        findings = [
            (entry.severity, entry.code, entry.field, entry.count, entry.message, indexes_of(entry))
            for entry in self.findings[: html.MOST_ROWS]
        ]
        heads = ("severity", "finding", "field", "records", "message", "first indexes")
        takes = f"A push takes {html.counted(self.requests, 'request')}" + (
            f" and {self.seconds:,.0f} s or more." if self.seconds >= 1 else "."
        )
        return html.page(
            html.paragraph(counts, verdict),
            html.table("Findings", heads, findings, len(self.findings)) if findings else "",
            html.pairs("Made right by fix", self.fixed.items()) if self.fixed else "",
            html.paragraph(takes) if self.requests else "",
        )

    def __repr__(self) -> str:
        return (
            f"CheckReport({self.records} {self.kind} for {self.provider}: "
            f"{self.records_with_errors} with errors, {self.records_with_warnings} with warnings)"
        )


def indexes_of(finding: Finding) -> str:
    """The places of its examples, as text."""
    return shown_indexes([example.index for example in finding.examples], finding.count)


def shown_indexes(indexes: Sequence[int], count: int) -> str:
    """Some of `count` places, as text."""
    shown = ", ".join(map(str, indexes))
    return f"{shown}, …" if shown and count > len(indexes) else shown


def finding_of(wire: dict[str, Any]) -> Finding:
    """A finding out of the core's JSON."""
    examples = tuple(Example(**example) for example in wire["examples"])
    parts: dict[str, Any] = {**wire, "examples": examples}
    return Finding(**parts)


def check_report_from_json(text: str) -> CheckReport:
    """What a check gives."""
    wire = json.loads(text)
    problems = (CheckProblem(**problem) for problem in wire["problems"])
    profile = (FieldProfile(**entry) for entry in wire["profile"])
    wire["findings"] = ResultTable(Finding, map(finding_of, wire["findings"]))
    wire["problems"] = ResultTable(CheckProblem, problems)
    wire["profile"] = ResultTable(FieldProfile, profile)
    return CheckReport(**wire)
