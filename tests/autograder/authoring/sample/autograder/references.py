"""A secret of the instructor's side."""

from itertools import pairwise


def reference_area(corners: list[tuple[float, float]]) -> float:
    """The area by triangles that all start in the first corner."""
    (x0, y0), area = corners[0], 0.0
    for (x1, y1), (x2, y2) in pairwise(corners[1:]):
        area += ((x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)) / 2
    return area
