"""Do the samples of a batch leave each other alone? If they do not: what mixes them?"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from poselab.checks.experiments.interventions import (
    FixedStatistics,
    Regrouped,
    Rule,
    axes_exchanged,
    axis_moved_first,
    in_evaluation_mode,
    other_order,
)
from poselab.checks.experiments.networks import answers, ask, called_modules, wake
from poselab.checks.experiments.reports import first_shown, report
from poselab.checks.registry import Calls, Subject, UnfitResultError, experiment
from poselab.checks.relations import changes

APART = 1e-3
"""How much of its own change a sample may pass on to others before they count as mixed."""

_REACH = 3
"""How far a window along the batch looks, at most."""


@experiment
def apart(subject: Subject, calls: Calls) -> Tensor:
    """A report on whether other samples' results change with one sample.

    Args:
        subject: a network.
        calls: two, with samples, and with other ones to replace them.

    Returns:
        A report with one aspect, and the number of the sample that was replaced.
    """
    (given,), (others,) = calls
    assert isinstance(subject, nn.Module)
    wake(subject, given)
    amount, sample = _mixing(subject, given, others)
    cause = _why_mixed(subject, given, others) if amount > APART else ""
    return report((amount, cause, sample))


def _mixing(
    subject: Subject, given: Tensor, others: Tensor, deaf: float = 0.0
) -> tuple[float, int]:
    """How much one sample changes the rest, at most, and which one does.

    Args:
        subject: the network.
        given: samples.
        others: what replaces them.
        deaf: the amount where nothing changes at all.

    Returns:
        The change, as a fraction of the largest one, and the sample's number.

    Raises:
        UnfitResultError: there is not one result for each sample.
    """
    (before,) = answers(subject, given)
    if before.shape[:1] != given.shape[:1]:
        raise UnfitResultError(before)
    worst, where = 0.0, 0
    for sample in (0, len(given) - 2):
        by_sample = _changes(subject, given, others, before, sample)
        everything = float(by_sample.max())
        by_sample[sample] = 0
        amount = float(by_sample.max()) / everything if everything > 0 else deaf
        if amount > worst:
            worst, where = amount, sample
    return worst, where


def _changes(
    subject: Subject, given: Tensor, others: Tensor, before: Tensor, sample: int
) -> Tensor:
    replaced = given.clone()
    replaced[sample] = others[sample]
    (after,) = answers(subject, replaced)
    if after.shape != before.shape:
        raise UnfitResultError(after)
    return changes(before, after, keep=1)


def _why_mixed(subject: nn.Module, given: Tensor, others: Tensor) -> str:
    return first_shown(
        itertools.chain(
            _training_mode(subject, given, others),
            _batch_statistics(subject, given, others),
            _axes(subject, given, others),
            _reshapes(subject, given, others),
            _long_sequence(subject, given, others),
            _order(subject, given, others),
        )
    )


def _cured(subject: Subject, given: Tensor, others: Tensor) -> bool:
    """Whether the samples leave each other alone, as things are now."""
    try:
        return _mixing(subject, given, others, deaf=1.0)[0] <= APART
    except Exception:  # the student's code may not go together with what was changed
        return False


def _training_mode(subject: nn.Module, given: Tensor, others: Tensor) -> Iterator[tuple[str, bool]]:
    with in_evaluation_mode() as training:
        cured = _cured(subject, given, others) and bool(training)
    own = set(map(id, subject.modules()))
    hidden = all(id(module) not in own for module in training)
    yield "hidden_in_training_mode", cured and hidden
    yield "left_in_training_mode", cured


def _batch_statistics(
    subject: nn.Module, given: Tensor, others: Tensor
) -> Iterator[tuple[str, bool]]:
    with FixedStatistics():
        yield "batch_statistics", _cured(subject, given, others)


def _axes(subject: nn.Module, given: Tensor, others: Tensor) -> Iterator[tuple[str, bool]]:
    layers = [m for m in called_modules(subject, given) if isinstance(m, nn.RNNBase)]
    for first in (False, True):
        some = [layer for layer in layers if layer.batch_first is first]
        name = "batch_first_and_transposed" if first else "batch_first_forgotten"
        with other_order(some):
            cured = bool(some) and given.dim() > 4 and _cured(subject, given, others)
            yield name, cured and _remembers(subject, given, others)


def _remembers(subject: Subject, given: Tensor, others: Tensor) -> bool:
    """Whether what follows in a sample still depends on its first step, as things are now."""
    replaced = given.clone()
    replaced[0, 0] = others[0, 0]
    before, after = answers(subject, given, replaced)
    return bool((changes(before, after, keep=2)[0, 1:] > 0).any())


def _reshapes(subject: nn.Module, given: Tensor, others: Tensor) -> Iterator[tuple[str, bool]]:
    rules: list[tuple[Rule, int | None]] = [(axis_moved_first(len(given)), None)]
    if given.dim() > 4:
        batch, steps = given.shape[:2]
        rules.append((axis_moved_first(batch * steps), None))
        rules += [(axes_exchanged(batch, steps, kinds), None) for kinds in ("i", "o", "io")]
        # An axis that holds both may hold them in either order: one of the reshapes is wrong.
        merged = axes_exchanged(batch, steps, "m")
        rules += [(merged, place) for place in (None, 0, 1, 2)]
    for rule, place in rules:
        yield "reshaped", _cured_by(Regrouped(rule, place), subject, given, others)


def _cured_by(mode: Regrouped, subject: Subject, given: Tensor, others: Tensor) -> bool:
    def regrouped(samples: Tensor) -> object:
        mode.met = 0
        return subject(samples)

    with mode:
        return _cured(regrouped, given, others) and mode.used


def _long_sequence(subject: nn.Module, given: Tensor, others: Tensor) -> Iterator[tuple[str, bool]]:
    """How far one step of sample 1 reaches shows in which order all of them are read."""
    if given.dim() <= 4:
        return
    step = given.shape[1] // 2
    replaced = given.clone()
    replaced[1, step] = others[1, step]
    before, after = answers(subject, given, replaced)
    reached = changes(before, after, keep=2) > 0
    sample, time = torch.meshgrid(*map(torch.arange, reached.shape), indexing="ij")
    from_there = (sample >= 1) & (time >= step)
    yield "samples_as_steps", bool(reached[2, step]) and not bool((reached & ~from_there).any())
    one_by_one = (sample > 1) | ((sample == 1) & (time >= step))
    interleaved = (time > step) | ((time == step) & (sample >= 1))
    goes_on = bool(reached[2, 0]) and not bool((reached & ~one_by_one).any())
    crosses = bool(reached[2, step]) and bool(reached[0, step + 1])
    yield "one_long_sequence", goes_on or (crosses and not bool((reached & ~interleaved).any()))


def _order(subject: nn.Module, given: Tensor, others: Tensor) -> Iterator[tuple[str, bool]]:
    """Which sample changes which, and whether it matters where in the batch it is."""
    (before,) = answers(subject, given)
    reached = torch.stack(
        [_changes(subject, given, others, before, i) > 0 for i in range(len(given))]
    )
    # A first sample that is compared with itself may not even reach its own result.
    reached |= torch.eye(len(given), dtype=torch.bool)
    offset = torch.arange(len(given)) - torch.arange(len(given))[:, None]
    if given.dim() <= 4:
        yield "in_sequence", any(torch.equal(reached, o >= 0) for o in (offset, -offset))
        for cause, window in _windows(offset):
            yield cause, torch.equal(reached, window)
        first = torch.arange(len(given))[:, None] == 0
        yield "first_one_used", torch.equal(reached, first | (offset == 0))
    yield "counted_alike", bool(reached.all()) and _any_order(subject, given, before)


def _windows(offset: Tensor) -> Iterator[tuple[str, Tensor]]:
    """What is reached by windows along the batch: over one side, or over both."""
    size = len(offset)
    for side, reach in itertools.product((1, -1), range(1, _REACH + 1)):
        near = side * offset
        yield "one_neighbour", (near >= 0) & (near <= reach)
        yield "one_neighbour", (near % size) <= reach
    for before, after in itertools.product(range(1, _REACH + 1), repeat=2):
        yield "neighbours", (offset >= -before) & (offset <= after)


def _any_order(subject: Subject, given: Tensor, before: Tensor) -> bool:
    """Whether samples in another order give the same results in that order."""
    size = len(given)
    orders = (torch.arange(size).flip(0), (torch.arange(size) * 2 + 1) % size)
    scale = float((before - before[:1]).abs().max()) + float(before.abs().max())
    with contextlib.suppress(Exception):
        return all(
            float((_asked(subject, given[order]) - before[order]).abs().max()) <= 1e-5 * scale
            for order in orders
            if len(order.unique()) == size
        )
    return False


def _asked(subject: Subject, given: Tensor) -> Tensor:
    with torch.no_grad():
        return ask(subject, given)
