"""What docs/records.md promises of each source, said beside the test that shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Test = TypeVar("Test", bound=Callable[..., None])


def promise(text: str) -> Callable[[Test], Test]:
    """Marks the test that shows it. `scripts/generate_sources.py` reads these by their text alone,
    so that no library need be there."""
    assert text
    return lambda test: test
