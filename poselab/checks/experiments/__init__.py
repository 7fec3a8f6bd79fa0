"""Experiments with a student's function or network: several calls and their results.

A network of one's own design has no right answer to be compared with, but it has to behave: what is
done to one sample must not change the others' results. An experiment makes the calls, where the
student's code runs; a relation judges the numbers, elsewhere. What belongs to one assignment
has a package of its own in here.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module


def load_experiments() -> None:
    """Import every module below, so that all experiments and relations are in the registries."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        import_module(module.name)
