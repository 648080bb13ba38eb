"""Runs the recipes of docs/recipes with their frameworks: run by `make test-recipes`, with
graph8_crm built in bindings-python/python and graph8-crm in bindings-node/dist. The frameworks want
versions of libraries that do not go together, so each of requirements/ is an environment of its
own, made once, for the test file of the same name; a .json of that name has what it wants of
Node."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from environments import make, make_node, variables

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
    every = sorted(path.stem for path in (HERE / "requirements").glob("*.txt"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="environments, by the names of their files")
    names = parser.parse_args().names or every
    if unknown := set(names).difference(every):
        parser.error(f"there is no {', '.join(sorted(unknown))}: choose among {', '.join(every)}")
    failed = []
    for name in names:
        python = make(HERE / "requirements" / f"{name}.txt", FOLDER / name)
        more = {}
        package = HERE / "requirements" / f"{name}.json"
        if package.exists():
            more["NODE_MODULES"] = str(make_node(package, FOLDER / f"{name}-node"))
        command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_{name}.py"]
        done = subprocess.run(command, cwd=HERE, env=variables(**QUIET, **more))
        print(f"{name}: {'passed' if done.returncode == 0 else 'FAILED'}", flush=True)
        if done.returncode != 0:
            failed.append(name)
    if failed:
        sys.exit(f"recipes: failed in {', '.join(failed)}")
    print(f"recipes: all passed in {', '.join(names)}")


if __name__ == "__main__":
    main()
