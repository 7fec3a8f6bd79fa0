"""The encoder with weights of the judge's own, and what its parameters are like."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from poselab.checks.cases import Case
from poselab.checks.experiments.reports import Aspect, read_report
from poselab.checks.experiments.results import stacked
from poselab.checks.experiments.vit_presence.weights import (
    encoder_parameters,
    find,
    put_in,
)
from poselab.checks.registry import RELATIONS, Calls, Finding, Subject, experiment, relation

_LEAST, _MOST = 0.016, 0.024
"""The standard deviation of positions that were drawn with 0.02."""

_UNFIT = re.compile(r"[^\w.]")
"""What is in no name of a parameter."""

_FEW = 4
"""Names that are told in full."""


@experiment
def encoder_with_weights(subject: Subject, args: tuple[Any, ...]) -> Tensor:
    """The result of an encoder whose weights have been replaced.

    Args:
        subject: the network.
        args: images, the sizes that it was made with, the seed of the weights.

    Returns:
        Its feature maps.
    """
    images, sizes, seed = args
    assert isinstance(subject, nn.Module)
    put_in(subject, encoder_parameters(sizes), seed)
    with torch.no_grad():
        # The argument itself: whether it is changed is another question.
        result: Tensor = subject(images)
    return result


@experiment
def encoder_in_training(subject: Subject, calls: Calls) -> Tensor:
    """The results of a network in training mode, (call, ...)."""
    assert isinstance(subject, nn.Module)
    subject.train()
    return stacked([subject(*args) for args in calls])


@experiment
def encoder_names(subject: Subject, calls: Calls) -> Tensor:
    """What an encoder's parameters are called, and what they are like.

    Args:
        subject: the network.
        calls: one, with the sizes that it was made with.

    Returns:
        The findings as the bytes of a JSON object.
    """
    ((_, sizes),) = calls
    assert isinstance(subject, nn.Module)
    wanted = encoder_parameters(sizes)
    found = find(subject, wanted)
    own = {id(parameter) for parameter in subject.parameters()}
    tensors = found.by_name
    position = tensors.get("position")
    report = {
        "missing": found.missing,
        "unknown": list(found.unknown),
        "renamed": [[name, mine] for name, mine in found.own_name.items() if name != mine],
        "not_own": [name for name, tensor in tensors.items() if id(tensor) not in own],
        "frozen": [
            name for name, t in tensors.items() if id(t) in own and not t.requires_grad
        ],
        "shapes": [
            [name, list(tensor.shape), list(wanted[name])]
            for name, tensor in tensors.items()
            if tuple(tensor.shape) != wanted[name]
        ],
        "spread": _spread(position),
    }  # fmt: skip
    return torch.tensor(list(json.dumps(report).encode()), dtype=torch.float64)


def _spread(position: Tensor | None) -> list[float]:
    """Mean and standard deviation of positions as they were made."""
    if position is None or position.numel() < 2:
        return [0.0, 0.0]
    values = position.detach().double()
    return [float(values.mean()), float(values.std())]


def _read(result: Tensor) -> dict[str, Any]:
    """What :func:`encoder_names` found; nothing where the bytes are another thing."""
    try:
        report = json.loads(bytes(int(byte) for byte in result.flatten().tolist()))
    except (ValueError, OverflowError):
        return {}
    return report if isinstance(report, dict) else {}


def _names(names: Sequence[Any]) -> str:
    """Names as a list for people; a network's own ones can be anything."""
    shown = [f"`{_UNFIT.sub('', str(name))[:60]}`" for name in names[:_FEW]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


@relation
def weights_fit(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Weights can be put into the network, whatever its parameters are called."""
    found = _read(result)
    missing, unknown = found.get("missing", ["?"]), found.get("unknown", ["?"])
    if missing and unknown:
        seen = (
            f"The network has no parameters {_names(missing)}. It has others that it should not "
            f"have: {_names(unknown)}."
        )
        advice = (
            "Give the parameters the names and shapes of the table in the notebook: "
            "`[name for name, _ in PoseViT().named_parameters()]` lists those that there are."
        )
        yield Finding(math.inf, "", seen, advice)


@relation
def parameters_as_said(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The parameters have the names and shapes of the notebook, can learn, and start as said."""
    found = _read(result)
    if not found:
        yield Finding(math.inf, "", "The network's parameters could not be read.")
        return
    hidden = [name for name in found["not_own"] if name != "position"]
    if hidden:
        seen = f"{_names(hidden)} are not in `parameters()`."
        yield Finding(math.inf, "hidden_in_a_list", seen)
    if "position" in found["not_own"]:
        seen = "`position` is a tensor, but it is not in `parameters()`."
        yield Finding(math.inf, "position_not_a_parameter", seen)
    if found["frozen"]:
        seen = f"{_names(found['frozen'])} cannot learn: `requires_grad` is off."
        mistake = "position_frozen" if found["frozen"] == ["position"] else "parameters_frozen"
        yield Finding(math.inf, mistake, seen)
    if found["renamed"]:
        wanted, own = zip(*found["renamed"], strict=True)
        seen = f"The network has no parameters {_names(wanted)}, but has {_names(own)}."
        yield Finding(math.inf, "parameters_renamed", seen)
    if found["missing"]:
        seen = f"The network has no parameters {_names(found['missing'])}."
        yield Finding(math.inf, "", seen)
    if found["unknown"]:
        seen = f"The network has parameters that it should not have: {_names(found['unknown'])}."
        yield Finding(math.inf, "parameters_too_many", seen)
    yield from _shapes(found["shapes"])
    mean, spread = found["spread"]
    if not (_LEAST < spread < _MOST and abs(mean) < _LEAST / 2):
        seen = f"`position` starts with mean {mean:.3g} and standard deviation {spread:.3g}."
        mistake = "position_starts_at_zero" if spread == mean == 0 else "position_starts_otherwise"
        yield Finding(math.inf, mistake, seen)


def _shapes(shapes: Sequence[Any]) -> Iterator[Finding]:
    for name, shape, wanted in shapes:
        mistake = "parameter_transposed" if shape == wanted[::-1] else ""
        if name == "position" and len(shape) > 2:
            mistake = "position_with_an_axis_more"
        if name == "patch_embedding.weight" and len(shape) > 2:
            mistake = "embedding_is_a_convolution"
        own, right = (tuple(map(int, sizes)) for sizes in (shape, wanted))
        seen = f"{_names([name])} has the shape {own}; expected {right}."
        yield Finding(math.inf, mistake, seen)


_REPEATED = (
    Aspect("The result is not of a floating-point type."),
    Aspect("The result holds values that are nan or infinite."),
    Aspect("All numbers of the result are whole."),
    Aspect("Entirely different images give the same result."),
    Aspect("The same images give another result after the network has seen other ones."),
    Aspect("In evaluation mode, two calls with the same images give two results."),
)
_LEARNING = (
    Aspect(
        "{0} of {1} weights and biases shape the result, but no gradient flows back to them.",
    ),
    Aspect(
        "{0} of {1} weights and biases shape the result, but the gradient there is 0, also after "
        "a few steps.",
        "What is flat has no gradient: look for rounding, comparisons and `clamp`.",
    ),
)


@relation
def all_can_learn(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """A gradient reaches all that is used; what is no parameter is another fault."""
    rows = result[-len(_LEARNING) :] if result.dim() == 2 and len(result) > 2 else result[:0]
    yield from read_report(rows, case, tolerance, _LEARNING, {})


RELATIONS |= {"images_repeat": partial(read_report, aspects=_REPEATED, names={})}
