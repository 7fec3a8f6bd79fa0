"""The networks of image_to_3d: heat maps from an image, 3D from 2D, and both in one.

After a student project's report, whose heat-map network follows Mehta et al., "VNect" (2017), and
whose lifting network follows Martinez et al., "A simple yet effective baseline for 3D human pose
estimation" (2017). Every variation that the report tried is an option here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import torch
from jaxtyping import Float
from torch import Tensor, nn

from poselab.networks.blocks import ConvBlock, ResidualBlock
from poselab.networks.resnet import torchvision_is_there
from poselab.skeletons import HUMAN36M

Body = Literal["small", "resnet50"]
Normalisation = Literal["none", "block", "layer"]
Initialisation = Literal["variance_scaling", "kaiming"]

ReadPositions = Callable[[Tensor], Tensor]
"""Heat maps (B, J, H, W) -> positions (x, y) in pixels of the map, (B, J, 2)."""


class Scale(Protocol):
    """Shifts and scales coordinates to mean 0 and standard deviation 1, and back again.

    :class:`poselab.datasets.lifting.Statistics` does.
    """

    @property
    def mean(self) -> Tensor:
        """The mean of each coordinate."""

    def normalise(self, x: Tensor) -> Tensor:
        """To mean 0 and standard deviation 1."""

    def restore(self, x: Tensor) -> Tensor:
        """Back to the original unit."""


KERNELS = (3, 4, 6)
DECONVOLUTIONS = ((4,), (4, 2), (2, 2), (2, 2, 2))

_MB = 1_000_000
_BYTES = 4
"""Bytes of a float32 number."""
_COPIES = 4
"""A weight, its gradient, and the two means that Adam keeps of it."""


@dataclass(frozen=True)
class HeatmapOptions:
    """What the report varied in its heat-map network. The defaults are what it chose.

    Args:
        body: block A: ``"resnet50"`` up to its fourth stage, for a GPU, or ``"small"``, for a CPU.
        fourth_stride: the stride of block A's fourth layer, 2 or 1; 1 doubles the heat maps' size.
        with_block_b: whether there is a block B.
        normalisation: batch normalisation in blocks B to E: ``"none"``, after the last layer of
            each ``"block"``, or after every ``"layer"``. Block A has its own in any case.
        kernel: the kernel size in block D: 3, 4 or 6.
        deconvolutions: the strides of the transposed convolutions in block D, which multiply the
            map's size: (4,), (4, 2), (2, 2) or (2, 2, 2).
        initialisation: of the convolutions: ``"variance_scaling"`` or ``"kaiming"``.

    Raises:
        ValueError: an option has a value that is not among these.
    """

    body: Body = "small"
    fourth_stride: int = 2
    with_block_b: bool = True
    normalisation: Normalisation = "none"
    kernel: int = 4
    deconvolutions: tuple[int, ...] = (4,)
    initialisation: Initialisation = "variance_scaling"

    def __post_init__(self) -> None:
        allowed: dict[str, tuple[Any, ...]] = {
            "body": get_args(Body),
            "fourth_stride": (1, 2),
            "with_block_b": (True, False),
            "normalisation": get_args(Normalisation),
            "kernel": KERNELS,
            "deconvolutions": DECONVOLUTIONS,
            "initialisation": get_args(Initialisation),
        }
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; choose one of "
                    f"{', '.join(map(repr, values))}."
                )

    def map_size(self, image_size: int) -> int:
        """The side of the heat maps.

        Args:
            image_size: the images' side in pixels, a multiple of 16.

        Returns:
            Pixels; a quarter of the image's with the default options.

        Raises:
            ValueError: ``image_size`` is not a multiple of 16.
        """
        if image_size < 16 or image_size % 16:
            raise ValueError(f"image_size is {image_size}, but must be a multiple of 16.")
        size = image_size // (8 * self.fourth_stride)
        for stride in self.deconvolutions:
            size *= stride
        return size


@dataclass(frozen=True)
class _Widths:
    """Channels: what block A returns; inside B; outside and inside of C; in D and E."""

    features: int
    bottleneck: int
    outside: int
    inside: int
    maps: int


_WIDTHS: dict[Body, _Widths] = {
    "small": _Widths(features=128, bottleneck=64, outside=64, inside=64, maps=64),
    "resnet50": _Widths(features=1024, bottleneck=512, outside=256, inside=128, maps=128),
}


class HeatmapNetwork(nn.Module):
    """Blocks A to E: images to one heat map for each joint.

    A extracts features at a sixteenth of the image's size. B is a residual bottleneck and C three
    more convolutions. D enlarges the map by transposed convolutions, and E makes a heat map of it
    for each joint. Nothing bounds the output: the heat maps to be learned have a peak of 255.

    Args:
        options: the variation.
        n_joints: heat maps per image.

    Raises:
        ModuleNotFoundError: the body is a ResNet-50, and torchvision is not installed.
    """

    def __init__(
        self, options: HeatmapOptions | None = None, n_joints: int = len(HUMAN36M)
    ) -> None:
        super().__init__()
        self.options = options = options or HeatmapOptions()
        widths, often = _WIDTHS[options.body], options.normalisation
        make_body = _resnet50_body if options.body == "resnet50" else _small_body
        self.a = make_body(options.fourth_stride)
        self.b: nn.Module = nn.Identity()
        if options.with_block_b:
            self.b = _Bottleneck(widths.features, widths.bottleneck, often)
        self.c = _in_sequence(
            often,
            nn.Conv2d(widths.features, widths.outside, 1),
            nn.Conv2d(widths.outside, widths.inside, 3, padding=1),
            nn.Conv2d(widths.inside, widths.outside, 1),
        )
        enlarging, n_in = [], widths.outside
        for stride in options.deconvolutions:
            enlarging.append(_deconvolution(n_in, widths.maps, options.kernel, stride))
            n_in = widths.maps
        self.d = _in_sequence(often, *enlarging)
        self.e = nn.Sequential(
            _in_sequence(often, nn.Conv2d(widths.maps, widths.maps, 3, padding=1)),
            nn.Conv2d(widths.maps, n_joints, 1),
        )
        initialise(self, options.initialisation)

    def forward(
        self, img: Float[Tensor, "batch 3 height width"]
    ) -> Float[Tensor, "batch joint map_height map_width"]:
        """Heat maps of images as :class:`poselab.datasets.human36m.Human36MDataset` returns them.

        Args:
            img: normalised images whose sides are multiples of 16.

        Returns:
            One map for each joint, of the size that ``options.map_size`` gives.
        """
        x = self.a(img.contiguous(memory_format=torch.channels_last))
        heatmaps: Tensor = self.e(self.d(self.c(self.b(x))))
        return heatmaps


class _Bottleneck(nn.Module):
    """Block B, as in a ResNet: narrow, look around, widen, and add the input's projection."""

    def __init__(self, width: int, narrow: int, often: Normalisation) -> None:
        super().__init__()
        self.narrowing = _in_sequence(
            "layer" if often == "layer" else "none",
            nn.Conv2d(width, narrow, 1),
            nn.Conv2d(narrow, narrow, 3, padding=1),
        )
        every = often == "layer"
        self.widening = nn.Sequential(nn.Conv2d(narrow, width, 1), *_norm(width, every))
        self.shortcut = nn.Sequential(nn.Conv2d(width, width, 1), *_norm(width, every))
        self.after = nn.Sequential(*_norm(width, often == "block"), nn.ReLU(inplace=True))

    def forward(self, x: Tensor) -> Tensor:
        """(B, width, H, W) -> the same shape."""
        y: Tensor = self.after(self.widening(self.narrowing(x)) + self.shortcut(x))
        return y


