"""The graph as a picture: columns, order, places; then SVG, PNG, DOT and Mermaid."""

__all__: list[str] = []
