"""An appeal that changes nothing is not silent."""

from __future__ import annotations

from autograder.grading.settings import Settings
from autograder.reporting.grade import judged_again
from autograder.submissions.students import Students


def test_it_is_said_whose_what_was_judged_again() -> None:
    known = Students({"Núñez, Eva": "eva-1"})
    said = judged_again(Settings(students=("eva-1",), exercises=("joint_error",)), known)
    assert said == "Judged again: joint_error, of Núñez, Eva. No score has changed."
    assert "all exercises, of everybody" not in said
    assert "joint_error, of everybody" in judged_again(Settings(exercises=("joint_error",)), known)
