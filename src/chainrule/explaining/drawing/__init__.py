"""The graph as a picture: equal parts folded; columns, order, places; then SVG, PNG, DOT and Mermaid."""

__all__: list[str] = []
