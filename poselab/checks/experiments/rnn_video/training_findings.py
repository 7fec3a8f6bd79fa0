"""What is wrong with a training step, and why.

Each relation reads the findings of :func:`training_steps`, one row for each step.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.experiments.rnn_video.training_steps import FINDINGS
from poselab.checks.experiments.tables import Found, named, rows_of, unnamed
from poselab.checks.registry import Finding, relation

_ALIKE = 1e-3
"""By how much numbers may differ that have one cause, relative to their size."""

_ONE_STEP = (
    "Predict the batch, compare, clear the gradients, go backward, step: each once, and in an "
    "order in which the step is made with this batch's gradients."
)
_TOLD = {
    "loss_after": "loss_after_the_step",
    "loss_swapped": "target_first",
    "loss_times_clips": "loss_times_the_clips",
    "loss_by_clips": "loss_divided_by_the_clips",
}
"""Known mistakes by the finding that shows them."""


@relation
def step_moves(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Each step moves the weights once, against the gradient of the batch's loss."""
    rows = rows_of(result, FINDINGS)
    for found in rows:
        yield from _asked(found)
        yield from _stepped(found)
    for found in rows:
        seen = "The weights are not where one step against the gradient of this loss leads."
        off = found["weights_off"]
        if math.isnan(off):
            yield unnamed(seen, _ONE_STEP)
        yield Finding(off, _why_off(rows) if off > tolerance else "", seen, _ONE_STEP)


def _asked(found: Found) -> Iterator[Finding]:
    """What is wrong with the prediction and the loss."""
    if found["foreign_steps"]:
        yield named("optimiser_rebuilt", "Another optimiser than the given one made a step.")
    if not found["calls"] and found["late_backward"]:
        yield named("step_before_backward", "The optimiser made its step before all else.")
    if not found["calls"]:
        seen = "The model was not called before the step."
        yield unnamed(seen, 'Predict with the model that you are given: `model(batch["frames"])`.')
    if not found["known"]:
        seen = 'The model was not given `batch["frames"]` as it is.'
        if found["frames_cast"]:
            yield named("frames_changed", seen)
        yield unnamed(seen, "Give the model the whole batch, as it is, in one call.")
    if found["calls"] > 1:
        seen = f"The model was called {found['calls']:.0f} times before the step."
        yield unnamed(seen, "Call it once, with the whole batch, and keep what it predicts.")
    if not found["losses"]:
        yield named("loss_function_ignored", "`loss_function` was not called.")


def _stepped(found: Found) -> Iterator[Finding]:
    """What is wrong with the step, as far as it shows without looking at weights."""
    if not found["steps"] and found["weights_kept"]:
        yield named("optimiser_never_steps", "The optimiser made no step.")
    if not found["steps"]:
        yield named("moved_by_hand", "The weights were changed, but the optimiser made no step.")
    if found["steps"] > 1:
        yield named("several_steps", f"The optimiser made {found['steps']:.0f} steps.")
    if not found["rate_kept"]:
        yield named("learning_rate_changed", "The optimiser's learning rate was changed.")
    if not found["backwards"] and found["late_backward"]:
        seen = "The optimiser made its step before any gradient was computed."
        yield named("step_before_backward", seen)
    if not found["backwards"]:
        cut = found["cut"] == 1
        seen = "No gradient of the loss arrived at what the model had predicted."
        yield named("prediction_cut_off" if cut else "no_backward", seen)
    if found["backwards"] > 1 and found["parallel"] == 1 and _near(found["factor"], 2):
        yield named("backward_twice", "Gradients were computed twice, and added up.")
    if found["empty"] == 1:
        seen = "There were no gradients, or zeros, when the optimiser made its step."
        yield named("cleared_before_the_step", seen)


