"""References and solutions of image_to_3d agree with formulas that are written in a third way."""

from __future__ import annotations

import copy

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from autograder.exercises.catalogue import solution_functions
from autograder.exercises.lifting_3d.multi_task_loss import cases as multi_task_loss
from autograder.exercises.lifting_3d.refine_subpixel import cases as refine_subpixel
from autograder.manifest import COURSE_ROOT
from poselab.checks.check import stored_suite
from poselab.checks.judge import judge
from poselab.checks.runner import run_cases
from poselab.networks.image_to_3d import LiftingNetwork

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions" / "lifting_3d" / "image_to_3d.py")
SEEDS = st.integers(0, 2**31 - 1)


@given(SEEDS, st.floats(0.5, 3.0), st.floats(1e-3, 1e3))
def test_the_centre_of_an_exact_gaussian_is_found(seed: int, sigma: float, peak: float) -> None:
    random = np.random.default_rng(seed)
    centre = random.uniform(1.0, (9.0, 6.0), (2, 3, 2))
    x, y = np.arange(11), np.arange(8)
    squared = (x - centre[..., :1])[..., None, :] ** 2 + (y - centre[..., 1:])[..., :, None] ** 2
    heatmaps = torch.from_numpy(peak * np.exp(-squared / (2 * sigma**2)))
    maxima = torch.from_numpy(np.round(centre))
    for refine in (refine_subpixel.reference, SOLUTIONS["refine_subpixel"]):
        found = refine(heatmaps, maxima)
        torch.testing.assert_close(found, torch.from_numpy(centre), rtol=0, atol=1e-6)


@given(SEEDS)
def test_a_refined_position_is_the_vertex_of_numpys_parabola(seed: int) -> None:
    random = np.random.default_rng(seed)
    maps = random.uniform(0.1, 1.0, (1, 4, 6, 7))
    flat = maps.reshape(4, -1).argmax(-1)
    maxima = np.stack([flat % 7, flat // 7], -1)[None].astype(float)
    expected = maxima.copy()
    for joint, (column, row) in enumerate(maxima[0].astype(int)):
        lines = (maps[0, joint, row], maps[0, joint, :, column])
        for axis, (line, at) in enumerate(zip(lines, (column, row), strict=True)):
            if 0 < at < len(line) - 1:
                a, b, _ = np.polyfit([-1, 0, 1], np.log(line[at - 1 : at + 2]), 2)
                expected[0, joint, axis] += -b / (2 * a)
    for refine in (refine_subpixel.reference, SOLUTIONS["refine_subpixel"]):
        found = refine(torch.from_numpy(maps), torch.from_numpy(maxima))
        torch.testing.assert_close(found, torch.from_numpy(expected), rtol=0, atol=1e-8)


@given(SEEDS, st.integers(1, 3), st.integers(1, 3), st.floats(0.0, 3.0))
def test_the_loss_is_two_of_numpys_means(seed: int, batch: int, joints: int, weight: float) -> None:
    random = np.random.default_rng(seed)
    poses, target = random.normal(0, 2, (2, batch, joints, 3))
    maps, truth = random.normal(0, 2, (2, batch, joints, 4, 5))
    expected = ((poses - target) ** 2).mean() + weight * ((maps - truth) ** 2).mean()
    asked = [torch.from_numpy(array) for array in (poses, target, maps, truth)]
    for loss in (multi_task_loss.reference, SOLUTIONS["multi_task_loss"]):
        torch.testing.assert_close(float(loss(*asked, weight)), float(expected))


def test_the_loss_s_example() -> None:
    poses, maps = torch.zeros(2, 3, 3), torch.zeros(2, 3, 4, 4)
    for loss in (multi_task_loss.reference, SOLUTIONS["multi_task_loss"]):
        assert float(loss(poses, poses + 2, maps, maps + 10)) == 5.0


@given(SEEDS, st.floats(0.1, 5.0))
def test_max_norm_is_torchs_renorm_of_linear_layers_alone(seed: int, limit: float) -> None:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(4, 8), nn.Sequential(nn.Conv2d(3, 4, 1), nn.Linear(8, 3)))
    for parameter in model.parameters():
        parameter.data *= 10
    before = copy.deepcopy(model.state_dict())
    parameters = list(model.parameters())
    SOLUTIONS["apply_max_norm"](model, limit)
    for name, value in model.state_dict().items():
        expected = before[name]
        if name in ("0.weight", "1.1.weight"):
            expected = torch.renorm(expected, 2, 0, limit)
        torch.testing.assert_close(value, expected)
    assert all(a is b for a, b in zip(model.parameters(), parameters, strict=True))


def test_max_norm_s_example() -> None:
    layer = nn.Linear(2, 2)
    layer.weight.data = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    SOLUTIONS["apply_max_norm"](layer, 1.0)
    torch.testing.assert_close(layer.weight.data, torch.tensor([[0.6, 0.8], [0.3, 0.4]]))


class CopiedLiftModel(LiftingNetwork):
    """The given network under the arguments of the exercise in lifting.ipynb."""

    def __init__(
        self,
        n_blocks: int = 2,
        hidden_layer: int = 1024,
        dropout: float = 0.1,
        output_nodes: int = 45,
    ) -> None:
        super().__init__(15, hidden_layer, n_blocks, dropout)
        self.last = nn.Linear(hidden_layer, output_nodes)


def test_the_given_lifting_network_is_no_answer_to_the_exercise() -> None:
    suite = stored_suite("LiftModel")
    verdict = judge(suite, run_cases(CopiedLiftModel, suite.cases))
    assert verdict.score < verdict.max_score
    assert "The first linear layer is followed by a batch normalisation" in str(verdict)
