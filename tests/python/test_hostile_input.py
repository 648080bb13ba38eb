"""Records and sources that lie, throw, re-enter, change or vanish: no crash, no record lost."""

from __future__ import annotations

import ctypes
import gc
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from conftest import HANGS, contacts

import graph8_crm
from graph8_crm import Client, ConfigError, PushReport, Sandbox

NUMBERS = count()


def good() -> dict[str, object]:
    return {"email": f"good{next(NUMBERS)}@example.com", "firstname": "Good"}


class Record(Mapping[str, object]):
    """A contact that calls `read` for each of its values."""

    def __init__(self, read: Callable[[], object]) -> None:
        self.email = good()["email"]
        self.read = read

    def __getitem__(self, key: str) -> object:
        self.read()
        return self.email if key == "email" else "Strange"

    def __iter__(self) -> Iterator[str]:
        return iter(["email", "firstname"])

    def __len__(self) -> int:
        return 2


def raising(error: BaseException) -> Callable[[], object]:
    def read() -> object:
        raise error

    return read


def nested(wrap: Callable[[object], object]) -> object:
    value: object = 1
    for _ in range(10_000):
        value = wrap(value)
    return value


class Bottomless(Mapping[str, object]):
    def __getitem__(self, key: str) -> object:
        return Bottomless()

    def __iter__(self) -> Iterator[str]:
        return iter("a")

    def __len__(self) -> int:
        return 1


class HostileAttributes:
    def __getattr__(self, name: str) -> object:
        raise ZeroDivisionError(name)


class HostileClass:
    @property  # type: ignore[misc]
    def __class__(self) -> type:
        raise ValueError("no class")


class HostileDict(dict[str, object]):
    def items(self) -> Any:
        raise RuntimeError("no items")


class EndlessIterator(Mapping[str, object]):
    def __getitem__(self, key: str) -> object:
        return 1

    def __iter__(self) -> Iterator[str]:
        raise MemoryError("no room")

    def __len__(self) -> int:
        return 1


CYCLE: dict[str, object] = {}
CYCLE["self"] = CYCLE


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: {"firstname": nested(lambda value: [value])}, "deeper than 124"),
        (lambda: {"firstname": nested(lambda value: {"a": value})}, "deeper than 124"),
        (lambda: {"firstname": Bottomless()}, "deeper than 124"),
        (lambda: {"firstname": CYCLE}, "contains itself"),
        (lambda: Record(raising(RuntimeError("boom"))), "RuntimeError: boom"),
        (lambda: Record(raising(RecursionError("deep"))), "RecursionError: deep"),
        (EndlessIterator, "MemoryError: no room"),
        (HostileAttributes, "HostileAttributes; use str"),
        (lambda: {"firstname": HostileAttributes()}, "HostileAttributes; use str"),
        (HostileClass, "ValueError: no class"),
        (lambda: {"firstname": HostileClass()}, "ValueError: no class"),
        (lambda: HostileDict(firstname="a"), "RuntimeError: no items"),
    ],
    ids=range(12),
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_hostile_record_fails_alone(
    client: Client, make: Callable[[], object], words: str
) -> None:
    records: list[Any] = [good(), make(), good()]
    report = client.push_contacts("hubspot", records)
    assert (report.pushed, report.failed) == (2, 1)
    assert words in report.problems[0].message
    # A path of 10,000 names must not come out as a message of that length.
    assert len(report.problems[0].message) < 1_000


@pytest.mark.parametrize(
    "huge",
    [
        lambda: {"firstname": "x" * 100_000_000},
        lambda: {f"key{number}": number for number in range(1_000_000)},
    ],
    ids=["100 MB of text", "a million keys"],
)
def test_a_huge_record_puts_no_other_at_risk(
    client: Client, huge: Callable[[], dict[str, object]]
) -> None:
    # 100 small ones, so that it is in the middle of several batches.
    records = [*(good() for _ in range(100)), good() | huge(), *(good() for _ in range(100))]
    report = client.push_contacts("hubspot", records, batch_size=50)
    assert (report.pushed, report.failed, report.unknown) == (200, 1, 0)
    assert "too large" in report.messages[0].message


