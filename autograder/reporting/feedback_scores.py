"""Scores on the feedback pages: what a person has yet to decide on is open, and not 0."""

from __future__ import annotations

from typing import Any

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat import NotebookNode
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades
from traitlets import List

from autograder.reporting.entries import entered
from autograder.reporting.lateness import lateness


class ScoresWithOpenOnes(GetGrades):  # type: ignore[misc]
    """nbgrader's own scores, with words in place of numbers where there is no number yet."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Enter a notebook's scores."""
        self.open_points = 0.0
        nb, resources = super().preprocess(nb, resources)
        there = entered(self.gradebook, self.assignment_id, [self.student_id])
        about = resources["nbgrader"]
        about["lateness"] = [s for one in there.values() for s in lateness(one)]
        if self.open_points:
            about["score"] = f"{about['score']:g}, {self.open_points:g} open"
        return nb, resources

    def _get_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        super()._get_score(cell, resources)
        about = cell.metadata.nbgrader
        key = (self.notebook_id, self.assignment_id, self.student_id)
        if self.gradebook.find_grade(about["grade_id"], *key).needs_manual_grade:
            self.open_points += about["points"]
            about["score"] = "open"


class CourseFeedback(GenerateFeedback):  # type: ignore[misc]
    """nbgrader's feedback pages with our scores."""

    preprocessors = List([ScoresWithOpenOnes, CSSHTMLHeaderPreprocessor])


def number_or_words(value: Any, default: float = 0.0) -> Any:
    """In place of Jinja's ``float``, which makes 0.0 of a word."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value if isinstance(value, str) else default


def rounded_or_words(value: Any, precision: int = 0) -> Any:
    """In place of Jinja's ``round``, which words would stop."""
    return value if isinstance(value, str) else round(float(value), precision)


FILTERS = {"float": number_or_words, "round": rounded_or_words}
