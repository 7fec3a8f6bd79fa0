"""Experiments with networks, and what is said when they go wrong."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.exercises.catalogue import bank_of
from autograder.exercises.rnn_video.pose_rnn.mistakes import _Right
from autograder.manifest import load_manifest
from autograder.suites.drawing import draw_suite
from poselab.checks.cases import (
    cases_as_bytes,
    cases_from_bytes,
    suites_as_bytes,
    suites_from_bytes,
)
from poselab.checks.check import stored_suite
from poselab.checks.diagnosis import mistake_of_shape
from poselab.checks.judge import Verdict, judge
from poselab.checks.registry import EXPERIMENTS, RELATIONS
from poselab.checks.runner import run_cases

NAMES = ("split_by_video", "FrameEncoder", "PoseRNN", "export_model")
COMPARED = ("normalize_frames", "sliding_windows", "accuracy_curve")
"""Exercises that compare results with expected ones, and make experiments besides."""


def judged(function: Callable[..., Any], name: str) -> Verdict:
    suite = stored_suite(name)
    return judge(suite, run_cases(function, suite.cases))


def message(verdict: Verdict, criterion: str) -> str:
    return next(c.message for c in verdict.criteria if c.id == criterion)


class ReturnsTheState(_Right):
    """What nn.LSTM returns, passed on."""

    def forward(self, frames: Tensor) -> Any:
        return self.lstm(self.encode(self.normalise(frames)))


def test_a_tuple_is_no_pose() -> None:
    says = (
        "It returned a tuple; expected a tensor of shape (3, 10, 7, 2). Recurrent layers return a "
        "tuple: their output, and their last state."
    )
    assert says in message(judged(ReturnsTheState, "PoseRNN"), "shape")
    says = "It returned a tuple; expected one number (a tensor without axes). `torch.stack` makes"
    assert says in message(judged(lambda *_: (0.0,), "joint_error"), "shape")


def test_a_shape_names_only_mistakes_that_the_exercise_knows() -> None:
    network, encoder = stored_suite("PoseRNN"), stored_suite("FrameEncoder")
    assert mistake_of_shape(network, (10, 7, 2), (1, 10, 7, 2)) == "squeezed"
    assert mistake_of_shape(network, (2, 10, 7, 2), (2, 6, 7, 2)) == "length_written_in"
    assert mistake_of_shape(network, (2, 6, 14), (2, 6, 7, 2)) is None
    assert mistake_of_shape(encoder, (16,), (1, 16)) == "squeezed"
    assert mistake_of_shape(encoder, (2, 10, 7), (2, 6, 7)) is None
    assert mistake_of_shape(encoder, (3, 32, 4, 4), (3, 40)) == "maps_returned"
    assert mistake_of_shape(encoder, (40,), (3, 40)) == "frames_lost"


def test_a_function_that_is_no_network_is_told_so() -> None:
    def encoder(n_features: int = 128) -> Callable[[Tensor], Tensor]:
        return lambda frames: frames.flatten(1)[:, :n_features]

    says = "must be a class derived from nn.Module"
    assert says in message(judged(encoder, "FrameEncoder"), "shape")


def test_what_is_not_written_is_said_in_the_constructor_and_in_forward() -> None:
    class Unwritten(_Right):
        def forward(self, frames: Tensor) -> Tensor:
            raise NotImplementedError

    def unwritten(model: nn.Module, path: str) -> None:
        raise NotImplementedError

    for function, name in ((Unwritten, "PoseRNN"), (unwritten, "export_model")):
        verdict = judged(function, name)
        assert verdict.score == 0
        assert f"`{name}` is not implemented yet" in message(verdict, "shape")


@pytest.mark.parametrize("name", (*NAMES, *COMPARED))
def test_suites_with_experiments_survive_their_journey(name: str) -> None:
    suite = draw_suite("rnn_video", name, 3)
    back = suites_from_bytes(suites_as_bytes([suite]))[name]
    assert [vars(case) | {"args": 0} for case in back.cases] == [
        vars(case) | {"args": 0} for case in suite.cases
    ]
    assert all(_same(a.args, b.args) for a, b in zip(back.cases, suite.cases, strict=True))
    arrived = cases_from_bytes(cases_as_bytes(suite.cases))
    assert [case.id for case in arrived] == [case.id for case in suite.cases if not case.reads]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return torch.equal(one, other) if isinstance(one, Tensor) else one == other


def test_all_experiments_and_relations_are_asked_for() -> None:
    asked = [
        case
        for assignment in load_manifest().assignments.values()
        for exercise in assignment.checked_exercises
        for case in draw_suite(assignment.id, exercise.id, 0).cases
    ]
    assert {case.experiment for case in asked} - {""} == set(EXPERIMENTS)
    assert {case.relation for case in asked} - {""} == set(RELATIONS)


def test_an_experiment_leaves_nothing_behind() -> None:
    """Weights, the working directory and random numbers are as they were."""
    before, where = torch.get_rng_state(), os.getcwd()
    network = _Right(16, 12).eval()
    weights = {name: w.clone() for name, w in network.state_dict().items()}
    frames = torch.randint(0, 256, (1, 10, 64, 64, 3), dtype=torch.uint8)
    for experiment in ("reach", "first_frame", "far_away", "outputs"):
        EXPERIMENTS[experiment](network, ((frames,),))
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, weights[name])

    def fails(model: nn.Module, path: str) -> None:
        Path("litter").write_text("x")
        raise RuntimeError("no exporter here")

    assert "It raised RuntimeError: no exporter here" in message(
        judged(fails, "export_model"), "shape"
    )
    assert os.getcwd() == where and not Path("litter").exists()
    torch.set_rng_state(before)


def test_a_second_mistake_of_a_network_is_told_after_the_first() -> None:
    bank = {wrong.id: wrong.function for wrong in bank_of("rnn_video", "PoseRNN").mistakes}

    class Both(bank["squeezed"], bank["outside_the_graph"]):  # type: ignore[misc,name-defined]
        pass

    lost = {c.id: c.mistake for c in judged(Both, "PoseRNN").criteria if not c.passed}
    assert lost == {"edge_cases": "squeezed", "gradient": "outside_the_graph"}
