"""Packs the npm packages into dist/: graph8-crm itself, and one for each platform whose addon was built.

The addon is in the package of its platform, which npm installs as an optional dependency of graph8-crm where os, cpu
and libc fit. What is packed is put together in target/npm/: there, graph8-crm has the README for npm, and names the
packages of all platforms.

    python scripts/pack_node.py [--addons FOLDER]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STAGE = ROOT / "target" / "npm"
DIST = ROOT / "dist"
# Signed by where it was built; an option of npm's, which takes effect on publishing.
PUBLISHING = {"access": "public", "provenance": True}
OURS_ALONE = ("devDependencies", "scripts", "napi")


def output(*command: str, folder: Path = ROOT) -> str:
    return subprocess.run(command, cwd=folder, check=True, text=True, stdout=subprocess.PIPE).stdout


def write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def stage_platforms(addons: Path) -> dict[str, Path]:
    """The folders of all platforms' packages by name; those whose addon is there have it."""
    folder = STAGE / "platforms"
    napi = str(ROOT / "node_modules" / ".bin" / "napi")
    output(napi, "create-npm-dirs", "--npm-dir", str(folder.relative_to(ROOT)))
    packages = {}
    for package in sorted(folder.iterdir()):
        manifest = json.loads((package / "package.json").read_text(encoding="utf-8"))
        manifest["publishConfig"] = PUBLISHING
        # What others wrote is in the addon, too.
        manifest["files"].append("THIRD_PARTY.md")
        write_json(package / "package.json", manifest)
        for name in ("LICENSE", "THIRD_PARTY.md"):
            shutil.copy(ROOT / name, package)
        if (addons / manifest["main"]).exists():
            shutil.copy(addons / manifest["main"], package)
        packages[manifest["name"]] = package
    return packages


def stage_main(platforms: list[str]) -> Path:
    folder = STAGE / "graph8-crm"
    (packed,) = json.loads(output("npm", "pack", "--dry-run", "--json", "--ignore-scripts"))
    for file in packed["files"]:
        target = folder / file["path"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file["path"], target)
    shutil.copy(ROOT / "bindings-node" / "README.md", folder / "README.md")
    manifest = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    kept = {name: value for name, value in manifest.items() if name not in OURS_ALONE}
    needed = dict.fromkeys(platforms, manifest["version"])
    write_json(
        folder / "package.json",
        {**kept, "optionalDependencies": needed, "publishConfig": PUBLISHING},
    )
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--addons", type=Path, default=ROOT / "bindings-node" / "dist")
    addons = parser.parse_args().addons
    shutil.rmtree(STAGE, ignore_errors=True)
    STAGE.mkdir(parents=True)
    DIST.mkdir(exist_ok=True)
    for old in DIST.glob("*.tgz"):
        old.unlink()
    platforms = stage_platforms(addons)
    built = [folder for folder in platforms.values() if list(folder.glob("*.node"))]
    for folder in [stage_main(list(platforms)), *built]:
        packed = output(
            *("npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(DIST)),
            folder=folder,
        )
        file = DIST / packed.strip()
        print(f"{file.name}: {file.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
