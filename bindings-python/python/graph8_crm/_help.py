"""What `help()` and completion show beyond what is written in a `def`."""

from __future__ import annotations

import ast
import inspect
import itertools
import textwrap
from typing import TYPE_CHECKING, Any, TypeVar

from ._option_help import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

F = TypeVar("F", bound="Callable[..., Any]")


def with_options(type_name: str) -> Callable[[F], F]:
    """Shows the options of a TypedDict as the keyword parameters that they are.

    Checkers read `Unpack`; completion and `help()` read this.
    """
    options = OPTIONS[type_name]

    def explain(function: F) -> F:
        signature = inspect.signature(function)
        own = [entry for entry in signature.parameters.values() if entry.kind != entry.VAR_KEYWORD]
        named = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
            )
            for name, (annotation, _) in options.items()
        ]
        signature = signature.replace(parameters=[*own, *named])
        function.__signature__ = signature  # type: ignore[attr-defined]
        if function.__doc__:
            texts = "\n".join(_entry(name, text) for name, (_, text) in options.items())
            function.__doc__ = f"{inspect.cleandoc(function.__doc__)}\n\nOptions:\n{texts}"
        return function

    return explain


class AttributeHelp:
    """Stands for the `__doc__` of a class: its own, and that of its attributes.

    Python keeps no docstrings of attributes: they are read from the source when somebody asks.
    """

    def __init__(self, doc: str | None) -> None:
        self.doc = doc
        self.whole: str | None = None

    def __get__(self, instance: object, owner: type) -> str | None:
        if self.whole is None:
            attributes = "\n".join(_entry(name, text) for name, text in _attributes(owner))
            doc = inspect.cleandoc(self.doc or "")
            self.whole = f"{doc}\n\nAttributes:\n{attributes}" if attributes else doc
        return self.whole


def with_attributes(*classes: type) -> None:
    """Lets `help()` tell the attributes of each."""
    for cls in classes:
        cls.__doc__ = AttributeHelp(cls.__doc__)  # type: ignore[assignment]


def _attributes(owner: type) -> list[tuple[str, str]]:
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        # There is no source: in an archive, for example.
        return []
    body = tree.body if isinstance(tree, ast.ClassDef) else []
    found: list[tuple[str, str]] = []
    for entry, after in itertools.pairwise(body):
        if (
            isinstance(entry, ast.AnnAssign)
            and isinstance(entry.target, ast.Name)
            and not entry.target.id.startswith("_")
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            found.append((entry.target.id, inspect.cleandoc(after.value.value)))
    return found


def _entry(name: str, text: str) -> str:
    return textwrap.fill(
        f"{name}: {' '.join(text.split())}",
        96,
        initial_indent=" " * 4,
        subsequent_indent=" " * 8,
        break_long_words=False,
        break_on_hyphens=False,
    )
