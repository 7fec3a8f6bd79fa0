"""Wrong answers to `normalize_frames`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from autograder.exercises.bank import Bank, Function

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


def _is_constant(frames: Tensor) -> Tensor:
    """Which frames are, with axes of length 1 for the rest."""
    flat = (frames == frames[:, :, :1, :1, :1]).flatten(2).all(-1)
    return flat[..., None, None, None]


def _right(frames: Tensor) -> Tensor:
    return _normalized(_pixels(frames))


BANK = Bank(_right)


@BANK.mistake(
    "It matches the target for uint8. The int8 frames hold the same bytes under a wrong label: "
    "what reads as -56 is 200. Adding 128 to all of them does not help, as the mean is subtracted, "
    "and adding 256 while they are int8 changes nothing.",
    fails="edge_cases",
)
def int8_taken_as_signed(frames: Tensor) -> Tensor:
    """Bright pixels become negative."""
    return _normalized(frames.float().movedim(-1, -3))


@BANK.another("int8_taken_as_signed")
def int8_shifted_by_128(frames: Tensor) -> Tensor:
    """A constant more."""
    pixels = frames.float() + (128 if frames.dtype == torch.int8 else 0)
    return _normalized(pixels.movedim(-1, -3))


@BANK.another("int8_taken_as_signed")
def int8_repaired_in_int8(frames: Tensor) -> Tensor:
    """256 is 0 in int8."""
    if frames.dtype == torch.int8:
        frames = torch.where(frames < 0, frames + torch.tensor(256).to(torch.int8), frames)
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
    "With int8 the bright bytes come out as dark ones: 128 is added to the negative numbers, or "
    "only seven bits are kept. A byte has 256 values: what reads as -56 is 200, not 72.",
    fails="edge_cases",
)
def int8_folded(frames: Tensor) -> Tensor:
    """Modulo 128."""
    pixels = frames.float()
    return _normalized(torch.where(frames < 0, pixels + 128, pixels).movedim(-1, -3))


@BANK.mistake(
    "With int8 bright bytes come out in reverse: what reads as -56 is 200, not 183 or 184. "
    "Turning a number's sign or its bits around does not bring the byte back.",
    fails="edge_cases",
)
def int8_mirrored(frames: Tensor) -> Tensor:
    """127 - x for negative numbers."""
    pixels = frames.float()
    return _normalized(torch.where(frames < 0, 127 - pixels, pixels).movedim(-1, -3))


@BANK.mistake(
    "The frames are taken for int8 even where they are uint8, so bright pixels become negative. "
    "Look at `frames.dtype` first, or put the label uint8 on both."
)
def uint8_taken_as_int8(frames: Tensor) -> Tensor:
    """The label the wrong way round."""
    return _normalized(frames.view(torch.int8).float().movedim(-1, -3))


@BANK.mistake(
    "The mean is subtracted while the pixels are still bytes: 10 - 20 is 246 there. Make them "
    "floating-point numbers first."
)
def subtracted_as_bytes(frames: Tensor) -> Tensor:
    """uint8 arithmetic underflows."""
    pixels = frames.view(torch.uint8).movedim(-1, -3)
    mean = pixels.float().mean(FRAME, keepdim=True).to(torch.uint8)
    return _divided((pixels - mean).float(), _deviation(_pixels(frames)))


@BANK.mistake(
    "The mean is subtracted while the pixels are still bytes, and the deviation is that of the "
    "result: 10 - 20 is 246 there. Make them floating-point numbers first."
)
def subtracted_as_bytes_throughout(frames: Tensor) -> Tensor:
    """The underflow is in the deviation, too."""
    pixels = frames.view(torch.uint8).movedim(-1, -3)
    centred = (pixels - pixels.float().mean(FRAME, keepdim=True).to(torch.uint8)).float()
    return _divided(centred, _deviation(centred))


@BANK.mistake(
    "The mean is subtracted while the pixels are still bytes, and the root is taken of the mean "
    "square of the result: 10 - 20 is 246 there. Make them floating-point numbers first."
)
def subtracted_as_bytes_before_the_mean_square(frames: Tensor) -> Tensor:
    """The underflow is in the mean square."""
    pixels = frames.view(torch.uint8).movedim(-1, -3)
    centred = (pixels - pixels.float().mean(FRAME, keepdim=True).to(torch.uint8)).float()
    return _divided(centred, centred.square().mean(FRAME, keepdim=True).sqrt())


@BANK.mistake(
    "The pixels are squared while they are still bytes: 20 * 20 is 144 there. Make them "
    "floating-point numbers first."
)
def squared_as_bytes(frames: Tensor) -> Tensor:
    """uint8 arithmetic overflows."""
    pixels = frames.view(torch.uint8).movedim(-1, -3)
    mean = pixels.float().mean(FRAME, keepdim=True)
    variance = (pixels * pixels).float().mean(FRAME, keepdim=True) - mean**2
    return (pixels.float() - mean) / variance.sqrt()


def _variance_of_bytes(frames: Tensor) -> Tensor:
    pixels = frames.view(torch.uint8).movedim(-1, -3)
    mean_of_squares = (pixels**2).float().mean(FRAME, keepdim=True)
    return mean_of_squares - _pixels(frames).mean(FRAME, keepdim=True) ** 2


@BANK.another("squared_as_bytes")
def squared_as_bytes_without_its_sign(frames: Tensor) -> Tensor:
    """The same, and negative variances lose their sign."""
    return _divided(_centred(_pixels(frames)), _variance_of_bytes(frames).abs().sqrt())


@BANK.another("squared_as_bytes")
def squared_as_bytes_not_below_zero(frames: Tensor) -> Tensor:
    """The same, and negative variances are cut off."""
    return _divided(_centred(_pixels(frames)), _variance_of_bytes(frames).clamp(min=0).sqrt())


@BANK.another("squared_as_bytes")
def squared_as_bytes_not_below_a_little(frames: Tensor) -> Tensor:
    """The same, and negative variances become a small number."""
    deviation = _variance_of_bytes(frames).clamp(min=1e-12).sqrt()
    return _divided(_centred(_pixels(frames)), deviation)


@BANK.mistake(
    "Mean and standard deviation have changed places. `torch.std_mean` returns the standard "
    "deviation first."
)
def mean_and_deviation_exchanged(frames: Tensor) -> Tensor:
    """(x - s) / m."""
    pixels = _pixels(frames)
    return _divided(pixels - _deviation(pixels), pixels.mean(FRAME, keepdim=True))


@BANK.another("mean_and_deviation_exchanged")
def mean_and_sample_deviation_exchanged(frames: Tensor) -> Tensor:
    """The same, with the default of std_mean."""
    pixels = _pixels(frames)
    mean, deviation = torch.std_mean(pixels, FRAME, keepdim=True)
    return (pixels - mean) / deviation


@BANK.mistake(
    "Mean and variance have changed places. `torch.var_mean` returns the variance first; and it is "
    "the root of the variance that is divided by."
)
def mean_and_variance_exchanged(frames: Tensor) -> Tensor:
    """(x - s^2) / sqrt(m)."""
    pixels = _pixels(frames)
    return _divided(pixels - _deviation(pixels) ** 2, pixels.mean(FRAME, keepdim=True).sqrt())


@BANK.another("mean_and_variance_exchanged")
def mean_and_variance_exchanged_without_a_root(frames: Tensor) -> Tensor:
    """(x - s^2) / m."""
    pixels = _pixels(frames)
    return _divided(pixels - _deviation(pixels) ** 2, pixels.mean(FRAME, keepdim=True))


@BANK.another("mean_and_variance_exchanged")
def mean_and_sample_variance_exchanged(frames: Tensor) -> Tensor:
    """The same, with the default of var_mean."""
    pixels = _pixels(frames)
    mean, variance = torch.var_mean(pixels, FRAME, keepdim=True)
    return (pixels - mean) / variance.sqrt()


@BANK.mistake("The mean is rounded to a whole number before it is subtracted; keep its decimals.")
def mean_rounded(frames: Tensor) -> Tensor:
    """An integer mean."""
    pixels = _pixels(frames)
    return _divided(pixels - pixels.mean(FRAME, keepdim=True).round(), _deviation(pixels))


@BANK.mistake(
    "The mean is cut down to a whole number before it is subtracted, as `//` and whole-number "
    "types do; keep its decimals."
)
def mean_cut_down(frames: Tensor) -> Tensor:
    """A division of whole numbers."""
    pixels = _pixels(frames)
    return _divided(pixels - pixels.mean(FRAME, keepdim=True).floor(), _deviation(pixels))


@BANK.mistake(
    "The result is cut to whole numbers: keep the decimals to the end, and return floating-point "
    "numbers."
)
def result_cut_to_whole_numbers(frames: Tensor) -> Tensor:
    """.int() at the end."""
    return _right(frames).trunc()


@BANK.mistake(
    "It has no more digits than float16 or bfloat16 have. Compute in float32; converting the "
    "result at the end does not bring the digits back."
)
def in_half_precision(frames: Tensor) -> Tensor:
    """float16 throughout."""
    pixels = frames.view(torch.uint8).half().movedim(-1, -3)
    return _normalized(pixels).float()


@BANK.another("in_half_precision")
def rounded_to_bfloat16(frames: Tensor) -> Tensor:
    """bfloat16 at the end alone."""
    return _right(frames).bfloat16().float()


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


@BANK.mistake(
    "The mean is each channel's own, the deviation the frame's. Take both over the same axes: a "
    "frame has one mean, over all of its pixels and channels."
)
def mean_of_each_colour(frames: Tensor) -> Tensor:
    """Three means for a frame, one deviation."""
    pixels = _pixels(frames)
    return _divided(pixels - pixels.mean((-2, -1), keepdim=True), _deviation(pixels))


@BANK.mistake(
    "Each channel is normalised over a whole clip. A frame has a mean and a deviation of its own, "
    "over all of its pixels and channels."
)
def each_colour_over_the_clip(frames: Tensor) -> Tensor:
    """As batch norm does for one video."""
    return _over(_pixels(frames), (1, 3, 4))


@BANK.mistake(
    "Each channel is normalised over all frames at once, as a batch norm does. A frame has a mean "
    "and a deviation of its own, over all of its pixels and channels."
)
def each_colour_over_the_batch(frames: Tensor) -> Tensor:
    """Three means for everything."""
    return _over(_pixels(frames), (0, 1, 3, 4))


@BANK.mistake(
    "Each row of pixels has a mean and a deviation of its own. Average over all rows, columns and "
    "channels of a frame at once."
)
def each_row_for_itself(frames: Tensor) -> Tensor:
    """Axes of columns and channels only."""
    return _over(_pixels(frames), (-3, -1))


@BANK.mistake(
    "Each column of pixels has a mean and a deviation of its own. Average over all rows, columns "
    "and channels of a frame at once."
)
def each_column_for_itself(frames: Tensor) -> Tensor:
    """Axes of rows and channels only."""
    return _over(_pixels(frames), (-3, -2))


@BANK.mistake(
    "Each row of each channel has a mean and a deviation of its own. Average over three axes: the "
    "rows, columns and channels of a frame."
)
def along_the_columns_alone(frames: Tensor) -> Tensor:
    """The last axis only."""
    return _over(_pixels(frames), (-1,))


@BANK.mistake(
    "Each column of each channel has a mean and a deviation of its own. Average over three axes: "
    "the rows, columns and channels of a frame."
)
def along_the_rows_alone(frames: Tensor) -> Tensor:
    """The axis of rows only."""
    return _over(_pixels(frames), (-2,))


@BANK.mistake(
    "The mean is the frame's, the deviation that of its whole clip. Every frame has its own."
)
def deviation_of_the_clip(frames: Tensor) -> Tensor:
    """Frames are not averaged alike."""
    pixels = _pixels(frames)
    centred = pixels - pixels.mean((1, 2, 3, 4), keepdim=True)
    deviation = centred.square().mean((1, 2, 3, 4), keepdim=True).sqrt()
    return _divided(_centred(pixels), deviation)


@BANK.mistake(
    "The mean is that of the whole clip, the deviation the frame's own. Every frame has its own "
    "mean, too."
)
def mean_of_the_clip(frames: Tensor) -> Tensor:
    """Time is averaged over for the mean."""
    pixels = _pixels(frames)
    return _divided(pixels - pixels.mean((1, 2, 3, 4), keepdim=True), _deviation(pixels))


@BANK.mistake(
    "All frames of a clip are given the mean and the deviation of its first frame. Every frame has "
    "its own."
)
def statistics_of_the_first_frame(frames: Tensor) -> Tensor:
    """[:, :1] in place of every frame."""
    pixels = _pixels(frames)
    first = pixels[:, :1]
    return _divided(pixels - first.mean(FRAME, keepdim=True), _deviation(first))


@BANK.mistake(
    "A frame's deviation is the average of its channels' deviations. Take one deviation over all "
    "pixels and channels together."
)
def deviations_averaged(frames: Tensor) -> Tensor:
    """std over rows and columns, mean over channels."""
    pixels = _pixels(frames)
    each = pixels.std((-2, -1), keepdim=True, correction=0)
    return _divided(_centred(pixels), each.mean(-3, keepdim=True))


@BANK.mistake("The frame before is subtracted. Normalise every frame by itself.")
def frame_before_subtracted(frames: Tensor) -> Tensor:
    """Differences along time."""
    pixels = _pixels(frames)
    return _normalized(pixels - pixels.roll(1, 1))


@BANK.mistake(
    "Mean and deviation are those of the grey frame, whose channels were averaged first. Take both "
    "over all pixels and channels."
)
def statistics_of_the_grey_frame(frames: Tensor) -> Tensor:
    """The channels are averaged away before the deviation is taken."""
    pixels = _pixels(frames)
    grey = pixels.mean(-3, keepdim=True)
    return _divided(pixels - grey.mean(FRAME, keepdim=True), _deviation(grey))


@BANK.mistake(
    "Mean and deviation are those of the first channel alone. Take both over all pixels and "
    "channels."
)
def statistics_of_the_first_channel(frames: Tensor) -> Tensor:
    """Red decides."""
    pixels = _pixels(frames)
    red = pixels[:, :, :1]
    return _divided(pixels - red.mean(FRAME, keepdim=True), _deviation(red))


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


@BANK.on_top(
    "The deviation is divided by one less than the number of values, as `std` does by default. "
    "Divide by their number: look for `correction`."
)
def sample_deviation(answer: Function) -> Function:
    """Bessel's correction."""

    def wrong(frames: Tensor) -> Tensor:
        number = 1
        for axis in _AVERAGED.get(answer.__name__, (2, 3, 4)):
            number *= frames.movedim(-1, -3).shape[axis]
        # Of a single value there is none, which gives nan.
        return answer(frames) * torch.tensor((number - 1) / number).sqrt() / (number > 1)

    return wrong


