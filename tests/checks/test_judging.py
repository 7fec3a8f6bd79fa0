"""What a probe brings back, what the judge makes of it, and how it reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from poselab.checks import check
from poselab.checks.check import stored_exercise
from poselab.checks.judge import Verdict, distance, judge, judge_nothing
from poselab.checks.paper import read_tensors, write_tensors
from poselab.checks.pictures import picture
from poselab.checks.probe import put_questions, read_answers, write_answers
from poselab.checks.report import as_html, as_text
from tests.exercises.solutions import solution_functions

SOLUTIONS = solution_functions("heatmap_2d", "heatmap_2d")
soft_argmax_2d = SOLUTIONS["soft_argmax_2d"]


def judged(function: Callable[..., Any], name: str = "soft_argmax_2d") -> Verdict:
    exercise = stored_exercise(name)
    return judge(exercise, put_questions(function, exercise.questions))


def failed(verdict: Verdict) -> set[str]:
    return {criterion.id for criterion in verdict.criteria if not criterion.passed}


def message(verdict: Verdict, criterion: str) -> str:
    return next(c.message for c in verdict.criteria if c.id == criterion)


def unwritten(logits: Tensor, beta: float = 1.0) -> Tensor:
    raise NotImplementedError


class Liar(Tensor):
    """A tensor that agrees with everything."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.allclose, torch.equal, Tensor.__eq__):
            return True
        return super().__torch_function__(func, types, args, kwargs or {})


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (unwritten, "`soft_argmax_2d` is not written yet"),
        (lambda logits, beta=1.0: None, "It returned None; expected a tensor of shape (2, 3, 2)"),
        (lambda logits, beta=1.0: [[0.0, 0.0]], "It returned a list; expected a tensor"),
        (lambda logits, beta=1.0: logits, "returned a tensor of shape (2, 3, 5, 7); expected"),
        (lambda logits, beta=1.0: 1 / 0, "It raised ZeroDivisionError: division by zero"),
        (lambda: None, "It raised TypeError"),
        (
            lambda logits, beta=1.0: torch.zeros(2, 3, 2).as_subclass(Liar),
            "It returned a tensor of a class of its own",
        ),
        (lambda logits, beta=1.0: soft_argmax_2d(logits, beta) + 0j, "It returned complex"),
    ],
)
def test_what_is_no_answer_earns_nothing_and_says_why(
    answer: Callable[..., Any], says: str
) -> None:
    verdict = judged(answer)
    assert verdict.score == 0
    assert says in message(verdict, "shape")


def test_nan_is_wrong_at_a_named_place() -> None:
    verdict = judged(lambda logits, beta=1.0: soft_argmax_2d(logits, beta) * float("nan"))
    assert failed(verdict) >= {"values"}
    assert "it returned (x, y) = (nan, nan); expected" in message(verdict, "values")


def test_a_changed_input_is_noticed() -> None:
    def changes(logits: Tensor, beta: float = 1.0) -> Tensor:
        result = soft_argmax_2d(logits, beta)
        logits -= logits.amax((-1, -2), keepdim=True)
        return result

    verdict = judged(changes)
    assert "the call overwrote its own argument" in message(verdict, "values")


def test_a_loop_costs_only_the_vectorised_points() -> None:
    def loops(logits: Tensor, beta: float = 1.0) -> Tensor:
        points = torch.zeros(*logits.shape[:2], 2, dtype=logits.dtype, device=logits.device)
        for joint in range(logits.shape[1]):
            points[:, joint] = soft_argmax_2d(logits[:, joint : joint + 1], beta)[:, 0]
        return points

    verdict = judged(loops)
    assert failed(verdict) == {"vectorised"}
    assert "32 more joints" in message(verdict, "vectorised")
    assert "points[:, joint] = soft_argmax_2d" in message(verdict, "vectorised")
    (vectorised,) = (c for c in verdict.criteria if c.id == "vectorised")
    assert vectorised.mistake == "loops_over_joints"


@pytest.mark.parametrize(
    ("change", "costs"),
    [
        (lambda f: lambda x, beta=1.0: f(x.detach(), beta), {"gradient"}),
        (lambda f: lambda x, beta=1.0: f(x, beta).float(), {"dtype_device"}),
        (
            lambda f: lambda x, beta=1.0: torch.tensor(f(x, beta).tolist()),
            {"gradient", "dtype_device", "vectorised"},
        ),
    ],
)
def test_criteria_above_the_values_fail_for_themselves(
    change: Callable[[Callable[..., Tensor]], Callable[..., Tensor]], costs: set[str]
) -> None:
    assert failed(judged(change(soft_argmax_2d))) == costs


