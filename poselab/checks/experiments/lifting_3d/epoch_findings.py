"""What is wrong with one pass over a data set, and why.

Each relation reads the findings of :func:`epochs`, one row for each epoch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.experiments.lifting_3d.epochs import FINDINGS
from poselab.checks.experiments.tables import Found, named, rows_of, unnamed
from poselab.checks.registry import Finding, relation

_ONE_PASS = (
    "Print the indices of every batch: is each pose there exactly once, in batches of the size "
    "that was asked for?"
)
_ONE_MEAN = (
    "Add up each batch's mean times the number of its poses, and divide by `len(data)` once, at "
    "the end."
)


def _rows(result: Tensor) -> list[Found]:
    return rows_of(result, FINDINGS)


def _only(found: Found, prefix: str, known: tuple[str, ...]) -> str:
    """The only mistake that fits; of several, none can be told."""
    fitting = [name for name in known if found.get(prefix + name) == 1]
    return fitting[0] if len(fitting) == 1 else ""


def _names(prefix: str) -> tuple[str, ...]:
    known = ("loss_off", "error_off", "steps_off")
    return tuple(
        name.removeprefix(prefix)
        for name in FINDINGS
        if name.startswith(prefix) and name not in known
    )


@relation
def epoch_returns(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Two plain numbers come back."""
    for found in _rows(result):
        if not found["pair"]:
            yield named("no_pair", "What came back is not two values.")
        elif found["tensors"]:
            yield named("tensors_returned", "At least one of the two values is a tensor.")
        elif not found["plain"]:
            seen = "At least one of the two values is not a plain number, of type `float`."
            yield unnamed(seen, "`tensor.item()` is a plain number, and so is a sum of these.")


