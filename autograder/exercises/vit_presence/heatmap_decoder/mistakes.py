"""Wrong answers to `HeatmapDecoder`. Each changes one thing about the same network."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    dropout,
    elu,
    gelu,
    grid_sample,
    interpolate,
    leaky_relu,
    pixel_shuffle,
    softplus,
)

from autograder.exercises.bank import Bank

BANK = Bank()


class _Right(nn.Module):
    """The decoder, whose steps can be replaced."""

    def __init__(self, width: int, n_keypoints: int = 17) -> None:
        super().__init__()
        self.width, self.n_keypoints = width, n_keypoints
        self.make_layers(width, n_keypoints)

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """All layers."""
        self.convolution = nn.Conv2d(width, n_keypoints, 1)

    def enlarged(self, features: Tensor) -> Tensor:
        """16 times as large."""
        return interpolate(features, scale_factor=16, mode="bilinear", align_corners=False)

    def activated(self, large: Tensor) -> Tensor:
        """Behind the upsampling."""
        return large.relu()

    def convolved(self, large: Tensor) -> Tensor:
        """One map for each keypoint."""
        maps: Tensor = self.convolution(large)
        return maps

    def forward(self, features: Tensor) -> Tensor:
        """All steps."""
        return self.convolved(self.activated(self.enlarged(features)))


# Mistakes in the upsampling.


@BANK.mistake(
    "The upsampling aligns the corners: the first and the last place are pulled to the border. Use "
    "`align_corners=False`, so that each place covers 16 x 16 pixels."
)
class corners_aligned(_Right):
    """align_corners=True."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Corners on corners."""
        return interpolate(features, scale_factor=16, mode="bilinear", align_corners=True)


@BANK.mistake(
    "The upsampling repeats each place 16 x 16 times, as `interpolate` does by default. Use "
    '`mode="bilinear"`.'
)
class nearest_place(_Right):
    """The default mode."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Repeated."""
        return interpolate(features, scale_factor=16)


@BANK.mistake('The upsampling is bicubic. Use `mode="bilinear"`.')
class bicubic(_Right):
    """mode="bicubic"."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Smoother."""
        return interpolate(features, scale_factor=16, mode="bicubic")


@BANK.another("bicubic")
class bicubic_with_corners_aligned(_Right):
    """mode="bicubic", align_corners=True."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Smoother."""
        return interpolate(features, scale_factor=16, mode="bicubic", align_corners=True)


@BANK.mistake(
    "The upsampling is done in two or more steps. That is not the same as one: enlarge by 16 at "
    "once."
)
class in_two_steps(_Right):
    """4 times, twice."""

    def enlarged(self, features: Tensor) -> Tensor:
        """4 * 4."""
        for _ in range(2):
            features = interpolate(features, scale_factor=4, mode="bilinear")
        return features


@BANK.another("in_two_steps")
class in_four_steps(_Right):
    """Twice, four times."""

    def enlarged(self, features: Tensor) -> Tensor:
        """2 * 2 * 2 * 2."""
        for _ in range(4):
            features = interpolate(features, scale_factor=2, mode="bilinear")
        return features


@BANK.another("in_two_steps")
class by_two_and_eight(_Right):
    """2 times, then 8 times."""

    def enlarged(self, features: Tensor) -> Tensor:
        """2 * 8."""
        double = interpolate(features, scale_factor=2, mode="bilinear")
        return interpolate(double, scale_factor=8, mode="bilinear")


@BANK.another("in_two_steps")
class by_eight_and_two(_Right):
    """8 times, then 2 times."""

    def enlarged(self, features: Tensor) -> Tensor:
        """8 * 2."""
        large = interpolate(features, scale_factor=8, mode="bilinear")
        return interpolate(large, scale_factor=2, mode="bilinear")