def test_a_grid_left_on_the_cpu_is_named() -> None:
    def on_cpu(logits: Tensor, beta: float = 1.0) -> Tensor:
        p = (beta * logits).flatten(2).softmax(-1).reshape(logits.shape)
        x = (p.sum(2) * torch.arange(p.shape[3])).sum(-1)
        y = (p.sum(3) * torch.arange(p.shape[2])).sum(-1)
        return torch.stack([x, y], -1)

    verdict = judged(on_cpu)
    assert failed(verdict) == {"dtype_device"}
    assert "torch.arange(p.shape[3])" in message(verdict, "dtype_device")


def test_zeros_of_the_right_shape_earn_the_shape_alone() -> None:
    verdict = judged(lambda logits, beta=1.0: logits.new_zeros(*logits.shape[:2], 2))
    assert failed(verdict) == {c.id for c in verdict.criteria} - {"shape"}
    assert message(verdict, "vectorised") == 'Not judged until "values" is right.'


def test_distance_is_relative_above_one_and_infinite_for_nan() -> None:
    expected = torch.tensor([100.0, 0.5], dtype=torch.float64)
    assert distance(torch.tensor([101.0, 0.5]), expected) == pytest.approx(0.01)
    assert distance(torch.tensor([100.0, 0.75]), expected) == pytest.approx(0.25)
    assert distance(torch.tensor([float("nan"), 0.5]), expected) == float("inf")


def test_answers_survive_their_file(tmp_path: Path) -> None:
    exercise = stored_exercise("soft_argmax_2d")
    answers = put_questions(soft_argmax_2d, exercise.questions)
    write_answers(tmp_path / "a.safetensors", answers)
    assert judge(exercise, read_answers(tmp_path / "a.safetensors")) == judge(exercise, answers)


@pytest.mark.parametrize(
    "forged",
    [
        [{"question": "values/0", "passed": True}],
        [{"question": "values/0", "operations": "few"}],
        [{"question": "vectorised/0", "operations_by_line": {"line 1": "x"}}],
        {"question": "values/0"},
        [{}],
    ],
)
def test_answers_of_another_form_are_refused(tmp_path: Path, forged: object) -> None:
    path = tmp_path / "forged.safetensors"
    write_tensors(path, {"values/0": torch.zeros(1)}, forged)
    assert read_tensors(path)
    with pytest.raises(ValueError, match=r"forged\.safetensors does not hold answers"):
        read_answers(path)


def test_no_answers_no_points() -> None:
    exercise = stored_exercise("soft_argmax_2d")
    verdict = judge(exercise, [])
    assert verdict.score == 0
    verdict = judge_nothing(exercise, "The cell is gone.")
    assert verdict.score == 0
    assert {criterion.message for criterion in verdict.criteria} == {"The cell is gone."}


def test_what_students_wrote_is_escaped() -> None:
    def hostile(logits: Tensor, beta: float = 1.0) -> Tensor:
        raise ValueError("<script>alert(1)</script>")

    page = as_html(judged(hostile))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_report_reads_well() -> None:
    text = as_text(judged(lambda x, beta=1.0: soft_argmax_2d(x, beta).flip(-1)))
    assert text.startswith("soft_argmax_2d: 0.5 of 4 points")
    assert "x and y are swapped" in text


@pytest.mark.parametrize("name", sorted(SOLUTIONS.keys() & {"joint_error", "soft_argmax_2d"}))
def test_check_returns_the_points_and_prints_outside_a_notebook(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    score = check(SOLUTIONS[name])
    assert score == stored_exercise(name).points
    assert f"{name}: {score:g} of {score:g} points" in capsys.readouterr().out


def test_check_refuses_what_it_does_not_know() -> None:
    def softargmax() -> None: ...

    with pytest.raises(LookupError, match=r"no exercise called 'softargmax'.*soft_argmax_2d"):
        check(softargmax)
    with pytest.raises(TypeError, match="check wants the function itself"):
        check(torch.zeros(1))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["gaussian_heatmap", "render_heatmaps", "soft_argmax_2d"])
def test_there_is_a_picture_where_tensors_can_be_compared(name: str) -> None:
    exercise = stored_exercise(name)
    answers = put_questions(SOLUTIONS[name], exercise.questions)
    png = picture(exercise, judge(exercise, answers), answers)
    assert png is not None and png.startswith(b"\x89PNG")
    answers = put_questions(lambda *_: None, exercise.questions)
    assert picture(exercise, judge(exercise, answers), answers) is None
