"""What became of every record of a push, and the native half's replies that tell it."""

from __future__ import annotations

import json
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from .. import _graph8_crm as native
from .._errors import NotAllPushedError, error_from_json
from .._events import tell
from .._json import JSONObject, read_with_records, write_with_records
from . import html
from .added_to_list import AddedToList, added_to_list_from_json
from .check import Finding, finding_of, indexes_of, shown_indexes
from .outcomes import BITS, Outcome, Outcomes
from .plain import as_dict
from .problems import MessageCount, MessageGroup, Problem, Skip, problem_of
from .requests import RequestLine
from .tables import ResultTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .._names import FixKind, Provider, PushKind


@dataclass(frozen=True)
class PushReport:
    """What became of every record of a push.

    `pushed + skipped + failed + unknown + not_sent` is always the number of records handed in.
    """

    provider: Provider
    """The CRM that was pushed into."""
    kind: PushKind
    """What was pushed."""
    records: int
    """Records handed in."""
    pushed: int
    """Records created, or list changes applied."""
    skipped: int
    """Records left out on purpose; see `skips`."""
    failed: int
    """Records refused."""
    unknown: int
    """Records sent without a trustworthy answer."""
    not_sent: int
    """Records that had no effect through no fault of their own: they never left, or their request
    was refused as a whole before any record was touched (401, 402, 403, 404, 429). Send them
    again."""
    pushed_before: int
    """Of the pushed records, those that earlier runs of the journal pushed: they were not sent
    again."""
    changed: int
    """Records that are others than those that the journal knows as pushed under their keys: give
    `records_of("changed")`. They were not sent, since the service can't update records, and count
    as pushed before; with `on_change="push"` they were created once more."""
    unread: int
    """Of those that never left, the ones at the end of the source that were not even read."""
    requests: int
    """Requests made, repeats included; of a push that went on from a journal those of this run,
    while its records are those of all runs."""
    bytes_sent: int
    """Bytes of request bodies handed to the network, repeats included; of this run."""
    bytes_received: int
    """Bytes of answer bodies, after decompression; of this run."""
    elapsed_seconds: float
    """From the start of this run of the push to its report."""
    pacing: Literal["host", "shared", "alone"]
    """With whom the push shared the rate limit: `"host"` with all processes of this host that use
    the same store, `"shared"` with all hosts that use the same Redis, `"alone"` with nobody: that
    was asked for, nothing was paced, or the store could not be had at the end. See
    `docs/processes.md`."""
    problems: ResultTable[Problem]
    """The failed and unknown records, in the order of the input; see `problems_omitted`."""
    problems_omitted: int
    """Failed and unknown records that are not in `problems`, which holds 100,000 records or 64 MiB
    of them; a dead-letter file has them all."""
    skips: ResultTable[Skip]
    """The skipped records, in the order of the input; see `skips_omitted`."""
    skips_omitted: int
    """Skipped records that are not in `skips`, which holds 100,000 records or 64 MiB of them."""
    messages: ResultTable[MessageCount]
    """How often each message came, the most frequent first; omitted problems and skips are counted
    too."""
    ended_early: str | None
    """Why the push stopped before every record was tried; a message to read."""
    list_members_to_add: int | None
    """Of a list push: contacts that the answered requests of this run asked to add."""
    list_members_added: int | None
    """Of a list push: memberships that the service says it added. Fewer than asked for when some
    contacts were members before, or the CRM does not know them."""
    list_members_to_remove: int | None
    """Of a list push: contacts that the answered requests of this run asked to remove."""
    list_members_removed: int | None
    """Of a list push: memberships that the service says it removed."""
    warnings: ResultTable[Finding]
    """What is probably not meant though nothing was refused for it: of all records together, such
    as that none has an e-mail, and with `check` of each. The most frequent first."""
    fixed: Mapping[FixKind, int] = field(hash=False)
    """How many values `fix` made right, by kind; of this run."""
    request_log_omitted: int
    """Batches that are not in `request_log`, which holds 10,000: the log has them."""
    summary: str
    """The counts and the most frequent messages, in one line."""
    outcomes: Outcomes
    """The outcome of every record, by index."""
    _unsent: tuple[tuple[int, JSONObject], ...] = field(default=(), repr=False)
    _groups: tuple[MessageGroup, ...] = field(default=(), repr=False)
    _changes: tuple[tuple[int, JSONObject], ...] = field(default=(), repr=False)
    _request_log: str | None = field(default=None, repr=False)
    _added_to_list: str | None = field(default=None, repr=False)

    @property
    def added_to_list(self) -> AddedToList | None:
        """What became of those that `add_to_list` asked to add; None where it was not given."""
        text = self._added_to_list
        return None if text is None else added_to_list_from_json(text)

    @property
    def request_log(self) -> ResultTable[RequestLine]:
        """The batches of this run in the order in which they ended, each with its requests."""
        lines = () if self._request_log is None else json.loads(self._request_log)
        return ResultTable(RequestLine, (RequestLine(**line) for line in lines))

    @property
    def failures(self) -> ResultTable[Problem]:
        """The failed records."""
        return self._problems_of(Outcome.FAILED)

    @property
    def unknowns(self) -> ResultTable[Problem]:
        """The records whose outcome is unknown: look in the CRM before you send them again."""
        return self._problems_of(Outcome.UNKNOWN)

    def _problems_of(self, outcome: Outcome) -> ResultTable[Problem]:
        return self.problems.selected(lambda problem: problem.outcome is outcome, outcome.value)

    def failures_by_message(self) -> ResultTable[MessageGroup]:
        """How many records failed with each message, the most frequent first.

        Messages that differ in e-mail addresses, ids, numbers, times and quoted texts alone are
        one.
        """
        failed = (group for group in self._groups if group.outcome is Outcome.FAILED)
        return ResultTable(MessageGroup, failed)

    def records_of(self, outcome: Outcome | str) -> list[JSONObject]:
        """The records of one outcome as they were sent, in the order of the input, for another try.

        Records that could not be encoded have no such form and are left out. `"changed"`, which is
        no outcome, gives the `changed` records.

        Raises:
            ValueError: For `pushed`, of which a report keeps none.
            LookupError: The report does not hold all of them: some problems or skips were omitted,
                or the last records were never read and are still with their source. Of changed
                records it keeps 100,000, or 64 MiB.
        """
        if outcome == "changed":
            if len(self._changes) < self.changed:
                omitted = self.changed - len(self._changes)
                raise LookupError(f"{omitted} changed records were too many to keep")
            return [record for _, record in self._changes]
        wanted = Outcome(outcome)
        if wanted is Outcome.PUSHED:
            raise ValueError("a report keeps no pushed records")
        if wanted is Outcome.NOT_SENT:
            if self.unread:
                raise LookupError(
                    f"{self.unread} records were never read from their source: they are its last "
                    f"ones, from index {self.records - self.unread} on"
                )
            return [record for _, record in self._unsent]
        if wanted is Outcome.SKIPPED:
            if self.skips_omitted:
                raise LookupError(f"{self.skips_omitted} skipped records were too many to keep")
            return [skip.record for skip in self.skips if skip.record is not None]
        if self.problems_omitted:
            raise LookupError(
                f"{self.problems_omitted} failed or unknown records were too many to keep: ask for "
                "a dead_letter file to have them all"
            )
        return [
            problem.record
            for problem in self.problems
            if problem.outcome is wanted and problem.record is not None
        ]

    def raise_for_failures(self) -> None:
        """Does nothing when every record was pushed, or skipped on purpose.

        Raises:
            NotAllPushedError: Some were not; it carries this report.
        """
        if self.pushed + self.skipped != self.records:
            raise NotAllPushedError(self.summary, report=self)

    def merge(
        self, other: PushReport, *, of: Outcome | str | Iterable[int] | None = None
    ) -> PushReport:
        """Both reports as one.

        Without `of`, as if the other's records had followed this one's in the input. With it, the
        other is of a retry: its records were those that `of` names, in that order, and their
        outcomes take the place of the old ones. An outcome names the records that `records_of`
        gives, of those not sent also the ones that were never read; indexes, in a list, name any
        that were not pushed. A report whose records are all pushed by now is a clean one.

        Raises:
            ConfigError: The reports are of different CRMs or kinds, the other has not as many
                records as `of` names, or `of` names a record twice, one that was pushed, or one
                that is not there. It is a ValueError, too.
        """
        retried = None if of is None else _retried(of)
        return report_in(native.merge_reports(*self._to_wire(), *other._to_wire(), retried))

    def to_dict(self, *, records: bool = False) -> dict[str, Any]:
        """All public attributes but `outcomes`, fit for JSON and for logs.

        Args:
            records: Have the records of `problems` and `skips` in it, too, which are customers'
                data. Default: False.
        """
        attributes = as_dict(self)
        problems = [problem.to_dict() for problem in self.problems]
        skips = [skip.to_dict() for skip in self.skips]
        if not records:
            for entry in (*problems, *skips):
                del entry["record"]
        attributes |= {"problems": [*problems], "skips": [*skips]}
        attributes["request_log"] = [line.to_dict() for line in self.request_log]
        attributes["messages"] = [entry.to_dict() for entry in self.messages]
        attributes["warnings"] = [warning.to_dict() for warning in self.warnings]
        added = self.added_to_list
        attributes["added_to_list"] = None if added is None else added.to_dict()
        for name in ("outcomes", *(name for name in attributes if name.startswith("_"))):
            del attributes[name]
        return attributes

    def _to_wire(self) -> tuple[str, bytes]:
        with_records: dict[str, Iterable[dict[str, Any]]] = {
            "problems": map(as_dict, self.problems),
            "skips": map(as_dict, self.skips),
            "unsent": ({"index": index, "record": record} for index, record in self._unsent),
            "changes": ({"index": index, "record": record} for index, record in self._changes),
        }
        head = self.to_dict()
        for name in ("problems", "skips"):
            del head[name]
        # Record by record: one may be nested as deeply as is written at all.
        lists = (f',"{name}":[{",".join(map(_entry, of))}]' for name, of in with_records.items())
        return f"{json.dumps(head)[:-1]}{''.join(lists)}}}", self.outcomes.packed

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Pickles of earlier versions know of no skipped records, keys, request log and list.
        missing: dict[str, object] = {
            "skipped": 0,
            "skips": ResultTable(Skip),
            "skips_omitted": 0,
            "_groups": (),
            "pushed_before": 0,
            "changed": 0,
            "_changes": (),
            "_request_log": None,
            "_added_to_list": None,
            "request_log_omitted": 0,
            "pacing": "alone",
        }
        for name, of in _TABLES.items():
            if isinstance(state.get(name), tuple):
                state[name] = ResultTable(of, state[name])
        self.__dict__.update(missing | state)

    def _repr_html_(self) -> str:
        head = f"{self.pushed:,} of {self.records:,} {self.kind} pushed to {self.provider}"
        effort = (
            f" in {html.seconds(self.elapsed_seconds)}, {html.counted(self.requests, 'request')}"
        )
        groups = [
            (
                group.message,
                group.outcome.value,
                group.count,
                shown_indexes(group.examples, group.count),
            )
            for group in self._groups[: html.MOST_ROWS]
        ]
        warnings = [
            (entry.code, entry.field, entry.count, entry.message, indexes_of(entry))
            for entry in self.warnings[: html.MOST_ROWS]
        ]
        said = ("message", "outcome", "records", "first indexes")
        warned = ("warning", "field", "records", "message", "first indexes")
        counts = [(name, getattr(self, name.replace(" ", "_")), about) for name, about in _MEANINGS]
        shown = [entry for entry in counts if entry[1] or entry[0] == "pushed"]
        return html.page(
            html.paragraph(effort, head),
            html.paragraph(f" {self.ended_early}", "Ended early:") if self.ended_early else "",
            html.shares("Outcomes", shown),
            html.paragraph(f": {self.added_to_list}", "Added to a list")
            if self._added_to_list
            else "",
            html.table("Messages", said, groups, len(self._groups)) if groups else "",
            html.table("Warnings", warned, warnings, len(self.warnings)) if warnings else "",
        )

    def __repr__(self) -> str:
        early = "" if self.ended_early is None else f", ended early: {self.ended_early}"
        return (
            f"PushReport({self.records} {self.kind} to {self.provider}: {self.pushed} pushed, "
            f"{self.skipped} skipped, {self.failed} failed, {self.unknown} unknown, "
            f"{self.not_sent} not sent{early})"
        )