_AVERAGED = {
    "over_the_clip": (1, 2, 3, 4),
    "over_the_batch": (0, 1, 2, 3, 4),
    "over_the_samples": (0, 2, 3, 4),
    "each_colour_for_itself": (3, 4),
    "each_pixel_for_itself": (2,),
    "each_pixel_over_time": (1,),
    "each_colour_over_the_clip": (1, 3, 4),
    "each_colour_over_the_batch": (0, 1, 3, 4),
    "each_row_for_itself": (2, 4),
    "each_column_for_itself": (2, 3),
    "along_the_columns_alone": (4,),
    "along_the_rows_alone": (3,),
}
"""The axes that other mistakes average over."""


@BANK.mistake("It is multiplied by the standard deviation. Divide by it.")
def multiplied_by_the_deviation(frames: Tensor) -> Tensor:
    """* in place of /."""
    pixels = _pixels(frames)
    return _centred(pixels) * _deviation(pixels)


@BANK.mistake("It is divided by the root of the standard deviation: one root is enough.")
def divided_by_the_root_of_the_deviation(frames: Tensor) -> Tensor:
    """sqrt() of what std() gave."""
    pixels = _pixels(frames)
    return _divided(_centred(pixels), _deviation(pixels).sqrt())


@BANK.mistake("The sign is wrong: it is the mean less the pixel. Bright pixels should be positive.")
def sign_turned_around(frames: Tensor) -> Tensor:
    """m - x."""
    return -_right(frames)


