"""The right answers that a course's own checkout holds: its solutions and their rewrites."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.build.percent import source_path
from autograder.errors import CourseError
from autograder.manifest import Assignment, Manifest

Function = Callable[..., Any]

REWRITES = Path("tests") / "exercises" / "right_answers.py"
"""Differently written right answers, as ``RIGHT = {exercise id: [function, ...]}``."""


def right_answers(manifest: Manifest, assignment: Assignment) -> dict[str, dict[str, Function]]:
    """For every exercise its solution and its rewrites, as ``{exercise id: {name: function}}``.

    Raises:
        CourseError: a source is not there.
    """
    rewrites = _run(manifest.root / REWRITES, _read(manifest.root / REWRITES))["RIGHT"]
    found: dict[str, dict[str, Function]] = {}
    for notebook in assignment.notebooks:
        if not notebook.graded:
            continue
        path = source_path(manifest, assignment, notebook)
        defined = _run(path, _definitions(_read(path)))
        for exercise in notebook.exercises:
            found[exercise.id] = {"solution": defined[exercise.id]} | {
                function.__name__: function for function in rewrites.get(exercise.id, ())
            }
    return found


def _read(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"{path.name} is missing; restore it from the repository.") from None


def _definitions(tree: ast.Module) -> ast.Module:
    """Imports, functions and classes alone: running the rest would train networks."""
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    return ast.Module([node for node in tree.body if isinstance(node, kept)], [])


def _run(path: Path, tree: ast.Module) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": path.stem}
    exec(compile(tree, str(path), "exec"), namespace)
    return namespace
