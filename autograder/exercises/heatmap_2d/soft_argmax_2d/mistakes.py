"""Wrong answers to `soft_argmax_2d`."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import Bank

BANK = Bank()


def _softmax(logits: Tensor, beta: float) -> Tensor:
    return (beta * logits).flatten(2).softmax(-1).reshape(logits.shape)


def _expectation(p: Tensor, x: Tensor | None = None, y: Tensor | None = None) -> Tensor:
    height, width = p.shape[-2:]
    x = torch.arange(width).to(p) if x is None else x
    y = torch.arange(height).to(p) if y is None else y
    return torch.stack([(p.sum(-2) * x).sum(-1), (p.sum(-1) * y).sum(-1)], -1)


@BANK.mistake("Your points match the target if x and y are swapped: put x, the column, first.")
def xy_swapped(logits: Tensor, beta: float = 1.0) -> Tensor:
    """(y, x) instead of (x, y)."""
    return _expectation(_softmax(logits, beta)).flip(-1)


@BANK.mistake(
    "The softmax runs over each row alone, but it belongs to all pixels of a map together. "
    "Flatten the map's two axes first."
)
def softmax_over_width(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax along the last axis only."""
    return _expectation((beta * logits).softmax(-1))


@BANK.mistake(
    "The softmax runs over each column alone, but it belongs to all pixels of a map together. "
    "Flatten the map's two axes first."
)
def softmax_over_height(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax along the rows only."""
    return _expectation((beta * logits).softmax(-2))


@BANK.mistake("The softmax runs over the joints. Take it over the pixels of each map.")
def softmax_over_joints(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax along the joints."""
    return _expectation((beta * logits).softmax(1))


@BANK.mistake("The softmax runs over all joints' pixels together. Each joint's map has its own.")
def softmax_over_all_joints(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax over joints and pixels."""
    return _expectation((beta * logits).flatten(1).softmax(-1).reshape(logits.shape))


@BANK.mistake("The logits are divided by their sum. Raw scores may be negative: take the softmax.")
def divided_by_sum(logits: Tensor, beta: float = 1.0) -> Tensor:
    """No exponential."""
    scores = beta * logits
    return _expectation(scores / scores.sum((-1, -2), keepdim=True))


@BANK.mistake(
    "`exp` overflows for large logits. `torch.softmax` subtracts the maximum first.",
    fails="edge_cases",
)
def exp_overflows(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Exponential without the maximum subtracted."""
    weights = torch.exp(beta * logits)
    return _expectation(weights / weights.sum((-1, -2), keepdim=True))


@BANK.mistake(
    "The maximum of the whole batch is subtracted, and joints with lower logits vanish. "
    "Subtract each map's own maximum.",
    fails="edge_cases",
)
def maximum_of_batch(logits: Tensor, beta: float = 1.0) -> Tensor:
    """One maximum for all maps."""
    weights = torch.exp(beta * (logits - logits.max()))
    return _expectation(weights / weights.sum((-1, -2), keepdim=True))


@BANK.mistake("`beta` is not used: multiply the logits by it before the softmax.")
def beta_ignored(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Always beta = 1."""
    return _expectation(_softmax(logits, 1.0))


@BANK.mistake("The logits are divided by `beta`. A larger beta has to sharpen: multiply.")
def beta_inverted(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Division by beta."""
    return _expectation(_softmax(logits, 1.0 / beta))


@BANK.mistake(
    "`beta` multiplies the result of the softmax; it belongs inside, in front of the logits."
)
def beta_outside(logits: Tensor, beta: float = 1.0) -> Tensor:
    """beta times the expectation."""
    return beta * _expectation(_softmax(logits, 1.0))


@BANK.mistake("It is one pixel too far to the right and down: the first pixel is 0.")
def counts_from_one(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Coordinates 1..W."""
    return _expectation(_softmax(logits, beta)) + 1


@BANK.mistake(
    "It is half a pixel too far to the right and down: pixel centres are at whole numbers, 0 to "
    "W - 1."
)
def half_pixel_shift(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Coordinates 0.5..W-0.5."""
    return _expectation(_softmax(logits, beta)) + 0.5


@BANK.mistake("The coordinates are normalised to 0..1; return them in pixels, 0 to W - 1.")
def normalised(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Coordinates in 0..1."""
    height, width = logits.shape[-2:]
    p = _softmax(logits, beta)
    return _expectation(p, torch.linspace(0, 1, width).to(p), torch.linspace(0, 1, height).to(p))


@BANK.mistake("The coordinates are normalised to -1..1; return them in pixels.")
def normalised_symmetric(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Coordinates in -1..1."""
    height, width = logits.shape[-2:]
    p = _softmax(logits, beta)
    return _expectation(p, torch.linspace(-1, 1, width).to(p), torch.linspace(-1, 1, height).to(p))


@BANK.mistake(
    "The coordinates run from 0 to W instead of W - 1: the last pixel's coordinate is W - 1."
)
def stretched_grid(logits: Tensor, beta: float = 1.0) -> Tensor:
    """linspace(0, W, W)."""
    height, width = logits.shape[-2:]
    p = _softmax(logits, beta)
    x = torch.linspace(0, width, width).to(p)
    return _expectation(p, x, torch.linspace(0, height, height).to(p))


@BANK.mistake("The softmax is taken twice, which pulls every point to the centre of the map.")
def softmax_twice(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax of a softmax."""
    return _expectation(_softmax(_softmax(logits, beta), 1.0))


@BANK.mistake(
    "It is the position of the highest pixel, the hard argmax. The soft one is a mean over all "
    "pixels: weigh each coordinate with its probability."
)
def hard_argmax(logits: Tensor, beta: float = 1.0) -> Tensor:
    """The place of the maximum."""
    width = logits.shape[-1]
    flat = logits.flatten(2).argmax(-1)
    return torch.stack([flat % width, flat // width], -1).to(logits.dtype)


@BANK.mistake("A sigmoid squeezes each pixel by itself. The softmax lets the pixels compete.")
def sigmoid_instead_of_softmax(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Sigmoid, then divided by the sum."""
    weights = torch.sigmoid(beta * logits)
    return _expectation(weights / weights.sum((-1, -2), keepdim=True))


@BANK.mistake("Negative logits are cut off first; the softmax takes all real numbers.")
def negatives_cut_off(logits: Tensor, beta: float = 1.0) -> Tensor:
    """ReLU before the softmax."""
    return _expectation(_softmax(logits.relu(), beta))


@BANK.mistake("The logits are summed over rows and columns before the softmax. Sum probabilities.")
def marginals_of_logits(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax of the sums."""
    x = (beta * logits.sum(-2)).softmax(-1)
    y = (beta * logits.sum(-1)).softmax(-1)
    rows, columns = torch.arange(y.shape[-1]).to(y), torch.arange(x.shape[-1]).to(x)
    return torch.stack([(x * columns).sum(-1), (y * rows).sum(-1)], -1)


@BANK.mistake("`softmax(-1).softmax(-2)` is not the softmax of a map: flatten its two axes first.")
def softmax_rows_then_columns(logits: Tensor, beta: float = 1.0) -> Tensor:
    """One softmax after the other."""
    return _expectation((beta * logits).softmax(-1).softmax(-2))


@BANK.mistake(
    "Means are taken where sums belong: an expectation is a sum of probability times position."
)
def means_instead_of_sums(logits: Tensor, beta: float = 1.0) -> Tensor:
    """The expectation divided by the number of pixels."""
    return _expectation(_softmax(logits, beta)) / (logits.shape[-1] * logits.shape[-2])


@BANK.mistake("The sign is reversed: the lowest logits get the highest probability.")
def softmin(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax of the negative logits."""
    return _expectation(_softmax(-logits, beta))


@BANK.mistake("The coordinates are divided by the map's size; return them in pixels.")
def divided_by_size(logits: Tensor, beta: float = 1.0) -> Tensor:
    """x / W, y / H."""
    height, width = logits.shape[-2:]
    return _expectation(_softmax(logits, beta)) / torch.tensor([width, height]).to(logits)


@BANK.mistake("The softmax runs over the samples. Take it over the pixels of each map.")
def softmax_over_batch(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax along the batch."""
    return _expectation((beta * logits).softmax(0))


@BANK.mistake(
    "The softmax runs over the whole batch together. Each map of each sample has its own."
)
def softmax_over_everything(logits: Tensor, beta: float = 1.0) -> Tensor:
    """One softmax for all maps."""
    return _expectation((beta * logits).flatten().softmax(0).reshape(logits.shape))


@BANK.mistake(
    "The logarithms of the probabilities are the weights. Take the softmax, not its logarithm."
)
def log_softmax_kept(logits: Tensor, beta: float = 1.0) -> Tensor:
    """log_softmax without exp."""
    return _expectation((beta * logits).flatten(2).log_softmax(-1).reshape(logits.shape))


@BANK.mistake("`beta` is applied twice.")
def beta_squared(logits: Tensor, beta: float = 1.0) -> Tensor:
    """beta^2 instead of beta."""
    return _expectation(_softmax(logits, beta**2))


@BANK.mistake(
    "The probabilities are raised to the power of `beta` and then no longer sum to 1. "
    "`beta` belongs inside the softmax."
)
def probabilities_to_the_beta(logits: Tensor, beta: float = 1.0) -> Tensor:
    """p^beta without a new sum."""
    return _expectation(_softmax(logits, 1.0) ** beta)


@BANK.mistake("Without `beta` it behaves as with 10. The default is 1.")
def default_of_10(logits: Tensor, beta: float = 10.0) -> Tensor:
    """Another default."""
    return _expectation(_softmax(logits, beta))


@BANK.mistake(
    "The probabilities are reshaped to (width, height), which mixes rows and columns. "
    "A flattened map goes back to (height, width)."
)
def reshaped_to_width_height(logits: Tensor, beta: float = 1.0) -> Tensor:
    """reshape(..., W, H) after the softmax."""
    return _expectation(_softmax(logits, beta).reshape(*logits.shape[:2], *logits.shape[:1:-1]))


@BANK.mistake("The sign of the logits is dropped; a strongly negative pixel is an improbable one.")
def absolute_values(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax of the absolute values."""
    return _expectation(_softmax(logits.abs(), beta))


@BANK.mistake("The mean position is rounded to whole pixels. Keep the fraction.")
def rounded(logits: Tensor, beta: float = 1.0) -> Tensor:
    """round() at the end."""
    return _expectation(_softmax(logits, beta)).round()


@BANK.mistake(
    "It is half a pixel too far to the left and up: pixel centres are at whole numbers, so "
    "subtract nothing."
)
def half_pixel_subtracted(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Coordinates -0.5..W - 1.5."""
    return _expectation(_softmax(logits, beta)) - 0.5


@BANK.mistake("It is one pixel too far to the left and up: the first pixel is 0, not -1.")
def one_pixel_subtracted(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Coordinates -1..W - 2."""
    return _expectation(_softmax(logits, beta)) - 1


@BANK.mistake(
    "The coordinates are (i + 0.5) / W, a fraction of the map's width. Return them in pixels: 0 "
    "to W - 1."
)
def normalised_centres(logits: Tensor, beta: float = 1.0) -> Tensor:
    """(i + 0.5) / W."""
    height, width = logits.shape[-2:]
    size = torch.tensor([width, height]).to(logits)
    return (_expectation(_softmax(logits, beta)) + 0.5) / size


@BANK.mistake(
    "A sample's one maximum is subtracted from all its maps, and joints with lower logits vanish. "
    "Subtract each map's own maximum.",
    fails="edge_cases",
)
def maximum_of_sample(logits: Tensor, beta: float = 1.0) -> Tensor:
    """One maximum for the maps of a sample."""
    weights = torch.exp(beta * (logits - logits.amax((1, 2, 3), keepdim=True)))
    return _expectation(weights / weights.sum((-1, -2), keepdim=True))


@BANK.mistake(
    "The mean is subtracted before `exp`, which still overflows where one pixel stands out. "
    "Subtract the maximum, or call `torch.softmax`.",
    fails="edge_cases",
)
def mean_subtracted(logits: Tensor, beta: float = 1.0) -> Tensor:
    """The mean instead of the maximum."""
    weights = torch.exp(beta * (logits - logits.mean((-1, -2), keepdim=True)))
    return _expectation(weights / weights.sum((-1, -2), keepdim=True))


@BANK.mistake(
    "A small number is added to the sum of `exp`. It saves low logits from 0 / 0, but their points "
    "become (0, 0), and large logits still overflow: `torch.softmax` needs none of that.",
    fails="edge_cases",
)
def small_number_in_the_denominator(logits: Tensor, beta: float = 1.0) -> Tensor:
    """exp / (sum + eps)."""
    weights = torch.exp(beta * logits)
    return _expectation(weights / (weights.sum((-1, -2), keepdim=True) + 1e-12))


@BANK.mistake(
    "Large logits are clamped to one value, so all positions become equally probable. "
    "`torch.softmax` takes logits of any size.",
    fails="edge_cases",
)
def logits_clamped(logits: Tensor, beta: float = 1.0) -> Tensor:
    """clamp(-80, 80) against the overflow."""
    return _expectation(_softmax(logits.clamp(-80, 80), beta))


@BANK.mistake(
    "The values are right, the gradient is not: the sum that the weights are divided by is cut "
    "from the graph. It depends on the logits, too.",
    fails="gradient",
)
def denominator_detached(logits: Tensor, beta: float = 1.0) -> Tensor:
    """The normalisation is a constant to autograd."""
    weights = torch.exp(beta * (logits - logits.amax((-1, -2), keepdim=True).detach()))
    return _expectation(weights / weights.sum((-1, -2), keepdim=True).detach())


@BANK.mistake(
    "The values are right, but the gradient arrives from x alone: y is cut from the graph.",
    fails="gradient",
)
def y_detached(logits: Tensor, beta: float = 1.0) -> Tensor:
    """One coordinate is a constant to autograd."""
    x, y = _expectation(_softmax(logits, beta)).unbind(-1)
    return torch.stack([x, y.detach()], -1)


@BANK.mistake(
    "The values are right, but the gradient arrives from y alone: x is cut from the graph.",
    fails="gradient",
)
def x_detached(logits: Tensor, beta: float = 1.0) -> Tensor:
    """The other coordinate is a constant to autograd."""
    x, y = _expectation(_softmax(logits, beta)).unbind(-1)
    return torch.stack([x.detach(), y], -1)


@BANK.mistake(
    "It is right to only a few digits: part of it is computed in float32, or a small number is "
    "added to the sum that the weights are divided by.",
    fails="dtype_device",
)
def computed_in_float32(logits: Tensor, beta: float = 1.0) -> Tensor:
    """float32 inside, cast back at the end."""
    return _expectation(_softmax(logits.float(), beta)).to(logits.dtype)