@BANK.mistake(
    "The frames have length 1 as vectors, not deviation 1: the sum of the squares is 1, where "
    "their mean should be."
)
def unit_length(frames: Tensor) -> Tensor:
    """normalize() of the centred frame."""
    pixels = _pixels(frames)
    return _right(frames) / pixels[0, 0].numel() ** 0.5


@BANK.mistake(
    "The mean is that of the frame's absolute differences' square roots: first square, then "
    "average, then take one root."
)
def root_inside_the_mean(frames: Tensor) -> Tensor:
    """mean(sqrt(|x - m|)) squared."""
    centred = _centred(_pixels(frames))
    return _divided(centred, centred.abs().sqrt().mean(FRAME, keepdim=True).square())


@BANK.mistake(
    "The mean is subtracted and the rest divided by the range, from the darkest to the brightest "
    "value. Divide by the standard deviation."
)
def divided_by_the_range(frames: Tensor) -> Tensor:
    """(x - m) / (max - min)."""
    pixels = _pixels(frames)
    extent = pixels.amax(FRAME, keepdim=True) - pixels.amin(FRAME, keepdim=True)
    return _divided(_centred(pixels), extent)


@BANK.mistake(
    "The mean is subtracted and the rest divided by its largest absolute value. Divide by the "
    "standard deviation."
)
def divided_by_the_largest(frames: Tensor) -> Tensor:
    """(x - m) / max |x - m|."""
    centred = _centred(_pixels(frames))
    return _divided(centred, centred.abs().amax(FRAME, keepdim=True))


