"""Inputs and options that the public functions take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, ClassVar, Protocol, TypeAlias

from ._options import CheckOptions as CheckOptions
from ._options import ClientOptions as ClientOptions
from ._options import Graph8CompaniesQuery as Graph8CompaniesQuery
from ._options import Graph8ContactsQuery as Graph8ContactsQuery
from ._options import ListPushOptions as ListPushOptions
from ._options import PushOptions as PushOptions
from ._typed import TypedRecord


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


class _AttrsObject(Protocol):
    __attrs_attrs__: ClassVar[Any]


class _Struct(Protocol):
    __struct_fields__: ClassVar[tuple[str, ...]]


class _Model(Protocol):
    def model_dump(self, *args: Any, **kwargs: Any) -> dict[str, Any]: ...


class _NamedTuple(Protocol):
    # Checkers know it of each named tuple, while `_fields` counts as private to some.
    def _asdict(self) -> dict[str, Any]: ...


class _Row(Protocol):
    def keys(self) -> Any: ...
    def __getitem__(self, key: Any, /) -> Any: ...


class _ArrowStream(Protocol):
    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any: ...


class _ArrowArray(Protocol):
    def __arrow_c_array__(self, requested_schema: Any = None) -> Any: ...


class _Frame(Protocol):
    @property
    def iloc(self) -> Any: ...


class StopFlag(Protocol):
    """What tells a push to stop: a `threading.Event`, an `asyncio.Event`, or alike."""

    def is_set(self) -> bool:
        """Whether the push is to stop; asked on the thread or event loop of the push."""
        ...


Record: TypeAlias = (
    Mapping[str, object]
    | TypedRecord
    | _Dataclass
    | _AttrsObject
    | _Struct
    | _Model
    | _NamedTuple
    | _Row
)
"""A contact or company in the CRM's own field names.

A mapping; a record of `graph8_crm.hubspot` and the like; a dataclass, attrs or pydantic object (by
alias), a `NamedTuple`, a `msgspec.Struct`, or a row of a query (anything with `keys()`).

Values are `str`, `int`, `float`, `bool`, `None`, `datetime` (RFC 3339; a naive one without zone),
`date`, `time`, `timedelta` (seconds), `Decimal` (a number, digits as written), `UUID`, `Enum` (its
value), numpy scalars and arrays, and lists, tuples and objects of these. NaN and infinities travel
as null, unless `nan="error"`; `NaT` and `pandas.NA` always do.
"""


class _SparkFrame(Protocol):
    def toArrow(self) -> Any: ...  # noqa: N802


class _Dataset(Protocol):
    def scanner(self) -> Any: ...


class _Scanner(Protocol):
    def to_reader(self) -> Any: ...


Table: TypeAlias = _ArrowStream | _ArrowArray | _Frame | _SparkFrame | _Dataset | _Scanner
"""Columns: a data frame or a query's result of pandas, polars, pyarrow, DuckDB, Spark or any other
library that gives Arrow data."""

Records: TypeAlias = Iterable[Record | Table] | Table | PathLike[str] | str
"""What a push takes its records from: an iterable of `Record`, of `Table`, or of both, read one
after the other; one `Table`; or the path of an NDJSON,
CSV or TSV file, gzipped or not (as `str` its name ends in `.ndjson`, `.jsonl`, `.csv` or `.tsv`,
maybe with `.gz`). The header of a CSV file has the names of the fields, every value is text, and an
empty cell is no field."""


@dataclass(frozen=True, slots=True)
class ListChange:
    """Adds contacts to one list of the CRM and removes others, by the CRM's ids or by e-mail.

    Applying the same change twice has no further effect. Names and addresses are looked up in the
    CRM first; a change of which one fits nothing, or several, fails as a whole.
    """

    list_id: str | int | None = None
    """The list's id in the CRM; None where `list_name` names it."""
    add: Sequence[str | int] = ()
    """Ids of the contacts to add."""
    remove: Sequence[str | int] = ()
    """Ids of the contacts to remove."""
    list_name: str | None = field(default=None, kw_only=True)
    """The list's name in the CRM, which must be the name of one list."""
    add_emails: Sequence[str] = field(default=(), kw_only=True)
    """E-mail addresses of contacts to add, each the address of one contact."""
    remove_emails: Sequence[str] = field(default=(), kw_only=True)
    """E-mail addresses of contacts to remove, each the address of one contact."""

    def to_dict(self) -> dict[str, object]:
        """The change as it goes to the core."""
        named: dict[str, object] = {"list_id": self.list_id, "list_name": self.list_name}
        emails = {"add_emails": self.add_emails, "remove_emails": self.remove_emails}
        return {
            **{name: value for name, value in named.items() if value is not None},
            "add": self.add,
            "remove": self.remove,
            **{name: value for name, value in emails.items() if value},
        }
