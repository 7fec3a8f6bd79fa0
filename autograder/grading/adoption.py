"""Some exercises are judged anew, and all others keep what they have."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Collection

import nbformat
from nbformat import NotebookNode

from autograder.grading.records import NotebookRecord
from autograder.manifest import Notebook


def adopt(
    kept: NotebookRecord,
    kept_nb: NotebookNode,
    new: NotebookRecord,
    new_nb: NotebookNode,
    notebook: Notebook,
    exercises: Collection[str],
) -> tuple[NotebookRecord, str]:
    """Put some exercises' new verdicts into an earlier record and its notebook.

    The submission was run as in any grading, so these verdicts are those of a whole grading.

    Args:
        kept: the earlier record.
        kept_nb: the notebook that was graded then.
        new: the record of now.
        new_nb: the notebook that was graded now.
        notebook: the exercises.
        exercises: whose verdicts are taken from the new record.

    Returns:
        Record and notebook, as JSON. They are the new ones altogether where the submission is not
        the one that was graded then: verdicts on different files do not go together.
    """
    before = {exercise.id: exercise for exercise in kept.exercises}
    after = {exercise.id: exercise for exercise in new.exercises}
    if kept.cells != new.cells or not new.key or before.keys() != after.keys():
        return new, nbformat.writes(new_nb)
    fresh = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell for cell in new_nb.cells}
    nb = copy.deepcopy(kept_nb)
    checks = {e.check_id for e in notebook.exercises if e.id in exercises}
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in checks:
            cell.outputs = fresh[name].outputs
    content = nbformat.writes(nb)
    verdicts = tuple(after[name] if name in exercises else before[name] for name in before)
    # With the key of then, so that the next ordinary run looks at the others, too.
    record = kept.model_copy(
        update={
            "exercises": verdicts,
            "graded": hashlib.sha256(content.encode()).hexdigest(),
        }
    )
    return record, content
