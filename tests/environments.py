"""Environments of their own for tests of what the tools' own environment does not have."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent / "bindings-python" / "python"


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


def make_node(package: Path, folder: Path) -> Path:
    """The node_modules of a package.json, with graph8-crm; made anew where that is another."""
    stamp = folder / "made.txt"
    modules = folder / "node_modules"
    if not (stamp.is_file() and stamp.read_text() == package.read_text()):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        shutil.copy(package, folder / "package.json")
        npm = ["npm", "install", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run([*npm, "--no-package-lock"], cwd=folder, check=True)
        (modules / "graph8-crm").symlink_to(HERE.parent)
        stamp.write_text(package.read_text())
    return modules


def variables(*hidden: str, **more: str) -> dict[str, str]:
    """The environment's variables, without keys of this machine and what begins as `hidden`."""
    left_out = ("G8_", "GRAPH8_", "VIRTUAL_ENV", "PYTHONPATH", *hidden)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    return kept | {"PYTHONPATH": os.pathsep.join((str(PACKAGE), str(HERE)))} | more
