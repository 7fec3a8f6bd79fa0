"""The box around each person."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(poses: Float[Tensor, "person joint 2"]) -> Float[Tensor, "person 4"]:
    """Sort each person's x, and each person's y; take the first and the last."""
    boxes = torch.zeros(len(poses), 4, dtype=torch.float64)
    for person, pose in enumerate(poses.tolist()):
        across, down = (sorted(joint[axis] for joint in pose) for axis in (0, 1))
        corners = [across[0], down[0], across[-1], down[-1]]
        boxes[person] = torch.tensor(corners, dtype=torch.float64)
    return boxes


def build_suite(suite: SuiteBuilder) -> None:
    """Several people, of few joints and of many, one of them, and one beyond the picture's edge."""

    def people(number: int, joints: int, spread: float = 8.0) -> Tensor:
        """People at positions of their own, each wider or narrower than the others."""
        positions = 30 + 20 * torch.arange(number)[:, None, None] + suite.uniform(number, 1, 2)
        size = torch.tensor([1.0, 1.7]) * suite.uniform(number, 1, 1, low=0.6, high=1.4)
        return positions + spread * size * suite.uniform(number, joints, 2, low=-1, high=1)

    suite.says("For each person x_min, y_min, x_max, y_max.")
    suite.call("shape", people(3, 7))
    suite.call("shape", people(5, 2))
    suite.call("values", people(3, 7), remark="three people of seven joints")
    suite.call("values", people(6, 4), remark="six people of four joints")
    suite.says("Here is the box around each person")
    suite.call("edge_cases", people(1, 9), remark="one person")
    suite.call("edge_cases", people(3, 1), remark="people of one joint each")
    beyond = people(2, 6) - 60
    suite.call("edge_cases", beyond, remark="some coordinates are negative")
    suite.says("Write the same for all people and joints at once.")
    for axis, (number, joints) in suite.sizes(people=2, joints=4):
        suite.count("vectorised", axis, people(number, joints))


EXERCISE = ExerciseDefinition(
    parameters=("poses",),
    # As the tensor is printed: a row for each person.
    result_axes=("row", "column"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 46},
    tolerance={"values": 2e-6, "edge_cases": 2e-6},
    advice={
        "shape": "Four numbers for each person: (person, 4). Print the shape after each step.",
        "values": "There is a row for each person. Compare with `boxes_with_loops`: which of the "
        "four columns are right?",
        "edge_cases": "What do you start from, and which dimensions disappear where there is only "
        "one of something?",
        "vectorised": "`amin` and `amax` along one dimension visit all joints of all people.",
    },
)
