"""What a solution notebook's outputs derive from, as one short text.

Outputs are computed anew only when this changes. Comments, docstrings, formatting and Markdown do
not count, nor does the version of Python: the syntax tree is written out by our own rules.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.fingerprints import PACKAGES, code_structure, digest, packages
from autograder.manifest import Assignment, Manifest, Notebook

_IMPORT = r"import [\w.]+( as \w+)?|from [\w.]+ import [\w, ]+"


def fingerprint(manifest: Manifest, assignment: Assignment, notebook: Notebook, nb: Any) -> str:
    """The fingerprint of everything that running the notebook `nb` on a CPU depends on."""
    code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    imported = imported_files(manifest.root, code)
    return digest(
        {
            "cells": [
                code_structure(cell.source)
                for cell in nb.cells
                if cell.cell_type == "code" and cell.id != "setup"
            ],
            "packages": {
                name: content
                for name, content in packages(manifest, assignment).items()
                if not name.endswith(".py") or name in imported
            },
            "profile": manifest.profiles["cpu"][assignment.id],
            "exercises": [exercise.model_dump(mode="json") for exercise in notebook.exercises],
        }
    )


def imported_files(root: Path, cells: Iterable[str]) -> set[str]:
    """The files of our packages that cells import, directly or not, relative to `root`."""
    found: set[str] = set()
    waiting = {name for cell in cells for name in _named_in(cell)}
    while waiting:
        path = _file_of(root, waiting.pop())
        if path is None or (name := path.relative_to(root).as_posix()) in found:
            continue
        found.add(name)
        waiting |= _named_in(path.read_text(encoding="utf-8"))
    return found


def _named_in(source: str) -> set[str]:
    """Everything in `source` that may be one of our modules, and the packages around it."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        # Magics: the lines that import can still be told.
        lines = [line.strip() for line in source.splitlines()]
        tree = ast.parse("\n".join(line for line in lines if re.fullmatch(_IMPORT, line)))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {
        ".".join(parts[: length + 1])
        for parts in (name.split(".") for name in names)
        if parts[0] in PACKAGES
        for length in range(len(parts))
    }


def _file_of(root: Path, module: str) -> Path | None:
    place = root.joinpath(*module.split("."))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)
