"""Which clips are for validation: whole videos, drawn at random.

Any draw is right, so nothing is compared with a reference: experiments find out whether videos stay
whole, how many are set aside, and what the seed does.
"""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from poselab.checks.cases import Value

SEEDS = 40
"""Draws in which every video has to be set aside at least once: of five videos two at a time, a
right answer leaves one out in one of 10^8 suites."""


def build_suite(suite: SuiteBuilder) -> None:
    """Videos of very different length, in any order, under any numbers."""

    def seed() -> int:
        return int(suite.integers(1, high=10_000))

    def clips(*lengths: int, shuffled: bool = True) -> Tensor:
        """Each clip's video."""
        names = 3 + 7 * torch.randperm(400, generator=suite.generator)[: len(lengths)]
        ids = names.repeat_interleave(torch.tensor(lengths))
        if shuffled:
            ids = ids[torch.randperm(len(ids), generator=suite.generator)]
        return ids

    def experiment(criterion: str, relation: str, *calls: tuple[Value, ...], remark: str) -> str:
        """Calls with the same clips, each of which gives one boolean for each clip."""
        shape = tuple(calls[0][0].shape)
        return suite.experiment(criterion, "outputs", relation, *calls, shape=shape, remark=remark)

    ids = clips(4, 4, 4, 4, shuffled=False)
    suite.shape("shape", (16,), ids, 0.5, seed())
    suite.experiment("shape", "outputs", "boolean", (ids, 0.5, seed()), shape=(16,))

    lengths = (2, 9, 5, 3, 30, 4, 12, 6, 3, 7)
    ordered, mixed = clips(*lengths, shuffled=False), clips(*lengths)
    for ids, remark in ((ordered, "10 videos one after the other"), (mixed, "10 videos mixed")):
        calls = tuple((ids, fraction, seed()) for fraction in (0.3, 0.5, 0.2, 0.4))
        drawn = experiment("values", "whole_videos", *calls, remark=remark)
        suite.read("values", "number_of_videos", drawn)
    five, first = clips(6, 2, 9, 4, 5), seed()
    draws = [(five, 0.4, first + number) for number in (0, *range(SEEDS))]
    experiment("values", "draws", *draws, remark=f"{SEEDS} seeds, one of them twice")

    few = clips(5, 8, 3)
    for ids, fraction, remark in (
        (few, 0.1, "a small fraction of 3 videos"),
        (few, 0.9, "nearly all of 3 videos"),
        # 0.28 of 10 videos are 2.8: three.
        (mixed, 0.28, "2.8 videos"),
    ):
        experiment("edge_cases", "number_of_videos", (ids, fraction, seed()), remark=remark)
    two = clips(3, 5)
    halves = experiment("edge_cases", "whole_videos", (two, 0.5, seed()), remark="2 videos")
    suite.read("edge_cases", "number_of_videos", halves)
    suite.experiment("edge_cases", "random_state", "random_numbers_kept", (mixed, 0.3, seed()))


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
        "edge_cases": "Print how many videos you set aside for that call, and how many are left.",
    },
)
