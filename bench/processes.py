"""Four Python and four Node processes that share two limits by a file or a Redis, in real time.

Each request is under way for up to 75 ms before the sandbox, which judges strictly, sees it.
`--store` names one of the stores, or a limiter of others (installed beside, see PEERS) that eight
Python processes use by Redis; `--store cost` prints what a request costs more than without a store.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import graph8_crm
from graph8_crm import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
JITTER = 0.075
EACH = 4

PYTHON = """
import sys, graph8_crm
url, store, name, seconds = sys.argv[1:]
client = graph8_crm.Client("g8_sbx_demo", url, rate_limit_store=store)
records = ({"name": name} for _ in range(10_000))
try:
    client.push_companies("pipedrive", records, batch_size=1, deadline=float(seconds))
except graph8_crm.RequestTimeoutError:
    pass
"""
NODE = """
import { Client, RequestTimeoutError } from 'graph8-crm';
const [url, store, name, seconds] = process.argv.slice(1);
const client = new Client({ apiKey: 'g8_sbx_demo', baseUrl: url, rateLimitStore: store });
const records = Array.from({ length: 10_000 }, () => ({ name }));
await client
  .pushCompanies('pipedrive', records, { batchSize: 1, deadlineMs: seconds * 1000 })
  .catch((error) => { if (!(error instanceof RequestTimeoutError)) throw error; });
"""


# Each waits by its limiter, then sends; what it is refused for counts, and is not sent again.
PEER = """
import http.client, json, sys, time
import redis
url, store, name, seconds, per_second, per_minute = sys.argv[1:]
per_second, per_minute = int(per_second), int(per_minute)
server = redis.Redis.from_url(store)
LIMITER
host = url.split("//")[1].split("/")[0]
end = time.monotonic() + float(seconds)
while time.monotonic() < end:
    if not acquire():
        time.sleep(0.01)
        continue
    connection = http.client.HTTPConnection(host)
    body = json.dumps({"records": [{"name": name}]})
    headers = {
        "Content-Type": "application/json",
        "Authorization": "Bearer g8_sbx_demo",
        "Connection": "close",
    }
    connection.request("POST", "/api/v1/crm-syncs/pipedrive/companies/push", body, headers)
    connection.getresponse().read()
    connection.close()
"""
PEERS = {
    "pyrate-limiter": """
from pyrate_limiter import Duration, Limiter, Rate, RedisBucket
rates = [Rate(per_second, Duration.SECOND), Rate(per_minute, Duration.MINUTE)]
limiter = Limiter(RedisBucket.init(rates, server, "bench"))
def acquire():
    return limiter.try_acquire("all", blocking=False)
""",
    "limits": """
from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
limiter = MovingWindowRateLimiter(RedisStorage(store))
second, minute = RateLimitItemPerSecond(per_second), RateLimitItemPerMinute(per_minute)
def acquire():
    # No limit of several: first what is scarce, and a second's slot that was taken in vain is lost.
    return limiter.test(minute, "all") and limiter.hit(second, "all") and limiter.hit(minute, "all")
""",
}


class Line:
    """What is between the processes and the sandbox: each connection's first bytes take a while."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = ""
        self.is_ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True).start()
        self.is_ready.wait()

    async def serve(self) -> None:
        server = await asyncio.start_server(self.carry, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self.is_ready.set()
        await asyncio.Event().wait()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(65_536)
        await asyncio.sleep(random.uniform(0, JITTER))
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        back.write(first)
        await asyncio.gather(copy(reader, back), copy(there, writer))


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionError:
        pass
    writer.close()


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        sys.exit("redis-server is needed: apt-get install redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [program, "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            break
        time.sleep(0.01)
    try:
        yield f"redis://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def place(store: str) -> Iterator[str]:
    if store == "file":
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder, "rate-limit").as_uri()
    else:
        with redis_server() as url:
            yield url


def workers(store: str, limit: tuple[int, int]) -> list[tuple[str, list[str]]]:
    """The name and the command of each process."""
    if store in PEERS:
        script = PEER.replace("LIMITER", PEERS[store])
        return [
            (f"python {number}", [sys.executable, "-c", script, *map(str, limit)])
            for number in range(2 * EACH)
        ]
    return [
        (f"{language} {number}", command)
        for number in range(EACH)
        for language, command in (
            ("python", [sys.executable, "-c", PYTHON]),
            ("node", ["node", "--input-type=module", "--eval", NODE]),
        )
    ]


def unhurried() -> None:
    os.nice(-os.nice(0))


def measure(store: str, window: str, limit: tuple[int, int], seconds: int) -> str:
    per_second, per_minute = limit
    rules = {"window": window, "per_second": per_second, "per_minute": per_minute}
    with graph8_crm.sandbox(rate_limit=rules) as sandbox, place(store) as where:
        line = Line(int(sandbox.url.rsplit(":", 1)[1].split("/")[0]))
        processes = []
        for name, command in workers(store, limit):
            own = command[:-2] if store in PEERS else command
            rest = command[-2:] if store in PEERS else []
            processes.append(
                subprocess.Popen(
                    [*own, line.url, where, name, str(seconds), *rest],
                    cwd=ROOT,
                    preexec_fn=unhurried,
                )
            )
        for process in processes:
            assert process.wait() == 0
        return f"{store}, {figures(sandbox, window, limit, seconds)}"


def figures(sandbox: Sandbox, window: str, limit: tuple[int, int], seconds: int) -> str:
    per_second, per_minute = limit
    requests = sandbox.command("requests")
    refused = sum(request["status"] == 429 for request in requests)
    taken = [request for request in requests if request["status"] != 429]
    allowed = seconds / 60 * per_minute
    names = Counter(
        request["body"]["records"][0]["name"] for request in taken if request["body"] is not None
    )
    fair = len(taken) / (2 * EACH)
    return (
        f"{per_second}/s and {per_minute}/min, {window} windows: {refused} refused, "
        f"{len(taken) / allowed:.1%} of the limit used, "
        f"the least got {min(names.values()) / fair:.2f} of its share"
    )


def cost() -> None:
    """What a call takes with each store, in turns."""
    # As many slots as an account of 1,000 per minute has in its log.
    limit = (1_000, 1_000)
    with graph8_crm.sandbox() as sandbox, place("file") as file, place("redis") as redis:
        stores = {"alone": False, "file": file, "redis": redis}
        clients = {
            name: sandbox.client(rate_limit=limit, rate_limit_store=store)
            for name, store in stores.items()
        }
        taken: dict[str, list[float]] = {name: [] for name in clients}
        for turn in range(950):
            for name, client in clients.items():
                began = time.perf_counter()
                client.list_syncs()
                if turn >= 100:
                    taken[name].append(time.perf_counter() - began)
        alone = statistics.median(taken["alone"])
        for name, times in taken.items():
            median = statistics.median(times)
            print(f"{name}: {median * 1e3:.3f} ms a call, {(median - alone) * 1e3:+.3f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", choices=["file", "redis", *PEERS, "cost"], nargs="+")
    parser.add_argument("--seconds", type=int, default=180)
    arguments = parser.parse_args()
    if os.geteuid() == 0:
        # Network and service do not wait for this machine's other work: theirs is the jitter alone.
        os.nice(-15)
    for store in arguments.store or ["file", "redis"]:
        if store == "cost":
            cost()
            continue
        for limit in ((10, 200), (50, 1_000)):
            for window in ("sliding", "fixed"):
                print(measure(store, window, limit, arguments.seconds), flush=True)


if __name__ == "__main__":
    main()
