"""What has to hold between the results of an experiment, whatever the network's design.

A relation reads the numbers that :mod:`poselab.checks.experiments.calls` brought and says by how much
they break it, and which known mistake breaks it in this way. It runs with the judge.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.experiments.calls import EXPORT_FINDINGS, OFFSET


@dataclass(frozen=True)
class Finding:
    """How far results are from what a relation asks for.

    Args:
        amount: 0 where it holds exactly; it is broken where this exceeds the tolerance.
        mistake: the known mistake that breaks it like this.
        observed: what was seen, one sentence.
    """

    amount: float
    mistake: str = ""
    observed: str = ""


ROUNDINGS = 4
"""Units in the last place by which equal results may differ: a joint at pixel 32 of a network that
has not learned yet moves by little more."""

Relation = Callable[[Tensor, Case, float], Iterator[Finding]]
"""Results (call, ...), the case and the criterion's tolerance -> findings, the first broken one
of which decides."""


def first_broken(case: Case, result: Tensor, tolerance: float) -> Finding | None:
    """The first finding that breaks a case's relation, if one does."""
    findings = RELATIONS[case.relation](result, case, tolerance)
    return next((finding for finding in findings if finding.amount > tolerance), None)


def largest_amount(case: Case, result: Tensor, tolerance: float) -> float:
    """How far results are from a case's relation, at most."""
    findings = RELATIONS[case.relation](result, case, tolerance)
    return max((finding.amount for finding in findings), default=0.0)


def misshapen(shape: tuple[int, ...], expected: tuple[int, ...]) -> str | None:
    """The known mistake that gives a result this shape, if there is one."""
    if shape == tuple(size for size in expected if size != 1):
        return "squeezed"
    if len(shape) == len(expected) > 2 and shape[:1] + shape[2:] == expected[:1] + expected[2:]:
        return "length_written_in"
    return None


