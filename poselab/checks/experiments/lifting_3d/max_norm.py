"""A limit for the weights of linear layers: what becomes of a network of the course's own.

A call is (weights, max_norm, biases): weights (layer, unit, input), biases (layer, unit). One layer
makes a model that is a linear layer itself, four make a network of nested ones, with layers of
other kinds between them. Nothing says what the weights should be; the relations look for the
properties that they should have, and for the properties of known mistakes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from poselab.checks.cases import Case
from poselab.checks.counting import SPARE_INSTRUCTIONS, SPARE_OPERATIONS, measure_work
from poselab.checks.registry import Calls, Finding, Subject, experiment, relation

_Kind = TypeVar("_Kind", bound=nn.Module)

KEPT = (
    "same parameters",
    "can learn",
    "gradients",
    "mode",
    "biases",
    "norms",
    "convolutions",
    "embeddings",
)
"""What has to stay as it is, in the order of the numbers in front of the weights."""

LAYERS = 4
_NESTED = (1, 2)
"""The layers that are not direct children of the network."""

_LOOKS_ALIKE = 1e-4


class _Network(nn.Module):
    """Four linear layers, two of which are nested, and layers of other kinds."""

    def __init__(self, units: int, inputs: int) -> None:
        super().__init__()
        self.enter = nn.Linear(inputs, units)
        self.blocks = nn.ModuleList(
            [
                nn.Sequential(nn.Linear(inputs, units), nn.BatchNorm1d(units), nn.ReLU()),
                nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Linear(inputs, units))),
            ]
        )
        self.leave = nn.Linear(inputs, units, bias=False)
        self.image = nn.Conv2d(inputs, units, 1)
        self.names = nn.Embedding(units, inputs)


def _made_of(weights: Tensor, biases: Tensor) -> nn.Module:
    """A model with these weights, in training mode but for one part, and with gradients."""
    layers, units, inputs = weights.shape
    model: nn.Module = nn.Linear(inputs, units) if layers == 1 else _Network(units, inputs)
    with torch.no_grad():
        for layer, weight, bias in zip(_linear(model), weights, biases, strict=True):
            layer.weight.copy_(weight)
            if layer.bias is not None:
                layer.bias.copy_(bias)
        if isinstance(model, _Network):
            model.image.weight.copy_(5 * weights[0][..., None, None])
            model.names.weight.copy_(5 * weights[1])
            for norm in _all(model, nn.BatchNorm1d):
                norm.weight.copy_(5 * biases[0])
            model.blocks[1].train(False)
    for number, parameter in enumerate(model.parameters(), 1):
        parameter.grad = torch.full_like(parameter, float(number))
    return model


def _all(model: nn.Module, kind: type[_Kind]) -> list[_Kind]:
    return [module for module in model.modules() if isinstance(module, kind)]


def _linear(model: nn.Module) -> list[nn.Linear]:
    return _all(model, nn.Linear)


@experiment
def max_norm_applied(subject: Subject, calls: Calls) -> Tensor:
    """What became of each call's model, (call, ...): whether each of KEPT was, and the weights."""
    return torch.stack([_outcome(subject, *args) for args in calls])


def _outcome(subject: Subject, weights: Tensor, max_norm: float, biases: Tensor) -> Tensor:
    model = _made_of(weights, biases)
    layers = _linear(model)
    parameters = dict(model.named_parameters())
    gradients = {name: p.grad for name, p in parameters.items()}
    copies = {name: p.grad.clone() for name, p in parameters.items() if p.grad is not None}
    modes = [module.training for module in model.modules()]
    values = {name: value.clone() for name, value in model.state_dict().items()}
    try:
        subject(model, max_norm)
    except RuntimeError as error:
        if "leaf Variable that requires grad" not in str(error):
            raise
        return torch.full((len(KEPT) + weights.numel(),), math.nan, dtype=torch.float64)
    now = dict(model.named_parameters())

    def unchanged(modules: Iterable[nn.Module], names: tuple[str, ...]) -> bool:
        of_these = {id(module) for module in modules}
        prefixes = [name for name, module in model.named_modules() if id(module) in of_these]
        after = model.state_dict()
        places = [f"{prefix}.{name}".lstrip(".") for prefix in prefixes for name in names]
        return all(torch.equal(after[p], values[p]) for p in places if p in values and p in after)

    same = now.keys() == parameters.keys() and all(now[n] is parameters[n] for n in parameters)
    kept = (
        same,
        all(p.requires_grad and p.is_leaf for p in now.values()),
        not same
        or all(
            p.grad is not None and p.grad is gradients[name] and torch.equal(p.grad, copies[name])
            for name, p in now.items()
        ),
        [module.training for module in model.modules()] == modes,
        unchanged(layers, ("bias",)),
        unchanged(_all(model, nn.BatchNorm1d), ("weight", "bias", "running_mean", "running_var")),
        unchanged(_all(model, nn.Conv2d), ("weight", "bias")),
        unchanged(_all(model, nn.Embedding), ("weight",)),
    )
    left = torch.stack([layer.weight.detach().double() for layer in layers])
    return torch.cat([torch.tensor(kept, dtype=torch.float64), left.flatten()])


