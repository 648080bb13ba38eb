"""Rows and objects of SQLAlchemy whose attributes are called otherwise than their columns."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Sink
from promises import promise

sa = pytest.importorskip("sqlalchemy")
orm = pytest.importorskip("sqlalchemy.orm")

SOURCE = "SQLAlchemy"


class Base(orm.DeclarativeBase):  # type: ignore[misc,name-defined]
    pass


class Person(Base):
    __tablename__ = "people"

    id = orm.mapped_column(sa.Integer, primary_key=True)
    email = orm.mapped_column("mail", sa.String)


BY_ATTRIBUTE = [{"id": 1, "email": "ada@example.com"}]
BY_COLUMN = [{"id": 1, "mail": "ada@example.com"}]


@promise(
    "mapped objects and rows that a session gives of them go by the names of attributes, rows of a "
    "connection, of tables and of texts by those of columns"
)
def test_names_are_those_of_attributes_or_of_columns(sink: Sink) -> None:
    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    people: Any = sa.select(Person)
    columns = sa.select(Person.id, Person.email)
    table = sa.select(Person.__table__)
    text = sa.text("select id, mail from people")
    named = sa.select(Person.id, Person.email.label("email"))
    with orm.Session(engine) as session:
        session.add(Person(id=1, email="ada@example.com"))
        session.commit()
        by_attribute = sink.bytes_of(BY_ATTRIBUTE)
        by_column = sink.bytes_of(BY_COLUMN)
        assert sink.bytes_of(session.scalars(people)) == by_attribute
        assert sink.bytes_of(session.execute(people)) == by_attribute
        assert sink.bytes_of(session.execute(columns)) == by_attribute
        assert sink.bytes_of(session.execute(table)) == by_column
        assert sink.bytes_of(session.execute(text)) == by_column
        for statement in (people, columns, table, text):
            assert sink.bytes_of(session.connection().execute(statement)) == by_column
        assert sink.bytes_of(session.connection().execute(named)) == by_attribute


@promise("a row that has a column twice, as of a join, fails by its name")
def test_a_row_with_a_column_twice_fails(sink: Sink) -> None:
    text = sa.text("select 'a@example.com' as email, 'b@example.com' as email, 1 as n")
    with sa.create_engine("sqlite://").connect() as connection:
        for rows in (connection.execute(text), connection.execute(text).mappings()):
            assert b"two of its fields would be 'email'" in sink.bytes_of(rows)
