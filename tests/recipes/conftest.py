"""The recipes as docs/recipes has them, a sandbox that counts, and a source that breaks once."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from processes import kill_user_of

import graph8_crm
from graph8_crm import Sandbox

RECIPES = Path(__file__).resolve().parents[2] / "docs" / "recipes"
COUNT = 2_000
UNDER_WAY = 4
"""Requests of a push at a time."""


def code_of(name: str) -> str:
    text = (RECIPES / f"{name}.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```(?:python|js)\n(.*?)```", text, re.DOTALL)
    return block


def load(name: str, folder: Path) -> ModuleType:
    """The recipe as a module, in a file of its own: some frameworks read their callers' code."""
    file = folder / f"recipe_{name}.py"
    file.write_text(code_of(name))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def journals(tmp_path: Path) -> Path:
    (tmp_path / "journals").mkdir()
    return tmp_path / "journals"


@pytest.fixture
def sandbox(journals: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with graph8_crm.sandbox(seed=1) as sandbox:
        monkeypatch.setenv("G8_API_KEY", "g8_sbx_demo")
        monkeypatch.setenv("G8_API_URL", sandbox.url)
        monkeypatch.setenv("JOURNALS", str(journals))
        yield sandbox


def rows(count: int = COUNT) -> list[dict[str, str]]:
    return [{"email": f"person{number}@example.com"} for number in range(count)]


def breaking_once(folder: Path) -> Callable[[], Iterator[dict[str, str]]]:
    """A source that fails in its middle when it is read for the first time."""
    flag = folder / "broken-once"

    def read() -> Iterator[dict[str, str]]:
        for number, row in enumerate(rows()):
            if number == COUNT // 2 and not flag.exists():
                flag.touch()
                raise RuntimeError("the query was cancelled")
            yield row

    return read


def assert_each_once(sandbox: Sandbox, unknown: int = 0) -> None:
    """Counted in the CRM, and in what was sent."""
    records = sandbox.records("hubspot", "contacts")
    held = Counter(record["fields"]["email"] for record in records)
    sent = sum(len(request["body"]["records"]) for request in sandbox.requests())
    assert max(held.values()) == 1, "a record was created twice"
    assert COUNT - unknown <= len(held) <= COUNT
    refused = sum(
        len(request["body"]["records"])
        for request in sandbox.requests()
        if request["status"] not in (200, None)
    )
    assert sent - refused == COUNT


def hold_in_the_middle(sandbox: Sandbox) -> None:
    """800 records of the next push are answered; 400 more get into the CRM without an answer."""
    sandbox.fail_next("hold", skip=8, count=UNDER_WAY, after_write=True)


def kill_in_the_middle(sandbox: Sandbox, journal: Path) -> None:
    """Kills who pushes once nothing but what is held is under way."""
    assert kill_user_of(journal, lambda: sandbox.held() == UNDER_WAY)
