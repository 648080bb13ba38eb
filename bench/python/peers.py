"""Our clients and the others, those each as a function that posts a batch and gives the answer.

Each imports its library itself, so that the memory of one does not hold the others.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import graph8_crm

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

    from typing_extensions import Self

    Post = Callable[[Any], Any]
    AsyncPost = Callable[[Any], Awaitable[Any]]

T = TypeVar("T")

BATCH = 100
CONCURRENCY = 4
OPTIONS = {"batch_size": BATCH, "concurrency": CONCURRENCY}
AUTHORIZATION = {"Authorization": "Bearer bench"}
HEADERS = {**AUTHORIZATION, "Content-Type": "application/json"}


def push_url(url: str) -> str:
    return f"{url}/api/v1/crm-syncs/hubspot/contacts/push"


def pushed_count(answer: Any) -> int:
    return answer["data"]["pushed_count"]


def batches(records: list[Any], count: int) -> Iterator[list[Any]]:
    """The first `count` records, a batch at a time."""
    return (records[start : min(start + BATCH, count)] for start in range(0, count, BATCH))


def push(post: Post, work: Iterable[Any]) -> int:
    """One batch after the other."""
    return sum(pushed_count(post(batch)) for batch in work)


async def push_async(post: AsyncPost, work: Iterable[Any], concurrency: int = CONCURRENCY) -> int:
    """Some batches at a time."""
    source = iter(work)

    async def sender() -> int:
        arrived = 0
        for batch in source:
            arrived += pushed_count(await post(batch))
        return arrived

    return sum(await asyncio.gather(*(sender() for _ in range(concurrency))))


class Clients:
    """Clients of both kinds, open until the end, and the event loop of the async ones."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._runner = asyncio.Runner()
        self._stack = ExitStack()
        self._async_stack = AsyncExitStack()
        self.ours = graph8_crm.Client("bench", url, rate_limit=False)
        self.ours_async = graph8_crm.AsyncClient("bench", url, rate_limit=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self.run(self._async_stack.aclose())
        self._runner.close()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(coroutine)

    def open(self, peer: Callable[[str], AbstractContextManager[Post]]) -> Post:
        return self._stack.enter_context(peer(self._url))

    def open_async(
        self, peer: Callable[[str], AbstractAsyncContextManager[AsyncPost]]
    ) -> AsyncPost:
        return self.run(self._async_stack.enter_async_context(peer(self._url)))

    def push(self, records: Any) -> int:
        return self.ours.push_contacts("hubspot", records, **OPTIONS).pushed

    def push_async(self, records: Any) -> int:
        return self.run(self.ours_async.push_contacts("hubspot", records, **OPTIONS)).pushed


def with_orjson(post: Post) -> Post:
    """From records to ready bytes; for async clients too."""
    from orjson import dumps

    return lambda records: post(dumps({"records": records}))


@contextmanager
def requests_json(url: str) -> Iterator[Post]:
    import requests

    with requests.Session() as session:
        session.headers.update(AUTHORIZATION)
        yield lambda records: session.post(push_url(url), json={"records": records}).json()


@contextmanager
def httpx_json(url: str) -> Iterator[Post]:
    import httpx

    with httpx.Client(headers=AUTHORIZATION) as client:
        yield lambda records: client.post(push_url(url), json={"records": records}).json()


@contextmanager
def httpx2_json(url: str) -> Iterator[Post]:
    import httpx2

    with httpx2.Client(headers=AUTHORIZATION) as client:
        yield lambda records: client.post(push_url(url), json={"records": records}).json()


@contextmanager
def pyreqwest_bytes(url: str) -> Iterator[Post]:
    from pyreqwest.client import SyncClientBuilder

    with SyncClientBuilder().default_headers(HEADERS).build() as client:
        yield lambda body: client.post(push_url(url)).body_bytes(body).build().send().json()


@contextmanager
def primp_bytes(url: str) -> Iterator[Post]:
    import primp

    with primp.Client(headers=HEADERS) as client:
        yield lambda body: client.post(push_url(url), content=body).json()


@asynccontextmanager
async def aiohttp_bytes(url: str) -> AsyncIterator[AsyncPost]:
    import aiohttp
    import orjson

    async def post(body: bytes) -> Any:
        async with session.post(push_url(url), data=body) as response:
            return orjson.loads(await response.read())

    async with aiohttp.ClientSession(headers=HEADERS) as session:
        yield post


@asynccontextmanager
async def httpx2_json_async(url: str) -> AsyncIterator[AsyncPost]:
    import httpx2

    async def post(records: list[Any]) -> Any:
        return (await client.post(push_url(url), json={"records": records})).json()

    async with httpx2.AsyncClient(headers=AUTHORIZATION) as client:
        yield post


@asynccontextmanager
async def pyreqwest_bytes_async(url: str) -> AsyncIterator[AsyncPost]:
    from pyreqwest.client import ClientBuilder

    async def post(body: bytes) -> Any:
        response = await client.post(push_url(url)).body_bytes(body).build().send()
        return await response.json()

    async with ClientBuilder().default_headers(HEADERS).build() as client:
        yield post


@asynccontextmanager
async def primp_bytes_async(url: str) -> AsyncIterator[AsyncPost]:
    import primp

    async def post(body: bytes) -> Any:
        return (await client.post(push_url(url), content=body)).json()

    async with primp.AsyncClient(headers=HEADERS) as client:
        yield post