@experiment
def max_norm_work(subject: Subject, calls: Calls) -> Tensor:
    """The work of each call, (call, 2): operations on tensors, and Python instructions."""
    rows = []
    for weights, max_norm, biases in (calls[0], *calls):
        # Made in the call that is watched: into what is older nothing may be written there.
        _, work = measure_work(
            lambda weights, limit, biases: subject(_made_of(weights, biases), limit),
            (weights, max_norm, biases),
        )
        rows.append([work.operations, work.instructions])
    return torch.tensor(rows[1:], dtype=torch.float64)


@dataclass(frozen=True)
class _Change:
    """The weights of one call before and afterwards, in float64."""

    before: Tensor
    after: Tensor
    biases: Tensor
    limit: float

    @property
    def length(self) -> Tensor:
        """(layer, unit): how long the weights were."""
        return self.before.norm(dim=-1)

    @property
    def ratio(self) -> Tensor:
        """By what each weight was multiplied."""
        return self.after / self.before

    @property
    def off(self) -> float:
        """How far the weights are from what they should be: too long, changed or turned."""
        length, left = self.length, self.after.norm(dim=-1)
        is_long = length > self.limit
        changed = (self.after - self.before).abs().amax(-1)
        turned = (self.after * length[..., None] - self.before * left[..., None]).abs().amax(-1)
        wrong = torch.maximum((left - self.limit).abs(), turned / length.clamp(min=1e-30))
        return float(torch.where(is_long, wrong, changed).nan_to_num(nan=math.inf).max())

    def multiplied_by(self, factor: Tensor) -> bool:
        """Whether the weights are these multiples of those before."""
        return _alike(self.ratio, factor.expand_as(self.ratio))

    def limited_by(self, size: Tensor) -> bool:
        """Whether that size, instead of the length, was brought down to the limit."""
        return self.multiplied_by((self.limit / size).clamp(max=1))


def _alike(one: Tensor, other: Tensor) -> bool:
    return bool(((one - other).abs() < _LOOKS_ALIKE).all())


def _changes(result: Tensor, case: Case) -> list[_Change]:
    return [
        _Change(
            weights.double(), row[len(KEPT) :].reshape(weights.shape), biases.double(), float(limit)
        )
        for (weights, limit, biases), row in zip(case.args, result, strict=True)
    ]


def _with_biases(change: _Change) -> Tensor:
    """Lengths that count the biases, which the last layer has none of."""
    biases = change.biases.clone()
    biases[-1] = 0
    return (change.length.square() + biases.square()).sqrt()[..., None]


def _nested_missed(change: _Change) -> bool:
    nested = list(_NESTED)
    others = [number for number in range(LAYERS) if number not in nested]
    outer = _Change(
        change.before[others], change.after[others], change.biases[others], change.limit
    )
    return _alike(change.after[nested], change.before[nested]) and outer.off < _LOOKS_ALIKE


_LOOKS_LIKE: dict[str, Callable[[_Change], bool]] = {
    "nothing_changed": lambda c: _alike(c.after, c.before),
    "nested_layers_left_out": _nested_missed,
    "numbers_clamped": lambda c: _alike(c.after, c.before.clamp(-c.limit, c.limit)),
    "columns_limited": lambda c: c.limited_by(c.before.norm(dim=1, keepdim=True)),
    "whole_layer_limited": lambda c: c.limited_by(c.before.norm(dim=(1, 2), keepdim=True)),
    "all_layers_together": lambda c: c.limited_by(c.before.norm()),
    "short_ones_stretched": lambda c: c.multiplied_by((c.limit / c.length)[..., None]),
    "shortened_to_one": lambda c: c.multiplied_by(
        torch.where(c.length > c.limit, 1 / c.length, 1.0)[..., None]
    ),
    "sums_of_absolute_values": lambda c: c.limited_by(c.before.abs().sum(-1, keepdim=True)),
    "largest_number_limited": lambda c: c.limited_by(c.before.abs().amax(-1, keepdim=True)),
    "root_left_out": lambda c: c.limited_by(c.before.square().sum(-1, keepdim=True)),
    "biases_counted": lambda c: c.limited_by(_with_biases(c)),
    "divided_by_the_length_only": lambda c: c.multiplied_by((1 / c.length)[..., None]),
}


