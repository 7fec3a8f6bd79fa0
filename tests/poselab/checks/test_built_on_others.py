"""What an exercise that is built on others is told when these are not right yet."""

from __future__ import annotations

from typing import Any

import pytest
from torch import Tensor, nn

from autograder.exercises.catalogue import solution_functions
from autograder.manifest import COURSE_ROOT
from poselab.checks.check import stored_suite
from poselab.checks.judge import judge, waiting_for
from poselab.checks.names_used import names_used
from poselab.checks.runner import run_cases

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions/rnn_video/rnn_video.py")


def helper(x: int) -> int:
    return x


def used(x: int) -> int:
    return helper(x)


def unused(x: int) -> int:
    return x


class Network(nn.Module):
    def forward(self, x: Tensor) -> Any:
        return [used(int(value)) for value in x]


def test_what_is_used_is_found_through_methods_comprehensions_and_helpers() -> None:
    assert names_used(Network).keys() == {"used", "helper"}
    assert names_used(unused) == {}


def test_names_of_other_modules_are_not_the_students() -> None:
    assert "run_cases" not in names_used(test_names_of_other_modules_are_not_the_students)


def test_the_solution_is_built_on_what_its_suite_says_it_may_need() -> None:
    assert set(stored_suite("PoseRNN").needs) <= names_used(SOLUTIONS["PoseRNN"]).keys()


def test_what_failed_waits_and_what_passed_stays() -> None:
    suite = stored_suite("joint_error")
    verdict = judge(suite, run_cases(lambda a, b, visible=None: (a - b).sum(), suite.cases))
    assert [c.id for c in verdict.criteria if c.passed] == ["shape"]
    waiting = waiting_for(verdict, {"normalize_frames": False, "FrameEncoder": True})
    assert waiting.score == verdict.score
    for criterion in waiting.criteria[1:]:
        assert not criterion.judged and criterion.mistake is None
        assert "`normalize_frames`, which is not implemented yet" in criterion.message
        assert "`FrameEncoder`, which is not right yet" in criterion.message
        assert "`check(normalize_frames)` and `check(FrameEncoder)`" in criterion.message
    assert waiting_for(verdict, {}) == verdict


@pytest.mark.parametrize("wrong", [True, False])
def test_check_judges_the_exercise_before_first(
    wrong: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from poselab import check

    names = SOLUTIONS["PoseRNN"].forward.__globals__
    right = SOLUTIONS["normalize_frames"]

    def normalize_frames(frames: Tensor) -> Tensor:
        return right(frames) if not wrong else right(frames) * frames.float().mean()

    normalize_frames.__module__ = SOLUTIONS["PoseRNN"].__module__
    monkeypatch.setitem(names, "normalize_frames", normalize_frames)
    score = check(SOLUTIONS["PoseRNN"])
    said = capsys.readouterr().out
    assert ("Get full points from `check(normalize_frames)` first" in said) is wrong
    assert (score == stored_suite("PoseRNN").points) is not wrong
