"""The base of the record classes of each CRM."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, ClassVar

from ._help import AttributeHelp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_):
        """Only type checkers look at it."""
        return lambda base: base


@dataclass_transform(kw_only_default=True)
class _Keywords:
    """Makes checkers read a subclass's fields as keywords of its constructor."""

    if not TYPE_CHECKING:

        def __init__(self, *, custom=None, **fields):
            unknown = next((name for name in fields if name not in self._kinds), None)
            if unknown is not None:
                raise TypeError(self._unknown(unknown))
            twice = next((name for name in custom or () if name in fields), None)
            if twice is not None:
                raise TypeError(f"'{twice}' is given both as a field and in custom")
            self.__dict__.update(fields)
            self.__dict__.update(custom or {})


class _Signature:
    """The constructor's parameters, for completion and `help()`."""

    def __get__(self, instance: object, owner: type[TypedRecord]) -> inspect.Signature:
        annotations = inspect.get_annotations(owner)
        custom = "Mapping[str, object] | None"
        known = {name: annotations.get(name, "object") for name in owner._kinds}  # noqa: SLF001
        return inspect.Signature(
            [
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation
                )
                for name, annotation in {**known, "custom": custom}.items()
            ]
        )


class TypedRecord(_Keywords):
    """A record of a CRM, with its fields as keywords; custom fields go into `custom`.

    It holds exactly what was given: a field that was not is absent and reads as None, one that is
    None travels as null. Values are checked when they are pushed: one of a wrong type fails its
    record. Equal when class and fields are.

    Raises:
        TypeError: There is no such field.
    """

    _kinds: ClassVar[dict[str, str]] = {}

    custom: Mapping[str, object] | None = None
    """Fields of the customer's own, by slug; for the constructor only."""

    def to_dict(self) -> dict[str, object]:
        """The fields that were given, custom ones included."""
        return dict(self.__dict__)

    if not TYPE_CHECKING:
        __signature__ = _Signature()

        def __init_subclass__(cls, **options):
            super().__init_subclass__(**options)
            cls.__doc__ = AttributeHelp(cls.__doc__)

        # Unseen by checkers, which would let any name pass.

        def __setattr__(self, name, value):
            if name not in self._kinds and name not in self.__dict__:
                raise AttributeError(self._unknown(name))
            self.__dict__[name] = value

    def __repr__(self) -> str:
        module = type(self).__module__.rpartition(".")[2]
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__dict__.items())
        return f"{module}.{type(self).__name__}({fields})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TypedRecord) or type(other) is not type(self):
            return NotImplemented
        return self.__dict__ == other.__dict__

    # It can be changed.
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]

    @classmethod
    def _unknown(cls, name: str) -> str:
        from difflib import get_close_matches

        near = get_close_matches(name, cls._kinds, 1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        module = cls.__module__.rpartition(".")[2]
        return (
            f"{module}.{cls.__name__} has no field '{name}'{hint}; "
            f"a custom field goes into custom={{'{name}': ...}}"
        )
