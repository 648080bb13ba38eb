"""CSV and TSV files as sources, and files that are neither."""

from __future__ import annotations

import csv
import gzip
import io
import os
import pickle
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graph8_crm
from graph8_crm import Client, ConfigError, Sandbox, SourceError

ROWS = 2_500
ADA = {"email": "ada@example.com", "phone": "0041 79", "note": "x, y"}
ONLY_CSV = "goes? with CSV and TSV files"


@pytest.fixture
def fast(sandbox: Sandbox) -> Iterator[Client]:
    with sandbox.client(rate_limit=False) as client:
        yield client


def sent(client: Client, sandbox: Sandbox, records: Any, **options: Any) -> list[dict[str, Any]]:
    """What the service got, in any order. SugarCRM takes every field."""
    before = len(sandbox.requests())
    report = client.push_contacts("sugarcrm", records, **options)
    assert (report.unknown, report.not_sent) == (0, 0), report.problems
    bodies: list[Any] = [request["body"] for request in sandbox.requests()[before:]]
    return [record for body in bodies for record in body["records"]]


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz", "PEOPLE.CSV", "people.tsv"])
def test_a_csv_file_is_read_whole(
    fast: Client, sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    rows = "".join(f"line{i}@example.com,{i:05},,\n" for i in range(ROWS))
    text = f"email,zip,none,gone\n{rows}".replace(",", "\t" if "tsv" in name else ",").encode()
    path = written(tmp_path / name, gzip.compress(text) if name.endswith(".gz") else text)
    for source in (path, str(path)):
        records = sorted(sent(fast, sandbox, source), key=lambda record: record["zip"])
        assert records == [{"email": f"line{i}@example.com", "zip": f"{i:05}"} for i in range(ROWS)]
        sandbox.reset()
    (first, *_) = sent(fast, sandbox, path, columns=["email"], rename={"email": "work"})
    assert first.keys() == {"work"}
    with pytest.raises(ConfigError, match=r"no column 'nope'.*use 'email'"):
        fast.push_contacts("hubspot", path, columns=["nope"])


QUOTED = 'email;phone;note\r\nada@example.com;0041 79;"x, y"\r\n'
AS_SAVED: dict[str, tuple[bytes, dict[str, Any]]] = {
    "semicolons": (QUOTED.encode(), {}),
    "commas": (QUOTED.replace(",", "#").replace(";", ",").replace("#", ",").encode(), {}),
    "tabs": (QUOTED.replace(";", "\t").encode(), {}),
    "bars": (QUOTED.replace(";", "|").encode(), {}),
    "as Excel says": (f"sep=;\r\n{QUOTED}".encode(), {}),
    "marked UTF-8": (QUOTED.encode("utf-8-sig"), {}),
    "marked UTF-16": (QUOTED.encode("utf-16"), {}),
    "old Mac": (QUOTED.replace("\r\n", "\r").encode(), {}),
    "UTF-16 without mark": (QUOTED.encode("utf-16-le"), {"encoding": "utf-16le"}),
    "own delimiter": (QUOTED.replace(";", "~").encode(), {"delimiter": "~"}),
    "windows-1252": (QUOTED.encode("cp1252"), {"encoding": "cp1252"}),
}


@pytest.mark.parametrize(("content", "options"), AS_SAVED.values(), ids=AS_SAVED)
def test_a_table_is_read_as_it_was_saved(
    fast: Client, sandbox: Sandbox, tmp_path: Path, content: bytes, options: dict[str, Any]
) -> None:
    path = written(tmp_path / "people.csv", content)
    assert sent(fast, sandbox, path, **options) == [ADA]
    report = fast.check_contacts("sugarcrm", path, **options)
    assert report.records == 1


def test_a_ragged_row_fails_alone_with_its_line(fast: Client, tmp_path: Path) -> None:
    text = 'email,last_name\na@b.io,A\nb@b.io,B,more\n"c\n@b.io",C\nd@b.io\ne@b.io,E\n'
    report = fast.push_contacts("sugarcrm", written(tmp_path / "people.csv", text))
    messages = {problem.index: problem.message for problem in report.problems}
    assert report.records == 5
    assert "line 3: the row has more values than the header" in messages[1]
    assert "line 6: the row has fewer values than the header" in messages[3]
    assert fast.check_contacts("sugarcrm", tmp_path / "people.csv").records == 5


WRONG_HEADERS = {
    "email,phone,email\na@b.io,1,2\n": "both named 'email'",
    "email,,phone\na@b.io,1,2\n": "column 2 .* has no name",
    ",email\n0,a@b.io\n": "index=False",
    "": "is empty",
    "ada@example.com,Ada\nbob@example.com,Bob\n": "has the e-mail address",
}


@pytest.mark.parametrize(("text", "message"), WRONG_HEADERS.items())
def test_a_header_is_refused_before_anything_is_sent(
    fast: Client, sandbox: Sandbox, tmp_path: Path, text: str, message: str
) -> None:
    path = written(tmp_path / "people.csv", text)
    for call in (fast.push_contacts, fast.check_contacts):
        with pytest.raises(ConfigError, match=message):
            call("hubspot", path)
    assert sandbox.requests() == []


def test_the_index_of_pandas_can_be_left_out(
    fast: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    pd.DataFrame({"email": ["a@b.io"]}).to_csv(tmp_path / "people.csv")
    assert sent(fast, sandbox, tmp_path / "people.csv", columns=["email"]) == [{"email": "a@b.io"}]


def test_bytes_that_are_no_text_are_told_before_anything_is_sent(
    fast: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    rows = "".join(f"line{i}@example.com,Ada\n" for i in range(50_000))
    text = f"email,last_name\n{rows}z@b.io,Zoë\n"
    path = written(tmp_path / "people.csv", text.encode("cp1252"))
    place = text.index("ë")
    with pytest.raises(SourceError, match=rf"byte {place} \(0xEB\) .* option encoding"):
        fast.push_contacts("hubspot", path)
    assert sandbox.requests() == []
    for name in ("cp437", "utf-7"):
        with pytest.raises(ConfigError, match=f"'{name}'.* windows-1250 to .*ibm866.*as utf-8"):
            fast.push_contacts("hubspot", path, encoding=name)
    with pytest.raises(ConfigError, match="encoding is 'klingon'"):
        fast.push_contacts("hubspot", path, encoding="klingon")
    with pytest.raises(ConfigError, match="delimiter is ';;'"):
        fast.push_contacts("hubspot", path, delimiter=";;")


def test_a_quote_that_is_never_closed_is_told_by_its_line(fast: Client, tmp_path: Path) -> None:
    path = written(tmp_path / "people.csv", 'email,n\na@b.io,1\nb@b.io,"2\nc@b.io,3\n')
    with pytest.raises(SourceError, match="line 3, a quote is opened and never closed") as caught:
        fast.push_contacts("hubspot", path)
    assert caught.value.report is not None
    assert caught.value.report.records == 1


@pytest.mark.parametrize("option", [{"delimiter": ";"}, {"encoding": "utf-8"}])
def test_options_of_csv_go_with_csv_alone(
    fast: Client, tmp_path: Path, option: dict[str, str]
) -> None:
    line = written(tmp_path / "people.ndjson", '{"email": "a@b.io"}\n')
    table = pl.DataFrame({"email": ["a@b.io"]})
    people = [{"email": "a@b.io"}]
    for records in (line, people, table, iter(people), pd.DataFrame(people)):
        for call in (fast.push_contacts, fast.check_contacts):
            with pytest.raises(ConfigError, match=ONLY_CSV):
                call("hubspot", records, **option)  # type: ignore[arg-type]


def workbook() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    return content.getvalue()


def parquet() -> bytes:
    content = io.BytesIO()
    pl.DataFrame({"email": ["a@b.io"] * 5_000}).write_parquet(content)
    return content.getvalue()


def arrow() -> bytes:
    content = io.BytesIO()
    pl.DataFrame({"email": ["a@b.io"] * 5_000}).write_ipc(content)
    return content.getvalue()


OTHERS = {
    "read_parquet": parquet(),
    r"pandas\.read_feather or polars\.read_ipc": arrow(),
    r"pandas\.read_pickle": pickle.dumps([{"email": "a@b.io"}] * 10, protocol=2),
    "a pickle": pickle.dumps([{"email": "a@b.io"}] * 10, protocol=0),
    "is a JSON array": b'["email", "a@b.io"]',
    "read_excel": workbook(),
    "PDF": b"%PDF-1.7\n1 0 obj\n",
    "no text": bytes(range(256)) * 50,
    "neither JSON lines": b"a list of words\nin lines\n",
}


@pytest.mark.parametrize("name", ["people.parquet", "people", "people.csv", "people.ndjson"])
@pytest.mark.parametrize(("what", "content"), OTHERS.items(), ids=OTHERS)
def test_a_file_of_another_format_is_one_error(
    fast: Client, sandbox: Sandbox, tmp_path: Path, name: str, what: str, content: bytes
) -> None:
    if what.startswith(("neither", "is a JSON")) and "." in name and "parquet" not in name:
        pytest.skip("its name says that it is text")
    for stored in (content, gzip.compress(content)):
        path = written(tmp_path / name, stored)
        for call in (fast.push_contacts, fast.check_contacts):
            with pytest.raises(ConfigError, match=what):
                call("hubspot", path)
    assert sandbox.requests() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", b"email,n\na@b.io,1\n"), ("a.jsonl", b'{"email":"a@b.io","n":"1"}\n')],
)
def test_what_comes_after_the_end_of_gzip(
    fast: Client, sandbox: Sandbox, tmp_path: Path, name: str, text: bytes
) -> None:
    record = {"email": "a@b.io", "n": "1"}
    zipped = gzip.compress(text)
    path = tmp_path / f"{name}.gz"
    # As Python's gzip reads them.
    for padding in (b"\0", bytes(100_000), bytes(600) + gzip.compress(b"") + bytes(3)):
        assert sent(fast, sandbox, written(path, zipped + padding)) == [record]
        sandbox.reset()
    more = gzip.compress(text.removeprefix(b"email,n\n").replace(b"a@", b"b@"))
    assert len(sent(fast, sandbox, written(path, zipped + bytes(512) + more))) == 2
    for garbage in (b"garbage", b"x", bytes(70_000) + b"\x1f\x8c", b"\x1f\x8bx" * 9):
        sandbox.reset()
        with pytest.raises(SourceError, match="gzip") as caught:
            fast.push_contacts("sugarcrm", written(path, zipped + garbage))
        assert "cut off" not in str(caught.value)
        assert caught.value.report is not None
        assert caught.value.report.pushed == 1


@pytest.mark.parametrize("place", [8, 24])
def test_nul_is_told_by_its_place(
    fast: Client, sandbox: Sandbox, tmp_path: Path, place: int
) -> None:
    text = bytearray(b"email,n\na@b.io,1\nb@b.io,1\n")
    text[place] = 0
    with pytest.raises(SourceError, match=f"from byte {place} on it has NUL"):
        fast.push_contacts("hubspot", written(tmp_path / "a.csv", bytes(text)))
    text[0] = 0
    with pytest.raises(ConfigError, match="is no text"):
        fast.push_contacts("hubspot", written(tmp_path / "a.csv", bytes(text)))
    assert sandbox.requests() == []


def test_a_folder_is_one_error(fast: Client, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a folder"):
        fast.push_contacts("hubspot", tmp_path)


def test_text_with_another_name_is_known_by_its_first_line(
    fast: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "people.txt"
    for text in ('{"email": "a@b.io", "n": "1"}\n', "email\tn\na@b.io\t1\n", "email;n\na@b.io;1"):
        assert sent(fast, sandbox, written(path, text)) == [{"email": "a@b.io", "n": "1"}]
        sandbox.reset()
    with pytest.raises(TypeError, match=r"\.csv"):
        fast.push_contacts("hubspot", str(path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_of_csv_is_read_as_it_comes(fast: Client, sandbox: Sandbox, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    os.mkfifo(path)
    rows = "".join(f"line{i}@example.com;{i}\n" for i in range(ROWS))
    writer = threading.Thread(target=path.write_text, args=(f"email;n\n{rows}",))
    writer.start()
    assert len(sent(fast, sandbox, path)) == ROWS
    writer.join()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_a_pipe_gave_before_it_broke_is_sent(fast: Client, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    os.mkfifo(path)
    rows = "".join(f"line{i}@example.com,{i}\n" for i in range(ROWS))
    content = f"email,n\n{rows}".encode() + b"Zo\xeb,1\n"
    writer = threading.Thread(target=path.write_bytes, args=(content,))
    writer.start()
    with pytest.raises(SourceError, match=r"\(0xEB\) is not UTF-8") as caught:
        fast.push_contacts("sugarcrm", path)
    writer.join()
    assert caught.value.report is not None
    assert caught.value.report.records == ROWS


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_what_came_before_a_binary_part_is_sent(fast: Client, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    os.mkfifo(path)
    rows = "".join(f"line{i}@example.com,{i}\n" for i in range(5_000))
    content = f"email,n\n{rows}".encode() + b"\0\0,1\n" * 1_000
    writer = threading.Thread(target=path.write_bytes, args=(content,))
    writer.start()
    with pytest.raises(SourceError, match=r"it has NUL, .* Save it as CSV again") as caught:
        fast.push_contacts("sugarcrm", path)
    writer.join()
    assert caught.value.report is not None
    assert caught.value.report.records == 5_000


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


# Each example is a file and a push.
@settings(max_examples=30)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), max_size=20),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_python_writes_arrives(
    session_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    delimiter: str,
    quoting: Any,
    encoding: str,
) -> None:
    path = tmp_path_factory.getbasetemp() / "property.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=quoting)
        writer.writerow(("number", "one", "two"))
        writer.writerows((number, *row) for number, row in enumerate(rows))
    session_sandbox.reset()
    with session_sandbox.client(rate_limit=False) as client:
        records = sent(client, session_sandbox, path, delimiter=delimiter)
    wanted = [
        {"number": str(number)}
        | {name: cell for name, cell in (("one", one), ("two", two)) if cell}
        for number, (one, two) in enumerate(rows)
    ]
    assert sorted(records, key=lambda record: int(record["number"])) == wanted


def test_a_csv_file_arrives_by_the_async_client(sandbox: Sandbox, tmp_path: Path) -> None:
    import asyncio

    path = written(tmp_path / "people.csv", "email\n" + "a@example.com\n" * ROWS)

    async def push() -> graph8_crm.PushReport:
        async with sandbox.async_client(rate_limit=False) as client:
            return await client.push_contacts("sugarcrm", path)

    assert asyncio.run(push()).records == ROWS
