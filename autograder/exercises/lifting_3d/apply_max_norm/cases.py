"""Each unit's incoming weights, shortened in place to a length of at most a limit.

What is changed are models of the course's own. Experiments look at what became of them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from poselab.checks.criteria import Criterion

Call = tuple[Tensor, float, Tensor]


def build_suite(suite: SuiteBuilder) -> None:
    """Nested layers whose units are partly within the limit and partly beyond it."""
    remark = "four linear layers, two of them nested, other layers between; limits 1, 4 and 0.5"
    suite.says("It concerns the weights of every linear layer, `nn.Linear`, however deeply")
    # Other limits than 1, too: what shortens to 1 is right there.
    made = suite.experiment(
        "values",
        "max_norm_applied",
        "rows_limited",
        *(_call(suite, 4, 6, 5, limit) for limit in (1.0, 4.0, 0.5)),
        remark=remark,
    )
    suite.says("the model may also be a linear layer itself")
    suite.experiment(
        "edge_cases",
        "max_norm_applied",
        "the_model_itself",
        _call(suite, 1, 7, 4, 1.0),
        remark="a single linear layer",
    )
    suite.says("a vector of zeros stays zero")
    weights, limit, biases = _call(suite, 4, 6, 5, 2.0)
    weights[:, 2] = 0
    suite.experiment(
        "edge_cases",
        "max_norm_applied",
        "zeros_left_alone",
        (weights, limit, biases),
        remark="units whose weights are all 0",
    )
    suite.says("Nothing else changes: not the biases, which are no part of the vectors")
    suite.read("others", "others_left_alone", made)
    suite.says("The weights are the same parameters afterwards, only with other values")
    suite.read("in_place", "changed_in_place", made)
    suite.says("Over the units of a layer you do not need one.")
    sizes = ((8, 6), (48, 6), (8, 46))
    calls = (_call(suite, 1, units, inputs, 1.0) for units, inputs in sizes)
    suite.experiment("vectorised", "max_norm_work", "work_does_not_grow", *calls)


def _call(suite: SuiteBuilder, layers: int, units: int, inputs: int, limit: float) -> Call:
    """Weights with lengths of 0.3 to 0.8 and 1.4 to 3 times the limit, by turns; and biases."""
    direction = torch.nn.functional.normalize(suite.normal(layers, units, inputs), dim=-1)
    # No number is nearly 0: what it was multiplied by could not be seen.
    direction = direction + 0.05 * torch.where(direction < 0, -1.0, 1.0)
    direction = torch.nn.functional.normalize(direction, dim=-1)
    short = suite.uniform(layers, units, 1, low=0.3, high=0.8)
    long = suite.uniform(layers, units, 1, low=1.4, high=3.0)
    is_long = (torch.arange(units) % 2 == 0)[:, None]
    weights = limit * torch.where(is_long, long, short) * direction
    sign = torch.where(suite.uniform(layers, units) < 0.5, -1.0, 1.0)
    return weights, limit, limit * sign * suite.uniform(layers, units, low=1.2, high=2.0)


EXERCISE = ExerciseDefinition(
    parameters=("model", "max_norm"),
    result_axes=(),
    reference=None,
    build=build_suite,
    tolerance={"values": 1e-4, "edge_cases": 1e-4},
    criteria=(
        Criterion("others", "everything else left alone"),
        Criterion("in_place", "in place"),
    ),
    advice={
        "values": "Print the length of each row of a layer's weights before and after the call: "
        "long rows become `max_norm` long, short ones stay.",
        "edge_cases": "Think of the units of which nothing is to be shortened, and of the models "
        "that have no parts.",
        "others": "Change the weights of `nn.Linear` layers alone, and leave the model's mode.",
        "in_place": "Inside `torch.no_grad()`, `weight.mul_(...)` or `weight.copy_(...)` changes "
        "the values of a parameter and nothing else about it.",
        "vectorised": "`torch.linalg.vector_norm` takes `dim` and `keepdim`: all lengths of a "
        "layer at once, in a shape that the weights can be multiplied by.",
    },
)
