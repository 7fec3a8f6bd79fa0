"""A score that a person has given holds for the answer that it was given for."""

from __future__ import annotations

import pytest

from autograder.reporting import gradebook, hand_given
from tests.autograder.reporting.books import ASSIGNMENT, QUESTION, Books

ANSWER = "Integral regression wins, because its loss is about positions."
OTHERWISE = "def joint_error(predicted, target, visible=None):\n    return predicted.sum()"

CHANGED = {
    "another": "Heat maps win.",
    "emptied": "",
    "longer": ANSWER + " Or so.",
    "louder": ANSWER.upper(),
    "picture": "![](attachment:a.png)",
}


def remarks(books: Books, student: str) -> list[str]:
    return list(hand_given.remarks(books.entered(student)))


def is_open(books: Books, student: str, exercise: str = QUESTION) -> bool:
    return books.entered(student).by_exercise()[exercise].open


def test_changed_answers_ask_for_a_new_look_and_others_do_not(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = [*CHANGED, "same", "layout", "other_code", "check"]
    for student in everybody:
        books.hand_in(student, ANSWER)
    assert books.enter(*everybody) == sorted(everybody)
    for student in everybody:
        assert is_open(books, student) and not remarks(books, student)
        books.give(student, 3, comment="Nice.")
    books.give("check", 2.5, "check_joint_error")
    books.give("other_code", 2.5, "check_joint_error")
    # Everybody is run again, as when the suites have changed.
    worse = {"joint_error": 1.0}
    for student, answer in CHANGED.items():
        books.hand_in(student, answer, scores=worse)
    books.hand_in("same", ANSWER, scores=worse)
    books.hand_in("layout", f"\n{ANSWER}  \n", scores=worse)
    books.hand_in("other_code", ANSWER, {"joint_error": OTHERWISE}, worse)
    books.hand_in("check", ANSWER, scores=worse)
    with monkeypatch.context() as patch:
        patch.setattr(gradebook, "keep_settled", stop)
        with pytest.raises(KeyboardInterrupt):
            books.enter(*everybody)
    assert is_open(books, "same"), "stopped in the middle: nbgrader asks about all"
    assert books.enter(*everybody) == sorted(everybody)
    rows = {row["student_id"]: row for row in books.rows()}
    for student in CHANGED:
        assert is_open(books, student)
        (remark,) = remarks(books, student)
        assert QUESTION in remark and "3 points" in remark and "formgrader" in remark
        assert rows[student][QUESTION] == "open" and float(rows[student]["open_points"]) == 4
    for student in ("same", "layout", "check"):
        assert not is_open(books, student) and not remarks(books, student)
        assert rows[student][QUESTION] == "3" and float(rows[student]["open_points"]) == 0
    assert not is_open(books, "check", "joint_error")
    assert rows["check"]["joint_error"] == "2.5"
    (remark,) = remarks(books, "other_code")
    assert "`joint_error` was answered anew after 2.5 points" in remark and "empty" in remark
    assert rows["other_code"]["joint_error"] == "open"
    assert books.entered("other_code").by_exercise()["joint_error"].score == 2.5
    assert books.entered("same").comments == {(ASSIGNMENT, QUESTION): "Nice."}
    # Still so after a run that has nothing to do with it; over when a person has looked.
    books.give("emptied", 0)
    for student in ("another", "emptied"):
        books.hand_in(student, CHANGED[student])
    assert books.enter("another", "emptied") == ["another", "emptied"]
    assert is_open(books, "another") and not is_open(books, "emptied")


def stop(*_: object) -> None:
    raise KeyboardInterrupt


def test_points_by_hand_that_are_too_many(books: Books) -> None:
    books.hand_in("anna", ANSWER)
    books.enter("anna")
    books.give("anna", 9)
    (remark,) = remarks(books, "anna")
    assert "9 points by hand, more than the 4" in remark
