"""Resident memory while 10,000,000 generated contacts are pushed, from Python and from Node."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCH = Path(__file__).parent
SINK = BENCH.parent / "target/release/graph8-bench"
STATUS = Path("/proc/self/status")
MARKS = (10_000, 1_000_000)


def memory() -> float:
    """MiB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", STATUS.read_text())
    return int(found[1]) / 1024 if found else 0.0


def from_python(url: str, count: int) -> None:
    sys.path.insert(0, str(BENCH / "python"))
    import contacts

    from graph8_crm import Client

    marked: list[str] = []

    def source() -> Iterator[dict[str, Any]]:
        for number, contact in enumerate(contacts.stream(count)):
            if number in MARKS:
                marked.append(f"{memory():.1f} after {number:,}")
            yield contact

    client = Client("bench", url, rate_limit=False)
    report = client.push_contacts("hubspot", source())
    assert report.pushed == count, report
    print(f"Python, MiB: {', '.join(marked)}, {memory():.1f} after {count:,}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    parser.add_argument("--url", help="push from Python to this sink, and nothing else")
    given = parser.parse_args()
    if given.url:
        from_python(given.url, given.records)
        return
    with subprocess.Popen(
        [SINK, "sink"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as sink:
        url = (sink.stdout.readline() if sink.stdout else "").strip()
        to = ["--url", url, "--records", str(given.records)]
        subprocess.run([sys.executable, __file__, *to], check=True)
        subprocess.run(["node", str(BENCH / "node/flat.mjs"), *to], check=True)


if __name__ == "__main__":
    main()
