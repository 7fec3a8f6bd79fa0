"""Right answers to `presence_labels`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


def _dtype(keypoints: Tensor) -> torch.dtype:
    return keypoints.dtype if keypoints.is_floating_point() else torch.float32


@RIGHT.answer
def not_zero(keypoints: Tensor) -> Tensor:
    """v is one of three numbers."""
    return (keypoints[..., -1] != 0).to(_dtype(keypoints))


@RIGHT.answer
def at_least_one(keypoints: Tensor) -> Tensor:
    """ge."""
    return keypoints.select(-1, 2).ge(1).type(_dtype(keypoints))


@RIGHT.answer
def clamped(keypoints: Tensor) -> Tensor:
    """2 becomes 1."""
    return keypoints[..., 2].to(_dtype(keypoints)).clamp(max=1)


@RIGHT.answer
def smaller_of_v_and_one(keypoints: Tensor) -> Tensor:
    """min(v, 1)."""
    v = keypoints[..., 2].to(_dtype(keypoints))
    return torch.minimum(v, torch.ones_like(v))


@RIGHT.answer
def where(keypoints: Tensor) -> Tensor:
    """torch.where with new numbers."""
    v = keypoints[..., 2]
    one = torch.ones(v.shape, dtype=_dtype(keypoints), device=v.device)
    return torch.where(v > 0, one, torch.zeros_like(one))


@RIGHT.answer
def zeros_filled(keypoints: Tensor) -> Tensor:
    """Zeros, with ones where v is positive."""
    v = keypoints[..., 2]
    labels = torch.zeros_like(v, dtype=_dtype(keypoints))
    labels[v > 0] = 1
    return labels


@RIGHT.answer
def unbound(keypoints: Tensor) -> Tensor:
    """x, y and v apart."""
    _, _, v = keypoints.unbind(dim=-1)
    return v.bool().to(_dtype(keypoints))


@RIGHT.answer
def sign(keypoints: Tensor) -> Tensor:
    """The sign of v."""
    return keypoints[..., 2].sign().to(_dtype(keypoints))


@RIGHT.answer
def either_one_or_two(keypoints: Tensor) -> Tensor:
    """Both values that count."""
    v = keypoints[..., 2]
    present = (v == 1) | (v == 2)
    return present.float() if not keypoints.is_floating_point() else present.to(keypoints.dtype)


@RIGHT.answer
def not_absent(keypoints: Tensor) -> Tensor:
    """What is not 0."""
    dtype = torch.float32
    if keypoints.dtype.is_floating_point:
        dtype = keypoints.dtype
    return (~(keypoints[..., 2] == 0)).to(dtype)


@RIGHT.answer
def flattened(keypoints: Tensor) -> Tensor:
    """All keypoints in one list, and back."""
    rows = keypoints.reshape(-1, 3)
    return (rows[:, 2] > 0.5).to(_dtype(keypoints)).reshape(keypoints.shape[:-1])


@RIGHT.answer
def axis_kept_and_squeezed(keypoints: Tensor) -> Tensor:
    """A slice, whose axis is removed."""
    present = keypoints[..., 2:3] > 0
    return present.squeeze(-1).to(dtype=_dtype(keypoints))


@RIGHT.answer
def split(keypoints: Tensor) -> Tensor:
    """torch.split, heaviside."""
    _, v = torch.split(keypoints, [2, 1], dim=-1)
    v = v[..., 0].to(_dtype(keypoints))
    return torch.heaviside(v, torch.zeros_like(v))


@RIGHT.answer
def whole_number_division(keypoints: Tensor) -> Tensor:
    """(v + 1) // 2."""
    return ((keypoints[..., 2] + 1) // 2).to(_dtype(keypoints))


@RIGHT.answer
def index_select(keypoints: Tensor) -> Tensor:
    """gather-like indexing, moved to the front."""
    v = keypoints.movedim(-1, 0)[2]
    return torch.gt(v, 0).to(_dtype(keypoints))


@RIGHT.answer
def distances_from_each_v(keypoints: Tensor) -> Tensor:
    """Labels of 0, and then of 1 where v is close to 1 and where it is close to 2."""
    v = keypoints[..., 2].to(torch.float64)
    hidden = (v - 1).abs() < 0.5
    visible = (v - 2).abs() < 0.5
    labels = torch.zeros_like(v)
    labels = torch.where(hidden, torch.ones_like(v), labels)
    labels = torch.where(visible, torch.ones_like(v), labels)
    return labels.to(_dtype(keypoints))
