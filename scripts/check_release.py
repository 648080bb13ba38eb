"""What holds of the packages in dist/: versions, licences, sizes, and the glibc that they need."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MOST_BYTES = 4 * 1024 * 1024
LICENCES = ("LICENSE", "THIRD_PARTY.md")


def main() -> None:
    """Names what does not hold, and says what was measured."""
    command = [sys.executable, str(ROOT / "scripts" / "version.py")]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    packages = sorted([*(ROOT / "dist").glob("*.whl"), *(ROOT / "dist").glob("*.tgz")])
    if not packages:
        sys.exit("dist/ has no packages: make wheel npm-pack")
    faults: list[str] = []
    for package in packages:
        contents = read(package)
        native = [data for name, data in contents.items() if name.endswith((".so", ".node"))]
        size = package.stat().st_size
        needs = ", ".join(map(glibc, native)) or "no native half"
        print(f"{package.name}: {size / 2**20:.2f} MiB, {needs}")
        is_node_face = re.match(r"graph8-crm-\d", package.name) is not None
        named = re.search(r"-(\d+\.\d+\.\d+[^-]*(?:-[a-z]+\.\d+)?)(?:\.tgz|-)", package.name)
        if named is None or named[1] != version:
            faults.append(f"{package.name} is not of version {version}")
        if size > MOST_BYTES:
            faults.append(f"{package.name} has {size:,} bytes, more than {MOST_BYTES:,}")
        faults += [
            f"{package.name} has no {licence}"
            for licence in LICENCES
            if not any(name.endswith(f"/{licence}") for name in contents)
        ]
        # Node's face has it in the package of each platform.
        if bool(native) is is_node_face:
            faults.append(f"{package.name} has {len(native)} native halves")
    if faults:
        sys.exit("\n".join(faults))


def read(package: Path) -> dict[str, bytes]:
    """The files of a wheel or an npm package."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(package) as archive:
        files = ((entry.name, archive.extractfile(entry)) for entry in archive)
        return {name: file.read() for name, file in files if file is not None}


def glibc(library: bytes) -> str:
    """The newest version of glibc's symbols that a library names."""
    found = {tuple(map(int, parts)) for parts in re.findall(rb"GLIBC_(\d+)\.(\d+)", library)}
    return "no glibc" if not found else "glibc {}.{}".format(*max(found))


if __name__ == "__main__":
    main()