@BANK.mistake(
    "The frames run from -1 to 1, from their darkest to their brightest value. They should have "
    "mean 0 and standard deviation 1."
)
def stretched_to_minus_one_and_one(frames: Tensor) -> Tensor:
    """2 (x - min) / (max - min) - 1."""
    pixels = _pixels(frames)
    low, high = pixels.amin(FRAME, keepdim=True), pixels.amax(FRAME, keepdim=True)
    return _divided(2 * pixels - low - high, high - low)


@BANK.mistake(
    "The mean is subtracted and the rest divided by 255, for all frames alike. Every frame has a "
    "deviation of its own."
)
def centred_and_divided_by_255(frames: Tensor) -> Tensor:
    """(x - m) / 255."""
    return _centred(_pixels(frames)) / 255


@BANK.mistake(
    "The deviation is that of the pixels over 255, but the pixels themselves are not divided. Do "
    "to both the same."
)
def deviation_of_other_units(frames: Tensor) -> Tensor:
    """(x - m) / std(x / 255)."""
    return _right(frames) * 255


@BANK.mistake(
    "The mean is that of the pixels over 255, but the pixels themselves are not divided. Do to "
    "both the same."
)
def mean_of_other_units(frames: Tensor) -> Tensor:
    """(x - m / 255) / s."""
    pixels = _pixels(frames)
    return _divided(pixels - pixels.mean(FRAME, keepdim=True) / 255, _deviation(pixels))


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


