"""Keeping what counts out of the reach of the code that is counted.

What a function encloses, a bound method belongs to or a partial call holds, anybody can read. What
a cache written in C calls, nobody can: it shows neither the function nor what that encloses. Only
the collector knows the way, and whoever asks that is noticed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar
from weakref import ref

Params = ParamSpec("Params")
Result = TypeVar("Result")

_Cache: Any = type(lru_cache(maxsize=0)(len))


def hidden(function: Callable[Params, Result]) -> Callable[Params, Result]:
    """A function in C that calls the given one, remembers nothing, and does not show it."""
    calls: Callable[Params, Result] = _Cache(function, 0, False, tuple)
    vars(calls)["__wrapped__"] = None  # torch's compiler asks each cache for it
    return calls


def hiding_place() -> tuple[Callable[[Any, Any], None], Callable[[Any], Any]]:
    """What lies behind objects, for as long as these live, and in none of their attributes.

    Returns:
        What puts a value behind an object, and what finds it again.
    """
    behind: dict[int, tuple[ref[Any], Any]] = {}
    owners: dict[int, int] = {}

    def forget(gone: Any) -> None:
        behind.pop(owners.pop(id(gone), 0), None)

    hidden_forget = hidden(forget)

    def hide(owner: Any, value: Any) -> None:
        watching = ref(owner, hidden_forget)
        owners[id(watching)] = id(owner)
        behind[id(owner)] = watching, value

    def find(owner: Any) -> Any:
        watching, value = behind[id(owner)]
        if watching() is not owner:
            raise LookupError("nothing lies behind this")
        return value

    return hide, find
