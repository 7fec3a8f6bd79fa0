"""Wrong answers to `normalize_frames`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from autograder.exercises.bank import Bank

BANK = Bank()
FRAME = (-3, -2, -1)


def _pixels(frames: Tensor) -> Tensor:
    """Bytes as float32, channels first."""
    return frames.view(torch.uint8).float().movedim(-1, -3)


def _centred(pixels: Tensor) -> Tensor:
    return pixels - pixels.mean(FRAME, keepdim=True)


def _deviation(pixels: Tensor) -> Tensor:
    return _centred(pixels).square().mean(FRAME, keepdim=True).sqrt()


def _divided(centred: Tensor, deviation: Tensor) -> Tensor:
    """The quotient; 0 where both are 0."""
    return centred / deviation.masked_fill(deviation == 0, 1)


def _normalized(pixels: Tensor) -> Tensor:
    return _divided(_centred(pixels), _deviation(pixels))


def _over(pixels: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Mean and deviation over other axes than a frame's."""
    centred = pixels - pixels.mean(axes, keepdim=True)
    return _divided(centred, centred.square().mean(axes, keepdim=True).sqrt())


@BANK.mistake(
    "It matches the target for uint8. The int8 frames hold the same bytes under a wrong label: "
    "what reads as -56 is 200. Adding a constant does not help: subtracting the mean removes it "
    "again.",
    fails="edge_cases",
)
def int8_taken_as_signed(frames: Tensor) -> Tensor:
    """Bright pixels become negative."""
    return _normalized(frames.float().movedim(-1, -3))


@BANK.mistake(
    "With int8 the negative numbers lost their sign. They are the bright bytes: what reads as -56 "
    "is 200, not 56.",
    fails="edge_cases",
)
def int8_without_its_sign(frames: Tensor) -> Tensor:
    """abs() of the wrong numbers."""
    return _normalized(frames.float().abs().movedim(-1, -3))


@BANK.mistake(
    "With int8 the negative numbers became 0. They are the bright bytes: what reads as -56 is 200.",
    fails="edge_cases",
)
def int8_cut_off_at_zero(frames: Tensor) -> Tensor:
    """clamp(min=0) of the wrong numbers."""
    return _normalized(frames.float().clamp(min=0).movedim(-1, -3))


@BANK.mistake(
    "With int8 it is off by one for every bright byte. A byte has 256 values: -1 is 255, not 254.",
    fails="edge_cases",
)
def int8_wrapped_at_255(frames: Tensor) -> Tensor:
    """Modulo 255."""
    return _normalized((frames.float() % 256 - (frames < 0).float()).movedim(-1, -3))


@BANK.mistake(
    "The mean is subtracted while the pixels are still bytes: 10 - 20 is 246 there. Make them "
    "floating-point numbers first."
)
def subtracted_as_bytes(frames: Tensor) -> Tensor:
    """uint8 arithmetic underflows."""
    pixels = frames.view(torch.uint8).movedim(-1, -3)
    mean = pixels.float().mean(FRAME, keepdim=True).to(torch.uint8)
    return _divided((pixels - mean).float(), _deviation(_pixels(frames)))


@BANK.mistake("The mean is rounded to a whole number before it is subtracted; keep its decimals.")
def mean_rounded(frames: Tensor) -> Tensor:
    """An integer mean."""
    pixels = _pixels(frames)
    return _divided(pixels - pixels.mean(FRAME, keepdim=True).round(), _deviation(pixels))


@BANK.mistake(
    "Mean and deviation are those of a whole clip: a dark frame stays darker than the next one. "
    "Every frame has its own."
)
def over_the_clip(frames: Tensor) -> Tensor:
    """Time is averaged over, too."""
    return _over(_pixels(frames), (1, 2, 3, 4))


@BANK.mistake(
    "Mean and deviation are taken over all frames at once, so every frame depends on the others "
    "in its batch. Every frame has its own."
)
def over_the_batch(frames: Tensor) -> Tensor:
    """One mean for everything."""
    return _over(_pixels(frames), (0, 1, 2, 3, 4))


@BANK.mistake(
    "Mean and deviation run over the samples, so every frame depends on other videos. Every frame "
    "has its own."
)
def over_the_samples(frames: Tensor) -> Tensor:
    """Each time step over the batch."""
    return _over(_pixels(frames), (0, 2, 3, 4))


@BANK.mistake(
    "Each channel is normalised on its own, so the frames lose their tint. A frame has one mean, "
    "over all of its pixels and channels."
)
def each_colour_for_itself(frames: Tensor) -> Tensor:
    """Axes of rows and columns only."""
    return _over(_pixels(frames), (-2, -1))


@BANK.mistake(
    "Each pixel is normalised over its three channels, so brightness is lost. A frame has one "
    "mean, over all of its pixels and channels."
)
def each_pixel_for_itself(frames: Tensor) -> Tensor:
    """The axis of colours only."""
    return _over(_pixels(frames), (-3,))


@BANK.mistake(
    "Each pixel is normalised over time, which takes away all that does not move. Average within "
    "one frame."
)
def each_pixel_over_time(frames: Tensor) -> Tensor:
    """The axis of frames only."""
    return _over(_pixels(frames), (1,))


