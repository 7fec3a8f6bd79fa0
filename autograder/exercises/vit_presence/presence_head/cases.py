"""A head that reads presence from heat maps: pooled, then an MLP for each keypoint.

Layers may be written in many ways and have any names, so nothing is compared with a reference;
experiments find out how yours behaves.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from poselab.checks.criteria import Criterion
from poselab.checks.experiments.vit_presence.presence_head import MANY_KEYPOINTS, SIZE

KEYPOINTS = 17

BLOCKS = (1, 1, 4, 4)
"""How often each number of a map of blocks is handed over."""

N_IMAGES = 13
"""A number that is the length of no other axis."""

POOLED = (16, 24)
"""The map that shows how it is pooled: neither square nor as large as a common fixed size."""


def build_suite(suite: SuiteBuilder) -> None:
    """Heads with random weights, and heat maps of random numbers."""

    def maps(number: int, size: tuple[int, int] = SIZE, keypoints: int = KEYPOINTS) -> Tensor:
        # Some maps are high, some low: whole maps of negative numbers are among them.
        level = suite.normal(number, keypoints, 1, 1, scale=2.0)
        return level + suite.normal(number, keypoints, *size)

    def blocks(number: int) -> Tensor:
        # One number for each block: suites are stored, and most questions ask for no more.
        return maps(number, (SIZE[0] // 4, SIZE[1] // 4))

    build = {"map_size": SIZE}
    experiment = partial(suite.experiment, build=build)
    suite.says("gives one logit for each map, (B, 17)")
    suite.shape("shape", (3, 17), maps(3), build=build)
    suite.shape("shape", (2, 17), maps(2, (16, 4)), build={"map_size": (16, 4)})

    suite.says("on other images of the call, not on earlier calls, not on chance")
    first = maps(3)
    # The maps in between are larger: a largest value that is remembered shows.
    again = experiment(
        "values", "repeated", "head_repeats", (first,), (4 * maps(3),), remark="again and again"
    )
    remark = "and again with another image's maps in it"
    experiment(
        "values", "apart", "images_apart", (blocks(N_IMAGES),), (blocks(N_IMAGES),),
        repeats=BLOCKS, remark=remark,
    )  # fmt: skip
    suite.says("Each keypoint has an MLP of its own, which shares nothing with those of the other")
    remark = "and again with another map of one keypoint in it"
    experiment("values", "own_maps", "each_map_on_its_own", (maps(4),), (maps(4),), remark=remark)
    suite.says("a linear layer to `hidden` numbers, ReLU, dropout, and a linear layer to 1 number")
    directions = suite.normal(6, KEYPOINTS, SIZE[0] // 4, SIZE[1] // 4)
    remark = "with maps of blocks, in evaluation mode"
    suite.experiment(
        "values", "mlp_of_each", "mlp_as_said", (directions,), repeats=BLOCKS, remark=remark
    )

    suite.says("the largest value of each block of 4 x 4 pixels is kept")
    suite.experiment(
        "pooling", "pooling_fingerprint", "pooled_as_said", (maps(3, POOLED),), (_one_map(suite),),
        build={"map_size": POOLED}, remark="with one pixel bright or dark after the other",
    )  # fmt: skip
    suite.says("In training mode each of the hidden numbers is dropped with the probability")
    remark = "in training mode"
    suite.experiment("training", "head_in_training", "drops_as_said", (maps(8),), remark=remark)

    suite.says("`n_keypoints` maps are expected if that is another number")
    many = maps(2, keypoints=MANY_KEYPOINTS)
    remark = "with a small and a large value of each option"
    suite.experiment("options", "head_options", "options_used", (many,), remark=remark)
    suite.says("Any number of images may come, also a single one.")
    experiment("options", "as_made", "finite", (maps(1),), shape=(1, 17), remark="a single image")
    suite.says("where (H, W) is `map_size` and both are multiples of 4")
    suite.experiment(
        "options", "as_made", "finite", (maps(2, (4, 4)),), shape=(2, 17),
        build={"map_size": (4, 4)}, remark="maps of a single block",
    )  # fmt: skip

    suite.says("leaves its arguments unchanged")
    suite.read("arguments", "finite", again)
    suite.says("Gradients flow to all weights, and to the heat maps, too")
    remark = "and a gradient back to each weight"
    # Many: the steps of small initial weights must not silence a unit for all of them.
    experiment("gradient", "reach", "head_learns", (blocks(24),), repeats=BLOCKS, remark=remark)
    remark = "and a gradient back to the maps"
    experiment("gradient", "slope_of_the_maps", "maps_learn", (maps(4),), remark=remark)
    suite.says("A loop over the keypoints is fine here; a loop over images is not.")
    for axis, (number,) in suite.sizes(images=4):
        suite.count("vectorised", axis, blocks(number), build=build, repeats=BLOCKS)


def _one_map(suite: SuiteBuilder) -> Tensor:
    """A map in which no two pixels near each other are alike, nor nearly so.

    Half of its blocks hold negative numbers alone.
    """
    rows, columns = POOLED[0] // 4, POOLED[1] // 4
    level = torch.where(suite.uniform(rows, columns) < 0.5, -2.5, 0.5)
    order = torch.stack(
        [torch.randperm(16, generator=suite.generator) for _ in range(rows * columns)]
    )
    steps = order.reshape(rows, columns, 4, 4)
    # Neighbouring blocks hold other numbers than this one does.
    y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    fine = (4 * steps + (2 * (y % 2) + x % 2)[..., None, None]) / 64
    blocks = level[..., None, None] + fine - 0.5
    return blocks.permute(0, 2, 1, 3).reshape(1, 1, *POOLED)


EXERCISE = ExerciseDefinition(
    parameters=("heatmaps",),
    result_axes=("image", "keypoint"),
    reference=None,
    build=build_suite,
    tolerance={"values": 1e-3, "gradient": 1e-3},
    criteria=(
        Criterion("pooling", "pooling"),
        Criterion("training", "training mode"),
        Criterion("options", "options and sizes"),
    ),
    advice={
        "shape": "One number for each map. The last linear layer of an MLP gives (B, 1); put the "
        "17 of them side by side.",
        "values": "Go through the three steps of the text one by one, and print the head.",
        "pooling": "`max_pool2d(heatmaps, 4)` makes (B, 17, H/4, W/4) of (B, 17, H, W).",
        "training": "Numbers are dropped between ReLU and the last linear layer, nowhere else, and "
        "only in training mode.",
        "options": "Follow each option from `__init__` to the layers that it shapes, and print the "
        "shape after each layer for a single image.",
        "arguments": "Work on a copy: an in-place ReLU on the maps, `+=` and methods whose names "
        "end in `_` overwrite them.",
        "gradient": "Every layer has to be in the graph, and in `parameters()`: look for `detach`, "
        "`no_grad`, numpy and layers in a plain list.",
        "vectorised": "The layers take all images of a batch at once: no loop over them is needed.",
    },
    most_suites=2,
)
