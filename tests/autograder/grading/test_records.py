"""Several notebooks of a student as one submission."""

from __future__ import annotations

import pytest

from autograder.grading.records import (
    NOTHING_TO_GRADE,
    NotebookRecord,
    Status,
    SubmissionRecord,
    SubmissionStatus,
)
from autograder.reporting.attention import looks
from autograder.reporting.graded_class import Member


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        (["graded", "graded"], "graded"),
        (["graded", "repaired"], "repaired"),
        (["missing", "missing"], "missing"),
        (["missing", "unreadable"], "unreadable"),
        (["graded", "missing", "repaired"], "incomplete"),
        (["unreadable", "graded"], "incomplete"),
        (["missing", "timed_out"], "timed_out"),
    ],
)
def test_who_hands_in_some_of_the_notebooks_is_not_missing(
    statuses: list[Status], expected: SubmissionStatus
) -> None:
    note = "No lifting.ipynb was found."
    records = [
        NotebookRecord(key="", notes=(note,) if one in NOTHING_TO_GRADE else (), status=one,
                       exercises=())
        for one in statuses
    ]  # fmt: skip
    record = SubmissionRecord.of("ann", {str(n): one for n, one in enumerate(records)})
    assert record.status == expected
    assert Member("ann", record).handed_in is any(s not in NOTHING_TO_GRADE for s in statuses)
    if expected == "incomplete":
        (look,) = looks(record)
        assert look.why == "incomplete" and note in look.notes
