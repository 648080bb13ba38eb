"""Prefect: a task that fails in the middle and is retried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import COUNT, assert_each_once, breaking_once, load

from graph8_crm import Sandbox


def test_prefect_retries_without_duplicates(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "prefect"))
    from prefect.testing.utilities import prefect_test_harness

    recipe: Any = load("prefect", tmp_path)
    recipe.rows = breaking_once(tmp_path)
    with prefect_test_harness(server_startup_timeout=300):
        told = recipe.nightly()
    assert told.startswith(f"{COUNT} of {COUNT} contacts pushed"), told
    assert_each_once(sandbox)
