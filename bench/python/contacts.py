"""Contacts made from their number, as in bench/engine/src/contacts.rs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

FIRST_NAMES = ("Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "Niklaus")
LAST_NAMES = ("Lovelace", "Hopper", "Turing", "Dijkstra", "Liskov", "Knuth", "Allen")
TITLES = ("Head of Operations", "Account Executive", "Data Engineer")


def contact(number: int) -> dict[str, str]:
    """Ten fields, about 300 bytes of JSON; the sink counts records by their "email"."""
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number % len(LAST_NAMES)]
    company = number // 25
    return {
        "email": f"{first}.{last}.{number}@company-{company}.example",
        "firstname": first,
        "lastname": last,
        "phone": f"+1 555 {number:08}",
        "company": f"Company {company} Holdings",
        "jobtitle": TITLES[number % len(TITLES)],
        "website": f"https://www.company-{company}.example/about",
        "city": "San Francisco",
        "country": "United States",
        "lifecyclestage": "marketingqualifiedlead",
    }


def stream(count: int) -> Iterator[dict[str, str]]:
    return map(contact, range(count))


def make(count: int) -> list[dict[str, str]]:
    return list(stream(count))
