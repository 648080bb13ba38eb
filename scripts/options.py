"""The settings of a client and the options of its calls, with the types and texts of each language.

`generate_options.py` writes the types, tables and texts from here. In a text, `{...}` is

- `{deadline}`, an option: `deadline`, in TypeScript a link to `ListPushOptions.deadlineMs`;
- `{"auto"}`: a text as the language quotes it;
- `{true}`, `{false}`, `{null}`, `{seconds}`: `True`, `None`, `milliseconds` and so on;
- `{read_dead_letter}`, a public name of `NAMES`: its name, in TypeScript as a link;
- a key of the option's own `words`: Python's words or TypeScript's.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Words:
    """What differs by language."""

    python: str
    typescript: str


@dataclass(frozen=True)
class Group:
    """Options that go together: a TypedDict and an interface."""

    name: str
    """Its name; in TypeScript's table of shapes in camelCase."""
    type: Words
    """The types' names; Python has none where the text is empty."""
    about: Words
    """What the types are."""
    extends: tuple[str, ...] = ()
    """The groups whose options these are as well."""


@dataclass(frozen=True)
class Option:
    """A setting or an option."""

    name: str
    """As the core and Python call it; TypeScript in camelCase, and with `Ms` if it is a time."""
    group: str
    """The name of its group."""
    about: str
    """Its documentation in both languages, without the default."""
    default: str | int
    """What holds where it is absent; a number of a time is in seconds."""
    python: str = ""
    """Its type in Python; none if Python does not have it."""
    typescript: str | tuple[str, ...] = ""
    """Its type in TypeScript, or the parts of a union; none if TypeScript does not have it."""
    shape: str = ""
    """What TypeScript's face checks, a key of `IS` in `options.ts`."""
    readme: str = ""
    """Its line in the table of docs/push.md, for options of a push."""
    unit: str = ""
    """`seconds`, if it is a time: milliseconds in TypeScript."""
    typescript_name: str = ""
    """Its name in TypeScript, where that is another one."""
    is_positional: bool = False
    """Whether Python takes it by position too; then it is not in the TypedDict."""
    words: dict[str, Words] = field(default_factory=dict)
    """What its own placeholders stand for."""


NAMES = {
    "AbortedError": Words("`AbortedError`", "{@link AbortedError}"),
    "AsyncClient": Words("`AsyncClient`", "`AsyncClient`"),
    "ConfigError": Words("`ConfigError`", "{@link ConfigError}"),
    "PushStoppedError": Words("`PushStoppedError`", "{@link PushStoppedError}"),
    "ProgressStream": Words("`ProgressStream`", "{@link ProgressStream}"),
    "check_contacts": Words("`check_contacts`", "{@link Client.checkContacts}"),
    "graph8_fields": Words("`graph8_fields`", "{@link graph8Fields}"),
    "read_dead_letter": Words("`read_dead_letter`", "{@link readDeadLetter}"),
}

