"""Runs the tests of this folder in environments of their own, each with other versions of what
people hold their records in. Environments are made when they are needed and kept: run by
`make test-sources` (all of them) and `make test` (a few), with graph8_crm built in
bindings-python/python."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / ".sources"
PACKAGE = ROOT / "bindings-python" / "python"
TOOLS = ("pytest==9.2.0", "pytest-timeout==2.4.0")
LEAN = ("minimal", "pandas-2", "newest")
"""What every `make test` tries."""


def requirements(name: str) -> Path:
    return HERE / "environments" / f"{name}.txt"


def python_of(name: str) -> Path:
    folder = "Scripts" if os.name == "nt" else "bin"
    return ENVIRONMENTS / name / folder / "python"


def make(name: str) -> None:
    """Makes the environment, if that of these requirements is not there yet."""
    folder = ENVIRONMENTS / name
    wanted = "\n".join((sys.version, *TOOLS, requirements(name).read_text()))
    stamp = folder / "made.txt"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    pip = [python_of(name), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    wheels = ["--only-binary", ":all:", *TOOLS, "--requirement", requirements(name)]
    subprocess.run([*pip, *wheels], check=True)
    stamp.write_text(wanted)


def test(name: str, arguments: list[str]) -> tuple[str, int, str, float]:
    start = time.monotonic()
    make(name)
    environment = {
        **{key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"},
        "PYTHONPATH": str(PACKAGE),
        "SOURCES_ENVIRONMENT": str(requirements(name)),
    }
    command = [python_of(name), "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, HERE]
    done = subprocess.run(
        command, cwd=HERE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    output = done.stdout.decode(errors="replace")
    return name, done.returncode, output, time.monotonic() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lean", action="store_true", help=f"only {', '.join(LEAN)}")
    parser.add_argument("--only", nargs="*", help="environments, by the names of their files")
    given, arguments = parser.parse_known_args()
    every = sorted(path.stem for path in (HERE / "environments").glob("*.txt"))
    names = given.only or (LEAN if given.lean else every)
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for name, code, output, seconds in pool.map(lambda name: test(name, arguments), names):
            last = output.strip().rsplit("\n", 1)[-1].strip("= ")
            print(f"{name}: {last} ({seconds:.0f} s with the environment)", flush=True)
            if code != 0:
                print(output)
                failed.append(name)
    if failed:
        sys.exit(f"sources: failed in {', '.join(failed)}")


if __name__ == "__main__":
    main()
