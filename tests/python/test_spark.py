"""What of Spark's format needs no Spark: its options, and that nobody else pays for it."""

from __future__ import annotations

import subprocess
import sys

import pyarrow as pa
import pytest

from graph8_crm import ConfigError
from graph8_crm.spark._options import read_options
from graph8_crm.spark._staging import StagedRows, stage

GOOD = {"provider": "hubspot", "kind": "contacts"}


def test_the_package_and_its_spark_module_load_no_pyspark() -> None:
    code = (
        "import sys, graph8_crm\n"
        "assert 'graph8_crm.spark' not in sys.modules\n"
        "import graph8_crm.spark\n"
        "print([name for name in ('pyspark', 'pyarrow') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_options_are_texts_in_any_case() -> None:
    settings = read_options(
        {
            "PROVIDER": "HubSpot",
            "Kind": "Contacts",
            "primary_key": "region, id",
            "Skip_Existing": "TRUE",
            "unique": "First",
            "api_token": "g8_secret",
            "max_staged_bytes": "64m",
            "rate_limit": "5, 100",
            "checkpointLocation": "/tmp/x",
        }
    )
    assert (settings.provider, settings.kind, settings.fail_on) == (
        "hubspot",
        "contacts",
        "stopped",
    )
    assert settings.push == {
        "primary_key": ["region", "id"],
        "skip_existing": True,
        "unique": "first",
    }
    assert settings.client == {"api_key": "g8_secret", "rate_limit": (5, 100)}
    assert settings.max_staged_bytes == 64 << 20
    assert "g8_secret" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"provider": None}, "the option provider is missing: hubspot, salesforce,"),
        ({"kind": None}, "the option kind is missing: contacts or companies"),
        ({"provider": "hubspt"}, "provider is 'hubspt': use .*; did you mean 'hubspot'"),
        ({"kind": "lists"}, "kind is 'lists': use contacts or companies"),
        ({"jurnal": "/tmp/x"}, "no option 'jurnal'; did you mean 'journal'"),
        ({"api_key": "g8_secret"}, "no option 'api_key': pass the key as api_token"),
        ({"path": "/tmp/x"}, "no path to save to"),
        ({"journal": "dbfs:/x"}, "journal is 'dbfs:/x': it must be a path on a disk"),
        ({"check": "yes"}, "check is 'yes': use true or false"),
        ({"fail_on": "failure"}, "did you mean 'failures'"),
        ({"max_staged_bytes": "0"}, "use a number of bytes"),
        ({"rate_limit": "10"}, "use requests per second and per minute"),
    ],
)
def test_wrong_options_are_refused_with_what_to_do(
    given: dict[str, str | None], message: str
) -> None:
    options = {name: text for name, text in (GOOD | given).items() if text is not None}
    with pytest.raises(ConfigError, match=message) as caught:
        read_options(options)
    assert "g8_secret" not in str(caught.value)


def test_staged_rows_come_back_in_the_order_of_their_tasks() -> None:
    tables = [pa.table({"id": list(range(start, start + 5))}) for start in (0, 5)]
    staged = [stage(table.to_batches(max_chunksize=2), 1 << 20) for table in tables]
    assert [rows for _, rows in staged] == [5, 5]
    rows = StagedRows([stream for stream, _ in staged], 10, None)
    assert pa.table(rows).column("id").to_pylist() == list(range(10))
    assert stage([], 1) == (b"", 0)


def test_too_many_staged_bytes_name_the_direct_push() -> None:
    table = pa.table({"id": list(range(10_000))})
    with pytest.raises(ConfigError, match=r'client\.push_contacts\("hubspot", df'):
        stage(table.to_batches(), 100)