@BANK.mistake(
    "The upsampling is a transposed convolution, whose weights have to be learned. Use bilinear "
    "upsampling, which has none."
)
class transposed_convolution(_Right):
    """nn.ConvTranspose2d."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """And one that enlarges."""
        self.up = nn.ConvTranspose2d(width, width, 16, stride=16)
        super().make_layers(width, n_keypoints)

    def enlarged(self, features: Tensor) -> Tensor:
        """Learned."""
        large: Tensor = self.up(features)
        return large


def _at(
    features: Tensor, rows: Tensor, columns: Tensor, padding: str = "border", corners: bool = False
) -> Tensor:
    """Features at fractions of rows and columns, from -1 to 1, by grid_sample."""
    grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij")[::-1], dim=-1)
    grid = grid.expand(len(features), -1, -1, -1)
    return grid_sample(features, grid, padding_mode=padding, align_corners=corners)


def _middles(number: int, like: Tensor) -> Tensor:
    """Of pixels, from -1 to 1."""
    pixels = torch.arange(number, dtype=like.dtype, device=like.device)
    return (2 * pixels + 1) / number - 1


@BANK.mistake(
    "Pixel i is taken at i / 16 of the feature map: half a pixel is forgotten. The middle of pixel "
    "i lies at (i + 0.5) / 16 - 0.5."
)
class half_pixel_forgotten(_Right):
    """i / 16."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Moved by 7.5 pixels."""
        rows, columns = (
            (2 * torch.arange(16 * side, dtype=features.dtype, device=features.device) / 16 + 1)
            / side - 1
            for side in features.shape[2:]
        )  # fmt: skip
        return _at(features, rows, columns)


@BANK.mistake(
    "The border fades to 0: `grid_sample` takes zeros for what lies beyond the feature map. There "
    'the place at the border is repeated: `padding_mode="border"`, or `interpolate`.'
)
class zeros_beyond_the_border(_Right):
    """padding_mode="zeros"."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Faded."""
        rows, columns = (_middles(16 * side, features) for side in features.shape[2:])
        return _at(features, rows, columns, "zeros")


@BANK.mistake(
    "The positions are given as (y, x). `grid_sample` takes (x, y): first the column, then the row."
)
class positions_as_y_x(_Right):
    """stack((y, x))."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Rows for columns."""
        rows, columns = (_middles(16 * side, features) for side in features.shape[2:])
        grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1)
        grid = grid.expand(len(features), -1, -1, -1)
        return grid_sample(features, grid, padding_mode="border", align_corners=False)


@BANK.another("positions_as_y_x")
class positions_as_y_x_and_zeros(_Right):
    """The same with padding by zeros."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Rows for columns."""
        rows, columns = (_middles(16 * side, features) for side in features.shape[2:])
        grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), dim=-1)
        grid = grid.expand(len(features), -1, -1, -1)
        return grid_sample(features, grid, align_corners=False)


@BANK.mistake(
    "Beyond the middle of the first and of the last place the features are extrapolated: the "
    "fraction between two places is below 0 or above 1. There the place at the border is repeated."
)
class border_extrapolated(_Right):
    """The place is limited, the fraction is not."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Rows, then columns."""
        return self.along_the_last(self.along_the_last(features).mT).mT

    def along_the_last(self, maps: Tensor) -> Tensor:
        """16 times as long."""
        size = maps.shape[-1]
        at = (torch.arange(16 * size, dtype=maps.dtype, device=maps.device) + 0.5) / 16 - 0.5
        before = at.floor().clamp(0, max(size - 2, 0)).long()
        after = (before + 1).clamp(max=size - 1)
        part = at - before
        return maps[..., before] * (1 - part) + maps[..., after] * part


@BANK.mistake(
    "A map of a single row or column is nan: the positions are divided by the number of places "
    "less 1, which is 0 there.",
    fails="edge_cases",
)
class divided_by_one_less(_Right):
    """2 * i / (n - 1) - 1."""

    def enlarged(self, features: Tensor) -> Tensor:
        """0 / 0 for one place."""
        rows, columns = (self.positions(side, features) for side in features.shape[2:])
        return _at(features, rows, columns, "zeros", corners=True)

    def positions(self, side: int, like: Tensor) -> Tensor:
        """From -1 to 1."""
        at = (torch.arange(16 * side, dtype=like.dtype, device=like.device) + 0.5) / 16 - 0.5
        return 2 * at.clamp(0, side - 1) / at.new_tensor(side - 1) - 1


@BANK.mistake(
    "The heat maps are always 16 x 16: the second argument of `interpolate` is the size of the "
    "result. Say `scale_factor=16`.",
    fails="shape",
)
class sixteen_as_the_size(_Right):
    """interpolate(features, 16)."""

    def enlarged(self, features: Tensor) -> Tensor:
        """16 x 16."""
        return interpolate(features, 16, mode="bilinear")


