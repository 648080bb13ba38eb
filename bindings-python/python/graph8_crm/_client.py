"""`Client` and `AsyncClient`: the six operations of the service."""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, cast

from . import _graph8_crm as native
from . import _results as results
from . import _sources as sources
from ._bridge import (
    NO_HOOKS,
    Hooks,
    checked,
    is_async_function,
    run_check,
    run_check_async,
    run_push,
    run_push_async,
)
from ._errors import ConfigError
from ._events import topics
from ._futures import completed
from ._help import with_options
from ._rows import AsyncGraph8Rows, Graph8Rows
from ._sources import CHUNK, ROWS

if TYPE_CHECKING:
    from collections.abc import AsyncIterable
    from types import TracebackType

    from typing_extensions import Self, Unpack

    from ._names import EntityType, Provider, PushKind
    from ._results import (
        CheckReport,
        ConnectionStatus,
        CrmSync,
        Fields,
        FoundContacts,
        PushReport,
        ResultTable,
    )
    from ._sources import Source
    from ._types import (
        CheckOptions,
        Graph8CompaniesQuery,
        Graph8ContactsQuery,
        ListChange,
        ListPushOptions,
        PushOptions,
        Record,
        Records,
        Table,
    )

native.refuse_subinterpreter()
atexit.register(native.shutdown)


class _ClientBase:
    """Settings of a client; see `Client`."""

    __slots__ = ("__weakref__", "_native")

    _list_chunk: ClassVar[int] = ROWS
    """Most records of a list that are encoded at a time."""
    _is_async: ClassVar[bool] = False

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        connect_timeout: float | None = None,
        read_timeout: float | None = None,
        timeout: float | None = None,
        proxy: str | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        ca_pem: str | None = None,
        org_id: str | None = None,
        target_org_id: str | None = None,
        user_agent_suffix: str | None = None,
        allow_http: bool = False,
        http2: bool = False,
        rate_limit: tuple[int, int] | bool | None = None,
        rate_limit_store: str | bool | None = None,
        headers: Mapping[str, str] | None = None,
        credentials: bool = True,
    ) -> None:
        # A call must need no import: handles or memory may be too few for one by then.
        results.load()
        sources.load()
        self._native = checked(
            native.NativeClient.build(
                api_key=api_key,
                base_url=base_url,
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                timeout=timeout,
                proxy=proxy,
                ca_file=None if ca_file is None else os.fspath(ca_file),
                ca_pem=ca_pem,
                org_id=org_id,
                target_org_id=target_org_id,
                user_agent_suffix=user_agent_suffix,
                allow_http=allow_http,
                http2=http2,
                rate_limit=rate_limit,
                rate_limit_store=_store(rate_limit_store),
                headers=_pairs(headers),
                credentials=credentials,
            )
        )

    @property
    def base_url(self) -> str:
        """The service's address, `/api/v1` included."""
        return self._native.base_url

    def __repr__(self) -> str:
        name = f"graph8_crm.{type(self).__name__}"
        try:
            place = self._native.key_place
            found = "" if place is None else f" from {place}"
            return f"<{name} of {self._native.base_url}, key {self._native.key_start}…{found}>"
        except RuntimeError:
            return f"<{name}, closed>"

    def _repr_html_(self) -> str:
        try:
            rows = [("address", self._native.base_url), ("key", f"{self._native.key_start}…")]
            if self._native.key_place is not None:
                rows.append(("key from", self._native.key_place))
        except RuntimeError:
            rows = [("state", "closed")]
        return results.html.page(results.html.pairs(f"graph8_crm.{type(self).__name__}", rows))

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(
            f"a {name} can't be pickled: it holds a key and connections; make one in each process"
        )

    def _start_push(
        self, kind: PushKind, provider: Provider | str, records: object, options: Mapping[str, Any]
    ) -> tuple[native.NativePush, Source, Hooks]:
        __tracebackhide__ = True
        size = options.get("batch_size")
        chunk = size if isinstance(size, int) and size > 0 else CHUNK
        prepare = _plain_change if kind == "lists" else None
        source = sources.open_source(
            records, prepare, chunk, max(chunk, self._list_chunk), is_async=self._is_async
        )
        given = _given(options)
        how = _how(given.pop("headers", None))
        to = f"{kind} to {provider}"
        hooks = _hooks(given, to, is_async=self._is_async) if given else NO_HOOKS
        for name in ("dead_letter", "journal"):
            if name in given:
                given[name] = _path(name, given[name])
        push = checked(
            self._native.start_push(provider, kind, given, how, source.native_input, source.total)
        )
        return push, source, hooks

    def _start_check(
        self, kind: PushKind, provider: Provider | str, records: object, options: Mapping[str, Any]
    ) -> tuple[native.NativePush, Source]:
        __tracebackhide__ = True
        # Nothing waits for the service, so nothing runs ahead of it.
        source = sources.open_source(
            records, None, self._list_chunk, self._list_chunk, is_async=self._is_async
        )
        given = _given(options)
        how = _how(given.pop("headers", None))
        check = checked(
            self._native.start_check(provider, kind, given, how, source.native_input, source.total)
        )
        return check, source

    def _graph8_rows(self, kind: PushKind, query: Mapping[str, Any]) -> native.NativeRows:
        given = {**query}
        headers = _pairs(given.pop("headers", None))
        return checked(self._native.graph8_rows(kind, given, headers))


