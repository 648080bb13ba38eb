"""Sequences of results that are tables to other libraries and to a notebook."""

from __future__ import annotations

import functools
import operator
import re
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    NamedTuple,
    TypeAlias,
    TypeVar,
    cast,
    overload,
)

from .. import _graph8_crm as native
from .._json import write_with_records
from . import html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
Kind: TypeAlias = Literal["int", "number", "bool", "text", "ints", "texts"]
REPR_ROWS = 20
REPR_WIDTH = 160


class Column(NamedTuple):
    """A column of a table of results."""

    name: str
    kind: Kind
    value: Callable[[Any], Any]
    is_shown: bool = True
    """Whether a notebook shows it. Records are customers' data: it does not show them."""


def column(name: str, kind: Kind, of: str | Callable[[Any], Any] = "") -> Column:
    """A column out of an attribute, or of what a function makes of the row."""
    value = operator.attrgetter(of or name) if isinstance(of, str) else of
    return Column(name, kind, value)


def json_column(name: str) -> Column:
    """An attribute as JSON text."""

    def text(row: object) -> str | None:
        value = getattr(row, name)
        return None if value is None else write_with_records(value)

    return Column(name, "text", text, is_shown=False)


# No subclass of Sequence: polars would make a table of the Python objects, one by one.
class ResultTable(Generic[T]):
    """An immutable sequence of results, which table libraries take as it is.

    It has the interface of a tuple, equals a tuple or list of the same results, and hands its rows
    over as Arrow: `polars.DataFrame(report.problems)`, `pyarrow.table(report.problems)`,
    `duckdb.sql("from problems")`. docs/notebook.md has the columns.
    """

    __slots__ = ("_of", "_rows", "_source")

    def __init__(
        self,
        of: type[T],
        rows: Iterable[T] = (),
        source: Callable[..., object] | None = None,
    ) -> None:
        self._of = of
        self._rows = tuple(rows)
        # The native half makes tables of many rows without their Python objects.
        self._source = source

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows as an Arrow stream, in a capsule (the Arrow PyCapsule interface).

        The schema is always the table's own; a requested one is left to its reader to cast to.
        """
        if self._source is not None:
            return self._source()
        return table_of(self._columns, self._rows)

    @property
    def _columns(self) -> tuple[Column, ...]:
        return cast("tuple[Column, ...]", self._of._columns)  # type: ignore[attr-defined]  # noqa: SLF001

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[T]:
        return iter(self._rows)

    def __reversed__(self) -> Iterator[T]:
        return reversed(self._rows)

    def __contains__(self, item: object) -> bool:
        return item in self._rows

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> ResultTable[T]: ...
    def __getitem__(self, index: int | slice) -> T | ResultTable[T]:
        if isinstance(index, slice):
            return ResultTable(self._of, self._rows[index])
        return self._rows[index]

    def __add__(self, other: object) -> ResultTable[T]:
        if not isinstance(other, ResultTable | tuple | list):
            return NotImplemented
        return ResultTable(self._of, (*self._rows, *cast("Iterable[T]", other)))

    def selected(self, is_wanted: Callable[[T], bool], *arguments: object) -> ResultTable[T]:
        """The rows that are wanted; the arguments tell the native half which those are."""
        source = None if self._source is None else functools.partial(self._source, *arguments)
        return ResultTable(self._of, filter(is_wanted, self._rows), source)

    def index(self, row: T) -> int:
        """The place of a row.

        Raises:
            ValueError: It is not among these.
        """
        return self._rows.index(row)

    def count(self, row: T) -> int:
        """How often a row is among these."""
        return self._rows.count(row)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ResultTable | tuple | list):
            return NotImplemented
        return self._rows == tuple(cast("Iterable[object]", other))

    def __hash__(self) -> int:
        return hash(self._rows)

    def __reduce__(self) -> tuple[Any, ...]:
        return ResultTable, (self._of, self._rows)

    def __repr__(self) -> str:
        lines = [cut(repr(row)) for row in self._rows[:REPR_ROWS]]
        more = len(self) - len(lines)
        if more:
            lines.append(f"… and {more:,} more")
        if len(lines) < 2:
            return f"({lines[0]},)" if lines else "()"
        return "(" + ",\n ".join(lines) + ")"

    def _repr_html_(self) -> str:
        return self.to_html(html.counted(len(self), _words(self._of.__name__)))

    def to_html(self, caption: str) -> str:
        """What a notebook shows: the first 20 rows under a caption."""
        shown = [entry for entry in self._columns if entry.is_shown]
        rows = ([entry.value(row) for entry in shown] for row in self._rows[: html.MOST_ROWS])
        return html.page(html.table(caption, [entry.name for entry in shown], rows, len(self)))


def _words(name: str) -> str:
    """`message group` for MessageGroup."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower().replace("crm", "CRM")


def cut(text: str) -> str:
    """A line of a repr."""
    return text if len(text) <= REPR_WIDTH else f"{text[: REPR_WIDTH - 1]}…"


def table_of(columns: Iterable[Column], rows: tuple[Any, ...]) -> object:
    """The rows as an Arrow stream."""
    made: list[tuple[str, str, list[Any]]] = [
        (name, kind, list(map(value, rows))) for name, kind, value, _ in columns
    ]
    return native.table_stream(made)
