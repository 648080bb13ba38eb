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
SHOWN = {
    "progress": ("progress=True", 170),
    "check": ("client.check_contacts", 320),
    "report": ("report = ", 390),
}
"""By name, what the cell has and how high its picture is."""
MIDDLE = """
from IPython.display import display

from graph8_crm._progress_views import Bar

snapshots = []
middle = [{"email": "n/a" if i % 40 == 9 else f"middle{i}@example.com"} for i in range(500)]
sandbox.set_rate_limit({"per_second": 10, "per_minute": 200})
client.push_contacts("hubspot", middle, batch_size=5, progress=snapshots.append)
sandbox.set_rate_limit(None)
display(Bar("contacts to hubspot", snapshots[len(snapshots) * 3 // 5]))
"""
"""Shows the bar of a push that was slowed down, as it was in its middle."""
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"]


def main() -> None:
    """Writes the pictures."""
    page = (ROOT / "docs/notebook.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(block.strip()) for block in blocks]
    (bar,) = (n for n, cell in enumerate(notebook.cells) if "progress=True" in cell.source)
    notebook.cells.insert(bar + 1, nbformat.v4.new_code_cell(MIDDLE))
    ExecutePreprocessor(timeout=120).preprocess(notebook, {})
    notebook.cells[bar].outputs = notebook.cells.pop(bar + 1).outputs
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
