"""Which names of a notebook a function or class uses, itself or through others of the notebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from poselab.definitions import codes_of, functions_of


def names_used(user: Callable[..., Any]) -> dict[str, Any]:
    """The functions and classes that a function or class uses.

    Args:
        user: a function or class.

    Returns:
        By name, what is defined in the same notebook or module and is used by it, or by what it
        uses.
    """
    names = next((function.__globals__ for function in functions_of(user)), {})
    found: dict[str, Any] = {}
    waiting: list[Any] = [user]
    for one in waiting:
        for name in _names_in(one):
            value = names.get(name)
            own = isinstance(value, FunctionType | type) and value.__module__ == user.__module__
            if own and name not in found:
                found[name] = value
                waiting.append(value)
    return found


def _names_in(definition: Any) -> Iterator[str]:
    """The global names in a function's code, or in a class's methods and its bases."""
    for function in functions_of(definition):
        for code in codes_of(function):
            yield from code.co_names
    yield from (base.__name__ for base in getattr(definition, "__bases__", ()))
