"""Runs Python's tests with the installed wheel in each CPython that can be had: by
`make test-pythons`, or for some, `python tests/pythons/run.py 3.10 3.14t`.

An interpreter is the one that runs this, or one of the PATH, or pyenv's, or Debian's: root and
debootstrap unpack a release of Debian into .pythons/, where it runs with that release's libraries.
The wheel is that of dist/. Interpreters without a GIL need one of their own: where dist/ has none,
it is built. Files of tests that import what has no wheel for an interpreter are left out, and
counted.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORK = ROOT / ".pythons"
DIST = ROOT / "dist"
TESTS = ROOT / "tests" / "python"
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14", "3.14t")
# The release of Debian that has a version, and its packages.
DEBIAN = {
    "3.11": ("bookworm", ("python3.11", "python3.11-venv")),
    "3.13": ("trixie", ("python3.13", "python3.13-venv")),
    "3.14": ("sid", ("python3.14", "python3.14-venv")),
}
VERSION_OF = (
    "import sys, sysconfig;"
    "is_free = bool(sysconfig.get_config_var('Py_GIL_DISABLED'));"
    "print('%d.%d' % sys.version_info[:2] + 't' * is_free)"
)

# Which of the modules named on its command line are not there.
MISSING = (
    "import sys; from importlib.util import find_spec;"
    "print(*(name for name in sys.argv[1:] if find_spec(name) is None))"
)


def output(*command: str | Path, **variables: str) -> str:
    """What a command prints; where it fails, the end of everything with what it said."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}:\n{text}")
    return text


def is_it(python: Path, version: str) -> bool:
    """Whether it is an interpreter of that version; a shim of pyenv may be none."""
    try:
        done = subprocess.run([python, "-c", VERSION_OF], capture_output=True, check=False)
    except OSError:
        return False
    return done.stdout.decode().strip() == version


def find(version: str) -> Path | None:
    """An interpreter of the version, if it can be had."""
    number = version.rstrip("t")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [sys.executable, shutil.which(f"python{version}")]
    candidates += sorted(pyenv.glob(f"{number}.*/bin/python{version}"), reverse=True)
    for candidate in candidates:
        if candidate and is_it(Path(candidate), version):
            return Path(candidate)
    return debian(version)


