"""Splits of clips by video: many draws, and what is wrong with them.

Any draw is right, so nothing is compared with a reference. A call of the experiment ``splits`` is
(ids, fraction, seed, draws): the first three for messages, then a (seed, chance) for each draw.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.experiments.results import stacked
from poselab.checks.experiments.rnn_video import split_causes as causes
from poselab.checks.experiments.rnn_video.split_causes import Draw
from poselab.checks.registry import Calls, Finding, Subject, experiment, misshape, relation
from poselab.checks.relations import demand

_LOOK_AT_CLIPS = (
    "Choose videos first, without looking at clips; then look up for each clip, by its id, whether "
    "its video was chosen."
)
_LOOK_AT_NUMBER = (
    "Print the list of videos and the chosen ones for these clips: is every chosen one in the "
    "list, none of them twice, and are there as many as you wanted?"
)
_LOOK_AT_SEED = (
    "Everyone's random numbers started anew before both calls, so usual causes are a generator "
    "that is kept from one call to the next and one that is seeded with the time: make a new one "
    "from `seed` in each call."
)
_LOOK_AT_ORDER = (
    "Print the chosen videos for ten seeds. A random order of all videos, of which you take the "
    "first ones, gives each set the same chance."
)
_LOOK_AT_ROUNDING = (
    "Print the product of the fraction and the number of videos, and what you make of it."
)
_LOOK_AT_IDS = "Ids may be any whole numbers, negative and very large ones, too: only compare them."


@experiment
def splits(subject: Subject, calls: Calls) -> Tensor:
    """The masks of all draws, (draw, clip).

    The random numbers of PyTorch, NumPy and Python start from a draw's ``chance``. Where each mask
    fits the clips only in the order in which the call left them, 2 stands for true.
    """
    before = torch.default_generator.get_state(), np.random.get_state(), random.getstate()
    results, left = [], []
    try:
        for ids, fraction, _, draws in calls:
            for seed, chance in draws:
                torch.default_generator.manual_seed(chance)
                np.random.seed(chance)
                random.seed(chance)
                given = ids.clone()
                results.append(subject(given, fraction, seed))
                left.append(given)
                if not torch.equal(given, ids):
                    # Those who ran this look at the tensor's version: that one was changed, too.
                    ids.add_(0)
    finally:
        torch.default_generator.set_state(before[0])
        np.random.set_state(before[1])
        random.setstate(before[2])
    masks = stacked(results)
    return masks.to(torch.uint8) * 2 if _fit_rearranged(masks, left, calls) else masks


def _fit_rearranged(masks: Tensor, left: Sequence[Tensor], calls: Calls) -> bool:
    """Whether every call has rearranged its ids, and its mask parts none of the videos then."""
    given = [ids for ids, _, _, draws in calls for _ in draws]
    return masks.dtype == torch.bool and all(
        mask.shape == now.shape
        and not torch.equal(now, ids)
        and torch.equal(now.sort().values, ids.sort().values)
        and not (set(now[mask].tolist()) & set(now[~mask].tolist()))
        for mask, now, ids in zip(masks, left, given, strict=True)
    )


@misshape
def one_column(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """There is an axis of length 1 behind the others."""
    return shape == (*expected, 1)


@relation
def whole_videos(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """All clips of a video are on the same side."""
    draws = _draws(result, case)
    cut = [draw for draw in draws if draw.cut]
    if not cut:
        return
    seen = f"Some clips of video {cut[0].cut[0]} are for validation, others are not."
    cause = causes.cause_of_cuts(draws)
    if not cause and int(result.max()) > 1:
        cause = "shuffled_under_an_alias"
    yield _broken(seen, cause, _LOOK_AT_CLIPS)


@relation
def number_of_videos(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """As many videos are set aside as the fraction says, where that is a whole number."""
    draws = _whole(result, case)
    if all(draw.right for draw in draws):
        return
    yield _broken(_wrong_number(draws), causes.cause_of_number(draws), _LOOK_AT_NUMBER)


@relation
def same_again(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The same seed draws the same videos."""
    draws = _right(result, case)
    first: dict[tuple[float, int, tuple[int, ...]], Draw] = {}
    for draw in draws:
        key = (draw.fraction, draw.seed, tuple(draw.ids.tolist()))
        if first.setdefault(key, draw).chosen != draw.chosen:
            seen = f"Two calls with the seed {draw.seed} set different videos aside."
            yield _broken(seen, causes.cause_of_repeating(draws), _LOOK_AT_SEED)
            return


