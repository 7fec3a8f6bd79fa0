"""Networks of one's own design: how they are called, what in them can learn, what they hide."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.nn.parameter import is_lazy

from poselab.checks.experiments.results import plain
from poselab.checks.registry import Subject

WAKING_STEPS = 3
MOST_SAMPLES = 4
_STEP = 0.1
_FAINT = 3e-3
"""A reaction that is smaller than this, relative to the result, is close to its rounding."""

_DOUBLINGS = 3
_PLAIN_LAYERS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
_SMALL = 1e-2
"""A weight whose numbers are all smaller than this has been made small, or zero, on purpose."""

_NOISE = 0.1


def prepare(network: nn.Module) -> nn.Module:
    """Set a network to evaluation mode."""
    network.eval()  # what it returns is the student's, where they have written `train` themselves
    return network


def ask(subject: Subject, *args: Any) -> Tensor:
    """The result of a call with copies of the arguments, if it is an ordinary tensor."""
    return plain(subject(*(arg.clone() if isinstance(arg, Tensor) else arg for arg in args)))


def answers(subject: Subject, *inputs: Tensor) -> list[Tensor]:
    """The results of several calls, cut from the graph."""
    with torch.no_grad():
        return [ask(subject, given) for given in inputs]


def wake(subject: nn.Module, given: Tensor) -> None:
    """Make a network that has not learned yet react to what it sees, as one that has would.

    A last layer is often started at zero, or almost, and rightly; but as long as it is, it hides
    what is before it, and so do faint reactions that drown in rounding.

    Args:
        subject: the network, which is changed.
        given: an input, of several samples.
    """
    given = given[:MOST_SAMPLES]
    take_steps(subject, given)
    spread = _spread(subject, given)
    for _ in range(_DOUBLINGS):
        if not 0 < spread < _FAINT:
            return
        _scale(subject, 2.0)
        before, spread = spread, _spread(subject, given)
        if not spread > 1.5 * before:  # something saturates
            _scale(subject, 0.5)
            return


def take_steps(subject: nn.Module, given: Tensor) -> None:
    """Do with a network what the first steps of training do.

    Running statistics become those of the input. Weights that start at zero, or almost, take a few
    steps of gradient descent, which leaves alone what no gradient reaches.

    Args:
        subject: the network, which is changed.
        given: an input, of several samples.
    """
    _calibrate(subject, given)
    _descend(subject, given)


def _spread(subject: nn.Module, given: Tensor) -> float:
    """How much samples differ in their results, relative to the size of these."""
    (result,) = answers(subject, given)
    if not result.is_floating_point():
        return 0.0
    return float((result - result[:1]).abs().max()) / (float(result.abs().max()) or 1.0)


def _scale(subject: nn.Module, factor: float) -> None:
    with torch.no_grad():
        for module in subject.modules():
            if isinstance(module, _PLAIN_LAYERS) and not is_lazy(module.weight):
                module.weight *= factor


def _calibrate(subject: nn.Module, given: Tensor) -> None:
    """Set running statistics to those of an input."""
    norms = [m for m in subject.modules() if isinstance(m, _BatchNorm) and not m.training]
    tracking = [(m, m.momentum) for m in norms if m.running_mean is not None]
    if not tracking:
        return
    for module, _ in tracking:
        module.training, module.momentum = True, 1.0
    try:
        answers(subject, given)
    finally:
        for module, momentum in tracking:
            module.training, module.momentum = False, momentum


def _descend(subject: nn.Module, given: Tensor) -> None:
    """Take a few steps with the weights that start at zero, or almost."""
    small = set(map(id, _small_weights(subject)))
    for step in range(WAKING_STEPS if small else 0):
        result = ask(subject, given)
        if not result.requires_grad or not result.is_floating_point():
            return
        weights = learnable(subject)
        slopes = gradients(result, weights, seed=step)
        with torch.no_grad():
            for weight, slope in zip(weights, slopes, strict=True):
                if id(weight) in small and slope is not None and slope.any():
                    weight.sub_(_STEP * slope / slope.square().mean().sqrt())


def learnable(network: nn.Module) -> list[nn.Parameter]:
    """A network's parameters that can learn."""
    return [p for p in network.parameters() if p.requires_grad]


def gradients(
    result: Tensor, parameters: Sequence[Tensor], seed: int = 0
) -> Sequence[Tensor | None]:
    """The gradients of a randomly weighted sum of the result; None where there is no way back.

    Args:
        result: of a call.
        parameters: all that can learn, as in training. For a few of them, some versions of PyTorch
            crash in the backward pass of a group normalisation.
        seed: of the weights.

    Returns:
        A gradient for each parameter.
    """
    if not result.requires_grad or not parameters:
        return [None] * len(parameters)
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(result.shape, generator=generator).to(result)
    return torch.autograd.grad(
        (result * weight).sum(), parameters, allow_unused=True, retain_graph=True
    )


