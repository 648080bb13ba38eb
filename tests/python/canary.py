"""Looks for an API key in all that the suite makes: errors, reports, log lines and files."""

from __future__ import annotations

import functools
import logging
import pickle
import re
from collections.abc import Callable
from pathlib import Path

from graph8_crm import Graph8Error, PushReport, _results

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


def _checked_errors(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def init(self: Graph8Error, *args: object, **keywords: object) -> None:
        original(self, *args, **keywords)
        check("errors", self, pickle.dumps(self))

    return init


def _checked_reports(original: Callable[..., PushReport]) -> Callable[..., PushReport]:
    @functools.wraps(original)
    def made(*args: object, **keywords: object) -> PushReport:
        report = original(*args, **keywords)
        check("reports", report, pickle.dumps(report), str(report.to_dict(records=True)))
        return report

    return made


def watch() -> None:
    """From now on every error, report and log line is checked as it comes to be."""
    setattr(Graph8Error, "__init__", _checked_errors(Graph8Error.__init__))  # noqa: B010
    _results.report._new_report = _checked_reports(_results.report._new_report)
    logging.getLogger().addHandler(_LogLines(logging.DEBUG))
    logging.getLogger().setLevel(logging.DEBUG)


def check_files(folder: Path) -> None:
    """Journals, dead letters and whatever else a push has written there."""
    for path in folder.rglob("*"):
        # Programs that the tests write for other interpreters name their key.
        if path.is_file() and path.suffix not in {".py", ".pem"}:
            check("files", path, path.read_bytes())
