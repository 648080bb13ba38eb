"""Dagster: an asset that fails in the middle and is retried."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster
from conftest import COUNT, assert_each_once, breaking_once, load

from graph8_crm import Sandbox


def test_dagster_retries_without_duplicates(
    sandbox: Sandbox, journals: Path, tmp_path: Path
) -> None:
    recipe: Any = load("dagster", tmp_path)
    recipe.rows = breaking_once(tmp_path)
    done = dagster.materialize(
        [recipe.hubspot_contacts], resources={"graph8": recipe.Graph8(journals=str(journals))}
    )
    assert done.success
    (event,) = done.get_asset_materialization_events()
    told = {name: value.value for name, value in event.materialization.metadata.items()}
    assert told == {"pushed": COUNT, "failed": 0, "unknown": 0, "before": COUNT // 2}
    assert_each_once(sandbox)
