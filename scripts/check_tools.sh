#!/usr/bin/env bash
# Names each missing tool and what to install. Usage: check_tools.sh PYTHON
set -u
python=${1:-python3}
missing=0

need() { # what happened, what to do
    echo "missing: $1. $2" >&2
    missing=1
}

command -v cargo >/dev/null || need "cargo" "Install Rust 1.89 or newer (rustup.rs)."
command -v cc >/dev/null || need "cc" "Install a C compiler (Debian: build-essential)."
if ! command -v "$python" >/dev/null; then
    need "$python" "Install Python 3.10 or newer, or call make with PYTHON=/path/to/python."
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    need "Python 3.10" "$python is $("$python" --version); call make with PYTHON=/path/to/a newer one."
elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    need "Python's venv" "Install it (Debian: python3-venv)."
fi
if ! command -v node >/dev/null; then
    need "node" "Install Node.js 20 or newer."
elif ! node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)'; then
    need "Node.js 20" "node is $(node --version)."
fi
command -v npm >/dev/null || need "npm" "Install it; it comes with Node.js."
exit $missing