@BANK.mistake("The heat maps are 8 times as large as the feature maps. It is 16.", fails="shape")
class eight_times(_Right):
    """scale_factor=8."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Half."""
        return interpolate(features, scale_factor=8, mode="bilinear")


@BANK.mistake(
    "The heat maps are 4 times as large as the feature maps, as in ViTPose. It is 16.",
    fails="shape",
)
class four_times(_Right):
    """scale_factor=4."""

    def enlarged(self, features: Tensor) -> Tensor:
        """A quarter."""
        return interpolate(features, scale_factor=4, mode="bilinear")


@BANK.mistake(
    "The feature maps are not enlarged. Bilinear upsampling makes them 16 times as high and wide.",
    fails="shape",
)
class not_enlarged(_Right):
    """As large as the feature maps."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Nothing."""
        return features


@BANK.mistake(
    "The size of the heat maps is written in: 224 x 224. It is 16 times that of the feature maps.",
    fails="shape",
)
class size_written_in(_Right):
    """size=(224, 224)."""

    def enlarged(self, features: Tensor) -> Tensor:
        """Always as large."""
        return interpolate(features, size=(224, 224), mode="bilinear")


@BANK.mistake(
    "The heat maps are square, as high as they are wide. Enlarge rows and columns by 16 each.",
    fails="shape",
)
class square_maps(_Right):
    """size=(16 h, 16 h)."""

    def enlarged(self, features: Tensor) -> Tensor:
        """One number for both."""
        return interpolate(features, size=16 * features.shape[2], mode="bilinear")


@BANK.another("square_maps")
class square_maps_as_wide(_Right):
    """size=(16 w, 16 w)."""

    def enlarged(self, features: Tensor) -> Tensor:
        """One number for both."""
        return interpolate(features, size=16 * features.shape[3], mode="bilinear")


@BANK.mistake("Rows and columns of the heat maps are exchanged.", fails="shape")
class maps_transposed(_Right):
    """(batch, keypoint, width, height)."""

    def convolved(self, large: Tensor) -> Tensor:
        """Transposed."""
        return super().convolved(large).transpose(2, 3)


# Mistakes in the activation.


@BANK.mistake("The ReLU is missing. It stands between the upsampling and the convolution.")
class relu_missing(_Right):
    """Upsampling and convolution."""

    def activated(self, large: Tensor) -> Tensor:
        """Nothing."""
        return large


@BANK.mistake(
    "The ReLU follows the convolution, so that no heat map is ever negative. It comes before the "
    "convolution, and nothing follows that."
)
class relu_after_the_convolution(_Right):
    """Upsampling, convolution, ReLU."""

    def activated(self, large: Tensor) -> Tensor:
        """Not yet."""
        return large

    def convolved(self, large: Tensor) -> Tensor:
        """ReLU at the end."""
        return super().convolved(large).relu()


@BANK.mistake(
    "The ReLU comes before the upsampling, as in ViTPose's simple decoder. Here it comes after it: "
    "enlarge, then ReLU, then convolve."
)
class relu_before_the_upsampling(_Right):
    """ReLU, upsampling, convolution."""

    def enlarged(self, features: Tensor) -> Tensor:
        """ReLU first."""
        return super().enlarged(features.relu())


@BANK.mistake(
    "The convolution and the ReLU come before the upsampling. Here the upsampling comes first: "
    "enlarge, then ReLU, then convolve."
)
class convolution_before_the_upsampling(_Right):
    """Convolution, ReLU, upsampling."""

    def forward(self, features: Tensor) -> Tensor:
        """The upsampling last."""
        return self.enlarged(self.convolved(features).relu())


@BANK.mistake("A second ReLU follows the convolution. Nothing does: heat maps may be negative.")
class relu_at_the_end_too(_Right):
    """Two ReLUs."""

    def convolved(self, large: Tensor) -> Tensor:
        """ReLU at the end."""
        return super().convolved(large).relu()


@BANK.mistake(
    "A sigmoid follows the convolution. Nothing does: the loss compares the heat maps as they are."
)
class sigmoid_at_the_end(_Right):
    """sigmoid."""

    def convolved(self, large: Tensor) -> Tensor:
        """Between 0 and 1."""
        return super().convolved(large).sigmoid()


@BANK.another("sigmoid_at_the_end")
class sigmoid_at_the_end_for_relu(_Right):
    """sigmoid, and no ReLU."""

    def activated(self, large: Tensor) -> Tensor:
        """Nothing."""
        return large

    def convolved(self, large: Tensor) -> Tensor:
        """Between 0 and 1."""
        return super().convolved(large).sigmoid()


