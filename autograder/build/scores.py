"""Both sides of the proof: every solution earns full marks, every untouched notebook nothing."""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from autograder.errors import CourseError
from autograder.manifest import Assignment, Manifest

SOLVED, UNTOUCHED = "solved", "untouched"


def check_scores(manifest: Manifest, assignment: Assignment) -> None:
    """Grade an assignment's solution notebooks and its student notebooks, as a class of two.

    Raises:
        CourseError: the solution lost points, the untouched notebook earned some, or one of them
            did not run to its end.
    """
    from autograder.grading.batch import grade_class  # imports torch, which `--help` can do without

    with tempfile.TemporaryDirectory() as folder:
        submitted, work = Path(folder) / "submitted", Path(folder) / "work"
        for student, source in ((SOLVED, "solutions"), (UNTOUCHED, "assignments")):
            for notebook in assignment.graded_notebooks:
                hand_in = submitted / student / assignment.id
                hand_in.mkdir(parents=True, exist_ok=True)
                shutil.copy(
                    manifest.root / source / assignment.id / f"{notebook.name}.ipynb", hand_in
                )
        outcome = grade_class(
            manifest,
            assignment.id,
            submitted,
            work,
            work / "results.json",
            workers=2,
            force=True,
            console=Console(file=io.StringIO()),
        )
    scores = {submission.student: submission for submission in outcome.submissions}
    for student, due in ((SOLVED, assignment.automatic_points), (UNTOUCHED, 0.0)):
        submission = scores[student]
        if (submission.status, submission.score) != ("graded", due):
            reasons = list(submission.notes) + [
                f"{exercise.id}, {criterion.id}: {criterion.message}"
                for exercise in submission.exercises
                for criterion in exercise.criteria
                if criterion.passed == (student == UNTOUCHED)
            ]
            raise CourseError(
                f"The {student} hand-in of {assignment.id} is {submission.status} with "
                f"{submission.score:g} points instead of {due:g} ({' '.join(reasons[:1])})."
            )
