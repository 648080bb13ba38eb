"""Spark frames and streams into a CRM: `df.write.format("graph8_crm")`, for PySpark 4.0 and later.

Spark repeats tasks: what dies or is slow runs once more, somewhere else. A task that created
records would create them again. So tasks only hand their rows back, and the driver pushes them when
all are there, as one push with one journal. See docs/spark.md.

Spark finds the format by itself where this package is installed. PySpark is imported when
`Graph8DataSource` is used, never before.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._source import Graph8DataSource
else:

    def __getattr__(name):
        """Loads what needs PySpark when it is used."""
        if name == "Graph8DataSource":
            from ._source import Graph8DataSource

            return Graph8DataSource
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


del TYPE_CHECKING

__all__ = ["Graph8DataSource"]