_MEANINGS = [
    ("pushed", "created, or the list change applied"),
    ("skipped", "left out on purpose"),
    ("failed", "refused: send again after a fix"),
    ("unknown", "in doubt: look into the CRM before you send again"),
    ("not sent", "had no effect: send again"),
]


def _entry(entry: dict[str, Any]) -> str:
    """An entry of a list of records as the core reads it."""
    record = write_with_records(entry.pop("record"))
    return f'{json.dumps(entry)[:-1]},"record":{record}}}'


def _retried(of: Outcome | str | Iterable[int]) -> str:
    """The records of a retry as the core reads them."""
    if isinstance(of, str):
        return json.dumps(of)
    if isinstance(of, (set, frozenset)):
        message = "of is a set, which has no order: pass the indexes as a list"
        raise TypeError(message + ", in the order of the retry's records")
    # True is no index, though Python would take it for 1.
    return json.dumps([place if isinstance(place, bool) else operator.index(place) for place in of])


def result_of(reply: native.NativeReply) -> str:
    """The result of a call that is no push, or its exception; the call's last events are told."""
    __tracebackhide__ = True
    if reply.events is not None:
        tell(reply.events)
    if reply.result is None:
        raise_error(reply)
    return reply.result


def report_in(reply: native.NativeReply) -> PushReport:
    """A push's report, whether it comes alone or with an error."""
    __tracebackhide__ = True
    parts = reply.report()
    if parts is None:
        raise_error(reply)
    return _new_report(parts)


