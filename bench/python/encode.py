"""Dicts to JSON, without a request: ours into the buffer that a push sends from."""

from __future__ import annotations

import gc
import json
import time

import contacts
import orjson
from measure import Column, Row, Table, arguments, hand_over, in_turns

from graph8_crm import _graph8_crm as native

CHUNK = 100
OURS = "graph8_crm"
ENCODERS = {
    OURS: native.NativeEncoder().records,
    "orjson": orjson.dumps,
    "json": lambda value: json.dumps(value).encode(),
}


def main() -> None:
    given = arguments(records=1_000_000, rounds=5)
    records = contacts.make(given.records)
    chunks = [records[start : start + CHUNK] for start in range(0, given.records, CHUNK)]
    rows = {name: Row(name, None if name == OURS else OURS) for name in ENCODERS}
    as_json = len(orjson.dumps(chunks[0])) - len("[]")
    assert ENCODERS[OURS](chunks[0]) == as_json, "not the same JSON"
    gc.collect()
    gc.freeze()
    for name in in_turns(list(ENCODERS), given.rounds):
        encode = ENCODERS[name]
        gc.collect()
        started = time.perf_counter()
        for chunk in chunks:
            encode(chunk)
        took = time.perf_counter() - started
        rows[name].samples.append((took / given.records * 1e9,))
    title = f"{given.records:,} dicts to JSON, {CHUNK:,} at a time"
    hand_over(Table(title, [Column("ns/record")], list(rows.values())))


if __name__ == "__main__":
    main()
