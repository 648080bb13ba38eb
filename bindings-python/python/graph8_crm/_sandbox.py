"""A local graph8 with five CRMs behind it, for tests and rehearsals."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal, TypedDict, cast

from ._client import AsyncClient, Client
from ._graph8_crm import NativeSandbox
from ._json import JSONValue  # noqa: TC001 (for those who look up type hints)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from ._names import EntityType, Provider
    from ._types import ClientOptions

API_KEY = "g8_sbx_demo"
"""The key that the sandbox's clients use; it takes any key that is not marked bad."""

Operation = Literal[
    "list_syncs",
    "push_contacts",
    "push_companies",
    "push_lists",
    "fields",
    "status",
    "graph8_contacts",
    "graph8_companies",
    "find_contacts",
    "contacts_by_email",
    "find_lists",
    "get_or_create_list",
]
FaultKind = Literal[
    "delay",
    "hold",
    "status",
    "close_before_read",
    "close_after_write",
    "truncate",
    "contradict",
    "drip",
    "content_type",
    "oversized",
]
KeyState = Literal[
    "valid",
    "bad",
    "expired",
    "no_organisation",
    "missing_scope",
    "wrong_organisation",
    "no_credits",
    "no_lookups",
]


class SandboxRecord(TypedDict):
    """A record that a CRM of the sandbox holds."""

    id: str
    """The CRM's id of it."""
    fields: dict[str, JSONValue]
    """Its fields, by the CRM's own names."""


class SandboxList(TypedDict):
    """A list that a CRM of the sandbox holds."""

    id: str
    """The CRM's id of it."""
    name: str
    """Its name in the CRM."""
    members: list[str]
    """The ids of the contacts in it."""


class SandboxRequest(TypedDict):
    """A request that a sandbox saw."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """Names in lower case; without the key."""
    body: JSONValue
    """Parsed JSON, else text, else None."""
    status: int | None
    """None when no answer was given."""
    request_id: str
    """The id that its answer had."""
    arrived_ms: int
    """Milliseconds since the sandbox's start or reset."""
    fault: JSONValue
    """The fault that it met, as `fail_next` was told of it; None when it met none."""


def sandbox(
    *,
    seed: int = 0,
    strict: bool = False,
    rate_limit: Mapping[str, object] | None = None,
    port: int = 0,
) -> Sandbox:
    """Starts a sandbox on this machine; use it in a `with` statement.

    Args:
        seed: Decides ids and chances; the same seed gives the same run.
        strict: Also refuse what the real CRM swallows silently.
        rate_limit: `{"window": "fixed" | "sliding", "per_second": n, "per_minute": n}`.
            Default: none.
        port: The port to listen on. Default: any free one.

    Raises:
        OSError: The port is taken.
        ValueError: An option is wrong.
    """
    options = {"seed": seed, "strict": strict, "rate_limit": rate_limit, "port": port}
    return Sandbox(NativeSandbox.start(json.dumps(options)))


