"""Formulas, names and numbers for people, and the record as text, LaTeX and TikZ."""

__all__: list[str] = []
