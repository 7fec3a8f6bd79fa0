"""What `autograder check` says of banks whose entries do not hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.errors import CourseError
from autograder.exercises.bank import Bank, Mistake
from autograder.exercises.catalogue import bank_of, right_answers
from autograder.manifest import load_manifest
from autograder.quality import matrix
from autograder.quality.matrix import Totals, require_sharp, try_exercise
from autograder.suites.drawing import STORED_SEED

MANIFEST = load_manifest()
ASSIGNMENT, EXERCISE = MANIFEST.assignment("heatmap_2d"), "heatmap_argmax"
BANK = bank_of(ASSIGNMENT.id, EXERCISE)
RIGHT = right_answers(MANIFEST, ASSIGNMENT)[EXERCISE]


def totals(monkeypatch: pytest.MonkeyPatch, *mistakes: Mistake, **right: object) -> Totals:
    bank = Bank()
    bank.mistakes.extend(mistakes)
    monkeypatch.setattr(matrix, "bank_of", lambda *_: bank)
    monkeypatch.setattr(matrix, "right_answers", lambda *_: {EXERCISE: right})
    return try_exercise(MANIFEST, ASSIGNMENT, EXERCISE, [STORED_SEED])


def test_what_holds_has_no_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    found = totals(monkeypatch, BANK.mistakes[0], solution=RIGHT["solution"])
    assert found == Totals(1, 1, 1, 1, 1)
    require_sharp(found, ASSIGNMENT.id)


def test_a_wrong_answer_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    passing = replace(BANK.mistakes[0], function=RIGHT["solution"])
    with pytest.raises(CourseError, match=f"the wrong answer {passing.id} passes all criteria"):
        require_sharp(totals(monkeypatch, passing), ASSIGNMENT.id)


def test_a_wrong_answer_that_loses_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    misplaced = replace(BANK.mistakes[0], fails="nothing_of_the_kind")
    with pytest.raises(CourseError, match="and not nothing_of_the_kind"):
        require_sharp(totals(monkeypatch, misplaced), ASSIGNMENT.id)


@pytest.mark.parametrize("changed", [{"diagnosed_as": "another"}, {"sentence": "Not said."}])
def test_a_wrong_answer_that_is_not_recognised(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    unknown = replace(BANK.mistakes[0], **changed)  # type: ignore[arg-type]
    found = totals(monkeypatch, unknown)
    assert (found.rejected, found.diagnosed) == (1, 0)
    with pytest.raises(CourseError, match=f"{unknown.id} is recognised as"):
        require_sharp(found, ASSIGNMENT.id)


def test_a_right_answer_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = totals(monkeypatch, refused=BANK.mistakes[0].function)
    assert found.accepted == 0
    with pytest.raises(CourseError, match="the right answer refused loses"):
        require_sharp(found, ASSIGNMENT.id)
