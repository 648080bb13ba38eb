"""The columns of a pandas frame: each by its own type, whatever its neighbours are.

What a column is read as depends on its dtype alone, never on what is installed beside pandas, so
that a frame has one encoding everywhere.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Part: TypeAlias = list[object] | tuple[str, bytes, bytes | None] | object
    """Some rows of a column: as Python's values, numpy's or an Arrow stream."""

    Slices: TypeAlias = Callable[[int, int], Part]
    """Gives the rows from one to another, which is left out."""

NUMBERS = ("b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")
"""numpy's kinds of numbers and flags that are read as they lie."""

NO_JSON = "is of the type {}, which has no JSON: convert it, for example with {}, or leave it out"


class FrameColumns(NamedTuple):
    """What the native half checks before anything is sent."""

    names: list[str]
    unnamed: str | None
    """What is wrong with columns that have no text as a name."""
    refused: list[tuple[str, str]]
    """Columns that can't travel, and why."""
    of_arrow: list[tuple[str, object]]
    """Columns of Arrow data, and capsules of their types."""


class Values(Protocol):
    """A column, or a level of an index."""

    dtype: Any
    array: Any

    def to_numpy(self) -> Any: ...


def has_text_name(name: object) -> bool:
    """Whether it is a text that can be a field's name."""
    return isinstance(name, str) and (name.isascii() or _is_unicode(name))


def _is_unicode(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def refusal(dtype: Any) -> str | None:
    """Why columns of that type can't travel, after the column's name."""
    pandas = sys.modules["pandas"]
    if isinstance(dtype, pandas.CategoricalDtype) and dtype.categories is not None:
        return refusal(dtype.categories.dtype)
    if isinstance(dtype, pandas.PeriodDtype):
        return NO_JSON.format(dtype, ".astype(str) or .dt.to_timestamp()")
    if isinstance(dtype, pandas.IntervalDtype):
        return NO_JSON.format(dtype, ".astype(str)")
    if getattr(dtype, "kind", None) == "c":
        return NO_JSON.format(dtype, ".astype(str)")
    return None


def arrow_schema(dtype: Any) -> object:
    """A capsule of an Arrow-backed column's type."""
    arrow = _arrow_type(dtype)
    export = getattr(arrow, "__arrow_c_schema__", None)
    return None if export is None else export()


def _arrow_type(dtype: Any) -> Any:
    kind = getattr(sys.modules["pandas"], "ArrowDtype", None)
    return dtype.pyarrow_dtype if kind is not None and isinstance(dtype, kind) else None


def slices(column: Values, *, nan_is_error: bool) -> Slices:
    """How the column's rows are read."""
    pandas, dtype = sys.modules["pandas"], column.dtype
    if isinstance(dtype, sys.modules["numpy"].dtype):
        return _of_numpy(column.to_numpy(), nan_is_error=nan_is_error)
    array = column.array
    if isinstance(dtype, pandas.DatetimeTZDtype):
        return _of_zone(array)
    if isinstance(dtype, pandas.CategoricalDtype):
        return _of_categories(array)
    if isinstance(dtype, pandas.SparseDtype):
        return _of_sparse(array, nan_is_error=nan_is_error)
    if isinstance(dtype, pandas.StringDtype):
        return _of_texts(array)
    arrow = _arrow_type(dtype)
    if arrow is not None:
        if getattr(arrow, "tz", None) is not None:
            zoned = pandas.DatetimeTZDtype(arrow.unit, arrow.tz)
            return _of_zone(pandas.Series(array).astype(zoned).array)
        exported = _of_arrow(array)
        if exported is not None:
            return exported
    elif (kind := _kind(getattr(dtype, "numpy_dtype", None))) in NUMBERS:
        return _of_masked(array, kind)
    return lambda start, end: list(array[start:end])


def _kind(dtype: Any) -> str | None:
    """The kind of numpy's values, without the order of their bytes."""
    return None if dtype is None else dtype.str[1:]


def _of_numpy(values: Any, *, nan_is_error: bool) -> Slices:
    dtype = values.dtype
    if dtype.kind == "O":
        return _of_objects(values, nan_is_error=nan_is_error)
    kind = cast("str", _kind(dtype))
    if kind not in NUMBERS and dtype.kind not in "mM":
        return lambda start, end: list(values[start:end])
    native = dtype.newbyteorder("=")
    return lambda start, end: (kind, values[start:end].astype(native).tobytes(), None)


def _of_objects(values: Any, *, nan_is_error: bool) -> Slices:
    infer = sys.modules["pandas"].api.types.infer_dtype
    if nan_is_error and infer(values, skipna=True) == "string":
        # A column of texts, as pandas 3 sees by itself: NaN stands for a missing text.
        return lambda start, end: [
            None if isinstance(value, float) else value for value in values[start:end].tolist()
        ]
    return lambda start, end: values[start:end].tolist()


def _of_masked(array: Any, kind: str) -> Slices:
    # Read a slice at a time: a copy of the column would take as much memory again.
    dtype = sys.modules["numpy"].dtype(kind)
    zero = dtype.type(0)

    def part(start: int, end: int) -> Part:
        rows = array[start:end]
        values = rows.to_numpy(dtype=dtype, na_value=zero).tobytes()
        return kind, values, rows.isna().tobytes()

    return part


def _of_zone(array: Any) -> Slices:
    kind = f"zoned[{array.unit}]"

    def part(start: int, end: int) -> Part:
        rows = array[start:end]
        utc, local = rows.tz_convert(None), rows.tz_localize(None)
        return kind, utc.asi8.tobytes(), local.asi8.tobytes()

    return part


def _of_categories(array: Any) -> Slices:
    numpy = sys.modules["numpy"]
    categories = array.categories
    found = numpy.empty(len(categories) + 1, dtype=object)
    # A value without a category has the code -1, which is the last place.
    found[:-1] = _objects(categories)
    codes = array.codes
    return lambda start, end: found[codes[start:end]].tolist()


def _objects(column: Any) -> list[object]:
    """The values one by one, those of numpy as numpy's where its width counts."""
    is_single = column.dtype.kind == "f" and column.dtype.itemsize < 8
    return list(column.to_numpy()) if is_single else column.tolist()


def _of_sparse(array: Any, *, nan_is_error: bool) -> Slices:
    numpy = sys.modules["numpy"]

    def part(start: int, end: int) -> Part:
        rows = numpy.asarray(array[start:end])
        return _of_numpy(rows, nan_is_error=nan_is_error)(0, len(rows))

    return part


def _of_texts(array: Any) -> Slices:
    if array.dtype.storage != "python":
        exported = _of_arrow(array)
        if exported is not None:
            return exported

    def part(start: int, end: int) -> Part:
        rows: list[object] = array[start:end].to_numpy(dtype=object, na_value=None).tolist()
        return rows

    return part


def _of_arrow(array: Any) -> Slices | None:
    """As Arrow's values, if pyarrow is new enough to hand a column over."""
    chunks = array.__arrow_array__()
    if not hasattr(chunks, "__arrow_c_stream__"):
        return None
    return lambda start, end: chunks[start:end].__arrow_c_stream__()
