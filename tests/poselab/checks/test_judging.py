"""What a probe brings back, what the judge makes of it, and how it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from autograder.exercises.catalogue import solution_functions
from autograder.manifest import COURSE_ROOT
from poselab import check
from poselab.checks.cases import KnownMistake, tensors_as_bytes
from poselab.checks.check import stored_suite
from poselab.checks.comparison import picture
from poselab.checks.distances import distance
from poselab.checks.judge import Verdict, judge, judge_nothing
from poselab.checks.report import as_html, as_text
from poselab.checks.runner import (
    STUB,
    observations_as_bytes,
    observations_from_bytes,
    run_cases,
)

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions/heatmap_2d/heatmap_2d.py")
soft_argmax_2d = SOLUTIONS["soft_argmax_2d"]


def judged(function: Callable[..., Any], name: str = "soft_argmax_2d") -> Verdict:
    suite = stored_suite(name)
    return judge(suite, run_cases(function, suite.cases))


def failed(verdict: Verdict) -> set[str]:
    return {criterion.id for criterion in verdict.criteria if not criterion.passed}


def message(verdict: Verdict, criterion: str) -> str:
    return next(c.message for c in verdict.criteria if c.id == criterion)


def unwritten(logits: Tensor, beta: float = 1.0) -> Tensor:
    raise NotImplementedError


def as_handed_out(logits: Tensor, beta: float = 1.0) -> Tensor:
    raise NotImplementedError(STUB)


def without_a_kernel(logits: Tensor, beta: float = 1.0) -> Tensor:
    raise NotImplementedError("Could not run 'aten::a' with arguments from the 'B' backend.")


class Liar(Tensor):
    """A tensor that agrees with everything."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in (torch.allclose, torch.equal, Tensor.__eq__):
            return True
        return super().__torch_function__(func, types, args, kwargs or {})


@pytest.mark.parametrize(
    ("observation", "says"),
    [
        (unwritten, "`soft_argmax_2d` is not implemented yet"),
        (as_handed_out, "`soft_argmax_2d` is not implemented yet"),
        (without_a_kernel, "NotImplementedError: Could not run"),
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
    observation: Callable[..., Any], says: str
) -> None:
    verdict = judged(observation)
    assert verdict.score == 0
    assert says in message(verdict, "shape")


def test_known_mistakes_are_not_tried_where_nothing_is_written() -> None:
    class Untried(tuple[KnownMistake, ...]):
        def __iter__(self) -> Iterator[KnownMistake]:
            raise AssertionError("trying them takes seconds")

    suite = replace(stored_suite("soft_argmax_2d"), mistakes=Untried())
    verdict = judge(suite, run_cases(unwritten, suite.cases))
    assert "is not implemented yet" in message(verdict, "shape")
    with pytest.raises(AssertionError):
        judge(suite, run_cases(lambda logits, beta=1.0: logits.mean((2, 3)), suite.cases))


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
    assert failed(verdict) == {"arguments"}
    assert "The call changed its own argument" in message(verdict, "arguments")


def test_a_loop_costs_only_the_vectorised_points() -> None:
    def loops(logits: Tensor, beta: float = 1.0) -> Tensor:
        points = torch.zeros(*logits.shape[:2], 2, dtype=logits.dtype, device=logits.device)
        for joint in range(logits.shape[1]):
            points[:, joint] = soft_argmax_2d(logits[:, joint : joint + 1], beta)[:, 0]
        return points

    verdict = judged(loops)
    assert failed(verdict) == {"vectorised"}
    assert "more joints it took" in message(verdict, "vectorised")
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


def test_observations_survive_their_journey() -> None:
    suite = stored_suite("soft_argmax_2d")
    observations = run_cases(soft_argmax_2d, suite.cases)
    arrived = observations_from_bytes(observations_as_bytes(observations))
    assert judge(suite, arrived) == judge(suite, observations)


@pytest.mark.parametrize(
    "forged",
    [
        [{"case": "values/0", "passed": True}],
        [{"case": "values/0", "operations": "few"}],
        [{"case": "vectorised/0", "operations_by_line": {"line 1": "x"}}],
        {"case": "values/0"},
        [{}],
    ],
)
def test_observations_of_another_form_are_refused(forged: object) -> None:
    content = tensors_as_bytes({"values/0": torch.zeros(1)}, forged)
    with pytest.raises(ValueError, match="do not hold observations"):
        observations_from_bytes(content)


def test_no_observations_no_points() -> None:
    suite = stored_suite("soft_argmax_2d")
    verdict = judge(suite, [])
    assert verdict.score == 0
    verdict = judge_nothing(suite, "The cell is gone.")
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
    assert text.startswith("soft_argmax_2d: 0.5 of 5 points")
    assert "x and y are swapped" in text


@pytest.mark.parametrize("name", sorted(SOLUTIONS.keys() & {"joint_error", "soft_argmax_2d"}))
def test_check_returns_the_points_and_prints_outside_a_notebook(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    score = check(SOLUTIONS[name])
    assert score == stored_suite(name).points
    assert f"{name}: {score:g} of {score:g} points" in capsys.readouterr().out


def test_check_refuses_what_it_does_not_know() -> None:
    def softargmax() -> None: ...

    with pytest.raises(LookupError, match=r"no exercise called 'softargmax'.*soft_argmax_2d"):
        check(softargmax)
    with pytest.raises(TypeError, match="check needs the function itself"):
        check(torch.zeros(1))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["gaussian_heatmap", "render_heatmaps", "soft_argmax_2d"])
def test_there_is_a_picture_where_tensors_can_be_compared(name: str) -> None:
    suite = stored_suite(name)
    observations = run_cases(SOLUTIONS[name], suite.cases)
    drawing = picture(suite, judge(suite, observations), observations)
    assert drawing is not None and drawing.png.startswith(b"\x89PNG")
    assert "No difference can be seen." in drawing.words and f"`{name}(" in drawing.words
    observations = run_cases(lambda *_: None, suite.cases)
    assert picture(suite, judge(suite, observations), observations) is None
