"""What a push takes its records from."""

from .feeding import CHUNK, ROWS, Source
from .opening import open_source

__all__ = ["CHUNK", "ROWS", "Source", "open_source"]
