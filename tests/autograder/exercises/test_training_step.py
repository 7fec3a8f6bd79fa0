"""What is said of training steps whose fault has no name; and what is not said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.exercises.catalogue import solution_functions
from autograder.exercises.rnn_video.training_step.gallery import whole_batch_as_input
from autograder.exercises.rnn_video.training_step.mistakes import _function, _Step
from autograder.manifest import COURSE_ROOT
from autograder.suites.drawing import draw_suite
from poselab.checks.judge import CriterionResult, judge
from poselab.checks.runner import run_cases

SOLUTION = solution_functions(COURSE_ROOT / "solutions/rnn_video/rnn_video.py")["training_step"]


def judged(answer: Callable[..., Any], seed: int = 2) -> dict[str, CriterionResult]:
    suite = draw_suite("rnn_video", "training_step", seed)
    verdict = judge(suite, run_cases(answer, suite.cases))
    return {criterion.id: criterion for criterion in verdict.criteria}


def lost(verdict: dict[str, CriterionResult]) -> set[str]:
    return {name for name, criterion in verdict.items() if not criterion.passed}


@pytest.mark.parametrize("seed", range(4))
def test_the_solution_is_right_on_every_suite(seed: int) -> None:
    assert not lost(judged(SOLUTION, seed))


class Decays(_Step):
    """Weights shrink, besides."""

    def end(self, predicted: Tensor) -> None:
        with torch.no_grad():
            for weight in self.model.parameters():
                weight.mul_(0.999)


class AddsAPenalty(_Step):
    """Large weights cost something."""

    def move(self, loss: Tensor) -> None:
        weights = self.model.parameters()
        super().move(loss + sum(weight.square().sum() for weight in weights))


class HalfTheLoss(_Step):
    """A factor that is no number of clips."""

    def move(self, loss: Tensor) -> None:
        super().move(loss / 2)


class SquaredInstead(_Step):
    """Steps by another loss than the one it returns."""

    def move(self, loss: Tensor) -> None:
        super().move((self.model(self.batch["frames"]) - self.batch["pose"]).square().mean())


class NormalisedPoses(_Step):
    """Both sides divided by the size of a frame."""

    def compare(self, predicted: Tensor) -> Tensor:
        return self.loss_function(predicted / 64, self.batch["pose"] / 64)


class ClipByClip(_Step):
    """One prediction a clip."""

    def predict(self) -> Tensor:
        return torch.cat([self.model(frames[None]) for frames in self.batch["frames"]])


@pytest.mark.parametrize(
    "step", [Decays, AddsAPenalty, HalfTheLoss, SquaredInstead, NormalisedPoses, ClipByClip]
)
def test_a_step_without_a_name_is_not_given_one(step: type[_Step]) -> None:
    found = judged(_function(step))["step"]
    assert not found.passed and found.mistake is None, found


class Rounds(_Step):
    """Two digits, as one prints it."""

    def result(self, loss: Tensor) -> Any:
        return round(loss.item(), 1)


class AsSingle(_Step):
    """A number of NumPy's."""

    def result(self, loss: Tensor) -> Any:
        return loss.detach().numpy()


class Pair(_Step):
    """The loss and the prediction."""

    def result(self, loss: Tensor) -> Any:
        return loss.item(), self.batch["pose"]


@pytest.mark.parametrize("step", [Rounds, AsSingle, Pair])
def test_a_result_without_a_name_costs_the_loss_alone(step: type[_Step]) -> None:
    verdict = judged(_function(step))
    assert lost(verdict) == {"loss"} and verdict["loss"].mistake is None


class SwitchesGradientsOff(_Step):
    """For the whole program."""

    def end(self, predicted: Tensor) -> None:
        torch.set_grad_enabled(False)


def test_pytorchs_setting_is_put_back() -> None:
    judged(_function(SwitchesGradientsOff))
    assert torch.is_grad_enabled()


def test_two_faults_cost_two_criteria_and_are_both_named() -> None:
    def neither(model: nn.Module, batch: Any, loss_function: Any, optimiser: Any) -> Any:
        loss = loss_function(model(batch["frames"]), batch["pose"])
        loss.backward()
        optimiser.step()
        return loss.item()

    verdict = judged(neither)
    assert {name: verdict[name].mistake for name in lost(verdict)} == {
        "gradients": "gradients_pile_up",
        "mode": "training_mode_not_set",
    }


def test_who_hands_over_the_whole_batch_is_told() -> None:
    found = judged(whole_batch_as_input)["step"]
    assert found.mistake == "raised" and 'batch["frames"]' in found.message


def test_a_message_says_what_came_back_and_what_the_loss_was() -> None:
    class Half(_Step):
        def result(self, loss: Tensor) -> Any:
            return loss.item() / 2

    found = judged(_function(Half))["loss"]
    assert found.mistake is None
    assert "came back; the loss of the prediction that the step was made from is" in found.message
