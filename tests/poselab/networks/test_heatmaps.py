from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from poselab.networks import resnet
from poselab.networks.heatmaps import (
    ResNetHeatmapNetwork,
    SmallHeatmapNetwork,
    SmallRegressionNetwork,
    heatmap_network,
    regression_network,
)
from poselab.profiles import Profile


def test_shapes(make_profile: Callable[..., Profile]) -> None:
    img = torch.randn(2, 3, 128, 160)
    assert heatmap_network(make_profile())(img).shape == (2, 18, 32, 40)
    assert regression_network(make_profile())(img).shape == (2, 18, 2)


def test_other_sizes_and_a_batch_of_one() -> None:
    assert SmallHeatmapNetwork(n_joints=7).eval()(torch.randn(1, 3, 64, 96)).shape == (1, 7, 16, 24)
    assert SmallHeatmapNetwork()(torch.randn(1, 3, 100, 52)).shape == (1, 18, 25, 13)
    network = SmallRegressionNetwork(n_joints=7, image_size=(64, 100)).eval()
    assert network(torch.randn(1, 3, 64, 100)).shape == (1, 7, 2)


def test_logits_are_not_bounded() -> None:
    network = SmallHeatmapNetwork()
    logits = network(20 * torch.randn(4, 3, 64, 64))
    assert logits.min() < 0 < logits.max()


@pytest.mark.parametrize("make", [heatmap_network, regression_network])
def test_the_seed_alone_decides_the_weights(
    make: Callable[[Profile], torch.nn.Module], make_profile: Callable[..., Profile]
) -> None:
    torch.manual_seed(1)
    first = make(make_profile(seed=5)).state_dict()
    torch.manual_seed(2)
    state = torch.get_rng_state()
    second = make(make_profile(seed=5)).state_dict()
    assert torch.equal(torch.get_rng_state(), state), "the global generator was used"
    other = make(make_profile(seed=6)).state_dict()
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("make", [heatmap_network, regression_network])
def test_a_gradient_reaches_every_weight(
    make: Callable[[Profile], torch.nn.Module], make_profile: Callable[..., Profile]
) -> None:
    network = make(make_profile())
    network(torch.randn(2, 3, 128, 160)).square().mean().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None and weight.grad.abs().sum() > 0, name


def test_an_untrained_regression_starts_near_the_centre(
    make_profile: Callable[..., Profile],
) -> None:
    pose = regression_network(make_profile()).eval()(torch.randn(4, 3, 128, 160))
    assert (pose - 0.5).abs().max() < 0.3


def test_without_torchvision_resnet_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resnet, "torchvision_is_there", lambda: False)
    with pytest.raises(ModuleNotFoundError, match="need torchvision: install it"):
        ResNetHeatmapNetwork()


@pytest.mark.skipif(not resnet.torchvision_is_there(), reason="needs torchvision")
def test_resnets_have_the_same_interface() -> None:
    img = torch.randn(2, 3, 128, 160)
    assert ResNetHeatmapNetwork()(img).shape == (2, 18, 32, 40)
    assert resnet.ResNetRegressionNetwork()(img).shape == (2, 18, 2)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu(make_profile: Callable[..., Profile]) -> None:
    profile = make_profile().replace(device="cuda")
    assert heatmap_network(profile)(torch.randn(2, 3, 128, 160).cuda()).shape == (2, 18, 32, 40)
