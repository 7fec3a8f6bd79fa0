"""Does a vector say where in the frame things are?"""

from __future__ import annotations

import contextlib

import torch
from torch import Tensor, nn

from poselab.checks.experiments.interventions import JoinedBorders
from poselab.checks.experiments.networks import answers, ask, gradients, wake
from poselab.checks.experiments.reports import report
from poselab.checks.registry import Calls, Subject, experiment
from poselab.checks.relations import change, changes, lacking

MOVED = SEEN = 1e-4
"""The least change that counts when something moves, as a fraction of the one that another thing in
its place makes; and when something appears, as a fraction of the largest one."""

LOST = 1e-3
"""The amount from which a place counts as lost."""

EDGES = (0, 8, 24, 40, 56, 64)
"""A frame is looked at in 5 x 5 parts. Those at its border are narrow, as cropping is."""

BACKGROUND, CONTRAST = -0.2, 3.0
WAYS = ((64, 16, 16), (64, 20, 18), (64, 16, 20), (192, 72, 42), (192, 72, 45), (192, 72, 48))
"""How things move: the frame's side, where they start, and how far they go.

Strides of most sizes go into one of the distances. In a larger frame all is far from the borders;
what reads each place with weights of its own refuses such a frame.
"""


@experiment
def places(subject: Subject, calls: Calls) -> Tensor:
    """A report on whether a thing is seen everywhere, and whether its place matters.

    Args:
        subject: a network that takes frames, channels first.
        calls: one, with frames whose colours the things have.

    Returns:
        A report: the part of the frame that is seen least, by row and column; and whether the
        vector changes when something moves sideways, and up or down.
    """
    ((given,),) = calls
    assert isinstance(subject, nn.Module)
    wake(subject, given)
    colours = given[:2, :, ::8, ::8].flatten(2)[:, :, :2]
    unseen, cause, row, column = _least_seen(subject, colours[0, :, 0])
    across, down = _moves(subject, given, colours)
    lost = "place_lost" if min(across, down) > LOST else ""
    return report(
        (unseen, cause, row, column),
        (across, lost or "place_lost_across"),
        (down, lost or "place_lost_down"),
    )


def _least_seen(subject: Subject, colour: Tensor) -> tuple[float, str, int, int]:
    """How little changes when something appears in the part where that changes least."""
    parts = len(EDGES) - 1
    strong = CONTRAST * colour / colour.abs().max()
    frames = torch.full((parts * parts + 1, 3, 64, 64), BACKGROUND)
    for number in range(parts * parts):
        row, column = divmod(number, parts)
        rows, columns = (slice(*EDGES[i : i + 2]) for i in (row, column))
        frames[number, :, rows, columns] = strong[:, None, None]
    (vectors,) = answers(subject, frames)
    seen = changes(vectors[-1:].expand_as(vectors), vectors, keep=1)[:-1]
    least = int(seen.argmin())
    largest = float(seen.max())
    amount = lacking(float(seen[least]) / largest, SEEN) if largest > 0 else 0.0
    row, column = divmod(least, parts)
    cause = "part_unseen" if amount > LOST and _is_flat_there(subject, frames, row, column) else ""
    return amount, cause, row, column


def _is_flat_there(subject: Subject, frames: Tensor, row: int, column: int) -> bool:
    """Whether no gradient leads to one part of the frames, though one leads to others.

    Else it may be seen, but count for too little to change numbers that change in jumps.
    """
    leaf = frames.clone().requires_grad_()
    (slopes,) = gradients(ask(subject, leaf), [leaf])
    if slopes is None:
        return False
    rows, columns = (slice(*EDGES[i : i + 2]) for i in (row, column))
    return bool(slopes.any()) and not bool(slopes[:, :, rows, columns].any())


def _moves(subject: Subject, given: Tensor, colours: Tensor) -> tuple[float, float]:
    """How far a change is missing when things move sideways, and when they move up or down.

    What an average takes away comes back a little through padding and strides. So things move in
    several ways, some of which average out exactly; what keeps the place shows it in each.
    """
    worst = [0.0, 0.0]
    drawn = [(_drawn(colours, *way), False) for way in WAYS]
    joined_ones = [(_drawn(colours, *WAYS[0]), True), (_drawn(colours, *WAYS[-1]), True)]
    for frames, joined in (*drawn, *joined_ones, (_rolled(given), True)):
        with contextlib.suppress(Exception), torch.no_grad():
            with JoinedBorders() if joined else contextlib.nullcontext():
                here, *moved, other = ask(subject, frames)
            spread = change(here, other)
            for axis, there in enumerate(moved):
                amount = lacking(change(here, there) / spread, MOVED) if spread > 0 else 0.0
                worst[axis] = max(worst[axis], amount)
    return worst[0], worst[1]


def _drawn(colours: Tensor, side: int, start: int, step: int) -> Tensor:
    """A thing somewhere, the same to the right, the same below, and another one in its place."""
    frames = torch.full((4, 3, side, side), BACKGROUND)
    for number, (row, column) in enumerate(((0, 0), (0, step), (step, 0), (0, 0))):
        for part in range(2):
            left = start + column + 4 * part
            colour = colours[int(number == 3), :, part]
            rows, columns = slice(start + row, start + row + 8), slice(left, left + 4)
            frames[number, :, rows, columns] = colour[:, None, None]
    return frames


def _rolled(given: Tensor) -> Tensor:
    """A frame, the same moved by half its width and by half its height, and another one."""
    return torch.stack([given[0], given[0].roll(32, -1), given[0].roll(32, -2), given[1]])
