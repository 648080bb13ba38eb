"""Ray: a task that dies while the driver reads its blocks, and a push that is started again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import ray
from conftest import COUNT, assert_each_once, load, rows

import graph8_crm
from graph8_crm import Sandbox


@pytest.fixture
def cluster() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.usefixtures("cluster")
def test_ray_is_read_by_one_pusher(sandbox: Sandbox, journals: Path, tmp_path: Path) -> None:
    died, broken = tmp_path / "died-once", tmp_path / "broken-once"

    def block(batch: dict[str, Any]) -> dict[str, Any]:
        emails = set(batch["email"])
        if f"person{COUNT // 4}@example.com" in emails and not died.exists():
            died.touch()
            os._exit(1)
        return batch

    class Dataset:
        """The first time it is read, the driver fails in the middle."""

        def iter_batches(self, **given: Any) -> Iterator[Any]:
            data = ray.data.from_items(rows()).repartition(8).map_batches(block)
            for number, batch in enumerate(data.iter_batches(**given)):
                if number == 1 and not broken.exists():
                    broken.touch()
                    raise RuntimeError("the driver's query was cancelled")
                yield batch

    recipe: Any = load("ray", tmp_path)
    with pytest.raises(RuntimeError, match="cancelled"):
        recipe.push(Dataset())
    report = recipe.push(Dataset())
    assert died.exists()
    assert broken.exists()
    assert (report.pushed, report.pushed_before) == (COUNT, COUNT // 2)
    assert graph8_crm.journal_status(journals / "contacts.journal").runs == 2
    assert_each_once(sandbox)
