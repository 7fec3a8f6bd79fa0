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

REWRITES = Path("tests") / "exercises" / "right_answers"
"""Modules of differently written right answers, each with its ``RIGHT = Rewrites()``."""


class Rewrites(dict[str, list[Function]]):
    """Right answers, each written in another way, as ``{exercise id: [function, ...]}``."""

    def of(self, exercise: str) -> Callable[[Function], Function]:
        """Enter a function, by decoration, among the answers to an exercise."""

        def enter(function: Function) -> Function:
            self.setdefault(exercise, []).append(function)
            return function

        return enter


def right_answers(manifest: Manifest, assignment: Assignment) -> dict[str, dict[str, Function]]:
    """For every exercise its solution and its rewrites, as ``{exercise id: {name: function}}``.

    Raises:
        CourseError: a source is not there.
    """
    rewrites = _rewrites(manifest.root / REWRITES)
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


def _rewrites(folder: Path) -> dict[str, list[Function]]:
    found = Rewrites()
    for path in sorted(folder.glob("*.py")):
        for exercise, functions in _run(path, _read(path))["RIGHT"].items():
            found.setdefault(exercise, []).extend(functions)
    if not found:
        raise CourseError(f"{folder.name} holds no right answers; restore it from the repository.")
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
