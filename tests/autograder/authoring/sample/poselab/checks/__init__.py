"""Stands for the judging."""


def check(thing: object) -> None:
    """Say that a thing is there."""
    print(f"checked {getattr(thing, '__name__', thing)}")
