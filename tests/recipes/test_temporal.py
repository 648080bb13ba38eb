"""Temporal: an activity that fails in the middle and is tried again, run by its SDK."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from conftest import COUNT, assert_each_once, breaking_once, load
from temporalio.testing import ActivityEnvironment

from graph8_crm import Sandbox


def test_temporal_tries_an_activity_again_without_duplicates(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    recipe: Any = load("temporal", tmp_path)
    read = breaking_once(tmp_path)
    recipe.rows = lambda _table: read()
    beats: list[int] = []

    async def attempt() -> str:
        environment = ActivityEnvironment()
        environment.on_heartbeat = beats.append
        return str(await environment.run(recipe.push_contacts, "contacts"))

    with pytest.raises(RuntimeError, match="the query was cancelled"):
        asyncio.run(attempt())
    told = asyncio.run(attempt())
    assert told.startswith(f"{COUNT} of {COUNT} contacts pushed"), told
    assert beats[-1] == COUNT
    assert_each_once(sandbox)