def capsule(name: bytes) -> object:
    """Holds nothing, under any name."""
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = (
        ctypes.py_object,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
    )
    kept: object = new(ctypes.addressof(NOTHING), name, None)
    return kept


NOTHING = (ctypes.c_char * 256)()
NAMES = b"something_else", b"arrow_array_stream", b"arrow_schema", b"arrow_array"
OTHER, STREAM, SCHEMA, ARRAY = map(capsule, NAMES)


@pytest.mark.parametrize("handed", [None, 5, OTHER, STREAM, ARRAY])
def test_a_table_that_hands_over_no_stream_is_an_error(client: Client, handed: object) -> None:
    class Table:
        def __arrow_c_stream__(self, requested_schema: object = None) -> object:
            return handed

    with pytest.raises((TypeError, ValueError)):
        client.push_contacts("hubspot", Table())


@pytest.mark.parametrize(
    "handed",
    [None, (), (SCHEMA,), (OTHER, OTHER), (ARRAY, SCHEMA), (SCHEMA, ARRAY), (5, None)],
)
def test_a_batch_that_hands_over_no_array_is_an_error(client: Client, handed: object) -> None:
    class Batch:
        def __arrow_c_array__(self, requested_schema: object = None) -> object:
            return handed

    with pytest.raises((TypeError, ValueError)):
        client.push_contacts("hubspot", Batch())


def test_an_arrow_array_that_was_read_already_is_an_error(client: Client) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    pair = pyarrow.RecordBatch.from_pylist([good()]).__arrow_c_array__()

    class Batch:
        def __arrow_c_array__(self, requested_schema: object = None) -> object:
            return pair

    assert client.push_contacts("hubspot", Batch()).pushed == 1
    with pytest.raises(ConfigError, match="has been read already"):
        client.push_contacts("hubspot", Batch())


def test_a_record_may_use_the_client_that_reads_it(client: Client, sandbox: Sandbox) -> None:
    inner: list[PushReport] = []

    def read() -> None:
        client.status("hubspot")
        inner.append(client.push_contacts("hubspot", [good()]))

    report = client.push_contacts("hubspot", [Record(read), good()])
    assert report.pushed == 2
    assert [push.pushed for push in inner] == [1, 1]
    assert len(sandbox.records("hubspot", "contacts")) == 4


@pytest.mark.parametrize(("others", "read_by_then"), [(300, 301), (2_000, 1_000)])
def test_a_list_that_its_own_records_empty_loses_nothing_that_was_read(
    client: Client, others: int, read_by_then: int
) -> None:
    records: list[Any] = []

    def read() -> None:
        records.clear()
        gc.collect()

    records.extend([Record(read), *(good() for _ in range(others))])
    report = client.push_contacts("hubspot", records)
    assert report.records == report.pushed == read_by_then


def test_a_list_that_its_own_records_extend_ends(client: Client) -> None:
    records: list[Any] = []
    records.extend(Record(lambda: records.append(good())) for _ in range(10))
    assert client.push_contacts("hubspot", records).pushed == 10


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("make", [list, iter, tuple])
def test_what_ends_the_program_in_the_last_slice_loses_no_record(
    client: Client, error: type[BaseException], make: Callable[[list[Any]], Any]
) -> None:
    records: list[Any] = [good(), Record(raising(error())), good()]
    with pytest.raises(error) as caught:
        client.push_contacts("hubspot", make(records))
    report: PushReport = caught.value.report  # type: ignore[attr-defined]
    assert (report.records, report.not_sent) == (3, 3)


class Claiming(list[Any]):
    """Says that it is longer than memory, and gives nothing."""

    claim = 10**18

    def __len__(self) -> int:
        return self.claim

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError("no records")


