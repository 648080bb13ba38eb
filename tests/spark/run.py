"""Runs the tests of this folder with PySpark, in an environment of its own that is made once: run
by `make test-spark`, with graph8_crm built in bindings-python/python. It needs Java 17 or later."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FOLDER = ROOT / ".spark"
PACKAGE = ROOT / "bindings-python" / "python"
LOCAL = ("test_writes.py", "test_streams.py")


def make(requirements: Path, folder: Path) -> Path:
    """The environment's Python; made anew where the requirements are others."""
    python = folder / "bin" / "python"
    stamp = folder / "made.txt"
    wanted = "\n".join((sys.version, requirements.read_text()))
    if not (stamp.is_file() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", requirements], check=True)
        stamp.write_text(wanted)
    return python


def environment(python: Path) -> dict[str, str]:
    """What Spark's own processes are started with, on this machine alone."""
    hidden = ("G8_", "GRAPH8_", "SPARK_", "PYSPARK_", "VIRTUAL_ENV")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return kept | {
        "PYTHONPATH": str(PACKAGE),
        "PYSPARK_PYTHON": str(python),
        "SPARK_LOCAL_IP": "127.0.0.1",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--local", action="store_true", help="leave out Connect and the cluster")
    parser.add_argument("--only", nargs="*", help="files of this folder")
    given, arguments = parser.parse_known_args()
    if shutil.which("java") is None:
        sys.exit("test-spark needs Java 17 or later: there is no java on the path")
    python = make(HERE / "requirements.txt", FOLDER / "venv")
    files = [HERE / name for name in given.only or (LOCAL if given.local else ["."])]
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, *files]
    sys.exit(subprocess.run(command, cwd=HERE, env=environment(python)).returncode)


if __name__ == "__main__":
    main()
