"""Paths of files, and which texts are some."""

from __future__ import annotations

import os
from typing import cast

from .classes import defines

FORMATS = (".ndjson", ".jsonl", ".csv", ".tsv")
FILES = (*FORMATS, *(f"{ending}.gz" for ending in FORMATS))
"""Names of files that are taken as such even when a plain `str` names them."""


def path_of(records: object) -> str | None:
    """The path of a file, if it is one."""
    if defines(type(records), "__fspath__"):
        return os.fsdecode(cast("os.PathLike[str]", records))
    return records if isinstance(records, str) and records.lower().endswith(FILES) else None
