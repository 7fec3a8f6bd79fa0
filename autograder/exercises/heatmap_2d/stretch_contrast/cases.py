"""Each picture of a stack stretched to the range 0..1."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    pictures: Float[Tensor, "batch height width"],
) -> Float[Tensor, "batch height width"]:
    """Picture by picture, with the smallest and the largest of its numbers."""
    stretched = torch.zeros(pictures.shape, dtype=torch.float64)
    for number, picture in enumerate(pictures.double()):
        values = picture.flatten().tolist()
        darkest, brightest = min(values), max(values)
        stretched[number] = (picture - darkest) / (brightest - darkest)
    return stretched


def build_suite(suite: SuiteBuilder) -> None:
    """Stacks whose pictures differ in brightness and contrast, of all proportions."""

    def pictures(batch: int, height: int, width: int) -> Tensor:
        contrast = suite.uniform(batch, 1, 1, low=0.2, high=0.6)
        # Each in its own range: what one picture's numbers tell is wrong for the others.
        brightness = 0.15 + 0.8 * torch.arange(batch)[:, None, None]
        return brightness + contrast * suite.uniform(batch, height, width)

    suite.says("Each picture scaled and shifted to run from 0 to 1.")
    suite.call("shape", pictures(3, 5, 7))
    suite.says("Stretch each picture of a stack separately")
    suite.call("values", pictures(3, 5, 8), remark="pictures wider than high")
    suite.call("values", pictures(2, 9, 6), remark="pictures higher than wide")
    # As many pictures as columns: sums that have lost their dimensions broadcast here, wrongly.
    suite.call("values", pictures(4, 6, 4), remark="as many pictures as columns")
    suite.says("its darkest pixel becomes 0 and its brightest")
    suite.call("edge_cases", pictures(1, 4, 5), remark="a stack of one picture")
    suite.call("edge_cases", 3 * pictures(3, 5, 7) - 2, remark="some numbers are negative")
    suite.says("Leave `pictures` as they are")
    suite.call("arguments", pictures(3, 5, 7))


EXERCISE = ExerciseDefinition(
    parameters=("pictures",),
    result_axes=("picture", "row", "column"),
    reference=reference,
    build=build_suite,
    tolerance={"values": 1e-4, "edge_cases": 1e-4},
    advice={
        "shape": "The result has the shape of `pictures`: one number for each pixel.",
        "values": "Print the smallest and the largest number of each stretched picture: they "
        "should be 0 and 1. Which shape do your smallest numbers have?",
        "edge_cases": "The same formula holds for one picture, and for numbers below 0.",
        "arguments": "`a - b` makes a new tensor where `a -= b` overwrites `a`.",
    },
)
