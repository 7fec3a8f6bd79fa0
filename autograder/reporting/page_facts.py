"""What a page says: from the gradebook, the record of the run, and the course."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import groupby

from autograder.grading.records import CriterionRecord, ExerciseRecord, NotebookRecord
from autograder.manifest import Assignment, Exercise, Notebook, Question
from autograder.reporting.entries import Entered, Entry
from autograder.reporting.lateness import lateness
from autograder.reporting.page_parts import NotebookSum, PageContent, Row, Task
from autograder.reporting.to_students import (
    NOT_BELIEVED,
    message_to_students,
    remark_to_students,
)
from poselab.checks.report import points


def page_content(
    assignment: Assignment,
    notebook: Notebook,
    student: str,
    entered: Entered,
    record: NotebookRecord | None,
    titles: Mapping[tuple[str, str], str],
    schemes: Mapping[str, str],
    missing: Collection[str] = (),
) -> PageContent:
    """What one page says.

    Args:
        assignment: the assignment.
        notebook: whose page it is.
        student: the name.
        entered: what the gradebook says of the student's submission.
        record: of the run; ``None`` if it is lost.
        titles: of criteria, by exercise and criterion.
        schemes: the marking schemes that students may see, by question.
        missing: the assignment's notebooks of which there is nothing to grade.

    Returns:
        The content.
    """
    judged = {exercise.id: exercise for exercise in record.exercises} if record else {}
    exercises = tuple(
        _exercise(task, notebook, entered, judged.get(task.id), titles)
        for task in notebook.exercises
    )
    return PageContent(
        assignment=assignment.title,
        notebook=notebook.name,
        student=student,
        sums=tuple(_sum(one, entered, one.name in missing) for one in assignment.graded_notebooks),
        exercises=exercises,
        questions=tuple(_question(q, notebook, entered, schemes) for q in notebook.questions),
        remarks=tuple(dict.fromkeys(_remarks(record, exercises))) if record else (),
        late=" ".join(lateness(entered)),
        penalty=entered.penalty,
    )


def _sum(notebook: Notebook, entered: Entered, missing: bool) -> NotebookSum:
    entries = [entry for entry in entered.entries.values() if entry.notebook == notebook.name]
    return NotebookSum(
        name=notebook.name,
        title=notebook.title,
        score=sum(entry.score for entry in entries),
        max_score=notebook.points,
        open=sum(entry.most for entry in entries if entry.open),
        missing=missing,
    )


def _exercise(
    exercise: Exercise,
    notebook: Notebook,
    entered: Entered,
    record: ExerciseRecord | None,
    titles: Mapping[tuple[str, str], str],
) -> Task:
    entry = entered.entries.get((notebook.name, exercise.check_id))
    judged = record.score if record else 0.0
    score = judged if entry is None else entry.score
    return Task(
        id=exercise.id,
        title=exercise.title,
        score=score,
        max_score=exercise.points,
        rows=tuple(_rows(record, titles)) if record else (),
        judged=judged if score != judged else None,
        comment=_comment(exercise, notebook, entered),
        again=entry is not None and entry.open,
    )


def _rows(record: ExerciseRecord, titles: Mapping[tuple[str, str], str]) -> Iterator[Row]:
    """The ladder: neighbours of which the same is to be said share a row."""

    def alike(criterion: CriterionRecord) -> str:
        return f"passed {criterion.id}" if criterion.passed else criterion.message

    def title(criterion: CriterionRecord) -> str:
        return titles.get((record.id, criterion.id), criterion.id.replace("_", " "))

    # Where nothing was looked at, the reason is what there is to say.
    looked_at = any(criterion.judged for criterion in record.criteria)
    for _, group in groupby(record.criteria, alike):
        several = list(group)
        yield Row(
            title=", ".join(map(title, several)),
            passed=several[0].passed,
            points=sum(criterion.points for criterion in several),
            max_points=sum(criterion.max_points for criterion in several),
            message=message_to_students(several[0].message),
            judged=several[0].judged or not looked_at,
        )


def _question(
    question: Question, notebook: Notebook, entered: Entered, schemes: Mapping[str, str]
) -> Task:
    entry = entered.entries.get((notebook.name, question.id))
    marked = entry is not None and _is_marked(entry)
    return Task(
        id=question.id,
        title=question.title,
        score=entry.score if entry is not None and marked else None,
        max_score=question.points,
        comment=_comment(question, notebook, entered),
        again=entry is not None and entry.open,
        scheme=schemes.get(question.id, "") if marked else "",
    )


def _is_marked(entry: Entry) -> bool:
    return entry.by_hand is not None or not entry.open


def _comment(task: Exercise | Question, notebook: Notebook, entered: Entered) -> str:
    return entered.comments.get((notebook.name, task.id), "")


def _remarks(record: NotebookRecord, exercises: tuple[Task, ...]) -> Iterator[str]:
    rows = [row for exercise in exercises for row in exercise.rows]
    for note in record.notes:
        yield remark_to_students(note, record.instead)
    lost = sum(row.max_points for row in rows if row.message == NOT_BELIEVED)
    if lost:
        yield f"Measurements that do not count have cost {points(lost)} points."