def tool(name: str) -> Path:
    """A program of the tools' environment, which is made when it is needed."""
    folder = WORK / "tools"
    requirements = HERE / "tools.txt"
    stamp = folder / "made.txt"
    wanted = requirements.read_text()
    if not (stamp.is_file() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        output(sys.executable, "-m", "venv", folder)
        output(folder / "bin" / "python", "-m", "pip", "install", "-qr", requirements)
        stamp.write_text(wanted)
    return folder / "bin" / name


def debian(version: str) -> Path | None:
    """The interpreter of a Debian release, unpacked where it may stay."""
    if version not in DEBIAN or os.geteuid() != 0 or shutil.which("debootstrap") is None:
        return None
    suite, packages = DEBIAN[version]
    folder = WORK / "debian" / suite
    python = folder / "usr" / "bin" / f"python{version}"
    if not is_it(python, version):
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        included = ",".join(packages)
        output("debootstrap", "--variant=minbase", f"--include={included}", suite, str(folder))
        loader = next((folder / "usr").glob("lib*/ld-linux-*.so.*"))
        libraries = sorted(
            {str(path.parent) for path in (folder / "usr/lib").glob("*-linux-gnu/libc.so.6")}
        )
        patch = [tool("patchelf"), "--set-interpreter", str(loader)]
        # For what it loads, too.
        output(*patch, "--force-rpath", "--set-rpath", ":".join(libraries), python)
    return python


def wheel_of(version: str, python: Path) -> Path:
    """The wheel for an interpreter: that of the stable interface, or one for it alone."""
    kind = "cp314-cp314t" if version.endswith("t") else "abi3"
    found = list(DIST.glob(f"*-{kind}-*.whl"))
    if version.endswith("t") and not found:
        shutil.rmtree(WORK / "dist", ignore_errors=True)
        command = [tool("maturin"), "build", "--profile", "develop", "--locked"]
        output(*command, "--interpreter", python, "--out", WORK / "dist")
        found = list((WORK / "dist").glob(f"*-{kind}-*.whl"))
    if len(found) != 1:
        sys.exit(f"expected one wheel *-{kind}-*.whl in dist/, found {len(found)}: run make wheel")
    return found[0]


def environment(version: str, python: Path) -> Path:
    """The Python of an environment with the tests' requirements."""
    folder = WORK / version
    requirements = HERE / f"requirements-{version}.txt"
    if not requirements.exists():
        requirements = ROOT / "requirements-dev.txt"
    stamp = folder / "made.txt"
    wanted = f"{python}\n{requirements.read_text()}"
    inside = folder / "bin" / "python"
    if not (stamp.is_file() and stamp.read_text() == wanted):
        shutil.rmtree(folder, ignore_errors=True)
        output(python, "-m", "venv", "--without-pip", folder)
        pip = [tool("python"), "-m", "pip", "--python", inside, "install", "--quiet"]
        output(*pip, "--only-binary", ":all:", "--requirement", requirements)
        stamp.write_text(wanted)
    return inside


def imported(file: Path) -> set[str]:
    """The modules that a file imports first of all."""
    found = set()
    for entry in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(entry, ast.Import):
            found |= {name.name.partition(".")[0] for name in entry.names}
        elif isinstance(entry, ast.ImportFrom) and entry.module:
            found.add(entry.module.partition(".")[0])
    return found


def runnable(inside: Path) -> tuple[list[Path], int]:
    """The files of tests that an environment has all modules for, and how many are left out."""
    needs = {file: imported(file) for file in TESTS.glob("test_*.py")}
    names = sorted(set().union(*needs.values()))
    absent = set(output(inside, "-c", MISSING, *names, PYTHONPATH=str(TESTS)).split())
    files = sorted(file for file, needed in needs.items() if not needed & absent)
    return files, len(needs) - len(files)


def test(version: str, python: Path) -> bool:
    """Runs the tests and says what came of them."""
    started = time.monotonic()
    inside = environment(version, python)
    pip = [tool("python"), "-m", "pip", "--python", inside, "install", "--quiet"]
    output(*pip, "--no-deps", "--no-index", "--force-reinstall", wheel_of(version, python))
    files, left_out = runnable(inside)
    log = WORK / f"{version}.log"
    with log.open("wb") as file:
        tested = subprocess.run(
            [inside, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    text = log.read_text(errors="replace")
    said = re.findall(r"^=* ?(\d+ (?:passed|failed|error).*?) ?=*$", text, re.MULTILINE)
    full = output(inside, "-VV").splitlines()[0].split(" (")[0]
    seconds = time.monotonic() - started
    last = said[-1] if said else "the tests did not end"
    rest = f", {left_out} files left out" if left_out else ""
    print(f"{version}, {full}: {last}{rest} ({seconds:.0f} s)", flush=True)
    if tested.returncode != 0:
        print(text[-20_000:])
    return tested.returncode == 0


def main() -> None:
    """Tests in those asked for, all of which must be there, or in all that can be had."""
    asked = sys.argv[1:]
    passed, failed, missing = [], [], []
    for version in asked or VERSIONS:
        python = find(version)
        if python is None:
            missing.append(version)
        else:
            (passed if test(version, python) else failed).append(version)
    print(f"pythons: passed in {', '.join(passed) or 'none'}", end="")
    print(f"; failed in {', '.join(failed)}" if failed else "", end="")
    print(f"; not to be had here: {', '.join(missing)}" if missing else "")
    if failed or not passed or (asked and missing):
        sys.exit(1)


if __name__ == "__main__":
    main()
