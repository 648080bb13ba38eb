"""The Python blocks of the README and of docs/ run as written."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = [
    block
    for page in (
        "README.md",
        "bindings-python/README.md",
        "docs/push.md",
        "docs/errors.md",
        "docs/journal.md",
        "docs/duplicates.md",
        "docs/records.md",
        "docs/fields.md",
        "docs/repair.md",
        "docs/graph8-rows.md",
        "docs/checking.md",
        "docs/sandbox.md",
        "docs/lists.md",
        "docs/observability.md",
        "docs/processes.md",
    )
    for block in re.findall(
        r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL
    )
]
# A notebook's cells go on where the one before ended.
NOTEBOOK = "\n".join(
    re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/notebook.md").read_text(encoding="utf-8"), re.DOTALL
    )
)
BLOCKS.append(NOTEBOOK)
EXPECTED = [
    ["247 pushed, 0 skipped, 3 failed", '"n/a" is no e-mail address'],
    ["1 pushed, 0 skipped, 1 failed", "\n1 failed "],
    ["2000 of 2000 contacts pushed to hubspot"],
    ["401", "refuses the API key"],
    ["300 pushed", "runs=2", "records=300"],
    ["2 1 1\n3\n"],
    ["[{'id': 1, 'outcome': 'pushed'}, {'id': 2, 'outcome': 'failed'}]"],
    [
        "2 of 3 contacts pushed to pipedrive, 1 skipped:",
        "2 of 3 contacts pushed to pipedrive, 1 skipped, 2 pushed before:",
        "\n2\n",
    ],
    ["('512345678001',)", "['bob@example.com']"],
    ["1 pushed, 1 skipped", "('512345678001',)"],
    ["1 pushed, 0 skipped, 0 failed, 0 unknown"],
    ["2 pushed"],
    ["2 pushed", "'phone': 442071838750", "'seen': '2026-01-31T10:00:00+01:00'"],
    ["500 contacts to hubspot: 500 pushed"],
    ["2 contacts to pipedrive: 2 pushed"],
    ["1 pushed", "str", "CRM type: string"],
    ["65 Email True None", "Fields(3 fields of hubspot contacts)", "did you mean 'email'?"],
    ["Work Email: Email (usual name", "Company: None (Salesforce links", "1 pushed", "London"],
    ["Fields(38 fields of zoho companies) True"],
    ["['LastName'] False", "'maxLength': 80", "True"],
    ["1 pushed, 1 skipped, 1 failed", "2 pushed, 1 skipped, 0 failed"],
    ["250 of 250 None", "250 records;"],
    ["Monday 247 created, 0 before", "Tuesday 0 created, 247 before"],
    ["250 records in 1 run"],
    [
        "False 2 1",
        "error unknown_field emial 1 email",
        "warning number_as_float phone 1",
        "1 pushed, 0 skipped, 2 failed",
        "'whole_float': 1",
        "3 pushed, 0 skipped, 0 failed",
    ],
    ["1 unknown, 1 held"],
    ["1 pushed, 0 skipped, 1 failed", "2 e-mail addresses: nobody@example.com"],
    ["2 pushed, 1 skipped, 0 failed", "2 of 3 in the list 'Spring 2027'", "2 not_found"],
    ["push_contacts 1 200"],
    ["POST 200", "True 00-", "1 pushed 0 skipped 1 failed 0 unknown 0 not_sent"],
    ["2 host", "1 not sent: this minute's two are used up"],
    ["[('failed', 12)]", "[(10,)]", "Existing ID: …     10"],
]


def test_readme_has_the_blocks_that_are_checked() -> None:
    assert len(BLOCKS) == len(EXPECTED)


@pytest.mark.parametrize("number", range(len(EXPECTED)))
def test_readme_block_runs_and_prints_what_it_promises(number: int) -> None:
    if "opentelemetry" in BLOCKS[number]:
        pytest.importorskip("opentelemetry.sdk", reason="opentelemetry-sdk is not installed")
    done = subprocess.run([sys.executable, "-c", BLOCKS[number]], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for words in EXPECTED[number]:
        assert words in done.stdout
