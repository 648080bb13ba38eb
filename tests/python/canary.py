"""Looks for an API key in all that the suite makes: errors, reports, log lines and files."""

from __future__ import annotations

import functools
import logging
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graph8_crm import Graph8Error, PushReport

KEY = re.compile(rb"g8_(sbx|test|live)_[a-z]")
"""Any of the keys that the tests use."""
CHECKED = {"errors": 0, "reports": 0, "log lines": 0, "files": 0, "outputs": 0}


def check(kind: str, value: object, *forms: str | bytes) -> None:
    """Fails when `value` shows a key as text, pickled, or in one of the other `forms`."""
    CHECKED[kind] += 1
    for form in (repr(value), str(value), *forms):
        data = form.encode("utf-8", "surrogateescape") if isinstance(form, str) else form
        assert not KEY.search(data), f"a key stands in {kind}: {form!r}"


class _LogLines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        check("log lines", record.getMessage(), self.format(record))


def _checked(
    kind: str, original: Callable[..., None], *views: Callable[[Any], str | bytes]
) -> Callable[..., None]:
    @functools.wraps(original)
    def init(self: object, *args: object, **keywords: object) -> None:
        original(self, *args, **keywords)
        check(kind, self, *(view(self) for view in views))

    return init


def watch() -> None:
    """From now on every error, report and log line is checked as it comes to be."""
    for owner, kind, views in (
        (Graph8Error, "errors", (pickle.dumps,)),
        (PushReport, "reports", (pickle.dumps, lambda report: str(report.to_dict()))),
    ):
        setattr(owner, "__init__", _checked(kind, owner.__init__, *views))  # noqa: B010
    logging.getLogger().addHandler(_LogLines(logging.DEBUG))
    logging.getLogger().setLevel(logging.DEBUG)


def check_files(folder: Path) -> None:
    """Journals, dead letters and whatever else a push has written there."""
    for path in folder.rglob("*"):
        # Programs that the tests write for other interpreters name their key.
        if path.is_file() and path.suffix not in {".py", ".pem"}:
            check("files", path, path.read_bytes())