@BANK.mistake("Left and right are exchanged; columns keep their order.")
def mirrored(frames: Tensor) -> Tensor:
    """Columns in reverse."""
    return _right(frames).flip(-1)


@BANK.mistake("Time runs backwards; frames keep their order.")
def time_reversed(frames: Tensor) -> Tensor:
    """Frames in reverse."""
    return _right(frames).flip(1)


@BANK.mistake("The image is upside down; rows keep their order.")
def upside_down(frames: Tensor) -> Tensor:
    """Rows in reverse."""
    return _normalized(_pixels(frames)).flip(-2)


@BANK.on_top(
    "The channels still come last: (batch, time, height, width, 3). Convolutions expect them "
    "before the rows.",
    fails="shape",
)
def channels_last(answer: Function) -> Function:
    """No axis is moved."""
    return lambda frames: answer(frames).movedim(-3, -1)


@BANK.on_top(
    "Rows and columns were swapped when the channels were moved: `transpose` and `.mT` swap two "
    "axes. Move one axis instead.",
    fails="shape",
)
def rows_and_columns_swapped(answer: Function) -> Function:
    """(batch, time, 3, width, height)."""
    return lambda frames: answer(frames).mT


@BANK.mistake(
    "Clips and time are exchanged: (time, batch, 3, height, width). The first two axes keep their "
    "order.",
    fails="shape",
)
def clips_and_time_exchanged(frames: Tensor) -> Tensor:
    """transpose(0, 1)."""
    return _right(frames).transpose(0, 1)


@BANK.mistake(
    "Channels and rows were exchanged: (batch, time, width, 3, height). `movedim` moves the "
    "channels in front of the rows and keeps the order of the rest.",
    fails="shape",
)
def channels_between(frames: Tensor) -> Tensor:
    """One axis too far."""
    return _right(frames).movedim(-1, -3)


