"""Networks that read frames and clips: what depends on what, and what must not."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook

from poselab.checks.cases import Case
from poselab.checks.experiments.networks import changed, gradients, learnable, reach
from poselab.checks.experiments.outputs import plain, stacked
from poselab.checks.registry import (
    RELATIONS,
    Calls,
    Finding,
    Subject,
    experiment,
    misshape,
    relation,
)
from poselab.checks.relations import (
    change,
    changes,
    demand,
    finite,
    fraction,
    lacking,
    repeats,
    samples_apart,
)

OFFSET = 1000.0
"""What is added to the output layer's bias, and taken from it."""

RELATIONS |= {
    "frames_repeat": partial(repeats, inputs="frames"),
    "frames_apart": partial(samples_apart, samples="frames"),
}


@misshape
def length_written_in(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Clips are of another length than they should be, and nothing else is wrong."""
    return len(shape) == len(expected) > 2 and shape[:1] + shape[2:] == expected[:1] + expected[2:]


@relation
def sees_where(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with a thing, with the same thing elsewhere, and with another thing instead."""
    yield from finite(result, case, tolerance)
    moved, replaced = change(result[0], result[1]), change(result[0], result[2])
    seen = "The same thing at another position in the frame gives the same features."
    seen_fraction = moved / replaced if replaced > 0 else 0.0
    yield Finding(lacking(seen_fraction, tolerance), "place_averaged_away", seen)


@relation
def clips_and_time(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X, and with X in which one frame of one clip is another one."""
    yield from finite(result, case, tolerance)
    spread = float((result[0] - result[0][:, :1]).abs().max())
    scale = 1e-6 * (1 + float(result[0].abs().max()))
    yield demand(spread > scale, "last_step_repeated", "All frames of a clip get the same pose.")
    for call in range(1, len(result)):
        clip, frame = _replaced(case, call)
        by_frame = changes(result[0], result[call], keep=2)
        own = float(by_frame[clip, frame])
        where = f"After frame {frame} of clip {clip} was replaced,"
        ahead = _largest(by_frame[clip, :frame])
        later = _largest(by_frame[clip, frame + 1 :])
        others = torch.cat((by_frame[:clip], by_frame[clip + 1 :]))
        everything = float(by_frame.max())
        if everything <= scale:
            yield Finding(math.inf, "frame_unseen", f"{where} no pose changed.")
            return
        other_frames = torch.cat((others[:, :frame], others[:, frame + 1 :]), dim=1)
        across = max(float(other_frames.max()), later) <= tolerance * everything
        yield Finding(
            float(others.max()) / everything,
            "batch_first_forgotten" if across else "clips_mixed",
            f"{where} poses of other clips changed.",
        )
        yield Finding(
            ahead / everything, "looks_ahead", f"{where} poses of earlier frames changed."
        )
        seen = f"{where} the pose of this frame did not change."
        yield Finding(lacking(own / everything, tolerance), "frame_unseen", seen)
        if frame < by_frame.shape[1] - 1:
            seen = f"{where} no pose of a later frame changed."
            yield Finding(lacking(later / everything, tolerance), "no_memory", seen)


@relation
def brightness(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X; all of it darker; each frame darker by its own amount; and with Y."""
    yield from finite(result, case, tolerance)
    spread = change(result[0], result[3])
    seen = "Darker frames with less contrast gave different poses."
    yield Finding(fraction(change(result[0], result[1]), spread), "not_normalised", seen)
    seen = "When each frame was made darker by an amount of its own, the poses changed."
    yield Finding(fraction(change(result[0], result[2]), spread), "normalised_over_the_clip", seen)


@relation
def same_bytes(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Calls with X as uint8, the same bytes labelled int8, and Y as uint8."""
    yield from finite(result, case, tolerance)
    amount = fraction(change(result[0], result[1]), change(result[0], result[2]))
    seen = "The same bytes, labelled int8, gave different poses."
    yield Finding(amount, "int8_taken_at_its_word", seen)


@experiment
def offset_output(subject: Subject, calls: Calls) -> Tensor:
    """Results of the one call while the last layer's bias is as it is, raised, and lowered.

    Args:
        subject: a network.
        calls: one, with its arguments.

    Returns:
        (3, ...); without any rows where no layer with a bias is found.
    """
    (args,) = calls
    last: list[nn.Module] = []

    def note(module: nn.Module, *_: object) -> None:
        # A recurrent layer's bias is no offset of what comes out of it.
        if isinstance(getattr(module, "bias", None), Tensor):
            last[:] = [module]

    handle = register_module_forward_hook(note)
    try:
        with torch.no_grad():
            results = [plain(subject(*args))]
    finally:
        handle.remove()
    if not last:
        return torch.empty(0, *results[0].shape)
    bias = last[0].bias
    assert isinstance(bias, Tensor)
    for offset in (OFFSET, -OFFSET):
        with changed(bias, bias.detach() + offset), torch.no_grad():
            results.append(subject(*args))
    return stacked(results)


@relation
def unbounded(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Results of an ``offset_output`` experiment move as far down as up."""
    if not len(result):
        return  # no layer to try it with
    up, down = result[1] - result[0], result[0] - result[2]
    largest = float(torch.maximum(up.abs(), down.abs()).max())
    # A hundredth of the offset: whatever comes behind a linear layer may scale it.
    stuck = largest < OFFSET / 100
    amount = math.inf if stuck else float((up - down).abs().max()) / largest
    seen = "The last layer's bias cannot move the poses as far down as up, or not far at all."
    yield Finding(amount, "output_limited", seen)


@experiment
def reach_of_first_frame(subject: Subject, calls: Calls) -> Tensor:
    """What ``reach`` finds out, and what each parameter does for the first frame of each clip.

    Args:
        subject: a network.
        calls: one, with clips.

    Returns:
        (parameter, 4): the columns of ``reach``; and whether the result's first frame, index 0 of
        axis 1, has a gradient there that is not 0.
    """
    ((frames,),) = calls
    assert isinstance(subject, nn.Module)
    of_result = reach(subject, calls)
    # What is stacked over time passes zeros on to all frames.
    first = gradients(plain(subject(frames))[:, 0], learnable(subject))
    reached = [gradient is not None and bool(gradient.any()) for gradient in first]
    return torch.cat((of_result, of_result.new_tensor(reached)[:, None]), dim=1)


@relation
def one_encoder(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The first frame of a ``reach_of_first_frame`` experiment passes through all convolutions."""
    axes, used, in_graph, first = result.T
    # Recurrent weights, matrices, have nothing to do with the first frame. Convolutions have.
    convolutions = (axes == 4) & (used == 1) & (in_graph == 1)
    missed = convolutions & (first == 0)
    amount = float(missed.sum()) / max(float(convolutions.sum()), 1.0)
    seen = "Some convolutions never see a clip's first frame."
    yield Finding(amount, "one_cnn_per_frame", seen)


def _largest(values: Tensor) -> float:
    return float(values.max()) if values.numel() else 0.0


def _replaced(case: Case, call: int) -> tuple[int, int]:
    """Which frame of which clip differs from the first call."""
    before, after = case.args[0][0], case.args[call][0]
    differs = (before != after).flatten(start_dim=2).any(dim=-1).nonzero()
    clip, frame = differs[0].tolist()
    return clip, frame
