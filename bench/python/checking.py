"""Many contacts checked before they are sent, beside validators of the same rules.

Everyone knows the same ten fields: their types, the form of an e-mail address, the options of one,
the longest text, that there are no others, and which a record needs. Everyone gathers all that is
wrong with the number of its record, except for fastjsonschema, which stops at the first of a
record. One record in fifty is wrong; who finds another number of them ends the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import contacts
import fastjsonschema
import jsonschema_rs
import pandas
import pandera.errors
import pandera.pandas
import pandera.polars
import polars
import pydantic
from measure import CLIENT, SLOW, Contestant, arguments, compare, hand_over

import graph8_crm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from measure import Table

EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
LONGEST = 65_536
STAGES = ("lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer")
NAMES = tuple(contacts.contact(0))
TEXTS = tuple(name for name in NAMES if name not in {"email", "lifecyclestage"})
FIELDS = [
    {"slug": "email", "name": "Email", "type": "string", "format": "email", "max_length": LONGEST},
    *({"slug": name, "name": name, "type": "string", "max_length": LONGEST} for name in TEXTS),
    {
        "slug": "lifecyclestage",
        "name": "Lifecycle Stage",
        "type": "enumeration",
        "options": list(STAGES),
    },
]
SCHEMA = {
    "type": "object",
    "properties": {
        "email": {"type": "string", "format": "email", "maxLength": LONGEST},
        **{name: {"type": "string", "maxLength": LONGEST} for name in TEXTS},
        "lifecyclestage": {"enum": list(STAGES)},
    },
    "required": ["email"],
    "additionalProperties": False,
}


class Contact(pydantic.BaseModel):
    """The same as SCHEMA."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    email: Annotated[str, pydantic.Field(pattern=EMAIL, max_length=LONGEST)]
    firstname: Annotated[str | None, pydantic.Field(max_length=LONGEST)] = None
    lastname: Annotated[str | None, pydantic.Field(max_length=LONGEST)] = None
    phone: Annotated[str | None, pydantic.Field(max_length=LONGEST)] = None
    company: Annotated[str | None, pydantic.Field(max_length=LONGEST)] = None
    jobtitle: Annotated[str | None, pydantic.Field(max_length=LONGEST)] = None
    website: Annotated[str | None, pydantic.Field(max_length=LONGEST)] = None
    city: Annotated[str | None, pydantic.Field(max_length=LONGEST)] = None
    country: Annotated[str | None, pydantic.Field(max_length=LONGEST)] = None
    lifecyclestage: (
        Literal["lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer"]
        | None
    ) = None


def main() -> None:
    given = arguments(records=1_000_000, rounds=3)
    records = made(given.records)
    with graph8_crm.Client(api_key="bench", base_url=given.url or "http://localhost:1") as client:
        check = checker(client)
        tables = [
            of_dicts(check, records, given.rounds),
            of_frames("pandas", check, pandas.DataFrame(records), pandera.pandas, given.rounds),
            of_frames("polars", check, polars.DataFrame(records), pandera.polars, given.rounds),
        ]
    hand_over(*tables)


def made(count: int) -> list[dict[str, str]]:
    records = contacts.make(count)
    for number, record in enumerate(records):
        if number % 100 == 20:
            record["email"] = record["email"].replace("@", " at ")
        elif number % 100 == 70:
            record["lifecyclestage"] = "prospect"
    return records


def wrong_of(count: int) -> int:
    """How many of the first records are wrong."""
    return (count + 79) // 100 + (count + 29) // 100


def checker(client: graph8_crm.Client) -> Callable[[Any], int]:
    def check(records: Any) -> int:
        return client.check_contacts("hubspot", records, fields=FIELDS).records_with_errors

    return check


def contestant(
    name: str, find: Callable[[Any], int], first: Callable[[int], Any], share: float = 1
) -> Contestant:
    def checked(count: int) -> int:
        found, wrong = find(first(count)), wrong_of(count)
        if found != wrong:
            message = f"{name}: {found} of {count} records are wrong instead of {wrong}"
            raise SystemExit(message)
        return count

    return Contestant(name, None if name == CLIENT else CLIENT, checked, share)


def of_dicts(check: Callable[[Any], int], records: list[dict[str, str]], rounds: int) -> Table:
    def first(count: int) -> list[dict[str, str]]:
        return records if count == len(records) else records[:count]

    each = jsonschema_rs.validator_for(SCHEMA, validate_formats=True)
    whole = jsonschema_rs.validator_for({"type": "array", "items": SCHEMA}, validate_formats=True)
    one = fastjsonschema.compile(SCHEMA)
    adapter = pydantic.TypeAdapter(list[Contact])

    def with_fastjsonschema(records: list[dict[str, str]]) -> int:
        problems = []
        for number, record in enumerate(records):
            try:
                one(record)
            except fastjsonschema.JsonSchemaValueException as error:  # noqa: PERF203
                problems.append((number, error.path, error.message))
        return numbers(problem[0] for problem in problems)

    def with_jsonschema_rs(records: list[dict[str, str]]) -> int:
        problems = [
            (number, error.instance_path, error.message)
            for number, record in enumerate(records)
            if not each.is_valid(record)
            for error in each.iter_errors(record)
        ]
        return numbers(problem[0] for problem in problems)

    def with_jsonschema_rs_at_once(records: list[dict[str, str]]) -> int:
        problems = [(error.instance_path, error.message) for error in whole.iter_errors(records)]
        return numbers(path[0] for path, _ in problems)

    def with_pydantic(records: list[dict[str, str]]) -> int:
        try:
            adapter.validate_python(records)
        except pydantic.ValidationError as error:
            return numbers(problem["loc"][0] for problem in error.errors(include_url=False))
        return 0

    contestants = [
        contestant(CLIENT, check, first),
        contestant("jsonschema-rs, record by record", with_jsonschema_rs, first),
        contestant("jsonschema-rs, the list at once", with_jsonschema_rs_at_once, first),
        contestant(f"fastjsonschema{SLOW}", with_fastjsonschema, first, share=0.1),
        contestant("pydantic TypeAdapter", with_pydantic, first),
    ]
    return compare(f"{len(records):,} dicts checked", contestants, len(records), rounds)


def of_frames(
    kind: str, check: Callable[[Any], int], frame: Any, pandera_of_kind: Any, rounds: int
) -> Table:
    schema = pandera_schema(pandera_of_kind)

    def first(count: int) -> Any:
        return frame if count == len(frame) else frame.head(count)

    def with_pandera(frame: Any) -> int:
        try:
            schema.validate(frame, lazy=True)
        except pandera.errors.SchemaErrors as error:
            return numbers(error.failure_cases["index"])
        return 0

    contestants = [
        contestant(CLIENT, check, first),
        contestant("pandera", with_pandera, first),
    ]
    return compare(f"{len(frame):,} rows of {kind} checked", contestants, len(frame), rounds)


def pandera_schema(kind: Any) -> Any:
    check = kind.Check
    shorter = check.str_length(max_value=LONGEST)
    columns = {name: kind.Column(str, shorter, nullable=True, required=False) for name in TEXTS}
    columns["email"] = kind.Column(str, [check.str_matches(EMAIL), shorter])
    columns["lifecyclestage"] = kind.Column(str, check.isin(STAGES), nullable=True, required=False)
    return kind.DataFrameSchema(columns, strict=True)


def numbers(found: Iterable[Any]) -> int:
    """How many records have a finding."""
    return len(set(found))


if __name__ == "__main__":
    main()
