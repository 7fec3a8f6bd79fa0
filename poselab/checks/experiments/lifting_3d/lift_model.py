"""Networks of residual blocks: is yours the one that was asked for, and does it use its options?

The weights of a network are replaced by random ones, and its results are compared with what these
weights should give by the formula, and with what they would give in networks that are put together
wrongly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial

import torch
from torch import Tensor, nn

from poselab.checks.cases import Case
from poselab.checks.experiments.lifting_3d.tracing import (
    AS_SAID,
    IN_EVALUATION,
    IN_TRAINING,
    Design,
    Layers,
    Norm,
    Trace,
)
from poselab.checks.experiments.networks import ask
from poselab.checks.experiments.reports import Aspect, read_report
from poselab.checks.registry import RELATIONS, Calls, Finding, Subject, experiment, relation

_ORDERS = {
    "normalised_at_the_input": "LN{LNLN}L",
    "normalised_at_the_output": "L{LNLN}NL",
    "normalised_behind_the_output": "L{LNLN}LN",
    "one_layer_in_a_block": "L{LN}L",
    "three_layers_in_a_block": "L{LNLNLN}L",
    "not_normalised": "L{LL}L",
    "normalised_once_in_a_block": "L{LLN}L",
    "normalised_once_in_a_block_first": "L{LNL}L",
}
"""Orders of linear layers and normalisations that are plain mistakes; braces are repeated."""

_DESIGN = (
    "fits", "distance", *(f"order_{name}" for name in _ORDERS), "blocks_found", "linears", "norms",
    *(f"is_{name}" for name in IN_EVALUATION),
)  # fmt: skip
_TRAINING = ("fits", "distance", "other_kind", *(f"is_{name}" for name in IN_TRAINING))
_OPTIONS = ("few_blocks", "many_blocks", "narrow", "wide", "few_outputs", "many_outputs",
            "rarely_dropped", "often_dropped", "rarely_at_most", "often_at_most")  # fmt: skip
_PARAMETERS = ("all", "frozen", "unregistered", "unused", "shared_blocks", "shared_in_a_block",
               "without_bias", "without_weights", "in_place", "cut")  # fmt: skip

PARAMETERS = 4_284_461
"""How many parameters the network has by default."""

FEW, MANY = 1, 3
NARROW, WIDE = 20, 44
FEW_OUTPUTS, MANY_OUTPUTS = 6, 21
RARELY, OFTEN = 0.2, 0.7
"""The options that the network is tried with."""

USUAL_DROPOUT = 0.1
"""The default, with which the network is tried otherwise."""

_NEAR = 1e-4
"""By how much results may differ that are equal but for rounding, relative to their size."""


@experiment
def lift_design(subject: Subject, calls: Calls) -> Tensor:
    """How a network in evaluation mode is put together.

    Args:
        subject: the network, whose weights are replaced.
        calls: one, (poses, seed of the weights).

    Returns:
        (1, finding), the findings in the order of ``_DESIGN``.
    """
    ((given, seed),) = calls
    assert isinstance(subject, nn.Module)
    trace = _traced(subject, given)
    found: dict[str, float] = {"linears": len(trace.linears), "norms": len(trace.norms)}
    for name, order in _ORDERS.items():
        head, rest = order.split("{")
        block, tail = rest.split("}")
        fitting = {head + n * block + tail for n in (1, 2, 3)}
        found[f"order_{name}"] = float(trace.order in fitting)
    layers = Layers.of(trace)
    found["fits"] = float(layers is not None)
    if layers is not None:
        found["blocks_found"] = len(layers.hidden) // 2
        _set_weights(trace, seed)
        result = ask(subject, given).detach()
        found |= _compared(result, layers, given, Trace(), IN_EVALUATION, training=False)
    return _row(found, _DESIGN)


@experiment
def lift_training(subject: Subject, calls: Calls) -> Tensor:
    """Where a network in training mode drops numbers, and what it normalises with.

    Args:
        subject: the network, whose weights are replaced.
        calls: one, (poses, seed of the weights and of what is dropped).

    Returns:
        (1, finding), the findings in the order of ``_TRAINING``.
    """
    ((given, seed),) = calls
    assert isinstance(subject, nn.Module)
    trace = _traced(subject, given)
    layers = Layers.of(trace)
    found: dict[str, float] = {"fits": float(layers is not None)}
    if layers is not None:
        _set_weights(trace, seed)
        kept = _copies(layers)
        subject.train()
        drops = Trace(seed)
        with torch.no_grad(), drops:
            result = ask(subject, given)
        subject.eval()
        p = max(drops.probabilities, default=USUAL_DROPOUT)
        found["other_kind"] = float(drops.other_kind)
        found |= _compared(result, kept, given, drops, IN_TRAINING, training=True, p=p)
    return _row(found, _TRAINING)


@experiment
def lift_options(subject: Subject, calls: Calls) -> Tensor:
    """What becomes of each option, with a small and a large value.

    Args:
        subject: the class.
        calls: one, with poses.

    Returns:
        (1, finding), the findings in the order of ``_OPTIONS``.
    """
    ((given,),) = calls
    usual = {"n_blocks": 2, "hidden_layer": 28, "dropout": USUAL_DROPOUT, "output_nodes": 9}

    def call(training: bool = False, **options: float) -> tuple[Trace, Tensor]:
        network = subject(**{**usual, **options}).train(training)
        trace = Trace()
        with torch.no_grad(), trace:
            result = ask(network, given)
        return trace, result

    found: dict[str, float] = {}
    for name, n_blocks in (("few_blocks", FEW), ("many_blocks", MANY)):
        found[name] = (len(call(n_blocks=n_blocks)[0].linears) - 2) / 2
    for name, width in (("narrow", NARROW), ("wide", WIDE)):
        trace, _ = call(hidden_layer=width)
        found[name] = trace.linears[0].weight.shape[0] if trace.linears else math.nan
    for name, width in (("few_outputs", FEW_OUTPUTS), ("many_outputs", MANY_OUTPUTS)):
        _, result = call(output_nodes=width)
        found[name] = float(result.shape[-1])
    for name, p in (("rarely", RARELY), ("often", OFTEN)):
        probabilities = call(training=True, dropout=p)[0].probabilities or [0.0]
        found[f"{name}_dropped"] = min(probabilities)
        found[f"{name}_at_most"] = max(probabilities)
    return _row(found, _OPTIONS)


@experiment
def lift_parameters(subject: Subject, calls: Calls) -> Tensor:
    """Which weights a network knows of as its own, uses, and shares between layers.

    Args:
        subject: the class.
        calls: one, with poses.

    Returns:
        (1, finding), the findings in the order of ``_PARAMETERS``.

    Raises:
        RuntimeError: the backward pass fails in a way that nothing here is about.
    """
    ((given,),) = calls
    found: dict[str, float] = {"all": sum(p.numel() for p in subject().parameters())}
    network = subject(n_blocks=2, hidden_layer=16, dropout=USUAL_DROPOUT, output_nodes=6)
    trace = _traced(network.eval(), given)
    own = {id(p) for p in network.parameters()}
    used = {id(t) for t in _weights(trace)}
    found["frozen"] = sum(not p.requires_grad for p in network.parameters())
    found["unregistered"] = len(used - own)
    found["unused"] = len(own - used)
    hidden = [id(linear.weight) for linear in trace.linears[1:-1]]
    halves = [hidden[0::2], hidden[1::2]]
    found["shared_blocks"] = float(any(len(set(half)) < len(half) for half in halves))
    found["shared_in_a_block"] = float(any(a == b for a, b in zip(*halves, strict=False)))
    norms = [id(norm.weight) for norm in trace.norms if norm.weight is not None]
    if len(set(hidden)) == len(hidden) and len(set(norms)) < len(norms):
        found["shared_in_a_block"] = 1.0
    found["without_bias"] = sum(linear.bias is None for linear in trace.linears)
    found["without_weights"] = sum(norm.weight is None for norm in trace.norms)
    try:
        ask(network.train(), given).sum().backward()
    except RuntimeError as error:
        if "inplace" not in str(error):
            raise
        return _row(found | {"in_place": 1.0, "cut": 0.0}, _PARAMETERS)
    cut = [p for p in network.parameters() if id(p) in used and p.requires_grad and p.grad is None]
    return _row(found | {"in_place": 0.0, "cut": len(cut)}, _PARAMETERS)


def _traced(network: nn.Module, given: Tensor) -> Trace:
    trace = Trace()
    with torch.no_grad(), trace:
        ask(network, given)
    return trace


def _weights(trace: Trace) -> Iterator[Tensor]:
    for linear in trace.linears:
        yield from (t for t in (linear.weight, linear.bias) if t is not None)
    for norm in trace.norms:
        yield from (t for t in (norm.weight, norm.bias) if t is not None)


def _set_weights(trace: Trace, seed: int) -> None:
    """Random weights and statistics: as they are made, many designs give the same result."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(tensor: Tensor | None, low: float, high: float) -> None:
        if tensor is not None:
            values = torch.rand(tensor.shape, generator=generator)
            tensor.copy_(low + (high - low) * values)

    with torch.no_grad():
        for linear in trace.linears:
            size = 2 / linear.weight.shape[1] ** 0.5
            uniform(linear.weight, -size, size)
            uniform(linear.bias, -0.5, 0.5)
        for norm in trace.norms:
            uniform(norm.weight, 0.5, 1.5)
            uniform(norm.bias, -0.5, 0.5)
            uniform(norm.mean, -0.5, 0.5)
            uniform(norm.variance, 0.5, 2.0)