GROUPS = [
    Group(
        "client",
        Words("ClientOptions", "ClientOptions"),
        Words(
            "The keyword arguments of `Client` and `AsyncClient` beside key and address.",
            "Settings of a client.",
        ),
    ),
    Group("call", Words("", "CallOptions"), Words("", "Options of every call.")),
    Group(
        "list_push",
        Words("ListPushOptions", "ListPushOptions"),
        Words(
            "The keyword arguments of `push_lists`. What is absent or None has its default.",
            "Options of a push of list changes.",
        ),
        extends=("call",),
    ),
    Group(
        "record",
        Words("RecordOptions", "RecordOptions"),
        Words(
            "What becomes of contacts and companies on their way.",
            "What becomes of contacts and companies on their way.",
        ),
    ),
    Group(
        "check",
        Words("CheckOptions", "CheckOptions"),
        Words(
            "The keyword arguments of `check_contacts` and `check_companies`.",
            "Options of a check of contacts or companies.",
        ),
        extends=("record", "call"),
    ),
    Group(
        "push",
        Words("PushOptions", "PushOptions"),
        Words(
            "The keyword arguments of `push_contacts` and `push_companies`, as `ListPushOptions`.",
            "Options of a push of contacts or companies.",
        ),
        extends=("list_push", "record"),
    ),
    Group(
        "graph8_rows",
        Words("Graph8RowsQuery", "Graph8RowsQuery"),
        Words(
            "The keyword arguments of both `graph8_contacts` and `graph8_companies`.",
            "What graph8's own contacts and companies are asked for by: all of it must hold.",
        ),
        extends=("call",),
    ),
    Group(
        "graph8_contacts",
        Words("Graph8ContactsQuery", "Graph8ContactsQuery"),
        Words(
            "The keyword arguments of `graph8_contacts`.", "Which of graph8's own contacts to read."
        ),
        extends=("graph8_rows",),
    ),
    Group(
        "graph8_companies",
        Words("Graph8CompaniesQuery", "Graph8CompaniesQuery"),
        Words(
            "The keyword arguments of `graph8_companies`.",
            "Which of graph8's own companies to read.",
        ),
        extends=("graph8_rows",),
    ),
]

CLIENT = [
    Option(
        "api_key",
        "client",
        "The API key.",
        default=(
            "the environment's `G8_API_KEY`, else `GRAPH8_API_KEY`, else that of "
            "`~/.g8/credentials.json`"
        ),
        python="str | None",
        typescript="string",
        shape="string",
        is_positional=True,
    ),
    Option(
        "base_url",
        "client",
        "The service's address, with or without `/api/v1`.",
        default=(
            "the environment's `G8_API_URL`, else `GRAPH8_BASE_URL`, else, with the key of "
            "`~/.g8/credentials.json`, that file's, else the production service"
        ),
        python="str | None",
        typescript="string",
        shape="string",
        is_positional=True,
    ),
    Option(
        "connect_timeout",
        "client",
        "Longest time to open a connection, TLS included, in {seconds}.",
        default=10,
        python="float | None",
        typescript="number",
        shape="number",
        unit="seconds",
    ),
    Option(
        "read_timeout",
        "client",
        "Longest silence of the service within a request, in {seconds}.",
        default=120,
        python="float | None",
        typescript="number",
        shape="number",
        unit="seconds",
    ),
    Option(
        "timeout",
        "client",
        "Longest time for one request as a whole, in {seconds}.",
        default=180,
        python="float | None",
        typescript="number",
        shape="number",
        unit="seconds",
    ),
    Option(
        "proxy",
        "client",
        "A proxy's address, `http://` or `https://`. A proxy on another machine is refused for an "
        "`http://` base URL on this machine, unless {allow_http} is set: it would see the key.",
        default="the environment's, never for a base URL on this machine",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "ca_file",
        "client",
        "{files} of root certificates to trust beside the platform's and Mozilla's.",
        default="none",
        python="str | os.PathLike[str] | None",
        typescript="string | readonly string[]",
        shape="strings",
        words={"files": Words("A PEM file", "One or more PEM files")},
    ),
    Option(
        "ca_pem",
        "client",
        "PEM text of root certificates to trust beside the platform's and Mozilla's.",
        default="none",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "org_id",
        "client",
        "Sent as `X-Org-Id`.",
        default="not sent",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "target_org_id",
        "client",
        "Sent as `X-Target-Org-Id`; for agency keys only.",
        default="not sent",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "user_agent_suffix",
        "client",
        "Text after ours in the User-Agent, for example `my-app/1.2`.",
        default="none",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "allow_http",
        "client",
        "Allow plain `http://` to a host that is not this machine: the key then travels in clear "
        "text.",
        default="{false}",
        python="bool",
        typescript="boolean",
        shape="boolean",
    ),
    Option(
        "http2",
        "client",
        "Offer HTTP/2. With it, one dead connection makes the outcome of every request in flight "
        "unknown.",
        default="{false}",
        python="bool",
        typescript="boolean",
        shape="boolean",
    ),
    Option(
        "rate_limit",
        "client",
        "Most requests in any second and in any minute, for example {example}; fewer where the "
        "service's headers say less. All calls of a client share one limit. {false} switches "
        "pacing off: only the service's own 429 slows requests down. It also keeps connections to "
        "`http://` on this machine open, which has a price: see `docs/reliability.md`.",
        default="it starts at 10 and 200, then follows the service's headers",
        python="tuple[int, int] | bool | None",
        typescript=("{ readonly perSecond: number; readonly perMinute: number }", "false"),
        shape="rate",
        words={"example": Words("`(10, 200)`", "`{ perSecond: 10, perMinute: 200 }`")},
    ),
    Option(
        "rate_limit_store",
        "client",
        "Who shares the rate limit, which is the organisation's, with this client: all processes "
        'that name the same `"file:///path"`, all hosts that name the same Redis (5 or later, or '
        'Valkey) as `"redis://user:password@host:6379/0"`, with TLS `"rediss://…"`, or with '
        "{false} nobody; {true} is this host, whatever the environment says. In a Redis those "
        "share a limit that use the same key and base URL, or the "
        "same `?name=acme`. A file that can't be used, or a Redis that the first request can't "
        "reach, is a {ConfigError}; later on the client keeps to its part of the limit while the "
        "store is away. See `docs/processes.md`.",
        default=(
            "the environment's `GRAPH8_RATE_LIMIT_STORE`, else all processes of this user on this "
            "host that use the same key and base URL"
        ),
        python="str | bool | None",
        typescript=("string", "boolean"),
        shape="store",
    ),
    Option(
        "headers",
        "client",
        "Headers to send beside our own, on every request: for a gateway, for example. Those that "
        "the client itself sends can't be replaced.",
        default="none",
        python="Mapping[str, str] | None",
        typescript="Readonly<Record<string, string>>",
        shape="headers",
    ),
    Option(
        "credentials",
        "client",
        "Whether a key that is neither given nor in the environment is taken from the credentials "
        "file of graph8's own tools, `~/.g8/credentials.json`, and the address with it. A file "
        "that others than its owner may read is an error.",
        default="{true}",
        python="bool",
        typescript="boolean",
        shape="boolean",
    ),
]

