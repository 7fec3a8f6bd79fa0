"""What is known of an exercise, found by its id: each has a folder of its own."""

from __future__ import annotations

import ast
import builtins
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.exercises.bank import Bank, Function
from autograder.exercises.suite_builder import ExerciseDefinition
from autograder.manifest import Assignment, Manifest, exercise_folder
from autograder.syntax import parse


def definition_of(assignment: str, exercise: str) -> ExerciseDefinition:
    """The exercise's cases, reference, tolerances and advice."""
    definition: ExerciseDefinition = _module(assignment, exercise, "cases").EXERCISE
    return definition


def bank_of(assignment: str, exercise: str) -> Bank:
    """The exercise's mistakes."""
    bank: Bank = _module(assignment, exercise, "mistakes").BANK
    return bank


def gallery_of(assignment: str, exercise: str) -> tuple[str | Function, ...]:
    """What the gallery shows of the exercise: mistakes by id, and functions that are in no bank."""
    shown: tuple[str | Function, ...] = _module(assignment, exercise, "gallery").SHOWN
    return shown


def right_answers(manifest: Manifest, assignment: Assignment) -> dict[str, dict[str, Function]]:
    """For every exercise that `check` judges its solution and its other right answers.

    Args:
        manifest: the course.
        assignment: whose exercises.

    Returns:
        ``{exercise id: {name: function}}``; the solution is called ``solution``.

    Raises:
        CourseError: a solution's source is missing, or does not define an exercise.
    """
    found: dict[str, dict[str, Function]] = {}
    for notebook in assignment.notebooks:
        checked = [exercise for exercise in notebook.exercises if exercise.criteria]
        if not checked:
            continue
        source = manifest.source(assignment, notebook)
        defined = solution_functions(source)
        for exercise in checked:
            if exercise.id not in defined:
                raise CourseError(
                    f"{source.relative_to(manifest.root)} defines no `{exercise.id}`, which "
                    f'course.toml lists; write its cell, `# %% exercise="{exercise.id}"`.'
                )
            others = _module(assignment.id, exercise.id, "right_answers").RIGHT
            found[exercise.id] = {"solution": defined[exercise.id], **others}
    return found


@lru_cache(maxsize=8)
def solution_functions(source: Path) -> dict[str, Any]:
    """The functions and classes of a solution notebook, without running what uses them.

    Args:
        source: the notebook's source, ``solutions/A/N.py``.

    Returns:
        What it defines and imports, by name, except for what cannot be defined without running the
        notebook: functions whose defaults are values that it computes.

    Raises:
        CourseError: the source is missing.
    """
    try:
        tree = parse(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"{source.name} is missing; restore it from the repository.") from None
    # Running the rest would train networks.
    kept: list[ast.stmt] = []
    known = set(vars(builtins))
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            known |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and _needed_to_define(node) <= known:
            known.add(node.name)
        else:
            continue
        kept.append(node)
    namespace: dict[str, Any] = {"__name__": source.stem}
    exec(compile(ast.Module(kept, []), str(source), "exec"), namespace)
    return namespace


def _needed_to_define(node: ast.FunctionDef | ast.ClassDef) -> set[str]:
    """The names that are looked up when a function or class is defined, not when it is called."""
    looked_up: list[ast.AST] = [*node.decorator_list]
    if isinstance(node, ast.FunctionDef):
        looked_up += [node.args, *([node.returns] if node.returns else [])]
    else:
        looked_up += node.bases
    return {part.id for each in looked_up for part in ast.walk(each) if isinstance(part, ast.Name)}


def solution_source(source: Path, name: str) -> str:
    """The source of one function or class of a solution notebook, with what it needs.

    Args:
        source: the notebook's source, ``solutions/A/N.py``.
        name: of the function or class.

    Returns:
        Python that defines it: imports, and other definitions of the notebook that it uses.
    """
    body = parse(source.read_text(encoding="utf-8")).body
    defined = {node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imported = {
        alias.asname or alias.name.partition(".")[0]: node
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    needed: list[ast.stmt] = []
    waiting = [name]
    for one in waiting:
        node = defined.get(one) or imported.get(one)
        if node is not None and node not in needed:
            needed.append(node)
            waiting += [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    return ast.unparse(ast.Module(sorted(needed, key=body.index), []))


def _module(assignment: str, exercise: str, name: str) -> Any:
    folder = exercise_folder(assignment, exercise)
    module = ".".join((*folder.parts, name))
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):
            raise
        command = f"autograder new exercise {assignment} {exercise}"
        raise CourseError(f"{folder}/{name}.py is missing; `{command}` writes one.") from None