def _copies(layers: Layers) -> Layers:
    """The same with statistics that do not change when the network is called."""

    def copied(norm: Norm) -> Norm:
        mean = None if norm.mean is None else norm.mean.clone()
        variance = None if norm.variance is None else norm.variance.clone()
        return Norm(mean, variance, norm.weight, norm.bias, norm.eps)

    return Layers(layers.enter, layers.hidden, tuple(map(copied, layers.norms)), layers.leave)


def _compared(
    result: Tensor,
    layers: Layers,
    given: Tensor,
    trace: Trace,
    others: Mapping[str, tuple[Design, ...]],
    training: bool,
    p: float = 0.0,
) -> dict[str, float]:
    """How far a result is from the formula's, and which other designs it fits."""

    def distance(design: Design) -> float:
        wanted = design(layers, given, trace, training, p)
        if result.shape != wanted.shape:
            return math.inf
        size = float(wanted.abs().max()) or 1.0
        return float((result.double() - wanted).abs().nan_to_num(nan=math.inf).max()) / size

    found = {"distance": distance(AS_SAID)}
    for name, designs in others.items():
        found[f"is_{name}"] = float(any(distance(design) <= _NEAR for design in designs))
    return found


def _row(found: Mapping[str, float], names: tuple[str, ...]) -> Tensor:
    """The findings as numbers; nan is unknown."""
    return torch.tensor([[found.get(name, math.nan) for name in names]], dtype=torch.float64)


