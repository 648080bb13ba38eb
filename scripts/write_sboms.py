"""Writes dist/graph8-crm-node.cdx.json and dist/graph8-crm-python.cdx.json: SBOMs in CycloneDX.

Each names the crates that are compiled into the native half on any platform, with the hash that
Cargo.lock has of each. Neither package has dependencies in other languages. Nothing in them
depends on when or where they were written.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

import version
from list_licences import ROOT, crates

PACKAGES = {"node": "pkg:npm/graph8-crm", "python": "pkg:pypi/graph8-crm"}


def component(crate: str, licence: str, hashes: dict[str, str]) -> dict[str, Any]:
    """What CycloneDX says of a crate."""
    name, number = crate.split()
    purl = f"pkg:cargo/{name}@{number}"
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": number,
        "purl": purl,
        # Some crates still have the slash of before SPDX.
        "licenses": [{"expression": licence.replace("/", " OR ")}],
        "hashes": [{"alg": "SHA-256", "content": hashes[crate]}],
    }


def main() -> None:
    """Writes both."""
    lock = (ROOT / "Cargo.lock").read_text(encoding="utf-8")
    entry = r'name = "(.*)"\nversion = "(.*)"\nsource = ".*"\nchecksum = "(.*)"'
    hashes = {f"{name} {number}": found for name, number, found in re.findall(entry, lock)}
    (number,) = {found for _, _, _, found in version.places()}
    folder = ROOT / "dist"
    folder.mkdir(exist_ok=True)
    for name, purl in PACKAGES.items():
        own = {
            "type": "library",
            "bom-ref": f"{purl}@{number}",
            "name": "graph8-crm",
            "version": number,
            "purl": f"{purl}@{number}",
            "licenses": [{"expression": "Apache-2.0"}],
        }
        components = [
            component(crate, licence, hashes)
            for crate, licence in sorted(crates(f"graph8-crm-{name}"))
        ]
        content = json.dumps([own, components])
        bom = {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}",
            "version": 1,
            "metadata": {"component": own},
            "components": components,
        }
        path = folder / f"graph8-crm-{name}.cdx.json"
        path.write_text(json.dumps(bom, indent=1) + "\n", encoding="utf-8")
        print(f"{path.name}: {len(components)} crates")


if __name__ == "__main__":
    main()
