"""The lifting network of Martinez et al.: its design, its options, its weights.

Two networks with different weights agree in nothing, so experiments compare a network's results
with what its own weights should give.
"""

from __future__ import annotations

from functools import partial

from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from poselab.checks.criteria import Criterion


def build_suite(suite: SuiteBuilder) -> None:
    """Small networks with random weights, and skeletons of random numbers."""

    def skeletons(number: int) -> Tensor:
        return suite.normal(number, 30)

    def seed() -> int:
        return int(suite.integers(1, high=1_000_000))

    build = {"hidden_layer": 24}
    experiment = partial(suite.experiment, build=build)
    suite.says("`output_nodes` numbers for each skeleton.")
    suite.shape("shape", (5, 45), skeletons(5), build={})
    suite.shape("shape", (4, 45), skeletons(4), build=build)

    suite.says("not on the other ones of the call, not on earlier calls, not on chance")
    remark = "again and again"
    again = experiment(
        "values", "repeated", "lift_repeats", (skeletons(4),), (skeletons(4),), remark=remark
    )
    remark = "and again with another skeleton in it"
    experiment("values", "apart", "lift_apart", (skeletons(7),), (skeletons(7),), remark=remark)
    suite.says("any number of skeletons; in evaluation mode also a single one")
    suite.shape("values", (1, 45), skeletons(1), build=build, remark="a single skeleton")
    suite.says("a linear layer, batch normalisation, ReLU and dropout, in this order")
    remark = "with other weights, in evaluation mode"
    experiment("values", "lift_design", "lift_as_said", (skeletons(8), seed()), remark=remark)

    suite.says("how many numbers go into a block and come out of it")
    remark = "with a small and a large value of each option"
    suite.experiment("options", "lift_options", "lift_uses_options", (skeletons(6),), remark=remark)

    suite.says("numbers are dropped and the batch's own statistics normalise it")
    remark = "with other weights, in training mode"
    experiment(
        "training", "lift_training", "lift_trains_as_said", (skeletons(12), seed()), remark=remark
    )

    suite.says("the network has 4,284,461 parameters, and all of them can learn")
    suite.experiment(
        "parameters", "lift_parameters", "lift_owns_parameters", (skeletons(6),),
        remark="the network's parameters",
    )  # fmt: skip

    suite.says("leaves its arguments unchanged")
    suite.read("arguments", "finite", again)
    suite.says("it processes all poses and joints at once, without a loop in Python")
    for axis, (number,) in suite.sizes(skeletons=4):
        suite.count("vectorised", axis, skeletons(number), build={"hidden_layer": 16})


EXERCISE = ExerciseDefinition(
    parameters=("joint_2d",),
    result_axes=("pose", "output"),
    reference=None,
    build=build_suite,
    tolerance={"values": 1e-3, "training": 1e-3},
    criteria=(
        Criterion("options", "options"),
        Criterion("training", "training mode"),
        Criterion("parameters", "parameters"),
    ),
    advice={
        "shape": "A row of 30 numbers becomes a row of `output_nodes` numbers. Print the shape "
        "after each layer.",
        "values": "Go through the three parts of the text one by one, and print the network.",
        "options": "Follow each option from `__init__` to the layers that it shapes.",
        "training": "Numbers are dropped after both ReLUs of a block and nowhere else.",
        "parameters": "Every layer is an object of its own, and lies where `parameters()` finds "
        "it.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "vectorised": "The layers take all skeletons of a batch at once: no loop over them is "
        "needed.",
    },
    most_suites=2,
)
