"""Lets Spark find the format `graph8_crm`: it looks through the modules whose names begin so."""

from graph8_crm.spark import Graph8DataSource as DefaultSource

__all__ = ["DefaultSource"]
