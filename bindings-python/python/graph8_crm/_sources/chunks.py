"""How much of a source is taken at a time."""

CHUNK = 100
"""Records taken from the source at a time, unless a request has fewer: one full request, so that a
generator runs no further ahead of the service than that."""

ROWS = 1_000
"""Rows of a data frame, or records of a list, taken at a time: nothing runs ahead there."""
