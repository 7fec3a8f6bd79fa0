"""The decoder with weights of the judge's own."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from poselab.checks.experiments.reports import Aspect, read_report
from poselab.checks.experiments.vit_presence.weights import fill
from poselab.checks.registry import RELATIONS, Subject, experiment


@experiment
def decoder_with_weights(subject: Subject, args: tuple[Any, ...]) -> Tensor:
    """The result of a decoder whose weights have been replaced.

    Args:
        subject: the network.
        args: feature maps, the number of keypoints, the seed of the weights.

    Returns:
        Its heat maps.
    """
    features, n_keypoints, seed = args
    assert isinstance(subject, nn.Module)
    fill(subject, (n_keypoints, features.shape[1]), seed)
    with torch.no_grad():
        result: Tensor = subject(features)
    return result


_REPEATED = (
    Aspect("The result is not of a floating-point type."),
    Aspect("The result holds values that are nan or infinite."),
    Aspect("All numbers of the result are whole."),
    Aspect("Entirely different feature maps give the same result."),
    Aspect("The same feature maps give another result after the network has seen other ones."),
    Aspect("In evaluation mode, two calls with the same feature maps give two results."),
)
_LEARNING = (
    Aspect("{0} weights and biases that are used are not among the network's `parameters()`."),
    Aspect("{0} tensors that require a gradient are not among the network's `parameters()`."),
    Aspect("The network has no parameter that can learn."),
    Aspect(
        "{0} of {1} weights and biases shape the result, but no gradient flows back to them.",
    ),
    Aspect(
        "{0} of {1} weights and biases shape the result, but the gradient there is 0, also after "
        "a few steps.",
        "What is flat has no gradient: look for rounding, comparisons and `clamp`.",
    ),
)

RELATIONS |= {
    "features_repeat": partial(read_report, aspects=_REPEATED, names={}),
    "decoder_learns": partial(read_report, aspects=_LEARNING, names={}),
}
