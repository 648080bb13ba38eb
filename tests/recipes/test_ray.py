"""Ray: tasks that fail, and one pusher."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import COUNT, assert_each_once, load, rows
from ray import data

from graph8_crm import Sandbox


def test_ray_is_read_by_one_pusher(sandbox: Sandbox, tmp_path: Path) -> None:
    flag = str(tmp_path / "broken-once")

    def batch(rows: Any) -> Any:
        from pathlib import Path

        if f"person{COUNT // 2}@example.com" in set(rows["email"]) and not Path(flag).exists():
            Path(flag).touch()
            raise RuntimeError("a task failed")
        return rows

    recipe: Any = load("ray", tmp_path)
    dataset = data.from_items(rows(), override_num_blocks=4).map_batches(batch)
    with pytest.raises(Exception, match="a task failed"):
        recipe.push(dataset)
    report = recipe.push(dataset)
    assert report.pushed == COUNT
    assert_each_once(sandbox)
