"""Pixel coordinates as fractions of the way from the first pixel to the last."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(points_px: Float[Tensor, "*any 2"], size: tuple[int, int]) -> Float[Tensor, "*any 2"]:
    """Point by point: x by the number of gaps along the width, y by those along the height."""
    height, width = size
    points = [[x / (width - 1), y / (height - 1)] for x, y in points_px.reshape(-1, 2).tolist()]
    return torch.tensor(points, dtype=torch.float64).reshape(points_px.shape)


def build_suite(suite: SuiteBuilder) -> None:
    """One point, a few and a table of them, in pictures that are not square and in one that is."""

    def points(size: tuple[int, int]) -> Tensor:
        return suite.poses(1, 5, size)[0]

    suite.says("for one point or for any number of points at once")
    suite.call("shape", points((6, 9))[0], (6, 9), remark="one point")
    suite.call("shape", points((6, 9)), (6, 9), remark="a few points")
    table = suite.poses(3, 4, (6, 9))
    suite.call("shape", table, (6, 9), remark="a table of points")
    suite.says("The centre of the first pixel becomes 0, the centre of the last pixel becomes")
    corners = torch.tensor([[0.0, 0.0], [7.0, 0.0], [0.0, 4.0], [7.0, 4.0]])
    suite.call("values", corners, (5, 8), remark="the four corners")
    suite.says("Points in pixels, as u = x / (W - 1) and v = y / (H - 1).")
    suite.call("values", points((6, 11)), (6, 11), remark="in a picture wider than high")
    suite.call("values", points((12, 7)), (12, 7), remark="in a picture higher than wide")
    suite.call("values", points((9, 9)), (9, 9), remark="in a square picture")


EXERCISE = ExerciseDefinition(
    parameters=("points_px", "size"),
    # As the tensor is printed, a row for each point: pictures of positions are in pixels.
    result_axes=("row", "column"),
    reference=reference,
    build=build_suite,
    tolerance={"values": 1e-5},
    advice={
        "shape": "The result has the shape of `points_px`. With `...` an index works for any "
        "number of dimensions: `points_px[..., 0]` is every x.",
        "values": "Try the corners of a small picture by hand: 5 rows and 8 columns, and the "
        "corners have to become 0 or 1, along x and along y.",
    },
)