CALL_HEADERS = "Headers to send beside the client's, for example `traceparent`."

CALL = [
    Option(
        "signal",
        "call",
        "Stops the call, its request in flight included; the promise rejects with an "
        "{AbortedError}.",
        default="none",
        typescript="AbortSignal",
        shape="signal",
    ),
    Option(
        "headers",
        "call",
        CALL_HEADERS,
        default="none",
        typescript="Readonly<Record<string, string>>",
        shape="headers",
    ),
]

CALL_IN_PYTHON_CHECK = Option(
    "headers",
    "check",
    CALL_HEADERS,
    default="none",
    python="Mapping[str, str] | None",
)

CALL_IN_PYTHON_GRAPH8_ROWS = Option(
    "headers",
    "graph8_rows",
    CALL_HEADERS,
    default="none",
    python="Mapping[str, str] | None",
)

LIST_PUSH = [
    Option(
        "headers",
        "list_push",
        CALL_HEADERS,
        default="none",
        python="Mapping[str, str] | None",
        typescript="Readonly<Record<string, string>>",
        shape="headers",
        readme="headers to send beside the client's, for example `traceparent`",
    ),
    Option(
        "batch_size",
        "list_push",
        'Records per request: a number up to 1,000, or {"auto"}, which is 100, and fewer where the '
        "service needs more than about a third of the client's {read_timeout} for them.",
        default='{"auto"}',
        python='int | Literal["auto"] | None',
        typescript=("number", "'auto'"),
        shape="size",
        readme="records per request: 100, fewer where the CRM is slow; or a number up to 1,000",
    ),
    Option(
        "batch_bytes",
        "list_push",
        "Most bytes of a request's records; a larger record travels alone.",
        default="1 MiB",
        python="int | None",
        typescript="number",
        shape="integer",
        readme="most bytes of a request's records",
    ),
    Option(
        "concurrency",
        "list_push",
        "Requests at a time, 1 to 64. List changes always go one request at a time, in order.",
        default=4,
        python="int | None",
        typescript="number",
        shape="integer",
        readme="requests at a time; where creates must come in order, 1",
    ),
    Option(
        "deadline",
        "list_push",
        "Longest time for the push as a whole, in {seconds}.{more}",
        default="none",
        python="float | None",
        typescript="number",
        shape="number",
        unit="seconds",
        readme="longest time for the push as a whole: seconds, in Node milliseconds",
        words={
            "more": Words(
                "",
                " An async source or a look of `resolveUnknown` that is not done by then is left. "
                "An iterator that blocks the event loop can't be woken: the push ends when it "
                "returns.",
            )
        },
    ),
    Option(
        "stop",
        "list_push",
        "Stops the push so that nothing ends in doubt, for a process that is to end: {how}, no "
        "further request leaves, those under way may answer within {grace}, and all else is not "
        "sent. {PushStoppedError} has the report, unless every record had been tried; with a "
        "{journal}, the next run sends the rest. {more}",
        default="none",
        python="StopFlag | None",
        typescript="AbortSignal",
        typescript_name="stopSignal",
        shape="signal",
        readme="an event or signal after which nothing more leaves and requests under way may "
        "answer; see [services.md](services.md)",
        words={
            "how": Words("once its `is_set()` is true", "once it is aborted"),
            "more": Words(
                "A `threading.Event`, an `asyncio.Event` or anything else with `is_set()`; it is "
                "looked at several times a second and after each record of an iterable. An async "
                "iterable is not waited for then; an iterator that blocks is left when it gives "
                "its next record.",
                "An async source is not waited for then; an iterator that blocks the event loop is "
                "left when it returns.",
            ),
        },
    ),
    Option(
        "grace",
        "list_push",
        "How long requests under way may answer after {stop}, in {seconds}. What is unanswered "
        "then is in doubt, as after a cancel.",
        default=25,
        python="float | None",
        typescript="number",
        shape="number",
        unit="seconds",
        readme="how long requests under way may answer after `stop`: seconds, in Node "
        "milliseconds; by default 25 s",
    ),
    Option(
        "on_error",
        "list_push",
        'What to do when a record fails or its outcome is unknown: {"continue"} with the others, '
        'or {"stop"}.',
        default='{"continue"}',
        python="OnError | None",
        typescript=("'continue'", "'stop'"),
        shape="string",
        readme='`"stop"` ends the push when a record fails or its outcome is unknown',
    ),
    Option(
        "create_list",
        "list_push",
        "Whether a list that a change, or {add_to_list}, names is made where the CRM has none of "
        "that name; else nobody is added.",
        default="{false}",
        python="bool | None",
        typescript="boolean",
        shape="boolean",
        readme="`true` makes lists that `push_lists` names and the CRM does not have; see "
        "[lists.md](lists.md)",
    ),
    Option(
        "max_failures",
        "list_push",
        "More failed records than this end the push: a whole number of records, or, between 0 and "
        "1, a share of the records tried, judged from 100 records on.",
        default="none",
        python="float | None",
        typescript="number",
        shape="number",
        readme="more failed records than this end the push: a number, or a share such as 0.05",
    ),
    Option(
        "max_consecutive_unknown",
        "list_push",
        "This many batches in a row without a trustworthy answer end the push; with 0 they never "
        "do.",
        default=3,
        python="int | None",
        typescript="number",
        shape="integer",
        readme="this many batches in a row without a trustworthy answer end the push; 0: never",
    ),
    Option(
        "dead_letter",
        "list_push",
        "{path} to which failed and unknown records are added as NDJSON, durable batch by batch; "
        "the last line of a record is its outcome. It holds customers' data and is made for its "
        "owner alone (0600); a symbolic link is refused. See {read_dead_letter}.",
        default="none",
        python="str | os.PathLike[str] | None",
        typescript="string",
        shape="string",
        readme="an NDJSON file; `read_dead_letter` gives its records back",
        words={"path": Words("A file", "Path of a file")},
    ),
    Option(
        "journal",
        "list_push",
        "{path} that lets the push go on after a crash: run it again with the same source, and "
        "what was not sent is sent; with a {primary_key}, any later run sends what no earlier one "
        "has pushed. One push at a time, by whatever name: a symbolic link is followed to the file "
        "itself, hard links are refused. Made for its owner alone (0600).",
        default="none",
        python="str | os.PathLike[str] | None",
        typescript="string",
        shape="string",
        readme="survive a crash: see [journal.md](journal.md)",
        words={"path": Words("A file", "Path of a file")},
    ),
    Option(
        "progress",
        "list_push",
        "{shown}alled with a snapshot at most 10 times a second, and at the end{more}",
        default="none",
        python='Callable[[PushProgress], object] | Literal["tqdm", "rich"] | bool | None',
        typescript=("((progress: PushProgress) => unknown)", "ProgressStream"),
        shape="listener",
        typescript_name="onProgress",
        readme="`True` shows counts, rate, what it waits for and the time left; or a function for "
        "snapshots",
        words={
            "shown": Words(
                "`True` shows how far the push is: a bar in a notebook, a line on stderr that is "
                "rewritten on a terminal, elsewhere a line every 5 seconds at level INFO of the "
                'logger `graph8_crm`. `"tqdm"` and `"rich"` take the bars of those libraries, '
                "which must be there. A function is c",
                "C",
            ),
            "more": Words(
                ". An `Exception` out of it is logged to `graph8_crm`, and it is not called again; "
                "the push goes on. With `AsyncClient` it may be async, and is then awaited, never "
                "twice at once; or a `ProgressStream`.",
                "; an async function never twice at once. What it throws or rejects with becomes a "
                "warning of the process, and it is not called again; the push goes on. Or a "
                "{@link ProgressStream} to iterate.",
            ),
        },
    ),
    Option(
        "shown_progress",
        "list_push",
        "{true} shows how far the push is on stderr: on a terminal a line that is rewritten, "
        "elsewhere a line every 5 seconds; counts by outcome, records per second, what it waits "
        "for, and the time left.",
        default="{false}",
        typescript="boolean",
        shape="boolean",
        typescript_name="progress",
    ),
]