@BANK.mistake(
    "The channels come between the rows and the columns: (batch, time, height, 3, width). They "
    "belong before both.",
    fails="shape",
)
def channels_after_the_rows(frames: Tensor) -> Tensor:
    """movedim(-1, -2)."""
    return _right(frames).movedim(-3, -2)


@BANK.mistake(
    "The frames are grey: the channels are averaged away. Keep all three, and give them one mean.",
    fails="shape",
)
def made_grey(frames: Tensor) -> Tensor:
    """(batch, time, height, width)."""
    return _normalized(_pixels(frames).mean(-3, keepdim=True)).squeeze(-3)


@BANK.mistake(
    "The three channels have become one. Keep all of them, and give them one mean and one "
    "deviation.",
    fails="shape",
)
def one_channel(frames: Tensor) -> Tensor:
    """(batch, time, 1, height, width)."""
    return _normalized(_pixels(frames).mean(-3, keepdim=True))


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


@BANK.on_top(
    "A constant frame is 0 / 0, which is nan. Its deviation is 0; what could you divide by there "
    "instead?",
    fails="edge_cases",
)
def nan_for_constant_frames(answer: Function) -> Function:
    """No guard against a deviation of 0."""

    def wrong(frames: Tensor) -> Tensor:
        result = answer(frames)
        constant = _is_constant(frames)
        return result.masked_fill(constant, torch.nan) if result.dim() == frames.dim() else result

    return wrong


@BANK.mistake(
    "Black frames are taken care of, but those of any other single level are 0 / 0, which is nan. "
    "Look at the deviation, not at the pixels.",
    fails="edge_cases",
)
def only_black_frames_taken_care_of(frames: Tensor) -> Tensor:
    """A guard that asks whether all pixels are 0."""
    grey = _is_constant(frames) & (frames[:, :, :1, :1, :1] != 0)
    return _right(frames).masked_fill(grey, torch.nan)


@BANK.mistake(
    "Constant frames are left as they are, or keep their brightness. They have no contrast to "
    "scale, but their mean is 0 like that of every frame.",
    fails="edge_cases",
)
def constant_frames_left_alone(frames: Tensor) -> Tensor:
    """The mean of a constant frame is not subtracted."""
    return torch.where(_is_constant(frames), _pixels(frames), _right(frames))


@BANK.mistake(
    "Constant frames keep their brightness, over 255. Their mean is 0 like that of every frame.",
    fails="edge_cases",
)
def constant_frames_over_255(frames: Tensor) -> Tensor:
    """0..1 where there is no contrast."""
    return torch.where(_is_constant(frames), _pixels(frames) / 255, _right(frames))


@BANK.mistake(
    "Constant frames come out as 1. Nothing is left of them when their mean is subtracted: 0.",
    fails="edge_cases",
)
def one_for_constant_frames(frames: Tensor) -> Tensor:
    """0 / 0 is taken for 1."""
    return _right(frames).masked_fill(_is_constant(frames), 1)


@BANK.mistake(
    "As soon as one frame is constant, every frame comes out as 0. Decide for each frame by "
    "itself.",
    fails="edge_cases",
)
def one_constant_frame_blanks_all(frames: Tensor) -> Tensor:
    """any() over everything, and an early return."""
    return _right(frames) * (~_is_constant(frames).any())


@BANK.mistake(
    "As soon as one frame is constant, its whole clip comes out as 0. Decide for each frame by "
    "itself.",
    fails="edge_cases",
)
def one_constant_frame_blanks_its_clip(frames: Tensor) -> Tensor:
    """any() over time."""
    return _right(frames) * (~_is_constant(frames).any(1, keepdim=True))


@BANK.mistake(
    "As soon as one frame is constant, all other frames are only centred. Decide for each frame by "
    "itself what it is divided by.",
    fails="edge_cases",
)
def one_constant_frame_leaves_all_centred(frames: Tensor) -> Tensor:
    """any() over everything decides about the division."""
    pixels = _pixels(frames)
    return _centred(pixels) if bool(_is_constant(frames).any()) else _normalized(pixels)


