"""The one push of a write, on the driver."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._client import Client
from .._errors import ConfigError, Graph8Error
from ._staging import StagedRows

if TYPE_CHECKING:
    from .._results import PushReport
    from ._options import Settings

LOGGER = logging.getLogger("graph8_crm.spark")


def refuse_early(settings: Settings, fields: list[str], schema: Any) -> None:
    """Finds out before any task runs what a push would refuse: a table without rows sends nothing.

    Raises:
        ConfigError: There is no key, a setting is wrong, or a column has no JSON.
    """
    key = settings.push.get("primary_key", [])
    for field in [key] if isinstance(key, str) else key:
        if field not in fields:
            raise ConfigError(f"primary_key is {field!r}, and there is no such column")
    options = {
        name: value
        for name, value in settings.push.items()
        if name not in ("dead_letter", "primary_key")
    }
    with Client(**settings.client) as client:
        _push(client, settings, StagedRows([], 0, schema), options)


def warn_without_journal(settings: Settings) -> None:
    """Says what a write without memory does."""
    if settings.journal is None:
        LOGGER.warning(
            "graph8_crm: there is no journal, so a second save() of these rows creates every "
            'record once more: set .option("journal", "/a/path/on/the/driver") and '
            '.option("primary_key", …)'
        )


def push(
    settings: Settings, rows: StagedRows, journal: str | None, report: str | None
) -> PushReport:
    """Pushes all rows as one push, and writes its report down, however it ends.

    Raises:
        Graph8Error: The push ended before all records were tried, or, with `fail_on="failures"`,
            not all were pushed.
    """
    options = settings.push | ({} if journal is None else {"journal": journal})
    with Client(**settings.client) as client:
        try:
            done = _push(client, settings, rows, options)
        except Graph8Error as error:
            if error.report is not None:
                _write_report(error.report, report)
            raise
    _write_report(done, report)
    is_clean = done.pushed + done.skipped == done.records
    LOGGER.log(logging.INFO if is_clean else logging.WARNING, "graph8_crm: %s", done.summary)
    if settings.fail_on == "failures":
        done.raise_for_failures()
    return done


def _push(
    client: Client, settings: Settings, rows: StagedRows, options: dict[str, Any]
) -> PushReport:
    if settings.kind == "companies":
        return client.push_companies(settings.provider, rows, **options)
    return client.push_contacts(settings.provider, rows, **options)


def _write_report(report: PushReport, path: str | None) -> None:
    """Puts the report in the file's place when it is whole; messages may quote customers' data."""
    if path is None:
        return
    written = Path(f"{path}.new")
    written.parent.mkdir(parents=True, exist_ok=True)
    written.unlink(missing_ok=True)
    handle = os.open(written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(report.to_dict(), file, indent=1, ensure_ascii=False)
        file.write("\n")
    written.replace(path)
