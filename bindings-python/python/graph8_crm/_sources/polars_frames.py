"""Frames of polars as Arrow data."""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

NOT_ARROWS = ("Object", "UInt128")
"""polars' types that Arrow has no match for; polars 1.30 ends the process when it exports one."""


class Table(NamedTuple):
    """Arrow data without the columns that are none."""

    stream: object
    refused: list[tuple[str, str]]
    """Columns that can't travel, and why; in the stream they hold nothing."""


def is_frame(records: object) -> bool:
    """Whether it is a data frame of polars, which is not loaded to find that out."""
    polars = sys.modules.get("polars")
    return polars is not None and isinstance(records, polars.DataFrame)


def exported(frame: Any) -> object:
    """The capsule of the frame's stream, or a `Table`."""
    refused = [
        (name, f"is of polars' type {dtype}, which has no JSON: convert it, or leave it out")
        for name, dtype in frame.schema.items()
        if str(dtype) in NOT_ARROWS
    ]
    if not refused:
        return frame.__arrow_c_stream__()
    nothing = sys.modules["polars"].lit(None)
    rest = frame.with_columns(nothing.alias(name) for name, _ in refused)
    return Table(rest.__arrow_c_stream__(), refused)
