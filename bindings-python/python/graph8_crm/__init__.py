"""Push contacts, companies and list changes into CRMs through graph8.

Every record ends in exactly one outcome: pushed, failed, unknown or not sent. See `Client`,
`AsyncClient` and, for a rehearsal without a network, `sandbox`.
"""

from ._client import AsyncClient, Client
from ._errors import (
    AuthenticationError,
    ConfigError,
    ConnectionFailedError,
    Graph8Error,
    InvalidAnswerError,
    InvalidRequestError,
    NotConnectedError,
    PaymentRequiredError,
    PermissionDeniedError,
    RateLimitedError,
    RequestTimeoutError,
    ServerError,
    UpstreamCrmError,
)
from ._graph8_crm import VERSION as __version__  # noqa: N811
from ._results import ConnectionStatus, CrmSync, Field, Outcome, Outcomes, Problem, PushReport
from ._sandbox import Sandbox, sandbox
from ._types import EntityType, ListChange, OnUnknown, Provider, PushKind, Record

__all__ = [
    "AsyncClient",
    "AuthenticationError",
    "Client",
    "ConfigError",
    "ConnectionFailedError",
    "ConnectionStatus",
    "CrmSync",
    "EntityType",
    "Field",
    "Graph8Error",
    "InvalidAnswerError",
    "InvalidRequestError",
    "ListChange",
    "NotConnectedError",
    "OnUnknown",
    "Outcome",
    "Outcomes",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "Problem",
    "Provider",
    "PushKind",
    "PushReport",
    "RateLimitedError",
    "Record",
    "RequestTimeoutError",
    "Sandbox",
    "ServerError",
    "UpstreamCrmError",
    "__version__",
    "sandbox",
]