def last_failure_in(reply: native.NativeReply) -> str | None:
    """What the last try met of a call that was interrupted before its next."""
    return None if reply.error is None else error_from_json(reply.error, None).last_failure


def _new_report(parts: dict[str, Any]) -> PushReport:
    """As `PushReport(…)`, which takes several times as long: a frozen class sets one by one."""
    details = parts.pop("details")
    problems: native.NativeProblems = parts.pop("problems")
    parts["outcomes"] = Outcomes(parts["outcomes"], parts["records"], BITS)
    report = object.__new__(PushReport)
    object.__setattr__(report, "__dict__", parts)
    try:
        parts.update(
            _NO_DETAILS if details is None else _details(read_with_records(details), problems)
        )
    except Exception as error:
        # The counts and outcomes at least. A record may be nested deeper than Python reads.
        parts.update(_NO_DETAILS, problems_omitted=parts["failed"] + parts["unknown"])
        parts["skips_omitted"] = parts["skipped"]
        if not isinstance(error, RecursionError):
            error.report = report  # type: ignore[attr-defined]
            raise
    return report


# Not where it is raised: a notebook shows the lines around what raises.
_NO_REPLY = "the native module gave neither result nor error; reinstall graph8-crm"

_TABLES: dict[str, type[Any]] = {
    "problems": Problem,
    "skips": Skip,
    "messages": MessageCount,
    "warnings": Finding,
}
_NO_DETAILS: dict[str, object] = {
    **{name: ResultTable(of) for name, of in _TABLES.items()},
    "_unsent": (),
    "_groups": (),
    "_changes": (),
}


