"""Stands for the figures."""


def caption(area: float) -> str:
    """What stands below a shape."""
    return f"area {area:g}"
