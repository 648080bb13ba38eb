"""graph8's own contacts and companies, read page by page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterable
from typing import TYPE_CHECKING, cast

from . import _results as results
from ._events import topics
from ._futures import completed
from ._json import JSONObject  # noqa: TC001 (for those who look up type hints)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from typing import TypeAlias

    from ._graph8_crm import NativeReply, NativeRows

    Row: TypeAlias = JSONObject


class Rows:
    """What rows of both kinds of clients have."""

    __slots__ = ("native",)

    def __init__(self, native: NativeRows) -> None:
        self.native: NativeRows = native

    @property
    def total(self) -> int | None:
        """How many rows there are, as the last page that was read told it; None before."""
        return cast("int | None", self._tally("total"))

    @property
    def rows(self) -> int:
        """Rows that were read, in the reading that began last."""
        return cast("int", self._tally("rows") or 0)

    @property
    def repeated(self) -> int:
        """Rows of that reading that came again and were left out."""
        return cast("int", self._tally("repeated") or 0)

    @property
    def warning(self) -> str | None:
        """After the end: what is odd, if more or fewer rows came than graph8 told; else None."""
        return cast("str | None", self._tally("warning"))

    def _tally(self, name: str) -> object:
        return json.loads(self.native.tally()).get(name)

    def __repr__(self) -> str:
        # Without what was asked for, which may be an address.
        return f"<graph8_crm.{type(self).__name__}>"


class Graph8Rows(Rows, Iterable["Row"]):
    """graph8's own contacts or companies, as `Client.graph8_contacts` gives them.

    An iterable of dicts, read page by page as it goes, each row once by its `id`. Given to a push
    or a check, it is read without Python: ask for `form="graph8"` there. Each reading begins anew,
    and graph8 promises no order.
    """

    __slots__ = ()

    def __iter__(self) -> Iterator[Row]:
        """Reads the rows from the first page on.

        Raises:
            Graph8Error: Subclasses tell why a page can't be read; what may pass by itself was
                repeated before.
        """
        reading = self.native.read(topics())
        while True:
            rows: list[Row] | None = json.loads(results.result_of(reading.next()))
            if rows is None:
                return
            yield from rows


class AsyncGraph8Rows(Rows, AsyncIterable["Row"]):
    """As `Graph8Rows`, of an `AsyncClient`: an async iterable of dicts."""

    __slots__ = ()

    async def __aiter__(self) -> AsyncIterator[Row]:
        """As `Graph8Rows.__iter__`."""
        reading = self.native.read(topics())
        while True:
            reply: NativeReply = await completed(reading.next_async)
            rows: list[Row] | None = json.loads(results.result_of(reply))
            if rows is None:
                return
            for row in rows:
                yield row
