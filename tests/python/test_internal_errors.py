"""Bugs of ours, here in what reads Arrow data: one class, with the report where there is one."""

from __future__ import annotations

import asyncio
import ctypes
import pickle
from typing import Any

import pyarrow as pa
import pytest
from conftest import contacts

import graph8_crm
from graph8_crm import Client, Sandbox

N_BUFFERS, CHILDREN = 3 * 8, 6 * 8
"""Where the number of buffers and the pointer to the children stand in an ArrowArray."""
RELEASE = 3
"""Which member of an ArrowArrayStream releases it."""

SCHEMA = pa.schema([("email", pa.string())])
pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
capsule_of = ctypes.pythonapi.PyCapsule_New
capsule_of.restype = ctypes.py_object
capsule_of.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


def without_buffers(array: int) -> None:
    """What the reader takes for impossible: a column of texts with no text."""
    children = ctypes.c_void_p.from_address(array + CHILDREN).value or 0
    column = ctypes.c_void_p.from_address(children).value or 0
    ctypes.c_int64.from_address(column + N_BUFFERS).value = 0


class BrokenArray:
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        batch = pa.RecordBatch.from_pylist(contacts(3), SCHEMA)
        schema, array = batch.__arrow_c_array__(requested_schema)
        without_buffers(pointer_of(array, b"arrow_array"))
        return schema, array


class BrokenStream:
    """A stream whose second batch is broken."""

    def __init__(self) -> None:
        self.batches = 0
        to_int = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        to_text = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
        release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
        self.callbacks: list[Any] = [
            to_int(self.get_schema),
            to_int(self.get_next),
            to_text(self.get_last_error),
            release(self.release),
        ]
        pointers = [ctypes.cast(call, ctypes.c_void_p).value for call in self.callbacks]
        self.struct = (ctypes.c_void_p * 5)(*pointers, None)

    def get_schema(self, _: int, schema: int) -> int:
        SCHEMA._export_to_c(schema)
        return 0

    def get_next(self, _: int, array: int) -> int:
        batch = pa.RecordBatch.from_pylist(contacts(100, start=100 * self.batches), SCHEMA)
        batch._export_to_c(array)
        if self.batches:
            without_buffers(array)
        self.batches += 1
        return 0

    def get_last_error(self, _: int) -> None:
        return None

    def release(self, stream: int) -> None:
        (ctypes.c_void_p * 5).from_address(stream)[RELEASE] = None

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return capsule_of(ctypes.addressof(self.struct), b"arrow_array_stream", None)


def test_a_panic_before_a_push_begins_is_an_internal_error(client: Client) -> None:
    with pytest.raises(graph8_crm.InternalError, match="please report it") as caught:
        client.push_contacts("hubspot", BrokenArray())
    assert caught.value.report is None
    assert not isinstance(caught.value, ValueError)
    assert not caught.value.retryable
    assert client.push_contacts("hubspot", contacts(1)).pushed == 1


@pytest.mark.parametrize("of_async", [False, True], ids=["Client", "AsyncClient"])
def test_a_panic_in_a_source_is_an_internal_error_with_the_report(
    of_async: bool, sandbox: Sandbox
) -> None:
    def push() -> None:
        if of_async:
            asyncio.run(sandbox.async_client().push_contacts("hubspot", BrokenStream()))
        else:
            sandbox.client().push_contacts("hubspot", BrokenStream())

    with pytest.raises(graph8_crm.InternalError, match="please report it") as caught:
        push()
    report = caught.value.report
    assert report is not None
    assert (report.records, report.pushed) == (100, 100)
    assert len(sandbox.records("hubspot", "contacts")) == 100
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (type(copy), str(copy), copy.report) == (type(caught.value), str(caught.value), report)


def test_a_row_of_an_arrow_array_that_is_null_is_no_fault_of_ours(client: Client) -> None:
    rows = pa.array([{"email": "a@example.com"}, None, {"email": "b@example.com"}])
    report = client.push_contacts("hubspot", rows)
    assert (report.pushed, report.failed) == (2, 1)
