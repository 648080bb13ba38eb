"""Results as plain data."""

from __future__ import annotations

from dataclasses import fields
from typing import Any


def as_dict(result: Any) -> dict[str, Any]:
    """All attributes by name."""
    return {item.name: getattr(result, item.name) for item in fields(result)}
