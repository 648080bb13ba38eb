"""What a notebook shows: plain tables, all text escaped.

Colours are the notebook's own or stand on both a light and a dark page, and say nothing that is
not written as well.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_ROWS = 20
"""Rows of a table that are shown."""
MOST_CHARACTERS = 300
"""Of a text that is shown."""

NOTHING = "\u2013"
"""Stands for no value."""

# Twice the class: notebooks have rules of their own for tables.
_STYLE = """<style>
.graph8-crm.graph8-crm{color:inherit;line-height:1.5;max-width:100%;overflow-x:auto}
.graph8-crm.graph8-crm p{margin:.3em 0}
.graph8-crm.graph8-crm table{border-collapse:collapse;border:0;margin:.3em 0 .9em;color:inherit;
background:transparent;font-size:.95em}
.graph8-crm.graph8-crm caption{caption-side:top;text-align:left;font-weight:600;color:inherit;
padding:.3em 0}
.graph8-crm.graph8-crm tr{background:transparent}
.graph8-crm.graph8-crm th,.graph8-crm.graph8-crm td{border:0;text-align:left;vertical-align:top;
border-bottom:1px solid rgba(128,128,128,.35);padding:.3em .9em .3em .3em;max-width:44em;
overflow-wrap:break-word;white-space:normal;unicode-bidi:isolate}
.graph8-crm.graph8-crm th{font-weight:600}
.graph8-crm.graph8-crm thead+tbody th{font-weight:400}
.graph8-crm.graph8-crm thead th{border-bottom:2px solid rgba(128,128,128,.6)}
.graph8-crm.graph8-crm .graph8-number{text-align:right;white-space:nowrap;
font-variant-numeric:tabular-nums}
.graph8-crm.graph8-crm .graph8-bar{display:flex;gap:2px;height:.7em;max-width:36em;margin:.5em 0;
border-radius:.35em;overflow:hidden}
.graph8-crm.graph8-crm .graph8-mark{display:inline-block;width:.7em;height:.7em;
border-radius:.2em;margin-right:.5em}
</style>"""
_COLOURS = {
    "pushed": "#2f9e5f",
    "skipped": "#4a8fdb",
    "failed": "#dd4b4b",
    "unknown": "#c78a14",
    "not sent": "#8a8f98",
}
# Control characters, and those that turn the direction of what follows.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def page(*parts: str) -> str:
    """The parts with their style; formulas of a notebook are not looked for in them."""
    return (
        '<div class="graph8-crm tex2jax_ignore mathjax_ignore">'
        + _STYLE
        + "".join(filter(None, parts))
        + "</div>"
    )


def text(value: object) -> str:
    """A value as escaped text."""
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, list | tuple):
        values = cast("Sequence[object]", value)
        return ", ".join(map(text, values)) if values else NOTHING
    shown = str(value)
    if len(shown) > MOST_CHARACTERS:
        shown = f"{shown[:MOST_CHARACTERS]}…"
    return _escaped(_UNSEEN.sub("\ufffd", shown))


def counted(count: int, name: str) -> str:
    """A count and what it counts, in the singular or plural."""
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"


def seconds(took: float) -> str:
    """A time."""
    return "less than a second" if took < 1 else f"{took:,.0f} s"


def paragraph(value: object, strong: str = "") -> str:
    """A paragraph, with its first words strong."""
    head = f"<strong>{text(strong)}</strong>" if strong else ""
    return f"<p>{head}{text(value) if value else ''}</p>"


def more(shown: int, total: int) -> str:
    """How many rows are not shown."""
    return f"<p>and {total - shown:,} more</p>" if total > shown else ""


def table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]], total: int | None = None
) -> str:
    """A table of the first rows; the first cell of each names it."""
    shown = list(itertools.islice(rows, MOST_ROWS))
    total = len(shown) if total is None else total
    columns = zip(*shown, strict=True) if shown else [()] * len(heads)
    numeric = [_is_numeric(values) for values in columns]
    head = "".join(
        f'<th scope="col"{_class(is_number)}>{text(name.replace("_", " "))}</th>'
        for name, is_number in zip(heads, numeric, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, numeric)}</tr>" for row in shown)
    return (
        f"<table><caption>{text(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>{more(len(shown), total)}"
    )


def pairs(caption: str, rows: Iterable[tuple[str, object]]) -> str:
    """A table of names and values."""
    body = "".join(
        f'<tr><th scope="row">{text(name)}</th><td>{text(value)}</td></tr>' for name, value in rows
    )
    return f"<table><caption>{text(caption)}</caption><tbody>{body}</tbody></table>"


def live_bar(label: str, counts: Iterable[tuple[str, int]], done: int, total: int | None) -> str:
    """A bar of what is done by outcome, as long as the whole where that is known."""
    counts = [(name, count) for name, count in counts if count]
    parts = "".join(
        f'<span style="background:{_COLOURS[name]};flex:{count} 0 2px"></span>'
        for name, count in counts
    )
    left = 1 if not done and not total else max(0, (total or 0) - done)
    rest = f'<span style="background:rgba(128,128,128,.25);flex:{left} 0 0"></span>'
    said = ", ".join(f"{count:,} {name}" for name, count in counts) or "no records yet"
    of = "" if total is None else f' aria-valuemax="{max(total, done)}" aria-valuenow="{done}"'
    return (
        f'<div class="graph8-bar" role="progressbar" aria-label="{_escaped(label)}" '
        f'aria-valuemin="0"{of} aria-valuetext="{_escaped(said)}">{parts}{rest}</div>'
    )


def shares(caption: str, counts: Sequence[tuple[str, int, str]]) -> str:
    """Counts by outcome, each with its share and what it means; above them a bar of the shares."""
    total = sum(count for _, count, _ in counts)
    parts = "".join(
        f'<span style="background:{_COLOURS[name]};flex:{count} 0 2px"></span>'
        for name, count, _ in counts
        if count
    )
    said = ", ".join(f"{count:,} {name}" for name, count, _ in counts if count)
    label = _escaped(said or "no records")
    bar = f'<div class="graph8-bar" role="img" aria-label="{label}">{parts}</div>'
    rows = "".join(
        f'<tr><th scope="row"><span class="graph8-mark" style="background:{_COLOURS[name]}">'
        f"</span>{text(name)}</th>"
        f'<td class="graph8-number">{count:,}</td>'
        f'<td class="graph8-number">{_percent(count, total)}</td><td>{text(about)}</td></tr>'
        for name, count, about in counts
    )
    heads = (
        '<th scope="col">outcome</th><th scope="col" class="graph8-number">records</th>'
        '<th scope="col" class="graph8-number">share</th><th scope="col">meaning</th>'
    )
    return (
        f"{bar if total else ''}<table><caption>{text(caption)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _percent(count: int, total: int) -> str:
    if not total:
        return NOTHING
    share = 100 * count / total
    # Neither nothing nor all is what rounding makes of something.
    return f"{min(max(share, 0.1), 99.9):.1f} %" if 0 < count < total else f"{share:.0f} %"


def _is_numeric(values: Iterable[object]) -> bool:
    given = [value for value in values if value is not None]
    return bool(given) and all(type(value) in (int, float) for value in given)


def _class(is_number: bool) -> str:
    return ' class="graph8-number"' if is_number else ""


def _cells(row: Sequence[object], numeric: Sequence[bool]) -> str:
    first, *others = [
        f"{_class(is_number)}>{text(value)}" for value, is_number in zip(row, numeric, strict=True)
    ]
    return f'<th scope="row"{first}</th>' + "".join(f"<td{cell}</td>" for cell in others)


def _escaped(shown: str) -> str:
    # Not at the top: loading it is slow, and only notebooks need it.
    from html import escape

    return escape(shown)
