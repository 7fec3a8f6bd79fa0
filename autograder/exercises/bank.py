"""A bank of known answers to one exercise: mistakes, and right answers written in other ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Function = Callable[..., Any]


@dataclass(frozen=True)
class Mistake:
    """One plausible wrong answer.

    Args:
        id: the function's name.
        description: what is wrong, for the maintainer: the first line of its docstring.
        sentence: what the student is told.
        fails: the criterion that it fails. Where that is `shape` or `values`, what stands above
            is not judged.
        fails_too: criteria that it fails besides.
        function: the wrong answer itself.
        diagnosed_as: the name that it is given: its own, or that of the mistake it is a case of.
    """

    id: str
    description: str
    sentence: str
    fails: str
    fails_too: tuple[str, ...]
    function: Function
    diagnosed_as: str


class Bank:
    """Collects mistakes. Adding one is one decorated function."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def mistake(
        self, sentence: str, *, fails: str = "values", fails_too: tuple[str, ...] = ()
    ) -> Callable[[Function], Function]:
        """Enter a function under its own name, with the sentence that its author is told."""

        def enter(function: Function) -> Function:
            name = function.__name__
            self.mistakes.append(
                Mistake(name, summary_of(function), sentence, fails, fails_too, function, name)
            )
            return function

        return enter

    def another(self, diagnosed_as: str) -> Callable[[Function], Function]:
        """Enter one more case of a mistake that is in the bank already, with the same diagnosis."""

        def enter(function: Function) -> Function:
            first = next(mistake for mistake in self.mistakes if mistake.id == diagnosed_as)
            self.mistakes.append(
                replace(
                    first,
                    id=function.__name__,
                    description=summary_of(function),
                    function=function,
                )
            )
            return function

        return enter


class RightAnswers(dict[str, Function]):
    """Right answers that are written in other ways than the solution, by name."""

    def answer(self, function: Function) -> Function:
        """Enter a function or class, by decoration, under its own name."""
        self[function.__name__] = function
        return function


def summary_of(function: Function) -> str:
    """The first line of a function's docstring."""
    return (function.__doc__ or "").strip().partition("\n")[0]
