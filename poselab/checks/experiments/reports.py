"""What an experiment reports: how much is amiss, and the cause where it has shown one.

An experiment looks where the student's code runs, and reports numbers; the relation that reads
them turns them into findings, elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.registry import Finding

CAUSES = (
    "",
    "not_floating",
    "cast_to_the_input_dtype",
    "not_finite",
    "rounded",
    "same_for_all",
    "starts_at_zero",
    "state_kept",
    "random_in_evaluation",
    "dropout_never_off",
    "layer_made_in_forward",
    "left_in_training_mode",
    "hidden_in_training_mode",
    "batch_statistics",
    "counted_alike",
    "reshaped",
    "batch_first_forgotten",
    "batch_first_and_transposed",
    "samples_as_steps",
    "one_long_sequence",
    "in_sequence",
    "first_one_used",
    "one_neighbour",
    "neighbours",
    "hidden_in_a_list",
    "plain_tensor",
    "nothing_to_learn",
    "outside_the_graph",
    "part_unseen",
    "place_lost",
    "place_lost_across",
    "place_lost_down",
    "last_step_repeated",
    "averaged_over_steps",
    "both_directions",
    "backwards",
    "wrapped_around",
    "looks_a_little_ahead",
    "shifted_by_one",
    "unused",
    "steps_on_their_own",
    "no_memory",
    "own_layers_for_each_step",
    "output_limited",
    "n_features_unused",
    "n_hidden_unused",
    "length_fixed",
)
"""The causes that experiments can show. A report holds a cause's place in here."""

ROW = 4
"""The numbers of one finding: the amount, the cause, and up to two for its sentence."""


@dataclass(frozen=True)
class Aspect:
    """One thing that an experiment looks at.

    Args:
        seen: what was observed, where it is amiss, with places for up to two numbers.
        advice: what usually causes it and the next step, where no cause was shown.
    """

    seen: str
    advice: str = ""


def report(
    *rows: tuple[float, str] | tuple[float, str, int] | tuple[float, str, int, int],
) -> Tensor:
    """What an experiment has found, as a tensor.

    Args:
        rows: for each aspect, the amount, the cause that was shown (or nothing), and numbers for
            its sentence.

    Returns:
        (aspect, ROW) float64.
    """
    made = torch.zeros(len(rows), ROW, dtype=torch.float64)
    for row, (amount, cause, *numbers) in zip(made, rows, strict=True):
        values = [amount, float(CAUSES.index(cause)), *map(float, numbers)]
        row[: len(values)] = torch.tensor(values, dtype=torch.float64)
    return made


def read_report(
    result: Tensor,
    case: Case,
    tolerance: float,
    aspects: Sequence[Aspect],
    names: Mapping[str, str],
) -> Iterator[Finding]:
    """The findings of a report.

    Args:
        result: the report.
        case: not looked at.
        tolerance: not looked at.
        aspects: what it is about, in the order of its rows.
        names: the known mistakes behind causes, where these have other names.

    Yields:
        One finding for each aspect.
    """
    if tuple(result.shape) != (len(aspects), ROW):
        yield Finding(math.inf, observed="The experiment brought no result.")
        return
    for (amount, cause, *numbers), aspect in zip(result.tolist(), aspects, strict=True):
        known = CAUSES[int(cause)] if 0 <= cause < len(CAUSES) else ""
        seen = aspect.seen.format(*map(int, numbers))
        broken = amount if not math.isnan(amount) else math.inf
        yield Finding(broken, names.get(known, known), seen, aspect.advice)


def amiss(holds: bool) -> float:
    """The amount of a finding that knows no degrees."""
    return 0.0 if holds else math.inf


def first_shown(candidates: Iterable[tuple[str, bool]]) -> str:
    """The first cause that was shown; the others are not looked for."""
    return next((cause for cause, shown in candidates if shown), "")
