"""What calls give back: immutable, comparable, picklable.

The classes take as long to make as all else of the package: the first client loads them, not the
import.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from . import html as html
    from .everything import *  # noqa: F403


def load() -> None:
    """Makes all names of this module, so that no call has to import anything."""
    # Unlike "from . import", this does not ask `__getattr__` below.
    everything = import_module(f"{__name__}.everything")
    globals().update({name: getattr(everything, name) for name in everything.__all__})


if not TYPE_CHECKING:

    def __getattr__(name):
        # Results need it while they are loaded, by whichever of them comes first: a report that is
        # unpickled where there is no client yet loads its own module.
        if name == "html":
            return import_module(f"{__name__}.html")
        if not name.startswith("_"):
            load()
            if name in globals():
                return globals()[name]
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
