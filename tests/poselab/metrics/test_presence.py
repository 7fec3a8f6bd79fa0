from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poselab.metrics.presence import average_precision, precision_and_recall, presence_precision

PAIRS = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=30)


def obvious(scores: list[float], presence: list[bool]) -> float:
    """For each threshold that occurs, from above: the gain in recall times the precision."""
    area, recall = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        called = [p for s, p in zip(scores, presence, strict=True) if s >= threshold]
        gained = sum(called) / sum(presence) - recall
        area += gained * sum(called) / len(called)
        recall += gained
    return area


@given(PAIRS)
def test_average_precision_is_the_sum_over_thresholds(pairs: list[tuple[int, bool]]) -> None:
    scores, presence = [float(s) for s, _ in pairs], [p for _, p in pairs]
    result = average_precision(torch.tensor(scores), torch.tensor(presence).float())
    if all(presence) or not any(presence):
        assert math.isnan(result)
    else:
        assert result == pytest.approx(obvious(scores, presence), abs=1e-12)


@pytest.mark.parametrize(
    ("scores", "presence", "expected"),
    [
        # scikit-learn's own example: 1/2 * 1 + 1/2 * 2/3.
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 5 / 6),
        ([3.0, 2.0, 1.0, 0.0], [1, 1, 0, 0], 1.0),
        # Precisions 0, 0, 1/3, 2/4 where recall is gained.
        ([3.0, 2.0, 1.0, 0.0], [0, 0, 1, 1], 1 / 2 * 1 / 3 + 1 / 2 * 1 / 2),
        # A constant is one step: the prevalence.
        ([0.5] * 4, [1, 0, 1, 1], 3 / 4),
        # The first two are one step, whatever their order.
        ([2.0, 2.0, 1.0], [0, 1, 1], 1 / 2 * 1 / 2 + 1 / 2 * 2 / 3),
        ([2.0, 2.0, 1.0], [1, 0, 1], 1 / 2 * 1 / 2 + 1 / 2 * 2 / 3),
    ],
)
def test_average_precision_by_hand(
    scores: list[float], presence: list[int], expected: float
) -> None:
    assert average_precision(torch.tensor(scores), torch.tensor(presence)) == pytest.approx(
        expected
    )


def test_only_the_order_of_scores_counts() -> None:
    torch.manual_seed(0)
    logits, presence = torch.randn(50).double(), torch.rand(50) < 0.4
    assert average_precision(logits, presence) == average_precision(logits.sigmoid(), presence)


def test_keypoints_that_are_always_or_never_present_are_left_out_of_the_mean() -> None:
    presence = torch.tensor([[1, 0, 1, 1], [1, 0, 0, 1], [1, 0, 1, 0]])
    scores = torch.tensor([[0.9, 0.1, 0.5, 0.2], [0.8, 0.2, 0.6, 0.1], [0.7, 0.3, 0.4, 0.9]])
    result = presence_precision(scores, presence)
    each = result.each.tolist()
    assert math.isnan(each[0]) and math.isnan(each[1])
    assert each[2:] == pytest.approx([1 / 2 * 1 / 2 + 1 / 2 * 2 / 3] * 2)
    assert result.macro == pytest.approx(each[2]) and result.left_out == 2


def test_without_any_keypoint_to_tell_apart_there_is_no_mean() -> None:
    result = presence_precision(torch.rand(3, 2), torch.ones(3, 2))
    assert math.isnan(result.macro) and result.left_out == 2


@given(PAIRS, st.lists(st.integers(-4, 4), min_size=1, max_size=5))
def test_precision_and_recall_are_counted(
    pairs: list[tuple[int, bool]], thresholds: list[int]
) -> None:
    scores, presence = torch.tensor([s for s, _ in pairs]), torch.tensor([p for _, p in pairs])
    results = precision_and_recall(scores, presence, torch.tensor(thresholds))
    for threshold, precision, recall in zip(thresholds, *map(torch.Tensor.tolist, results),
                                            strict=True):  # fmt: skip
        called = [p for s, p in pairs if s >= threshold]
        right, present = sum(called), sum(p for _, p in pairs)
        expected = (right / len(called) if called else math.nan,
                    right / present if present else math.nan)  # fmt: skip
        assert (precision, recall) == pytest.approx(expected, nan_ok=True)


def test_precision_and_recall_of_all_keypoints_together() -> None:
    scores, presence = (
        torch.tensor([[0.9, 0.4], [0.6, 0.5]]),
        torch.tensor([[1.0, 1.0], [0.0, 1.0]]),
    )
    precision, recall = precision_and_recall(scores, presence, torch.tensor([0.5, 0.95]))
    assert precision.tolist() == pytest.approx([2 / 3, math.nan], nan_ok=True)
    assert recall.tolist() == pytest.approx([2 / 3, 0.0])


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(ValueError, match="do not go together"):
        average_precision(torch.rand(3), torch.ones(4))
    with pytest.raises(ValueError, match="do not go together"):
        presence_precision(torch.rand(3, 2), torch.ones(2, 3))
    with pytest.raises(ValueError, match="do not go together"):
        precision_and_recall(torch.rand(3, 2), torch.ones(2, 3), torch.rand(1))
    with pytest.raises(ValueError, match="nan"):
        average_precision(torch.tensor([0.1, math.nan]), torch.tensor([1, 0]))
