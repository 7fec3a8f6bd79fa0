"""A package of the same name as the real one: a course is run with its own packages."""

from __future__ import annotations


def check(thing: object) -> None:
    """Say that a thing is there."""
    print(f"checked {getattr(thing, '__name__', thing)}")
