"""Reasons for lost points that stand elsewhere in the notebook: below the check of the exercise.

Notebooks run from top to bottom. In the student's own session, where cells ran in any order, a
helper or a solution from below was there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nbformat import NotebookNode

from autograder.needed_cells import bound_names
from poselab.checks.runner import Observation

_UNDEFINED = re.compile(r"^(?:NameError|UnboundLocalError): name '(\w+)' is not defined")
_MOST_NAMES = 3


def defined_too_late(
    nb: NotebookNode, exercise: str, observations: Sequence[Observation] | None
) -> str:
    """Why a name was missing that the notebook does define.

    Args:
        nb: the executed submission.
        exercise: it has lost points.
        observations: what came back of it; ``None`` if nothing did, as it was not defined.

    Returns:
        A sentence, or an empty one.
    """
    check = next((i for i, c in enumerate(nb.cells) if _grade_id(c) == f"check_{exercise}"), None)
    if check is None:
        return ""
    place = defined_below(nb, exercise, check)
    if place:
        return (
            f"Cell {place} defines `{exercise}`, but it is below the check, where it does not "
            "count: move it into the cell of the exercise."
        )
    missing = _undefined(observations or ())
    late = [(name, place) for name in missing if (place := defined_below(nb, name, check))]
    if not late:
        return ""
    named = " and ".join(
        f"`{name}` is defined only in cell {place}" for name, place in late[:_MOST_NAMES]
    )
    return f"{named}, below the check of `{exercise}`: move it above the cell that uses it."


def _undefined(observations: Iterable[Observation]) -> list[str]:
    found = (_UNDEFINED.match(one.error) for one in observations)
    return list(dict.fromkeys(one.group(1) for one in found if one))


def defined_below(nb: NotebookNode, name: str, place: int) -> int:
    """Where a name is defined, if only below a cell.

    Args:
        nb: the submission.
        name: what is looked for.
        place: the cell's index. The cell of the exercise of that name does not count.

    Returns:
        The number of the first cell that binds the name, or 0.
    """
    binding = [
        index
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code"
        and name in cell.source
        and name in bound_names(cell.source)
        and not (index < place and _grade_id(cell) == name)
    ]
    if not binding or binding[0] <= place:
        return 0
    return binding[0] + 1


def _grade_id(cell: NotebookNode) -> str:
    grade_id: str = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return grade_id
