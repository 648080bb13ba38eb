"""Runs the code of docs/notebook.md as a notebook and photographs what it shows, on light and dark.

Needs nbconvert, ipykernel and graph8-crm beside the Python that runs this, and Chromium.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs/pictures"
SHOWN = {"check": ("client.check_contacts", 320), "report": ("report = ", 390)}
"""By name, what the cell has and how high its picture is."""
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"]


def main() -> None:
    """Writes the pictures."""
    page = (ROOT / "docs/notebook.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(block.strip()) for block in blocks]
    ExecutePreprocessor(timeout=120).preprocess(notebook, {})
    for name, (part, height) in SHOWN.items():
        shown = [cell for cell in notebook.cells if part in cell.source]
        one = nbformat.v4.new_notebook(cells=shown[:1])
        for theme in ("light", "dark"):
            html, _ = HTMLExporter(theme=theme).from_notebook_node(one)
            photograph(html, PICTURES / f"notebook-{name}-{theme}.png", height)


def photograph(html: str, path: Path, height: int) -> None:
    """The page as a picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "page.html")
        page.write_text(html)
        size = [f"--window-size=1100,{height}", f"--screenshot={path}"]
        subprocess.run([*CHROMIUM, *size, page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
