"""Runs the recipes of docs/recipes with their frameworks, in an environment of its own that is made
once: run by `make test-recipes`, with graph8_crm built in bindings-python/python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from environments import make, variables

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".recipes"


def main() -> None:
    python = make(HERE / "requirements.txt", FOLDER / "venv")
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *sys.argv[1:], "."]
    # Frameworks that would tell their makers about it, or keep files at home.
    quiet = {
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
    }
    sys.exit(subprocess.run(command, cwd=HERE, env=variables(**quiet)).returncode)


if __name__ == "__main__":
    main()
