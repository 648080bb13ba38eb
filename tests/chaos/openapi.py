"""The sandbox against its own OpenAPI document."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from accounts import require
from sandbox_process import SandboxProcess

EXAMPLES = 200
# No operation leads to another: a link made of `company_id` would only ask for names that the
# service does not look at.
CONFIG = """
[auth.openapi.api_key]
bearer = "{api_key}"

[phases.stateful]
enabled = false
"""


def run(seed: int) -> str:
    with SandboxProcess() as sandbox, TemporaryDirectory() as folder:
        document, config = Path(folder, "openapi.json"), Path(folder, "schemathesis.toml")
        document.write_text(json.dumps(sandbox.command("openapi")), encoding="utf-8")
        config.write_text(CONFIG.format(api_key=sandbox.api_key), encoding="utf-8")
        schemathesis = Path(sys.executable).with_name("schemathesis")
        command = [str(schemathesis), "--config-file", str(config), "run", str(document)]
        ended = subprocess.run(
            [*command, "--url", sandbox.url, "--max-examples", str(EXAMPLES), "--seed", str(seed)],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    require(ended.returncode == 0, ended.stdout + ended.stderr)
    found = re.search(r"(\d+) generated, (\d+) passed", ended.stdout)
    require(found is not None, f"no summary in {ended.stdout}")
    assert found
    require(found[1] == found[2], ended.stdout)
    return f"schemathesis: {found[2]} of {found[1]} cases passed, no failure"
