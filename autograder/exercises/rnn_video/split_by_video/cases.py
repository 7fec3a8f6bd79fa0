"""Which clips are for validation: whole videos, drawn at random.

Any draw is right, so nothing is compared with a reference. Many draws of one function show whether
videos stay whole, how many are set aside, and what the seed does; some of them serve only to tell
what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

SEEDS = 40
"""Draws of four of eight videos, in which each has to be set aside at least once: a right answer
leaves one out in one of 10^11 suites."""

LENGTHS = (2, 9, 5, 3, 30, 4, 12, 7)
"""Clips of each video; videos of very different length."""

ALIKE = (9,) * 8
MANY = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 3, 2, 5, 1, 4, 2)

ROUNDED = ((11, 0.2), (10, 0.28), (10, 0.25), (5, 0.5), (7, 0.5), (14, 0.25), (13, 0.2))
"""Numbers of videos and fractions: 2.2, 2.8, 2.5, 2.5, 3.5, 3.5 and 2.6 videos."""

LARGE = torch.tensor([0, 1, 4, 5, 8, 9, 12, 13])
"""What is added to 2^24, where float32 can tell no neighbours apart."""

Group = tuple[Tensor, float, int, tuple[tuple[int, int], ...]]


def build_suite(suite: SuiteBuilder) -> None:
    """Videos of very different length, in any order, under any numbers."""
    first, chance = int(suite.integers(1, low=100, high=10_000)), iter(range(1, 1000))

    def group(ids: Tensor, fraction: float, seeds: Iterable[int]) -> Group:
        """Draws with these seeds, each with random numbers of its own."""
        draws = tuple((seed, next(chance)) for seed in seeds)
        return ids, fraction, draws[0][0], draws

    def with_chance(ids: Tensor, fraction: float, seeds: Iterable[int], start: int) -> Group:
        """Draws for which everyone's random numbers start from the same place."""
        draws = tuple((seed, start) for seed in seeds)
        return ids, fraction, draws[0][0], draws

    def shuffled(ids: Tensor) -> Tensor:
        return ids[torch.randperm(len(ids), generator=suite.generator)]

    def clips(lengths: tuple[int, ...], names: Tensor) -> Tensor:
        """Each clip's video, one video after the other."""
        return names.repeat_interleave(torch.tensor(lengths))

    def names(videos: int) -> Tensor:
        """Numbers of videos, of which two are small and the others are not."""
        small = torch.randperm(videos, generator=suite.generator)[:2]
        large = videos + torch.randperm(40, generator=suite.generator)[: videos - 2]
        return shuffled(torch.cat((small, large)))

    def experiment(criterion: str, relation: str, *calls: Group, remark: str = "") -> str:
        """Draws, each of which gives one boolean for each clip."""
        shape = tuple(calls[0][0].shape)
        return suite.experiment(criterion, "splits", relation, *calls, shape=shape, remark=remark)

    _shape(suite, shuffled(clips((4, 4, 4, 4), names(4))), first)

    some = names(8)
    ordered = clips(LENGTHS, some)
    mixed, numbered = shuffled(ordered), clips(LENGTHS, torch.arange(8))
    blocks = clips(ALIKE, names(8))
    alike = shuffled(blocks)
    seeds = range(first, first + SEEDS)
    suite.says("all clips of some videos, none of the others")
    drawn = experiment(
        "values",
        "whole_videos",
        group(mixed, 0.5, seeds),
        group(mixed, 0.75, range(first + SEEDS, first + SEEDS + 24)),
        group(alike, 0.5, seeds),
        group(numbered, 0.5, seeds[:20]),
        group(shuffled(clips(MANY, names(16))), 0.125, seeds[:3]),
        *(group(ids, k / 8, seeds[:2]) for ids in (mixed, alike, numbered) for k in (2, 3, 5, 6)),
        *(group(clips(LENGTHS, order), 0.5, seeds[:2]) for order in (some, some.sort().values)),
        # The same seeds twice; and what else there is to tell them from.
        group(blocks, 0.5, seeds[:5]),
        group(mixed, 0.5, (0,) * 4),
        *(with_chance(ids, 0.5, seeds[:5], start=3) for ids in (mixed, alike, ordered)),
        remark="8 or 16 videos, in any order",
    )
    suite.says("the fraction of the *videos* to set aside")
    suite.read("values", "number_of_videos", drawn)
    suite.says("the same seed draws the same videos")
    suite.read("values", "same_again", drawn)
    suite.says("Any set of videos may come out, so another seed gives another split.")
    suite.read("values", "any_videos", drawn)
    suite.says("leaves its arguments unchanged")
    suite.read("arguments", "boolean", drawn)

    def share(videos: int, fraction: float) -> Group:
        """One draw from 60 clips."""
        lengths = [60 // videos + (number < 60 % videos) for number in range(videos)]
        return group(shuffled(clips(tuple(lengths), names(videos))), fraction, [first])

    suite.says("rounded to whole videos as `round` does")
    calls = [share(*asked) for asked in ROUNDED]
    experiment(
        "edge_cases",
        "rounded_number",
        *calls,
        remark="fractions that do not give whole numbers of videos",
    )
    suite.says("at least one, and at least one is left for training")
    calls = [share(*asked) for asked in ((10, 0.1), (3, 0.1), (10, 0.02), (4, 0.25))]
    experiment("edge_cases", "bounded_number", *calls, remark="small fractions")
    calls = [share(*asked) for asked in ((8, 0.875), (3, 0.9), (10, 0.98), (4, 0.75))]
    experiment("edge_cases", "bounded_number", *calls, remark="large fractions")
    suite.says("at least two different ones")
    calls = [share(*asked) for asked in ((2, 0.5), (2, 0.2), (2, 0.9))]
    experiment("edge_cases", "bounded_number", *calls, remark="2 videos")
    suite.says("any numbers in any order")
    others = torch.randperm(38, generator=suite.generator)[:4]
    signed = shuffled(torch.cat((torch.tensor([-2, -1, 38, 39]), others)))
    calls = [group(shuffled(clips(LENGTHS, signed)), 0.5, seeds[:16])]
    experiment("edge_cases", "any_ids", *calls, remark="ids of which some are negative")
    calls = [group(shuffled(clips(LENGTHS, shuffled(2**24 + LARGE))), 0.375, [first])]
    experiment("edge_cases", "any_ids", *calls, remark="ids from 16777216 upwards")
    suite.says("PyTorch's own random numbers are left alone")
    suite.experiment("edge_cases", "random_state", "random_numbers_left_alone", (mixed, 0.5, first))


def _shape(suite: SuiteBuilder, ids: Tensor, seed: int) -> None:
    suite.says("Which clips are for validation: all clips of some videos, none of the others.")
    suite.shape("shape", (len(ids),), ids, 0.5, seed)
    suite.says("True where a clip is for validation.")
    suite.experiment("shape", "outputs", "boolean", (ids, 0.5, seed), shape=(len(ids),))


EXERCISE = ExerciseDefinition(
    parameters=("video_ids", "validation_fraction", "seed"),
    result_axes=("clip",),
    reference=None,
    build=build_suite,
    tolerance={},
    advice={
        "shape": "One boolean for each clip: True where it is for validation.",
        "values": "First decide about videos, then about clips: list the videos, draw some, "
        "and look up for each clip whether its video was drawn.",
        "arguments": "Work on a copy: `sort()` returns a new tensor, while methods whose names end "
        "in `_` overwrite the one they are called on.",
        "edge_cases": "Print how many videos you set aside for that call, and how many are left.",
    },
    remarks={
        "a tuple": "One mask is enough: the clips for training are those where it is False.",
        "a list": "`torch.tensor` makes a tensor of it.",
        "a ndarray": "`torch.from_numpy` makes a tensor of it.",
    },
)
