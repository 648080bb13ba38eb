"""What must hold where no library is there that holds records."""

from __future__ import annotations

from decimal import Decimal

from conftest import Sink
from promises import promise

SOURCE = "Python alone"


@promise("lists, iterables and files need no other library")
def test_whole_floats_have_no_fraction(sink: Sink) -> None:
    records = [{"email": "a@b.io", "phone": 442071838750.0, "big": 2.0**53, "d": Decimal("5.00")}]
    expected = b'{"email":"a@b.io","phone":442071838750,"big":9007199254740992.0,"d":5.00}'
    assert sink.bytes_of(records) == b'{"records":[' + expected + b"]}"
    assert sink.bytes_of(iter(records)) == b'{"records":[' + expected + b"]}"
