"""Writes the native module's stub from a development build, or checks the one that is checked in.

`python bindings-python/generate_stubs.py` writes it; with `--check` a difference is an error.
"""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from graph8_crm import _graph8_crm as native

ROOT = Path(__file__).resolve().parent.parent
STUB = ROOT / "bindings-python/python/graph8_crm/_graph8_crm.pyi"
# Annotations that are given in quotes in the Rust source bring no import of their own.
IMPORTS = "import datetime\nimport typing\n"
UNKNOWN_NAMES = "\ndef __getattr__(name: str) -> Incomplete: ...\n"


def generate() -> str:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "maturin", "generate-stubs", "--quiet", "--out", folder]
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{run.stdout}{run.stderr}")
        stub = (Path(folder) / "graph8_crm/_graph8_crm.pyi").read_text(encoding="utf-8")
    # The module's init adds no names, which the generator can't know.
    stub = stub.removesuffix(UNKNOWN_NAMES).replace("import Incomplete, ", "import ")
    names = json.dumps(sorted(native.__all__))
    stub = stub.replace("\n\nVERSION: ", f"\n\n__all__ = {names}\n\nVERSION: ", 1)
    return stub.replace("\nfrom typing import ", f"\n{IMPORTS}from typing import ", 1)


def main(arguments: list[str]) -> int:
    generated = generate()
    if arguments == []:
        STUB.write_text(generated, encoding="utf-8")
        print(f"wrote {STUB.relative_to(ROOT)}")
        return 0
    if arguments != ["--check"]:
        print(__doc__)
        return 2
    checked_in = STUB.read_text(encoding="utf-8") if STUB.exists() else ""
    difference = list(
        difflib.unified_diff(
            checked_in.splitlines(), generated.splitlines(), "checked in", "generated", lineterm=""
        )
    )
    if difference:
        print("\n".join(difference))
        print(
            "the stub differs from the native module: run python bindings-python/generate_stubs.py"
        )
        return 1
    print("the stub is the native module's")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
