"""Right answers to `exercise_name`, written in other ways than the solution."""

from __future__ import annotations

from torch import Tensor

from autograder.exercises.bank import RightAnswers
from autograder.exercises.new import fill_in

fill_in(__file__, "the right answers, five or more beside the solution")

RIGHT = RightAnswers()


@RIGHT.answer
def unchanged(values: Tensor) -> Tensor:
    """Another way to the same result."""
    return values.clone()
