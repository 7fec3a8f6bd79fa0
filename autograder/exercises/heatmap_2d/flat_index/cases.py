"""The index of a pixel when a picture is read row by row."""

from __future__ import annotations

import torch
from jaxtyping import Int
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(x: Int[Tensor, "*any"], y: Int[Tensor, "*any"], width: int) -> Int[Tensor, "*any"]:
    """Read the picture row by row, and count the pixels before each one."""
    columns, rows = torch.broadcast_tensors(x, y)
    count: dict[tuple[int, int], int] = {}
    for row in range(int(rows.max()) + 1):
        for column in range(width):
            count[column, row] = len(count)
    pixels = zip(columns.flatten().tolist(), rows.flatten().tolist(), strict=True)
    found = [float(count[pixel]) for pixel in pixels]
    return torch.tensor(found, dtype=torch.float64).reshape(columns.shape)


def build_suite(suite: SuiteBuilder) -> None:
    """Whole pictures, pixels drawn from one, and plain numbers."""

    def pixels(height: int, width: int) -> tuple[Tensor, Tensor, int]:
        """A few pixels of a picture, none of them in the first row or column."""
        x = suite.integers(2, 4, low=1, high=width)
        return x, suite.integers(2, 4, low=1, high=height), width

    def whole(height: int, width: int) -> tuple[Tensor, Tensor, int]:
        return torch.arange(width), torch.arange(height)[:, None], width

    suite.says("The index of the pixel (x, y) when a picture of that width is read row by row.")
    suite.call("shape", *pixels(6, 9))
    suite.call("values", *whole(4, 7), remark="every pixel of a picture, wider than high")
    suite.call("values", *whole(8, 3), remark="every pixel of a picture, higher than wide")
    suite.call("values", *pixels(6, 11), remark="eight pixels of a picture")
    suite.says("for single numbers and for tensors alike")
    answers = {size: reference(*whole(*size)) for size in ((3, 6), (4, 2))}
    for size, expected in answers.items():
        suite.compare(
            "edge_cases",
            "one_number_after_the_other",
            expected,
            *whole(*size),
            remark="but as plain numbers, one pixel after the other",
        )


EXERCISE = ExerciseDefinition(
    parameters=("x", "y", "width"),
    result_axes=("row", "column"),
    reference=reference,
    build=build_suite,
    tolerance={"values": 1e-5, "edge_cases": 1e-5},
    advice={
        "shape": "One index for each pixel: `x` and `y` are tensors here, and so is the result.",
        "values": "Look at the picture of flat indices above: what does one step to the right "
        "add, and what does one step down?",
        "edge_cases": "`+` and `*` work for numbers and for tensors; what else do you use?",
    },
    remarks={"a list": "", "a tuple": "Make one number of x and y."},
)
