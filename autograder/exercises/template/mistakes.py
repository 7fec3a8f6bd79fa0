"""Wrong answers to `exercise_name`."""

from __future__ import annotations

from torch import Tensor

from autograder.exercises.bank import Bank
from autograder.exercises.new import fill_in

fill_in(__file__, "the plausible mistakes, twelve or more")

BANK = Bank()


@BANK.mistake("What is wrong, and what to do instead, in one or two sentences for the student.")
def doubled(values: Tensor) -> Tensor:
    """What is wrong, in a few words for the maintainer."""
    return 2 * values