def test_a_length_that_no_memory_holds_is_only_a_number(client: Client) -> None:
    with pytest.raises(RuntimeError, match="no records") as caught:
        client.push_contacts("hubspot", Claiming())
    report: PushReport = caught.value.report  # type: ignore[attr-defined]
    assert (report.records, report.not_sent) == (Claiming.claim, Claiming.claim)
    assert report.outcomes[-1] is graph8_crm.Outcome.NOT_SENT
    assert len(report.outcomes.packed) == 0
    whole = client.push_contacts("hubspot", [good()])
    assert whole.merge(report).not_sent == Claiming.claim
    with pytest.raises(ConfigError, match="too long"):
        report.merge(whole)


def test_a_length_that_is_too_long_does_not_add_records(client: Client) -> None:
    class Short:
        def __len__(self) -> int:
            return 2**62

        def __iter__(self) -> Iterator[dict[str, object]]:
            return iter([good()])

    report = client.push_contacts("hubspot", Short())
    assert (report.records, report.pushed) == (1, 1)


def test_a_client_closed_under_a_push_ends_no_push(sandbox: Sandbox) -> None:
    client = sandbox.client()

    def source() -> Iterator[dict[str, object]]:
        for record in contacts(500):
            if record["email"] == "person250@example.com":
                client.close()
            yield record

    report = client.push_contacts("hubspot", source())
    assert report.pushed == len(sandbox.records("hubspot", "contacts")) == 500


def test_threads_push_with_one_client_and_lose_nothing(sandbox: Sandbox) -> None:
    reports: list[PushReport] = []

    def work(thread: int, client: Client) -> None:
        for push in range(4):
            people = (
                {"email": f"t{thread}-{push}-{number}@example.com", "firstname": "T"}
                for number in range(150)
            )
            reports.append(client.push_contacts("hubspot", people))

    with sandbox.client(rate_limit=False) as client:
        threads = [threading.Thread(target=work, args=(number, client)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [report.pushed for report in reports] == [150] * 32
    assert len(sandbox.records("hubspot", "contacts")) == 32 * 150


@pytest.mark.parametrize(
    "base_url",
    [
        "https://me:canary@graph8.example",
        "http://127.0.0.1@evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "https://graph8.example/#fragment",
        "https://graph8.example/?key=canary",
        "https://graph8.example\r\nHost: evil.example/",
        "https://",
        "https://graph8.example:99999",
        "ftp://graph8.example",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "graph8.example",
        "//evil.example",
    ],
)
def test_an_address_that_could_lead_the_key_astray_is_refused(base_url: str) -> None:
    with pytest.raises(ConfigError, match="base URL") as caught:
        Client("g8_test_key", base_url)
    assert "canary" not in str(caught.value)


SUB_INTERPRETER = """
if first:
    import graph8_crm
import _xxsubinterpreters as interpreters
for _ in range(3):
    other = interpreters.create()
    try:
        interpreters.run_string(other, "import graph8_crm")
    except interpreters.RunFailedError as error:
        # From 3.12 on Python refuses by itself where an interpreter has a GIL of its own.
        told = "use threads or processes", "does not support loading in subinterpreters"
        assert "ImportError" in str(error) and any(text in str(error) for text in told), error
    else:
        raise AssertionError("imported")
    interpreters.destroy(other)
import graph8_crm
with graph8_crm.sandbox() as sandbox, sandbox.client() as client:
    print(client.push_contacts("hubspot", [{"email": "a@example.com"}]).pushed)
"""


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the module has another name")
@pytest.mark.parametrize("first", [True, False], ids=["imported before", "imported after"])
def test_a_sub_interpreter_is_refused_and_harms_nothing(first: bool) -> None:
    script = f"first = {first}\n{SUB_INTERPRETER}"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert (run.stdout, run.stderr, run.returncode) == ("1\n", "", 0)


EXIT_WITH_A_JOURNAL = """
import sys, threading
import graph8_crm
url, journal = sys.argv[1:]
client = graph8_crm.Client("g8_sbx_demo", url)
people = ({"email": f"exit{n}@example.com"} for n in range(100_000))
some_are_there = threading.Event()
def told(progress):
    if progress.pushed:
        some_are_there.set()
threading.Thread(
    target=client.push_contacts, args=("hubspot", people), daemon=True,
    kwargs={"journal": journal, "progress": told},
).start()
some_are_there.wait()
"""


def test_a_push_cut_off_by_the_exit_is_in_its_journal(sandbox: Sandbox, tmp_path: Any) -> None:
    journal = tmp_path / "push.journal"
    command = [sys.executable, "-c", EXIT_WITH_A_JOURNAL, sandbox.url, str(journal)]
    # All of them would take hours.
    run = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=False)
    assert (run.stderr, run.returncode) == ("", 0)
    held = len(sandbox.records("hubspot", "contacts"))
    status = graph8_crm.journal_status(journal)
    assert held > 0
    assert status.pushed <= held <= status.pushed + status.unknown


COLLECTED = """
import gc, json
from graph8_crm._graph8_crm import encode

record, litter = None, []

def collected(phase, info):
    # As a finalizer may do, when the garbage collector runs while the record is encoded.
    if record is not None:
        record.clear()
        litter.extend(bytes([65 + n % 26]) * 90 for n in range(40))

gc.callbacks.append(collected)
for n in range(1_000):
    # There is no other reference to what is in it.
    given = {f"k{i}-{n}": "v" * 40 + str(n) for i in range(3)}
    given["hostile"] = HOSTILE
    given |= {f"z{i}-{n}-" + "q" * 20: "w" * 40 + str(i * n) for i in range(6)}
    expected = json.dumps(given, separators=(",", ":"))
    # None is left of those that the interpreter keeps ready.
    kept = [(n,) for n in range(2_100)]
    gc.set_threshold(1)
    record = given
    try:
        encoded, words = encode(record).decode(), ""
    except ValueError as error:
        encoded, words = "", str(error)
    record = None
    gc.set_threshold(700)
    litter.clear()
    if words:
        assert "changed size" in words or "'hostile'" in words, words
    else:
        assert encoded == expected
"""


def run_script(script: str) -> None:
    """In a process of its own, which it may crash; what fails there fails here."""
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=False)
    assert (run.stderr, run.returncode) == ("", 0)


