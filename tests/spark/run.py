"""Runs the tests of this folder with PySpark, in an environment of its own that is made once: run
by `make test-spark`, with graph8_crm built in bindings-python/python. It needs Java 17 or later."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from environments import make, variables

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / ".spark"
LOCAL = ("test_writes.py", "test_streams.py")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--local", action="store_true", help="leave out Connect and the cluster")
    parser.add_argument("--only", nargs="*", help="files of this folder")
    given, arguments = parser.parse_known_args()
    if shutil.which("java") is None:
        sys.exit("test-spark needs Java 17 or later: there is no java on the path")
    python = make(HERE / "requirements.txt", FOLDER / "venv")
    files = given.only or (LOCAL if given.local else ["."])
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, *files]
    # On this machine alone, whatever its own Spark is set to.
    environment = variables(
        "SPARK_", "PYSPARK_", PYSPARK_PYTHON=str(python), SPARK_LOCAL_IP="127.0.0.1"
    )
    sys.exit(subprocess.run(command, cwd=HERE, env=environment).returncode)


if __name__ == "__main__":
    main()
