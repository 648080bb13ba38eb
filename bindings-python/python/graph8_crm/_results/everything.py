"""All results and what makes them."""

from .._help import with_attributes
from .added_to_list import AddedToList, NotAdded
from .check import (
    CheckProblem,
    CheckReport,
    Example,
    FieldProfile,
    Finding,
    ValueKind,
    check_report_from_json,
)
from .connections import ConnectionStatus, CrmSync, status_from_json, syncs_from_json
from .crm_fields import Field, FieldKind, Fields, fields_from_json
from .files import JournalStatus, journal_status, read_dead_letter
from .found_contacts import FoundContacts, found_contacts_from_json
from .graph8_fields import Graph8Field, Graph8Takes, graph8_fields
from .outcomes import Outcome, Outcomes
from .problems import MessageCount, MessageGroup, Problem, Skip, problems_from_json
from .progress import PushProgress, Wait, progress_from_json
from .report import PushReport, last_failure_in, raise_error, report_in, result_of
from .requests import RequestLine
from .suggestions import Suggestion, Suggestions
from .tables import ResultTable

with_attributes(
    *(AddedToList, NotAdded),
    *(CheckProblem, CheckReport, ConnectionStatus, CrmSync, Example, Field, FieldProfile, Finding),
    *(Graph8Field, JournalStatus, MessageCount, MessageGroup, Problem, PushProgress, PushReport),
    *(Skip, Suggestion, Wait),
)

__all__ = [
    "AddedToList",
    "CheckProblem",
    "CheckReport",
    "ConnectionStatus",
    "CrmSync",
    "Example",
    "Field",
    "FieldKind",
    "FieldProfile",
    "Fields",
    "Finding",
    "FoundContacts",
    "Graph8Field",
    "Graph8Takes",
    "JournalStatus",
    "MessageCount",
    "MessageGroup",
    "NotAdded",
    "Outcome",
    "Outcomes",
    "Problem",
    "PushProgress",
    "PushReport",
    "RequestLine",
    "ResultTable",
    "Skip",
    "Suggestion",
    "Suggestions",
    "ValueKind",
    "Wait",
    "check_report_from_json",
    "fields_from_json",
    "found_contacts_from_json",
    "graph8_fields",
    "journal_status",
    "last_failure_in",
    "problems_from_json",
    "progress_from_json",
    "raise_error",
    "read_dead_letter",
    "report_in",
    "result_of",
    "status_from_json",
    "syncs_from_json",
]