def _norm(width: int, wanted: bool) -> list[nn.Module]:
    return [nn.BatchNorm2d(width)] if wanted else []


def _in_sequence(often: Normalisation, *convolutions: nn.Module) -> nn.Sequential:
    """Convolutions, each with its ReLU and some with batch normalisation before that."""
    layers: list[nn.Module] = []
    for number, convolution in enumerate(convolutions, 1):
        width = int(convolution.out_channels)  # type: ignore[arg-type]
        wanted = often == "layer" or (often == "block" and number == len(convolutions))
        layers += [convolution, *_norm(width, wanted), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


def _deconvolution(n_in: int, n_out: int, kernel: int, stride: int) -> nn.ConvTranspose2d:
    """A transposed convolution that makes a map exactly ``stride`` times as large."""
    excess = kernel - stride
    # Its output has (size - 1) * stride - 2 * padding + kernel + output_padding pixels.
    padding = (excess + 1) // 2 if excess > 0 else 0
    return nn.ConvTranspose2d(
        n_in, n_out, kernel, stride, padding, output_padding=2 * padding - excess
    )


def _small_body(fourth_stride: int) -> nn.Module:
    """Block A for a CPU: four layers, which end at a sixteenth of the image's size."""
    return nn.Sequential(
        ConvBlock(3, 16, stride=2),
        nn.Sequential(ConvBlock(16, 32, stride=2), ResidualBlock(32)),
        nn.Sequential(ConvBlock(32, 64, stride=2), ResidualBlock(64)),
        nn.Sequential(ConvBlock(64, 128, stride=fourth_stride), ResidualBlock(128)),
    )


def _resnet50_body(fourth_stride: int) -> nn.Module:
    """Block A for a GPU: ResNet-50 up to its stage 4f, with random weights."""
    if not torchvision_is_there():
        raise ModuleNotFoundError(
            'The body "resnet50" needs torchvision: install it, or use the body "small".'
        )
    resnet = importlib.import_module("torchvision.models").resnet50(weights=None)
    # torchvision's layer1 to layer3 are the blocks 2 to 4 of the paper.
    first = resnet.layer3[0]
    first.conv2.stride = first.downsample[0].stride = (fourth_stride, fourth_stride)
    return nn.Sequential(
        resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool,
        resnet.layer1, resnet.layer2, resnet.layer3,
    )  # fmt: skip


def initialise(network: nn.Module, initialisation: Initialisation) -> None:
    """Draw the weights of all convolutions and linear layers anew, in place; biases become 0.

    Args:
        network: whose weights.
        initialisation: ``"kaiming"`` is a normal distribution of variance 2 / fan-in (He et al.,
            2015), which keeps the size of numbers through layers with a ReLU.
            ``"variance_scaling"`` is TensorFlow's default: one of variance 1 / fan-in, cut off at
            two standard deviations.
    """
    for module in network.modules():
        if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            continue
        weight = module.weight
        fan_in = _fan_in(module)
        if initialisation == "kaiming":
            nn.init.normal_(weight, std=(2 / fan_in) ** 0.5)
        else:
            # Cutting off at two standard deviations leaves 0.8796 of one.
            std = (1 / fan_in) ** 0.5 / 0.87962566103423978
            nn.init.trunc_normal_(weight, std=std, a=-2 * std, b=2 * std)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _fan_in(module: nn.Conv2d | nn.ConvTranspose2d | nn.Linear) -> float:
    """How many numbers each output number is made of; on average, where it depends on the pixel."""
    if isinstance(module, nn.ConvTranspose2d):
        n_in, _, *kernel = module.weight.shape
        reached = [max(side / step, 1.0) for side, step in zip(kernel, module.stride, strict=True)]
        return n_in * reached[0] * reached[1]
    return float(module.weight[0].numel())


class LiftingNetwork(nn.Module):
    """The report's Figure 3: 2D positions to 3D positions, both normalised, as rows of numbers.

    A linear layer, residual blocks of two, and a linear layer; each inner one is followed by batch
    normalisation, ReLU and dropout. Linear layers start as ``"kaiming"`` draws them.

    Args:
        n_joints: joints of a pose.
        width: numbers between the layers.
        n_blocks: how many residual blocks there are.
        dropout: the probability with which a number is dropped.
    """

    def __init__(
        self,
        n_joints: int = len(HUMAN36M),
        width: int = 1024,
        n_blocks: int = 2,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.first = _Inner(2 * n_joints, width, dropout)
        self.inner = nn.ModuleList(_Inner(width, width, dropout) for _ in range(2 * n_blocks))
        self.last = nn.Linear(width, 3 * n_joints)
        initialise(self, "kaiming")

    def forward(self, pose_2d: Float[Tensor, "batch 2*joint"]) -> Float[Tensor, "batch 3*joint"]:
        """Lift normalised poses, each a row of numbers."""
        kept = x = self.first(pose_2d)
        for number, layer in enumerate(self.inner):
            x = layer(x)
            if number % 2:
                kept = x = kept + x
        lifted: Tensor = self.last(x)
        return lifted


class _Inner(nn.Sequential):
    def __init__(self, n_in: int, n_out: int, dropout: float) -> None:
        super().__init__(
            nn.Linear(n_in, n_out), nn.BatchNorm1d(n_out), nn.ReLU(), nn.Dropout(dropout)
        )


class ImageTo3D(nn.Module):
    """Both stages as one network: image, heat maps, positions, normalisation, lifting, 3D.

    Args:
        heatmap_network: images -> heat maps.
        lifting_network: normalised 2D -> normalised 3D, as rows of numbers.
        read_positions: reads positions from heat maps, in pixels of the map. What it does decides
            whether gradients of the 3D poses reach the heat maps.
        statistics_2d: of the true 2D poses in pixels of the image, (joint, 2), training part.
        statistics_3d: of the true 3D poses in millimetres, (joint, 3), training part.
    """

    def __init__(
        self,
        heatmap_network: nn.Module,
        lifting_network: nn.Module,
        read_positions: ReadPositions,
        statistics_2d: Scale,
        statistics_3d: Scale,
    ) -> None:
        super().__init__()
        self.heatmap_network = heatmap_network
        self.lifting_network = lifting_network
        self.read_positions = read_positions
        self.statistics_2d = statistics_2d
        self.statistics_3d = statistics_3d

    def forward(
        self, img: Float[Tensor, "batch 3 height width"]
    ) -> tuple[Float[Tensor, "batch joint 3"], Float[Tensor, "batch joint map_height map_width"]]:
        """Poses in millimetres, and the heat maps that they were lifted from.

        Args:
            img: normalised images, square.

        Returns:
            3D poses relative to the pelvis, and heat maps.
        """
        heatmaps = self.heatmap_network(img)
        pose_2d = from_map_to_image(self.read_positions(heatmaps), heatmaps.shape, img.shape)
        return self.lift(pose_2d), heatmaps

    def lift(self, pose_2d: Float[Tensor, "batch joint 2"]) -> Float[Tensor, "batch joint 3"]:
        """3D poses in millimetres from 2D poses in pixels of the image."""
        lifted = self.lifting_network(self.statistics_2d.normalise(pose_2d).flatten(1))
        poses: Tensor = self.statistics_3d.restore(lifted.unflatten(1, (-1, 3)))
        return poses


def from_map_to_image(
    positions: Float[Tensor, "*pose 2"], map_shape: torch.Size, image_shape: torch.Size
) -> Float[Tensor, "*pose 2"]:
    """Convert positions in pixels of a heat map to pixels of the image.

    The first pixel's centre stays the first one's, and the last one's becomes the last one's: 63
    of 64 becomes 255 of 256, and not 252.

    Args:
        positions: (x, y) in pixels of the map.
        map_shape: the heat maps' shape, which ends with height and width.
        image_shape: the images' shape, which ends with height and width.

    Returns:
        (x, y) in pixels of the image, with the dtype and the device of ``positions``.
    """
    height, width = (side - 1 for side in image_shape[-2:])
    map_height, map_width = (side - 1 for side in map_shape[-2:])
    last = positions.new_tensor([width, height])
    return positions * last / positions.new_tensor([map_width, map_height])


class DirectNetwork(nn.Module):
    """The baseline without heat maps: block A, and two linear layers from its features to 3D.

    Layer normalisation follows the first of them.

    Args:
        statistics_3d: of the true 3D poses in millimetres, (joint, 3), training part.
        image_size: the images' side in pixels, a multiple of 16.
        body: block A of :class:`HeatmapOptions`.
        width: numbers between the two linear layers.

    Raises:
        ModuleNotFoundError: the body is a ResNet-50, and torchvision is not installed.
    """

    def __init__(
        self,
        statistics_3d: Scale,
        image_size: int,
        body: Body = "small",
        width: int = 256,
    ) -> None:
        super().__init__()
        self.statistics_3d = statistics_3d
        make_body = _resnet50_body if body == "resnet50" else _small_body
        n_features = _WIDTHS[body].features * (image_size // 16) ** 2
        self.body = make_body(2)
        self.head = nn.Sequential(
            nn.Flatten(),
            nn.Linear(n_features, width),
            # Without it, Adam's first steps push all units of this layer below 0, for good.
            nn.LayerNorm(width),
            nn.ReLU(inplace=True),
            nn.Linear(width, statistics_3d.mean.numel()),
        )

    def forward(self, img: Float[Tensor, "batch 3 height width"]) -> Float[Tensor, "batch joint 3"]:
        """Poses in millimetres, relative to the pelvis."""
        x = self.head(self.body(img.contiguous(memory_format=torch.channels_last)))
        poses: Tensor = self.statistics_3d.restore(x.unflatten(1, (-1, 3)))
        return poses


@dataclass(frozen=True)
class Cost:
    """What a heat-map network costs.

    Args:
        parameters: how many numbers are learned.
        map_size: the heat maps' side in pixels.
        memory_mb: megabytes that a training step needs: the weights, their gradients, the two means
            that Adam keeps, and what the forward pass keeps for the backward pass.
    """

    parameters: int
    map_size: int
    memory_mb: float


def cost(options: HeatmapOptions, image_size: int = 256, batch_size: int = 32) -> Cost:
    """Count what a network costs, without computing with it: it is made of shapes alone.

    Args:
        options: the variation.
        image_size: the images' side in pixels, a multiple of 16.
        batch_size: images in a mini-batch.

    Returns:
        Parameters, the map's size and memory.

    Raises:
        ValueError: ``image_size`` is not a multiple of 16.
        ModuleNotFoundError: the body is a ResNet-50, and torchvision is not installed.
    """
    map_size = options.map_size(image_size)
    with torch.device("meta"):
        network = HeatmapNetwork(options)
        images = torch.empty(batch_size, 3, image_size, image_size)
    weights = {weight.untyped_storage()._cdata for weight in network.parameters()}
    kept: dict[int, Tensor] = {}

    def keep(tensor: Tensor) -> Tensor:
        kept.setdefault(tensor.untyped_storage()._cdata, tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        network(images)
    activations = sum(
        tensor.untyped_storage().nbytes()
        for storage, tensor in kept.items()
        if storage not in weights
    )
    parameters = sum(weight.numel() for weight in network.parameters())
    memory = _COPIES * _BYTES * parameters + activations
    return Cost(parameters, map_size, memory / _MB)


def cost_table(
    variations: Mapping[str, HeatmapOptions], image_size: int = 256, batch_size: int = 32
) -> str:
    """The costs of several networks, as a table in Markdown.

    Args:
        variations: options by the name of their row.
        image_size: the images' side in pixels, a multiple of 16.
        batch_size: images in a mini-batch.

    Returns:
        One row for each; one that cannot be made here says what it needs.
    """
    rows = [
        f"| option | parameters | heat map | memory in MB, {batch_size} images |",
        "|---|---|---|---|",
    ]
    for name, options in variations.items():
        if options.body == "resnet50" and not torchvision_is_there():
            size = options.map_size(image_size)
            rows.append(f"| {name} | needs torchvision | {size} x {size} | needs torchvision |")
            continue
        counted = cost(options, image_size, batch_size)
        size = counted.map_size
        rows.append(
            f"| {name} | {counted.parameters:,} | {size} x {size} | {counted.memory_mb:,.0f} |"
        )
    return "\n".join(rows)
