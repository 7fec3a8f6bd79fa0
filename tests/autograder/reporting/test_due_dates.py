"""Due dates and extensions in the gradebook: entered, changed and taken back without any run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from autograder.collecting.collection import Attempt, Collection
from autograder.errors import CourseError
from autograder.grading.model import gradebook_name
from autograder.grading.records import ModelRecord
from autograder.manifest import LateRule, load_manifest
from autograder.reporting.due_dates import (
    EXTENSIONS,
    CollectedTimes,
    grant_extension,
    hand_on_time,
    read_extensions,
)
from autograder.reporting.entries import Entered
from autograder.reporting.lateness import lateness
from autograder.submissions.students import known_students
from tests.autograder.reporting.books import ASSIGNMENT, Books


def due(books: Books, when: str | None, **rule: object) -> None:
    """Another due date, or another rule, in `course.toml`."""
    late = LateRule.model_validate(rule or {"method": "points", "amount": 2})
    course = books.manifest.course.model_copy(update={"late": late})
    books.manifest = books.manifest.model_copy(update={"course": course})
    given = None if when is None else datetime.fromisoformat(when)
    books.assignment = books.assignment.model_copy(update={"due": given})


def test_penalties_follow_due_dates_and_extensions(books: Books) -> None:
    for student in ("eva", "tom"):
        books.hand_in(student)
        target = books.work / "submitted" / student / ASSIGNMENT / "timestamp.txt"
        hand_on_time("2026-12-03 12:00:00 UTC", target)
    books.enter("eva", "tom")
    assert not books.settle()
    due(books, "2026-12-01T23:59:00+01:00")
    assert books.settle() == {"eva": (0, 4), "tom": (0, 4)}
    assert not books.settle()
    due(books, "2026-12-01T23:59:00+01:00", method="percent", amount=10)
    earned = books.entered("eva").score
    assert books.settle()["eva"] == (4, pytest.approx(earned * 0.2))
    due(books, "2026-12-01T23:59:00+01:00")
    books.settle()
    grant_extension(books.work, "eva", ASSIGNMENT, "2026-12-02T18:00:00+01:00")
    grant_extension(books.work, "eva", ASSIGNMENT, "2026-12-03T12:30:00+01:00")
    grant_extension(books.work, "noa", ASSIGNMENT, "2026-12-03T12:30:00+01:00")
    assert books.settle() == {"eva": (4, 2)}
    assert "noa has handed in nothing" in books.said[-1]
    assert list(lateness(books.entered("eva"))) == [
        "Due on 2026-12-03 11:30 UTC, after an extension.",
        "Handed in 30 minutes late: the penalty is 2 points.",
    ]
    # What is taken out of the files is taken back.
    (books.work / EXTENSIONS).unlink()
    assert books.settle() == {"eva": (2, 4)}
    due(books, None)
    assert books.settle() == {"eva": (4, 0), "tom": (4, 0)}


def test_a_late_model_costs_a_share_and_no_points_twice(books: Books) -> None:
    rnn = load_manifest().assignment("rnn_video")
    assert rnn.model is not None
    name, late = gradebook_name(rnn), {"eva": "2026-12-03 12:00:00 UTC"}
    most = rnn.model.max_points
    record = ModelRecord(key="k", notes=(), student="eva", status="graded", score=4, max_score=most)
    due(books, None, method="percent", amount=10)
    books.writer.enter_models(rnn, rnn.model, [record], late)

    def settled(**rule: object) -> tuple[float, list[str]]:
        due(books, "2026-12-01T23:59:00+01:00", **rule)
        given = rnn.model_copy(update={"due": books.assignment.due})
        books.writer.settle_due_dates(given, name, known_students(books.work / "runs"))
        entered = books.writer.entered(name)["eva"]
        return entered.penalty, list(lateness(entered))

    penalty = "Handed in 1 day late: the penalty is 0.8 points."
    assert settled(method="percent", amount=10) == (pytest.approx(0.8), [penalty])
    # The notebooks' penalty takes these off, once.
    assert settled(method="points", amount=2) == (0, ["Handed in 1 day late, without a penalty."])
    assert settled(method="zero")[0] == 4


def test_a_date_that_was_entered_with_nbgrader_stays(books: Books) -> None:
    books.hand_in("eva")
    books.enter("eva")
    with books.gradebook() as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-05-04 12:00:00 UTC")
    books.settle()
    with books.gradebook() as gradebook:
        assert gradebook.find_assignment(ASSIGNMENT).duedate == datetime(2026, 5, 4, 12)
    grant_extension(books.work, "eva", ASSIGNMENT, "2026-05-01T12:00:00+00:00")
    with pytest.raises(CourseError, match=r"is before everybody's, 2026-05-04"):
        books.settle()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("student,assignment,due\neva,heatmap_2d,2026-12-01\n", "line 2: '2026-12-01' is no time"),
        ("student,assignment,due\neva,heatmap_2d,soon\n", "line 2: 'soon'"),
        ("student,due\neva,2026-12-01T23:59:00+01:00\n", "needs the columns"),
    ],
)
def test_extensions_that_say_nothing_are_refused(
    content: str, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / EXTENSIONS).write_text(content)
    with pytest.raises(CourseError, match=sentence):
        read_extensions(tmp_path)


def test_times_of_platforms() -> None:
    def attempt(student: str, **about: object) -> Attempt:
        return Attempt(students=(student,), platform="canvas", label="x", digest="d", **about)

    when = datetime(2026, 12, 1, 23, 0, tzinfo=UTC)
    times = CollectedTimes.of(
        Collection(
            assignment=ASSIGNMENT,
            attempts=(
                attempt("eva", handed_in=when, late=True),
                attempt("tom", late=True),
                attempt("kim"),
                attempt("kim", late=True, current=False),
            ),
        )
    )
    assert times.handed_in == {"eva": "2026-12-01 23:00:00 UTC"}
    assert times.late_without_time == {"tom"}


def test_what_is_to_know_of_a_time_is_said() -> None:
    due = datetime(2026, 12, 1, 23, 0)
    assert list(lateness(Entered())) == []
    assert list(lateness(Entered(late=7200.0, penalty=1.5, extended_to=due))) == [
        "Due on 2026-12-01 23:00 UTC, after an extension.",
        "Handed in 2 hours late: the penalty is 1.5 points.",
    ]
    assert list(lateness(Entered(late=30.0))) == [
        "Handed in less than a minute late, without a penalty."
    ]
