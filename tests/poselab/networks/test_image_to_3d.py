from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from poselab.datasets import DeviceDict
from poselab.datasets.lifting import Statistics
from poselab.networks import image_to_3d
from poselab.networks.image_to_3d import (
    DECONVOLUTIONS,
    KERNELS,
    DirectNetwork,
    HeatmapNetwork,
    HeatmapOptions,
    ImageTo3D,
    LiftingNetwork,
    cost,
    cost_table,
    from_map_to_image,
    initialise,
)
from poselab.training.loop import gradient_step

VARIATIONS = [
    {},
    {"with_block_b": False},
    {"normalisation": "layer"},
    {"normalisation": "block"},
    {"kernel": 3},
    {"kernel": 6},
    {"fourth_stride": 1},
    {"initialisation": "kaiming"},
    *({"deconvolutions": strides} for strides in DECONVOLUTIONS),
]


def statistics(*shape: int) -> Statistics:
    return Statistics.of(100 + 50 * torch.randn(20, *shape))


@pytest.mark.parametrize("changes", VARIATIONS, ids=str)
def test_every_option_gives_maps_of_its_size_and_learns(changes: dict[str, Any]) -> None:
    options = HeatmapOptions(**changes)
    network = HeatmapNetwork(options, n_joints=5)
    heatmaps = network(torch.randn(2, 3, 64, 64))
    assert heatmaps.shape == (2, 5, *2 * [options.map_size(64)])
    heatmaps.square().mean().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
    assert network.a[0][0].weight.grad.abs().sum() > 0


@pytest.mark.parametrize("changes", VARIATIONS, ids=str)
def test_every_option_can_be_trained(changes: dict[str, Any]) -> None:
    torch.manual_seed(0)
    options = HeatmapOptions(**changes)
    network = HeatmapNetwork(options, n_joints=3)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    target = torch.zeros(4, 3, *2 * [options.map_size(32)])
    target[..., 1, 1] = 10.0
    batch = DeviceDict(img=torch.randn(4, 3, 32, 32))
    before = {name: weight.detach().clone() for name, weight in network.named_parameters()}

    def objective(network: nn.Module, batch: DeviceDict) -> Tensor:
        return mse_loss(network(batch["img"]), target)

    losses = [gradient_step(network, batch, objective, optimiser) for _ in range(4)]
    assert losses[-1] < losses[0]
    for name, weight in network.named_parameters():
        assert not torch.equal(weight, before[name]), name


def test_the_report_s_map_sizes() -> None:
    def size(**changes: Any) -> int:
        return HeatmapOptions(**changes).map_size(256)

    assert size() == size(deconvolutions=(2, 2)) == 64
    assert size(deconvolutions=(4, 2)) == size(deconvolutions=(2, 2, 2)) == 128
    assert size(fourth_stride=1) == 128


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("stride", [2, 4])
def test_a_deconvolution_enlarges_exactly(kernel: int, stride: int) -> None:
    layer = image_to_3d._deconvolution(3, 2, kernel, stride)
    assert layer(torch.randn(1, 3, 4, 5)).shape == (1, 2, 4 * stride, 5 * stride)


@pytest.mark.parametrize(
    ("often", "expected"),
    # B has three layers and a shortcut, C three, D one, E one in front of its last.
    [("none", 0), ("block", 4), ("layer", 9)],
)
def test_batch_normalisation_is_where_the_option_says(often: Any, expected: int) -> None:
    network = HeatmapNetwork(HeatmapOptions(normalisation=often))
    behind = (network.b, network.c, network.d, network.e)
    norms = [m for block in behind for m in block.modules() if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == expected
    assert any(isinstance(m, nn.BatchNorm2d) for m in network.a.modules())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("body", "resnet18"),
        ("fourth_stride", 4),
        ("normalisation", "twice"),
        ("kernel", 5),
        ("deconvolutions", (2,)),
        ("initialisation", "zeros"),
    ],
)
def test_another_option_is_refused_with_a_sentence(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is .*; choose one of "):
        HeatmapOptions(**{name: value})


def test_an_image_size_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a multiple of 16"):
        HeatmapOptions().map_size(100)


def test_a_resnet_needs_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_to_3d, "torchvision_is_there", lambda: False)
    with pytest.raises(ModuleNotFoundError, match="install it, or use the body"):
        HeatmapNetwork(HeatmapOptions(body="resnet50"))
    assert "needs torchvision" in cost_table({"large": HeatmapOptions(body="resnet50")})


