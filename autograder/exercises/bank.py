"""A bank of known answers to one exercise: mistakes, and right answers written in other ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
        written: what the bank's author wrote, where that is not the wrong answer itself.
    """

    id: str
    description: str
    sentence: str
    fails: str
    fails_too: tuple[str, ...]
    function: Function
    diagnosed_as: str
    written: Function | None = None


class Bank:
    """Collects mistakes. Adding one is one decorated function.

    Args:
        right: a right answer, in which the mistakes of :meth:`on_top` are made.
    """

    def __init__(self, right: Function | None = None) -> None:
        self.right = right
        self.mistakes: list[Mistake] = []
        self._on_top: dict[str, Callable[[Function], Function]] = {}

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

    def on_top(
        self, sentence: str, *, fails: str = "values", fails_too: tuple[str, ...] = ()
    ) -> Callable[[Callable[[Function], Function]], Function]:
        """Enter a mistake that can be made on top of another one.

        What is decorated takes an answer and returns one that makes the mistake as well. By itself
        it is a mistake like any other; with each of the rest it makes a pair.
        """

        def enter(change: Callable[[Function], Function]) -> Function:
            if self.right is None:
                raise TypeError(f"{change.__name__} needs a right answer: Bank(right)")
            function = change(self.right)
            function.__name__ = name = change.__name__
            entry = Mistake(
                name, summary_of(change), sentence, fails, fails_too, function, name, change
            )
            self.mistakes.append(entry)
            self._on_top[name] = change
            return function

        return enter

    def pairs(self) -> Iterator[tuple[tuple[str, str], Function]]:
        """Every two mistakes that can be made in one answer, with an answer that makes both."""
        for top, change in self._on_top.items():
            for entry in self.mistakes:
                if entry.diagnosed_as == entry.id != top:
                    yield (entry.id, top), change(entry.function)

    def another(self, diagnosed_as: str) -> Callable[[Function], Function]:
        """Enter one more case of a mistake that is in the bank already, with the same diagnosis."""

        def enter(function: Function) -> Function:
            first = next((known for known in self.mistakes if known.id == diagnosed_as), None)
            if first is None:
                raise TypeError(f"{function.__name__}: no mistake {diagnosed_as} stands above it.")
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
