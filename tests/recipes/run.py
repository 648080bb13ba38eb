"""Runs the recipes of docs/recipes with their frameworks: run by `make test-recipes`, with
graph8_crm built in bindings-python/python. The frameworks want versions of libraries that do not go
together, so each of requirements/ is an environment of its own, made once, for the test file of the
same name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from environments import make, variables

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".recipes"
# Frameworks that would tell their makers about it.
QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}


def main() -> None:
    failed = []
    for requirements in sorted((HERE / "requirements").glob("*.txt")):
        name = requirements.stem
        python = make(requirements, FOLDER / name)
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_{name}.py"]
        command += sys.argv[1:]
        done = subprocess.run(command, cwd=HERE, env=variables(**QUIET))
        print(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'}", flush=True)
        if done.returncode != 0:
            failed.append(name)
    if failed:
        sys.exit(f"recipes: failed in {', '.join(failed)}")


if __name__ == "__main__":
    main()
