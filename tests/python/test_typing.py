"""What a type checker sees is what there is."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest
import typed_use

import graph8_crm
from graph8_crm import Client, EntityType, Provider

MODULE = "graph8_crm._graph8_crm"


def test_the_stub_matches_the_native_module() -> None:
    command = [sys.executable, "-m", "mypy.stubtest", MODULE]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_typed_code_of_a_user_runs(capsys: pytest.CaptureFixture[str]) -> None:
    typed_use.main()
    shown = capsys.readouterr().out
    assert "PushReport(1 companies to hubspot: 1 pushed" in shown
    assert "PushReport(1 lists to hubspot" in shown


def test_all_lists_each_public_name() -> None:
    public = {name for name in vars(graph8_crm) if not name.startswith("_")} | {"__version__"}
    later: dict[str, str] = graph8_crm._LATER  # type: ignore[attr-defined]
    public |= set(later)
    # Imported by its own name alone.
    public.discard("spark")
    assert public == set(graph8_crm.__all__)
    assert [name for name in later if getattr(graph8_crm, name, None) is None] == []


def test_what_not_every_program_uses_is_loaded_when_it_is_used() -> None:
    program = """
import sys, graph8_crm
late = ("dataclasses", "inspect", "asyncio", "logging", "graph8_crm._sources.opening")
early = [name for name in late if name in sys.modules]
print(early, "PushReport" in dir(graph8_crm), graph8_crm.PushReport.__name__)
client = graph8_crm.Client("key")
loaded = set(sys.modules)
client.base_url, graph8_crm.Fields
print(set(sys.modules) - loaded)
"""
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[] True PushReport", "set()"]


def test_literals_name_what_the_core_knows() -> None:
    client = Client("key")
    for alias, call in ((Provider, client.status), (EntityType, None)):
        with pytest.raises(graph8_crm.ConfigError) as caught:
            client.fields("hubspot", "?") if call is None else call("?")  # type: ignore[arg-type]
        for name in get_args(alias):
            assert name in str(caught.value)