def _finite(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    if not result.isfinite().all():
        yield Finding(math.inf, "not_finite", "The result holds values that are nan or infinite.")


def _repeatable(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X, X, Y and X again, the first and the last with the same random numbers."""
    yield from _finite(result, case, tolerance)
    first, second, other, last = result
    spread = _change(first, other)
    # A network that has not learned yet may react faintly, but react it must.
    reacts = spread > 1e-6 * (1 + float(first.abs().max()))
    seen = "Entirely different frames give the same result."
    yield Finding(0.0 if reacts else math.inf, "same_for_all_frames", seen)
    yield Finding(
        _share(_change(first, last), spread),
        "state_kept",
        "The same frames give another result after the network has seen other ones.",
    )
    yield Finding(
        _share(_change(first, second), spread),
        "random_in_evaluation",
        "In evaluation mode, two calls with the same frames give two results.",
    )


def _samples_apart(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X, and with X in which sample 0 is another one."""
    yield from _finite(result, case, tolerance)
    change = _changes(result[0], result[1], keep=1)
    seen = "After sample 0 was replaced, other samples' results changed, too."
    yield Finding(_share(float(change[1:].max()), float(change[0])), "frames_mixed", seen)


def _sees_where(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with a thing, with the same thing elsewhere, and with another thing in its place."""
    yield from _finite(result, case, tolerance)
    moved, replaced = _change(result[0], result[1]), _change(result[0], result[2])
    seen = "The same thing at another place in the frame gives the same features."
    seen_share = moved / replaced if replaced > 0 else 0.0
    yield Finding(_lacking(seen_share, tolerance), "place_averaged_away", seen)


def _clips_and_time(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X, and with X in which one frame of one clip is another one."""
    yield from _finite(result, case, tolerance)
    spread = float((result[0] - result[0][:, :1]).abs().max())
    scale = 1e-6 * (1 + float(result[0].abs().max()))
    seen = "All frames of a clip get the same pose."
    yield Finding(0.0 if spread > scale else math.inf, "last_step_repeated", seen)
    for call in range(1, len(result)):
        sample, frame = _replaced(case, call)
        change = _changes(result[0], result[call], keep=2)
        own = float(change[sample, frame])
        where = f"After frame {frame} of clip {sample} was replaced,"
        ahead = _largest(change[sample, :frame])
        later = _largest(change[sample, frame + 1 :])
        others = torch.cat((change[:sample], change[sample + 1 :]))
        everything = float(change.max())
        if everything <= scale:
            yield Finding(math.inf, "frame_unseen", f"{where} no pose changed.")
            return
        mixed = float(others.max()) / everything
        same_frame_only = float(_without(others, frame).max()) <= tolerance * everything
        across = same_frame_only and later <= tolerance * everything
        yield Finding(
            mixed,
            "batch_first_forgotten" if across else "clips_mixed",
            f"{where} poses of other clips changed.",
        )
        yield Finding(
            ahead / everything, "looks_ahead", f"{where} poses of earlier frames changed."
        )
        seen = f"{where} the pose of this frame did not change."
        yield Finding(_lacking(own / everything, tolerance), "frame_unseen", seen)
        if frame < change.shape[1] - 1:
            seen = f"{where} no pose of a later frame changed."
            yield Finding(_lacking(later / everything, tolerance), "no_memory", seen)


def _brightness(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X; all of it brighter; each frame brighter by its own amount; and with Y."""
    yield from _finite(result, case, tolerance)
    spread = _change(result[0], result[3])
    seen = "Darker frames with less contrast gave other poses."
    yield Finding(_share(_change(result[0], result[1]), spread), "not_normalised", seen)
    seen = "When each frame was made darker by an amount of its own, the poses changed."
    yield Finding(_share(_change(result[0], result[2]), spread), "normalised_over_the_clip", seen)


def _same_bytes(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X as uint8, the same bytes labelled int8, and Y as uint8."""
    yield from _finite(result, case, tolerance)
    amount = _share(_change(result[0], result[1]), _change(result[0], result[2]))
    seen = "The same bytes, labelled int8, gave other poses."
    yield Finding(amount, "int8_taken_at_its_word", seen)


def _unbounded(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Results as they are, and with the output layer's bias raised and lowered."""
    if not len(result):
        return  # no layer to try it with
    up, down = result[1] - result[0], result[0] - result[2]
    largest = float(torch.maximum(up.abs(), down.abs()).max())
    # A hundredth of the offset: whatever comes behind a linear layer may scale it.
    stuck = largest < OFFSET / 100
    amount = math.inf if stuck else float((up - down).abs().max()) / largest
    seen = "The last layer's bias cannot move the poses as far down as up, or not far at all."
    yield Finding(amount, "output_limited", seen)


def _one_encoder(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Parameters, with whether the result changes with them, and whether its first frame does."""
    axes, used, in_graph, first = result.T
    # Recurrent weights, matrices, have nothing to do with the first frame. Convolutions have.
    convolutions = (axes == 4) & (used == 1) & (in_graph == 1)
    missed = convolutions & (first == 0)
    amount = float(missed.sum()) / max(float(convolutions.sum()), 1.0)
    seen = "Some convolutions never see a clip's first frame."
    yield Finding(amount, "one_cnn_per_frame", seen)


def _learns(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Parameters, with whether the result changes with them and whether a gradient reaches them."""
    if not len(result):
        yield Finding(math.inf, "nothing_to_learn", "The network has no parameter that can learn.")
        return
    _, used, in_graph, _ = result.T
    cut = (used == 1) & (in_graph == 0)
    seen = (
        f"{int(cut.sum())} of {len(result)} weights and biases shape the result, but no gradient "
        "flows back to them."
    )
    yield Finding(float(cut.sum()) / len(result), "outside_the_graph", seen)


def _boolean(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    seen = f"The result holds {str(result.dtype).removeprefix('torch.')} numbers."
    yield Finding(0.0 if result.dtype == torch.bool else math.inf, "not_boolean", seen)


def _whole_videos(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    for (ids, *_), chosen in zip(case.args, result.bool(), strict=True):
        cut = [
            int(v) for v in ids.unique() if 0 < int(chosen[ids == v].sum()) < int((ids == v).sum())
        ]
        seen = f"Some clips of video {cut[0]} are for validation, others are not." if cut else ""
        yield Finding(math.inf if cut else 0.0, "videos_cut_up", seen)


def _number_of_videos(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    for (ids, fraction, *_), chosen in zip(case.args, result.bool(), strict=True):
        videos = len(ids.unique())
        expected = min(max(round(fraction * videos), 1), videos - 1)
        number = len(ids[chosen].unique())
        name = "wrong_number_of_videos"
        if number == 0:
            name = "nothing_set_aside"
        elif number == videos:
            name = "nothing_left_to_train_on"
        elif number == videos - expected:
            name = "complement_returned"
        elif number == int(fraction * videos):
            name = "fraction_cut_off"
        seen = f"Of {videos} videos, {number} are for validation; expected {expected}."
        yield Finding(0.0 if number == expected else math.inf, name, seen)


def _draws(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Two calls with the same seed, and many with others."""
    seen = "Two calls with the same seed set other clips aside."
    same = torch.equal(result[0], result[1])
    yield Finding(0.0 if same else math.inf, "seed_ignored", seen)
    never = int((~result.bool().any(dim=0)).sum())
    alike = bool((result == result[:1]).all())
    seen = f"{len(result) - 1} seeds all set the same videos aside."
    yield Finding(math.inf if alike else 0.0, "always_the_same_videos", seen)
    seen = f"In {len(result) - 1} draws, some videos were never set aside."
    yield Finding(math.inf if never else 0.0, "some_videos_never_drawn", seen)


def _random_numbers_kept(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    seen = "The call moved PyTorch's own random numbers on."
    yield Finding(0.0 if bool((result == 1).all()) else math.inf, "global_random_state", seen)


_EXPORT_FAULTS = {
    "written": ("no_file_written", "There is no file at the path."),
    "alone": ("weights_beside_the_file", "Another file was left beside the model."),
    "loads": ("not_loadable", "onnxruntime cannot load the file when it is on its own."),
    "input_name": ("input_misnamed", "The input is not called `input_frames`."),
    "output_name": ("output_misnamed", "The output is not called `joint_pos`."),
    "input_type": ("input_not_uint8", "The input is not uint8."),
    "free_batch": ("batch_fixed", "The file takes batches of one size only."),
    "mode_kept": ("mode_not_restored", "The network was left in another mode than it was in."),
}


def _export_of(*names: str) -> Relation:
    def relation(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
        for name in names:
            found = result[:, EXPORT_FINDINGS.index(name)]
            mistake, seen = _EXPORT_FAULTS[name]
            # What is not known was kept from being looked at by a fault that has its own name.
            yield Finding(math.inf if bool((found == 0).any()) else 0.0, mistake, seen)

    return relation


def _export_agrees(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    difference = float(
        result[:, EXPORT_FINDINGS.index("difference")].nan_to_num(nan=math.inf).max()
    )
    seen = f"The file's poses are up to {difference:.2g} px from the network's own."
    yield Finding(difference, "exported_in_training_mode", seen)


RELATIONS: dict[str, Relation] = {
    "finite": _finite,
    "repeatable": _repeatable,
    "samples_apart": _samples_apart,
    "sees_where": _sees_where,
    "clips_and_time": _clips_and_time,
    "brightness": _brightness,
    "same_bytes": _same_bytes,
    "unbounded": _unbounded,
    "one_encoder": _one_encoder,
    "learns": _learns,
    "boolean": _boolean,
    "whole_videos": _whole_videos,
    "number_of_videos": _number_of_videos,
    "draws": _draws,
    "random_numbers_kept": _random_numbers_kept,
    "export_form": _export_of(
        "written", "alone", "loads", "input_name", "output_name", "input_type"
    ),
    "export_free_batch": _export_of("free_batch"),
    "export_agrees": _export_agrees,
    "export_mode_kept": _export_of("mode_kept"),
}


def _change(before: Tensor, after: Tensor) -> float:
    return float(_apart(before, after).max())


def _changes(before: Tensor, after: Tensor, keep: int) -> Tensor:
    """The largest change for each place along the first ``keep`` axes."""
    return _apart(before, after).flatten(start_dim=keep).amax(dim=-1)


def _apart(before: Tensor, after: Tensor) -> Tensor:
    """Absolute differences, less what rounding alone may make of numbers of this size."""
    rounding = ROUNDINGS * torch.finfo(before.dtype).eps * float(before.abs().max())
    return ((after.double() - before.double()).abs() - rounding).clamp(min=0)


def _largest(values: Tensor) -> float:
    return float(values.max()) if values.numel() else 0.0


def _without(values: Tensor, frame: int) -> Tensor:
    return torch.cat((values[:, :frame], values[:, frame + 1 :]), dim=1)


def _share(change: float, spread: float) -> float:
    """A change that must not be, as a share of the one that entirely different input makes."""
    return change / spread if spread > 0 else math.inf


def _lacking(share: float, tolerance: float) -> float:
    """How far a change that has to be there is from being there.

    The mirror image of a change that must not be: what is ten times the tolerance gives a tenth of
    the tolerance.
    """
    return tolerance**2 / share if share > 0 else math.inf


def _replaced(case: Case, call: int) -> tuple[int, int]:
    """Which frame of which clip differs from the first call."""
    before, after = case.args[0][0], case.args[call][0]
    differs = (before != after).flatten(start_dim=2).any(dim=-1).nonzero()
    sample, frame = differs[0].tolist()
    return sample, frame
