"""The asyncio client against the sandbox."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from conftest import contacts, until, wait_until

import graph8_crm
from graph8_crm import ListChange, Outcome, PushReport, Sandbox


async def each(records: list[dict[str, object]]) -> AsyncIterator[dict[str, object]]:
    for record in records:
        await asyncio.sleep(0)
        yield record


def test_every_operation_works(sandbox: Sandbox) -> None:
    async def main() -> None:
        async with sandbox.async_client() as client:
            assert len(await client.list_syncs()) == 5
            assert "email" in {field.slug for field in await client.fields("hubspot")}
            assert (await client.status("hubspot")).connected
            assert (await client.push_contacts("hubspot", contacts(250))).pushed == 250
            assert (await client.push_contacts("zoho", each([{"Last_Name": "Ada"}]))).pushed == 1
            assert (await client.push_companies("hubspot", [{"name": "Ada Ltd"}])).pushed == 1
            first = sandbox.records("hubspot", "contacts")[0]["id"]
            list_id = sandbox.add_list("hubspot")
            report = await client.push_lists("hubspot", [ListChange(list_id, add=[first])])
            assert report.list_members_added == 1
        with pytest.raises(RuntimeError, match="closed"):
            await client.list_syncs()

    asyncio.run(main())


def test_errors_are_those_of_the_sync_client(sandbox: Sandbox) -> None:
    sandbox.fail_next("status", status=401, body=None, skip=1, operation="push_contacts")

    async def main() -> None:
        client = sandbox.async_client()
        with pytest.raises(graph8_crm.AuthenticationError) as caught:
            await client.push_contacts("hubspot", contacts(400), concurrency=1)
        assert caught.value.report is not None
        assert (caught.value.report.pushed, caught.value.report.not_sent) == (100, 300)
        with pytest.raises(graph8_crm.ConfigError):
            await client.fields("hubspt")

    asyncio.run(main())


def test_calls_run_side_by_side_and_the_loop_stays_free(sandbox: Sandbox) -> None:
    sandbox.fail_next("hold", count=8)

    async def main() -> None:
        client = sandbox.async_client()
        calls = [asyncio.create_task(client.list_syncs()) for _ in range(8)]
        # None is answered before all are there, and the loop turns meanwhile.
        await until(lambda: sandbox.held() == 8)
        sandbox.release()
        assert [len(syncs) for syncs in await asyncio.gather(*calls)] == [5] * 8

    asyncio.run(main())


def test_cancelling_a_push_stops_the_request_and_carries_the_report(sandbox: Sandbox) -> None:
    sandbox.fail_next("hold", skip=1, operation="push_contacts")

    async def main() -> PushReport:
        client = sandbox.async_client()
        push = asyncio.create_task(client.push_contacts("hubspot", contacts(350), concurrency=1))
        await until(lambda: sandbox.held() == 1)
        assert len(sandbox.requests()) == 2
        push.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await push
        await until(lambda: sandbox.held() == 0)
        report = graph8_crm.report_of(caught.value)
        assert report is not None
        return report

    report = asyncio.run(main())
    assert report.records == 350
    assert (report.pushed, report.unknown, report.not_sent) == (100, 100, 150)
    assert report.outcomes[100] is Outcome.UNKNOWN


def test_the_report_of_a_cancelled_push_is_found_wherever_it_is(sandbox: Sandbox) -> None:
    async def main() -> None:
        client = sandbox.async_client()
        push = asyncio.create_task(client.push_contacts("hubspot", contacts(250)))
        await asyncio.sleep(0)
        push.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await push
        report = graph8_crm.report_of(caught.value)
        assert report is not None
        assert report.records == 250

        sandbox.fail_next("hold")
        pushing = client.push_contacts("hubspot", contacts(3))
        with pytest.raises(asyncio.TimeoutError) as timed_out:
            await asyncio.wait_for(pushing, 0.2)
        report = graph8_crm.report_of(timed_out.value)
        assert report is not None
        assert report.records == 3

        # As Python 3.10 does it: who awaits the task gets another error than the task itself.
        outer = asyncio.CancelledError()
        outer.__context__ = caught.value
        assert graph8_crm.report_of(outer) is graph8_crm.report_of(caught.value)

    asyncio.run(main())


def test_without_an_event_loop_of_asyncio_there_is_a_clear_sentence(sandbox: Sandbox) -> None:
    client = sandbox.async_client()
    for call in (client.list_syncs(), client.push_contacts("hubspot", contacts(3))):
        # As trio runs it.
        with pytest.raises(graph8_crm.ConfigError, match=r"trio\.to_thread\.run_sync"):
            call.send(None)
    assert sandbox.requests() == []


def test_ctrl_c_under_asyncio_run_leaves_the_report(sandbox: Sandbox) -> None:
    async def interrupted() -> AsyncIterator[dict[str, object]]:
        for record in contacts(3):
            yield record
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()

    async def main() -> None:
        async with sandbox.async_client() as client:
            await client.push_contacts("hubspot", interrupted())

    with pytest.raises(KeyboardInterrupt) as caught:
        asyncio.run(main())
    report = graph8_crm.report_of(caught.value)
    assert report is not None
    assert len(report.outcomes) == 3


def test_an_error_that_came_while_another_was_handled_has_no_report_of_it(
    sandbox: Sandbox,
) -> None:
    report = sandbox.client().push_contacts("hubspot", [{"email": "no address"}])
    with pytest.raises(graph8_crm.NotAllPushedError) as caught:
        report.raise_for_failures()
    assert graph8_crm.report_of(caught.value) is report
    other = KeyError("other")
    other.__context__ = caught.value
    assert graph8_crm.report_of(other) is None
    other.__cause__ = caught.value
    assert graph8_crm.report_of(other) is report
    caught.value.__cause__ = other
    caught.value.report = None
    assert graph8_crm.report_of(other) is None


def test_a_push_that_is_cancelled_at_once_has_a_whole_report(sandbox: Sandbox) -> None:
    async def main() -> PushReport:
        push = asyncio.create_task(sandbox.async_client().push_contacts("hubspot", contacts(250)))
        await asyncio.sleep(0)
        push.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await push
        report = graph8_crm.report_of(caught.value)
        assert report is not None
        return report

    report = asyncio.run(main())
    assert report.records == 250
    assert report.pushed + report.unknown + report.not_sent == 250


def test_cancelling_a_read_stops_it(sandbox: Sandbox) -> None:
    sandbox.fail_next("hold")

    async def main() -> None:
        call = asyncio.create_task(sandbox.async_client().list_syncs())
        await until(lambda: sandbox.held() == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        # The service sees that it was given up.
        await until(lambda: sandbox.held() == 0)

    asyncio.run(main())


def test_a_source_that_raises_comes_out_with_the_report(sandbox: Sandbox) -> None:
    async def source() -> AsyncIterator[dict[str, object]]:
        for record in contacts(130):
            yield record
        raise LookupError("the source broke")

    def plain_source() -> Iterator[dict[str, object]]:
        yield from contacts(130, 500)
        raise LookupError("the source broke")

    async def main() -> None:
        client = sandbox.async_client()
        for records in (source(), plain_source()):
            with pytest.raises(LookupError, match="the source broke") as caught:
                await client.push_contacts("hubspot", records)
            assert caught.value.report.pushed == 130  # type: ignore[attr-defined]

    asyncio.run(main())


def test_one_client_serves_one_event_loop_after_another(sandbox: Sandbox) -> None:
    client = sandbox.async_client()
    for _ in range(3):
        assert len(asyncio.run(client.list_syncs())) == 5


def test_a_loop_that_closes_with_a_call_in_flight_stays_quiet(
    sandbox: Sandbox, capfd: pytest.CaptureFixture[str]
) -> None:
    sandbox.fail_next("hold")
    loop = asyncio.new_event_loop()
    client = sandbox.async_client()
    call = loop.create_task(client.list_syncs())
    loop.run_until_complete(until(lambda: sandbox.held() == 1))
    call.cancel()
    loop.close()
    # Its answer comes when there is no loop any more.
    sandbox.release()
    wait_until(lambda: sandbox.requests()[0]["status"] == 200)
    assert len(asyncio.run(client.list_syncs())) == 5
    time.sleep(0.2)
    # asyncio itself complains about a task that it never got to cancel; nothing else may speak.
    del call
    assert "Event loop is closed" not in capfd.readouterr().err