def _why_off(rows: Sequence[Found]) -> str:
    """The mistake with which all steps agree, if there is one."""
    known = {
        "gradients_clipped": _are_clipped(rows),
        "loss_summed": all(r["parallel"] and _near(r["factor"], r["clips"]) for r in rows),
        "loss_divided": all(r["parallel"] and _near(r["factor"], 1 / r["clips"]) for r in rows),
    }
    fitting = [name for name, fits in known.items() if fits]
    return fitting[0] if len(fitting) == 1 else ""


def _are_clipped(rows: Sequence[Found]) -> bool:
    """Whether all gradients are shortened to one length, or cut off at one value."""

    def constant(name: str) -> bool:
        return all(_near(found[name], rows[0][name]) for found in rows)

    shortened = all(found["parallel"] and found["factor"] < 1 for found in rows)
    cut_off = all(found["cut_off"] for found in rows)
    return (shortened and constant("norm")) or (cut_off and constant("largest"))


@relation
def step_returns(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The loss that the step is made from comes back, as a plain number."""
    rows = rows_of(result, FINDINGS)
    for found in rows:
        if found["nothing"]:
            yield named("nothing_returned", "Nothing came back.")
        elif found["tensor"]:
            yield named("tensor_returned", "What came back is a tensor.")
        elif not found["plain"]:
            seen = "What came back is not a plain number, of type `float`."
            yield unnamed(seen, "`loss.item()` is one.")
    for found in rows:
        off = found["loss_off"]
        if math.isnan(off):
            seen = "What came back could not be compared with the loss."
            yield unnamed(seen, "Return the loss of the prediction that the step is made from.")
            continue
        seen = (
            f"For a batch of {found['clips']:.0f} clips {found['loss']:.6g} came back; the loss of "
            f"the prediction that the step was made from is {found['right']:.6g}."
        )
        fitting = [name for what, name in _TOLD.items() if all(row[what] == 1 for row in rows)]
        mistake = fitting[0] if len(fitting) == 1 and off > tolerance else ""
        yield Finding(off, mistake, seen, "Return what `loss_function` has returned, as a number.")


@relation
def step_clears(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Gradients that were there before play no part."""
    rows = rows_of(result, FINDINGS)
    broken = [not row["weights_off"] <= tolerance for row in rows]
    mistake = ""
    if all(row["off_by_stale"] == 1 for row, is_off in zip(rows, broken, strict=True) if is_off):
        if all(broken):
            mistake = "gradients_pile_up"
        elif broken[0] and not any(broken[1:]):
            mistake = "cleared_after_the_step_alone"
    for number, (found, is_off) in enumerate(zip(rows, broken, strict=True)):
        where = "the first step" if not number else "a later step"
        seen = f"In {where}, gradients that were there before the call have moved the weights, too."
        if not found["off_by_stale"]:
            seen = f"In {where}, the weights are not where this batch's gradient leads."
        advice = "Clear the gradients before `backward()` adds to them, in each call."
        yield Finding(math.inf if is_off else 0.0, mistake if is_off else "", seen, advice)


@relation
def step_trains(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """All layers are in training mode when the model predicts."""
    rows = rows_of(result, FINDINGS)
    for found in rows:
        if not found["calls"]:
            seen = "The model was not called before the step."
            yield unnamed(seen, "Put the model into training mode, then predict.")
        elif not found["is_training"] and found["mode_before"]:
            seen = "The model came in training mode, and predicted in evaluation mode."
            yield named("evaluation_mode_set", seen)
    for found in rows:
        if not found["is_training"]:
            seen = "The model came in evaluation mode, and predicted in it."
            yield named("training_mode_not_set", seen)
        elif not found["all_training"]:
            seen = "The model was in training mode when it predicted, but its layers were not."
            yield named("layers_left_in_evaluation_mode", seen)


@relation
def step_keeps(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The batch stays as it is."""
    for found in rows_of(result, FINDINGS):
        if not found["batch_kept"]:
            yield named("batch_overwritten", "The batch is not what it was before the call.")


def _near(value: float, other: float) -> bool:
    return abs(value - other) <= _ALIKE * abs(other)
