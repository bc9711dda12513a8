"""The page that steps through an explanation."""

__all__: list[str] = []
