"""What networks are told whose fault has no name, or whose cause only an experiment can show."""

from __future__ import annotations

import time
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.exercises.catalogue import right_answers
from autograder.exercises.rnn_video.frame_encoder.mistakes import _Right as Encoder
from autograder.exercises.rnn_video.pose_rnn.mistakes import _Right as Network
from autograder.manifest import load_manifest
from poselab.checks.check import stored_suite
from poselab.checks.judge import Verdict, judge
from poselab.checks.runner import run_cases

pytestmark = pytest.mark.slow

MANIFEST = load_manifest()
YARDSTICKS = 12
"""How long a check may take, in lengths of :func:`yardstick`: about a second of one quiet core."""


def yardstick() -> float:
    """Processor time for some arithmetic in torch and in Python, as slow as the machine is now."""
    matrix, begin = torch.randn(300, 300), time.process_time()
    for _ in range(200):
        matrix @ matrix
    sum(number * number for number in range(1_000_000))
    return time.process_time() - begin


def judged(function: Any, name: str) -> Verdict:
    suite = stored_suite(name)
    return judge(suite, run_cases(function, suite.cases))


class BothWays(Encoder):
    """Each frame depends on all others, and on their order."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.both = nn.GRU(n_features, n_features // 2, bidirectional=True)

    def forward(self, frames: Tensor) -> Tensor:
        features: Tensor = self.both(super().forward(frames))[0]
        return features


class InOrderOfSize(Encoder):
    """Every feature is sorted over the frames."""

    def forward(self, frames: Tensor) -> Tensor:
        return super().forward(frames).sort(0).values


class Binary(Encoder):
    """Features that change in jumps, so that a small thing may go unnoticed."""

    def forward(self, frames: Tensor) -> Tensor:
        return (super().forward(frames) > 0).float()


class TheFirstState(Network):
    """One pose for all frames, but not that of the last state."""

    def remember(self, features: Tensor) -> Tensor:
        states = super().remember(features)
        return states[:, :1].expand_as(states)


class EverySecondFrame(Network):
    """Half of the frames are left out."""

    def encode(self, pictures: Tensor) -> Tensor:
        every = super().encode(pictures[:, ::2]).repeat_interleave(2, 1)
        return every[:, : pictures.shape[1]]


class TwoLayersOneBack(Network):
    """A second LSTM reads a copy that was turned around."""

    def __init__(self, n_features: int = 128, n_hidden: int = 128) -> None:
        super().__init__(n_features, n_hidden)
        self.back = nn.LSTM(n_features, n_hidden, batch_first=True)

    def remember(self, features: Tensor) -> Tensor:
        return super().remember(features) + self.back(features.flip(1))[0].flip(1)


class LeakyPoses(Network):
    """Bent, but without a limit."""

    def answer(self, states: Tensor) -> Tensor:
        return nn.functional.leaky_relu(super().answer(states) - 32)


@pytest.mark.parametrize(
    ("answer", "name", "seen", "advice"),
    [
        (BothWays, "FrameEncoder", "vectors of other frames changed", "look at each `dim`"),
        (InOrderOfSize, "FrameEncoder", "vectors of other frames changed", "look at each `dim`"),
        (Binary, "FrameEncoder", "All numbers of the result are whole", "look for rounding"),
        (TheFirstState, "PoseRNN", "All frames of a clip get the same pose", "is lost"),
        (EverySecondFrame, "PoseRNN", "no pose changed", "leave some out"),
        (TwoLayersOneBack, "PoseRNN", "poses of earlier frames changed", "Something looks ahead"),
        (LeakyPoses, "PoseRNN", "as far down as up", "has to be a linear layer"),
    ],
)
def test_where_no_cause_is_shown_an_observation_and_a_next_step_are_told(
    answer: Any, name: str, seen: str, advice: str
) -> None:
    values = next(c for c in judged(answer, name).criteria if c.id == "values")
    assert values.mistake is None
    assert seen in values.message and advice in values.message


class Mean(Encoder):
    """Minus the mean of all frames, behind batch statistics in evaluation."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        self.norm = nn.BatchNorm2d(3, track_running_stats=False)

    def forward(self, frames: Tensor) -> Tensor:
        features = super().forward(self.norm(frames))
        return features - features.mean(0)


def test_a_cause_that_is_not_the_only_one_is_not_shown_by_taking_it_away() -> None:
    """Without batch statistics the frames would still be mixed: all count alike in both."""
    values = next(c for c in judged(Mean, "FrameEncoder").criteria if c.id == "values")
    assert values.mistake == "statistics_over_the_frames"


class Uncovered(Encoder):
    """The last layer starts at zero: rightly, once it moves."""

    def __init__(self, n_features: int = 128) -> None:
        super().__init__(n_features)
        nn.init.zeros_(self.linear.weight)
        self.norm = nn.BatchNorm2d(32, track_running_stats=False)

    def maps(self, frames: Tensor) -> Tensor:
        maps: Tensor = self.norm(super().maps(frames))
        return maps


def test_a_last_layer_of_zeros_hides_nothing() -> None:
    values = next(c for c in judged(Uncovered, "FrameEncoder").criteria if c.id == "values")
    assert values.mistake == "batch_statistics"


@pytest.mark.parametrize("name", ["FrameEncoder", "PoseRNN"])
def test_a_check_takes_about_a_second_of_one_core_at_most(name: str) -> None:
    solution = right_answers(MANIFEST, MANIFEST.assignment("rnn_video"))[name]["solution"]
    torch.set_num_threads(1)
    judged(solution, name)  # what is imported on the way is not counted
    ratios = []
    for _ in range(3):
        length, begin = yardstick(), time.process_time()
        judged(solution, name)
        ratios.append((time.process_time() - begin) / length)
    assert min(ratios) < YARDSTICKS
