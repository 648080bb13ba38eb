"""A journal of keys: every kind of source carries the key, and no kill makes a record twice."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import dataclasses
import importlib.util
import json
import pickle
import sqlite3
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import graph8_crm
from graph8_crm import AsyncClient, Client, ConfigError, Outcome, PushReport, Sandbox

ROWS: list[dict[str, Any]] = [
    {"id": number, "email": f"p{number}@example.com", "name": f"Person {number}"}
    for number in range(30)
]
OPTIONS: dict[str, Any] = {"columns": ["email"], "rename": {"email": "email"}, "primary_key": "id"}


@dataclasses.dataclass
class Person:
    id: int
    email: str
    name: str


def as_csv(rows: list[dict[str, Any]], folder: Path) -> str:
    path = folder / "rows.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "email", "name"])
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def as_ndjson(rows: list[dict[str, Any]], folder: Path) -> str:
    path = folder / "rows.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def as_generator(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield from rows


SOURCES: dict[str, Callable[[list[dict[str, Any]], Path], Any]] = {
    "dicts": lambda rows, _: rows,
    "generator": lambda rows, _: as_generator(rows),
    "dataclasses": lambda rows, _: [Person(**row) for row in rows],
    "pandas": lambda rows, _: pd.DataFrame(rows),
    "pandas floats": lambda rows, _: pd.DataFrame(rows).astype({"id": "float64"}),
    "pandas objects": lambda rows, _: pd.DataFrame(rows).astype(object),
    "polars": lambda rows, _: pl.DataFrame(rows),
    "arrow": lambda rows, _: pa.Table.from_pylist(rows),
    "csv": as_csv,
    "ndjson": as_ndjson,
}


@pytest.mark.parametrize("today", SOURCES)
def test_every_kind_of_source_has_the_same_keys(
    today: str, sandbox: Sandbox, client: Client, tmp_path: Path
) -> None:
    journal = tmp_path / "keys.journal"
    first = client.push_contacts("hubspot", ROWS[:20], journal=journal, **OPTIONS)
    assert (first.pushed, first.pushed_before, first.changed) == (20, 0, 0)
    source = SOURCES[today](ROWS[::-1], tmp_path)
    report = client.push_contacts("hubspot", source, journal=journal, **OPTIONS)
    assert (report.pushed, report.pushed_before, report.changed) == (30, 20, 0)
    assert [finding.code for finding in report.warnings] == []
    fields = [record["fields"] for record in sandbox.records("hubspot", "contacts")]
    assert len(fields) == 30
    assert all(set(record) == {"email"} for record in fields)


def test_a_journal_that_is_not_there_is_told(
    client: Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for told in (1, 0):
        caplog.clear()
        options = OPTIONS | {"journal": tmp_path / "keys.journal"}
        report = client.push_contacts("hubspot", ROWS, **options)
        assert [finding.code for finding in report.warnings] == ["new_journal"] * told
        logged = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert [f"{tmp_path}/keys.journal was not there" in text for text in logged] == [
            True
        ] * told


def test_a_table_without_the_key_is_refused_before_anything_is_sent(
    sandbox: Sandbox, client: Client, tmp_path: Path
) -> None:
    journal = tmp_path / "keys.journal"
    for source in (pl.DataFrame(ROWS), as_csv(ROWS, tmp_path), pd.DataFrame(ROWS)):
        with pytest.raises(ConfigError, match="there is no column 'Id'"):
            client.push_contacts(
                "hubspot", source, columns=["email"], primary_key="Id", journal=journal
            )
    assert sandbox.requests() == []


def test_what_has_changed_is_kept_merged_and_pickled(client: Client, tmp_path: Path) -> None:
    journal = tmp_path / "keys.journal"
    rows = [{"id": number, "name": f"P{number}", "email": f"p{number}@x.co"} for number in range(4)]
    options: dict[str, Any] = {"primary_key": ["id"], "columns": ["name", "email"]}
    client.push_contacts("pipedrive", rows, journal=journal, **options)
    rows[1]["name"], rows[3]["name"] = "Ada", "Bob"
    report = client.push_contacts("pipedrive", rows, journal=journal, **options)
    assert (report.pushed_before, report.changed, report.requests) == (4, 2, 0)
    changed = report.records_of("changed")
    assert [record["name"] for record in changed] == ["Ada", "Bob"]
    assert pickle.loads(pickle.dumps(report)).records_of("changed") == changed
    both = report.merge(report)
    assert (both.pushed_before, both.changed) == (8, 4)
    assert both.records_of("changed") == changed * 2
    again = client.push_contacts("pipedrive", rows, journal=journal, on_change="push", **options)
    assert (again.pushed, again.pushed_before, again.changed) == (4, 2, 2)
    after = client.push_contacts("pipedrive", rows, journal=journal, **options)
    assert (after.pushed_before, after.changed) == (4, 0)


def test_a_look_into_the_crm_ends_the_doubt_of_yesterday(
    sandbox: Sandbox, client: Client, tmp_path: Path
) -> None:
    journal = tmp_path / "keys.journal"
    sandbox.fail_next("close_after_write", operation="push_contacts")
    report = client.push_contacts("hubspot", ROWS[:3], journal=journal, **OPTIONS)
    assert report.unknown == 3
    status = graph8_crm.journal_status(journal)
    assert (status.primary_key, status.keys, status.unknown) == (("id",), 3, 3)

    there = {record["fields"]["email"] for record in sandbox.records("hubspot", "contacts")}

    async def run() -> PushReport:
        async with AsyncClient("g8_sbx_demo", sandbox.url) as other:
            return await other.push_contacts(
                "hubspot",
                ROWS[2::-1],
                journal=journal,
                resolve_unknown=lambda problem: problem.record["email"] in there,
                **OPTIONS,
            )

    assert asyncio.run(run()).pushed == 3
    report = client.push_contacts("hubspot", ROWS[:3], journal=journal, **OPTIONS)
    assert (report.pushed_before, report.requests) == (3, 0)
    status = graph8_crm.journal_status(journal)
    assert (status.keys, status.pushed, status.unknown, status.runs) == (3, 3, 0, 3)


def test_a_record_that_changed_while_it_was_in_doubt_is_told(
    sandbox: Sandbox, client: Client, tmp_path: Path
) -> None:
    options = OPTIONS | {"journal": tmp_path / "keys.journal", "columns": ["email", "name"]}
    sandbox.fail_next("close_after_write", operation="push_contacts")
    rows = [{"id": n, "email": f"p{n}@x.co", "name": f"P{n}"} for n in range(3)]
    assert client.push_contacts("pipedrive", rows, **options).unknown == 3
    rows[1]["name"] = "Ada"
    report = client.push_contacts("pipedrive", rows, resolve_unknown=lambda _: True, **options)
    assert (report.pushed, report.changed) == (3, 1)
    assert [record["name"] for record in report.records_of("changed")] == ["Ada"]
    report = client.push_contacts("pipedrive", rows, **options)
    assert (report.pushed_before, report.changed) == (3, 1)


def test_a_look_ends_a_doubt_of_yesterday_when_that_run_had_looked(
    sandbox: Sandbox, client: Client, tmp_path: Path
) -> None:
    rows = [{"id": n, "email": f"p{n}@x.co"} for n in range(3)]
    looking = OPTIONS | {
        "skip_existing": True,
        "resolve_unknown": "lookup",
        "resolve_unknown_after": 0,
    }
    for earlier, unknown in ((looking, 0), (OPTIONS, 3)):
        sandbox.reset()
        journal = tmp_path / f"{unknown}.journal"
        sandbox.fail_next("close_after_write", operation="push_contacts")
        if "skip_existing" in earlier:
            # The look before is answered, the one at the end is not.
            sandbox.fail_next("status", status=403, operation="find_contacts", skip=1)
        report = client.push_contacts("hubspot", rows, journal=journal, **earlier)
        assert report.unknown == 3
        report = client.push_contacts("hubspot", rows, journal=journal, **looking)
        assert (report.unknown, report.pushed) == (unknown, 3 - unknown)
        assert len(sandbox.records("hubspot", "contacts")) == 3
        assert graph8_crm.journal_status(journal).unknown == unknown


def test_the_status_tells_what_was_skipped(
    sandbox: Sandbox, client: Client, tmp_path: Path
) -> None:
    sandbox.add_contacts("hubspot", [{"email": "p1@example.com"}])
    journal = tmp_path / "keys.journal"
    client.push_contacts("hubspot", ROWS[:3], journal=journal, skip_existing=True, **OPTIONS)
    status = graph8_crm.journal_status(journal)
    assert (status.keys, status.pushed, status.skipped) == (3, 2, 1)


def test_a_journal_of_keys_is_none_of_places_and_the_other_way_round(
    client: Client, tmp_path: Path
) -> None:
    keyed, placed = tmp_path / "keyed.journal", tmp_path / "placed.journal"
    client.push_contacts("hubspot", ROWS, journal=keyed, **OPTIONS)
    client.push_contacts("hubspot", ROWS[:1], columns=["name"], journal=placed)
    with pytest.raises(ConfigError, match=r'set primary_key to \["id"\]'):
        client.push_contacts("hubspot", ROWS, columns=["email"], journal=keyed)
    with pytest.raises(ConfigError, match="by their places"):
        client.push_contacts("hubspot", ROWS, journal=placed, **OPTIONS)
    with pytest.raises(ConfigError, match="not with lists"):
        client.push_lists("hubspot", [], primary_key="id")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


def test_a_push_of_lists_is_not_told_to_take_a_key(client: Client, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    client.push_contacts(
        "hubspot", [{"id": 1, "email": "a@x.test"}], journal=journal, primary_key="id"
    )
    with pytest.raises(ConfigError, match="knows records by their keys") as refused:
        client.push_lists("hubspot", [{"list_id": 7, "add": [1]}], journal=journal)
    assert "primary_key" not in str(refused.value)
    assert "use another file" in str(refused.value)


def test_a_journal_that_kept_no_identities_goes_on(
    client: Client, sandbox: Sandbox, tmp_path: Path
) -> None:
    journal = tmp_path / "journal"
    options: dict[str, Any] = {
        "columns": ["name", "email"],
        "primary_key": "id",
        "journal": journal,
        "unique": "first",
    }
    rows = [{"id": n, "name": str(n), "email": f"p{n}@x.test"} for n in range(3)]
    client.push_contacts("pipedrive", rows, **options)
    with contextlib.closing(sqlite3.connect(journal)) as file:
        for table in ["batch", "known", "doubt"]:
            file.execute(f"ALTER TABLE {table} DROP COLUMN identities")
        file.commit()
    others = [{"id": n + 3, "name": str(n), "email": f"P{n}@x.test"} for n in range(3)]
    assert client.push_contacts("pipedrive", [*rows, *others], **options).skipped == 3
    new = [{"id": 9, "name": "9", "email": "p9@x.test"}]
    assert client.push_contacts("pipedrive", new, **options).pushed == 1
    twin = [{"id": 8, "name": "8", "email": "P9@x.test"}]
    assert client.push_contacts("pipedrive", [*twin, *new], **options).skipped == 1
    assert len(sandbox.records("pipedrive", "contacts")) == 4


def test_graph8s_rows_are_sent_once(sandbox: Sandbox, client: Client, tmp_path: Path) -> None:
    options: dict[str, Any] = {
        "form": "graph8",
        "primary_key": "id",
        "journal": tmp_path / "keys.journal",
    }
    for before in (0, 247):
        contacts = client.graph8_contacts(list_id=42)
        report = client.push_contacts("hubspot", contacts, **options)
        assert (report.pushed, report.pushed_before, report.failed) == (247, before, 3)
    assert len(sandbox.records("hubspot", "contacts")) == 247


def test_it_holds_no_key(client: Client, tmp_path: Path) -> None:
    journal = tmp_path / "keys.journal"
    options: dict[str, Any] = {"primary_key": "email", "columns": ["email", "id"]}
    report = client.push_contacts("hubspot", [{"email": "canary@x.co"}], journal=journal, **options)
    assert report.outcomes[0] is Outcome.PUSHED
    for file in tmp_path.iterdir():
        assert b"canary" not in file.read_bytes()


def test_it_survives_kills() -> None:
    """A few; `make test-chaos CHECKS=keyed` has fifty."""
    path = Path(__file__).resolve().parents[1] / "chaos" / "keyed.py"
    spec = importlib.util.spec_from_file_location("keyed_kills", path)
    assert spec is not None
    assert spec.loader is not None
    kills = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = kills
    spec.loader.exec_module(kills)
    assert kills.run(seed=3, kills=3).startswith("3 kills")


KEYS: dict[str, tuple[Any, str]] = {
    "whole numbers with gaps": (42.0, "42.0"),
    "fractions": (1.5, "1.5"),
    "flags": (True, "True"),
    "UUIDs": (
        uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff"),
        "6F9619FF-8B86-D011-B42D-00C04FC964FF",
    ),
}


@pytest.mark.parametrize("name", KEYS)
def test_a_key_of_a_csv_file_is_that_of_a_frame_and_of_a_dict(
    name: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    value, cell = KEYS[name]
    path = tmp_path / "rows.csv"
    path.write_text(f"id,email\n{cell},ada@example.com\n")
    dicts = [{"id": value, "email": "ada@example.com"}]
    frames: list[Any] = [dicts, pd.DataFrame(dicts)]
    if not isinstance(value, uuid.UUID):
        frames.append(pl.DataFrame(dicts))
    options = OPTIONS | {"journal": tmp_path / "rows.journal"}
    with sandbox.client() as client:
        assert client.push_contacts("hubspot", str(path), **options).pushed_before == 0
        for frame in frames:
            report = client.push_contacts("hubspot", frame, **options)
            assert (report.pushed, report.pushed_before, report.changed) == (1, 1, 0)
