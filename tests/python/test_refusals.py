"""A request that is refused as a whole refuses no record: mended, the push goes on with all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import graph8_crm

if TYPE_CHECKING:
    from pathlib import Path

    from graph8_crm import PushReport, Sandbox

BATCHES = 6
SIZE = 5
RECORDS = [{"email": f"p{n}@x.test"} for n in range(BATCHES * SIZE)]


def refused(
    sandbox: Sandbox, status: int, skip: int, records: list[Any], **options: Any
) -> PushReport:
    """Pushes while all requests after the first ones are refused; gives the report."""
    sandbox.fail_next("status", status=status, body={"detail": "no"}, skip=skip, count=1000)
    with pytest.raises(graph8_crm.Graph8Error) as caught:
        sandbox.client().push_contacts("hubspot", records, batch_size=SIZE, **options)
    assert caught.value.status == status
    assert caught.value.report is not None
    sandbox.command("clear_faults")
    return caught.value.report


@pytest.mark.parametrize("status", [401, 402, 403, 404])
@pytest.mark.parametrize("skip", [0, 3, BATCHES - 1])
@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("has_journal", [False, True])
def test_a_push_refused_three_times_loses_nothing(
    sandbox: Sandbox,
    tmp_path: Path,
    status: int,
    skip: int,
    concurrency: int,
    has_journal: bool,
) -> None:
    options: dict[str, Any] = {"concurrency": concurrency, "dead_letter": tmp_path / "dead.ndjson"}
    if has_journal:
        options["journal"] = tmp_path / "push.journal"
    records: list[Any] = list(RECORDS)
    for run in range(3):
        passing = skip if run == 0 else 0
        report = refused(sandbox, status, passing, records, **options)
        assert (report.failed, report.unknown) == (0, 0)
        assert report.pushed == (skip * SIZE if has_journal or run == 0 else 0)
        if not has_journal:
            records = report.records_of("not_sent")
    assert len(sandbox.records("hubspot", "contacts")) == skip * SIZE
    report = sandbox.client().push_contacts("hubspot", records, batch_size=SIZE, **options)
    assert (report.pushed, report.records) == (len(records), len(records))
    assert len(sandbox.records("hubspot", "contacts")) == len(RECORDS)
    assert (tmp_path / "dead.ndjson").read_bytes() == b""
