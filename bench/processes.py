"""Four Python and four Node processes that share two limits by a file: three minutes of real time.

Each request is under way for up to 75 ms before the sandbox, which judges strictly, sees it.
"""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

import graph8_crm
from graph8_crm import Sandbox

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 180
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


def measure(window: str, per_second: int, per_minute: int) -> str:
    limit = {"window": window, "per_second": per_second, "per_minute": per_minute}
    with graph8_crm.sandbox(rate_limit=limit) as sandbox, tempfile.TemporaryDirectory() as folder:
        line = Line(int(sandbox.url.rsplit(":", 1)[1].split("/")[0]))
        store = Path(folder, "rate-limit").as_uri()
        commands = [
            [*command, line.url, store, f"{language} {number}", str(SECONDS)]
            for number in range(EACH)
            for language, command in (
                ("python", [sys.executable, "-c", PYTHON]),
                ("node", ["node", "--input-type=module", "--eval", NODE]),
            )
        ]
        for process in [subprocess.Popen(command, cwd=ROOT) for command in commands]:
            assert process.wait() == 0
        return figures(sandbox, window, per_second, per_minute)


def figures(sandbox: Sandbox, window: str, per_second: int, per_minute: int) -> str:
    requests = sandbox.command("requests")
    refused = sum(request["status"] == 429 for request in requests)
    taken = [request for request in requests if request["status"] != 429]
    allowed = SECONDS // 60 * per_minute
    names = Counter(
        request["body"]["records"][0]["name"] for request in taken if request["body"] is not None
    )
    fair = len(taken) / (2 * EACH)
    return (
        f"{per_second}/s and {per_minute}/min, {window} windows: {refused} refused, "
        f"{len(taken) / allowed:.1%} of the limit used, "
        f"the least got {min(names.values()) / fair:.2f} of its share"
    )


def main() -> None:
    for limit in ((10, 200), (50, 1_000)):
        for window in ("sliding", "fixed"):
            print(measure(window, *limit), flush=True)


if __name__ == "__main__":
    main()
