"""What the encoders and decoders of vit_presence are told, and what costs what."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from autograder.exercises.bank import Mistake
from autograder.exercises.catalogue import bank_of, solution_functions
from autograder.exercises.vit_presence.attention import gallery as attention
from autograder.exercises.vit_presence.heatmap_decoder import gallery as heatmap_decoder
from autograder.exercises.vit_presence.patchify import gallery as patchify
from autograder.exercises.vit_presence.pose_vi_t import gallery as pose_vit
from autograder.exercises.vit_presence.pose_vi_t.mistakes import _Right as Encoder
from autograder.manifest import COURSE_ROOT
from autograder.quality.matrix import expected_losses
from autograder.suites.drawing import draw_suite
from poselab.checks.experiments.vit_presence.weights import encoder_parameters, find, put_in
from poselab.checks.judge import Verdict, judge
from poselab.checks.runner import run_cases

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions" / "vit_presence" / "vit_presence.py")
SIZES = (8, 12, 4, 12, 2)


def judged(function: Any, exercise: str, seed: int = 3) -> Verdict:
    suite = draw_suite("vit_presence", exercise, seed)
    return judge(suite, run_cases(function, suite.cases))


def lost(verdict: Verdict) -> dict[str, str | None]:
    return {c.id: c.mistake for c in verdict.criteria if not c.passed and c.judged}


@pytest.mark.parametrize("exercise", ["patchify", "attention", "PoseViT", "HeatmapDecoder"])
def test_the_solution_earns_all_points(exercise: str) -> None:
    verdict = judged(SOLUTIONS[exercise], exercise)
    assert verdict.score == verdict.max_score, verdict


# `autograder check` tries all of them; these are one of each kind.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("exercise", "name"),
    [
        ("PoseViT", "reshaped_without_transposing"),
        ("PoseViT", "position_left_out"),
        ("PoseViT", "class_token_kept"),
        ("PoseViT", "blocks_shared"),
        ("PoseViT", "hidden_in_a_list"),
        ("PoseViT", "image_size_ignored"),
        ("PoseViT", "outside_the_graph"),
        ("HeatmapDecoder", "corners_aligned"),
        ("HeatmapDecoder", "relu_after_the_convolution"),
        ("HeatmapDecoder", "plain_tensor"),
    ],
)
def test_a_mistake_is_recognised(exercise: str, name: str) -> None:
    entry: Mistake = next(
        m for m in bank_of("vit_presence", exercise).mistakes if m.id == name
    )  # fmt: skip
    verdict = judged(entry.function, exercise)
    failed = {c.id for c in verdict.criteria if not c.passed}
    assert failed == expected_losses(draw_suite("vit_presence", exercise, 3), entry)
    assert set(lost(verdict).values()) == {name}


@pytest.mark.parametrize(
    ("function", "exercise", "criterion", "mistake"),
    [
        (patchify.patch_by_patch, "patchify", "vectorised", "loops_over_rows"),
        (attention.head_by_head, "attention", "vectorised", "loops_over_images"),
        (attention.scaled_in_place, "attention", "arguments", "changes_its_input"),
    ],
)
def test_a_loop_or_an_overwritten_argument_costs_its_own_criterion(
    function: Any, exercise: str, criterion: str, mistake: str
) -> None:
    assert lost(judged(function, exercise)) == {criterion: mistake}


@pytest.mark.parametrize(
    ("function", "exercise"),
    [(pose_vit.NotWritten, "PoseViT"), (heatmap_decoder.NotWritten, "HeatmapDecoder")],
)
def test_an_empty_cell_is_told_so(function: Any, exercise: str) -> None:
    assert lost(judged(function, exercise)) == {"shape": "not_written"}


class NotInASequence(Encoder):
    """A ModuleList is called."""

    def encoded(self, tokens: Tensor) -> Tensor:
        encoded: Tensor = self.blocks(tokens)
        return encoded


def test_a_module_list_that_is_called_is_not_taken_for_an_empty_cell() -> None:
    (shape,) = (c for c in judged(NotInASequence, "PoseViT").criteria if c.id == "shape")
    assert shape.mistake == "raised"
    assert "A `ModuleList` only holds its parts and cannot be called" in shape.message


class OwnBlocks(nn.Module):
    """None of the parameters is what it should be."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, width, patch, stride=patch)
        self.mix = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(depth))

    def forward(self, images: Tensor) -> Tensor:
        maps: Tensor = self.stem(images)
        for layer in self.mix:
            maps = layer(maps)
        return maps


