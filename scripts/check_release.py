"""What holds of the packages in dist/: versions, licences, sizes, SBOMs and needed symbols.

Runs in an environment of requirements-release.txt, by `make release-check`.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
# So that growth is seen: what would make them much smaller costs speed (docs/platforms.md).
MOST_BYTES = 6_100_000
NEWEST_GLIBC = (2, 17)
LICENCES = ("LICENSE", "THIRD_PARTY.md")
# Crates that each native half has, to tell an SBOM of it from an empty one.
IN_EACH = {"reqwest", "ring", "rusqlite", "rustls", "tokio"}


def main() -> None:
    """Names what does not hold, and says what was measured."""
    command = [sys.executable, str(ROOT / "scripts" / "version.py")]
    version = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    patterns = ("*.whl", "*.tgz", "*.tar.gz")
    packages = sorted(path for pattern in patterns for path in DIST.glob(pattern))
    if not {".whl", ".tgz", ".gz"} <= {package.suffix for package in packages}:
        sys.exit("dist/ has not all packages: make release-check builds them")
    faults: list[str] = []
    for package in packages:
        faults += check_package(package, version)
    for wheel in DIST.glob("*-manylinux*.whl"):
        faults += check_policy(wheel)
    faults += check_sboms(version)
    if faults:
        sys.exit("\n".join(faults))
    print(f"release: {len(packages)} packages of {version} are as they should be")


def check_package(package: Path, version: str) -> list[str]:
    """What is wrong with one package."""
    contents = read(package)
    native = [data for name, data in contents.items() if name.endswith((".so", ".node"))]
    size = package.stat().st_size
    needed = max(map(glibc, native), default=())
    if not native:
        needs = "no native half"
    else:
        needs = f"glibc {'.'.join(map(str, needed))}" if needed else "no glibc"
    print(f"{package.name}: {size / 2**20:.2f} MiB, {needs}")
    faults = []
    # As PEP 440 writes it: 0.2.0rc1 for 0.2.0-rc.1.
    python_version = re.sub(r"-(a|b|rc)[a-z]*\.", r"\1", version)
    endings = (f"-{version}.tgz", f"-{python_version}.tar.gz")
    if not package.name.endswith(endings) and f"-{python_version}-" not in package.name:
        faults.append(f"{package.name} is not of version {version}")
    if size > MOST_BYTES:
        faults.append(f"{package.name} has {size:,} bytes, more than {MOST_BYTES:,}")
    if needed > NEWEST_GLIBC:
        newest = ".".join(map(str, NEWEST_GLIBC))
        faults.append(f"{package.name} {needs}, newer than {newest}: was it built with Zig?")
    faults += [
        f"{package.name} has no {licence}"
        for licence in LICENCES
        if not any(name.endswith(f"/{licence}") for name in contents)
    ]
    # Node's face has it in the package of each platform.
    is_without = package.suffix == ".gz" or re.match(r"graph8-crm-\d", package.name) is not None
    if bool(native) is is_without:
        faults.append(f"{package.name} has {len(native)} native halves")
    if package.suffix == ".whl":
        boms = [json.loads(data) for name, data in contents.items() if "/sboms/" in name]
        if not boms or any(missing_in(bom) for bom in boms):
            faults.append(f"{package.name} has no SBOM that names its crates")
    return faults


def check_policy(wheel: Path) -> list[str]:
    """Whether auditwheel finds the tag true that the wheel's name has."""
    command = [sys.executable, "-m", "auditwheel", "show", str(wheel)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    text = " ".join((said.stdout + said.stderr).split())
    found = re.search(r'following platform tag: "([^"]+)"', text)
    if found is None:
        return [f"auditwheel says of {wheel.name}: {text}"]
    print(f"{wheel.name}: {found[1]} by auditwheel")
    # It knows the older tag of the same policy, too: manylinux_2_17 is manylinux2014.
    policy = re.match(r"manylinux_2_(\d+)_", found[1])
    if policy is None or int(policy[1]) > NEWEST_GLIBC[1]:
        return [f"{wheel.name} needs {found[1]}, by auditwheel"]
    return []


def check_sboms(version: str) -> list[str]:
    """What is wrong with the SBOMs beside the packages."""
    faults = []
    for package in ("node", "python"):
        path = DIST / f"graph8-crm-{package}.cdx.json"
        if not path.exists():
            faults.append(f"dist/ has no {path.name}: make sbom")
            continue
        bom = json.loads(path.read_bytes())
        print(f"{path.name}: {len(bom.get('components', []))} components")
        if missing := missing_in(bom):
            faults.append(f"{path.name} names no {', '.join(sorted(missing))}")
        if bom["metadata"]["component"]["version"] != version:
            faults.append(f"{path.name} is not of version {version}")
    return faults


def missing_in(bom: dict[str, Any]) -> set[str]:
    """Which crates that are in each native half an SBOM does not name."""
    return IN_EACH - {component["name"] for component in bom.get("components", [])}


def read(package: Path) -> dict[str, bytes]:
    """The files of a wheel, an sdist or an npm package."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as wheel:
            return {name: wheel.read(name) for name in wheel.namelist()}
    with tarfile.open(package) as archive:
        files = ((entry.name, archive.extractfile(entry)) for entry in archive)
        return {name: file.read() for name, file in files if file is not None}


def glibc(library: bytes) -> tuple[int, ...]:
    """The newest version of glibc's symbols that a library names; empty if it names none."""
    found = re.findall(rb"\0GLIBC_(\d+)\.(\d+)(?:\.\d+)?(?=\0)", library)
    return max((tuple(map(int, parts)) for parts in found), default=())


if __name__ == "__main__":
    main()