PUSH = [
    Option(
        "on_unknown",
        "push",
        'What to do with a batch that was sent and got no trustworthy answer: {"report"} it as '
        'unknown, or {"retry"} it at the risk of duplicates.',
        default='{"report"}',
        python="OnUnknown | None",
        typescript=("'report'", "'retry'"),
        shape="string",
        readme='`"retry"` sends what is in doubt again, at the risk of duplicates',
    ),
    Option(
        "on_change",
        "push",
        "With a {journal} and a {primary_key}: what to do with a record that was pushed and is "
        'another by now. {"report"}: it is not sent, since the service can\'t update records, and '
        'the report counts and keeps it. {"push"}: it is created once more, beside the old one, '
        "once the source was read; not one that an earlier run found in the CRM, nor one that "
        "shares its key with another. When 20 or more would be created so, and half of those met "
        "whose keys were pushed, the push is an error and creates none of them: most likely the "
        'values have another form than before. {"push_all"}: however many there are, and at once.',
        default='{"report"}',
        python="OnChange | None",
        typescript=("'report'", "'push'", "'push_all'"),
        shape="string",
        readme='`"push"` creates records once more that changed since they were pushed, unless '
        'most have; `"push_all"` whatever their number; see '
        "[journal.md](journal.md#a-journal-with-a-key)",
    ),
    Option(
        "resolve_unknown",
        "push",
        'How to end the doubt about records whose outcome is unknown. {"lookup"} looks contacts up '
        "in the CRM by their e-mail addresses, once the service can no longer be at work on them "
        "({resolve_unknown_after}): not there counts as not sent; there counts as pushed if the "
        "push had looked before and it was not there ({skip_existing}), else it stays unknown, "
        "like records without an address and those whose look-up fails. Or your own look into the "
        "CRM, called at the end for each record whose outcome is unknown. "
        "{true}: it is there and counts as pushed; {false}: it is not and counts as not sent; "
        "{null}: still unknown. {more}",
        default="none",
        python="ResolveUnknown | None",
        typescript=("'lookup'", "((problem: Problem) => Found | Promise<Found>)"),
        shape="resolver",
        readme='`"lookup"` looks for contacts in doubt at the end; or your own look into the '
        "CRM: is this record there?",
        words={
            "more": Words(
                "With `AsyncClient` it may be a coroutine function.",
                "Not called after an abort or the deadline.",
            )
        },
    ),
    Option(
        "resolve_unknown_after",
        "push",
        "How long, in {seconds}, after the last request in doubt has left the service can still be "
        "at work on it, and the CRM's search can lag behind: {resolve_unknown} waits until then. "
        "{add_to_list} waits so long before it takes the one contact that it finds for one that an "
        "earlier run of the journal has pushed.",
        default="twice the time after which a silent request is given up",
        python="float | None",
        typescript="number",
        shape="number",
        unit="seconds",
        readme='how long `resolve_unknown="lookup"` waits after the last request in doubt has '
        "left: seconds, in Node milliseconds; by default twice the request time-out",
    ),
    Option(
        "add_to_list",
        "push",
        "The list to which the contacts that were pushed, and those that were skipped, are added "
        "after the push: its name, or {shapes}. They are looked up in the CRM by their e-mail "
        "addresses, again for up to half a minute where its search does not find them yet; before "
        "the push as well, unless the CRM refuses a second contact of an address as HubSpot does, "
        "so that no older one is taken for them. What "
        "became of that is told by {report} and changes no outcome. A name that no list has, or "
        "several, ends the push before anything is sent; with {create_list} a list that is not "
        "there is made for the first contact that is found. It goes with contacts alone.",
        default="none",
        python="str | int | Mapping[str, str | int] | None",
        typescript=(
            "string",
            "number",
            "{ readonly listId: string | number }",
            "{ readonly listName: string }",
        ),
        shape="list",
        readme="the name of a list to which pushed and skipped contacts are added; see "
        "[lists.md](lists.md)",
        words={
            "shapes": Words(
                'its id as `{"list_id": ...}`, or `{"list_name": ...}`',
                "its id as `{ listId: … }`, or `{ listName: … }`",
            ),
            "report": Words("`report.added_to_list`", "{@link PushReport.addedToList}"),
        },
    ),
    Option(
        "skip_existing",
        "push",
        "Whether to look contacts up by their e-mail addresses before they leave: those that the "
        "CRM has are skipped, with the CRM's ids. It costs one more request per 100 addresses, "
        "beside those that create. Contacts without an address by itself are sent all the same, "
        "counted in a warning; those whose look-up fails are not sent. Two records of one push "
        "with the same address are a matter of {unique}.",
        default="{false}",
        python="bool | None",
        typescript="boolean",
        shape="boolean",
        readme="`true` skips contacts whose e-mail address the CRM has already; see "
        "[duplicates.md](duplicates.md)",
    ),
    Option(
        "unique",
        "push",
        "What to do with a record that shares an identity with an earlier one of this push: an "
        "e-mail address, a company's domain or name, whichever the CRM's errors name records by; "
        "letter case and blanks around it make no difference, and any of several addresses counts. "
        '{"first"}: only the first travels, the others are skipped. {"error"}: the others fail. '
        "The first is the first also when it fails later, unless our own check refused it; records "
        "without an identity all travel. It keeps every identity in memory, at 16 bytes or more.",
        default="none: all travel",
        python="Unique | None",
        typescript=("'first'", "'error'"),
        shape="string",
        readme='`"first"` skips records whose e-mail or company came before in this push, '
        '`"error"` fails them; see [repair.md](repair.md)',
    ),
    Option(
        "check",
        "push",
        "Check each record before it leaves, as {check_contacts} does: one with an error ends as "
        "failed and is not sent, warnings are counted in the report.",
        default="{false}",
        python="bool | None",
        typescript="boolean",
        shape="boolean",
        readme="records that the CRM would refuse fail before they leave",
    ),
    Option(
        "provider_fields",
        "push",
        "Field mapping overrides, handed through to the service untouched.",
        default="none",
        python="Mapping[str, object] | None",
        typescript="object",
        shape="object",
        readme="handed through to the service",
    ),
]

