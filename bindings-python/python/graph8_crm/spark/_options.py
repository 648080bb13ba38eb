"""Spark's options, which are texts, as settings of a client and options of a push."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, get_args

from .._errors import ConfigError
from .._names import OnChange, Provider, Unique

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    Read: TypeAlias = Callable[[str, str], object]
    """Makes an option's value of its name and its text."""

MAX_STAGED_BYTES = 512 << 20
"""Half of what Spark lets all tasks of a job return together (`spark.driver.maxResultSize`)."""

SPARKS_OWN = frozenset({"checkpointlocation"})
"""What a stream's options hold for Spark itself."""

UNITS = {"": 0, "k": 10, "m": 20, "g": 30}


def _text(_: str, text: str) -> str:
    return text


def _path(name: str, text: str) -> str:
    if re.match(r"[a-z][a-z0-9+.-]+:", text, re.IGNORECASE):
        raise ConfigError(
            f"{name} is {text!r}: it must be a path on a disk of the driver, since a journal needs "
            "locks and writes that last"
        )
    return text


def _fields(_: str, text: str) -> str | list[str]:
    names = [part.strip() for part in text.split(",")]
    return names[0] if len(names) == 1 else names


def _one_of(*choices: str) -> Read:
    def read(name: str, text: str) -> str:
        given = text.strip().lower()
        if given not in choices:
            raise ConfigError(
                f"{name} is {text!r}: use {_listed(choices)}{_nearest(given, choices)}"
            )
        return given

    return read


def _flag(name: str, text: str) -> bool:
    return _one_of("true", "false")(name, text) == "true"


def _bytes(name: str, text: str) -> int:
    found = re.fullmatch(r"(\d{1,15})([kmg]?)b?", text.strip().lower())
    size = int(found[1]) << UNITS[found[2]] if found else 0
    if not 0 < size < 1 << 63:
        raise ConfigError(f"{name} is {text!r}: use a number of bytes, for example 512m")
    return size


def _rate_limit(name: str, text: str) -> bool | tuple[int, int]:
    if text.strip().lower() == "false":
        return False
    found = re.fullmatch(r"\s*(\d{1,9})\s*,\s*(\d{1,9})\s*", text)
    if not found:
        raise ConfigError(
            f"{name} is {text!r}: use requests per second and per minute, for example 10,200, or "
            "false"
        )
    return int(found[1]), int(found[2])


OF_CLIENT: dict[str, Read] = {
    "api_token": _text,
    "base_url": _text,
    "org_id": _text,
    "rate_limit": _rate_limit,
}
OF_PUSH: dict[str, Read] = {
    "journal": _path,
    "primary_key": _fields,
    "dead_letter": _path,
    "check": _flag,
    "fix": _flag,
    "form": _one_of("crm", "graph8"),
    "skip_existing": _flag,
    "unique": _one_of(*get_args(Unique)),
    "on_change": _one_of(*get_args(OnChange)),
}
OWN: dict[str, Read] = {
    "provider": _one_of(*get_args(Provider)),
    "kind": _one_of("contacts", "companies"),
    "fail_on": _one_of("stopped", "failures"),
    "report": _path,
    "max_staged_bytes": _bytes,
}
OPTIONS = OWN | OF_PUSH | OF_CLIENT


@dataclass(frozen=True)
class Settings:
    """What a write is to do."""

    provider: Any
    kind: str
    push: dict[str, Any]
    """Options of the push, without the journal."""
    journal: str | None
    """A file; of a stream a folder."""
    client: dict[str, Any] = field(repr=False)
    """Settings of the client, the key among them."""
    fail_on: str
    report: str | None
    """A file; of a stream a folder."""
    max_staged_bytes: int


def read_options(given: Mapping[str, str]) -> Settings:
    """The settings that a write's options are.

    Raises:
        ConfigError: An option is missing, wrong or not known.
    """
    values: dict[str, Any] = {}
    for written, text in given.items():
        name = written.lower()
        if name not in SPARKS_OWN:
            values[name] = _known(name)(name, text)
    for name in ("provider", "kind"):
        if name not in values:
            raise ConfigError(f"the option {name} is missing: {_listed(_choices_of(name))}")
    client = {name: values[name] for name in OF_CLIENT if name in values}
    if "api_token" in client:
        client["api_key"] = client.pop("api_token")
    push = {name: values[name] for name in OF_PUSH if name in values}
    return Settings(
        provider=values["provider"],
        kind=values["kind"],
        journal=push.pop("journal", None),
        push=push,
        client=client,
        fail_on=values.get("fail_on", "stopped"),
        report=values.get("report"),
        max_staged_bytes=values.get("max_staged_bytes", MAX_STAGED_BYTES),
    )


def _known(name: str) -> Read:
    read = OPTIONS.get(name)
    if read is not None:
        return read
    # Spark hides the values of options by their names, and this name is none of those.
    if name in ("api_key", "apikey", "key"):
        raise ConfigError(
            f"there is no option {name!r}: pass the key as api_token, whose value Spark hides in "
            "plans and logs, or set G8_API_KEY where the driver starts"
        )
    if name == "path":
        raise ConfigError(
            'there is no path to save to: call save() or start() alone, with .option("provider", …)'
        )
    raise ConfigError(
        f"there is no option {name!r}{_nearest(name, OPTIONS)} (options are {_listed(OPTIONS)})"
    )


def _choices_of(name: str) -> tuple[str, ...]:
    return get_args(Provider) if name == "provider" else ("contacts", "companies")


def _listed(names: Mapping[str, object] | tuple[str, ...]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"


def _nearest(name: str, names: Mapping[str, object] | tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
