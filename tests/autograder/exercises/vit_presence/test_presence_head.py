"""What is said of heads whose fault has no name; and what is not said."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from autograder.exercises.vit_presence.presence_head.cases import POOLED
from autograder.exercises.vit_presence.presence_head.mistakes import _Right
from poselab.checks.cases import Case, Suite
from poselab.checks.check import stored_suite
from poselab.checks.experiments.vit_presence.pooling import (
    AS_SAID,
    OTHERS,
    _noticed_by,
    _variants,
)
from poselab.checks.experiments.vit_presence.two_losses import exact_for_large_logits
from poselab.checks.judge import CriterionResult, judge
from poselab.checks.runner import run_cases


@lru_cache
def suite() -> Suite:
    return stored_suite("PresenceHead")


def judged(answer: Any) -> dict[str, CriterionResult]:
    verdict = judge(suite(), run_cases(answer, suite().cases))
    return {criterion.id: criterion for criterion in verdict.criteria}


def lost(answer: Any) -> dict[str, str | None]:
    """The criteria that were judged and failed, with the mistakes that were named."""
    results = judged(answer).values()
    return {result.id: result.mistake for result in results if result.judged and not result.passed}


def the_map() -> Tensor:
    case = next(case for case in suite().cases if case.experiment == "pooling_fingerprint")
    base: Tensor = case.args[1][0]
    return base


def test_each_way_of_pooling_has_a_fingerprint_of_its_own() -> None:
    base = the_map()
    maps, pairs = _variants(base)
    assert tuple(base.shape[-2:]) == POOLED
    right = _noticed_by(AS_SAID, maps, base, pairs)
    ways = {
        name: [_noticed_by(way, maps, base, pairs) for way in others]
        for name, others in OTHERS.items()
    }
    for name, found in ways.items():
        assert not any(torch.equal(one, right) for one in found), name
    for (one, found), (other, others) in combinations(ways.items(), 2):
        assert not any(torch.equal(a, b) for a in found for b in others), (one, other)


def test_other_ways_to_pool_by_4_have_the_same_one() -> None:
    base = the_map()
    maps, pairs = _variants(base)
    right = _noticed_by(AS_SAID, maps, base, pairs)
    for way in (
        lambda maps: functional.max_pool2d(functional.max_pool2d(maps, 2), 2),
        lambda maps: maps.unfold(2, 4, 4).unfold(3, 4, 4).amax((-1, -2)),
        lambda maps: functional.adaptive_max_pool2d(maps, (POOLED[0] // 4, POOLED[1] // 4)),
    ):
        assert torch.equal(_noticed_by(way, maps, base, pairs), right)


class Softplus(_Right):
    """Positive logits."""

    def end(self, logits: Tensor) -> Tensor:
        return functional.softplus(logits)


class Clamped(_Right):
    """Logits that are cut off."""

    def end(self, logits: Tensor) -> Tensor:
        return logits.clamp(-10, 10)


class SigmoidOfTheMaps(_Right):
    """Another input, not another activation."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        return super().forward(heatmaps.sigmoid())


class LayerNormed(_Right):
    """A normalisation in front of the MLPs."""

    def make(self) -> None:
        super().make()
        self.norm = nn.LayerNorm(self.cells)

    def read(self, k: int, x: Tensor) -> Tensor:
        return super().read(k, self.norm(x))


@pytest.mark.slow
@pytest.mark.parametrize("answer", [Softplus, Clamped, SigmoidOfTheMaps, LayerNormed])
def test_what_is_no_known_mistake_is_not_named(answer: Any) -> None:
    found = lost(answer)
    assert list(found) == ["values"]
    assert found["values"] in (None, "layers_shared" if answer is LayerNormed else None)


class PooledBy2WithoutDropout(_Right):
    """Two mistakes in two places."""

    def pool(self, maps: Tensor) -> Tensor:
        return functional.max_pool2d(maps, 2)

    def inner(self, x: Tensor) -> Tensor:
        return torch.relu(x)


class DroppedByHandWithoutScaling(_Right):
    """A mask of zeros and ones, and nothing else."""

    def inner(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        return x * (torch.rand_like(x) > self.p) if self.training else x


class TooOftenDroppedByHand(_Right):
    """The right mean, the wrong rate."""

    def inner(self, x: Tensor) -> Tensor:
        x = torch.relu(x)
        return x * (torch.rand_like(x) > 0.5) / 0.5 if self.training else x


class MapsOfTheKeypointsSubtracted(_Right):
    """Something runs across the keypoints, but no layer."""

    def forward(self, heatmaps: Tensor) -> Tensor:
        return super().forward(heatmaps - heatmaps.mean(1, keepdim=True))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (PooledBy2WithoutDropout, {"pooling": "pooled_by_2", "training": "dropout_missing"}),
        (DroppedByHandWithoutScaling, {"training": None}),
        (TooOftenDroppedByHand, {"training": None}),
        (MapsOfTheKeypointsSubtracted, {"values": None}),
    ],
)
def test_each_fault_costs_its_own_criterion(answer: Any, expected: dict[str, str | None]) -> None:
    assert lost(answer) == expected


@pytest.mark.parametrize(
    ("losses", "mistake"),
    [
        ([0.3, 10.0, 30.0], None),
        ([0.3, 10.0, 16.0], "large_logits_lost"),
        ([0.3, 10.0, float("inf")], "large_logits_lost"),
        ([0.3, float("nan"), 30.0], "large_logits_lost"),
        ([0.4, 10.0, 16.0], ""),
    ],
)
def test_large_logits_are_only_lost_where_small_ones_are_right(
    losses: list[float], mistake: str | None
) -> None:
    result = torch.tensor(list(zip(losses, [0.3, 10.0, 30.0], [4.0, 20.0, 60.0], strict=True)))
    case = Case("edge_cases/0", "edge_cases", "experiment", "", "", ())
    broken = [f.mistake for f in exact_for_large_logits(result, case, 1e-5) if f.amount > 1e-5]
    assert (broken[0] if broken else None) == mistake