@BANK.mistake(
    "The channels' axis is left out of one of the two: the mean is the frame's, the deviation "
    "each channel's own. Take both over the same axes."
)
def deviation_of_each_colour(frames: Tensor) -> Tensor:
    """One mean for a frame, three deviations."""
    centred = _centred(_pixels(frames))
    return _divided(centred, centred.square().mean((-2, -1), keepdim=True).sqrt())


@BANK.mistake(
    "The frames have mean 0, but all of them are divided by the same deviation. Every frame has "
    "its own."
)
def one_deviation_for_all(frames: Tensor) -> Tensor:
    """The deviation of the batch."""
    centred = _centred(_pixels(frames))
    return centred / centred.square().mean().sqrt().clamp(min=1e-6)


@BANK.mistake("It is divided by the variance; the standard deviation is its root.")
def divided_by_the_variance(frames: Tensor) -> Tensor:
    """No root."""
    pixels = _pixels(frames)
    return _divided(_centred(pixels), _deviation(pixels) ** 2)


@BANK.mistake("The mean is removed, but nothing is divided by the standard deviation.")
def only_centred(frames: Tensor) -> Tensor:
    """The mean alone is subtracted."""
    return _centred(_pixels(frames))


@BANK.mistake("It is divided by the standard deviation, but the mean is still in there.")
def only_scaled(frames: Tensor) -> Tensor:
    """The mean is not subtracted."""
    pixels = _pixels(frames)
    return _divided(pixels, _deviation(pixels))


@BANK.mistake(
    "It is divided before the mean is subtracted, and that mean is the undivided frame's. "
    "Subtract first."
)
def divided_first(frames: Tensor) -> Tensor:
    """x / s - m."""
    pixels = _pixels(frames)
    return _divided(pixels, _deviation(pixels)) - pixels.mean(FRAME, keepdim=True)


@BANK.mistake(
    "It is divided by the root of the mean square of the raw pixels. The deviation is that of the "
    "pixels without their mean."
)
def divided_by_the_root_mean_square(frames: Tensor) -> Tensor:
    """The mean is not taken out of the deviation."""
    pixels = _pixels(frames)
    return _divided(_centred(pixels), pixels.square().mean(FRAME, keepdim=True).sqrt())


@BANK.mistake(
    "It is divided by the mean absolute difference. The standard deviation is the root of the mean "
    "square."
)
def mean_absolute_deviation(frames: Tensor) -> Tensor:
    """|x - m| is averaged."""
    centred = _centred(_pixels(frames))
    return _divided(centred, centred.abs().mean(FRAME, keepdim=True))


@BANK.mistake(
    "The deviation is divided by one less than the number of values, as `std` does by default. "
    "Divide by their number: look for `correction`."
)
def sample_deviation(frames: Tensor) -> Tensor:
    """Bessel's correction."""
    pixels = _pixels(frames)
    return _divided(_centred(pixels), pixels.std(FRAME, keepdim=True))


@BANK.mistake(
    "The median is subtracted. Subtract the mean, and take the deviation from the mean, too."
)
def median_subtracted(frames: Tensor) -> Tensor:
    """The median in place of the mean."""
    pixels = _pixels(frames)
    median = pixels.flatten(-3).median(-1).values[..., None, None, None]
    return _divided(pixels - median, _deviation(pixels))


@BANK.mistake(
    "The frames run from 0 to 1, from their darkest to their brightest value. They should have "
    "mean 0 and standard deviation 1."
)
def stretched_to_01(frames: Tensor) -> Tensor:
    """Minimum and maximum in place of mean and deviation."""
    pixels = _pixels(frames)
    low, high = pixels.amin(FRAME, keepdim=True), pixels.amax(FRAME, keepdim=True)
    return _divided(pixels - low, high - low)


@BANK.mistake("It is divided by 255 alone. Each frame must have mean 0 and standard deviation 1.")
def divided_by_255(frames: Tensor) -> Tensor:
    """0..1 for all frames alike."""
    return _pixels(frames) / 255


@BANK.mistake(
    "The frames run from -1 to 1 for black to white, all alike. Each frame has a mean and a "
    "deviation of its own."
)
def fixed_half_and_half(frames: Tensor) -> Tensor:
    """(x / 255 - 0.5) / 0.5."""
    return _pixels(frames) / 127.5 - 1


@BANK.mistake(
    "It is normalised with ImageNet's mean colours. Each frame has a mean and a deviation of its "
    "own."
)
def imagenets_statistics(frames: Tensor) -> Tensor:
    """The constants of pretrained networks."""
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    return (_pixels(frames) / 255 - mean) / deviation


@BANK.mistake(
    "The numbers are those of the frames, in another order: `reshape` keeps the order in memory. "
    "`movedim` and `permute` move an axis."
)
def reshaped_not_moved(frames: Tensor) -> Tensor:
    """reshape in place of permute."""
    batch, time, height, width, colours = frames.shape
    return _normalized(_pixels(frames)).movedim(-3, -1).reshape(batch, time, colours, height, width)


