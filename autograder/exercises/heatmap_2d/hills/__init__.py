"""Hills that are drawn wrongly, one for each point of a tensor: mistakes with one map or many."""

from __future__ import annotations

import functools
from collections.abc import Callable, Container

from autograder.exercises.bank import Bank, Function
from autograder.exercises.heatmap_2d.hills import formula, height, on_top, place, shape
from autograder.exercises.heatmap_2d.hills.registry import CHANGED, DRAWN, Draw

# Imported for what they enter.
__all__ = ("enter_hills", "formula", "height", "on_top", "place", "shape")


def enter_hills(
    bank: Bank, answer: Callable[[Draw], Function], outside: str, paired: Container[str]
) -> None:
    """Enter all mistakes of this module in an exercise's bank.

    Args:
        bank: where to.
        answer: makes an answer to the exercise of a function that draws maps.
        outside: the criterion that has joints outside of the map.
        paired: ids of those that are made on top of all others, too. Each takes a second.
    """
    assert bank.right is not None
    for wrong in CHANGED:
        change = wrong.function
        if change.__name__ in paired:
            bank.on_top(wrong.sentence, fails=wrong.fails)(change)
        else:
            changed = functools.wraps(change)(change(bank.right))
            bank.mistake(wrong.sentence, fails=wrong.fails)(changed)
    for wrong in DRAWN:
        function = answer(wrong.function)
        if wrong.case_of:
            bank.another(wrong.case_of)(function)
        else:
            bank.mistake(wrong.sentence, fails=wrong.fails or outside)(function)
