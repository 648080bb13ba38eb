"""Runs all scenarios against a local sink and writes their figures down as Markdown.

The sink has one CPU and the measured program another, where there are two. Run it with the Python
that has what requirements.txt names, and with graph8_crm in reach: see `make bench`.
"""

from __future__ import annotations

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import graph8_crm

if TYPE_CHECKING:
    from collections.abc import Iterator

BENCH = Path(__file__).resolve().parent
# What people have to say of a scenario's figures, which no run knows: a file named after it.
NOTES = BENCH / "notes"
REPOSITORY = BENCH.parent
ALL_CPUS = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
PINNED = len(ALL_CPUS) >= 2


class Scenario(NamedTuple):
    name: str
    heading: str
    program: str
    quick: dict[str, int]
    about: str

    def command(self) -> list[str]:
        start = [sys.executable] if self.program.endswith(".py") else ["node", "--expose-gc"]
        return [*start, str(BENCH / self.program)]


SCENARIOS = [
    Scenario(
        "dicts",
        "Python: dicts",
        "python/dicts.py",
        {"records": 4_000, "rounds": 2},
        "At most 4 requests at a time, except for requests, httpx and httpx2, which make one after "
        "the other with `json=`.",
    ),
    Scenario(
        "frames",
        "Python: tables",
        "python/frames.py",
        {"records": 4_000, "rounds": 2},
        "graph8_crm takes the table as it is; the others send its rows as dicts, and what makes "
        "those counts.",
    ),
    Scenario(
        "csv",
        "Python: CSV files",
        "python/csv_files.py",
        {"records": 4_000, "rounds": 2},
        "graph8_crm takes the path, and the frame of whoever read the file; what reads it counts.",
    ),
    Scenario(
        "single",
        "Python: single calls",
        "python/single.py",
        {"calls": 80, "rounds": 2},
        "Several at a time: threads for the synchronous clients, tasks for the others. With ready "
        "bytes a client has no JSON to write.",
    ),
    Scenario(
        "memory",
        "Python: memory",
        "python/memory.py",
        {"records": 4_000, "rounds": 2},
        "graph8_crm is fed from a generator.",
    ),
    Scenario("imports", "Python: imports", "python/imports.py", {"rounds": 2}, ""),
    Scenario(
        "encode",
        "Python: JSON",
        "python/encode.py",
        {"records": 4_000, "rounds": 2},
        "Ours into the buffer that a push sends from, the others' into bytes of their own.",
    ),
    Scenario(
        "events",
        "Python: logs",
        "python/events.py",
        {"pushes": 1, "rounds": 2},
        "The same pushes with nobody who listens, and at each level of the logger `graph8_crm`. "
        "What was heard is counted: a run in which an event is dropped fails.",
    ),
    Scenario(
        "results",
        "Python: results as tables",
        "python/results.py",
        {"records": 4_000, "rounds": 2},
        "By the Arrow PyCapsule interface, from a report and from a check that hold as many "
        "problems as they do at most.",
    ),
    Scenario(
        "node",
        "Node: objects",
        "node/bulk.mjs",
        {"records": 4_000, "rounds": 2},
        "4 requests at a time. Each round is run once unmeasured, after a full garbage collection. "
        "The delay of the event loop is what `monitorEventLoopDelay` says with a resolution of "
        "1 ms, without that millisecond.",
    ),
    Scenario(
        "node-single",
        "Node: single calls",
        "node/single.mjs",
        {"calls": 80, "rounds": 2},
        "With ready bytes there is no JSON to write.",
    ),
    Scenario(
        "checking",
        "Python: checks",
        "python/checking.py",
        {"records": 4_000, "rounds": 2},
        "One record in fifty is wrong, and everyone has to find just those. All but fastjsonschema "
        "gather everything that is wrong with the number of its record. graph8_crm also finds "
        "identities that repeat and notes what each field holds.",
    ),
    Scenario(
        "node-checking",
        "Node: checks",
        "node/checking.mjs",
        {"records": 4_000, "rounds": 2},
        "As in Python. ajv and zod run on the event loop and hold it until all is checked: its "
        "delay is then one single value, the length of the run.",
    ),
]
ENGINE = "engine"
QUICK_ENGINE = ["--records", "4000", "--rounds", "2"]


def main() -> int:
    names = [*(scenario.name for scenario in SCENARIOS), ENGINE]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see whether all of it works")
    parser.add_argument("--only", nargs="+", choices=names, default=names, metavar="SCENARIO")
    parser.add_argument(
        "--sink",
        type=Path,
        default=REPOSITORY / "target/release/graph8-bench",
        help="the graph8-bench program",
    )
    parser.add_argument("--out", type=Path, help="default: RESULTS.md here; printed when quick")
    given = parser.parse_args()
    failed: list[str] = []
    chosen = [scenario for scenario in SCENARIOS if scenario.name in given.only]
    parts = [head(given.quick)]
    parts += [section(scenario, given.sink, given.quick, failed) for scenario in chosen]
    if ENGINE in given.only:
        parts.append(engine(given.sink, given.quick, failed))
    text = "\n\n".join(parts) + "\n"
    if given.quick and not given.out:
        print(text)
    else:
        (given.out or BENCH / "RESULTS.md").write_text(text, encoding="utf-8")
    for name in failed:
        print(f"{name} failed", file=sys.stderr)
    return 1 if failed else 0