@BANK.mistake("Red and blue are swapped; keep the order of the channels.")
def colours_reversed(frames: Tensor) -> Tensor:
    """BGR."""
    return _normalized(_pixels(frames)).flip(-3)


@BANK.mistake("The image is upside down; rows keep their order.")
def upside_down(frames: Tensor) -> Tensor:
    """Rows in reverse."""
    return _normalized(_pixels(frames)).flip(-2)


@BANK.mistake(
    "The channels still come last: (batch, time, height, width, 3). Convolutions expect them "
    "before the rows.",
    fails="shape",
)
def channels_last(frames: Tensor) -> Tensor:
    """No axis is moved."""
    return _normalized(_pixels(frames)).movedim(-3, -1)


@BANK.mistake(
    "Rows and columns were swapped when the channels were moved: `transpose` and `.mT` swap two "
    "axes. Move one axis instead.",
    fails="shape",
)
def rows_and_columns_swapped(frames: Tensor) -> Tensor:
    """(batch, time, 3, width, height)."""
    return _normalized(_pixels(frames)).mT


@BANK.mistake(
    "The channels come before the time: (batch, 3, time, height, width). Every frame keeps its "
    "own three channels.",
    fails="shape",
)
def channels_before_time(frames: Tensor) -> Tensor:
    """The order of 3D convolutions."""
    return _normalized(_pixels(frames)).movedim(-3, 1)


@BANK.mistake(
    "Clips and frames are one axis now. `flatten` them inside the model if you need to; here all "
    "five axes stay.",
    fails="shape",
)
def clips_flattened(frames: Tensor) -> Tensor:
    """(batch * time, 3, height, width)."""
    return _normalized(_pixels(frames)).flatten(0, 1)


@BANK.mistake(
    "A single clip lost its axes of length 1, as `squeeze` does. All five axes stay, whatever "
    "their length.",
    fails="values",
)
def axes_squeezed(frames: Tensor) -> Tensor:
    """squeeze() on everything."""
    return _normalized(_pixels(frames)).squeeze()


@BANK.mistake(
    "A constant frame is 0 / 0, which is nan. Its deviation is 0; what could you divide by there "
    "instead?",
    fails="edge_cases",
)
def nan_for_constant_frames(frames: Tensor) -> Tensor:
    """No guard against a deviation of 0."""
    pixels = _pixels(frames)
    return _centred(pixels) / _deviation(pixels)


@BANK.mistake(
    "Constant frames are left as they are, or keep their brightness. They have no contrast to "
    "scale, but their mean is 0 like that of every frame.",
    fails="edge_cases",
)
def constant_frames_left_alone(frames: Tensor) -> Tensor:
    """The mean of a constant frame is not subtracted."""
    pixels = _pixels(frames)
    return torch.where(_deviation(pixels) == 0, pixels, _normalized(pixels))


@BANK.mistake(
    "A frame that is nearly constant comes out too weak: something is added to the variance, as "
    "`layer_norm` and its like do by default. Look for `eps`.",
    fails="edge_cases",
)
def layer_norms_epsilon(frames: Tensor) -> Tensor:
    """1e-5 under the root."""
    pixels = _pixels(frames)
    return functional.layer_norm(pixels, pixels.shape[-3:])


@BANK.mistake(
    "A frame that is nearly constant comes out too weak: the number that you add to the "
    "deviation is not small beside it. Treat a deviation of 0 as a case of its own, or add far "
    "less.",
    fails="edge_cases",
)
def epsilon_too_large(frames: Tensor) -> Tensor:
    """s + 1e-3."""
    pixels = _pixels(frames)
    return _centred(pixels) / (_deviation(pixels) + 1e-3)


@BANK.mistake(
    "A frame whose deviation is less than 1 is only centred. Only a deviation of exactly 0 is a "
    "special case.",
    fails="edge_cases",
)
def deviation_of_at_least_one(frames: Tensor) -> Tensor:
    """clamp(min=1)."""
    pixels = _pixels(frames)
    return _centred(pixels) / _deviation(pixels).clamp(min=1)


@BANK.mistake(
    "A frame that is nearly constant comes out as 0. Only a frame that is entirely constant does.",
    fails="edge_cases",
)
def nearly_constant_to_zero(frames: Tensor) -> Tensor:
    """Deviations below a threshold count as 0."""
    pixels = _pixels(frames)
    return torch.where(_deviation(pixels) < 0.5, 0, _normalized(pixels))


@BANK.mistake(
    "In a frame that is nearly constant the deviation drowns in rounding: it is the difference of "
    "two large numbers, the mean square and the squared mean. Subtract the mean first, then "
    "square.",
    fails="edge_cases",
)
def difference_of_squares(frames: Tensor) -> Tensor:
    """E[x^2] - E[x]^2 in float32."""
    pixels = _pixels(frames)
    squares = pixels.square().mean(FRAME, keepdim=True)
    variance = squares - pixels.mean(FRAME, keepdim=True).square()
    return _divided(_centred(pixels), variance.clamp(min=0).sqrt())
