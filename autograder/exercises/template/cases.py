"""What `exercise_name` computes, in one line."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.new import fill_in
from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

fill_in(__file__, "the reference, the cases, the tolerances and the advice")


def reference(values: Tensor) -> Tensor:
    """The right answer in float64: slow, obvious, straight from the formula."""
    result = torch.zeros(values.shape, dtype=torch.float64)
    for index, value in enumerate(values.tolist()):
        result[index] = value
    return result


def build_suite(suite: SuiteBuilder) -> None:
    """Inputs on which every plausible mistake shows; what is special about each is its remark."""
    suite.says("the sentence of the notebook that the following cases test, word by word")
    suite.call("shape", suite.normal(5))
    suite.call("values", suite.normal(7), remark="what is special about this call")


EXERCISE = ExerciseDefinition(
    parameters=("values",),
    result_axes=("sample",),
    reference=reference,
    build=build_suite,
    tolerance={"values": 1e-5},
    advice={
        "shape": "Where to look when the type or the shape is wrong.",
        "values": "Where to look when a value is wrong.",
    },
)
