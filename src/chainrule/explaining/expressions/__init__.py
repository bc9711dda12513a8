"""Expressions as text: scanned, unrolled into single operations, and computed; never run as Python."""

__all__: list[str] = []
