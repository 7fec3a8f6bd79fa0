"""Models in nbgrader's gradebook: an assignment beside the notebook's, entered by nbgrader's API.

nbgrader grades notebooks only. To it a model is a notebook of one cell, whose score comes from
here; so it is in the export, and a score that a person enters by nbgrader's API counts instead.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from autograder.manifest import Assignment, Model
from autograder.model_grading.results import ModelRecord
from autograder.reporting.gradebook import programs_on_path

_CELL = "model"


def gradebook_name(assignment: Assignment) -> str:
    """What the models of an assignment are called in the gradebook, and their folders elsewhere."""
    return f"{assignment.id}_model"


def enter_models(
    database: str, assignment: Assignment, model: Model, records: Iterable[ModelRecord]
) -> None:
    """Enter scores. What a person has entered for a model stays, and counts.

    Args:
        database: the gradebook, as SQLAlchemy writes it.
        assignment: the assignment.
        model: what is handed in.
        records: what each earned.
    """
    name, notebook = gradebook_name(assignment), model.file.removesuffix(".onnx")
    with programs_on_path(), warnings.catch_warnings(), Gradebook(database) as gradebook:
        # nbgrader builds its rows in an order that SQLAlchemy remarks on, and means it.
        warnings.simplefilter("ignore", SAWarning)
        gradebook.update_or_create_assignment(name)
        gradebook.update_or_create_notebook(notebook, name)
        gradebook.update_or_create_grade_cell(
            _CELL, notebook, name, max_score=model.max_points, cell_type="code"
        )
        for record in records:
            gradebook.update_or_create_student(record.student)
            gradebook.update_or_create_submission(name, record.student)
            grade = gradebook.find_grade(_CELL, notebook, name, record.student)
            grade.auto_score = record.score
        gradebook.db.commit()