@pytest.mark.parametrize("hostile", ["10**30 + n", "chr(0xD800)"], ids=["big int", "surrogate"])
def test_a_record_may_be_emptied_by_the_garbage_collector(hostile: str) -> None:
    run_script(COLLECTED.replace("HOSTILE", hostile))


HANDLER = """
import codecs, json

def replace(error):
    # Any code may stand here.
    for name in names:
        record[name] = None
    return "?", error.end
"""

REPLACED = """
import datetime, enum
from graph8_crm._graph8_crm import NativeEncoder

class Registering(dict):
    def items(self):
        # Once the encoder has asked already.
        codecs.register_error("strict", replace)
        return super().items()

class Model:
    __pydantic_serializer__ = "as of pydantic"

    def model_dump(self, mode, by_alias):
        codecs.register_error("strict", replace)
        return record

class Choice(enum.Enum):
    ONE = 1

    @property
    def value(self):
        return Model().model_dump("json", by_alias=True)

names = [f"n{i}" for i in range(15)]
encoder = NativeEncoder()
known = dict.fromkeys([*names, "z?"], "known from now on")
encoder.json([known, {"a": known}])
# There is no other reference to the values, and their memory goes back to the system.
record = {name: name * 4_000_000 for name in names}
record.update(HOSTILE)
written = json.loads(encoder.json([{"n0": "asks which handler there is"}, RECORDS]))[-1]
for name, value in (written["a"][-1] if "a" in written else written).items():
    assert value in (None, "?") or value == name * 4_000_000, name
"""


@pytest.mark.parametrize("hostile", ["n0=chr(0xD800) * 4_000_000", "**{'z' + chr(0xD800): None}"])
@pytest.mark.parametrize(
    "records",
    [
        "Registering(), record",
        "{'a': Registering()}, record",
        "{'a': [Registering(), {}]}, record",
        "Model()",
        "{'a': [{}, Model()]}",
        "{'n1': datetime.date.today(), 'a': [{}, Model()]}",
        "{'n1': datetime.date.today(), 'a': [{}, Choice.ONE]}",
    ],
)
def test_an_error_handler_may_replace_the_other_values(hostile: str, records: str) -> None:
    run_script(HANDLER + REPLACED.replace("HOSTILE", hostile).replace("RECORDS", records))