class Sandbox:
    """A running sandbox; see `sandbox`."""

    __slots__ = ("__weakref__", "_native")

    def __init__(self, native: NativeSandbox) -> None:
        self._native = native

    @property
    def url(self) -> str:
        """The address to use as a client's `base_url`."""
        return self._native.url

    def client(self, api_key: str = API_KEY, **options: Unpack[ClientOptions]) -> Client:
        """A `Client` of this sandbox; it paces alone, unless `rate_limit_store` is given."""
        options.setdefault("rate_limit_store", False)
        return Client(api_key, self.url, **options)

    def async_client(self, api_key: str = API_KEY, **options: Unpack[ClientOptions]) -> AsyncClient:
        """An `AsyncClient` of this sandbox; it paces alone, unless `rate_limit_store` is given."""
        options.setdefault("rate_limit_store", False)
        return AsyncClient(api_key, self.url, **options)

    def command(self, do: str, **arguments: object) -> JSONValue:
        """Carries out a command of the sandbox by its own name.

        Raises:
            ValueError: The sandbox does not know the command or an argument.
        """
        answer: JSONValue = json.loads(self._native.command(json.dumps({"do": do, **arguments})))
        return answer

    def records(self, provider: Provider | str, entity: EntityType) -> list[SandboxRecord]:
        """What a CRM holds now: `{"id": …, "fields": {…}}` each."""
        held = self.command("records", provider=provider, entity=entity)
        return cast("list[SandboxRecord]", held)

    def lists(self, provider: Provider | str) -> list[SandboxList]:
        """The CRM's lists: `{"id": …, "name": …, "members": […]}` each."""
        return cast("list[SandboxList]", self.command("lists", provider=provider))

    def requests(self) -> list[SandboxRequest]:
        """The requests seen so far, without the key."""
        return cast("list[SandboxRequest]", self.command("requests"))

    def fail_next(
        self,
        kind: FaultKind,
        *,
        operation: Operation | None = None,
        provider: Provider | str | None = None,
        count: int = 1,
        skip: int = 0,
        probability: float = 1.0,
        **fault: object,
    ) -> None:
        """Injects a fault into requests to come.

        Args:
            kind: What goes wrong.
            operation: Only requests of this operation. Default: all.
            provider: Only requests to this CRM. Default: all.
            count: So many requests.
            skip: After so many others.
            probability: Of each request to be hit, from 0 to 1.
            **fault: What the kind takes, for example `status=503, body=None` or `ms=500`. `hold`
                holds a request until `release()` or until its client hangs up, with
                `after_write=True` once the CRM has taken it.
        """
        self.command(
            "fail_next",
            operation=operation,
            provider=provider,
            count=count,
            skip=skip,
            probability=probability,
            fault={"kind": kind, **fault},
        )

    def held(self) -> int:
        """How many requests are held now, by `fail_next("hold")`."""
        return cast("int", self.command("held"))

    def release(self) -> None:
        """Lets all requests go that are held."""
        self.command("release")

    def add_custom_field(
        self,
        provider: Provider | str,
        entity: EntityType,
        slug: str,
        *,
        type: str,  # noqa: A002 (the CRMs' own term)
        **field: object,
    ) -> None:
        """Adds a custom field to a CRM.

        Args:
            provider: The CRM.
            entity: What has the field.
            slug: The key in records.
            type: The CRM's own type name, for example `string`.
            **field: What else there is to it: `name`, `label`, `required`, `read_only`,
                `max_length`, `options`, `option_labels`, `multi` (several options), `restricted`
                (no other options), `unique`, `digits`, `references`.
        """
        whole = {"slug": slug, "type": type, **field}
        self.command("add_custom_field", provider=provider, entity=entity, field=whole)

    def add_list(
        self,
        provider: Provider | str,
        id: str | None = None,  # noqa: A002
        name: str | None = None,
    ) -> str:
        """Adds a list to a CRM and gives its id."""
        named = {key: value for key, value in (("id", id), ("name", name)) if value is not None}
        added = cast("SandboxList", self.command("add_list", provider=provider, **named))
        return added["id"]

    def set_connection(
        self, provider: Provider | str, state: Literal["connected", "expired", "absent"]
    ) -> None:
        """Changes the state of a CRM's connection."""
        self.command("set_connection", provider=provider, state=state)

    def set_key(self, key: str, state: KeyState) -> None:
        """Changes what a key is worth."""
        self.command("set_key", key=key, state=state)

    def add_contacts(
        self, provider: Provider | str, records: Iterable[Mapping[str, object]]
    ) -> list[str]:
        """Adds contacts as if somebody else had, and gives their ids."""
        held = [dict(record) for record in records]
        return cast("list[str]", self.command("add_contacts", provider=provider, records=held))

    def set_siblings(
        self,
        *,
        shape: Literal["items", "by_email", "results", "bare", "unrecognisable"] = "items",
        index_lag_ms: int = 0,
        absent: bool = False,
    ) -> None:
        """Changes how look-ups of contacts and lists answer: nothing of that is documented.

        Args:
            shape: What `data` of an answer is: `{"items": [...]}`, a mapping by e-mail address,
                `{"results": [...]}`, a bare list, or something that tells nothing.
            index_lag_ms: How long a new contact can't be found yet, in milliseconds.
            absent: Whether the service does not have these endpoints at all: 404.
        """
        self.command("set_siblings", shape=shape, index_lag_ms=index_lag_ms, absent=absent)

    def set_rate_limit(self, rate_limit: Mapping[str, object] | None) -> None:
        """Changes the rate limit; None takes it away."""
        self.command("set_rate_limit", rate_limit=rate_limit)

    def reset(self) -> None:
        """Forgets records, lists, requests, faults and fields, as after the start."""
        self.command("reset")

    def stop(self) -> None:
        """Stops it; a second call does nothing."""
        self._native.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<graph8_crm.Sandbox at {self.url}>"
