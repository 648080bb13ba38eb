"""A sandbox in a process of its own, so that memory and file handles here are the client's."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).resolve().parents[2]


class SandboxProcess:
    def __init__(self, *arguments: str) -> None:
        command = ["cargo", "run", "--quiet", "--release", "--locked", "--package"]
        self.process = subprocess.Popen(
            [*command, "graph8-sandbox", "--", "--until-stdin-closes", *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout
        whereabouts = json.loads(self.process.stdout.readline())
        self.url: str = whereabouts["url"]
        self.api_key: str = whereabouts["api_key"]

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def command(self, do: str, **arguments: object) -> Any:
        body = json.dumps({"do": do, **arguments}).encode()
        with urlopen(Request(f"{self.url}/_sandbox", data=body, method="POST")) as answer:
            return json.load(answer)

    def held(self, provider: str = "hubspot") -> Counter[str]:
        """How often the CRM holds a contact of each e-mail."""
        records = self.command("records", provider=provider, entity="contacts")
        return Counter(record["fields"]["email"] for record in records)

    def statuses(self) -> Counter[int | None]:
        """The answers given so far."""
        return Counter(request["status"] for request in self.command("requests"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.communicate()