def section(scenario: Scenario, program: Path, quick: bool, failed: list[str]) -> str:
    numbers = scenario.quick if quick else {}
    options = [word for name, value in numbers.items() for word in (f"--{name}", str(value))]
    started = time.monotonic()
    with sink(program) as url:
        command = [*scenario.command(), "--url", url, *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    print(f"{scenario.name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    lines = [f"## {scenario.heading}"]
    if scenario.about:
        lines.append(scenario.about)
    if done.returncode == 0:
        lines += map(table_text, json.loads(done.stdout))
    else:
        failed.append(scenario.name)
        lines.append("It failed.")
    lines += notes(scenario.name)
    return "\n\n".join(lines)


def notes(name: str) -> list[str]:
    """What was written by hand about a scenario, with the date of the figures that it means."""
    path = NOTES / f"{name}.md"
    return [path.read_text(encoding="utf-8").strip()] if path.exists() else []


@contextmanager
def sink(program: Path) -> Iterator[str]:
    """A sink on the second CPU; what is started meanwhile runs on the first."""
    pin(ALL_CPUS[1:2])
    with subprocess.Popen(
        [program, "sink", "--delay-ms", "0"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        pin(ALL_CPUS[:1])
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            pin(ALL_CPUS)


def pin(cpus: list[int]) -> None:
    """Binds this process and what it starts."""
    if PINNED:
        os.sched_setaffinity(0, cpus)


def engine(program: Path, quick: bool, failed: list[str]) -> str:
    command = [program, "engine", "--batch", "100,1000", *(QUICK_ENGINE if quick else [])]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        failed.append(ENGINE)
    return "\n\n".join(
        [
            "## The limit",
            "The engine in Rust beside a bare reqwest loop that sends bodies which are ready, and "
            "with a journal. Sink and engine share the CPUs here.",
            f"```\n{done.stdout.rstrip() if done.returncode == 0 else 'It failed.'}\n```",
        ]
    )


def table_text(table: dict[str, Any]) -> str:
    lines = [f"### {table['title']}"]
    if table["note"]:
        lines.append(table["note"])
    if table["rows"]:
        lines.append(grid(table["columns"], table["rows"]))
    return "\n\n".join(lines)


def grid(columns: list[dict[str, Any]], rows: list[dict[str, Any]]) -> str:
    samples = {row["name"]: list(zip(*row["samples"], strict=True)) for row in rows}
    heading = [f"{column['name']} | ratio" for column in columns]
    lines = [f"| | {' | '.join(heading)} |", "|---|" + "---:|---:|" * len(columns)]
    for row in rows:
        cells = []
        for place, column in enumerate(columns):
            values = samples[row["name"]][place]
            cells.append(spread(values, column["digits"]))
            ours = samples[row["against"]][place] if row["against"] else None
            cells.append(ratio(ours, values, column["more_is_better"]) if ours else "")
        lines.append(f"| {row['name']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: tuple[float, ...], digits: int) -> str:
    middle, low, high = (
        f"{value:,.{digits}f}" for value in (median(values), min(values), max(values))
    )
    return f"{middle} ({low} to {high})"


def ratio(ours: tuple[float, ...], theirs: tuple[float, ...], more_is_better: bool) -> str:
    numbers = (median(ours), median(theirs)) if more_is_better else (median(theirs), median(ours))
    return f"{numbers[0] / numbers[1]:.2f}" if numbers[1] else ""


def head(quick: bool) -> str:
    places = (
        f"The sink has CPU {ALL_CPUS[1]}, the measured program CPU {ALL_CPUS[0]}."
        if PINNED
        else "Sink and measured program share all CPUs."
    )
    facts = {
        "Date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "CPU": f"{cpu_model()}, {os.cpu_count()} cores",
        "System": system(),
        "Load before": ", ".join(f"{load:.2f}" for load in os.getloadavg()),
        "graph8-crm": revision(),
        "Rust": version_of("rustc"),
        "Python": f"{platform.python_version()}; {', '.join(python_packages())}",
        "Node": f"{version_of('node').removeprefix('v')}; {', '.join(node_packages())}",
    }
    return "\n\n".join(
        [
            "# Results",
            "Written by `make bench`."
            + (" A quick run, to see whether it works: its figures mean nothing." if quick else ""),
            "\n".join(["| | |", "|---|---|", *(f"| {name} | {facts[name]} |" for name in facts)]),
            "Everyone pushes the same contacts of ten fields, about 300 bytes of JSON each, to a "
            "local server that counts them and answers at once, so that what is seen is the "
            f"client's own share. {places} Within a scenario all run in turns, each round "
            "beginning with another. A figure is the median of all rounds, with the lowest and "
            "the highest.",
            "The ratio says how many times better ours is than that row, by the medians: above 1 "
            "ours is faster or smaller, below 1 the other is. Synchronous clients are compared "
            "with `Client`, asynchronous ones with `AsyncClient`.",
        ]
    )


def cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    found = re.search(r"^model name\s*: (.+)$", info.read_text(), re.M) if info.exists() else None
    return found[1] if found else platform.processor() or platform.machine()


def system() -> str:
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()
    return f"{name}, {platform.system()} {platform.release()}, {platform.machine()}"


def revision() -> str:
    command = ["git", "describe", "--always", "--dirty", "--exclude", "*"]
    return f"{graph8_crm.__version__} ({printed(command) or 'no revision'})"


def version_of(program: str) -> str:
    return printed([program, "--version"]) or "none"


def printed(command: list[str]) -> str:
    try:
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip()


def python_packages() -> list[str]:
    wanted = re.findall(r"^([\w-]+)==", (BENCH / "requirements.txt").read_text(), re.M)
    return [f"{name} {importlib.metadata.version(name)}" for name in wanted]


def node_packages() -> list[str]:
    names = json.loads((BENCH / "node/package.json").read_text())["dependencies"]
    modules = BENCH / "node/node_modules"
    packages = (json.loads((modules / name / "package.json").read_text()) for name in names)
    return [f"{package['name']} {package['version']}" for package in packages]


if __name__ == "__main__":
    sys.exit(main())
