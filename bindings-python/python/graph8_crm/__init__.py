"""Push contacts, companies and list changes into CRMs through graph8.

Every record ends in exactly one outcome: pushed, skipped, failed, unknown or not sent. See
`Client`, `AsyncClient` and, for a rehearsal without a network, `sandbox`.
"""

from typing import TYPE_CHECKING

from ._client import AsyncClient, Client
from ._errors import (
    AuthenticationError,
    ConfigError,
    ConnectionFailedError,
    Graph8Error,
    InternalError,
    InvalidAnswerError,
    InvalidRequestError,
    NotAllPushedError,
    NotConnectedError,
    PaymentRequiredError,
    PermissionDeniedError,
    PushStoppedError,
    RateLimitedError,
    RequestTimeoutError,
    ServerError,
    SourceError,
    StorageError,
    UpstreamCrmError,
)
from ._graph8_crm import VERSION as __version__  # noqa: N811
from ._names import (
    EntityType,
    FindingCode,
    FixKind,
    OnChange,
    OnError,
    OnUnknown,
    Provider,
    PushKind,
    Severity,
    Unique,
)
from ._progress import ProgressStream
from ._results import (
    CheckProblem,
    CheckReport,
    ConnectionStatus,
    CrmSync,
    Example,
    Field,
    FieldKind,
    FieldProfile,
    Fields,
    Finding,
    FoundContacts,
    Graph8Field,
    JournalStatus,
    MessageCount,
    MessageGroup,
    Outcome,
    Outcomes,
    Problem,
    PushProgress,
    PushReport,
    RequestLine,
    ResultTable,
    Skip,
    Suggestion,
    Suggestions,
    Wait,
    graph8_fields,
    journal_status,
    read_dead_letter,
)
from ._rows import AsyncGraph8Rows, Graph8Rows
from ._sandbox import Sandbox, sandbox
from ._types import (
    CheckOptions,
    ListChange,
    ListPushOptions,
    PushOptions,
    Record,
    Records,
    StopFlag,
    Table,
)

if TYPE_CHECKING:
    from . import hubspot, pipedrive, salesforce, sugarcrm, zoho
else:

    def __getattr__(name):
        """Loads the typed records when they are used: they are large."""
        if name in ("hubspot", "pipedrive", "salesforce", "sugarcrm", "zoho"):
            from importlib import import_module

            return import_module(f".{name}", __name__)
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


del TYPE_CHECKING


__all__ = [
    "AsyncClient",
    "AsyncGraph8Rows",
    "AuthenticationError",
    "CheckOptions",
    "CheckProblem",
    "CheckReport",
    "Client",
    "ConfigError",
    "ConnectionFailedError",
    "ConnectionStatus",
    "CrmSync",
    "EntityType",
    "Example",
    "Field",
    "FieldKind",
    "FieldProfile",
    "Fields",
    "Finding",
    "FindingCode",
    "FixKind",
    "FoundContacts",
    "Graph8Error",
    "Graph8Field",
    "Graph8Rows",
    "InternalError",
    "InvalidAnswerError",
    "InvalidRequestError",
    "JournalStatus",
    "ListChange",
    "ListPushOptions",
    "MessageCount",
    "MessageGroup",
    "NotAllPushedError",
    "NotConnectedError",
    "OnChange",
    "OnError",
    "OnUnknown",
    "Outcome",
    "Outcomes",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "Problem",
    "ProgressStream",
    "Provider",
    "PushKind",
    "PushOptions",
    "PushProgress",
    "PushReport",
    "PushStoppedError",
    "RateLimitedError",
    "Record",
    "Records",
    "RequestLine",
    "RequestTimeoutError",
    "ResultTable",
    "Sandbox",
    "ServerError",
    "Severity",
    "Skip",
    "SourceError",
    "StopFlag",
    "StorageError",
    "Suggestion",
    "Suggestions",
    "Table",
    "Unique",
    "UpstreamCrmError",
    "Wait",
    "__version__",
    "graph8_fields",
    "hubspot",
    "journal_status",
    "pipedrive",
    "read_dead_letter",
    "salesforce",
    "sandbox",
    "sugarcrm",
    "zoho",
]