@pytest.mark.parametrize(("fourth_stride", "side"), [(2, 16), (1, 32)])
def test_a_resnet_ends_with_1024_channels(fourth_stride: int, side: int) -> None:
    pytest.importorskip("torchvision")
    with torch.device("meta"):
        body = image_to_3d._resnet50_body(fourth_stride)
        assert body(torch.empty(2, 3, 256, 256)).shape == (2, 1024, side, side)
        network = HeatmapNetwork(HeatmapOptions(body="resnet50", fourth_stride=fourth_stride))
        heatmaps = network(torch.empty(2, 3, 256, 256))
    assert heatmaps.shape == (2, 17, 4 * side, 4 * side)


@pytest.mark.parametrize(("which", "variance"), [("kaiming", 2.0), ("variance_scaling", 1.0)])
@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (nn.Linear(400, 300), 400),
        (nn.Conv2d(40, 300, 3), 360),
        (nn.ConvTranspose2d(200, 100, 4, stride=4), 200),
        (nn.ConvTranspose2d(200, 100, 4, stride=2), 800),
    ],
    ids=str,
)
def test_weights_have_the_variance_of_the_paper(
    which: Any, variance: float, layer: nn.Linear, fan_in: int
) -> None:
    torch.manual_seed(0)
    initialise(layer, which)
    assert float(layer.weight.detach().var()) * fan_in == pytest.approx(variance, rel=0.05)
    assert not layer.bias.any()
    if which == "variance_scaling":
        # No weight is beyond two of the standard deviations before the cut.
        assert float(layer.weight.detach().abs().max()) <= 2.28 / fan_in**0.5


def test_kaiming_keeps_the_size_of_numbers_through_a_deconvolution() -> None:
    torch.manual_seed(0)
    layer = image_to_3d._deconvolution(256, 64, 4, 2)
    initialise(layer, "kaiming")
    x = torch.randn(1, 256, 16, 16).relu()
    inner = layer(x).detach()[..., 2:-2, 2:-2]
    assert float(inner.square().mean() / x.square().mean()) == pytest.approx(2.0, rel=0.1)


def test_the_lifting_network_has_the_layers_of_figure_3() -> None:
    network = LiftingNetwork(n_joints=16)
    layers = 32 * 1024 + 1024 + 4 * (1024**2 + 1024) + 1024 * 48 + 48
    assert sum(weight.numel() for weight in network.parameters()) == layers + 5 * 2 * 1024
    assert network(torch.randn(3, 32)).shape == (3, 48)


def test_lifting_a_pose_depends_on_it_alone() -> None:
    network = LiftingNetwork(n_joints=4, width=16).eval()
    poses = torch.randn(5, 8)
    torch.testing.assert_close(network(poses)[2:3], network(poses[2:3]))


def test_a_residual_block_adds_its_input() -> None:
    network = LiftingNetwork(n_joints=4, width=16, dropout=0.0).eval()
    for layer in network.inner:
        nn.init.zeros_(layer[0].weight)
    x = torch.randn(3, 8)
    torch.testing.assert_close(network(x), network.last(network.first(x)))


