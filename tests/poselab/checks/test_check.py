"""What `check` shows and gives beside its points: prints, points so far, the call that failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.exercises.catalogue import solution_functions
from autograder.manifest import COURSE_ROOT
from poselab.checks import check as checks
from poselab.checks.cases import StoredSuites, Suite, suites_as_bytes
from poselab.checks.check import Check, Points, stored_suite
from poselab.checks.judge import judge
from poselab.checks.report import Aside, as_html, as_text, shortened
from poselab.checks.runner import STUB, run_cases

HEATMAPS = solution_functions(COURSE_ROOT / "solutions/heatmap_2d/heatmap_2d.py")
VIDEO = solution_functions(COURSE_ROOT / "solutions/rnn_video/rnn_video.py")
right = HEATMAPS["soft_argmax_2d"]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Iterator[Check]:
    monkeypatch.setattr(checks, "check", fresh := Check())
    yield fresh


def named(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def rename(function: Callable[..., Any]) -> Callable[..., Any]:
        function.__name__ = name
        return function

    return rename


@named("soft_argmax_2d")
def swapped(logits: Tensor, beta: float = 1.0) -> Tensor:
    print("<b>logits</b>", tuple(logits.shape))
    return right(logits, beta).flip(-1)


@named("soft_argmax_2d")
def fails(logits: Tensor, beta: float = 1.0) -> Tensor:
    return logits.no_such_method()  # type: ignore[operator]


@named("soft_argmax_2d")
def loops(logits: Tensor, beta: float = 1.0) -> Tensor:
    return torch.stack([right(one[None], beta)[0] for one in logits])


def test_points_are_a_number_that_shows_nothing() -> None:
    points = Points(2.5)
    assert points == 2.5 and points + 1 == 3.5 and f"{points:g}" == "2.5"
    assert json.dumps([points]) == "[2.5]" and repr(points) == "2.5"
    points._ipython_display_()


def test_points_so_far_count_the_last_verdict_of_each_exercise(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    total = sum(checks._suites_with("joint_error").points_beside("joint_error").values())
    check(right)
    assert f"So far: 5 of {total:g} points." in capsys.readouterr().out
    check(HEATMAPS["joint_error"])
    assert f"So far: 8.5 of {total:g} points." in capsys.readouterr().out
    check(swapped)
    assert f"So far: 4 of {total:g} points." in capsys.readouterr().out


def test_the_points_of_a_notebook_are_those_of_its_exercises() -> None:
    first = replace(stored_suite("joint_error"), notebook="one", mistakes=())
    other = replace(stored_suite("heatmap_loss"), notebook="two", mistakes=())
    suites = StoredSuites(suites_as_bytes([first, other]))
    assert suites.points_beside("joint_error") == {"joint_error": first.points}
    assert set(suites) == {"joint_error", "heatmap_loss"} and len(suites) == 2
    assert suites["joint_error"].criteria == first.criteria


def test_what_was_printed_is_passed_on(check: Check, capsys: pytest.CaptureFixture[str]) -> None:
    check(swapped)
    said = capsys.readouterr().out
    assert check.last is not None
    shape = tuple(check.last.arguments[0].shape)
    assert f"Printed by your function in the call that failed:\n<b>logits</b> {shape}" in said
    check(right)
    assert "Printed" not in capsys.readouterr().out


def test_what_was_printed_is_escaped_and_limited() -> None:
    suite = stored_suite("soft_argmax_2d")
    verdict = judge(suite, run_cases(right, suite.cases))
    page = as_html(verdict, Aside(printed="<script>\n" * 500, printed_by="by your function"))
    assert "<script>" not in page and page.count("&lt;script&gt;") < 30 and "... and more" in page
    assert shortened("a\nb\n") == "a\nb"
    assert len(shortened("x" * 10**6)) < 3000


def test_only_where_it_is_asked_for_is_what_was_printed_kept() -> None:
    suite = stored_suite("soft_argmax_2d")
    printed: dict[str, str] = {}
    with_prints = run_cases(swapped, suite.cases, printed)
    without = run_cases(swapped, suite.cases)
    assert printed and printed.keys() <= {case.id for case in suite.cases}
    assert judge(suite, with_prints) == judge(suite, without)


def test_closing_the_output_does_no_harm() -> None:
    def closes(logits: Tensor, beta: float = 1.0) -> Tensor:
        import sys

        sys.stdout.close()
        return right(logits, beta)

    suite = stored_suite("soft_argmax_2d")
    printed: dict[str, str] = {}
    assert judge(suite, run_cases(closes, suite.cases, printed)).score == suite.points
    assert not printed


def test_the_call_that_failed_can_be_repeated(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.last is None
    check(swapped)
    said = capsys.readouterr().out
    assert "`check.last` holds that call: `soft_argmax_2d(*check.last.arguments)`" in said
    last = check.last
    assert last is not None and last.expected is not None and last.result is not None
    torch.testing.assert_close(swapped(*last.arguments), last.result)
    torch.testing.assert_close(right(*last.arguments), last.expected, atol=1e-3, rtol=0)
    assert f"`{last.call}`" in last.message
    for part in (".arguments", ".expected", ".result", last.call):
        assert part in repr(last)
    last.arguments[0].zero_()
    assert last.arguments[0].any(), "copies are fresh every time"


def test_a_right_answer_keeps_the_call_that_failed_before(check: Check) -> None:
    check(swapped)
    failed = check.last
    check(right)
    assert failed is not None and check.last is failed


def test_an_exception_is_held_with_its_call(check: Check) -> None:
    check(fails)
    assert check.last is not None and "no_such_method" in check.last.error
    assert check.last.result is None and ".error" in repr(check.last)
    with pytest.raises(AttributeError, match="no_such_method"):
        fails(*check.last.arguments)


def test_a_loop_is_held_with_the_call_that_took_more_work(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    check(loops)
    assert "Called `soft_argmax_2d(logits)`. With" in capsys.readouterr().out
    assert check.last is not None and check.last.criterion == "vectorised"
    assert check.last.case.axis == "samples"


def test_of_a_class_the_object_can_be_made_again(check: Check) -> None:
    class FrameEncoder(nn.Module):
        def __init__(self, n_features: int = 128) -> None:
            super().__init__()
            self.layer = nn.LazyLinear(n_features + 1)

        def forward(self, frames: Tensor) -> Tensor:
            return self.layer(frames.flatten(1))  # type: ignore[no-any-return]

    check(FrameEncoder)
    last = check.last
    assert last is not None and last.build is not None
    assert last.again == "FrameEncoder(**check.last.build).eval()(*check.last.arguments)"
    made = FrameEncoder(**last.build).eval()
    assert last.result is not None and made(*last.arguments).shape == last.result.shape


def test_nothing_is_held_where_nothing_is_written(check: Check) -> None:
    @named("soft_argmax_2d")
    def stub(logits: Tensor, beta: float = 1.0) -> Tensor:
        raise NotImplementedError(STUB)

    check(stub)
    assert check.last is None


def heatmap_loss(predicted: Tensor, target: Tensor, visible: Tensor) -> Tensor:
    raise NotImplementedError(STUB)


@named("soft_argmax_2d")
def uses_another(logits: Tensor, beta: float = 1.0) -> Tensor:
    return heatmap_loss(logits, logits, logits)


def test_the_stub_that_stopped_an_answer_is_named(
    check: Check, capsys: pytest.CaptureFixture[str]
) -> None:
    # It is not among those that this exercise needs.
    assert not stored_suite("soft_argmax_2d").needs
    check(uses_another)
    said = capsys.readouterr().out
    assert "`heatmap_loss` is not implemented yet, and `soft_argmax_2d` calls it" in said
    assert "`soft_argmax_2d` is not implemented yet" not in said


@pytest.mark.parametrize("written", [True, False])
def test_an_earlier_exercise_is_said_to_be_missing_or_wrong(
    written: bool,
    check: Check,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def normalize_frames(frames: Tensor) -> Tensor:
        if not written:
            raise NotImplementedError(STUB)
        return frames.float().movedim(-1, -3)  # type: ignore[no-any-return]

    normalize_frames.__module__ = VIDEO["PoseRNN"].__module__
    monkeypatch.setitem(VIDEO["PoseRNN"].forward.__globals__, "normalize_frames", normalize_frames)
    check(VIDEO["PoseRNN"])
    said = capsys.readouterr().out
    missing = "`normalize_frames` is not implemented yet, and `PoseRNN` calls it" in said
    assert missing is not written
    assert ("`normalize_frames`, which is not right yet" in said) is written


def ungraded() -> Suite:
    suite = stored_suite("soft_argmax_2d")
    return replace(suite, criteria=tuple(replace(rung, points=0.0) for rung in suite.criteria))


@pytest.mark.parametrize(("answer", "headline"), [(right, "right"), (swapped, "not yet")])
def test_an_exercise_without_points_is_right_or_not_yet(
    answer: Callable[..., Any],
    headline: str,
    check: Check,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    suite = ungraded()
    monkeypatch.setattr(checks, "stored_suite", lambda name: suite)
    assert check(answer) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"soft_argmax_2d: {headline}.\n")
    assert "0 of 0" not in said and "points" not in said.splitlines()[0] and "Right." in said
    page = as_html(judge(suite, run_cases(answer, suite.cases)))
    assert "0 of 0" not in page and f"soft_argmax_2d: {headline}." in page


def test_the_ladder_is_short() -> None:
    suite = stored_suite("soft_argmax_2d")
    verdict = judge(suite, run_cases(swapped, suite.cases))
    page, text = as_html(verdict), as_text(verdict)
    # What passed, what failed, and one row for all that was not judged.
    assert page.count("<tr") == 3 and text.count("\n") == 3
    assert page.count("not yet<") == 1 and "#757575" in page
    assert 'Not judged until "values" is right.' in text
    assert text.count("  -   ") == 1
