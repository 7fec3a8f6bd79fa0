"""Feature maps to heat maps: bilinear upsampling, ReLU, a convolution with kernels of 1 x 1."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from poselab.checks.experiments.vit_presence.weights import weight_of

FACTOR = 16


def reference(
    features: Float[Tensor, "batch feature row column"], n_keypoints: int, seed: int
) -> Float[Tensor, "batch keypoint height width"]:
    """Pixel by pixel: the four places around it, weighted, ReLU, a weighted sum of the features."""
    batch, width, rows, columns = features.shape
    weight = weight_of("layer.0.weight", (n_keypoints, width), seed).double()
    maps = features.double()
    result = torch.zeros(batch, n_keypoints, FACTOR * rows, FACTOR * columns, dtype=torch.float64)
    for y in range(FACTOR * rows):
        for x in range(FACTOR * columns):
            enlarged = torch.zeros(batch, width, dtype=torch.float64)
            for row, part_of_row in _neighbours(y, rows):
                for column, part_of_column in _neighbours(x, columns):
                    enlarged += part_of_row * part_of_column * maps[:, :, row, column]
            result[:, :, y, x] = enlarged.clamp(min=0) @ weight.T
    return result


def _neighbours(pixel: int, size: int) -> list[tuple[int, float]]:
    """The two places next to a pixel, with their parts; beyond the border, that at the border."""
    # A place covers 16 pixels, and its middle is the middle of these.
    at = (pixel + 0.5) / FACTOR - 0.5
    before = math.floor(at)
    inside = [min(max(place, 0), size - 1) for place in (before, before + 1)]
    return [(inside[0], 1 - (at - before)), (inside[1], at - before)]


def build_suite(suite: SuiteBuilder) -> None:
    """Small feature maps of both signs."""

    def features(*shape: int) -> Tensor:
        return suite.normal(*shape, scale=4)

    def compare(criterion: str, n_keypoints: int, *shape: int, remark: str) -> None:
        drawn, given = int(suite.integers(1, high=1_000_000)), features(*shape)
        suite.compare(
            criterion, "decoder_with_weights", reference(given, n_keypoints, drawn),
            given, n_keypoints, drawn,
            build={"width": shape[1], "n_keypoints": n_keypoints},
            remark=f"{remark}, with weights of ours",
        )  # fmt: skip

    build = {"width": 6, "n_keypoints": 4}
    suite.says("One heat map for each keypoint, 16 times as high and as wide as the feature maps.")
    suite.shape("shape", (2, 17, 16, 32), features(2, 6, 1, 2), build={"width": 6})
    suite.shape("shape", (2, 4, 32, 16), features(2, 6, 2, 1), build=build)
    suite.shape("shape", (2, 17, 16, 16), features(2, 192, 1, 1), build={"width": 192})

    suite.says("In evaluation mode a class keeps these promises, too")
    again = suite.experiment(
        "values", "repeated", "features_repeat",
        # The ones in between are larger: a largest value that is remembered shows.
        (features(2, 6, 2, 3),), (4 * features(2, 6, 2, 3),),
        build=build, remark="again and again",
    )  # fmt: skip
    suite.says("Three steps, in this order")
    compare("values", 3, 2, 5, 2, 3, remark="maps wider than high")
    compare("values", 4, 2, 6, 3, 2, remark="maps higher than wide")
    compare("values", 3, 3, 4, 2, 2, remark="square maps")

    suite.says("There may be a single image")
    compare("edge_cases", 3, 1, 4, 2, 3, remark="a single image")
    suite.says("any number of keypoints")
    compare("edge_cases", 1, 2, 4, 2, 3, remark="one keypoint")
    suite.says("or of a single row, column or cell")
    compare("edge_cases", 3, 2, 4, 1, 3, remark="a single row")
    compare("edge_cases", 3, 2, 4, 2, 1, remark="a single column")
    compare("edge_cases", 3, 1, 1, 1, 1, remark="one image, one feature, one cell")

    suite.says("leaves its arguments unchanged")
    suite.read("arguments", "finite", again)
    suite.says("All parameters can learn")
    suite.experiment(
        "gradient", "reach", "decoder_learns", (features(2, 6, 2, 3),),
        build=build, remark="and a gradient back to each weight",
    )  # fmt: skip


EXERCISE = ExerciseDefinition(
    parameters=("features",),
    result_axes=("image", "keypoint", "row", "column"),
    reference=None,
    build=build_suite,
    tolerance={"values": 1e-4, "edge_cases": 1e-4},
    advice={
        "shape": "One map for each keypoint, 16 times as high and 16 times as wide: "
        "(batch, n_keypoints, 16 * rows, 16 * columns).",
        "values": "Three steps and no more: bilinear upsampling with `align_corners=False`, ReLU, "
        "a convolution with kernels of 1 x 1.",
        "edge_cases": "Let `scale_factor` decide the size, and squeeze no axis away.",
        "arguments": "`relu_` and `nn.ReLU(inplace=True)` overwrite what they are given.",
        "gradient": "Every step from the feature maps to the result has to be in the graph, and "
        "the convolution an attribute of the network.",
    },
    most_suites=3,
)
