"""Writes the typed records of the three languages from the CRMs' field lists.

The sandbox reads the same lists. `--check` writes nothing and fails when a file differs.
"""

from __future__ import annotations

import json
import keyword
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
FACTS = ROOT / "facts"
PYTHON = ROOT / "bindings-python/python/graph8_crm"
TYPESCRIPT = ROOT / "bindings-node/ts/records.ts"
RUST = ROOT / "core/src/records/typed"

PROVIDERS = {
    "hubspot": "HubSpot",
    "salesforce": "Salesforce",
    "pipedrive": "Pipedrive",
    "zoho": "Zoho",
    "sugarcrm": "SugarCRM",
}
ENTITIES = {"contacts": "Contact", "companies": "Company", "leads": "Lead", "deals": "Deal"}
CREATED = ("contacts", "companies")
CUSTOM_SUFFIX = {"salesforce": "__c", "sugarcrm": "_c"}


class Kind(NamedTuple):
    """What a field takes, in each language."""

    python: str
    typescript: str
    rust: str


KINDS = {
    "text": Kind("str", "string", "String"),
    "integer": Kind("int", "number | bigint", "i64"),
    "number": Kind("float | Decimal", "number", "f64"),
    "numeric": Kind("float | Decimal | str", "number | string", "f64"),
    "boolean": Kind("bool", "boolean", "bool"),
    "flag": Kind("bool | str", "boolean | string", "bool"),
    "date": Kind("dt.date | str", "Date | string", "String"),
    "datetime": Kind("dt.datetime | str", "Date | string", "String"),
    "list": Kind("Sequence[object]", "readonly unknown[]", "Vec<Value>"),
    "any": Kind("object", "unknown", "Value"),
}

# By the CRM's own type names. What is not here takes any value: no valid record may be refused.
TYPES = {
    "hubspot": {
        "text": "string enumeration phone_number",
        # HubSpot's own documentation writes numbers and flags as text.
        "numeric": "number",
        "flag": "bool",
        "date": "date",
    },
    "salesforce": {
        "text": "string picklist textarea email phone url id reference",
        "integer": "int",
        "number": "double currency percent",
        "boolean": "boolean",
        "date": "date",
        "datetime": "datetime",
    },
    "pipedrive": {
        "text": "varchar text status",
        "integer": "int",
        "boolean": "boolean",
    },
    "zoho": {
        "text": "text textarea email phone website picklist",
        "integer": "integer",
        "number": "double currency",
        "boolean": "boolean",
        "date": "date",
        "datetime": "datetime",
    },
    "sugarcrm": {
        "text": "varchar name text phone url enum relate id username currency_id",
        "numeric": "int currency",
        "flag": "bool",
        "date": "date",
        "datetime": "datetime",
    },
}


class Field(NamedTuple):
    """A field that a create may set."""

    slug: str
    kind: str
    about: str


def kind_of(provider: str, field: dict[str, Any]) -> str:
    """What the field takes."""
    if field.get("shape") == "array":
        return "list"
    for kind, types in TYPES[provider].items():
        if field["type"] in types.split():
            return kind
    return "any"


def about(field: dict[str, Any]) -> str:
    """A line on the field."""
    facts = [str(field["type"])]
    if field.get("required"):
        facts.append("required")
    if "max_length" in field:
        facts.append(f"up to {field['max_length']:,} characters")
    if "references" in field:
        facts.append("an id of " + " or ".join(field["references"]))
    return f"{field['name']}: {', '.join(facts)}"


def fields_of(provider: str, entity: str, facts: dict[str, Any]) -> list[Field]:
    """The fields that a create may set, as they are named in a record."""
    found: dict[str, Field] = {}
    for field in facts["entities"][entity]["fields"]:
        slug = field.get("write_slug") or field["slug"]
        if not field.get("read_only") and slug.isidentifier() and not keyword.iskeyword(slug):
            found.setdefault(slug, Field(slug, kind_of(provider, field), about(field)))
    return list(found.values())


def title(provider: str, entity: str) -> str:
    """What a record is, as a sentence."""
    name = ENTITIES[entity].lower()
    if entity in CREATED:
        return f"A {PROVIDERS[provider]} {name}, as it is created."
    return f"A {PROVIDERS[provider]} {name}; it names fields, as no push creates one."


HEAD = "Made by scripts/generate_records.py from facts/*.json: change those."