GOING = """
from graph8_crm._graph8_crm import NativeEncoder

class Doomed:
    __pydantic_serializer__ = "as of pydantic"

    def model_dump(self, mode, by_alias):
        # Only the encoder still knows us.
        record["a0"] = None
        return {}

    def __del__(self):
        GOES

firsts = [f"a{i}" for i in range(16)]
names = [f"n{i}" for i in range(30)]
encoder = NativeEncoder()
encoder.json([dict.fromkeys([*firsts, *names], "known from now on"), {"a0": {"k": 1}}])
record = {**dict.fromkeys(firsts, "x"), **{name: name * 2_000_000 for name in names}}
record.update(a0=Doomed(), a15={"k": 1}, n0=chr(0xD800) * 2_000_000)
try:
    written = json.loads(encoder.json([record]))[0]
except ValueError as error:
    assert "changed size" in str(error), error
else:
    for name in names:
        assert written[name] in (None, "?") or written[name] == name * 2_000_000, name
"""


@pytest.mark.parametrize(
    "goes",
    [
        "codecs.register_error('strict', replace)",
        # The table of the dict is made anew, and the others move in it.
        "[record.pop(name) for name in firsts]; record['n0'] = 'n0' * 2_000_000; "
        "record.update(dict.fromkeys(range(300))); [record.pop(name) for name in range(300)]",
    ],
    ids=["handler", "size"],
)
def test_a_value_that_goes_may_run_code_before_the_members_that_follow(goes: str) -> None:
    run_script(HANDLER + GOING.replace("GOES", goes))


PATCHED = """
codecs.strict_errors = replace
codecs.lookup_error = lambda name: replace
codecs.register_error("strict", replace)
from graph8_crm._graph8_crm import NativeEncoder

names = [f"n{i}" for i in range(15)]
encoder = NativeEncoder()
encoder.json([dict.fromkeys(names, "known from now on")])
record = {name: name * 4_000_000 for name in names}
record["n0"] = chr(0xD800) * 4_000_000
for name, value in json.loads(encoder.json([record]))[0].items():
    assert value in (None, "?") or value == name * 4_000_000, name
"""

NO_UTF8 = """
import codecs
from graph8_crm._graph8_crm import NativeEncoder
codecs.register_error("strict", lambda error: (b"\\xff", error.end))
try:
    NativeEncoder().json([{"a": chr(0xD800)}])
except ValueError as error:
    assert "not UTF-8" in str(error), error
else:
    raise AssertionError
"""

NO_UTF8_IN_MESSAGES = """
import codecs
from graph8_crm._graph8_crm import encode
codecs.register_error("strict", lambda error: (b"\\xff", error.end))
torn = chr(0xD800) * 300

class Model:
    __pydantic_serializer__ = "as of pydantic"

    def model_dump(self, mode, by_alias):
        raise ValueError(torn)

class Key:
    def __repr__(self):
        return torn

for value in ({torn: 1}, {"a": {torn: 1}}, {"a" + torn: object()}, {"a": Model()}, {Key(): 1}):
    try:
        encode(value)
    except ValueError as error:
        assert chr(0xFFFD) in str(error), error
    else:
        raise AssertionError
"""

IMPORTING = """
import builtins, sys
from graph8_crm._graph8_crm import encode

def importing(name, *rest, **named):
    if name == "uuid":
        builtins.__import__ = before
        tried.append(encode_none())
    return before(name, *rest, **named)

def encode_none():
    try:
        return encode(object())
    except ValueError as error:
        return str(error)

tried = []
sys.modules.pop("uuid", None)
before, builtins.__import__ = builtins.__import__, importing
tried.append(encode_none())
assert len(tried) == 2 and all("cannot encode object" in words for words in tried), tried
"""


