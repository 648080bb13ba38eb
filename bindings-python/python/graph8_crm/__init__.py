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
    report_of,
)
from ._graph8_crm import VERSION as __version__  # noqa: N811
from ._json import JSONObject, JSONValue
from ._names import (
    PROVIDERS,
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
    is_provider,
)
from ._progress import ProgressStream
from ._rows import AsyncGraph8Rows, Graph8Rows
from ._sandbox import Sandbox, SandboxList, SandboxRecord, SandboxRequest, sandbox

if TYPE_CHECKING:
    from . import hubspot, pipedrive, salesforce, sugarcrm, zoho
    from ._results.everything import (
        AddedToList,
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
        NotAdded,
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
else:
    # What takes long to load and not every program uses.
    _LATER = {
        **dict.fromkeys(("hubspot", "pipedrive", "salesforce", "sugarcrm", "zoho"), ""),
        **dict.fromkeys(
            (
                "CheckOptions",
                "ListChange",
                "ListPushOptions",
                "PushOptions",
                "Record",
                "Records",
                "StopFlag",
                "Table",
            ),
            "_types",
        ),
        **dict.fromkeys(
            (
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
                "Wait",
                "graph8_fields",
                "journal_status",
                "read_dead_letter",
            ),
            "_results.everything",
        ),
    }

    def __getattr__(name):
        """Loads what is not loaded yet, when it is used."""
        module = _LATER.get(name)
        if module is None:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        from importlib import import_module

        if not module:
            return import_module(f".{name}", __name__)
        found = getattr(import_module(f".{module}", __name__), name)
        globals()[name] = found
        return found

    def __dir__():
        return sorted({*globals(), *__all__})


del TYPE_CHECKING


__all__ = [
    "PROVIDERS",
    "AddedToList",
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
    "JSONObject",
    "JSONValue",
    "JournalStatus",
    "ListChange",
    "ListPushOptions",
    "MessageCount",
    "MessageGroup",
    "NotAdded",
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
    "SandboxList",
    "SandboxRecord",
    "SandboxRequest",
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
    "is_provider",
    "journal_status",
    "pipedrive",
    "read_dead_letter",
    "report_of",
    "salesforce",
    "sandbox",
    "sugarcrm",
    "zoho",
]
