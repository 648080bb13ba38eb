"""The credentials file of graph8's own tools, in a home of the test's own."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

import graph8_crm
from graph8_crm import AuthenticationError, Client, ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from graph8_crm import Sandbox

# Unlike those that the canary looks for in files.
KEY = "g8_sbx_1234567890"
SHOWN = "~/.g8/credentials.json"
on_unix = pytest.mark.skipif(os.name != "posix", reason="elsewhere files have no modes")


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def log_in(home: Path, url: str | None, mode: int = 0o600) -> Path:
    """What graph8's own tools leave behind."""
    path = home / ".g8" / "credentials.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"api_key": KEY, "api_url": url}), encoding="utf-8")
    path.chmod(mode)
    return path


def test_key_and_address_of_the_file_are_taken_last(
    home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(home, sandbox.url)
    with Client() as client:
        assert len(client.list_syncs()) == 5
        assert repr(client) == f"<graph8_crm.Client of {client.base_url}, key g8_sb… from {SHOWN}>"
        assert SHOWN in client._repr_html_()
    monkeypatch.setenv("G8_API_URL", "https://other.example")
    assert Client().base_url == "https://other.example/api/v1"
    monkeypatch.delenv("G8_API_URL")
    # The file's address is for the file's key alone.
    monkeypatch.setenv("GRAPH8_API_KEY", "g8_live_of_the_environment")
    assert Client().base_url == "https://be.graph8.com/api/v1"
    assert "from GRAPH8_API_KEY>" in repr(Client())
    assert Client("g8_live_given").base_url == "https://be.graph8.com/api/v1"
    assert repr(Client("g8_live_given")).endswith("key g8_l…>")


def test_the_file_can_be_left_out(home: Path, sandbox: Sandbox) -> None:
    log_in(home, sandbox.url)
    for client in (Client, graph8_crm.AsyncClient):
        with pytest.raises(ConfigError, match="no API key"):
            client(credentials=False)


@on_unix
def test_a_file_that_others_may_read_is_an_error(
    home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(home, sandbox.url, mode=0o644)
    with pytest.raises(ConfigError, match=r"chmod 600 ~/\.g8/credentials\.json") as caught:
        Client()
    assert KEY not in str(caught.value)
    # It is not looked at where there is another key.
    assert Client("g8_live_given")
    monkeypatch.setenv("G8_API_KEY", "g8_live_of_the_environment")
    assert Client()


def test_a_file_without_a_key_is_an_error(home: Path) -> None:
    log_in(home, None).write_text('{"key": "canary"}', encoding="utf-8")
    with pytest.raises(ConfigError, match="a text api_key") as caught:
        Client()
    assert "canary" not in str(caught.value)


def test_an_error_says_where_a_refused_key_came_from(
    home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.set_key(KEY, "bad")
    log_in(home, sandbox.url)
    with pytest.raises(AuthenticationError, match=f"the key comes from {SHOWN}"):
        Client().list_syncs()
    monkeypatch.setenv("G8_API_KEY", "g8_test_bad")
    with pytest.raises(AuthenticationError, match="the key comes from G8_API_KEY"):
        Client(base_url=sandbox.url).list_syncs()


@pytest.mark.parametrize(("length", "shown"), [(15, 5), (33, 11), (36, 11), (200, 11)])
def test_a_client_shows_eleven_characters_of_its_key_at_most(length: int, shown: int) -> None:
    key = ("g8_live_" + "0123456789abcdef" * 20)[:length]
    client = Client(key)
    for said in (repr(client), client._repr_html_()):
        assert key[:shown] in said
        assert key[: shown + 1] not in said
