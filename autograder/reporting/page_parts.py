"""What a student's page says, ready to be laid out.

These travel into processes that do not import the grading.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One criterion; or several in succession for which the same is to be said.

    Args:
        title: its name, or their names.
        passed: whether it is right.
        points, max_points: what it earns, and what there is.
        message: what was seen.
        judged: whether it was looked at, rather than waiting for another criterion.
    """

    title: str
    passed: bool
    points: float
    max_points: float
    message: str
    judged: bool = True


@dataclass(frozen=True)
class Task:
    """One exercise, or one question.

    Args:
        id: its name in the course.
        title: what students read in its place.
        score: what counts; ``None`` where a person has yet to mark.
        max_score: the points that there are.
        rows: the criteria of an exercise.
        judged: the grader's points, where a person has given others.
        comment: what a person wrote.
        again: whether a person is to look at it again, because the answer has changed.
        scheme: the marking scheme, as Markdown, where students may see it.
    """

    id: str
    title: str
    score: float | None
    max_score: float
    rows: tuple[Row, ...] = ()
    judged: float | None = None
    comment: str = ""
    again: bool = False
    scheme: str = ""


@dataclass(frozen=True)
class NotebookSum:
    """What one notebook of the assignment has earned.

    Args:
        name: its file's, without suffix.
        title: what students read.
        score, max_score: points so far, and all.
        open: points on which a person has yet to decide.
        missing: whether there is nothing to grade: it was not handed in, or cannot be read.
    """

    name: str
    title: str
    score: float
    max_score: float
    open: float
    missing: bool = False


@dataclass(frozen=True)
class PageContent:
    """All that a page says beside the notebook itself.

    Args:
        assignment: its title.
        notebook: the name of this page's notebook.
        student: the name.
        sums: by notebook of the assignment.
        exercises: of this notebook.
        questions: of this notebook.
        remarks: on the submission, as its author reads them.
        late: what being late has cost, a sentence; empty if nothing.
        penalty: the points that it has cost.
    """

    assignment: str
    notebook: str
    student: str
    sums: tuple[NotebookSum, ...]
    exercises: tuple[Task, ...]
    questions: tuple[Task, ...]
    remarks: tuple[str, ...] = ()
    late: str = ""
    penalty: float = 0.0

    @property
    def title(self) -> str:
        """The notebook's."""
        return next(one.title for one in self.sums if one.name == self.notebook)

    @property
    def total(self) -> NotebookSum:
        """All notebooks together, after the penalty."""
        score = sum(one.score for one in self.sums)
        return NotebookSum(
            name="",
            title="Together",
            score=max(0.0, score - self.penalty),
            max_score=sum(one.max_score for one in self.sums),
            open=sum(one.open for one in self.sums),
        )