def test_both_stages_are_one_network() -> None:
    torch.manual_seed(0)
    of_2d, of_3d = statistics(17, 2), statistics(17, 3)
    read = lambda heatmaps: heatmaps.mean((-1, -2))[..., None].expand(-1, -1, 2)  # noqa: E731
    stages = HeatmapNetwork(), LiftingNetwork(width=16)
    network = ImageTo3D(*stages, read, of_2d, of_3d).eval()
    img = torch.randn(2, 3, 64, 64)
    poses, heatmaps = network(img)
    assert poses.shape == (2, 17, 3) and heatmaps.shape == (2, 17, 16, 16)
    pose_2d = read(heatmaps) * 63 / 15
    normalised = ((pose_2d - of_2d.mean) / of_2d.std).flatten(1)
    expected = stages[1](normalised).reshape(2, 17, 3) * of_3d.std + of_3d.mean
    torch.testing.assert_close(poses, expected)
    poses.sum().backward()
    assert stages[0].a[0][0].weight.grad.abs().sum() > 0, "no gradient reaches the first stage"


def test_the_baseline_starts_near_the_mean_pose() -> None:
    of_3d = statistics(17, 3)
    poses = DirectNetwork(of_3d, image_size=64)(torch.randn(4, 3, 64, 64)).detach()
    assert poses.shape == (4, 17, 3)
    assert float(((poses - of_3d.mean) / of_3d.std).abs().mean()) < 1


def test_the_baseline_does_not_die() -> None:
    torch.manual_seed(0)
    of_3d = Statistics.of(100 + 50 * torch.randn(20, 17, 3))
    network = DirectNetwork(of_3d, image_size=32)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    batch = DeviceDict(img=torch.randn(8, 3, 32, 32), pose_3d=100 + 50 * torch.randn(8, 17, 3))

    def objective(network: nn.Module, batch: DeviceDict) -> Tensor:
        return mse_loss(of_3d.normalise(network(batch["img"])), of_3d.normalise(batch["pose_3d"]))

    losses = [gradient_step(network, batch, objective, optimiser) for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]


@given(st.integers(2, 80), st.integers(2, 80), st.integers(2, 300), st.integers(2, 300))
def test_corner_pixels_become_corner_pixels(
    map_height: int, map_width: int, height: int, width: int
) -> None:
    shapes = torch.Size((1, 1, map_height, map_width)), torch.Size((1, 3, height, width))
    corner = torch.tensor([map_width - 1.0, map_height - 1.0])
    torch.testing.assert_close(
        from_map_to_image(corner, *shapes), torch.tensor([width - 1.0, height - 1.0])
    )
    assert not from_map_to_image(torch.zeros(2), *shapes).any()


def test_pixel_63_becomes_pixel_255_and_not_252() -> None:
    moved = from_map_to_image(
        torch.full((1, 2), 63.0), torch.Size((1, 1, 64, 64)), torch.Size((1, 3, 256, 256))
    )
    assert moved.tolist() == [[255.0, 255.0]]


def test_costs_are_those_of_a_real_step() -> None:
    options = HeatmapOptions(normalisation="layer")
    counted = cost(options, image_size=32, batch_size=2)
    network = HeatmapNetwork(options)
    assert counted.parameters == sum(weight.numel() for weight in network.parameters())
    assert counted.map_size == 8
    kept: dict[int, int] = {}
    weights = {weight.data_ptr() for weight in network.parameters()}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        heatmaps = network(torch.randn(2, 3, 32, 32))
    assert heatmaps.shape[-1] == counted.map_size
    expected = (16 * counted.parameters + sum(kept.values())) / 1e6
    assert counted.memory_mb == pytest.approx(expected, rel=0.02)


def test_larger_maps_cost_memory_and_the_table_says_so() -> None:
    default, large = cost(HeatmapOptions()), cost(HeatmapOptions(fourth_stride=1))
    assert default.parameters == large.parameters
    assert large.memory_mb > 1.5 * default.memory_mb
    table = cost_table({"as chosen": HeatmapOptions(), "stride 1": HeatmapOptions(fourth_stride=1)})
    rows = table.splitlines()
    assert rows[2].startswith(f"| as chosen | {default.parameters:,} | 64 x 64 | ")
    assert "128 x 128" in rows[3]
