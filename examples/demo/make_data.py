"""Makes the demo's data: contacts and companies of mixed quality, the same for a seed.

Usage: python make_data.py FOLDER   writes contacts.json and companies.json there.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

Row = dict[str, str]

FIRST = ["Ada", "Zoë", "José", "Łukasz", "Søren", "Mei", "Aïcha", "李", "Müge", "Olivia", "Noah"]
LAST = ["Lovelace", "Groß", "Núñez", "Żak", "O'Neil", "Ito", "Öztürk", "王", "Smith", "D'Angelo"]
CITIES = ["Berlin", "São Paulo", "Kraków", "Zürich", "東京", "Austin", "Montréal"]
TITLES = ["Engineer", "Head of Sales", "CEO", "Data Scientist", "Buyer"]


def make(seed: int, contacts: int = 1_000, companies: int = 200) -> tuple[list[Row], list[Row]]:
    """Contacts and companies under neutral field names."""
    chance = random.Random(seed)
    people: list[Row] = []
    for number in range(contacts):
        if people and chance.random() < 0.04:
            # A duplicate: near, in the same batch mostly, or far apart.
            earlier = people[-chance.randint(1, 5) :] if chance.random() < 0.5 else people
            people.append(dict(chance.choice(earlier)))
            continue
        person = {
            "first_name": chance.choice(FIRST),
            "last_name": chance.choice(LAST),
            "email": f"person{number}@example.com",
            "phone": f"+1 555 {number:04}",
            "title": chance.choice(TITLES),
            "city": chance.choice(CITIES),
        }
        match chance.random():
            case flaw if flaw < 0.03:
                del person["last_name"]
            case flaw if flaw < 0.06:
                person["email"] = chance.choice(
                    [f"person{number}", f"person {number}@x.co", "@", "n/a"]
                )
            case flaw if flaw < 0.08:
                person["last_name"] = "Wolfeschlegelsteinhausen" * 12
            case flaw if flaw < 0.09:
                del person["email"]
            case flaw if flaw < 0.092:
                # Neither name nor address: an error of it can't name it.
                person = {"phone": person["phone"]}
        people.append(person)
    firms: list[Row] = []
    for number in range(companies):
        firm = {
            "name": f"{chance.choice(LAST)} {number} GmbH",
            "website": f"https://firm{number}.example.com",
            "employees": str(chance.randint(1, 5_000)),
            "city": chance.choice(CITIES),
        }
        match chance.random():
            case flaw if flaw < 0.04:
                del firm["name"]
            case flaw if flaw < 0.08:
                firm["employees"] = "many"
            case flaw if flaw < 0.10:
                firm["name"] *= 20
        firms.append(firm)
    return people, firms


def write(folder: Path, contacts: list[Row], companies: list[Row]) -> None:
    """Writes contacts.json and companies.json into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("contacts", contacts), ("companies", companies)):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(rows, ensure_ascii=False, indent=0), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]), *make(seed=8))