@pytest.mark.parametrize(
    "script",
    [HANDLER + PATCHED, NO_UTF8, NO_UTF8_IN_MESSAGES, IMPORTING],
    ids=["codecs", "bytes", "bytes in messages", "import"],
)
def test_the_encoder_relies_on_nothing_that_a_caller_may_replace(script: str) -> None:
    run_script(script)


@pytest.mark.parametrize("options", [{}, {"progress": lambda _: None}], ids=["plain", "progress"])
def test_a_short_list_that_another_thread_changes_is_counted_as_it_was(
    sandbox: Sandbox, options: dict[str, Any]
) -> None:
    people = contacts(5)
    is_over = threading.Event()

    def change() -> None:
        while not is_over.is_set():
            people.append(good())
            people.pop()

    changing = [threading.Thread(target=change) for _ in range(3)]
    switches = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in changing:
            thread.start()
        with sandbox.client(rate_limit=False) as client:
            reports = [client.push_contacts("hubspot", people, **options) for _ in range(300)]
    finally:
        is_over.set()
        sys.setswitchinterval(switches)
        for thread in changing:
            thread.join()
    assert {report.not_sent for report in reports} == {0}
    assert {report.records for report in reports} <= {5, 6, 7, 8}


HUGE_RECORD = """
import resource, sys
import graph8_crm
people, others = ([{"email": f"{name}{n}@example.com"} for n in range(3_000)] for name in "ab")
people[10]["notes"] = "x" * 10_000_000
client = graph8_crm.Client("g8_sbx_demo", sys.argv[1], rate_limit=False)
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
report = client.push_contacts("hubspot", people)
print(report.pushed + report.failed, client.push_contacts("hubspot", others).pushed)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the memory as Linux does")
def test_one_huge_record_has_no_memory_asked_for_others(sandbox: Sandbox) -> None:
    command = [sys.executable, "-c", HUGE_RECORD, sandbox.url]
    run = subprocess.run(command, capture_output=True, text=True, timeout=HANGS, check=False)
    assert (run.stdout, run.stderr, run.returncode) == ("3000 3000\n", "", 0)


def test_no_value_of_a_record_is_rendered_as_html_or_written_as_csv(client: Client) -> None:
    # A file of values would need escapes against spreadsheets that compute them.
    report = client.push_contacts("hubspot", [{"email": "<script>", "firstname": "=1+1"}])
    for thing in (client, report, report.problems, report.problems[0], *client.list_syncs()):
        assert [name for name in dir(thing) if "csv" in name] == []
        html = thing._repr_html_() if hasattr(thing, "_repr_html_") else ""
        assert "<script>" not in html
        assert "=1+1" not in html


def test_records_that_python_can_not_read_back_are_accounted_for(
    sandbox: Sandbox, client: Client, tmp_path: Path
) -> None:
    digits = "1" * 5000
    path = tmp_path / "records.ndjson"
    path.write_text(f'{{"email":"a@b.io","n":{digits}}}\n{{"email":"c@d.io"}}\n')
    report = client.push_contacts("sugarcrm", path)
    assert (report.pushed, report.failed) == (1, 1)
    (problem,) = report.problems
    assert problem.record == {"email": "a@b.io", "n": Decimal(digits)}
    # Sent again, it is what it was.
    assert client.push_contacts("sugarcrm", report.records_of("failed")).failed == 1

    path.write_text(f'{{"email":"e@f.io","n":{"[" * 9_000}{"]" * 9_000}}}\n{{"email":"g@h.io"}}\n')
    report = client.push_contacts("sugarcrm", path)
    assert (report.pushed, report.failed, report.problems_omitted) == (1, 1, 0)
    assert "nested deeper than 124 levels" in report.problems[0].message

    # As deep as may be, the service reads it.
    deep: Any = 1
    for _ in range(124):
        deep = [deep]
    path.write_text(json.dumps({"email": "i@j.io", "n": deep}))
    assert client.push_contacts("sugarcrm", path).pushed == 1
    assert client.push_contacts("sugarcrm", [{"email": "k@l.io", "n": deep}]).pushed == 1
    assert len(sandbox.records("sugarcrm", "contacts")) == 4
