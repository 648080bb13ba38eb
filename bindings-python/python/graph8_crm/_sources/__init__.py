"""What a push takes its records from.

The first client loads it, not the import.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from .chunks import CHUNK as CHUNK
from .chunks import ROWS as ROWS

if TYPE_CHECKING:
    from .feeding import Source as Source
    from .opening import open_source as open_source


def load() -> None:
    """Makes `open_source`, so that no push has to import anything."""
    globals()["open_source"] = import_module(f"{__name__}.opening").open_source
