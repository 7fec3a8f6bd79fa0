"""What the gallery shows of `combined_loss`: mistakes by id, and answers that are in no bank."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def loop_over_keypoints(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Right, one keypoint at a time."""
    maps = h.new_zeros(())
    for k in range(h.shape[1]):
        maps = maps + ((h[:, k] - t[:, k]).square().mean((-2, -1)) * p[:, k]).sum()
    maps = maps / p.sum().clamp(min=1)
    return weight * maps + (1 - weight) * functional.binary_cross_entropy_with_logits(z, p)


def two_losses(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> object:
    """Both parts, not added."""
    return functional.mse_loss(h, t), functional.binary_cross_entropy_with_logits(z, p)


SHOWN = (
    "masked_cross_entropy",
    "maps_not_masked",
    "sigmoid_twice",
    "nan_without_present",
    "large_logits_lost",
    "logits_cut_off",
    two_losses,
    loop_over_keypoints,
)