def _group_of(wire: dict[str, Any]) -> MessageGroup:
    outcome, examples = Outcome(wire["outcome"]), tuple(wire["examples"])
    return MessageGroup(outcome, wire["message"], wire["count"], examples)


def _details(wire: dict[str, Any], problems: native.NativeProblems) -> dict[str, object]:
    messages = (
        MessageCount(Outcome(entry["outcome"]), entry["message"], entry["count"])
        for entry in wire.get("messages", ())
    )
    return {
        "problems": ResultTable(
            Problem, map(problem_of, wire.get("problems", ())), problems.stream
        ),
        "skips": ResultTable(
            Skip,
            (
                Skip(
                    entry["index"],
                    entry["message"],
                    entry["record"],
                    # A report that was pickled by an earlier version has none.
                    tuple(entry.get("existing", ())),
                )
                for entry in wire.get("skips", ())
            ),
        ),
        "messages": ResultTable(MessageCount, messages),
        "_groups": tuple(map(_group_of, wire.get("groups", ()))),
        "warnings": ResultTable(Finding, map(finding_of, wire.get("warnings", ()))),
        "_unsent": tuple((entry["index"], entry["record"]) for entry in wire.get("unsent", ())),
        "_changes": tuple((entry["index"], entry["record"]) for entry in wire.get("changes", ())),
    }


def raise_error(reply: native.NativeReply) -> NoReturn:
    """Raises what the reply says went wrong, the report attached."""
    __tracebackhide__ = True
    parts = reply.report()
    report = None if parts is None else _new_report(parts)
    if reply.error is None:
        raise RuntimeError(_NO_REPLY)
    raise error_from_json(reply.error, report)