@relation
def epoch_means(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Both numbers are the means over poses of what the network answered."""
    for found in _rows(result):
        if not found["pair"] or math.isnan(found["loss_off"]):
            continue  # another relation says why
        # In a rare epoch both numbers are all but equal, and a right pair looks swapped.
        if found["swapped"] and max(found["loss_off"], found["error_off"]) > tolerance:
            yield named("results_swapped", "The first number is the MPJPE, the second the loss.")
        for what, name in (("loss", "loss"), ("error", "MPJPE")):
            off = found[f"{what}_off"]
            seen = f"The {name} is {found[what]:.4g}, which is {100 * off:.2g} % off."
            mistake = ""
            if off > tolerance:
                late = "measured_after_the_step" if found["after"] == 1 else ""
                mistake = late or _only(found, f"{what}_", _names(f"{what}_"))
            yield Finding(off, mistake, seen, _ONE_MEAN)


@relation
def epoch_covers(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Training takes each pose once, in batches of the right size and in a new random order."""
    rows = _rows(result)
    for found in rows:
        if not found["calls"] or not found["known"]:
            seen = "The network was not called with rows of `joint_2d`, as `data.batch` has them."
            yield unnamed(seen, "Give the network the batch's `joint_2d` as it is.")
            return
        yield from _coverage(found)
        size, n = found["batch_size"], found["poses"]
        if not found["sizes_right"] and not found["missing"] and not found["repeated"]:
            seen = (
                f"With batch_size={size:.0f} and {n:.0f} poses, batches hold "
                f"{found['smallest']:.0f} to {found['largest']:.0f} poses."
            )
            yield named("batch_size_ignored", seen)
        if not found["all_training"]:
            seen = "The network was not in training mode when it was called."
            yield named("training_mode_not_set", seen)
    if all(found["in_order"] for found in rows):
        yield named("not_shuffled", "In each epoch the poses come in the order of the data set.")
    if all(found["fixed_batches"] for found in rows):
        seen = "In each epoch the batches hold the same poses: neighbours in the data set."
        yield named("batches_always_the_same", seen)
    if len(rows) > 1 and any(found["same_order"] for found in rows):
        yield named("same_order_in_every_epoch", "Two epochs have the same order of poses.")


def _coverage(found: Found) -> Iterator[Finding]:
    n = found["poses"]
    if found["missing"] and found["whole_batches"]:
        seen = f"{found['missing']:.0f} of {n:.0f} poses were left out: those of the last batch."
        yield named("last_batch_dropped", seen)
    if found["missing"] and found["repeated"]:
        seen = f"{found['missing']:.0f} of {n:.0f} poses were never used, and others several times."
        yield named("drawn_with_replacement", seen)
    if found["missing"]:
        seen = f"{found['missing']:.0f} of {n:.0f} poses were never used."
        yield unnamed(seen, _ONE_PASS)
    if found["twice"] and found["after"] == 1:
        seen = "The network was asked twice for each pose, and the numbers are from the second."
        yield named("measured_after_the_step", seen)
    if found["repeated"]:
        seen = f"{found['repeated']:.0f} poses were given to the network more than once."
        yield unnamed(seen, _ONE_PASS)


@relation
def epoch_steps(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Each batch makes one step, against its own gradient, and the scheduler steps once after."""
    for found in _rows(result):
        yield from _optimiser(found)
        yield from _scheduler(found)
        off = found["steps_off"]
        if not math.isnan(off):
            mistake = _only(found, "steps_", _names("steps_")) if off > tolerance else ""
            seen = "The weights are not where steps against each batch's own gradient lead."
            advice = (
                "For each batch: clear the gradients, compute the mean squared difference of the "
                "normalised coordinates, go backward, step."
            )
            yield Finding(off, mistake, seen, advice)


def _optimiser(found: Found) -> Iterator[Finding]:
    expected = math.ceil(found["poses"] / found["batch_size"])
    if found["foreign_steps"]:
        yield named("optimiser_rebuilt", "Another optimiser than the given one made steps.")
    if not found["steps"]:
        yield named("optimiser_never_steps", "The optimiser made no step.")
    elif found["steps"] == 1 and expected > 1:
        seen = f"The optimiser made one step; expected {expected}, one for each batch."
        yield named("one_step_for_all", seen)
    elif found["steps"] != expected and not found["missing"] and found["sizes_right"]:
        seen = f"The optimiser made {found['steps']:.0f} steps; expected {expected}."
        yield unnamed(seen, "Call `optimiser.step()` once for each batch.")


def _scheduler(found: Found) -> Iterator[Finding]:
    if not found["schedules"]:
        yield named("scheduler_never_steps", "The scheduler made no step.")
    elif found["schedules"] > 1 and found["schedules"] == found["steps"]:
        seen = f"The scheduler made {found['schedules']:.0f} steps, one for each batch."
        yield named("scheduler_steps_for_each_batch", seen)
    elif found["schedules"] > 1:
        seen = f"The scheduler made {found['schedules']:.0f} steps; expected one."
        yield unnamed(seen, "Call `scheduler.step()` once, behind the loop over the batches.")
    elif not found["scheduled_last"]:
        seen = "The scheduler made its step before the optimiser had made its last one."
        yield named("scheduler_steps_too_early", seen)
    elif found["told"]:
        seen = "The scheduler's `step` was given an argument."
        yield named("scheduler_given_an_argument", seen)


@relation
def epoch_leaves(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Measuring sees each pose in evaluation mode and changes nothing."""
    for found in _rows(result):
        if found["needs_tools"] == 1:
            seen = "Called with `None` for the optimiser and the scheduler, it failed."
            yield named("optimiser_used_while_measuring", seen)
            continue
        if found["steps"] or found["foreign_steps"] or not found["weights_kept"]:
            yield named("trains_on_any_split", "The network's weights were changed.")
        if found["schedules"] or not found["rate_kept"]:
            yield named("scheduler_steps_in_validation", "The scheduler made a step.")
        if found["any_training"]:
            seen = "The network, or a part of it, was in training mode when it was called."
            yield named("evaluation_mode_not_set", seen)
        if not found["buffers_kept"]:
            seen = "The statistics of a batch normalisation were changed."
            yield unnamed(seen, "Put the network into evaluation mode before the first call.")
        if found["any_gradients"]:
            yield named("gradients_recorded", "Gradients were recorded.")
        if not found["gradients_kept"]:
            yield unnamed(
                "Gradients were left in the parameters.", "Do not call `backward()` here."
            )
        if not found["mode_kept"]:
            before, after = ("training", "evaluation")[:: 1 if found["mode_before"] else -1]
            seen = f"The network was in {before} mode, and is in {after} mode after the call."
            yield named(f"left_in_{after}_mode", seen)
        if not found["parts_kept"]:
            seen = "The network is in the mode it had, but its parts are not."
            yield named("parts_left_in_another_mode", seen)
        if not found["gradients_on"]:
            seen = "Gradients are switched off in the whole program after the call."
            yield named("gradients_left_off", seen)
        yield from _coverage(found)
