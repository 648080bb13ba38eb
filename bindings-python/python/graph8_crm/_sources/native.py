"""Sources that the native half reads by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._errors import error_from_json
from .._futures import completed
from .feeding import Source

if TYPE_CHECKING:
    from .._graph8_crm import NativePush, NativeReply


class NativeSource(Source):
    """A file, Arrow data or graph8's own rows, which the native half reads."""

    def __init__(self, native_input: object, total: int) -> None:
        super().__init__(total)
        self.native_input = native_input

    def feed(self, push: NativePush) -> None:
        self._note(push.feed_source())

    async def feed_async(self, push: NativePush) -> None:
        reply: NativeReply = await completed(push.feed_source_async, drop=False)
        self._note(reply)

    def _note(self, reply: NativeReply) -> None:
        if reply.error is not None:
            self.error = error_from_json(reply.error, None)

    def not_sent(self, push: NativePush) -> int:  # noqa: ARG002
        # The native half has counted them.
        return 0