def _given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given, in the core's types."""
    given = {name: value for name, value in options.items() if value is not None}
    fields = given.get("fields")
    if isinstance(fields, os.PathLike):
        given["fields"] = os.fspath(cast("os.PathLike[str]", fields))
    elif isinstance(fields, results.Fields):
        # It knows whose fields they are.
        given["fields"] = json.loads(fields.to_json())
    elif isinstance(fields, Iterable) and not isinstance(fields, (str, Mapping)):
        given["fields"] = [
            field.to_dict() if isinstance(field, results.Field) else field
            for field in cast("Iterable[object]", fields)
        ]
    return given


def _hooks(options: dict[str, Any], to: str, *, is_async: bool) -> Hooks:
    """Takes the caller's functions out of the options."""
    # A name is for the core.
    resolve = options.get("resolve_unknown")
    resolve = None if isinstance(resolve, str) else options.pop("resolve_unknown", None)
    stop = options.pop("stop", None)
    if isinstance(stop, type):
        raise ConfigError(f"stop is the class {stop.__name__}: pass an instance, {stop.__name__}()")
    if stop is not None and not callable(getattr(stop, "is_set", None)):
        kind = type(stop).__name__
        raise ConfigError(f"stop is a {kind}: pass a threading.Event or asyncio.Event")
    progress = options.pop("progress", None)
    if isinstance(progress, str | bool):
        # Not at the top: few pushes show themselves.
        from ._progress_views import view

        progress = view(progress, to)
    elif progress is not None and not is_async and is_async_function(progress):
        raise ConfigError(
            "progress is an async function, which Client can't await: pass a plain one, or push "
            "with AsyncClient"
        )
    hooks = Hooks(progress, resolve, stop)
    given: dict[str, object] = {"progress": hooks.progress, "resolve_unknown": hooks.resolve}
    for name, hook in given.items():
        if hook is not None and not callable(hook):
            raise ConfigError(f"{name} is a {type(hook).__name__}: pass a function")
    return hooks


def _path(name: str, given: object) -> str:
    if not isinstance(given, (str, os.PathLike)):
        raise ConfigError(f"{name} is a {type(given).__name__}: pass a path")
    return os.fspath(cast("str | os.PathLike[str]", given))


def _emails(emails: Iterable[str]) -> list[str]:
    """The addresses as a list of strings, which is what the core takes."""
    if isinstance(emails, str | bytes):
        raise TypeError("emails is one text: pass a list of e-mail addresses")
    asked = list(cast("Iterable[object]", emails))
    for position, email in enumerate(asked):
        if not isinstance(email, str):
            kind = type(email).__name__
            raise TypeError(f"emails[{position}] is a {kind}: leave out what is no e-mail address")
    return cast("list[str]", asked)


def _store(given: object) -> str | bool | None:
    """Who shares the rate limit, as the core takes it."""
    if given is None or isinstance(given, str | bool):
        return given
    kind = type(given).__name__
    if isinstance(given, os.PathLike):
        raise TypeError(
            f"rate_limit_store is a {kind}: pass the file's address, path.absolute().as_uri()"
        )
    raise TypeError(
        f"rate_limit_store is a {kind}: pass a text, file:///path or redis://host:6379, or False"
    )