@contextlib.contextmanager
def changed(tensor: Tensor, values: Tensor) -> Iterator[None]:
    """A tensor that holds other values within the block."""
    before = tensor.detach().clone()
    with torch.no_grad():
        tensor.copy_(values)
    try:
        yield
    finally:
        with torch.no_grad():
            tensor.copy_(before)


@contextlib.contextmanager
def zeros_filled(network: nn.Module) -> Iterator[bool]:
    """Weights and constants that are zero throughout hold random numbers within the block.

    Args:
        network: which has them.

    Yields:
        Whether there were any.
    """
    generator = torch.Generator().manual_seed(0)
    empty: list[Tensor] = [weight for _, weight in _weights(network) if not weight.any()]
    empty += [
        buffer
        for name, buffer in network.named_buffers()
        if buffer.is_floating_point() and not buffer.any() and "running_" not in name
    ]
    with contextlib.ExitStack() as stack:
        for tensor in empty:
            noise = _NOISE * torch.randn(tensor.shape, generator=generator)
            stack.enter_context(changed(tensor, noise))
        yield bool(empty)


def called_modules(subject: Subject, *args: Any) -> list[nn.Module]:
    """The modules that are called during a call, in order, each once."""
    seen: dict[int, nn.Module] = {}

    def note(module: nn.Module, _: object) -> None:
        seen.setdefault(id(module), module)

    handle = register_module_forward_pre_hook(note)
    try:
        with torch.no_grad():
            ask(subject, *args)
    finally:
        handle.remove()
    return list(seen.values())


def hidden_modules(subject: nn.Module, given: Tensor) -> tuple[list[nn.Module], list[nn.Module]]:
    """The modules with weights that a network calls although they are not among its own.

    Args:
        subject: the network.
        given: what it is called with.

    Returns:
        Those that it keeps from one call to the next, and those that it makes anew in each call.
    """
    own = set(map(id, subject.modules()))
    first, second = (
        [m for m in called_modules(subject, given) if id(m) not in own and _has_weights(m)]
        for _ in range(2)
    )
    kept = set(map(id, first)) & set(map(id, second))
    return [m for m in second if id(m) in kept], [m for m in second if id(m) not in kept]


def hidden_tensors(subject: nn.Module) -> list[Tensor]:
    """Weights that were meant to learn, but are neither a parameter nor in a module."""
    own = set(map(id, subject.parameters()))
    found = [
        value
        for module in subject.modules()
        for value in _held(vars(module))
        if isinstance(value, Tensor) and value.requires_grad and value.is_leaf
    ]
    return [tensor for tensor in found if id(tensor) not in own]


def used_weights(subject: nn.Module, given: Tensor) -> list[Tensor]:
    """All weights that a call may use, wherever they are kept; those used last come first."""
    called = reversed(called_modules(subject, given))
    found: list[Tensor] = [p for module in called for p in module.parameters(recurse=False)]
    found += [*learnable(subject)[::-1], *hidden_tensors(subject)]
    return list({id(tensor): tensor for tensor in found}.values())


def _has_weights(module: nn.Module) -> bool:
    return next(module.parameters(), None) is not None


def _held(names: dict[str, Any]) -> Iterator[Any]:
    """What a module's attributes hold, and what lies in their lists."""
    own = ("_parameters", "_buffers", "_modules")
    for name, value in names.items():
        if name in own:
            continue
        if isinstance(value, dict):
            yield from value.values()
        elif isinstance(value, list | tuple):
            yield from value
        else:
            yield value


def _weights(network: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters that multiply. Layers that find out their size in a call have none yet."""
    for name, parameter in network.named_parameters():
        last = name.rpartition(".")[2]
        if parameter.requires_grad and not is_lazy(parameter) and not last.startswith("bias"):
            yield name, parameter


def _small_weights(network: nn.Module) -> Iterator[nn.Parameter]:
    for _, weight in _weights(network):
        if weight.numel() and float(weight.detach().abs().max()) < _SMALL:
            yield weight


def shapes_of(modules: Iterable[nn.Module]) -> list[tuple[int, ...]]:
    """The shapes of all weights in some modules, in order of size."""
    parameters = {id(p): p for module in modules for p in module.parameters()}
    return sorted(tuple(p.shape) for p in parameters.values())
