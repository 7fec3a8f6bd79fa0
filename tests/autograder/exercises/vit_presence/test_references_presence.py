"""References and solutions of vit_presence agree with formulas that are written in a third way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from autograder.exercises.catalogue import solution_functions
from autograder.exercises.vit_presence.combined_loss import cases as combined_loss
from autograder.exercises.vit_presence.presence_labels import cases as presence_labels
from autograder.manifest import COURSE_ROOT

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions" / "vit_presence" / "vit_presence.py")
SEEDS = st.integers(0, 2**31 - 1)
LOSSES = (combined_loss.reference, SOLUTIONS["combined_loss"])
LABELS = (presence_labels.reference, SOLUTIONS["presence_labels"])


@given(SEEDS, st.integers(1, 3), st.integers(1, 4), st.floats(0.0, 1.0), st.floats(0.1, 40.0))
def test_the_loss_is_that_of_numpy(
    seed: int, batch: int, keypoints: int, weight: float, size: float
) -> None:
    random = np.random.default_rng(seed)
    heatmaps, target = random.normal(0, 2, (2, batch, keypoints, 3, 4))
    logits = random.normal(0, size, (batch, keypoints))
    presence = random.integers(0, 2, (batch, keypoints)).astype(float)
    errors = np.mean((heatmaps - target) ** 2, axis=(2, 3))[presence == 1]
    # -log(1 / (1 + e^-s)), where s is positive for an answer that is right.
    entropy = np.mean(np.logaddexp(0, -np.where(presence == 1, logits, -logits)))
    expected = weight * (errors.mean() if errors.size else 0) + (1 - weight) * entropy
    given = [torch.from_numpy(part) for part in (heatmaps, target, logits, presence)]
    for loss in LOSSES:
        assert float(loss(*given, weight)) == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_the_example_of_the_notebook() -> None:
    given = (
        torch.full((1, 2, 8, 8), 2.0), torch.zeros(1, 2, 8, 8), torch.zeros(1, 2),
        torch.tensor([[1.0, 0.0]]),
    )  # fmt: skip
    for loss in LOSSES:
        assert float(loss(*given)) == pytest.approx(2.3466, abs=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_logits_of_100_cost_100(dtype: torch.dtype) -> None:
    maps = torch.zeros(1, 2, 4, 4, dtype=dtype)
    logits, presence = torch.tensor([[100.0, -100.0]]).to(dtype), torch.tensor([[0.0, 1.0]])
    for loss in LOSSES:
        assert float(loss(maps, maps, logits, presence.to(dtype), 0.0)) == pytest.approx(100)


def test_without_present_keypoints_no_gradient_flows_to_the_maps() -> None:
    heatmaps = torch.rand(2, 3, 4, 4, requires_grad=True)
    logits = torch.randn(2, 3, requires_grad=True)
    loss = SOLUTIONS["combined_loss"](heatmaps, torch.rand(2, 3, 4, 4), logits, torch.zeros(2, 3))
    loss.backward()
    assert heatmaps.grad is not None and not bool(heatmaps.grad.any())
    assert logits.grad is not None and bool((logits.grad > 0).all())


@given(st.lists(st.integers(0, 2), min_size=4, max_size=24), st.sampled_from(["f8", "f4", "i8"]))
def test_labels_are_those_of_numpy(v: list[int], dtype: str) -> None:
    v = v[: len(v) // 4 * 4]
    keypoints = np.zeros((2, 2, len(v) // 4, 3), dtype)
    keypoints[..., 2] = np.reshape(v, keypoints.shape[:-1])
    keypoints[..., 0] = 5
    expected = torch.from_numpy(np.sign(keypoints[..., 2]).astype(float))
    for label in LABELS:
        assert torch.equal(label(torch.from_numpy(keypoints)).double(), expected)


def test_labels_have_the_dtype_of_floating_keypoints_and_else_float32() -> None:
    label = SOLUTIONS["presence_labels"]
    for dtype in (torch.float16, torch.float32, torch.float64):
        assert label(torch.zeros(2, 17, 3, dtype=dtype)).dtype == dtype
    assert label(torch.zeros(2, 17, 3, dtype=torch.int32)).dtype == torch.float32
