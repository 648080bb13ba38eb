"""What `help()` and completion show beyond what is written in a `def`.

Only who looks at it pays for the modules that it takes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, TypeVar, cast

# Not a text: the first that is compiled takes a millisecond of the import.
F = TypeVar("F", bound=Callable[..., Any])


def with_options(type_name: str) -> Callable[[F], F]:
    """Shows the options of a TypedDict as the keyword parameters that they are.

    Checkers read `Unpack`; completion and `help()` read this.
    """

    def explained(function: F) -> F:
        return cast("F", _Unexplained(function, type_name))

    return explained


class _Unexplained:
    """A method until somebody looks at it: explaining all of them would slow the import."""

    def __init__(self, function: Any, type_name: str) -> None:
        self.function = function
        self.doc = function.__doc__
        self.type_name = type_name

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> object:
        # A call needs no explanation where handles or memory are too few for one.
        with contextlib.suppress(ImportError, OSError, MemoryError):
            self._explain()
            setattr(self.owner, self.name, self.function)
        # Not by its name, which a subclass may have taken.
        return self.function.__get__(instance, owner)

    def _explain(self) -> None:
        """Gives the function its signature and text; twice, by two threads, is as once."""
        import inspect

        from ._option_help import OPTIONS

        options = OPTIONS[self.type_name]
        signature = inspect.signature(self.function)
        own = [
            entry
            for name, entry in signature.parameters.items()
            if entry.kind != entry.VAR_KEYWORD and name not in options
        ]
        named = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
            )
            for name, (annotation, _) in options.items()
        ]
        signature = signature.replace(parameters=[*own, *named])
        self.function.__signature__ = signature
        if self.doc:
            texts = "\n".join(_entry(name, text) for name, (_, text) in options.items())
            self.function.__doc__ = f"{inspect.cleandoc(self.doc)}\n\nOptions:\n{texts}"


class AttributeHelp:
    """Stands for the `__doc__` of a class: its own, and that of its attributes.

    Python keeps no docstrings of attributes: they are read from the source when somebody asks.
    """

    def __init__(self, doc: str | None) -> None:
        self.doc = doc
        self.whole: str | None = None

    def __get__(self, instance: object, owner: type) -> str | None:
        if self.whole is None:
            import inspect

            attributes = "\n".join(_entry(name, text) for name, text in _attributes(owner))
            doc = inspect.cleandoc(self.doc or "")
            self.whole = f"{doc}\n\nAttributes:\n{attributes}" if attributes else doc
        return self.whole


def with_attributes(*classes: type) -> None:
    """Lets `help()` tell the attributes of each."""
    for cls in classes:
        cls.__doc__ = AttributeHelp(cls.__doc__)  # type: ignore[assignment]


def _attributes(owner: type) -> list[tuple[str, str]]:
    import ast
    import inspect
    import itertools
    import textwrap

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
    import textwrap

    return textwrap.fill(
        f"{name}: {' '.join(text.split())}",
        96,
        initial_indent=" " * 4,
        subsequent_indent=" " * 8,
        break_long_words=False,
        break_on_hyphens=False,
    )