@BANK.mistake("A tanh follows the convolution. Nothing does.")
class tanh_at_the_end(_Right):
    """tanh."""

    def convolved(self, large: Tensor) -> Tensor:
        """Between -1 and 1."""
        return super().convolved(large).tanh()


@BANK.mistake("The heat maps are limited to 0..1. Nothing follows the convolution.")
class limited_to_one(_Right):
    """clamp(0, 1)."""

    def convolved(self, large: Tensor) -> Tensor:
        """Between 0 and 1."""
        return super().convolved(large).clamp(0, 1)


@BANK.mistake("A softmax over the pixels follows the convolution. Nothing does.")
class softmax_over_pixels(_Right):
    """softmax of each map."""

    def convolved(self, large: Tensor) -> Tensor:
        """Probabilities."""
        maps = super().convolved(large)
        return maps.flatten(2).softmax(-1).view(maps.shape)


@BANK.another("softmax_over_pixels")
class softmax_over_columns(_Right):
    """softmax(-1)."""

    def convolved(self, large: Tensor) -> Tensor:
        """Probabilities."""
        return super().convolved(large).softmax(-1)


@BANK.another("softmax_over_pixels")
class softmax_over_rows(_Right):
    """softmax(-2)."""

    def convolved(self, large: Tensor) -> Tensor:
        """Probabilities."""
        return super().convolved(large).softmax(-2)


@BANK.mistake("A softmax over the keypoints follows the convolution. Nothing does.")
class softmax_over_keypoints(_Right):
    """softmax(1)."""

    def convolved(self, large: Tensor) -> Tensor:
        """Probabilities."""
        return super().convolved(large).softmax(1)


@BANK.mistake("Each heat map is divided by its largest value. Leave it as it is.")
class divided_by_the_maximum(_Right):
    """A peak of 1."""

    def convolved(self, large: Tensor) -> Tensor:
        """Normalised."""
        maps = super().convolved(large)
        return maps / maps.amax((2, 3), keepdim=True)


@BANK.another("divided_by_the_maximum")
class divided_by_the_maximum_of_all(_Right):
    """One peak of 1."""

    def convolved(self, large: Tensor) -> Tensor:
        """Normalised."""
        maps = super().convolved(large)
        return maps / maps.amax()


@BANK.mistake("The activation is another one. Use a ReLU.")
class another_activation(_Right):
    """leaky_relu."""

    def activated(self, large: Tensor) -> Tensor:
        """Leaky."""
        return leaky_relu(large)


@BANK.another("another_activation")
class gelu_for_relu(_Right):
    """gelu."""

    def activated(self, large: Tensor) -> Tensor:
        """GELU."""
        return gelu(large)


@BANK.another("another_activation")
class sigmoid_for_relu(_Right):
    """sigmoid."""

    def activated(self, large: Tensor) -> Tensor:
        """Sigmoid."""
        return large.sigmoid()


@BANK.another("another_activation")
class tanh_for_relu(_Right):
    """tanh."""

    def activated(self, large: Tensor) -> Tensor:
        """Tanh."""
        return large.tanh()


@BANK.another("another_activation")
class absolute_values(_Right):
    """abs."""

    def activated(self, large: Tensor) -> Tensor:
        """Abs."""
        return large.abs()


@BANK.another("another_activation")
class elu_for_relu(_Right):
    """elu."""

    def activated(self, large: Tensor) -> Tensor:
        """ELU."""
        return elu(large)


@BANK.another("another_activation")
class softplus_for_relu(_Right):
    """softplus."""

    def activated(self, large: Tensor) -> Tensor:
        """Softplus."""
        return softplus(large)


@BANK.another("another_activation")
class silu_for_relu(_Right):
    """silu."""

    def activated(self, large: Tensor) -> Tensor:
        """SiLU."""
        return nn.functional.silu(large)


@BANK.another("another_activation")
class relu_of_the_negative(_Right):
    """relu(-x)."""

    def activated(self, large: Tensor) -> Tensor:
        """The other half."""
        return (-large).relu()


@BANK.another("another_activation")
class relu_limited_to_six(_Right):
    """relu6."""

    def activated(self, large: Tensor) -> Tensor:
        """Limited."""
        return large.clamp(0, 6)


# Mistakes in the convolution.


