from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from poselab.metrics.pck import pck, torso_lengths
from poselab.skeletons import COCO

SEEDS = st.integers(0, 2**31 - 1)
TORSO = [
    COCO.joints.index(f"{side}-{part}")
    for part in ("shoulder", "hip")
    for side in ("left", "right")
]


def people(seed: int, number: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    """Predictions and true keypoints, of which some are absent."""
    generator = torch.Generator().manual_seed(seed)
    true = 50 * torch.rand(number, 17, 2, generator=generator)
    v = torch.randint(0, 3, (number, 17, 1), generator=generator).float()
    # Most people have a torso.
    v[:, TORSO] = torch.where(torch.rand(number, 4, 1, generator=generator) < 0.9, 2.0, 0.0)
    off = 8 * torch.randn(number, 17, 2, generator=generator)
    return true + off, torch.cat([true, v], dim=-1)


def upright(torso: float = 10.0) -> torch.Tensor:
    """One person, all of it at (0, 0) but for the hips below."""
    person = torch.zeros(1, 17, 3)
    person[..., 2] = 2
    person[:, TORSO[:2], 0] = torch.tensor([-3.0, 3.0])
    person[:, TORSO[2:], 0] = torch.tensor([-2.0, 2.0])
    person[:, TORSO[2:], 1] = torso
    return person


@given(SEEDS, st.sampled_from([0.1, 0.2, 0.5]))
def test_pck_is_counted(seed: int, fraction: float) -> None:
    predicted, keypoints = people(seed)
    right, total, left_out = [0] * 17, [0] * 17, 0
    for guess, person in zip(predicted.tolist(), keypoints.tolist(), strict=True):
        if any(person[k][2] == 0 for k in TORSO):
            left_out += 1
            continue
        a, b, c, d = (person[k] for k in TORSO)
        shoulders = [(a[i] + b[i]) / 2 for i in (0, 1)]
        hips = [(c[i] + d[i]) / 2 for i in (0, 1)]
        for k, (x, y, v) in enumerate(person):
            if v > 0:
                total[k] += 1
                right[k] += math.dist(guess[k], (x, y)) <= fraction * math.dist(shoulders, hips)
    result = pck(predicted, keypoints, fraction)
    expected = sum(right) / sum(total) if sum(total) else math.nan
    assert result.value == pytest.approx(expected, nan_ok=True)
    each = [r / t if t else math.nan for r, t in zip(right, total, strict=True)]
    assert result.each.tolist() == pytest.approx(each, nan_ok=True)
    assert (result.people, result.left_out) == (5 - left_out, left_out)


def test_within_includes_what_is_exactly_as_far() -> None:
    person = upright(10.0)
    assert torso_lengths(person).tolist() == [10.0]
    for off, expected in ((2.0, 1.0), (2.001, 0.0)):
        predicted = person[..., :2] + torch.tensor([0.0, off])
        assert pck(predicted, person).value == expected


def test_hidden_keypoints_count_and_absent_ones_do_not() -> None:
    person = upright()
    person[0, 0, 2], person[0, 1, 2] = 1, 0
    predicted = person[..., :2].clone()
    predicted[0, :2] += 100
    result = pck(predicted, person)
    assert result.value == pytest.approx(15 / 16)
    assert result.each[0] == 0 and math.isnan(result.each[1])


def test_each_person_is_measured_by_its_own_torso() -> None:
    both = torch.cat([upright(10.0), upright(100.0)])
    predicted = both[..., :2] + torch.tensor([5.0, 0.0])
    assert pck(predicted, both).value == 0.5


def test_a_torso_without_length_is_left_out() -> None:
    flat = upright(0.0)
    assert bool(torso_lengths(flat).isnan().all())
    result = pck(flat[..., :2], flat)
    assert math.isnan(result.value) and (result.people, result.left_out) == (0, 1)


def test_a_prediction_for_another_number_of_people_is_refused() -> None:
    with pytest.raises(ValueError, match="do not go together"):
        pck(torch.zeros(2, 17, 2), upright())
