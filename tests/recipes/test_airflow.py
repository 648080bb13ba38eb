"""Airflow: mapped tasks, one of which fails in the middle and is retried."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import COUNT, assert_each_once, code_of

import graph8_crm
from graph8_crm import Sandbox

SOURCE = f"""
import pathlib

def rows(part):
    flag = pathlib.Path(os.environ["AIRFLOW_HOME"], "broken-once")
    for number in range(part, {COUNT}, 2):
        if part == 1 and number > {COUNT // 2} and not flag.exists():
            flag.touch()
            raise RuntimeError("the query was cancelled")
        yield {{"email": f"person{{number}}@example.com"}}

if __name__ == "__main__":
    print("the run is", sync.test().state)
"""


def test_airflow_retries_a_mapped_task_without_duplicates(
    sandbox: Sandbox, journals: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "airflow"
    (home / "dags").mkdir(parents=True)
    for name, value in {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }.items():
        monkeypatch.setenv(name, value)
    dag = home / "dags" / "nightly.py"
    dag.write_text(code_of("airflow") + SOURCE)
    airflow = [sys.executable, "-m", "airflow"]
    for command in ([*airflow, "db", "migrate"], [sys.executable, str(dag)]):
        done = subprocess.run(command, cwd=home, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "the run is success" in done.stdout, done.stdout + done.stderr
    runs = sorted(graph8_crm.journal_status(file).runs for file in journals.glob("*.journal"))
    assert runs == [1, 2]
    assert_each_once(sandbox)
