"""What is said of lifting networks and epochs whose fault has no name; and what is not said."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.exercises.catalogue import solution_functions
from autograder.exercises.lifting_3d.lift_model.mistakes import _Half, _Right
from autograder.exercises.lifting_3d.run_epoch.mistakes import _Batch, _function, _Loop
from autograder.manifest import COURSE_ROOT
from poselab.checks.check import stored_suite
from poselab.checks.experiments.lifting_3d.epoch_findings import epoch_means
from poselab.checks.experiments.lifting_3d.epochs import FINDINGS
from poselab.checks.experiments.lifting_3d.tracing import AS_SAID, Layers, Trace
from poselab.checks.judge import CriterionResult, judge
from poselab.checks.runner import run_cases

pytestmark = pytest.mark.slow

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions/lifting_3d/lifting.py")


def judged(name: str, answer: Any) -> dict[str, CriterionResult]:
    suite = stored_suite(name)
    verdict = judge(suite, run_cases(answer, suite.cases))
    return {criterion.id: criterion for criterion in verdict.criteria}


def test_the_solution_has_the_parameters_that_the_lab_counts() -> None:
    model = SOLUTIONS["LiftModel"]()
    assert sum(p.numel() for p in model.parameters()) == 4_284_461


@pytest.mark.parametrize("training", [False, True])
def test_the_formula_is_that_of_the_solution(training: bool) -> None:
    model = SOLUTIONS["LiftModel"](n_blocks=3, hidden_layer=12, dropout=0.3, output_nodes=5)
    given, trace, drops = torch.randn(9, 30), Trace(), Trace(seed=4)
    with torch.no_grad():
        with trace:
            model.eval()(given)
        layers = Layers.of(trace)
        assert layers is not None and trace.order == "L" + "LNLN" * 3 + "L"
        wanted = AS_SAID(layers, given, drops, training, 0.3)
        with drops:
            found = model.train(training)(given)
    torch.testing.assert_close(found.double(), wanted, rtol=0, atol=1e-4)
    assert len(drops.probabilities) == 6 * training


class _LayerNormed(_Half):
    def __init__(self, width: int, dropout: float) -> None:
        super().__init__(width, dropout)
        self.norm = nn.LayerNorm(width)  # type: ignore[assignment]


class LayerNormed(_Right):
    """Another normalisation."""

    part = _LayerNormed


class _Smooth(_Half):
    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.drop(nn.functional.gelu(self.norm(self.linear(x))))
        return y


class Smooth(_Right):
    """Another activation."""

    part = _Smooth


class Halved(_Right):
    """The mean of a block's input and its result."""

    def block(self, x: Tensor, inside: nn.Module) -> Tensor:
        y: Tensor = (x + inside(x)) / 2
        return y


class OwnProducts(_Right):
    """A matrix product where a linear layer is asked for."""

    def forward(self, joint_2d: Tensor) -> Tensor:
        y: Tensor = self.leave(self.inner(joint_2d @ self.enter.weight.T + self.enter.bias))
        return y


@pytest.mark.parametrize("network", [Smooth, Halved, OwnProducts])
def test_a_design_without_a_name_is_not_given_one(network: type[nn.Module]) -> None:
    values = judged("LiftModel", network)["values"]
    assert not values.passed and values.mistake is None, values
    assert "three parts of the text" in values.message


def test_another_normalisation_is_seen_as_none() -> None:
    values = judged("LiftModel", LayerNormed)["values"]
    assert values.mistake == "not_normalised"


class Clipped(_Loop):
    """Gradients are clipped."""

    def step(self, loss: Tensor) -> None:
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1e-3)
        self.optimiser.step()


class StepsTwice(_Loop):
    """Each batch makes two steps."""

    def step(self, loss: Tensor) -> None:
        super().step(loss)
        self.optimiser.step()


class Halves(_Loop):
    """Half of both numbers."""

    def results(self) -> Any:
        return tuple(value / 2 for value in super().results())


@pytest.mark.parametrize(
    ("loop", "criterion"), [(Clipped, "training"), (StepsTwice, "training"), (Halves, "values")]
)
def test_an_epoch_without_a_name_is_not_given_one(loop: type[_Loop], criterion: str) -> None:
    found = judged("run_epoch", _function(loop))[criterion]
    assert not found.passed and found.mistake is None, found


class HalfOfThePoses(_Loop):
    """Measures some poses only."""

    def batches(self) -> list[Tensor]:
        cut = super().batches()
        return cut if self.is_training else cut[::2]


def test_poses_that_are_not_measured_are_counted() -> None:
    found = judged("run_epoch", _function(HalfOfThePoses))
    assert found["training"].passed
    assert "of 31 poses were never used" in found["validation"].message


class OnTheTrainingSplitAlone(_Loop):
    """The means are right, except in training."""

    def measure(self, batch: Any, predicted: Tensor, loss: Tensor) -> _Batch:
        made = super().measure(batch, predicted, loss)
        return _Batch(made.loss, made.error, 1) if self.is_training else made

    def results(self) -> Any:
        if not self.is_training:
            return super().results()
        n = len(self.measured)
        return sum(b.loss for b in self.measured) / n, sum(b.error for b in self.measured) / n


def test_a_mean_that_is_wrong_in_training_costs_training() -> None:
    found = judged("run_epoch", _function(OnTheTrainingSplitAlone))
    assert {name for name, criterion in found.items() if not criterion.passed} == {"training"}
    assert found["training"].mistake == "mean_of_batch_means"


def test_global_random_numbers_and_gradients_are_as_before() -> None:
    suite = stored_suite("run_epoch")
    run_cases(SOLUTIONS["run_epoch"], suite.cases)
    assert torch.is_grad_enabled()


@pytest.mark.parametrize(("off", "named"), [(0.0, False), (0.5, True)])
def test_two_numbers_that_happen_to_be_equal_are_not_in_the_wrong_order(
    off: float, named: bool
) -> None:
    case = next(c for c in stored_suite("run_epoch").cases if c.relation == "epoch_means")
    epoch = dict.fromkeys(FINDINGS, 0.0)
    epoch |= {"pair": 1, "loss": 0.7, "error": 0.7, "swapped": 1, "loss_off": off, "error_off": off}
    row = torch.tensor([[epoch[name] for name in FINDINGS]])
    broken = [found for found in epoch_means(row, case, 1e-3) if found.amount > 1e-3]
    assert [found.mistake for found in broken[:1]] == ["results_swapped"] * named
