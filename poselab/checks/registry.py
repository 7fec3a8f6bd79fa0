"""The experiments and relations that cases name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from poselab.checks.cases import Case

Subject = Callable[..., Any]
"""What is examined: a student's function, or an object of a student's class."""

Calls = tuple[tuple[Any, ...], ...]
"""The arguments of each call."""

Experiment = Callable[[Subject, Calls], Tensor]
"""Makes the calls, and returns what the relations need to know."""


@dataclass(frozen=True)
class Finding:
    """How far results are from what a relation asks for.

    Args:
        amount: 0 where it holds exactly; it is broken where this exceeds the tolerance.
        mistake: the known mistake behind it, where an experiment has shown it to be this one and
            no other; else empty.
        observed: what was seen, one sentence.
        advice: what usually causes it, or a next step that is right whatever the cause; for
            findings whose cause is not shown.
    """

    amount: float
    mistake: str = ""
    observed: str = ""
    advice: str = ""


Relation = Callable[[Tensor, Case, float], Iterator[Finding]]
"""Results (call, ...), the case and the criterion's tolerance -> findings, the first broken one
of which decides."""

Misshape = Callable[[tuple[int, ...], tuple[int, ...]], bool]
"""A result's shape and the expected one -> whether a mistake makes the one of the other."""

EXPERIMENTS: dict[str, Experiment] = {}
RELATIONS: dict[str, Relation] = {}
MISSHAPES: dict[str, Misshape] = {}


class UnfitResultError(Exception):
    """A call returned what the experiment cannot go on with.

    Args:
        result: what was returned.
    """

    def __init__(self, result: object) -> None:
        super().__init__()
        self.result = result


def experiment(function: Experiment) -> Experiment:
    """Enter an experiment under its own name."""
    EXPERIMENTS[function.__name__] = function
    return function


def relation(function: Relation) -> Relation:
    """Enter a relation under its own name."""
    RELATIONS[function.__name__] = function
    return function


def misshape(function: Misshape) -> Misshape:
    """Enter a test of shapes under the name of the mistake that it tells."""
    MISSHAPES[function.__name__] = function
    return function
