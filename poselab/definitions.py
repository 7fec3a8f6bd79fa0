"""What a notebook's function or class consists of: functions, their code, the names in it."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any


def functions_of(definition: Any) -> list[FunctionType]:
    """The functions that a definition consists of.

    Args:
        definition: anything.

    Returns:
        A function itself, or the methods and properties of a class; nothing of anything else.
    """
    if isinstance(definition, FunctionType):
        return [definition]
    if not isinstance(definition, type):
        return []
    members = vars(definition).values()
    functions = [getattr(each, "__func__", getattr(each, "fget", each)) for each in members]
    return [each for each in functions if isinstance(each, FunctionType)]


def codes_of(function: FunctionType) -> Iterator[CodeType]:
    """The code of a function, and of the functions and comprehensions inside it.

    Args:
        function: its ``co_names`` are the global names that it reads, and attributes.

    Yields:
        The outer ones before the inner ones.
    """
    waiting = [function.__code__]
    for code in waiting:
        yield code
        waiting += [each for each in code.co_consts if isinstance(each, CodeType)]
