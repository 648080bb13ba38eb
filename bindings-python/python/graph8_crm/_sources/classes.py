"""What an object is, asked by its class and never by what it answers.

A frame answers to the names of its columns, a Spark Connect frame and a mock to any name.
"""

from __future__ import annotations


def class_of(thing: object) -> type:
    """The class itself, whatever the thing says of it."""
    return type(thing)


def defines(kind: type, name: str) -> bool:
    """Whether the class, or one that it is made from, has it."""
    return any(name in vars(base) for base in kind.__mro__)


def is_of(kind: type, package: str, *names: str) -> bool:
    """Whether the class, or one that it is made from, is called so in a module of that package.

    Nothing is imported for it: objects of a package that was not loaded can't be there.
    """
    return any(
        base.__name__ in names and f"{base.__module__}.".startswith(f"{package}.")
        for base in kind.__mro__
    )
