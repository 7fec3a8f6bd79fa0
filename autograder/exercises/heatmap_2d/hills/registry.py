"""Wrong ways to draw hills, as they are entered, for the banks of several exercises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from autograder.exercises.bank import Function

Size = tuple[int, int]
Draw = Callable[[Tensor, Size, float], Tensor]
"""Points (..., 2), the maps' size and sigma -> maps (..., height, width)."""


@dataclass(frozen=True)
class Wrong:
    """A wrong way to draw, or to change what an answer is given or returns.

    Args:
        function: it.
        sentence: what its author is told.
        fails: the criterion; empty for the one that has joints outside of the map.
        case_of: the mistake that it is another case of, in place of a sentence.
    """

    function: Function
    sentence: str = ""
    fails: str = "values"
    case_of: str = ""


DRAWN: list[Wrong] = []
CHANGED: list[Wrong] = []


def draws(sentence: str, fails: str = "values") -> Callable[[Draw], Draw]:
    """Enter a function that draws hills wrongly, with the sentence that its author is told."""

    def enter(draw: Draw) -> Draw:
        DRAWN.append(Wrong(draw, sentence, fails))
        return draw

    return enter


def also(mistake: str) -> Callable[[Draw], Draw]:
    """Enter one more case of a mistake that is entered already."""

    def enter(draw: Draw) -> Draw:
        DRAWN.append(Wrong(draw, case_of=mistake))
        return draw

    return enter


def changes(sentence: str, fails: str = "values") -> Callable[[Function], Function]:
    """Enter what makes a wrong answer of any answer."""

    def enter(change: Function) -> Function:
        CHANGED.append(Wrong(change, sentence, fails))
        return change

    return enter