def _read(result: Tensor, names: tuple[str, ...]) -> dict[str, float]:
    return dict(zip(names, result.flatten().tolist(), strict=False))


def _named(mistake: str, seen: str) -> Finding:
    return Finding(math.inf, mistake, seen)


def _first(found: Mapping[str, float], names: tuple[str, ...], prefix: str) -> str:
    """The only mistake whose design fits; of several, none can be told."""
    fitting = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
    fitting = [name for name in fitting if found[prefix + name] == 1]
    return fitting[0] if len(fitting) == 1 else ""


_PRINT = (
    "Print the network and go through the three parts of the text one by one: the first linear "
    "layer, a block, the last linear layer."
)


@relation
def lift_as_said(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The network in evaluation mode is put together as the notebook says."""
    found = _read(result, _DESIGN)
    order = _first(found, _DESIGN, "order_")
    if order:
        counts = f"{found['linears']:.0f} linear layers and {found['norms']:.0f} normalisations"
        seen = f"A call goes through {counts}, in an order that is not the text's."
        yield _named(order.removesuffix("_first"), seen)
    if found["fits"] != 1:
        seen = (
            f"A call goes through {found['linears']:.0f} linear layers and {found['norms']:.0f} "
            "batch normalisations; expected two of each in every block, and two linear layers more."
        )
        yield Finding(math.inf, "", seen, _PRINT)
        return
    seen = "The result is not what the network's own weights should give."
    mistake = _first(found, _DESIGN, "is_") if found["distance"] > tolerance else ""
    yield Finding(found["distance"], mistake, seen, _PRINT)


@relation
def lift_trains_as_said(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The network in training mode drops where it should, and uses the batch's statistics."""
    found = _read(result, _TRAINING)
    if found["fits"] != 1:
        return  # another relation says so
    if found["other_kind"] == 1:
        seen = "What drops numbers is not `nn.Dropout`, but a dropout of another kind."
        yield _named("another_kind_of_dropout", seen)
    seen = "In training mode the result is not what the network's own weights should give."
    mistake = _first(found, _TRAINING, "is_") if found["distance"] > tolerance else ""
    advice = (
        "In each block, numbers are dropped after both ReLUs and nowhere else, and each "
        "normalisation uses the batch's mean and variance."
    )
    yield Finding(found["distance"], mistake, seen, advice)


@relation
def lift_uses_options(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Each option does what its description says."""
    found = _read(result, _OPTIONS)
    few, many = found["few_blocks"], found["many_blocks"]
    if (few, many) != (FEW, MANY):
        seen = f"With n_blocks={FEW} and {MANY}, a call goes through {few:g} and {many:g} blocks."
        yield _or_seen("n_blocks_ignored" if few == many else "", seen, "n_blocks")
    narrow, wide = found["narrow"], found["wide"]
    if (narrow, wide) != (NARROW, WIDE):
        seen = (
            f"With hidden_layer={NARROW} and {WIDE}, blocks are {narrow:.0f} and {wide:.0f} wide."
        )
        yield _or_seen("hidden_layer_ignored" if narrow == wide else "", seen, "hidden_layer")
    few, many = found["few_outputs"], found["many_outputs"]
    if (few, many) != (FEW_OUTPUTS, MANY_OUTPUTS):
        seen = (
            f"With output_nodes={FEW_OUTPUTS} and {MANY_OUTPUTS}, the result has {few:.0f} and "
            f"{many:.0f} numbers for each pose."
        )
        yield _or_seen("output_nodes_ignored" if few == many else "", seen, "output_nodes")
    least = found["rarely_dropped"], found["often_dropped"]
    most = found["rarely_at_most"], found["often_at_most"]
    if not any(most):
        return  # nothing is dropped at all, which another criterion is about
    if least != (RARELY, OFTEN) or most != (RARELY, OFTEN):
        seen = (
            f"With dropout={RARELY} and {OFTEN}, numbers are dropped with a probability of "
            f"{least[0]:g} to {most[0]:g} and of {least[1]:g} to {most[1]:g}."
        )
        kept = all(math.isclose(p, 1 - q) for p, q in zip(least, (RARELY, OFTEN), strict=True))
        ignored = bool({least[0], most[0]} & {least[1], most[1]})
        name = "dropout_ignored" if ignored else "dropout_is_what_is_kept" if kept else ""
        yield _or_seen(name, seen, "dropout")


def _or_seen(mistake: str, seen: str, option: str) -> Finding:
    advice = "" if mistake else f"Follow `{option}` from `__init__` to the layers that it shapes."
    return Finding(math.inf, mistake, seen, advice)


@relation
def lift_owns_parameters(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """All weights are the network's own, each is used once, and there are as many as was said."""
    found = _read(result, _PARAMETERS)
    if found["unregistered"]:
        seen = f"{found['unregistered']:.0f} weights and biases are not in `parameters()`."
        yield _named("hidden_in_a_list", seen)
    if found["shared_blocks"]:
        yield _named("blocks_shared", "Two blocks have the same weights: they are one object.")
    if found["shared_in_a_block"]:
        seen = "Two layers of a block have the same weights: they are one object."
        yield _named("layers_shared", seen)
    if found["without_bias"]:
        seen = f"{found['without_bias']:.0f} linear layers have no bias."
        yield _named("bias_left_out", seen)
    if found["without_weights"]:
        seen = f"{found['without_weights']:.0f} batch normalisations have no weights."
        yield _named("normalisation_without_weights", seen)
    if found["unused"]:
        seen = f"{found['unused']:.0f} weights and biases are in `parameters()`, but not used."
        yield _named("layers_never_used", seen)
    if found["frozen"]:
        seen = f"{found['frozen']:.0f} weights and biases have `requires_grad` switched off."
        yield _named("parameters_frozen", seen)
    if found["in_place"]:
        seen = "The backward pass fails, since something that it needs was overwritten."
        yield _named("added_in_place", seen)
    if found["cut"]:
        seen = f"No gradient flows back to {found['cut']:.0f} of the weights and biases."
        yield _named("outside_the_graph", seen)
    if found["all"] != PARAMETERS:
        seen = f"LiftModel() has {found['all']:,.0f} parameters; expected {PARAMETERS:,}."
        yield Finding(math.inf, "", seen, _PRINT)


_TWICE = (
    Aspect("The result is not of a floating-point type."),
    Aspect("The result holds values that are nan or infinite."),
    Aspect("All numbers of the result are whole."),
    Aspect("Entirely different skeletons give the same result."),
    Aspect("The same skeletons give another result after the network has seen other ones."),
    Aspect("In evaluation mode, two calls with the same skeletons give two results."),
)
_APART = (
    Aspect(
        "After skeleton {0} was replaced, the results of other skeletons changed.",
        "Some operation runs across the skeletons, the first axis: look at each `dim`, at each "
        "`reshape`, and at what normalises.",
    ),
)
_NAMES: dict[str, str] = {"counted_alike": "statistics_over_the_poses"}

RELATIONS |= {
    "lift_repeats": partial(read_report, aspects=_TWICE, names=_NAMES),
    "lift_apart": partial(read_report, aspects=_APART, names=_NAMES),
}
