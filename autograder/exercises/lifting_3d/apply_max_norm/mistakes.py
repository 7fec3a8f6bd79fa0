"""Wrong answers to `apply_max_norm`."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from autograder.exercises.bank import Bank

BANK = Bank()

Rule = Callable[[Tensor, float], Tensor]
"""Weights (unit, input) and the limit -> what the weights are multiplied by."""


def _linear(model: nn.Module) -> list[nn.Linear]:
    return [layer for layer in model.modules() if isinstance(layer, nn.Linear)]


def _down_to(size: Tensor, limit: float) -> Tensor:
    return torch.where(size > limit, limit / size, 1)


def _rows(weight: Tensor, limit: float) -> Tensor:
    return _down_to(weight.norm(dim=1, keepdim=True), limit)


def _limit(parameters: Iterable[Tensor], limit: float, rule: Rule = _rows) -> None:
    with torch.no_grad():
        for weight in parameters:
            weight.mul_(rule(weight, limit))


def _limit_layers(model: nn.Module, limit: float, rule: Rule = _rows) -> None:
    _limit((layer.weight for layer in _linear(model)), limit, rule)


# What is limited.


@BANK.mistake(
    "Columns are limited, the weights that leave an input. A row of `weight` holds what enters a "
    "unit: take the length along axis 1."
)
def columns_limited(model: nn.Module, max_norm: float) -> None:
    """Axis 0."""
    _limit_layers(model, max_norm, lambda w, m: _down_to(w.norm(dim=0, keepdim=True), m))


@BANK.mistake("All weights of a layer are limited together. Each unit has a limit of its own.")
def whole_layer_limited(model: nn.Module, max_norm: float) -> None:
    """The Frobenius norm."""
    _limit_layers(model, max_norm, lambda w, m: _down_to(w.norm(), m))


@BANK.mistake(
    "The weights of all layers are limited together, as `clip_grad_norm_` does it for gradients. "
    "Each unit has a limit of its own."
)
def all_layers_together(model: nn.Module, max_norm: float) -> None:
    """One norm for the whole model."""
    weights = [layer.weight for layer in _linear(model)]
    whole = torch.stack([weight.detach().norm() for weight in weights]).norm()
    _limit(weights, max_norm, lambda w, m: _down_to(whole, m))


@BANK.mistake(
    "Each number is cut off at `max_norm`. The limit is for the length of a unit's weights, and "
    "their direction stays."
)
def numbers_clamped(model: nn.Module, max_norm: float) -> None:
    """clamp_."""
    with torch.no_grad():
        for layer in _linear(model):
            layer.weight.clamp_(-max_norm, max_norm)


@BANK.mistake("Short weights are stretched to `max_norm`. Only what is longer is to be changed.")
def short_ones_stretched(model: nn.Module, max_norm: float) -> None:
    """Every row gets the length max_norm."""
    _limit_layers(model, max_norm, lambda w, m: m / w.norm(dim=1, keepdim=True).clamp(min=1e-12))


@BANK.mistake("Long weights end with the length 1, whatever `max_norm` is.")
def shortened_to_one(model: nn.Module, max_norm: float) -> None:
    """w / |w| where |w| > max_norm."""

    def rule(weight: Tensor, limit: float) -> Tensor:
        length = weight.norm(dim=1, keepdim=True)
        return torch.where(length > limit, 1 / length, 1)

    _limit_layers(model, max_norm, rule)


@BANK.mistake("All weights are divided by their length: short ones, too, and without `max_norm`.")
def divided_by_the_length_only(model: nn.Module, max_norm: float) -> None:
    """w / |w|."""
    _limit_layers(model, max_norm, lambda w, m: 1 / w.norm(dim=1, keepdim=True).clamp(min=1e-12))


@BANK.mistake(
    "Sums of absolute values are limited, the L1 norm. The length is the root of the sum of "
    "squares."
)
def sums_of_absolute_values(model: nn.Module, max_norm: float) -> None:
    """The L1 norm."""
    _limit_layers(model, max_norm, lambda w, m: _down_to(w.abs().sum(1, keepdim=True), m))


@BANK.mistake(
    "The largest number of each row is limited. The length is the root of the sum of squares."
)
def largest_number_limited(model: nn.Module, max_norm: float) -> None:
    """The maximum norm."""
    _limit_layers(model, max_norm, lambda w, m: _down_to(w.abs().amax(1, keepdim=True), m))


@BANK.mistake("The sum of squares is taken for the length: its root is left out.")
def root_left_out(model: nn.Module, max_norm: float) -> None:
    """|w|^2."""
    _limit_layers(model, max_norm, lambda w, m: _down_to(w.square().sum(1, keepdim=True), m))


@BANK.mistake("The bias is counted as one of the weights. The length is that of the weights alone.")
def biases_counted(model: nn.Module, max_norm: float) -> None:
    """sqrt(|w|^2 + b^2)."""
    with torch.no_grad():
        for layer in _linear(model):
            squares = layer.weight.square().sum(1, keepdim=True)
            if layer.bias is not None:
                squares = squares + layer.bias.square()[:, None]
            layer.weight.mul_(_down_to(squares.sqrt(), max_norm))


@BANK.mistake(
    "No weight has changed: a new tensor is computed, but not written back to the parameter."
)
def nothing_changed(model: nn.Module, max_norm: float) -> None:
    """The result is thrown away."""
    for layer in _linear(model):
        torch.renorm(layer.weight, 2, 0, max_norm)


@BANK.another("nothing_changed")
def changes_a_copy(model: nn.Module, max_norm: float) -> None:
    """A copy of the weights is changed."""
    _limit(
        (weight.clone() for weight in model.state_dict().values() if weight.dim() == 2), max_norm
    )


@BANK.mistake("Change the weights inside `with torch.no_grad():`, which records nothing.")
def changed_while_recording(model: nn.Module, max_norm: float) -> None:
    """Without no_grad."""
    for layer in _linear(model):
        layer.weight.mul_(_rows(layer.weight, max_norm))


@BANK.mistake(
    "Only the model's direct parts are looked at; linear layers inside them are left out. "
    "`modules()` visits everything, however deeply it is nested."
)
def nested_layers_left_out(model: nn.Module, max_norm: float) -> None:
    """children()."""
    layers = [model, *model.children()]
    _limit((part.weight for part in layers if isinstance(part, nn.Linear)), max_norm)


# Special cases.


@BANK.mistake(
    "The model itself is left out: where it is a linear layer, nothing happens. `modules()` begins "
    "with the model.",
    fails="edge_cases",
)
def model_itself_left_out(model: nn.Module, max_norm: float) -> None:
    """Only what is inside the model."""
    inside = list(model.modules())[1:]
    _limit((part.weight for part in inside if isinstance(part, nn.Linear)), max_norm)


@BANK.mistake(
    "Weights that are all 0 become nan: 0 / 0. Divide by the length only where it is too long.",
    fails="edge_cases",
)
def zeros_become_nan(model: nn.Module, max_norm: float) -> None:
    """w * min(|w|, m) / |w|."""

    def rule(weight: Tensor, limit: float) -> Tensor:
        length = weight.norm(dim=1, keepdim=True)
        return length.clamp(max=limit) / length

    _limit_layers(model, max_norm, rule)


# What should have been left alone.


@BANK.mistake("The biases are multiplied as well. Leave them as they are.", fails="others")
def biases_limited(model: nn.Module, max_norm: float) -> None:
    """Bias and weights shrink together."""
    with torch.no_grad():
        for layer in _linear(model):
            factor = _rows(layer.weight, max_norm)
            layer.weight.mul_(factor)
            if layer.bias is not None:
                layer.bias.mul_(factor[:, 0])


@BANK.mistake("Convolutions are limited, too. Only linear layers are meant.", fails="others")
def convolutions_limited(model: nn.Module, max_norm: float) -> None:
    """isinstance(layer, (nn.Linear, nn.Conv2d))."""
    _limit_layers(model, max_norm)
    convolutions = [part for part in model.modules() if isinstance(part, nn.Conv2d)]
    _limit((part.weight.flatten(1) for part in convolutions), max_norm)


@BANK.mistake(
    "Every parameter with two or more axes is limited, also those of convolutions and embeddings. "
    "Only linear layers are meant: ask `isinstance(layer, nn.Linear)`.",
    fails="others",
)
def every_matrix_limited(model: nn.Module, max_norm: float) -> None:
    """dim() > 1."""
    _limit((p.data.flatten(1) for p in model.parameters() if p.dim() > 1), max_norm)


@BANK.mistake(
    "Every parameter is limited: biases, batch normalisations, convolutions and embeddings as "
    "well. Only the weights of linear layers are meant.",
    fails="others",
)
def every_parameter_limited(model: nn.Module, max_norm: float) -> None:
    """All of parameters()."""
    _limit((p.data.reshape(len(p), -1) for p in model.parameters()), max_norm)


@BANK.mistake("The model is in another mode afterwards: leave it as it is.", fails="others")
def mode_changed(model: nn.Module, max_norm: float) -> None:
    """eval()."""
    model.eval()
    _limit_layers(model, max_norm)


# In place.


@BANK.mistake(
    "Each layer gets a new parameter. The optimiser goes on moving the old one: change the values "
    "of the one that is there.",
    fails="in_place",
)
def parameters_replaced(model: nn.Module, max_norm: float) -> None:
    """nn.Parameter(...)."""
    for layer in _linear(model):
        layer.weight = nn.Parameter(torch.renorm(layer.weight.detach(), 2, 0, max_norm))


@BANK.mistake(
    "The weights cannot learn any more: `requires_grad` is switched off. `torch.no_grad()` "
    "switches recording off and on again.",
    fails="in_place",
)
def learning_switched_off(model: nn.Module, max_norm: float) -> None:
    """requires_grad_(False)."""
    for layer in _linear(model):
        layer.weight.requires_grad_(False)
        layer.weight.mul_(_rows(layer.weight, max_norm))


@BANK.mistake(
    "The gradients are gone or changed. They belong to the step before; leave them as they are.",
    fails="in_place",
)
def gradients_changed(model: nn.Module, max_norm: float) -> None:
    """zero_grad()."""
    model.zero_grad()
    _limit_layers(model, max_norm)


@BANK.another("gradients_changed")
def gradients_shortened(model: nn.Module, max_norm: float) -> None:
    """The gradients are limited as well."""
    _limit_layers(model, max_norm)
    _limit((layer.weight.grad for layer in _linear(model) if layer.weight.grad is not None), 0.1)


@BANK.mistake(
    "Every parameter with two axes is limited, whatever layer it belongs to: embeddings, too. Ask "
    "`isinstance(layer, nn.Linear)`.",
    fails="others",
)
def all_with_two_axes_limited(model: nn.Module, max_norm: float) -> None:
    """dim() == 2."""
    _limit((p.data for p in model.parameters() if p.dim() == 2), max_norm)
