"""What each option is, by the type that has it: its annotation and its text.

Made by scripts/generate_options.py from scripts/options.py: change that.
"""

from __future__ import annotations

OPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "ListPushOptions": {
        "headers": (
            "Mapping[str, str] | None",
            "Headers to send beside the client's, for example `traceparent`. Default: none.",
        ),
        "batch_size": (
            'int | Literal["auto"] | None',
            'Records per request: a number up to 1,000, or `"auto"`, which is 100, and fewer '
            "where the service needs more than about a third of the client's `read_timeout` "
            'for them. Default: `"auto"`.',
        ),
        "batch_bytes": (
            "int | None",
            "Most bytes of a request's records; a larger record travels alone. Default: 1 MiB.",
        ),
        "concurrency": (
            "int | None",
            "Requests at a time, 1 to 64. List changes always go one request at a time, in "
            "order. Default: 4.",
        ),
        "deadline": (
            "float | None",
            "Longest time for the push as a whole, in seconds. Default: none.",
        ),
        "stop": (
            "StopFlag | None",
            "Stops the push so that nothing ends in doubt, for a process that is to end: once"
            " its `is_set()` is true, no further request leaves, those under way may answer "
            "within `grace`, and all else is not sent. `PushStoppedError` has the report, "
            "unless every record had been tried; with a `journal`, the next run sends the "
            "rest. A `threading.Event`, an `asyncio.Event` or anything else with `is_set()`; "
            "it is looked at several times a second and after each record of an iterable. An "
            "async iterable is not waited for then; an iterator that blocks is left when it "
            "gives its next record. Default: none.",
        ),
        "grace": (
            "float | None",
            "How long requests under way may answer after `stop`, in seconds. What is "
            "unanswered then is in doubt, as after a cancel. Default: 25.",
        ),
        "on_error": (
            "OnError | None",
            'What to do when a record fails or its outcome is unknown: `"continue"` with the '
            'others, or `"stop"`. Default: `"continue"`.',
        ),
        "create_list": (
            "bool | None",
            "Whether a list that a change, or `add_to_list`, names is made where the CRM has "
            "none of that name; else nobody is added. Default: False.",
        ),
        "max_failures": (
            "float | None",
            "More failed records than this end the push: a whole number of records, or, "
            "between 0 and 1, a share of the records tried, judged from 100 records on. "
            "Default: none.",
        ),
        "max_consecutive_unknown": (
            "int | None",
            "This many batches in a row without a trustworthy answer end the push; with 0 "
            "they never do. Default: 3.",
        ),
        "dead_letter": (
            "str | os.PathLike[str] | None",
            "A file to which failed and unknown records are added as NDJSON, durable batch by"
            " batch; the last line of a record is its outcome. It holds customers' data and "
            "is made for its owner alone (0600); a symbolic link is refused. See "
            "`read_dead_letter`. Default: none.",
        ),
        "journal": (
            "str | os.PathLike[str] | None",
            "A file that lets the push go on after a crash: run it again with the same "
            "source, and what was not sent is sent; with a `primary_key`, any later run sends"
            " what no earlier one has pushed. One push at a time, by whatever name: a "
            "symbolic link is followed to the file itself, hard links are refused. Made for "
            "its owner alone (0600). Default: none.",
        ),
        "progress": (
            'Callable[[PushProgress], object] | Literal["tqdm", "rich"] | bool | None',
            "`True` shows how far the push is: a bar in a notebook, a line on stderr that is "
            "rewritten on a terminal, elsewhere a line every 5 seconds at level INFO of the "
            'logger `graph8_crm`. `"tqdm"` and `"rich"` take the bars of those libraries, '
            "which must be there. A function is called with a snapshot at most 10 times a "
            "second, and at the end. An `Exception` out of it is logged to `graph8_crm`, and "
            "it is not called again; the push goes on. With `AsyncClient` it may be async, "
            "and is then awaited, never twice at once; or a `ProgressStream`. Default: none.",
        ),
    },
    "CheckOptions": {
        "columns": (
            "Sequence[str] | None",
            "The fields that travel, by the names that the source has for them. A table must "
            "have them all. Default: all.",
        ),
        "rename": (
            "Mapping[str, str] | None",
            'New names for fields of the source, for example `{"Work Email": "email"}`; the '
            "others keep theirs. A table must have them all. Default: none.",
        ),
        "drop_nulls": (
            "bool | None",
            "Leave out the fields of a record that are null, since a null clears the field in"
            " the CRM; nulls deeper inside a value stay. Default: False.",
        ),
        "nan": (
            'Literal["null", "error"] | None',
            'What becomes of NaN and the infinities: `"null"` sends them as null, `"error"` '
            'fails their record. Default: `"null"`.',
        ),
        "form": (
            'Literal["crm", "graph8"] | None',
            'Whose names the records have: `"crm"` for the CRM\'s own, or `"graph8"` for '
            "contacts and companies as graph8's API gives them (`work_email`, `first_name` "
            "…), which then become the CRM's own: see `graph8_fields`. `columns` then selects"
            " graph8's fields, and `rename` adds to the table, for example "
            '`{"custom_fields.udo_segment": "segment__c"}`. Default: `"crm"`.',
        ),
        "primary_key": (
            "str | Sequence[str] | None",
            "The field that is a record's key, by the name that the source has for it, or a "
            "list of fields that are it together; they need not travel. With a `journal`, "
            "what any earlier run pushed under a key is not sent again, whatever the order "
            "and length of the source: see docs/journal.md. A record without a key, or with "
            "the key of an earlier one, fails. Default: none: a journal belongs to one "
            "source.",
        ),
        "fix": (
            "bool | None",
            "Make right by the customer's fields what can be made right without loss: blanks "
            "around e-mails and ids, whole floats, digits as text, dates in the CRM's form, "
            "labels of options and more; see docs/checking.md. What is ambiguous stays as it "
            "is. Default: False.",
        ),
        "empty": (
            'Literal["keep", "null", "drop"] | None',
            'What becomes of empty texts: `"keep"` sends them, `"null"` sends null, `"drop"` '
            'leaves their fields out. Default: `"keep"`.',
        ),
        "fields": (
            "Fields | str | os.PathLike[str] | Sequence[Mapping[str, object]] | None",
            "The customer's fields, for checks and `fix`: what `Client.fields` gave, its "
            "JSON, or the path of a file of it. Default: they are asked for, once in five "
            "minutes per client and CRM.",
        ),
        "delimiter": (
            "str | None",
            "What parts the cells of a CSV or TSV file: one ASCII character. Goes with such "
            "files alone. Default: found among comma, semicolon, tab and `|`, or named by "
            "Excel's line `sep=;`.",
        ),
        "encoding": (
            "str | None",
            'The encoding of a CSV or TSV file, for example `"windows-1252"` for what Excel '
            'saves in Western Europe, `"shift_jis"` in Japan; a byte order mark in the file '
            "counts more. Goes with such files alone. Default: UTF-8, or UTF-16 with its byte"
            " order mark.",
        ),
        "headers": (
            "Mapping[str, str] | None",
            "Headers to send beside the client's, for example `traceparent`. Default: none.",
        ),
    },
    "PushOptions": {
        "headers": (
            "Mapping[str, str] | None",
            "Headers to send beside the client's, for example `traceparent`. Default: none.",
        ),
        "batch_size": (
            'int | Literal["auto"] | None',
            'Records per request: a number up to 1,000, or `"auto"`, which is 100, and fewer '
            "where the service needs more than about a third of the client's `read_timeout` "
            'for them. Default: `"auto"`.',
        ),
        "batch_bytes": (
            "int | None",
            "Most bytes of a request's records; a larger record travels alone. Default: 1 MiB.",
        ),
        "concurrency": (
            "int | None",
            "Requests at a time, 1 to 64. List changes always go one request at a time, in "
            "order. Default: 4.",
        ),
        "deadline": (
            "float | None",
            "Longest time for the push as a whole, in seconds. Default: none.",
        ),
        "stop": (
            "StopFlag | None",
            "Stops the push so that nothing ends in doubt, for a process that is to end: once"
            " its `is_set()` is true, no further request leaves, those under way may answer "
            "within `grace`, and all else is not sent. `PushStoppedError` has the report, "
            "unless every record had been tried; with a `journal`, the next run sends the "
            "rest. A `threading.Event`, an `asyncio.Event` or anything else with `is_set()`; "
            "it is looked at several times a second and after each record of an iterable. An "
            "async iterable is not waited for then; an iterator that blocks is left when it "
            "gives its next record. Default: none.",
        ),
        "grace": (
            "float | None",
            "How long requests under way may answer after `stop`, in seconds. What is "
            "unanswered then is in doubt, as after a cancel. Default: 25.",
        ),
        "on_error": (
            "OnError | None",
            'What to do when a record fails or its outcome is unknown: `"continue"` with the '
            'others, or `"stop"`. Default: `"continue"`.',
        ),
        "create_list": (
            "bool | None",
            "Whether a list that a change, or `add_to_list`, names is made where the CRM has "
            "none of that name; else nobody is added. Default: False.",
        ),
        "max_failures": (
            "float | None",
            "More failed records than this end the push: a whole number of records, or, "
            "between 0 and 1, a share of the records tried, judged from 100 records on. "
            "Default: none.",
        ),
        "max_consecutive_unknown": (
            "int | None",
            "This many batches in a row without a trustworthy answer end the push; with 0 "
            "they never do. Default: 3.",
        ),
        "dead_letter": (
            "str | os.PathLike[str] | None",
            "A file to which failed and unknown records are added as NDJSON, durable batch by"
            " batch; the last line of a record is its outcome. It holds customers' data and "
            "is made for its owner alone (0600); a symbolic link is refused. See "
            "`read_dead_letter`. Default: none.",
        ),
        "journal": (
            "str | os.PathLike[str] | None",
            "A file that lets the push go on after a crash: run it again with the same "
            "source, and what was not sent is sent; with a `primary_key`, any later run sends"
            " what no earlier one has pushed. One push at a time, by whatever name: a "
            "symbolic link is followed to the file itself, hard links are refused. Made for "
            "its owner alone (0600). Default: none.",
        ),
        "progress": (
            'Callable[[PushProgress], object] | Literal["tqdm", "rich"] | bool | None',
            "`True` shows how far the push is: a bar in a notebook, a line on stderr that is "
            "rewritten on a terminal, elsewhere a line every 5 seconds at level INFO of the "
            'logger `graph8_crm`. `"tqdm"` and `"rich"` take the bars of those libraries, '
            "which must be there. A function is called with a snapshot at most 10 times a "
            "second, and at the end. An `Exception` out of it is logged to `graph8_crm`, and "
            "it is not called again; the push goes on. With `AsyncClient` it may be async, "
            "and is then awaited, never twice at once; or a `ProgressStream`. Default: none.",
        ),
        "columns": (
            "Sequence[str] | None",
            "The fields that travel, by the names that the source has for them. A table must "
            "have them all. Default: all.",
        ),
        "rename": (
            "Mapping[str, str] | None",
            'New names for fields of the source, for example `{"Work Email": "email"}`; the '
            "others keep theirs. A table must have them all. Default: none.",
        ),
        "drop_nulls": (
            "bool | None",
            "Leave out the fields of a record that are null, since a null clears the field in"
            " the CRM; nulls deeper inside a value stay. Default: False.",
        ),
        "nan": (
            'Literal["null", "error"] | None',
            'What becomes of NaN and the infinities: `"null"` sends them as null, `"error"` '
            'fails their record. Default: `"null"`.',
        ),
        "form": (
            'Literal["crm", "graph8"] | None',
            'Whose names the records have: `"crm"` for the CRM\'s own, or `"graph8"` for '
            "contacts and companies as graph8's API gives them (`work_email`, `first_name` "
            "…), which then become the CRM's own: see `graph8_fields`. `columns` then selects"
            " graph8's fields, and `rename` adds to the table, for example "
            '`{"custom_fields.udo_segment": "segment__c"}`. Default: `"crm"`.',
        ),
        "primary_key": (
            "str | Sequence[str] | None",
            "The field that is a record's key, by the name that the source has for it, or a "
            "list of fields that are it together; they need not travel. With a `journal`, "
            "what any earlier run pushed under a key is not sent again, whatever the order "
            "and length of the source: see docs/journal.md. A record without a key, or with "
            "the key of an earlier one, fails. Default: none: a journal belongs to one "
            "source.",
        ),
        "fix": (
            "bool | None",
            "Make right by the customer's fields what can be made right without loss: blanks "
            "around e-mails and ids, whole floats, digits as text, dates in the CRM's form, "
            "labels of options and more; see docs/checking.md. What is ambiguous stays as it "
            "is. Default: False.",
        ),
        "empty": (
            'Literal["keep", "null", "drop"] | None',
            'What becomes of empty texts: `"keep"` sends them, `"null"` sends null, `"drop"` '
            'leaves their fields out. Default: `"keep"`.',
        ),
        "fields": (
            "Fields | str | os.PathLike[str] | Sequence[Mapping[str, object]] | None",
            "The customer's fields, for checks and `fix`: what `Client.fields` gave, its "
            "JSON, or the path of a file of it. Default: they are asked for, once in five "
            "minutes per client and CRM.",
        ),
        "delimiter": (
            "str | None",
            "What parts the cells of a CSV or TSV file: one ASCII character. Goes with such "
            "files alone. Default: found among comma, semicolon, tab and `|`, or named by "
            "Excel's line `sep=;`.",
        ),
        "encoding": (
            "str | None",
            'The encoding of a CSV or TSV file, for example `"windows-1252"` for what Excel '
            'saves in Western Europe, `"shift_jis"` in Japan; a byte order mark in the file '
            "counts more. Goes with such files alone. Default: UTF-8, or UTF-16 with its byte"
            " order mark.",
        ),
        "on_unknown": (
            "OnUnknown | None",
            'What to do with a batch that was sent and got no trustworthy answer: `"report"` '
            'it as unknown, or `"retry"` it at the risk of duplicates. Default: `"report"`.',
        ),
        "on_change": (
            "OnChange | None",
            "With a `journal` and a `primary_key`: what to do with a record that was pushed "
            'and is another by now. `"report"`: it is not sent, since the service can\'t '
            'update records, and the report counts and keeps it. `"push"`: it is created once'
            " more, beside the old one, once the source was read; not one that an earlier run"
            " found in the CRM, nor one that shares its key with another. When 20 or more "
            "would be created so, and half of those met whose keys were pushed, the push is "
            "an error and creates none of them: most likely the values have another form than"
            ' before. `"push_all"`: however many there are, and at once. Default: `"report"`.',
        ),
        "resolve_unknown": (
            "ResolveUnknown | None",
            'How to end the doubt about records whose outcome is unknown. `"lookup"` looks '
            "contacts up in the CRM by their e-mail addresses, once the service can no longer"
            " be at work on them (`resolve_unknown_after`): not there counts as not sent; "
            "there counts as pushed if the push had looked before and it was not there "
            "(`skip_existing`), else it stays unknown, like records without an address and "
            "those whose look-up fails. Or your own look into the CRM, called at the end for "
            "each record whose outcome is unknown. True: it is there and counts as pushed; "
            "False: it is not and counts as not sent; None: still unknown. With `AsyncClient`"
            " it may be a coroutine function. Default: none.",
        ),
        "resolve_unknown_after": (
            "float | None",
            "How long, in seconds, after the last request in doubt has left the service can "
            "still be at work on it, and the CRM's search can lag behind: `resolve_unknown` "
            "waits until then. `add_to_list` waits so long before it takes the one contact "
            "that it finds for one that an earlier run of the journal has pushed. Default: "
            "twice the time after which a silent request is given up.",
        ),
        "add_to_list": (
            "str | int | Mapping[str, str | int] | None",
            "The list to which the contacts that were pushed, and those that were skipped, "
            'are added after the push: its name, or its id as `{"list_id": ...}`, or '
            '`{"list_name": ...}`. They are looked up in the CRM by their e-mail addresses, '
            "again for up to half a minute where its search does not find them yet; before "
            "the push as well, unless the CRM refuses a second contact of an address as "
            "HubSpot does, so that no older one is taken for them. What became of that is "
            "told by `report.added_to_list` and changes no outcome. A name that no list has, "
            "or several, ends the push before anything is sent; with `create_list` a list "
            "that is not there is made for the first contact that is found. It goes with "
            "contacts alone. Default: none.",
        ),
        "skip_existing": (
            "bool | None",
            "Whether to look contacts up by their e-mail addresses before they leave: those "
            "that the CRM has are skipped, with the CRM's ids. It costs one more request per "
            "100 addresses, beside those that create. Contacts without an address by itself "
            "are sent all the same, counted in a warning; those whose look-up fails are not "
            "sent. Two records of one push with the same address are a matter of `unique`. "
            "Default: False.",
        ),
        "unique": (
            "Unique | None",
            "What to do with a record that shares an identity with an earlier one of this "
            "push: an e-mail address, a company's domain or name, whichever the CRM's errors "
            "name records by; letter case and blanks around it make no difference, and any of"
            ' several addresses counts. `"first"`: only the first travels, the others are '
            'skipped. `"error"`: the others fail. The first is the first also when it fails '
            "later, unless our own check refused it; records without an identity all travel. "
            "It keeps every identity in memory, at 16 bytes or more. Default: none: all "
            "travel.",
        ),
        "check": (
            "bool | None",
            "Check each record before it leaves, as `check_contacts` does: one with an error "
            "ends as failed and is not sent, warnings are counted in the report. Default: "
            "False.",
        ),
        "provider_fields": (
            "Mapping[str, object] | None",
            "Field mapping overrides, handed through to the service untouched. Default: none.",
        ),
    },
    "Graph8RowsQuery": {
        "name": (
            "str | None",
            "Part of the name. Default: all.",
        ),
        "country": (
            "str | None",
            "The country. Default: all.",
        ),
        "include_custom_fields": (
            "bool | None",
            "Whether the rows have their `custom_fields`. Default: False.",
        ),
        "page_size": (
            "int | None",
            "Rows per request, 1 to 200. Default: 200.",
        ),
        "headers": (
            "Mapping[str, str] | None",
            "Headers to send beside the client's, for example `traceparent`. Default: none.",
        ),
    },
    "Graph8ContactsQuery": {
        "name": (
            "str | None",
            "Part of the name. Default: all.",
        ),
        "country": (
            "str | None",
            "The country. Default: all.",
        ),
        "include_custom_fields": (
            "bool | None",
            "Whether the rows have their `custom_fields`. Default: False.",
        ),
        "page_size": (
            "int | None",
            "Rows per request, 1 to 200. Default: 200.",
        ),
        "headers": (
            "Mapping[str, str] | None",
            "Headers to send beside the client's, for example `traceparent`. Default: none.",
        ),
        "list_id": (
            "str | int | None",
            "The members of a list of graph8's, by its id in graph8. Default: all.",
        ),
        "email": (
            "str | None",
            "Exactly this work e-mail. Default: all.",
        ),
        "job_title": (
            "str | None",
            "Part of the job title. Default: all.",
        ),
        "company_id": (
            "str | int | None",
            "The company's id in graph8. Default: all.",
        ),
    },
    "Graph8CompaniesQuery": {
        "name": (
            "str | None",
            "Part of the name. Default: all.",
        ),
        "country": (
            "str | None",
            "The country. Default: all.",
        ),
        "include_custom_fields": (
            "bool | None",
            "Whether the rows have their `custom_fields`. Default: False.",
        ),
        "page_size": (
            "int | None",
            "Rows per request, 1 to 200. Default: 200.",
        ),
        "headers": (
            "Mapping[str, str] | None",
            "Headers to send beside the client's, for example `traceparent`. Default: none.",
        ),
        "domain": (
            "str | None",
            "Exactly this domain. Default: all.",
        ),
        "industry": (
            "str | None",
            "The industry. Default: all.",
        ),
    },
}
