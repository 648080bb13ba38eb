"""Installs the wheel and the npm package into empty environments outside the repository and pushes
records to the sandbox from there: `make test-install`. With `--sdist` the Python package is also
built from its source there: `make release-check`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DIST = ROOT / "dist"

PUSH_FROM_PYTHON = """
import importlib.util
import graph8_crm
# Where Spark looks for its format.
assert importlib.util.find_spec("pyspark_graph8_crm")
with graph8_crm.sandbox() as sandbox, sandbox.client() as client:
    report = client.push_contacts("hubspot", [{"email": "ada@example.com"}])
    assert report.pushed == 1, report
    assert len(sandbox.records("hubspot", "contacts")) == 1
print(graph8_crm.__file__)
"""

PUSH_FROM_ESM = """
import assert from 'node:assert/strict';
import { startSandbox } from 'graph8-crm';
const sandbox = await startSandbox();
const report = await sandbox.client().pushContacts('hubspot', [{ email: 'ada@example.com' }]);
assert.equal(report.pushed, 1);
assert.equal((await sandbox.records('hubspot', 'contacts')).length, 1);
await sandbox.stop();
console.log(import.meta.resolve('graph8-crm'));
"""

PUSH_FROM_COMMONJS = """
const { Client } = require('graph8-crm');
if (typeof Client !== 'function') throw new Error('no Client');
console.log(require.resolve('graph8-crm'));
"""


def run(command: list[str], folder: Path, **more: str) -> str:
    """Runs a command away from the repository's own environment; its output, or the end."""
    hidden = ("PYTHON", "VIRTUAL_ENV", "NODE_PATH", "G8_", "GRAPH8_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment | more,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def only(pattern: str) -> Path:
    found = sorted(DIST.glob(pattern))
    if len(found) != 1:
        sys.exit(f"expected one dist/{pattern}, found {len(found)}: run make wheel npm-pack")
    return found[0]


def outside(place: str) -> str:
    if str(ROOT) in place:
        sys.exit(f"the package was taken from the repository, not from its installation: {place}")
    return place


def check_sandbox_command(command: list[str], folder: Path) -> None:
    """It starts, and ends with its input, which is empty."""
    started = json.loads(run([*command, "--until-stdin-closes"], folder))
    if not started["url"].startswith("http://127.0.0.1:"):
        sys.exit(f"{command} printed {started}")


def check_wheel(wheel: Path, folder: Path) -> None:
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    run([python, "-m", "pip", "install", "--quiet", "--no-index", str(wheel)], folder)
    outside(run([python, "-c", PUSH_FROM_PYTHON], folder))
    run([python, str(HERE / "push_200.py")], folder)
    check_sandbox_command([python, "-m", "graph8_crm.sandbox"], folder)


def check_sdist(sdist: Path, folder: Path) -> None:
    """Builds it as pip does for whoever has no wheel, without what a release spends its time on."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    quickly = {
        "MATURIN_PEP517_ARGS": "--profile develop",
        "CARGO_TARGET_DIR": str(ROOT / "target" / "sdist"),
    }
    run([python, "-m", "pip", "install", "--quiet", str(sdist)], folder, **quickly)
    outside(run([python, "-c", PUSH_FROM_PYTHON], folder))


def check_npm_package(package: Path, platform: Path, folder: Path) -> None:
    (folder / "package.json").write_text('{"name": "empty", "version": "1.0.0", "private": true}')
    # Offline: the packages of other platforms are optional, and may not be there yet.
    install = [
        "npm",
        "install",
        "--silent",
        "--offline",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
    ]
    run([*install, str(package), str(platform)], folder)
    modules = folder / "node_modules"
    if list((modules / "graph8-crm").rglob("*.node")):
        sys.exit(f"{package.name} has an addon: each is in the package of its platform")
    for name in ("README.md", "LICENSE", "docs/platforms.md", "docs/recipes/README.md"):
        if not (modules / "graph8-crm" / name).exists():
            sys.exit(f"{package.name} lacks {name}")
    (folder / "push.mjs").write_text(PUSH_FROM_ESM)
    (folder / "load.cjs").write_text(PUSH_FROM_COMMONJS)
    outside(run(["node", "push.mjs"], folder))
    outside(run(["node", "load.cjs"], folder))
    # Beside the modules, which are looked for from where the program is.
    shutil.copy(HERE / "push_200.mjs", folder)
    run(["node", "push_200.mjs"], folder)
    check_sandbox_command(["npx", "--no-install", "graph8-sandbox"], folder)


def main() -> None:
    wheel, package, platform = (
        only("*.whl"),
        only("graph8-crm-[0-9]*.tgz"),
        only("graph8-crm-[a-z]*.tgz"),
    )
    with tempfile.TemporaryDirectory() as folder:
        check_wheel(wheel, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        check_npm_package(package, platform, Path(folder))
    files = [wheel, package, platform]
    if "--sdist" in sys.argv:
        files.append(only("*.tar.gz"))
        with tempfile.TemporaryDirectory() as folder:
            check_sdist(files[-1], Path(folder))
    for file in files:
        print(f"installed and pushed from {file.name} ({file.stat().st_size / 1e6:.1f} MB)")


if __name__ == "__main__":
    main()
