"""`make test-chaos`: what takes long or needs a real proxy; a line for each check."""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable

import crowds
import keyed
import listeners
import nginx
import openapi
import proxy
import soak
from accounts import FailedCheckError


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="of the soak; default: 10")
    parser.add_argument("--listening", type=float, default=60, help="seconds of it; default: 60")
    parser.add_argument("--seed", type=int, default=1, help="of all faults; default: 1")
    parser.add_argument("checks", nargs="*", help="names of the checks to run; default: all")
    arguments = parser.parse_args()
    seed: int = arguments.seed
    checks: dict[str, Callable[[], str]] = {
        "openapi": lambda: openapi.run(seed),
        "proxy": lambda: proxy.run(seed),
        "nginx-paced": nginx.paced,
        "nginx-refused": nginx.refused,
        "nginx-harmed": nginx.harmed,
        "keyed": lambda: keyed.run(seed),
        "many-clients": crowds.many_clients,
        "many-pushes": crowds.many_pushes,
        "listeners": lambda: listeners.run(arguments.listening),
        "soak": lambda: soak.run(60 * arguments.minutes, seed),
    }
    unknown = set(arguments.checks) - set(checks)
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(checks)}")
    failed = 0
    for name, check in checks.items():
        if arguments.checks and name not in arguments.checks:
            continue
        started = time.monotonic()
        try:
            figures, verdict = check(), "ok"
        except FailedCheckError as error:
            figures, verdict = str(error), "FAILED"
        except Exception:  # noqa: BLE001 (the other checks go on)
            figures, verdict = traceback.format_exc(), "FAILED"
        failed += verdict != "ok"
        took = time.monotonic() - started
        sys.stdout.write(f"{verdict:6} {name} ({took:.0f} s): {figures}\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
