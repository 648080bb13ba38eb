"""Rows and mapped objects of SQLAlchemy, where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from graph8_crm import Client, Sandbox

sa = pytest.importorskip("sqlalchemy")
orm = pytest.importorskip("sqlalchemy.orm")


class Base(orm.DeclarativeBase):  # type: ignore[misc,name-defined]
    pass


class Person(Base):
    __tablename__ = "people"

    id = orm.mapped_column(sa.Integer, primary_key=True)
    email = orm.mapped_column("mail", sa.String)
    amount = orm.mapped_column(sa.Numeric)
    notes = orm.mapped_column(sa.String, deferred=True)
    friends = orm.relationship("Friend")


class Friend(orm.MappedAsDataclass, Base):  # type: ignore[misc,name-defined]
    __tablename__ = "friends"

    id: orm.Mapped[int] = orm.mapped_column(primary_key=True)  # type: ignore[name-defined]
    person_id: orm.Mapped[int] = orm.mapped_column(  # type: ignore[name-defined]
        sa.ForeignKey("people.id")
    )


@pytest.fixture
def session() -> Iterator[Any]:
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all(
            [Person(id=i, email=f"p{i}@example.com", amount=i / 2, notes="n") for i in range(3)]
        )
        session.flush()
        session.add(Friend(id=1, person_id=2))
        session.flush()
        session.expunge_all()
        yield session


def sent(sandbox: Sandbox, records: Any) -> list[dict[str, Any]]:
    sandbox.reset()
    with sandbox.client(rate_limit=False) as client:
        report = client.push_contacts("sugarcrm", records)
    assert (report.pushed, report.records) == (report.records, report.records), report.problems
    bodies: list[Any] = [request["body"] for request in sandbox.requests()]
    return [record for body in bodies for record in body["records"]]


def test_rows_are_objects_by_column(session: Any, sandbox: Sandbox) -> None:
    select = sa.select(Person.id, sa.func.lower(Person.email).label("email"))
    expected = [{"id": i, "email": f"p{i}@example.com"} for i in range(3)]
    for run in (session.execute, session.connection().execute):
        assert sent(sandbox, run(select)) == expected
        assert sent(sandbox, run(select).mappings()) == expected
        assert sent(sandbox, run(select).all()) == expected
        assert sent(sandbox, iter(run(select))) == expected
        assert sent(sandbox, run(select).partitions(2).__next__()) == expected[:2]


def test_mapped_objects_are_their_loaded_columns(session: Any, sandbox: Sandbox) -> None:
    expected = [{"id": i, "email": f"p{i}@example.com", "amount": i / 2} for i in range(3)]
    select = sa.select(Person).order_by(Person.id)
    assert sent(sandbox, session.scalars(select)) == expected
    assert sent(sandbox, session.scalars(select).all()) == expected
    assert sent(sandbox, session.execute(select)) == expected
    assert sent(sandbox, session.query(Person)) == expected
    assert sent(sandbox, session.scalars(sa.select(Friend))) == [{"id": 1, "person_id": 2}]
    loaded = select.options(orm.undefer(Person.notes), orm.selectinload(Person.friends))
    assert sent(sandbox, session.scalars(loaded))[0] == {**expected[0], "notes": "n"}


def test_what_would_lose_something_fails_in_words(session: Any, client: Client) -> None:
    people = session.scalars(sa.select(Person)).all()
    session.commit()
    report = client.push_contacts("sugarcrm", people)
    assert "Person is loaded: a commit makes objects forget them" in report.problems[0].message
    both = session.execute(sa.select(Person, Friend.id).join(Person.friends))
    report = client.push_contacts("sugarcrm", both)
    assert "Person beside other columns; select single columns" in report.problems[0].message
    with pytest.raises(TypeError, match=r"a Select .*connection\.execute"):
        client.push_contacts("sugarcrm", sa.select(Person))
    with pytest.raises(TypeError, match="one Row instead of many records"):
        client.push_contacts("sugarcrm", session.execute(sa.select(Person.id)).first())


def test_numbers_keep_their_digits(session: Any, sandbox: Sandbox) -> None:
    row = session.execute(sa.select(sa.literal(Decimal("1.50"), sa.Numeric(10, 2)).label("n")))
    assert sent(sandbox, row) == [{"n": 1.5}]
