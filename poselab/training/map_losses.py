"""Losses that say what the maps behind a position should look like.

They compare maps as probabilities: the logits' softmax over each whole map, and target maps scaled
to add up to 1. A target of zeros, of a joint that is not visible, costs nothing.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def map_probabilities(
    logits: Float[Tensor, "batch joint height width"],
) -> Float[Tensor, "batch joint height width"]:
    """The probability of each pixel to be the joint's: at least 0, and of each map 1 in all."""
    return _log_probabilities(logits).exp()


def cross_entropy_of_maps(
    logits: Float[Tensor, "batch joint height width"],
    target: Float[Tensor, "batch joint height width"],
) -> Float[Tensor, ""]:
    """The cross-entropy of each map with its target, averaged over the joints that have one.

    Where the squared error asks how high each pixel is, this asks which one it is.

    Args:
        logits: any real numbers.
        target: heat maps of at least 0, of any height.

    Returns:
        One number; 0 if no joint has a target.
    """
    wanted, has_target = _scaled(target)
    per_joint = -(wanted * _log_probabilities(logits)).sum(dim=(-2, -1))
    return per_joint.sum() / has_target.sum().clamp(min=1)


def localisation_prior(
    logits: Float[Tensor, "batch joint height width"],
    target: Float[Tensor, "batch joint height width"],
) -> Float[Tensor, ""]:
    """How little each map's probabilities resemble its target: their Jensen-Shannon divergence.

    Averaged over the joints that have a target. It is 0 where both agree and at most log 2 = 0.69,
    so that far-off maps do not outweigh all else. Added to the loss of a mean position, it favours
    maps with one narrow hill; from Nibali et al., "Numerical Coordinate Regression with
    Convolutional Neural Networks" (2018).

    Args:
        logits: any real numbers.
        target: heat maps of at least 0, of any height.

    Returns:
        One number from 0 to 0.69; 0 if no joint has a target.
    """
    wanted, has_target = _scaled(target)
    log_found = _log_probabilities(logits)
    found = log_found.exp()
    log_middle = ((wanted + found) / 2).clamp(min=_TINY).log()
    to_found = (found * (log_found - log_middle)).sum(dim=(-2, -1))
    to_wanted = (wanted * (wanted.clamp(min=_TINY).log() - log_middle)).sum(dim=(-2, -1))
    return ((to_found + to_wanted) / 2 * has_target).sum() / has_target.sum().clamp(min=1)


_TINY = 1e-30
"""Has a logarithm in float32, and is nothing beside any probability that matters."""


def _log_probabilities(logits: Tensor) -> Tensor:
    return logits - logits.logsumexp(dim=(-2, -1), keepdim=True)


def _scaled(target: Tensor) -> tuple[Tensor, Tensor]:
    """Maps that add up to 1, and which of them there are."""
    total = target.sum(dim=(-2, -1), keepdim=True)
    has_target = total[..., 0, 0] > 0
    return target / total.where(total > 0, 1.0), has_target
