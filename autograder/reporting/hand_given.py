"""Scores that a person has given hold for the answer that they were given for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook

from autograder.fingerprints import digest
from autograder.reporting.entries import Entered, exercise_of
from poselab.checks.report import points


def answers_in(path: Path) -> dict[str, str]:
    """A digest of what was answered, for each graded cell of a submitted notebook.

    A check is answered in the cell of its exercise. Layout at the end of lines does not count.

    Args:
        path: the notebook; one that is not there, or is none, has no answers.

    Returns:
        Digests by ``NOTEBOOK/CELL``.
    """
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    labelled = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell
        for cell in cells
        if cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
    }
    return {
        f"{path.stem}/{name}": _answer(labelled.get(exercise_of(name), cell))
        for name, cell in labelled.items()
        if cell["metadata"]["nbgrader"].get("grade") or cell["metadata"]["nbgrader"].get("task")
    }


def _answer(cell: Mapping[str, Any]) -> str:
    source = cell.get("source", "")
    text = source if isinstance(source, str) else "".join(source)
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return digest([lines, cell.get("attachments") or {}])


def by_hand(entered: Entered) -> tuple[str, ...]:
    """The cells to which a person has given a score, as ``NOTEBOOK/CELL``."""
    return tuple(
        f"{entry.notebook}/{entry.cell}"
        for entry in entered.entries.values()
        if entry.by_hand is not None
    )


def settled(entered: Entered) -> tuple[str, ...]:
    """The cells on which a person has decided, as ``NOTEBOOK/CELL``."""
    return tuple(
        f"{entry.notebook}/{entry.cell}"
        for entry in entered.entries.values()
        if entry.by_hand is not None and not entry.open
    )


def keep_settled(
    gradebook: Gradebook, assignment: str, student: str, decided: Mapping[str, bool]
) -> None:
    """Say whether a person has to look again at cells to which they have given a score.

    nbgrader asks for that whenever a submission is entered, whatever has become of the answer.

    Args:
        gradebook: is changed.
        assignment: its name.
        student: whose scores.
        decided: by ``NOTEBOOK/CELL``, whether the score was given for the answer that is there.
    """
    for name, holds in decided.items():
        notebook, _, cell = name.partition("/")
        grade = gradebook.find_grade(cell, notebook, assignment, student)
        if grade.manual_score is not None:
            grade.needs_manual_grade = not holds


def remarks(entered: Entered) -> Iterator[str]:
    """What to know of scores that a person has given."""
    for entry in entered.entries.values():
        if entry.by_hand is None:
            continue
        given, what = points(entry.by_hand), f"`{entry.exercise}`"
        if entry.open:
            yield (
                f"{what} was answered anew after {given} points were given by hand, which still "
                "count: look at it in the formgrader and save a score there, or empty the score's "
                "field for the autograder's."
                if entry.auto is not None
                else f"{what} was answered anew after {given} points were given by hand, which "
                "still count: look at it in the formgrader and save a score there."
            )
        if entry.by_hand > entry.most:
            yield (
                f"{what} has {given} points by hand, more than the {points(entry.most)} that it is "
                "worth now: correct it in the formgrader."
            )
