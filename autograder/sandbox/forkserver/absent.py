"""Modules that exist only in a hosted notebook, stood in for by ones that do nothing.

A notebook that was written there mounts a drive, asks for a file or a secret, and goes on.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

ABSENT = ("google", "google.colab", "kaggle_secrets")
"""What stands in for the first does so only where nothing else is called that."""


class Nothing:
    """Takes anything, gives nothing, and is as empty as a string, a list or a dictionary can be."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Do nothing; a decorator leaves what it decorates as it is."""
        return args[0] if len(args) == 1 and not options and callable(args[0]) else Nothing()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return Nothing()

    def __enter__(self) -> Nothing:
        """Enter a context in which nothing is different."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave it."""

    def __iter__(self) -> Iterator[Any]:
        """Nothing after nothing."""
        return iter(())

    def __len__(self) -> int:
        """None."""
        return 0

    def __getitem__(self, key: Any) -> Any:
        """What is not there."""
        raise KeyError(key)

    def __str__(self) -> str:
        """No text."""
        return ""


class _Absent(ModuleType):
    """A module that has whatever is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.endswith(("Error", "Exception")):
            found: Any = type(name, (Exception,), {})
        else:
            found = Nothing()
        setattr(self, name, found)
        return found


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname in ABSENT or fullname.startswith("google.colab."):
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        kind = ModuleType if spec.name == "google" else _Absent
        return kind(spec.name, "Does nothing: this is not a hosted notebook.")

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def stand_in() -> None:
    """Let them be imported, after whatever is really there."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
