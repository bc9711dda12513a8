"""Derivations in symbols: Jacobians, and gradients carried through to their simplest form."""

__all__: list[str] = []