RECORD = [
    Option(
        "columns",
        "record",
        "The fields that travel, by the names that the source has for them.{more}",
        default="all",
        python="Sequence[str] | None",
        typescript="readonly string[]",
        shape="strings",
        readme="the fields that travel",
        words={"more": Words(" A table must have them all.", "")},
    ),
    Option(
        "rename",
        "record",
        "New names for fields of the source, for example {example}; the others keep theirs.{more}",
        default="none",
        python="Mapping[str, str] | None",
        typescript="Readonly<Record<string, string>>",
        shape="object",
        readme="new names for fields of the source",
        words={
            "example": Words('`{"Work Email": "email"}`', "`{ 'Work Email': 'email' }`"),
            "more": Words(" A table must have them all.", ""),
        },
    ),
    Option(
        "drop_nulls",
        "record",
        "Leave out the fields of a record that are null, since a null clears the field in the CRM; "
        "nulls deeper inside a value stay.",
        default="{false}",
        python="bool | None",
        typescript="boolean",
        shape="boolean",
        readme="leave nulls out: a null clears the field in the CRM",
    ),
    Option(
        "nan",
        "record",
        'What becomes of NaN and the infinities: {"null"} sends them as null, {"error"} fails '
        "their record.",
        default='{"null"}',
        python='Literal["null", "error"] | None',
        readme='`"error"` fails a record with NaN or an infinity',
    ),
    Option(
        "form",
        "record",
        'Whose names the records have: {"crm"} for the CRM\'s own, or {"graph8"} for contacts and '
        "companies as graph8's API gives them (`work_email`, `first_name` …), which then become "
        "the CRM's own: see {graph8_fields}. {columns} then selects graph8's fields, and {rename} "
        "adds to the table, for example {example}.",
        default='{"crm"}',
        python='Literal["crm", "graph8"] | None',
        typescript=("'crm'", "'graph8'"),
        shape="string",
        readme='`"graph8"`: the records are graph8\'s own rows',
        words={
            "example": Words(
                '`{"custom_fields.udo_segment": "segment__c"}`',
                "`{ 'custom_fields.udo_segment': 'segment__c' }`",
            )
        },
    ),
    Option(
        "primary_key",
        "record",
        "The field that is a record's key, by the name that the source has for it, or a list of "
        "fields that are it together; they need not travel. With a {journal}, what any earlier run "
        "pushed under a key is not sent again, whatever the order and length of the source: see "
        "docs/journal.md. A record without a key, or with the key of an earlier one, fails.",
        default="none: a journal belongs to one source",
        python="str | Sequence[str] | None",
        typescript="string | readonly string[]",
        shape="strings",
        readme="the field by which a journal knows a record in tomorrow's run; see "
        "[journal.md](journal.md#a-journal-with-a-key)",
    ),
    Option(
        "fix",
        "record",
        "Make right by the customer's fields what can be made right without loss: blanks around "
        "e-mails and ids, whole floats, digits as text, dates in the CRM's form, labels of options "
        "and more; see docs/checking.md. What is ambiguous stays as it is.",
        default="{false}",
        python="bool | None",
        typescript="boolean",
        shape="boolean",
        readme="what can be made right without loss: see [checking.md](checking.md)",
    ),
    Option(
        "empty",
        "record",
        'What becomes of empty texts: {"keep"} sends them, {"null"} sends null, {"drop"} leaves '
        "their fields out.",
        default='{"keep"}',
        python='Literal["keep", "null", "drop"] | None',
        typescript=("'keep'", "'null'", "'drop'"),
        shape="string",
        readme='empty texts: `"null"` sends them as null, `"drop"` leaves them out',
    ),
    Option(
        "fields",
        "record",
        "The customer's fields, for checks and {fix}: what {fields_call} gave, its JSON, or the "
        "path of a file of it.",
        default="they are asked for, once in five minutes per client and CRM",
        python="Fields | str | os.PathLike[str] | Sequence[Mapping[str, object]] | None",
        typescript=("Fields", "string", "readonly object[]"),
        shape="fields",
        readme="the customer's fields, if known: `check` and `fix` then ask for nothing",
        words={
            "fields_call": Words("`Client.fields`", "{@link Client.fields}"),
        },
    ),
    Option(
        "delimiter",
        "record",
        "What parts the cells of a CSV or TSV file: one ASCII character. Goes with such files "
        "alone.",
        default="found among comma, semicolon, tab and `|`, or named by Excel's line `sep=;`",
        python="str | None",
        typescript="string",
        shape="string",
        readme="of a CSV file: what parts its cells",
    ),
    Option(
        "encoding",
        "record",
        "The encoding of a CSV or TSV file, for example {example} for what Excel saves in Western "
        "Europe, {japanese} in Japan; a byte order mark in the file counts more. Goes with such "
        "files alone.",
        default="UTF-8, or UTF-16 with its byte order mark",
        python="str | None",
        typescript="string",
        shape="string",
        readme="of a CSV file: for example `windows-1252`",
        words={
            "example": Words('`"windows-1252"`', "`'windows-1252'`"),
            "japanese": Words('`"shift_jis"`', "`'shift_jis'`"),
        },
    ),
]

