from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from poselab.training.map_losses import (
    cross_entropy_of_maps,
    localisation_prior,
    map_probabilities,
)


def hills(*centres: float, sigma: float = 1.0) -> Tensor:
    """One sample, a joint for each centre (its column; the row is 4)."""
    x, y = torch.arange(12.0), torch.arange(9.0)[:, None]
    each = [torch.exp(-((x - c) ** 2 + (y - 4) ** 2) / (2 * sigma**2)) for c in centres]
    return torch.stack(each)[None].double()


def test_probabilities_are_the_softmax_over_a_whole_map() -> None:
    logits = 3 * torch.randn(2, 3, 5, 7, dtype=torch.float64)
    expected = torch.softmax(logits.flatten(2), -1).view_as(logits)
    torch.testing.assert_close(map_probabilities(logits), expected)
    huge = torch.zeros(1, 1, 5, 7)
    huge[0, 0, 2, 3] = 1000
    assert map_probabilities(huge)[0, 0, 2, 3] == 1


@pytest.mark.parametrize("loss", [cross_entropy_of_maps, localisation_prior])
def test_the_target_itself_is_best_and_its_height_does_not_matter(
    loss: Callable[[Tensor, Tensor], Tensor],
) -> None:
    target = hills(3.0, 7.5)
    best = loss(target.log(), target)
    torch.testing.assert_close(loss(target.log() + 5, 10 * target), best)
    for other in (hills(4.0, 7.5), hills(3.0, 7.5, sigma=2.0), torch.ones_like(target)):
        assert loss(other.log(), target) > best + 1e-3


def test_the_prior_lies_between_0_and_log_2() -> None:
    target = hills(3.0)
    assert localisation_prior(target.log(), target).abs() < 1e-9
    far = localisation_prior(50 * hills(11.0, sigma=0.3), hills(0.0, sigma=0.3))
    assert 0.68 < far <= math.log(2) + 1e-9


def test_the_cross_entropy_is_the_formula() -> None:
    logits, target = torch.randn(1, 2, 9, 12, dtype=torch.float64), hills(3.0, 8.0)
    total = 0.0
    for joint in range(2):
        p = torch.softmax(logits[0, joint].flatten(), 0)
        wanted = (target[0, joint] / target[0, joint].sum()).flatten()
        total -= float((wanted * p.log()).sum())
    assert cross_entropy_of_maps(logits, target).item() == pytest.approx(total / 2)


@pytest.mark.parametrize("loss", [cross_entropy_of_maps, localisation_prior])
def test_hidden_joints_cost_nothing(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    logits = torch.randn(1, 2, 9, 12, dtype=torch.float64)
    both = hills(3.0, 8.0)
    hidden = both.clone()
    hidden[:, 1] = 0
    expected = loss(logits[:, :1], both[:, :1])
    torch.testing.assert_close(loss(logits, hidden), expected)
    assert loss(logits, torch.zeros_like(both)) == 0


@pytest.mark.parametrize("loss", [cross_entropy_of_maps, localisation_prior])
def test_gradients_are_finite_even_where_nothing_is_probable(
    loss: Callable[[Tensor, Tensor], Tensor],
) -> None:
    target = hills(0.0).float()
    for height in (5, 1000):
        logits = (height * hills(11.0, sigma=0.3)).float().requires_grad_()
        loss(logits, target).backward()
        assert logits.grad is not None and logits.grad.isfinite().all()
        # The prior is bounded: a map that is hopelessly far off may have a gradient of 0.
        assert height == 1000 or logits.grad.abs().max() > 1e-4
