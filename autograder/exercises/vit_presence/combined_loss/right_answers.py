"""Right answers to `combined_loss`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def guarded_by_max(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """mse_loss without reduction."""
    per_map = functional.mse_loss(h, t, reduction="none").flatten(2).mean(-1)
    maps = (p * per_map).sum() / max(float(p.sum()), 1.0)
    presence = nn.BCEWithLogitsLoss()(z, p)
    return weight * maps + (1 - weight) * presence


@RIGHT.answer
def chosen_by_a_mask(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Boolean indexing, and an `if`."""
    mask = p > 0
    maps = ((h[mask] - t[mask]) ** 2).mean() if mask.any() else h.new_zeros(())
    return weight * maps + (1 - weight) * functional.binary_cross_entropy_with_logits(z, p)


@RIGHT.answer
def zero_times_the_maps(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """0 that hangs on the graph."""
    present = p.bool()
    maps = functional.mse_loss(h[present], t[present]) if bool(present.sum() > 0) else 0 * h.sum()
    entropy = functional.binary_cross_entropy_with_logits(z, p, reduction="mean")
    return maps * weight + entropy * (1 - weight)


@RIGHT.answer
def softplus(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """log(1 + e^z) - z p."""
    entropy = (functional.softplus(z) - z * p).mean()
    errors = (h - t).pow(2).mean(-1).mean(-1)
    maps = (errors * p).sum() / p.sum().clamp_min(1.0)
    return torch.lerp(entropy, maps, weight)


@RIGHT.answer
def logsigmoid(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Both sides of the logarithm."""
    entropy = -(p * functional.logsigmoid(z) + (1 - p) * functional.logsigmoid(-z)).mean()
    errors = torch.einsum("bkhw,bkhw->bk", h - t, h - t) / (h.shape[-1] * h.shape[-2])
    n = p.sum()
    maps = torch.where(n > 0, (errors * p).sum() / n.clamp(min=1), torch.zeros_like(n))
    return weight * maps + (1 - weight) * entropy


@RIGHT.answer
def logsigmoid_moved(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """-logsigmoid(z) + (1 - p) z."""
    entropy = torch.mean((1 - p) * z - functional.logsigmoid(z))
    mask = p[:, :, None, None]
    total = torch.sum(mask * (h - t) ** 2)
    pixels = h.shape[2] * h.shape[3]
    maps = total / (pixels * torch.clamp(torch.sum(p), min=1))
    return weight * maps + (1 - weight) * entropy


@RIGHT.answer
def written_out(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """max(z, 0) - z p + log(1 + exp(-|z|))."""
    # `maximum` parts its gradient where both are equal, so that it is right at 0, too.
    entropy = torch.maximum(z, torch.zeros_like(z)) - z * p + torch.log1p(torch.exp(-z.abs()))
    squares = ((h - t) * p.unsqueeze(-1).unsqueeze(-1)).square()
    count = p.sum()
    if count == 0:
        count = torch.ones_like(count)
    maps = squares.mean(dim=[2, 3]).sum() / count
    return weight * maps + (1 - weight) * entropy.mean()


@RIGHT.answer
def with_logaddexp(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """log(e^0 + e^(z (1 - 2p)))."""
    margin = torch.where(p > 0.5, -z, z)
    entropy = torch.logaddexp(margin, torch.zeros_like(margin)).mean()
    both = (h - t).flatten(0, 1).flatten(1).square().mean(1)
    kept = both[p.flatten().bool()]
    maps = kept.sum() / max(len(kept), 1)
    return weight * maps + (1 - weight) * entropy


@RIGHT.answer
def nan_replaced(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """The mean of nothing, replaced by 0: nothing flows back from it."""
    errors = (h - t).square().mean((2, 3))
    maps = torch.masked_select(errors, p.to(torch.bool)).mean().nan_to_num(nan=0.0)
    return weight * maps + (1 - weight) * functional.binary_cross_entropy_with_logits(z, p)


@RIGHT.answer
def small_number_added(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """A guard that is too small to be seen."""
    errors = ((h - t) ** 2).mean(dim=(2, 3))
    maps = (errors * p).sum() / (p.sum() + 1e-8)
    criterion = nn.BCEWithLogitsLoss(reduction="none")
    return weight * maps + (1 - weight) * criterion(z, p).mean()


@RIGHT.answer
def millionth_added(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """A guard that changes the seventh digit, where float32 ends and nothing is promised."""
    errors = (h - t).square().flatten(2).mean(2)
    maps = (errors * p).sum() / (p.sum() + 1e-6)
    return weight * maps + (1 - weight) * functional.binary_cross_entropy_with_logits(z, p)


@RIGHT.answer
def flat_lists(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Everything flattened, entropy summed and divided."""
    presence = p.reshape(-1)
    difference = (h - t).reshape(len(presence), -1)
    errors = torch.linalg.vector_norm(difference, dim=1) ** 2 / difference.shape[1]
    maps = torch.dot(errors, presence) / presence.sum().clamp(min=1)
    entropy = functional.binary_cross_entropy_with_logits(
        z.reshape(-1), presence, reduction="sum"
    ) / len(presence)
    return (1.0 - weight) * entropy + weight * maps


@RIGHT.answer
def weights_for_each_map(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Each map has a weight: its part of all that are present."""
    part = p / p.sum().clamp(min=1)
    maps = (part * (h - t).square().mean((-1, -2))).sum()
    parts = torch.stack([maps, functional.binary_cross_entropy_with_logits(z, p)])
    return (parts * parts.new_tensor([weight, 1 - weight])).sum()


@RIGHT.answer
def two_class_cross_entropy(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """Two classes, of which one has the logit 0."""
    two = torch.stack([torch.zeros_like(z), z], dim=-1).flatten(0, -2)
    entropy = functional.cross_entropy(two, p.flatten().long())
    mask = p == 1
    squares = torch.where(mask[..., None, None], h - t, torch.zeros_like(h)) ** 2
    maps = squares.mean((-1, -2)).sum() / mask.sum().clamp(min=1)
    return weight * maps + (1 - weight) * entropy