GRAPH8_ROWS = [
    Option(
        "name",
        "graph8_rows",
        "Part of the name.",
        default="all",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "country",
        "graph8_rows",
        "The country.",
        default="all",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "include_custom_fields",
        "graph8_rows",
        "Whether the rows have their `custom_fields`.",
        default="{false}",
        python="bool | None",
        typescript="boolean",
        shape="boolean",
    ),
    Option(
        "page_size",
        "graph8_rows",
        "Rows per request, 1 to 200.",
        default=200,
        python="int | None",
        typescript="number",
        shape="integer",
    ),
    Option(
        "list_id",
        "graph8_contacts",
        "The members of a list of graph8's, by its id in graph8.",
        default="all",
        python="str | int | None",
        typescript=("string", "number", "bigint"),
        shape="id",
    ),
    Option(
        "email",
        "graph8_contacts",
        "Exactly this work e-mail.",
        default="all",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "job_title",
        "graph8_contacts",
        "Part of the job title.",
        default="all",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "company_id",
        "graph8_contacts",
        "The company's id in graph8.",
        default="all",
        python="str | int | None",
        typescript=("string", "number", "bigint"),
        shape="id",
    ),
    Option(
        "domain",
        "graph8_companies",
        "Exactly this domain.",
        default="all",
        python="str | None",
        typescript="string",
        shape="string",
    ),
    Option(
        "industry",
        "graph8_companies",
        "The industry.",
        default="all",
        python="str | None",
        typescript="string",
        shape="string",
    ),
]

OPTIONS = [
    *CLIENT,
    *CALL,
    *LIST_PUSH,
    *PUSH,
    *RECORD,
    CALL_IN_PYTHON_CHECK,
    *GRAPH8_ROWS,
    CALL_IN_PYTHON_GRAPH8_ROWS,
]