@relation
def rows_limited(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """No unit's weights are longer than the limit, and all of them keep their direction."""
    refused = bool(result.isnan().all(-1).any())
    seen = "PyTorch refused it: a parameter was changed in place while gradients are recorded."
    yield Finding(math.inf if refused else 0.0, "changed_while_recording", seen)
    changes = _changes(result, case)
    worst = max(changes, key=lambda change: change.off)
    shown = (name for name, holds in _LOOKS_LIKE.items() if all(map(holds, changes)))
    length, left = worst.length, worst.after.norm(dim=-1)
    is_long, limit = length > worst.limit, worst.limit
    if bool((left > limit + tolerance).any()):
        place = int(left.flatten().sort().indices[-1])
        seen = (
            f"With a limit of {limit:g}, a unit's weights have the length "
            f"{float(left.flatten()[place]):.3g}; it was {float(length.flatten()[place]):.3g}."
        )
    elif bool(((worst.after - worst.before).abs().amax(-1) > tolerance)[~is_long].any()):
        seen = f"With a limit of {limit:g}, weights that are shorter have changed."
    else:
        seen = f"With a limit of {limit:g}, weights that are longer do not end with that length."
    yield Finding(worst.off, next(shown, ""), seen)


@relation
def zeros_left_alone(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """As :func:`rows_limited`, where some units have no weight but 0."""
    changes = _changes(result, case)
    off = max(change.off for change in changes)
    nan = [change.after.isnan().any(-1) for change in changes]
    zero = [change.length == 0 for change in changes]
    only_zeros = all(torch.equal(a, b) for a, b in zip(nan, zero, strict=True))
    seen = "The weights of a unit were all 0, and are others now."
    yield Finding(off, "zeros_become_nan" if only_zeros else "", seen)


@relation
def the_model_itself(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """As :func:`rows_limited`, for a model that is a linear layer."""
    changes = _changes(result, case)
    untouched = all(_alike(change.after, change.before) for change in changes)
    off = max(change.off for change in changes)
    seen = "The model is a single linear layer, and its weights are not limited."
    yield Finding(off, "model_itself_left_out" if untouched else "", seen)


_OTHERS = {
    ("biases",): "biases_limited",
    ("convolutions",): "convolutions_limited",
    ("embeddings",): "all_with_two_axes_limited",
    ("convolutions", "embeddings"): "every_matrix_limited",
    ("biases", "norms", "convolutions", "embeddings"): "every_parameter_limited",
    ("mode",): "mode_changed",
}


@relation
def others_left_alone(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Biases, layers of other kinds and the mode are as they were."""
    kept = (result[:, : len(KEPT)] == 1).all(0).tolist()
    changed = tuple(name for name, holds in zip(KEPT, kept, strict=True) if not holds)
    changed = tuple(name for name in changed if name in KEPT[3:])
    seen = f"These have changed: {', '.join(changed)}."
    yield Finding(math.inf if changed else 0.0, _OTHERS.get(changed, ""), seen)


@relation
def changed_in_place(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The parameters are the same ones, can learn, and have their gradients."""
    same, learn, gradients = (result[:, :3] == 1).all(0).tolist()
    seen = "The model has other parameters than before: the optimiser does not know them."
    yield Finding(0.0 if same else math.inf, "parameters_replaced", seen)
    seen = "Some parameters cannot learn any more: `requires_grad` is off, or they are no leaves."
    yield Finding(0.0 if learn else math.inf, "learning_switched_off", seen)
    seen = "Gradients that were there before the call are gone, or others."
    yield Finding(0.0 if gradients else math.inf, "gradients_changed", seen)


@relation
def work_does_not_grow(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """More units, or more inputs, take no more operations and instructions."""
    grown = result[1:] - result[:1]
    for (operations, instructions), axis in zip(grown.tolist(), ("units", "inputs"), strict=True):
        many = operations > SPARE_OPERATIONS or instructions > SPARE_INSTRUCTIONS
        seen = (
            f"With 40 more {axis} in a layer, the call takes {operations:.0f} more tensor "
            f"operations and {instructions:.0f} more Python instructions."
        )
        yield Finding(math.inf if many else 0.0, f"loops_over_{axis}" if many else "", seen)