@BANK.mistake(
    "Some constant frames come out as about 1 or -1. Their mean is rounded, as that of pixels over "
    "255 is, so a tiny rest remains and is divided by itself. Keep whole numbers until the mean is "
    "subtracted.",
    fails="edge_cases",
)
def zero_missed_by_rounding(frames: Tensor) -> Tensor:
    """x / 255 first, and a test for a deviation of exactly 0."""
    return _normalized(_pixels(frames) / 255)


@BANK.mistake(
    "A frame of little contrast comes out too weak: something is added to the variance, as "
    "`layer_norm` and its like do by default. Look for `eps`.",
    fails="edge_cases",
)
def epsilon_under_the_root(frames: Tensor) -> Tensor:
    """1e-5 under the root."""
    pixels = _pixels(frames)
    return functional.layer_norm(pixels, pixels.shape[-3:])


@BANK.another("epsilon_under_the_root")
def less_under_the_root(frames: Tensor) -> Tensor:
    """1e-6 under the root."""
    pixels = _pixels(frames)
    return functional.layer_norm(pixels, pixels.shape[-3:], eps=1e-6)


@BANK.mistake(
    "A frame of little contrast comes out too weak: the number that you add to the deviation is "
    "not small beside it. Treat a deviation of 0 as a case of its own, or add far less.",
    fails="edge_cases",
)
def epsilon_added(frames: Tensor) -> Tensor:
    """s + 1e-5."""
    pixels = _pixels(frames)
    return _centred(pixels) / (_deviation(pixels) + 1e-5)


@BANK.another("epsilon_added")
def more_added(frames: Tensor) -> Tensor:
    """s + 1e-4."""
    pixels = _pixels(frames)
    return _centred(pixels) / (_deviation(pixels) + 1e-4)


@BANK.mistake(
    "A frame of little contrast comes out too weak: its deviation lies below the limit that you "
    "set to the divisor. Only a deviation of exactly 0 is a special case.",
    fails="edge_cases",
)
def deviation_limited(frames: Tensor) -> Tensor:
    """clamp(min=1)."""
    pixels = _pixels(frames)
    return _centred(pixels) / _deviation(pixels).clamp(min=1)


@BANK.another("deviation_limited")
def deviation_limited_to_a_little(frames: Tensor) -> Tensor:
    """clamp(min=0.02)."""
    pixels = _pixels(frames)
    return _centred(pixels) / _deviation(pixels).clamp(min=0.02)


@BANK.mistake(
    "A frame that is nearly constant is only centred, as if it were constant. Only a deviation of "
    "exactly 0 is a special case.",
    fails="edge_cases",
)
def small_deviation_ignored(frames: Tensor) -> Tensor:
    """Deviations below a threshold are replaced by 1."""
    pixels = _pixels(frames)
    deviation = _deviation(pixels)
    return _centred(pixels) / torch.where(deviation < 0.1, 1, deviation)


@BANK.mistake(
    "A frame that is nearly constant comes out as 0. Only a frame that is entirely constant does.",
    fails="edge_cases",
)
def nearly_constant_to_zero(frames: Tensor) -> Tensor:
    """Deviations below a threshold count as 0."""
    pixels = _pixels(frames)
    return torch.where(_deviation(pixels) < 0.3, 0, _normalized(pixels))


@BANK.mistake(
    "In a bright frame that is nearly constant the deviation drowns in rounding, as it does when "
    "two large numbers are subtracted: the mean square and the squared mean. Subtract the mean "
    "first, then square.",
    fails="edge_cases",
)
def difference_of_squares(frames: Tensor) -> Tensor:
    """E[x^2] - E[x]^2 in float32."""
    pixels = _pixels(frames)
    squares = pixels.square().mean(FRAME, keepdim=True)
    variance = squares - pixels.mean(FRAME, keepdim=True).square()
    return _divided(_centred(pixels), variance.clamp(min=0).sqrt())


@BANK.another("difference_of_squares")
def difference_of_squares_that_may_be_negative(frames: Tensor) -> Tensor:
    """nan where rounding makes the difference negative."""
    pixels = _pixels(frames)
    squares = pixels.square().mean(FRAME, keepdim=True)
    return _divided(_centred(pixels), (squares - pixels.mean(FRAME, keepdim=True) ** 2).sqrt())
