"""How a contract case's pattern is matched: objects partly, arrays element by element."""

from __future__ import annotations

from typing import Any


def mismatch(pattern: Any, actual: Any, place: str = "$") -> str | None:
    """Where and how `actual` differs from `pattern`; None when it does not."""
    if isinstance(pattern, dict):
        operator = next((key for key in pattern if key.startswith("$")), None)
        if operator is not None:
            return _operator_mismatch(operator, pattern[operator], actual, place)
        return _object_mismatch(pattern, actual, place)
    if isinstance(pattern, list):
        if not isinstance(actual, list) or len(actual) != len(pattern):
            return f"{place}: expected {len(pattern)} elements, got {actual!r}"
        found = (
            mismatch(inner, actual[index], f"{place}[{index}]")
            for index, inner in enumerate(pattern)
        )
        return next((words for words in found if words), None)
    # True is not 1 in JSON.
    if isinstance(pattern, bool) != isinstance(actual, bool) or pattern != actual:
        return f"{place}: expected {pattern!r}, got {actual!r}"
    return None


def _object_mismatch(pattern: dict[str, Any], actual: Any, place: str) -> str | None:
    if not isinstance(actual, dict):
        return f"{place}: expected an object, got {actual!r}"
    for key, inner in pattern.items():
        inside = f"{place}.{key}"
        if isinstance(inner, dict) and inner.get("$absent"):
            if key in actual:
                return f"{inside}: expected none, got {actual[key]!r}"
            continue
        if key not in actual:
            return f"{inside}: missing"
        words = mismatch(inner, actual[key], inside)
        if words:
            return words
    return None


def _operator_mismatch(operator: str, operand: Any, actual: Any, place: str) -> str | None:
    if operator == "$any":
        holds = True
    elif operator == "$contains":
        holds = isinstance(actual, (str, list)) and operand in actual
    elif operator == "$length":
        holds = isinstance(actual, (str, list, dict)) and len(actual) == operand
    else:
        return f"{place}: the pattern has the unknown operator {operator}"
    return None if holds else f"{place}: expected {operator} {operand!r}, got {actual!r}"