def python_module(provider: str, entities: dict[str, list[Field]]) -> str:
    """The Python module of a provider."""
    used = {field.kind for fields in entities.values() for field in fields}
    needs = {
        "import datetime as dt": used & {"date", "datetime"},
        "from collections.abc import Sequence": used & {"list"},
        "from decimal import Decimal": used & {"number", "numeric"},
    }
    lines = [
        f"# {HEAD}",
        f'"""Records of {PROVIDERS[provider]} whose fields are known."""',
        "",
        "from __future__ import annotations",
        "",
        "from typing import TYPE_CHECKING, ClassVar",
        "",
        "from ._typed import TypedRecord",
        "",
        "if TYPE_CHECKING:",
        *(f"    {line}" for line, is_needed in needs.items() if is_needed),
    ]
    for entity, fields in entities.items():
        lines += [
            "",
            "",
            f"class {ENTITIES[entity]}(TypedRecord):",
            f'    """{title(provider, entity)}"""',
            "",
            "    _kinds: ClassVar[dict[str, str]] = {",
            *(f'        "{field.slug}": "{field.kind}",' for field in fields),
            "    }",
            "",
        ]
        for field in fields:
            kind = KINDS[field.kind].python
            null = "" if field.kind == "any" else " | None"
            lines += [f"    {field.slug}: {kind}{null} = None", f'    """{field.about}."""']
    return "\n".join(lines) + "\n"


def typescript_module(all_entities: dict[str, dict[str, list[Field]]]) -> str:
    """The TypeScript interfaces of all providers."""
    lines = ["/**", " * Records whose fields are known.", " *", f" * {HEAD}", " */"]
    for provider, entities in all_entities.items():
        suffix = CUSTOM_SUFFIX.get(provider)
        key = f"`${{string}}{suffix}`" if suffix else "string"
        for entity, fields in entities.items():
            name = provider.capitalize() + ENTITIES[entity]
            lines += ["", f"/** {title(provider, entity)} */", f"export interface {name} {{"]
            for field in fields:
                kind = KINDS[field.kind].typescript
                null = "" if field.kind == "any" else " | null | undefined"
                lines += [
                    f"  /** {field.about}. */",
                    f"  readonly {field.slug}?: {kind}{null};",
                ]
            # Without a suffix, nothing tells the customer's own fields from a misspelled one:
            # ContactRecord names each.
            if suffix or entity not in CREATED:
                lines += [
                    "  /** Fields of the customer's own. */",
                    f"  readonly [custom: {key}]: unknown;",
                ]
            lines.append("}")
    for entity in CREATED:
        lines += [
            "",
            f"/** A {ENTITIES[entity].lower()} of each CRM, as it is created. */",
            f"export interface {ENTITIES[entity]}Records {{",
            *(
                f"  readonly {name}: {name.capitalize()}{ENTITIES[entity]};"
                for name in all_entities
            ),
            "}",
        ]
    return "\n".join(lines) + "\n"


def snake_case(slug: str) -> str:
    """A field's name in Rust."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", slug)
    name = re.sub(r"_+", "_", words).lower()
    return f"{name}_" if name in ("type", "ref", "match", "move", "use") else name


def rust_module(provider: str, entities: dict[str, list[Field]]) -> str:
    """The Rust module of a provider."""
    lines = [
        f"// {HEAD}",
        f"//! Records of {PROVIDERS[provider]} whose fields are known.",
        '#![allow(clippy::doc_markdown, reason = "labels are the CRM\'s own words")]',
        "",
        "use serde::Serialize;",
        "use serde_json::{Map, Value};",
    ]
    for entity, fields in entities.items():
        lines += [
            "",
            f"/// {title(provider, entity)}",
            "#[derive(Clone, Debug, Default, PartialEq, Serialize)]",
            f"pub struct {ENTITIES[entity]} {{",
        ]
        for field in fields:
            name = snake_case(field.slug)
            rename = [] if name == field.slug else [f'    #[serde(rename = "{field.slug}")]']
            lines += [
                f"    /// {field.about}.",
                *rename,
                '    #[serde(skip_serializing_if = "Option::is_none")]',
                f"    pub {name}: Option<{KINDS[field.kind].rust}>,",
            ]
        lines += [
            "    /// Fields of the customer's own.",
            "    #[serde(flatten)]",
            "    pub custom: Map<String, Value>,",
            "}",
        ]
    return "\n".join(lines) + "\n"


def generated() -> dict[Path, str]:
    """All files and their text."""
    files = {}
    all_entities = {}
    for provider in PROVIDERS:
        facts = json.loads((FACTS / f"{provider}.json").read_text())
        entities = {entity: fields_of(provider, entity, facts) for entity in ENTITIES}
        all_entities[provider] = entities
        files[PYTHON / f"{provider}.py"] = python_module(provider, entities)
        files[RUST / f"{provider}.rs"] = rust_module(provider, entities)
    files[TYPESCRIPT] = typescript_module(all_entities)
    return files


def main() -> None:
    """Writes or checks."""
    stale = []
    for path, text in generated().items():
        if path.exists() and path.read_text() == text:
            continue
        stale.append(str(path.relative_to(ROOT)))
        if "--check" not in sys.argv:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
    if "--check" in sys.argv and stale:
        sys.exit(f"run scripts/generate_records.py: {', '.join(stale)} differ from the facts")


if __name__ == "__main__":
    main()
