"""The code of a whole class: which notebooks are alike, and typical answers, without their authors.

It imports nothing of the grading: it is called with limits, since it reads what students wrote.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from autograder.reporting.similarity import Cell, OwnParts, Pair, alike, cells_of
from autograder.syntax import parse

LONGEST_ANSWER = 3000
"""Characters of an answer that is shown."""

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Wanted:
    """A typical answer that is asked for.

    Args:
        exercise: the answer's.
        students: those who gave it.
    """

    exercise: str
    students: Sequence[str]


def study(
    submissions: Mapping[str, Sequence[Path]],
    released: Sequence[Path],
    solutions: Sequence[Path],
    wanted: Mapping[Key, Wanted],
) -> tuple[list[Pair], dict[Key, str]]:
    """Read a class's notebooks once, and say what can be said of their code.

    Args:
        submissions: by student, the submitted notebooks.
        released: what students were given.
        solutions: the course's own.
        wanted: the typical answers that are asked for.

    Returns:
        The pairs of notebooks that are alike; and the answers, as far as there are any.
    """
    reader = OwnParts(_cells(released))
    parts: dict[str, dict[str, str]] = {}
    code: dict[tuple[str, str], str] = {}
    asked = {(student, one.exercise) for one in wanted.values() for student in one.students}
    for student, paths in submissions.items():
        cells = _cells(paths)
        parts[student] = reader.parts(cells)
        for cell in cells:
            if (student, cell.label) in asked:
                code[student, cell.label] = cell.source
    answers = {
        key: typical([code.get((student, one.exercise), "") for student in one.students])
        for key, one in wanted.items()
    }
    pairs = alike(parts, reader.parts(_cells(solutions)))
    return pairs, {key: answer for key, answer in answers.items() if answer}


def typical(answers: Sequence[str]) -> str:
    """The answer of medium length, without comments and docstrings: they could name somebody.

    Args:
        answers: the sources.

    Returns:
        Python; empty if none of the answers is, or the one is too long to be shown.
    """
    bare = sorted(filter(None, map(_bare, answers)), key=lambda answer: (len(answer), answer))
    return bare[(len(bare) - 1) // 2] if bare else ""


def _bare(source: str) -> str:
    try:
        tree = parse(source)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
                node.body = node.body[1:] or [ast.Pass()]
        text = ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return text if len(text) <= LONGEST_ANSWER else ""


def _cells(paths: Sequence[Path]) -> list[Cell]:
    return [cell for path in paths for cell in cells_of(path)]
