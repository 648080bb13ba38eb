"""What results show in a notebook, and what `help()` and completion have."""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import pickle
import pydoc
import sys
import traceback
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from conftest import contacts

import graph8_crm
from graph8_crm import (
    AsyncClient,
    Client,
    ConnectionStatus,
    CrmSync,
    Field,
    Fields,
    JournalStatus,
    MessageGroup,
    Outcome,
    Problem,
    PushProgress,
    PushReport,
    ResultTable,
    hubspot,
    journal_status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from graph8_crm import Sandbox

HOSTILE = "</td><script>alert(1)</script>'\" onload=x \u202e\x07 $x^2$ &amp;"
BAD = {"email": "<img src=x onerror=alert(1)>", "firstname": "Zed"}
ALLOWED = {
    *("div", "style", "p", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td"),
    "span",
}


class Page(HTMLParser):
    """Tags and texts of what a result shows; the tags must be closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.rows = 0
        self.texts: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        self.open.append(tag)
        self.rows += tag == "tr" and "tbody" in self.open
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.texts.append(data)


def shown(result: Any) -> Page:
    html = result._repr_html_()
    page = Page(html)
    names = {name for _, name, _ in page.attributes}
    assert names <= {"class", "scope", "style", "role", "aria-label"}
    heads = [value for tag, name, value in page.attributes if (tag, name) == ("th", "scope")]
    assert len(heads) == html.count("<th ")
    assert html.count("<table") == html.count("<caption")
    # No formulas are looked for in it, and no text turns the page around.
    assert "mathjax_ignore" in html
    assert not set("\u202e\x07") & set(html)
    return page


def a_journal(client: Client, folder: Path) -> JournalStatus:
    client.push_contacts("hubspot", contacts(1), journal=folder / "journal")
    return journal_status(folder / "journal")


def test_each_result_shows_itself(client: Client, tmp_path: Path) -> None:
    snapshots: list[PushProgress] = []
    report = client.push_contacts(
        "hubspot",
        [*contacts(3), BAD, contacts(1)[0]],
        journal=tmp_path / "journal",
        progress=snapshots.append,
        unique="first",
    )
    expected = {
        "3 of 5 contacts pushed": report,
        "Errors found": client.check_contacts("hubspot", [BAD]),
        "65 fields of hubspot contacts": client.fields("hubspot"),
        "Connection to hubspot": client.status("hubspot"),
        "5 CRM syncs": client.list_syncs(),
        "Journal of contacts to hubspot": journal_status(tmp_path / "journal"),
        "1 problem": report.problems,
        "1 message group": report.failures_by_message(),
        "5 of 5 records settled": snapshots[-1],
        "graph8_crm.Client": client,
    }
    for words, result in expected.items():
        page = shown(result)
        assert words in " ".join(page.texts)
        assert page.rows <= 60
        assert len(repr(result).splitlines()) <= 25
    assert "Zed" not in report.problems._repr_html_()


def test_hostile_values_are_text(client: Client, tmp_path: Path) -> None:
    texts: Any = dict.fromkeys(("provider", "kind", "base_url", "started_at"), HOSTILE)
    problem = Problem(0, Outcome.FAILED, HOSTILE, {"email": HOSTILE}, HOSTILE)
    results: list[Any] = [
        ResultTable(Problem, [problem]),
        ResultTable(MessageGroup, [MessageGroup(Outcome.FAILED, HOSTILE, 1, (0,))]),
        ResultTable(CrmSync, [CrmSync(HOSTILE, HOSTILE, HOSTILE, HOSTILE)]),
        Fields([Field(HOSTILE, HOSTILE, HOSTILE, None, HOSTILE, {HOSTILE: HOSTILE})]),
        ConnectionStatus(HOSTILE, False, HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        dataclasses.replace(a_journal(client, tmp_path), **texts),
    ]
    for result in results:
        assert any("<script>alert(1)</script>" in text for text in shown(result).texts)


def test_a_hostile_service_can_not_write_into_a_notebook(client: Client, sandbox: Sandbox) -> None:
    errors = [{"record": BAD["email"], "error": f"refused: {HOSTILE}"}]
    body = {"data": {"pushed_count": 0, "failed_count": 1, "errors": errors}}
    sandbox.fail_next("status", operation="push_contacts", status=200, body=body)
    report = client.push_contacts("hubspot", [BAD])
    assert report.failed == 1
    assert any("<script>" in text for text in shown(report).texts)


def test_long_results_are_short(client: Client, tmp_path: Path) -> None:
    problems = ResultTable(Problem, [Problem(i, Outcome.FAILED, "x" * 5000) for i in range(100)])
    assert shown(problems).rows == 20
    assert "and 80 more" in shown(problems).texts
    assert len(problems._repr_html_()) < 20_000
    many = tuple(range(100_000))
    status = dataclasses.replace(
        a_journal(client, tmp_path), unknown_indexes=many, failed_indexes=many
    )
    assert len(repr(status)) < 1000
    assert "and 99,980 more" in "".join(shown(status).texts)


def test_a_client_shows_its_address_and_little_of_its_key(sandbox: Sandbox) -> None:
    key = "g8_live_abcdefghijklmnopqrstuvwxyz0123456789"
    for kind in (Client, AsyncClient):
        client = kind(key, sandbox.url)
        assert sandbox.url in repr(client)
        assert f"{key[:11]}…" in repr(client)
        assert key[:12] not in repr(client) + client._repr_html_()
        if isinstance(client, Client):
            client.close()
        else:
            asyncio.run(client.close())
        assert "closed" in repr(client)
        assert "closed" in client._repr_html_()
    assert "abcde…" not in repr(Client("abcdefghijkl", sandbox.url))


METHODS = ["push_contacts", "push_companies", "push_lists", "check_contacts", "check_companies"]


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("name", [*METHODS, "graph8_contacts", "graph8_companies"])
def test_options_are_parameters_with_help(kind: type, name: str) -> None:
    method = getattr(kind, name)
    parameters = inspect.signature(method).parameters
    options = [p.name for p in parameters.values() if p.kind is p.KEYWORD_ONLY]
    assert len(options) >= 6
    assert not any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    text = pydoc.plain(pydoc.render_doc(method))
    for option in options:
        assert f"\n        {option}: " in text, option
    assert text.count("Default:") >= len(options)


def test_the_options_are_those_that_there_are(client: Client) -> None:
    bound = inspect.signature(client.push_contacts)
    for name, parameter in bound.parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            client.push_contacts("hubspot", [], **{name: None})
    options: Any = {"no_option": 1}
    with pytest.raises(graph8_crm.ConfigError):
        client.push_contacts("hubspot", [], **options)


def test_results_and_records_complete_and_have_help() -> None:
    for result, attribute in ((PushReport, "not_sent"), (Field, "slug"), (PushProgress, "total")):
        assert attribute in inspect.signature(result).parameters
        assert f"{attribute}: " in pydoc.plain(pydoc.render_doc(result))
    contact = inspect.signature(hubspot.Contact).parameters
    assert {"email", "firstname", "custom"} <= set(contact)
    assert all(p.kind is p.KEYWORD_ONLY for p in contact.values())
    assert "firstname: " in pydoc.plain(pydoc.render_doc(hubspot.Contact))
    assert "firstname" in dir(hubspot.Contact(email="a@b.test"))
    assert pickle.loads(pickle.dumps(hubspot.Contact(email="a@b.test"))).email == "a@b.test"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there are no notes before")
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupted_push_says_how_far_it_came(
    client: Client, error: type[BaseException]
) -> None:
    def people() -> Iterator[dict[str, object]]:
        yield from contacts(3)
        raise error

    with pytest.raises(error) as caught:
        client.push_contacts("hubspot", people(), batch_size=1)
    report: PushReport = caught.value.report  # type: ignore[attr-defined]
    shown = "".join(traceback.format_exception(caught.value))
    assert shown.index(report.summary) > shown.index(error.__name__)
    assert "reinstall" not in shown


def test_no_line_near_a_raise_says_reinstall() -> None:
    """A notebook shows the lines around what raises."""
    path = inspect.getsourcefile(PushReport)
    lines = Path(str(path)).read_text(encoding="utf-8").splitlines()
    raises = [number for number, line in enumerate(lines) if line.lstrip().startswith("raise ")]
    for number, line in enumerate(lines):
        assert "reinstall" not in line or all(abs(number - near) > 5 for near in raises)


def test_a_notebook_shows_the_frame_of_the_caller_and_of_the_call(sandbox: Sandbox) -> None:
    """IPython and pytest leave out frames that say `__tracebackhide__`."""
    client = Client("g8_test_wrong", sandbox.url)
    sandbox.set_key("g8_test_wrong", "bad")
    calls: list[Callable[[], object]] = [
        lambda: client.fields("hubspot"),
        lambda: client.push_contacts("hubspot", contacts(1)),
        lambda: client.check_contacts("hubspot", contacts(1)),
        lambda: client.push_contacts("hubspot", [], batch_size=0),
    ]
    for call in calls:
        with pytest.raises(graph8_crm.Graph8Error) as caught:
            call()
        frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
        seen = [frame for frame in frames if "__tracebackhide__" not in frame.f_locals]
        names = [frame.f_code.co_name for frame in seen]
        assert [name for name in names if name.startswith(("push_", "check_", "fields"))]
        assert len(names) <= 4, names


def test_a_subclass_may_take_the_name_of_a_method(sandbox: Sandbox) -> None:
    class Own(Client):
        def check_contacts(self, provider: Any, records: Any, **options: Any) -> Any:
            return super().check_contacts(provider, records, **options)

    with Own(api_key="g8_sbx_demo", base_url=sandbox.url) as client:
        assert client.check_contacts("hubspot", [{"email": "ada@example.com"}]).ok
