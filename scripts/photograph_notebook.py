"""Runs the code of docs/notebook.md as a notebook and photographs what it shows, on light and dark.

Needs nbconvert, ipykernel and graph8-crm beside the Python that runs this, and Chromium.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert import HTMLExporter

ROOT = Path(__file__).parent.parent
PICTURES = ROOT / "docs/pictures"
SHOWN = {"check": ("client.check_contacts", 320), "report": ("report = ", 390)}
"""By name, what the cell has and how high its picture is."""
CHROMIUM = ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"]
UNDER_WAY = """\
many = [{"email": f"many{i}@example.com"} for i in range(40_000)]
for i in range(0, 40_000, 9):
    many[i]["email"] = f"many{i}@"
client.push_contacts("hubspot", many, progress=True)"""
"""A push that takes minutes: it is photographed in its course, and interrupted."""
UNDER_WAY_HEIGHT = 200


def main() -> None:
    """Writes the pictures."""
    page = (ROOT / "docs/notebook.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(block.strip()) for block in blocks]
    # Before the client is closed.
    notebook.cells.insert(-1, nbformat.v4.new_code_cell(UNDER_WAY))
    asyncio.run(run(notebook))
    for name, (part, height) in SHOWN.items():
        shown = next(cell for cell in notebook.cells if part in cell.source)
        photograph(shown, name, height)


async def run(notebook: Any) -> None:
    """All cells; the one of the push under way until it waits for the limit."""
    client = NotebookClient(notebook, timeout=120)
    async with client.async_setup_kernel():
        for place, cell in enumerate(notebook.cells):
            running = asyncio.ensure_future(client.async_execute_cell(cell, place))
            if cell.source == UNDER_WAY:
                while not re.search(r"left · waits \d\d s: rate limit", str(cell.outputs)):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)
                photograph(cell, "progress", UNDER_WAY_HEIGHT)
                await client.km.interrupt_kernel()
            try:
                await running
            except CellExecutionError as error:
                if error.ename != "KeyboardInterrupt":
                    raise


def photograph(cell: Any, name: str, height: int) -> None:
    """The cell as pictures of both themes."""
    notebook = nbformat.v4.new_notebook(cells=[cell])
    for theme in ("light", "dark"):
        html, _ = HTMLExporter(theme=theme).from_notebook_node(notebook)
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "page.html")
            page.write_text(html)
            picture = PICTURES / f"notebook-{name}-{theme}.png"
            size = [f"--window-size=1100,{height}", f"--screenshot={picture}"]
            subprocess.run([*CHROMIUM, *size, page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    sys.exit(main())