def _pairs(headers: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """Headers as the core takes them."""
    if headers is None:
        return []
    given = cast("object", headers)
    if not isinstance(given, Mapping):
        raise ConfigError(f"headers is a {type(given).__name__}: pass a dict of texts")
    pairs = list(cast("Mapping[object, object]", given).items())
    if not all(isinstance(text, str) for pair in pairs for text in pair):
        raise ConfigError("headers has a name or a value that is no text: pass a dict of texts")
    return cast("list[tuple[str, str]]", pairs)


def _how(headers: Mapping[str, str] | None) -> tuple[int, list[tuple[str, str]]]:
    """What the logger hears of a call, and the call's own headers."""
    return topics(), _pairs(headers)


def _plain_change(change: object) -> object:
    from ._types import ListChange

    return change.to_dict() if isinstance(change, ListChange) else change


class Client(_ClientBase):
    """Talks to graph8.

    Thread-safe, and a context manager. It holds certificates and the rate limit: make one and keep
    it. In a forked child it makes connections of its own. It can't be pickled.

    Args:
        api_key: The API key. Default: the environment's `G8_API_KEY`, else `GRAPH8_API_KEY`, else
            that of `~/.g8/credentials.json`.
        base_url: The service's address, with or without `/api/v1`. Default: the environment's
            `G8_API_URL`, else `GRAPH8_BASE_URL`, else, with the key of `~/.g8/credentials.json`,
            that file's, else the production service.
        connect_timeout: Longest time to open a connection, TLS included, in seconds. Default: 10.
        read_timeout: Longest silence of the service within a request, in seconds. Default: 120.
        timeout: Longest time for one request as a whole, in seconds. Default: 180.
        proxy: A proxy's address, `http://` or `https://`. A proxy on another machine is refused for
            an `http://` base URL on this machine, unless `allow_http` is set: it would see the key.
            Default: the environment's, never for a base URL on this machine.
        ca_file: A PEM file of root certificates to trust beside the platform's and Mozilla's.
            Default: none.
        ca_pem: PEM text of root certificates to trust beside the platform's and Mozilla's.
            Default: none.
        org_id: Sent as `X-Org-Id`. Default: not sent.
        target_org_id: Sent as `X-Target-Org-Id`; for agency keys only. Default: not sent.
        user_agent_suffix: Text after ours in the User-Agent, for example `my-app/1.2`.
            Default: none.
        allow_http: Allow plain `http://` to a host that is not this machine: the key then travels
            in clear text. Default: False.
        http2: Offer HTTP/2. With it, one dead connection makes the outcome of every request in
            flight unknown. Default: False.
        rate_limit: Most requests in any second and in any minute, for example `(10, 200)`; fewer
            where the service's headers say less. All calls of a client share one limit. False
            switches pacing off: only the service's own 429 slows requests down. It also keeps
            connections to `http://` on this machine open, which has a price: see
            `docs/reliability.md`. Default: it starts at 10 and 200, then follows the service's
            headers.
        rate_limit_store: Who shares the rate limit, which is the organisation's, with this client:
            all processes that name the same `"file:///path"`, all hosts that name the same Redis (5
            or later, or Valkey) as `"redis://user:password@host:6379/0"`, with TLS `"rediss://…"`,
            or with False nobody; True is this host, whatever the environment says. In a Redis those
            share a limit that use the same key and base URL, or the same `?name=acme`. A file that
            can't be used, or a Redis that the first request can't reach, is a `ConfigError`; later
            on the client keeps to its part of the limit while the store is away. See
            `docs/processes.md`. Default: the environment's `GRAPH8_RATE_LIMIT_STORE`, else all
            processes of this user on this host that use the same key and base URL.
        headers: Headers to send beside our own, on every request: for a gateway, for example. Those
            that the client itself sends can't be replaced. Default: none.
        credentials: Whether a key that is neither given nor in the environment is taken from the
            credentials file of graph8's own tools, `~/.g8/credentials.json`, and the address with
            it. A file that others than its owner may read is an error. Default: True.

    Raises:
        ConfigError: A setting is wrong, or there is no key.
    """

    __slots__ = ()

    def list_syncs(self, *, headers: Mapping[str, str] | None = None) -> ResultTable[CrmSync]:
        """The CRMs that the organisation has connected.

        Raises:
            Graph8Error: Subclasses tell why; what may pass by itself was repeated before.
        """
        reply = self._native.list_syncs(_how(headers))
        return results.syncs_from_json(results.result_of(reply))

    def fields(
        self,
        provider: Provider | str,
        entity_type: EntityType = "contacts",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Fields:
        """The fields of a CRM's entity, custom ones included.

        Raises:
            NotConnectedError: The organisation has no active connection to that CRM.
            UpstreamCrmError: The CRM refused to tell its fields.
            Graph8Error: Subclasses tell why; what may pass by itself was repeated before.
        """
        reply = self._native.fields(provider, entity_type, _how(headers))
        return results.fields_from_json(results.result_of(reply))

    def status(
        self, provider: Provider | str, *, headers: Mapping[str, str] | None = None
    ) -> ConnectionStatus:
        """Whether a CRM's connection works; a broken one is a result, not an error.

        Raises:
            NotConnectedError: The organisation has no connection to that CRM.
            Graph8Error: Subclasses tell why; what may pass by itself was repeated before.
        """
        reply = self._native.status(provider, _how(headers))
        return results.status_from_json(results.result_of(reply))

    def find_contacts(
        self,
        provider: Provider | str,
        emails: Iterable[str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> FoundContacts:
        """The contacts that a CRM has, by their e-mail addresses.

        Any number of addresses, asked for 100 per request and within the rate limit. Letter case
        and blanks around an address make no difference; a contact's further addresses count like
        its first one. This asks an endpoint of graph8 beside CRM Syncs whose answers are not
        documented: what is not understood is an error, never a yes or a no. Not all CRMs are known
        to answer (Zoho).

        Raises:
            ConfigError: Something of `emails` is no e-mail address by itself.
            InvalidAnswerError: The answer is not understood.
            NotConnectedError: The organisation has no active connection to that CRM.
            Graph8Error: Subclasses tell why; what may pass by itself was repeated before.
        """
        reply = self._native.find_contacts(provider, _emails(emails), _how(headers))
        return results.found_contacts_from_json(results.result_of(reply))

    @with_options("PushOptions")
    def push_contacts(
        self, provider: Provider | str, records: Records, **options: Unpack[PushOptions]
    ) -> PushReport:
        """Creates contacts in a CRM.

        A bad record fails alone: it is in the report, like all that became of the others. Ctrl-C
        stops the requests in flight; the `KeyboardInterrupt` then carries the report as `.report`.
        When the source raises, what it gave before is sent, and its exception comes out with
        `.report` as well.

        Args:
            provider: The CRM.
            records: Any iterable of mappings or objects in the CRM's own field names (see
                `Record`), a data frame or another table (see `Table`), or the path of an NDJSON,
                CSV or TSV file (see `Records`). It is read as the push goes, so a generator may be
                of any length.
            **options: `headers`, `batch_size`, `batch_bytes`, `concurrency`, `deadline`, `stop`,
                `grace`, `on_error`, `create_list`, `max_failures`, `max_consecutive_unknown`,
                `dead_letter`, `journal`, `progress`, `on_unknown`, `on_change`, `resolve_unknown`,
                `resolve_unknown_after`, `add_to_list`, `skip_existing`, `unique`, `check`,
                `provider_fields`, `columns`, `rename`, `drop_nulls`, `nan`, `form`, `primary_key`,
                `fix`, `empty`, `fields`, `delimiter` and `encoding`; see `PushOptions` for each and
                its default.

        Raises:
            ConfigError: An argument is wrong, a table has no such column or one that has no JSON,
                or a file is of another format; nothing was sent.
            SourceError: The file or Arrow stream can't be read on.
            StorageError: The journal or the dead-letter file can't be used.
            PushStoppedError: `stop`, `on_error` or `max_failures` ended the push.
            Graph8Error: Something else ended the push before every record was tried; subclasses
                tell why. The `report` of what ended a push says what became of each record.
        """
        return run_push(*self._start_push("contacts", provider, records, options))

    @with_options("PushOptions")
    def push_companies(
        self, provider: Provider | str, records: Records, **options: Unpack[PushOptions]
    ) -> PushReport:
        """Creates companies in a CRM; arguments and errors as in `push_contacts`."""
        return run_push(*self._start_push("companies", provider, records, options))

    @with_options("CheckOptions")
    def check_contacts(
        self, provider: Provider | str, records: Records, **options: Unpack[CheckOptions]
    ) -> CheckReport:
        """Says what contacts would meet if they were pushed.

        Nothing is sent but one request for the CRM's fields, which are then known for five minutes.
        Each record is compared, as it would travel, with the customer's fields and with what is
        known of the CRM.

        Args:
            provider: The CRM.
            records: As for `push_contacts`.
            **options: `columns`, `rename`, `drop_nulls`, `nan`, `form`, `primary_key`, `fix`,
                `empty`, `fields`, `delimiter`, `encoding` and `headers`; see `CheckOptions` for
                each and its default.

        Raises:
            ConfigError: An argument is wrong, or a table has no such column or one that has no
                JSON.
            NotConnectedError: The organisation has no active connection to that CRM.
            UpstreamCrmError: The CRM refused to tell its fields.
            SourceError: The file or Arrow stream can't be read on.
            Graph8Error: Subclasses tell why; what may pass by itself was repeated before.
        """
        return run_check(*self._start_check("contacts", provider, records, options))

    @with_options("CheckOptions")
    def check_companies(
        self, provider: Provider | str, records: Records, **options: Unpack[CheckOptions]
    ) -> CheckReport:
        """Says what companies would meet if they were pushed; as `check_contacts`."""
        return run_check(*self._start_check("companies", provider, records, options))

    @with_options("ListPushOptions")
    def push_lists(
        self,
        provider: Provider | str,
        changes: Iterable[ListChange | Mapping[str, object]],
        **options: Unpack[ListPushOptions],
    ) -> PushReport:
        """Adds contacts to lists of a CRM and removes others.

        List changes are idempotent: one in doubt is sent again. Else as `push_contacts`.

        Args:
            provider: The CRM.
            changes: Any iterable of `ListChange`, or of mappings with `list_id` or `list_name`, and
                `add`, `remove`, `add_emails`, `remove_emails`.
            **options: See `ListPushOptions` for what there is.

        Raises:
            ConfigError: An argument is wrong; nothing was sent.
            Graph8Error: The push ended before every record was tried; see its `report`.
        """
        return run_push(*self._start_push("lists", provider, changes, options))

    @with_options("Graph8ContactsQuery")
    def graph8_contacts(self, **query: Unpack[Graph8ContactsQuery]) -> Graph8Rows:
        """graph8's own contacts, to look at or to push.

        Nothing is sent before they are read: page by page, by this client and in its rate limit.
        The key needs the scope `contacts:read`.

            client.push_contacts("hubspot", client.graph8_contacts(list_id=42), form="graph8")

        Args:
            **query: `list_id`, `email`, `name`, `job_title`, `company_id`, `country`,
                `include_custom_fields` and `page_size`; see `Graph8ContactsQuery`.

        Raises:
            ConfigError: An argument is wrong.
        """
        return Graph8Rows(self._graph8_rows("contacts", query))

    @with_options("Graph8CompaniesQuery")
    def graph8_companies(self, **query: Unpack[Graph8CompaniesQuery]) -> Graph8Rows:
        """graph8's own companies; else as `graph8_contacts`. The scope is `companies:read`.

        Args:
            **query: `domain`, `name`, `industry`, `country`, `include_custom_fields` and
                `page_size`; see `Graph8CompaniesQuery`.

        Raises:
            ConfigError: An argument is wrong.
        """
        return Graph8Rows(self._graph8_rows("companies", query))

    def close(self) -> None:
        """Lets go of the connections; the client can't be used any more."""
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._native.close()


class AsyncClient(_ClientBase):
    """`Client` for `asyncio`: the same settings and operations, awaited.

    Cancelling a task stops its request in flight; of a push, the `CancelledError` then carries the
    report as `.report`. One client may serve several event loops and threads.
    """

    __slots__ = ()

    # Other tasks on the event loop wait while a chunk is encoded.
    _list_chunk = CHUNK
    _is_async = True

    async def list_syncs(self, *, headers: Mapping[str, str] | None = None) -> ResultTable[CrmSync]:
        """As `Client.list_syncs`."""
        reply: native.NativeReply = await completed(
            lambda done: self._native.list_syncs_async(_how(headers), done)
        )
        return results.syncs_from_json(results.result_of(reply))

    async def fields(
        self,
        provider: Provider | str,
        entity_type: EntityType = "contacts",
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Fields:
        """As `Client.fields`."""
        reply: native.NativeReply = await completed(
            lambda done: self._native.fields_async(provider, entity_type, _how(headers), done)
        )
        return results.fields_from_json(results.result_of(reply))

    async def status(
        self, provider: Provider | str, *, headers: Mapping[str, str] | None = None
    ) -> ConnectionStatus:
        """As `Client.status`."""
        reply: native.NativeReply = await completed(
            lambda done: self._native.status_async(provider, _how(headers), done)
        )
        return results.status_from_json(results.result_of(reply))

    async def find_contacts(
        self,
        provider: Provider | str,
        emails: Iterable[str],
        *,
        headers: Mapping[str, str] | None = None,
    ) -> FoundContacts:
        """As `Client.find_contacts`."""
        asked = _emails(emails)
        reply: native.NativeReply = await completed(
            lambda done: self._native.find_contacts_async(provider, asked, _how(headers), done)
        )
        return results.found_contacts_from_json(results.result_of(reply))

    @with_options("PushOptions")
    async def push_contacts(
        self,
        provider: Provider | str,
        records: Records | AsyncIterable[Record | Table],
        **options: Unpack[PushOptions],
    ) -> PushReport:
        """As `Client.push_contacts`; `records` may be an async iterable too."""
        return await run_push_async(*self._start_push("contacts", provider, records, options))

    @with_options("PushOptions")
    async def push_companies(
        self,
        provider: Provider | str,
        records: Records | AsyncIterable[Record | Table],
        **options: Unpack[PushOptions],
    ) -> PushReport:
        """As `Client.push_companies`; `records` may be an async iterable too."""
        return await run_push_async(*self._start_push("companies", provider, records, options))

    @with_options("CheckOptions")
    async def check_contacts(
        self,
        provider: Provider | str,
        records: Records | AsyncIterable[Record | Table],
        **options: Unpack[CheckOptions],
    ) -> CheckReport:
        """As `Client.check_contacts`; `records` may be an async iterable too."""
        return await run_check_async(*self._start_check("contacts", provider, records, options))

    @with_options("CheckOptions")
    async def check_companies(
        self,
        provider: Provider | str,
        records: Records | AsyncIterable[Record | Table],
        **options: Unpack[CheckOptions],
    ) -> CheckReport:
        """As `Client.check_companies`; `records` may be an async iterable too."""
        return await run_check_async(*self._start_check("companies", provider, records, options))

    @with_options("ListPushOptions")
    async def push_lists(
        self,
        provider: Provider | str,
        changes: Iterable[ListChange | Mapping[str, object]]
        | AsyncIterable[ListChange | Mapping[str, object]],
        **options: Unpack[ListPushOptions],
    ) -> PushReport:
        """As `Client.push_lists`; `changes` may be an async iterable too."""
        return await run_push_async(*self._start_push("lists", provider, changes, options))

    @with_options("Graph8ContactsQuery")
    def graph8_contacts(self, **query: Unpack[Graph8ContactsQuery]) -> AsyncGraph8Rows:
        """As `Client.graph8_contacts`; not awaited, since nothing is sent yet."""
        return AsyncGraph8Rows(self._graph8_rows("contacts", query))

    @with_options("Graph8CompaniesQuery")
    def graph8_companies(self, **query: Unpack[Graph8CompaniesQuery]) -> AsyncGraph8Rows:
        """As `Client.graph8_companies`; not awaited, since nothing is sent yet."""
        return AsyncGraph8Rows(self._graph8_rows("companies", query))

    async def close(self) -> None:
        """Lets go of the connections; the client can't be used any more."""
        self._native.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._native.close()
