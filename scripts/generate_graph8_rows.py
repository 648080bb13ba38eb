"""Writes where the fields of graph8's own rows go, in Rust and in the documentation, from `facts/`.

`--check` writes nothing and fails when a file differs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
FACTS = ROOT / "facts"
RUST = ROOT / "core/src/crm/graph8/table.rs"
PAGE = ROOT / "docs/graph8-rows.md"
TABLES = ("<!-- fields: made by scripts/generate_graph8_rows.py -->\n", "<!-- /fields -->")

PROVIDERS = {
    "hubspot": "HubSpot",
    "salesforce": "Salesforce",
    "pipedrive": "Pipedrive",
    "zoho": "Zoho",
    "sugarcrm": "SugarCRM",
}
KINDS = ("contacts", "companies")
NUMBERS = {
    "number": "number",
    "double": "number",
    "currency": "number",
    "monetary": "number",
    "int": "integer",
    "integer": "integer",
}
"""What a CRM's field takes, by the CRM's own type name; text, if it is not here."""


class Home(NamedTuple):
    """Where a field of a row goes in one CRM."""

    field: str
    takes: str
    part: str | None


class Row(NamedTuple):
    """A field of a row."""

    name: str
    label: str
    homes: dict[str, Home]


def read(name: str) -> Any:
    """A file of facts."""
    return json.loads((FACTS / f"{name}.json").read_text())


def crm_field(provider: str, kind: str, name: str) -> dict[str, Any]:
    """What is known of a CRM's field, which a create can set."""
    for field in read(provider)["entities"][kind]["fields"]:
        if name == field.get("write_slug", field["slug"]):
            if field.get("read_only"):
                break
            found: dict[str, Any] = field
            return found
    sys.exit(f"facts/graph8.json: {provider} has no field '{name}' of {kind} that can be set")


def rows(kind: str) -> list[Row]:
    """The fields of graph8's rows of a kind."""
    facts = read("graph8")
    found = []
    for row in facts[kind]:
        homes = {}
        for provider, home in row["homes"].items():
            field, part = (home, None) if isinstance(home, str) else (home["field"], home["part"])
            own = facts["takes"].get(provider, {}).get(kind, {}).get(field)
            takes = own or NUMBERS.get(crm_field(provider, kind, field)["type"], "text")
            homes[provider] = Home(field, takes, part)
        found.append(Row(row["name"], row["label"], homes))
    return found


def rust_name(takes: str) -> str:
    """The variant of `Graph8Takes`."""
    return "".join(word.capitalize() for word in takes.split("_"))


def rust_row(row: Row, provider: str) -> str:
    """A field in Rust's table of one CRM."""
    home = row.homes.get(provider)
    if home is None:
        return f'    Graph8Field::homeless("{row.name}"),'
    place = f'Graph8Field::at("{row.name}", "{home.field}", Graph8Takes::{rust_name(home.takes)})'
    return f"    {place},".replace("),", f').part("{home.part}"),' if home.part else "),")


def rust() -> str:
    """Rust's tables."""
    lines = [
        "//! Where the fields of graph8's own rows go.",
        "//!",
        "//! Made by `scripts/generate_graph8_rows.py` from `facts/*.json`: change those.",
        "",
        "use super::fields::{Graph8Field, Graph8Takes};",
        "use crate::names::{Provider, PushKind};",
        "",
        "pub(super) const fn table(provider: Provider, kind: PushKind) -> &'static [Graph8Field] {",
        "    match (provider, kind) {",
    ]
    for provider in PROVIDERS:
        for kind in KINDS:
            names = f"Provider::{provider.capitalize()}, PushKind::{kind.capitalize()}"
            lines.append(f"        ({names}) => {provider.upper()}_{kind.upper()},")
    lines += ["        (_, PushKind::Lists) => &[],", "    }", "}"]
    for kind in KINDS:
        for provider in PROVIDERS:
            name = f"{provider.upper()}_{kind.upper()}"
            lines += ["", f"const {name}: &[Graph8Field] = &["]
            lines += [rust_row(row, provider) for row in rows(kind)]
            lines.append("];")
    options = crm_field("hubspot", "companies", "industry")["options"]
    lines += ["", "/// HubSpot's industries.", "pub(super) const HUBSPOT_INDUSTRIES: &[&str] = &["]
    lines += [f'    "{option}",' for option in sorted(options)]
    lines.append("];")
    return "\n".join(lines) + "\n"


HOW = {
    "domain": "bare",
    "option": "its option",
    "number": "number",
    "integer": "whole number",
    "name": "joined",
    "entries": "list",
    "email_entries": "list",
    "address": "address",
}


def cell(home: Home | None) -> str:
    """A field's home in the documentation."""
    if home is None:
        return "-"
    if home.part == "instead":
        return f"`{home.field}`, if there is no website"
    how = [HOW[home.takes]] if home.takes in HOW else []
    if home.takes in ("entries", "address"):
        how.append(f"`{home.part}`")
    return f"`{home.field}`" + (f" ({', '.join(how)})" if how else "")


def tables() -> str:
    """The documentation's tables."""
    lines = []
    for kind in KINDS:
        lines += ["", f"### {kind.capitalize()}", ""]
        lines.append(f"| graph8 | | {' | '.join(PROVIDERS.values())} |")
        lines.append("|---" * (len(PROVIDERS) + 2) + "|")
        for row in rows(kind):
            cells = [cell(row.homes.get(provider)) for provider in PROVIDERS]
            lines.append(f"| `{row.name}` | {row.label} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", ""])


def page() -> str:
    """The documentation with its tables made anew."""
    before, start, rest = PAGE.read_text().partition(TABLES[0])
    _, end, after = rest.partition(TABLES[1])
    if not start or not end:
        sys.exit(f"generate_graph8_rows.py: {PAGE.name} has no {TABLES[0]!r} with its end")
    return before + start + tables() + end + after


def main() -> None:
    """Writes or checks."""
    stale = []
    for path, text in {RUST: rust(), PAGE: page()}.items():
        if path.exists() and path.read_text() == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if "--check" not in sys.argv:
            path.write_text(text)
    if "--check" in sys.argv and stale:
        sys.exit(f"run scripts/generate_graph8_rows.py: {', '.join(stale)} differ from the facts")


if __name__ == "__main__":
    main()
