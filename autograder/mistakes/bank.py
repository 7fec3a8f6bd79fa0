"""A bank of wrong answers to one exercise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class WrongAnswer:
    """One plausible wrong answer.

    Args:
        id: the function's name.
        description: what is wrong, for the maintainer: the first line of its docstring.
        sentence: what the student is told.
        fails: the criterion that it fails. Where that is `shape` or `values`, what stands above
            is not judged.
        fails_too: criteria that it fails besides.
        function: the wrong answer itself.
        told: the name that it is given: its own, or that of the entry that it is a case of.
    """

    id: str
    description: str
    sentence: str
    fails: str
    fails_too: tuple[str, ...]
    function: Callable[..., Any]
    told: str


class Bank:
    """Collects wrong answers. Adding one is one decorated function."""

    def __init__(self) -> None:
        self.answers: list[WrongAnswer] = []

    def mistake(
        self, sentence: str, *, fails: str = "values", fails_too: tuple[str, ...] = ()
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Enter a function under its own name, with the sentence that its author should hear."""

        def enter(function: Callable[..., Any]) -> Callable[..., Any]:
            description = (function.__doc__ or "").strip().splitlines()[0]
            name = function.__name__
            entry = WrongAnswer(name, description, sentence, fails, fails_too, function, name)
            self.answers.append(entry)
            return function

        return enter

    def another(self, told: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Enter one more case of a mistake that is in the bank already, to be told its name."""

        def enter(function: Callable[..., Any]) -> Callable[..., Any]:
            first = next(answer for answer in self.answers if answer.id == told)
            description = (function.__doc__ or "").strip().splitlines()[0]
            entry = replace(first, id=function.__name__, description=description, function=function)
            self.answers.append(entry)
            return function

        return enter