def test_names_that_no_weights_fit_are_told() -> None:
    (shape,) = (c for c in judged(OwnBlocks, "PoseViT").criteria if c.id == "shape")
    assert not shape.passed
    assert "The network has no parameters `patch_embedding.weight`, `position`" in shape.message
    assert "others that it should not have: " in shape.message and "`stem.weight`" in shape.message


class Misnamed(Encoder):
    """Everything has a name of its own."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__(image_size, patch, width, depth, heads)
        self.last = self._modules.pop("norm")
        self.layers = self._modules.pop("blocks")
        self.places = self._parameters.pop("position")
        self.embed = self._modules.pop("patch_embedding")

    def __getattr__(self, name: str) -> Any:
        own = {"norm": "last", "blocks": "layers", "position": "places", "patch_embedding": "embed"}
        return super().__getattr__(own.get(name, name))


def test_names_of_its_own_cost_the_names_alone() -> None:
    verdict = judged(Misnamed, "PoseViT")
    assert lost(verdict) == {"parameters": "parameters_renamed"}
    message = next(c.message for c in verdict.criteria if c.id == "parameters")
    assert "The network has no parameters `patch_embedding.weight`" in message
    assert "but has `embed.weight`" in message


def test_parameters_are_found_by_name_then_by_shape_and_similar_names() -> None:
    network = Misnamed((8, 12), 4, 12, 2, 3)
    found = find(network, encoder_parameters(SIZES))
    assert not found.missing and not found.unknown
    assert found.own_name["norm.weight"] == "last.weight"
    assert found.own_name["blocks.1.norm_2.bias"] == "layers.1.norm_2.bias"
    assert found.own_name["position"] == "places"


def test_a_seed_gives_every_network_the_same_weights() -> None:
    networks = [Encoder((8, 12), 4, 12, 2, 3), Misnamed((8, 12), 4, 12, 2, 3)]
    for network in networks:
        put_in(network, encoder_parameters(SIZES), 4)
    images = torch.randn(2, 3, 8, 12)
    with torch.no_grad():
        one, other = (network.eval()(images) for network in networks)
    assert torch.equal(one, other)


class Watermarked(Encoder):
    """A name that is not one, to be shown to a person."""

    def make_position(self, tokens: int, width: int) -> None:
        super().make_position(tokens, width)
        self._parameters["<b>x</b>"] = nn.Parameter(torch.zeros(3))


def test_a_name_is_shown_without_what_no_name_has() -> None:
    verdict = judged(Watermarked, "PoseViT")
    message = next(c.message for c in verdict.criteria if c.id == "parameters")
    assert "`bxb`" in message and "<" not in message


class Enormous(Encoder):
    """Numbers that float32 cannot hold."""

    def finished(self, tokens: Tensor) -> Tensor:
        return super().finished(tokens).double() * 1e200


def test_numbers_that_float32_cannot_hold_are_wrong_and_nothing_else() -> None:
    assert lost(judged(Enormous, "PoseViT")) == {"values": None}


class WithoutBias(nn.Module):
    """The notebook does not ask for a bias."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(width, n_keypoints, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        large = nn.functional.interpolate(features, scale_factor=16, mode="bilinear")
        maps: Tensor = self.convolution(large.relu())
        return maps


def test_a_decoder_needs_no_bias() -> None:
    verdict = judged(WithoutBias, "HeatmapDecoder")
    assert verdict.score == verdict.max_score


def test_features_that_are_overwritten_cost_the_arguments_too() -> None:
    verdict = judged(heatmap_decoder.OverwritesItsFeatures, "HeatmapDecoder")
    assert lost(verdict) == {"values": "relu_before_the_upsampling"}