@BANK.mistake(
    "The kernels are larger than 1 x 1. Each pixel is computed on its own: `nn.Conv2d(width, "
    "n_keypoints, 1)`."
)
class kernels_too_large(_Right):
    """padding=1."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """3 x 3."""
        self.convolution = nn.Conv2d(width, n_keypoints, 3, padding=1)


@BANK.another("kernels_too_large")
class kernels_of_five(_Right):
    """padding=2."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """5 x 5."""
        self.convolution = nn.Conv2d(width, n_keypoints, 5, padding=2)


@BANK.mistake(
    "The kernels are 3 x 3 without padding, so that the maps lose their border. They are 1 x 1.",
    fails="shape",
)
class kernels_of_three_without_padding(_Right):
    """padding=0."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """3 x 3."""
        self.convolution = nn.Conv2d(width, n_keypoints, 3)


@BANK.mistake(
    "The convolution of 1 x 1 is padded, so that a border of the bias alone surrounds each heat "
    "map. It needs no padding.",
    fails="shape",
)
class padded(_Right):
    """padding=1."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """Two rows and columns more."""
        self.convolution = nn.Conv2d(width, n_keypoints, 1, padding=1)


@BANK.mistake("A batch normalisation follows the convolution. Nothing does.")
class normalised_after_the_convolution(_Right):
    """BatchNorm2d at the end."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """And a norm."""
        super().make_layers(width, n_keypoints)
        self.norm = nn.BatchNorm2d(n_keypoints)

    def convolved(self, large: Tensor) -> Tensor:
        """Normalised."""
        maps: Tensor = self.norm(super().convolved(large))
        return maps


@BANK.mistake("A batch normalisation comes before the ReLU. There is none.")
class normalised_before_the_relu(_Right):
    """BatchNorm2d."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """And a norm."""
        super().make_layers(width, n_keypoints)
        self.norm = nn.BatchNorm2d(width)

    def activated(self, large: Tensor) -> Tensor:
        """Normalised."""
        return super().activated(self.norm(large))


@BANK.another("normalised_before_the_relu")
class normalised_by_an_earlier_layer(normalised_before_the_relu):
    """The norm is made before the convolution."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """The norm first."""
        self.norm = nn.BatchNorm2d(width)
        self.convolution = nn.Conv2d(width, n_keypoints, 1)


@BANK.mistake("There are two convolutions. There is one, and its result is the heat maps.")
class two_convolutions(_Right):
    """width to width, width to keypoints."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """One more."""
        self.first = nn.Conv2d(width, width, 1)
        super().make_layers(width, n_keypoints)

    def convolved(self, large: Tensor) -> Tensor:
        """Two of them."""
        return super().convolved(self.first(large).relu())


@BANK.mistake(
    "Numbers are dropped in evaluation mode, too: `functional.dropout` drops unless it is told "
    "`training=self.training`. The decoder has no dropout."
)
class dropout_never_off(_Right):
    """functional.dropout."""

    def activated(self, large: Tensor) -> Tensor:
        """Dropped by chance."""
        return dropout(super().activated(large), 0.4)


@BANK.mistake(
    "Something is kept from one call to the next, in a buffer or an attribute, such as the largest "
    "value so far. A result depends on this call's feature maps alone."
)
class state_kept(_Right):
    """The largest value so far."""

    largest: Tensor | float = 1.0

    def activated(self, large: Tensor) -> Tensor:
        """Divided by it."""
        self.largest = max(self.largest, large.detach().max())
        return super().activated(large / self.largest)


@BANK.mistake(
    "A layer is made anew in every call, with new random weights. Make all layers in `__init__`."
)
class layer_made_in_forward(_Right):
    """The convolution in forward."""

    def convolved(self, large: Tensor) -> Tensor:
        """New weights each time."""
        maps: Tensor = nn.Conv2d(self.width, self.n_keypoints, 1)(large)
        return maps


@BANK.mistake(
    "`n_keypoints` has no effect: there are always 17 heat maps.",
    fails="shape",
)
class seventeen_written_in(_Right):
    """17."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """Always 17."""
        super().make_layers(width, 17)


@BANK.mistake(
    "`width` has no effect: the convolution is made for 192 features.",
    fails="shape",
)
class width_written_in(_Right):
    """192."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """Always 192."""
        super().make_layers(192, n_keypoints)


@BANK.mistake(
    "There is one heat map too many, for the background. One for each keypoint.", fails="shape"
)
class background_added(_Right):
    """n_keypoints + 1."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """One more."""
        super().make_layers(width, n_keypoints + 1)


@BANK.mistake("The keypoints come last. They are the channels: the second axis.", fails="shape")
class keypoints_last(_Right):
    """(batch, height, width, keypoint)."""

    def convolved(self, large: Tensor) -> Tensor:
        """Channels last."""
        return super().convolved(large).movedim(1, -1)


@BANK.mistake("The pixels of each heat map are one long row. Keep rows and columns.", fails="shape")
class maps_flattened(_Right):
    """(batch, keypoint, pixel)."""

    def convolved(self, large: Tensor) -> Tensor:
        """Flattened."""
        return super().convolved(large).flatten(2)


@BANK.mistake("All results are added to one map. There is a map for each keypoint.", fails="shape")
class keypoints_added(_Right):
    """(batch, 1, height, width)."""

    def convolved(self, large: Tensor) -> Tensor:
        """A sum."""
        return super().convolved(large).sum(1, keepdim=True)


@BANK.mistake("Features are shuffled into places instead of interpolated. Use bilinear upsampling.")
class pixels_shuffled(_Right):
    """pixel_shuffle."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """256 numbers for each place."""
        self.convolution = nn.Conv2d(width, 256 * n_keypoints, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Shuffled."""
        return pixel_shuffle(self.convolution(features.relu()), 16)


