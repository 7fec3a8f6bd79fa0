"""What a solution notebook's outputs derive from, as one short text.

Outputs are computed anew only when this changes. Comments, docstrings, formatting and Markdown do
not count, nor does the version of Python: the syntax tree is written out by our own rules.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.manifest import Assignment, Manifest, Notebook

_PACKAGES = ("poselab", "data_stubs")
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


def packages(manifest: Manifest, assignment: Assignment) -> dict[str, str]:
    """What notebooks of the assignment import and read, by file; of code, what it does."""
    return {
        str(path.relative_to(manifest.root).as_posix()): _content(path)
        for path in _dependencies(manifest, assignment)
    }


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
        if parts[0] in _PACKAGES
        for length in range(len(parts))
    }


def _file_of(root: Path, module: str) -> Path | None:
    place = root.joinpath(*module.split("."))
    candidates = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def digest(content: object) -> str:
    """A short name for JSON-like content: equal content, equal name."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def code_structure(source: str) -> str:
    """What `source` does, without comments, docstrings and layout.

    Code with IPython's magics is no Python; it stands for itself.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    return json.dumps(structure(tree))


def structure(node: Any) -> Any:
    """A syntax tree as lists. Fields that are empty are left out: newer Pythons add such fields."""
    if isinstance(node, list):
        return [structure(item) for item in node]
    if not isinstance(node, ast.AST):
        return [type(node).__name__, repr(node)]
    fields = {
        name: value
        for name, value in ast.iter_fields(node)
        if value not in (None, []) and not isinstance(value, ast.expr_context)
    }
    if _has_docstring(node):
        fields["body"] = fields["body"][1:]
    return [type(node).__name__, *([name, structure(value)] for name, value in fields.items())]


def _has_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and ast.get_docstring(node, clean=False) is not None
    )


def _dependencies(manifest: Manifest, assignment: Assignment) -> list[Path]:
    """The code, and the data beside it, that a notebook of the assignment may import or read."""
    code = [path for package in _PACKAGES for path in (manifest.root / package).rglob("*.py")]
    suite = stored_suite_path(manifest, assignment)
    return sorted(code) + ([suite] if suite.is_file() else [])


def stored_suite_path(manifest: Manifest, assignment: Assignment) -> Path:
    """The file of reference tensors that `check` uses in the student's notebook."""
    return manifest.root / "poselab" / "checks" / "suites" / f"{assignment.id}.safetensors"


def _content(path: Path) -> str:
    if path.suffix == ".py":
        return code_structure(path.read_text(encoding="utf-8"))
    return hashlib.sha256(path.read_bytes()).hexdigest()
