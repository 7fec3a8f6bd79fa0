"""A student's page about the model: points, what was measured, what was checked."""

from __future__ import annotations

from markupsafe import Markup

from autograder.exercises.graded_model import GradedModel
from autograder.grading.records import ModelRecord
from autograder.manifest import Assignment, Model
from autograder.reporting.entries import Entered
from autograder.reporting.templating import render
from autograder.reporting.to_students import message_to_students
from poselab.models.examination import check_names


def model_page(
    record: ModelRecord,
    assignment: Assignment,
    model: Model,
    graded: GradedModel,
    count: int,
    entered: Entered | None = None,
    pseudonym: str = "",
) -> bytes:
    """The page as HTML, its pictures within.

    Args:
        record: what became of the model.
        assignment: the assignment.
        model: the points.
        graded: the metrics and the specification.
        count: how many samples it was run on.
        entered: what the gradebook says; a person's points count in place of the record's.
        pseudonym: what the leaderboard calls it.

    Returns:
        The page's bytes, as UTF-8.
    """
    measured = record.metrics or [None] * len(graded.metrics)
    page = render(
        "model.html.j2",
        record=record,
        score=entered.score if entered and entered.entries else record.score,
        comment=" ".join(entered.comments.values()) if entered else "",
        notes=list(map(message_to_students, record.notes)),
        assignment=assignment,
        model=model,
        metrics=list(zip(graded.metrics, model.metrics, measured, strict=True)),
        count=count,
        pseudonym=pseudonym,
        details=Markup(graded.page(record.details) if record.details else ""),
        checks=check_names(graded.spec),
    )
    return page.encode()