# Mistakes in edge cases and in the gradient.


@BANK.mistake(
    "Axes of length 1 are squeezed away. A single image, or a single keypoint, keeps its axis.",
    fails="edge_cases",
)
class squeezed_away(_Right):
    """squeeze(1)."""

    def convolved(self, large: Tensor) -> Tensor:
        """Without the axis of a single keypoint."""
        return super().convolved(large).squeeze(1)


@BANK.another("squeezed_away")
class all_axes_squeezed_away(_Right):
    """squeeze()."""

    def convolved(self, large: Tensor) -> Tensor:
        """No axis of length 1."""
        return super().convolved(large).squeeze()


@BANK.another("squeezed_away")
class first_axis_squeezed_away(_Right):
    """squeeze(0)."""

    def convolved(self, large: Tensor) -> Tensor:
        """Without the axis of a single image."""
        return super().convolved(large).squeeze(0)


@BANK.mistake(
    "The convolution is kept where the network does not find it, such as a plain list: the "
    "optimiser gets none of its weights. Make it an attribute.",
    fails="gradient",
)
class hidden_in_a_list(_Right):
    """A list of layers."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """Hidden."""
        self.layers = [nn.Conv2d(width, n_keypoints, 1)]

    def convolved(self, large: Tensor) -> Tensor:
        """The hidden one."""
        maps: Tensor = self.layers[0](large)
        return maps


@BANK.mistake(
    "The weights are a plain tensor, which never learns. `nn.Conv2d` or `nn.Parameter` make them "
    "the network's own.",
    fails="gradient",
)
class plain_tensor(_Right):
    """A tensor with requires_grad."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """Not a parameter."""
        self.weight = torch.randn(n_keypoints, width, 1, 1).requires_grad_()

    def convolved(self, large: Tensor) -> Tensor:
        """With that tensor."""
        return nn.functional.conv2d(large, self.weight)


@BANK.mistake(
    "The network has no weights that can learn: their `requires_grad` is off.", fails="gradient"
)
class nothing_to_learn(_Right):
    """Frozen."""

    def make_layers(self, width: int, n_keypoints: int) -> None:
        """Frozen."""
        super().make_layers(width, n_keypoints)
        self.requires_grad_(False)


@BANK.mistake(
    "The convolution is cut off from the loss: what it returns loses its graph, by `detach`, "
    "`no_grad`, `.data` or numpy. It never learns.",
    fails="gradient",
)
class outside_the_graph(_Right):
    """detach at the end."""

    def convolved(self, large: Tensor) -> Tensor:
        """Cut off."""
        return super().convolved(large).detach()


@BANK.another("outside_the_graph")
class weights_by_their_data(_Right):
    """convolution.weight.data."""

    def convolved(self, large: Tensor) -> Tensor:
        """Cut off."""
        convolution = self.convolution
        return nn.functional.conv2d(large, convolution.weight.data, convolution.bias)
