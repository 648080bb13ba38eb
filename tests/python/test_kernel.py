"""The package in a real kernel of Jupyter: what cells show, complete and raise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import HANGS
from test_notebook import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

nbformat: Any = pytest.importorskip("nbformat")
nbclient: Any = pytest.importorskip("nbclient")
jupyter_core: Any = pytest.importorskip("jupyter_core.utils")
pytest.importorskip("ipykernel")

PAGE = Path(__file__).resolve().parents[2] / "docs/notebook.md"
BEGIN = """
import graph8_crm

sandbox = graph8_crm.sandbox(seed=1)
client = sandbox.client()
people = [{"email": f"p{i}@example.com"} for i in range(60)]
"""


class Kernel:
    """Runs cells, one after the other."""

    def __init__(self) -> None:
        self.client: Any = nbclient.NotebookClient(
            nbformat.v4.new_notebook(), timeout=HANGS, allow_errors=True
        )
        self.cells: list[Any] = self.client.nb.cells

    def run(self, code: str) -> list[dict[str, Any]]:
        """The outputs of a cell."""
        cell: Any = nbformat.v4.new_code_cell(code.strip())
        self.cells.append(cell)
        self.client.execute_cell(cell, len(self.cells) - 1)
        outputs: list[dict[str, Any]] = cell.outputs
        return outputs

    def completions(self, code: str) -> list[str]:
        """What the Tab key offers."""

        async def complete() -> Any:
            return await self.client.kc.complete(code, reply=True, timeout=HANGS)

        matches: list[str] = jupyter_core.run_sync(complete)()["content"]["matches"]
        return matches


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    kernel = Kernel()
    with kernel.client.setup_kernel():
        assert kernel.run(BEGIN) == []
        yield kernel


def html_of(output: dict[str, Any]) -> str:
    html: str = output["data"]["text/html"]
    return html


def test_the_page_on_notebooks_runs_cell_by_cell() -> None:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    notebook: Any = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(block.strip()) for block in code]
    nbclient.NotebookClient(notebook, timeout=HANGS).execute()
    nbformat.validate(notebook)
    shown = [
        " ".join(Page(html_of(output)).texts)
        for cell in notebook.cells
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    expected = [
        "graph8_crm.Client",
        "Errors found",
        "500 pushed",  # the bar, and what the cell gives
        "500 of 500 contacts pushed to hubspot",
        "28 of 40 contacts pushed to hubspot",
    ]
    assert len(shown) == len(expected), shown
    for part, text in zip(expected, shown, strict=True):
        assert part in text
    # Nothing went to stderr, such as a warning.
    streams = [out for cell in notebook.cells for out in cell.outputs if "name" in out]
    assert {stream["name"] for stream in streams} == {"stdout"}


def test_a_push_completes_all_its_options(kernel: Kernel) -> None:
    options = kernel.run(
        "import inspect\n"
        "print(*(f'{p.name}=' for p in inspect.signature(client.push_contacts).parameters.values()"
        " if p.kind is p.KEYWORD_ONLY))"
    )
    names = options[0]["text"].split()
    assert "batch_size=" in names
    assert set(names) <= set(kernel.completions("client.push_contacts("))
    assert "batch_size=" in kernel.completions("client.push_contacts('hubspot', people, batch_")


def test_results_and_records_complete(kernel: Kernel) -> None:
    kernel.run("report = client.push_contacts('hubspot', people[:3])")
    offered = [name.removeprefix("report") for name in kernel.completions("report.")]
    assert {".pushed", ".not_sent", ".failures_by_message", ".request_log"} <= {
        f".{name.lstrip('.')}" for name in offered
    }
    assert "firstname=" in kernel.completions("graph8_crm.hubspot.Contact(")


def raised(outputs: list[dict[str, Any]]) -> str:
    """The traceback that a cell shows, without colours."""
    (error,) = [output for output in outputs if output["output_type"] == "error"]
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error["traceback"]))


def frames(shown: str) -> list[str]:
    """Where its frames are."""
    return [line for line in shown.splitlines() if line.startswith(("Cell", "File"))]


def test_an_interrupted_cell_ends_with_the_summary(kernel: Kernel) -> None:
    outputs = kernel.run("""
def stopped():
    yield from people[3:6]
    raise KeyboardInterrupt

client.push_contacts("hubspot", stopped(), batch_size=1)
""")
    shown = raised(outputs)
    note = shown[shown.rindex("KeyboardInterrupt") :]
    assert " of 3 contacts pushed to hubspot" in note
    assert "`report`" in note
    assert "reinstall" not in shown
    assert frames(shown)[0].startswith("Cell")
    assert kernel.run("import sys; print(sys.last_value.report.records)")[0]["text"] == "3\n"


def test_an_error_shows_the_callers_line_first(kernel: Kernel) -> None:
    shown = raised(kernel.run("client.push_contacts('hubspot', people, batch_size=0)"))
    assert "ConfigError" in shown
    assert frames(shown)[0].startswith("Cell")
    assert len(frames(shown)) <= 3