@relation
def any_videos(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Each seed draws anew, and any set of videos may come out."""
    draws = _right(result, case)
    by_clips: dict[tuple[float, tuple[int, ...]], dict[int, Draw]] = {}
    # Some right answers prefer long videos: where all are equally long, they prefer none.
    for draw in (draw for draw in draws if draw.even):
        by_clips.setdefault((draw.fraction, tuple(draw.ids.tolist())), {})[draw.seed] = draw
    draws = list(max(by_clips.values(), key=len, default={}).values())
    if not draws:
        return
    number, sets = len(draws), {draw.chosen for draw in draws}
    seen = f"{number} draws with different seeds all set the same videos aside."
    yield demand(len(sets) > 1, "always_the_same_videos", seen)
    never = set(draws[0].videos) - set().union(*sets)
    seen = f"In {number} draws, video {min(never, default=0)} was never set aside."
    yield demand(not never, "some_videos_never_drawn", seen)
    always = set(draws[0].videos).intersection(*sets)
    seen = f"In {number} draws, video {min(always, default=0)} was always set aside."
    yield demand(not always, "some_videos_always_drawn", seen)
    if len(sets) < causes.FEWEST_SETS:
        seen = (
            f"{number} draws with different seeds gave only {len(sets)} different sets of videos."
        )
        yield _broken(seen, causes.cause_of_few_sets(draws), _LOOK_AT_ORDER)


@relation
def rounded_number(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The number of videos is the nearest whole number; of two, the even one."""
    draws = _whole(result, case)
    if all(draw.right for draw in draws):
        return
    yield _broken(_wrong_number(draws), causes.cause_of_rounding(draws), _LOOK_AT_ROUNDING)


@relation
def bounded_number(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """At least one video is on either side."""
    draws = _whole(result, case)
    if all(draw.right for draw in draws):
        return
    yield _broken(_wrong_number(draws), causes.cause_of_bounds(draws), _LOOK_AT_ROUNDING)


@relation
def any_ids(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Videos are whole and of the right number whatever they are called."""
    draws = _draws(result, case)
    wrong = next((draw for draw in draws if not draw.right), None)
    if wrong is None:
        return
    if wrong.cut:
        seen = f"Some clips of video {wrong.cut[0]} are for validation, others are not."
    else:
        seen = _wrong_number([wrong])
    rounded = [causes.with_rounded_ids(draw) for draw in draws]
    merged = any(len(r.videos) < len(d.videos) for r, d in zip(rounded, draws, strict=True))
    name = "ids_in_float32" if merged and all(draw.right for draw in rounded) else ""
    yield _broken(seen, name, _LOOK_AT_IDS)


@relation
def random_numbers_left_alone(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """No call of a ``random_state`` experiment changed PyTorch's own random numbers."""
    kept, restarted, rewound = result.bool().T
    if bool(kept.all()):
        return
    seen = "The call changed PyTorch's global random state."
    name = ""
    if bool(restarted.all()):
        name = "global_random_state"
    elif bool(rewound.all()):
        name = "random_state_rewound"
    advice = (
        "Usual causes are a draw without `generator=`, and `torch.manual_seed`. Draw with a "
        "generator of your own."
    )
    yield _broken(seen, name, advice)


def _broken(seen: str, mistake: str, advice: str) -> Finding:
    return demand(False, mistake, seen) if mistake else Finding(float("inf"), "", seen, advice)


def _draws(result: Tensor, case: Case) -> list[Draw]:
    given = [(call, draw) for call in case.args for draw in call[3]]
    return [
        Draw(ids, fraction, seed, chance, mask)
        for ((ids, fraction, *_), (seed, chance)), mask in zip(given, result.bool(), strict=True)
    ]


def _whole(result: Tensor, case: Case) -> list[Draw]:
    """The draws, if all of them are of whole videos: else another relation is broken."""
    draws = _draws(result, case)
    return [] if any(draw.cut for draw in draws) else draws


def _right(result: Tensor, case: Case) -> list[Draw]:
    """The draws, if each of them is of whole videos and of the right number."""
    draws = _draws(result, case)
    return draws if all(draw.right for draw in draws) else []


def _wrong_number(draws: Sequence[Draw]) -> str:
    draw = next(draw for draw in draws if not draw.right)
    wanted = draw.fraction * len(draw.videos)
    # What was called is the first draw.
    start = "With" if draw.fraction == draws[0].fraction else "In a further call, with"
    return (
        f"{start} a fraction of {draw.fraction:g}, {len(draw.chosen)} of {len(draw.videos)} videos "
        f"are for validation; expected {draw.expected} ({draw.fraction:g} of {len(draw.videos)} "
        f"are {wanted:g})."
    )
