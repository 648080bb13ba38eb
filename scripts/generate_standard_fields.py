"""Writes what the core knows of each CRM's standard fields from the CRMs' field lists.

The sandbox reads the same lists. `--check` writes nothing and fails when a file differs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FACTS = ROOT / "facts"
RUST = ROOT / "core/src/crm/standard"

PROVIDERS = {
    "hubspot": "HubSpot",
    "salesforce": "Salesforce",
    "pipedrive": "Pipedrive",
    "zoho": "Zoho",
    "sugarcrm": "SugarCRM",
}
ENTITIES = ("contacts", "companies")

HEAD = "Made by `scripts/generate_standard_fields.py` from `facts/*.json`: change those."

# Members of `StandardField` that a fact fills as it is.
TEXTS = {
    "type": "type_name",
    "field_type": "input",
    "format": "format",
    "shape": "shape",
    "json": "json",
    "write_slug": "write_slug",
}
NUMBERS = ("max_length", "digits", "precision", "scale")
FLAGS = {
    "read_only": "is_read_only",
    "default_on_create": "is_defaulted",
    "multi": "is_multiple",
    "unique": "is_unique",
}
LISTS = {"options": "options", "option_labels": "option_labels", "references": "references"}


def text(value: str) -> str:
    """A Rust literal."""
    return json.dumps(value, ensure_ascii=False)


def texts(values: list[str]) -> str:
    """A Rust slice of literals."""
    return f"&[{', '.join(text(value) for value in values)}]"


def field(facts: dict[str, Any]) -> str:
    """A field as a line of Rust."""
    members = [f"slug: {text(facts['slug'])}", f"label: {text(facts['name'])}"]
    members += [
        f"{ours}: {text(facts[theirs])}" for theirs, ours in TEXTS.items() if facts.get(theirs)
    ]
    members += [f"{name}: {facts[name]}" for name in NUMBERS if facts.get(name)]
    members += [f"{ours}: true" for theirs, ours in FLAGS.items() if facts.get(theirs)]
    members += [
        f"{ours}: {texts(facts[theirs])}" for theirs, ours in LISTS.items() if facts.get(theirs)
    ]
    return f"        StandardField {{ {', '.join(members)}, ..StandardField::NONE }},"


def module(provider: str, facts: dict[str, Any]) -> str:
    """The Rust module of a provider."""
    lines = [
        f"//! Standard fields of {PROVIDERS[provider]}.",
        "//!",
        f"//! {HEAD}",
        "",
        "use super::{StandardEntity, StandardField};",
    ]
    for entity in ENTITIES:
        required = facts["required_on_create"][entity]
        lines += [
            "",
            "#[rustfmt::skip]",
            f"pub(super) static {entity.upper()}: StandardEntity = StandardEntity {{",
            f"    all_of: {texts(required.get('all_of', []))},",
            f"    any_of: {texts(required.get('any_of', []))},",
            "    fields: &[",
            *(field(facts) for facts in facts["entities"][entity]["fields"]),
            "    ],",
            "};",
        ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Writes or checks."""
    stale = []
    for provider in PROVIDERS:
        path = RUST / f"{provider}.rs"
        facts = json.loads((FACTS / f"{provider}.json").read_text())
        made = module(provider, facts)
        if path.exists() and path.read_text() == made:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if "--check" not in sys.argv:
            path.write_text(made)
    if "--check" in sys.argv and stale:
        sys.exit(
            f"run scripts/generate_standard_fields.py: {', '.join(stale)} differ from the facts"
        )


if __name__ == "__main__":
    main()
