"""Every criterion of every student as a table: CSV always, parquet where pyarrow is installed."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path

from autograder.files import write_atomically
from autograder.reporting.graded_class import GradedClass, Member

BY_HAND = "by_hand"
"""The criterion of a question that a person marks."""

NO_PARQUET = 'No parquet file is written without pyarrow: pip install -e ".[report]" adds it.'


@dataclass(frozen=True)
class Row:
    """One criterion of one student.

    Args:
        student, name: the id and what people read.
        status: of the submission.
        notebook, exercise, criterion: which.
        passed: ``None`` for a question.
        points, max_points: of the criterion, by the autograder; of a question by a person, and
            ``None`` while it is open.
        mistake: the name of the mistake, if one was recognised.
        message: what the student was told.
        exercise_points: what counts in the gradebook for the whole exercise.
        exercise_max_points: the points that it has.
    """

    student: str
    name: str
    status: str
    notebook: str
    exercise: str
    criterion: str
    passed: bool | None
    points: float | None
    max_points: float
    mistake: str | None
    message: str
    exercise_points: float | None
    exercise_max_points: float


def rows(graded: GradedClass) -> Iterator[Row]:
    """The table, student by student."""
    for member in graded.members:
        yield from _rows(member, graded)


def _rows(member: Member, graded: GradedClass) -> Iterator[Row]:
    records = {exercise.id: exercise for exercise in member.record.exercises}
    for notebook in graded.assignment.graded_notebooks:
        for task in notebook.tasks:
            earned = member.earned.get(task.id)
            about = partial(
                Row,
                student=member.student,
                name=member.name,
                status=member.record.status,
                notebook=notebook.name,
                exercise=task.id,
                exercise_points=earned,
                exercise_max_points=task.points,
            )
            if task.id in records:
                for criterion in records[task.id].criteria:
                    yield about(
                        criterion=criterion.id, **criterion.model_dump(exclude={"id", "judged"})
                    )
            elif task.id in member.earned:
                yield about(
                    criterion=BY_HAND,
                    passed=None,
                    points=earned,
                    max_points=task.points,
                    mistake=None,
                    message="",
                )


def write_criteria(graded: GradedClass, path: Path) -> str | None:
    """Write the table, atomically.

    Args:
        graded: the class.
        path: of the CSV; the parquet lies beside it.

    Returns:
        Why there is no parquet file, if there is none.
    """
    table = list(rows(graded))
    names = [field.name for field in fields(Row)]
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, table))
    write_atomically(path, text.getvalue().encode("utf-8", "surrogateescape"))
    parquet = path.with_suffix(".parquet")
    try:
        import pyarrow as arrow
        from pyarrow.parquet import write_table
    except ImportError:
        parquet.unlink(missing_ok=True)  # an older one would be out of date
        return NO_PARQUET
    kinds = {"passed": arrow.bool_(), "points": arrow.float64(), "max_points": arrow.float64()}
    kinds |= {"exercise_points": arrow.float64(), "exercise_max_points": arrow.float64()}
    schema = arrow.schema([(name, kinds.get(name, arrow.string())) for name in names])
    sink = arrow.BufferOutputStream()
    write_table(arrow.Table.from_pylist([asdict(row) for row in table], schema=schema), sink)
    write_atomically(parquet, sink.getvalue().to_pybytes())
    return None
