"""Wrong answers to `soft_argmax_2d`."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function


def _softmax(logits: Tensor, beta: float) -> Tensor:
    return (beta * logits).flatten(2).softmax(-1).reshape(logits.shape)


def _expectation(p: Tensor, x: Tensor | None = None, y: Tensor | None = None) -> Tensor:
    height, width = p.shape[-2:]
    x = torch.arange(width).to(p) if x is None else x
    y = torch.arange(height).to(p) if y is None else y
    return torch.stack([(p.sum(-2) * x).sum(-1), (p.sum(-1) * y).sum(-1)], -1)


def _over_sum(weights: Tensor) -> Tensor:
    return weights / weights.sum((-1, -2), keepdim=True)


def _right(logits: Tensor, beta: float = 1.0) -> Tensor:
    return _expectation(_softmax(logits, beta))


BANK = Bank(_right)


# Mistakes that can be made on top of any other one.


@BANK.on_top("Your points match the target if x and y are swapped: put x, the column, first.")
def xy_swapped(answer: Function) -> Function:
    """(y, x) instead of (x, y)."""
    return lambda logits, beta=1.0: answer(logits, beta).flip(-1)


@BANK.on_top("`beta` has no effect: multiply the logits by it before the softmax.")
def beta_ignored(answer: Function) -> Function:
    """Always beta = 1."""
    return lambda logits, beta=1.0: answer(logits, 1.0)


@BANK.on_top("The logits are divided by `beta`. A larger beta has to sharpen: multiply.")
def beta_inverted(answer: Function) -> Function:
    """Division by beta."""
    return lambda logits, beta=1.0: answer(logits, 1.0 / beta)


@BANK.on_top("It is one pixel too far to the right and down: the first pixel is 0.")
def counts_from_one(answer: Function) -> Function:
    """Coordinates 1..W."""
    return lambda logits, beta=1.0: answer(logits, beta) + 1


@BANK.on_top(
    "It is half a pixel too far to the right and down: pixel centres are at whole numbers, 0 to "
    "W - 1."
)
def half_pixel_shift(answer: Function) -> Function:
    """Coordinates 0.5..W-0.5."""
    return lambda logits, beta=1.0: answer(logits, beta) + 0.5


# Mistakes in the softmax, in the coordinates and in their order.


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
    "`beta` multiplies the result of the softmax; it belongs inside, in front of the logits."
)
def beta_outside(logits: Tensor, beta: float = 1.0) -> Tensor:
    """beta times the expectation."""
    return beta * _expectation(_softmax(logits, 1.0))


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
    "The flat map is taken apart into rows of `height` pixels, which mixes rows and columns. A row "
    "has `width` pixels: a flat map goes back to (height, width)."
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
    "The softmax runs over each row alone, and dividing by the sum of the map does not repair it: "
    "all rows count the same. Take one softmax over all pixels of a map."
)
def row_softmax_renormalised(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax along the last axis, divided by the map's sum."""
    return _expectation(_over_sum((beta * logits).softmax(-1)))


@BANK.mistake(
    "The softmax runs over each column alone, and dividing by the sum of the map does not repair "
    "it: all columns count the same. Take one softmax over all pixels of a map."
)
def column_softmax_renormalised(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax along the rows, divided by the map's sum."""
    return _expectation(_over_sum((beta * logits).softmax(-2)))


@BANK.mistake(
    "The softmax runs over the joints, and dividing by the sum of each map does not repair it. "
    "Take it over the pixels of each map."
)
def joint_softmax_renormalised(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax along the joints, divided by the map's sum."""
    return _expectation(_over_sum((beta * logits).softmax(1)))


@BANK.mistake(
    "The softmax runs over the samples, and dividing by the sum of each map does not repair it. "
    "Take it over the pixels of each map."
)
def batch_softmax_renormalised(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax along the batch, divided by the map's sum."""
    return _expectation(_over_sum((beta * logits).softmax(0)))


@BANK.mistake(
    "Two softmaxes one after the other, divided by the map's sum, are not the softmax of a map: "
    "flatten its two axes and take one."
)
def two_softmaxes_renormalised(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Rows, then columns, divided by the map's sum."""
    return _expectation(_over_sum((beta * logits).softmax(-1).softmax(-2)))


@BANK.another("two_softmaxes_renormalised")
def two_softmaxes_renormalised_columns_first(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Columns, then rows, divided by the map's sum."""
    return _expectation(_over_sum((beta * logits).softmax(-2).softmax(-1)))


@BANK.another("softmax_rows_then_columns")
def softmax_columns_then_rows(logits: Tensor, beta: float = 1.0) -> Tensor:
    """The other one first."""
    return _expectation((beta * logits).softmax(-2).softmax(-1))


@BANK.mistake(
    "Two softmaxes, one along the rows and one along the columns, are multiplied. Take one over "
    "all pixels of a map."
)
def product_of_softmaxes(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Rows times columns, divided by the map's sum."""
    z = beta * logits
    return _expectation(_over_sum(z.softmax(-1) * z.softmax(-2)))


@BANK.another("product_of_softmaxes")
def plain_product_of_softmaxes(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Rows times columns."""
    z = beta * logits
    return _expectation(z.softmax(-1) * z.softmax(-2))


@BANK.mistake(
    "Each row and each column has a softmax of its own, and their positions are averaged, whatever "
    "their logits. One softmax over the whole map weighs rows and columns, too."
)
def mean_of_lines(logits: Tensor, beta: float = 1.0) -> Tensor:
    """x from the rows' softmaxes, y from the columns'."""
    height, width = logits.shape[-2:]
    x = ((beta * logits).softmax(-1) * torch.arange(width).to(logits)).sum(-1).mean(-1)
    y = ((beta * logits).softmax(-2) * torch.arange(height).to(logits)[:, None]).sum(-2).mean(-1)
    return torch.stack([x, y], -1)


@BANK.another("mean_of_lines")
def sum_of_lines(logits: Tensor, beta: float = 1.0) -> Tensor:
    """The same, summed over the rows and over the columns."""
    return mean_of_lines(logits, beta) * _size(logits).flip(0)


@BANK.another("marginals_of_logits")
def marginal_means_of_logits(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Softmax of the means."""
    return _from_marginals(
        (beta * logits.mean(-2)).softmax(-1), (beta * logits.mean(-1)).softmax(-1)
    )


@BANK.mistake(
    "A column's weight comes from its highest pixel alone, and a row's too. It has to be the sum "
    "of all its probabilities."
)
def marginal_maxima(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Maxima of the probabilities, normalised."""
    p = _softmax(logits, beta)
    return _from_marginals(_line(p.amax(-2)), _line(p.amax(-1)))


@BANK.another("marginal_maxima")
def plain_marginal_maxima(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Maxima of the probabilities as they are."""
    p = _softmax(logits, beta)
    return _from_marginals(p.amax(-2), p.amax(-1))


@BANK.mistake(
    "y is right, x is not: a column's weight is its highest probability. It has to be the sum of "
    "all its probabilities."
)
def column_maxima(logits: Tensor, beta: float = 1.0) -> Tensor:
    """x from maxima, normalised, y from sums."""
    p = _softmax(logits, beta)
    return _from_marginals(_line(p.amax(-2)), p.sum(-1))


@BANK.another("column_maxima")
def plain_column_maxima(logits: Tensor, beta: float = 1.0) -> Tensor:
    """x from maxima, y from sums."""
    p = _softmax(logits, beta)
    return _from_marginals(p.amax(-2), p.sum(-1))


@BANK.mistake(
    "x is right, y is not: a row's weight is its highest probability. It has to be the sum of all "
    "its probabilities."
)
def row_maxima(logits: Tensor, beta: float = 1.0) -> Tensor:
    """y from maxima, normalised, x from sums."""
    p = _softmax(logits, beta)
    return _from_marginals(p.sum(-2), _line(p.amax(-1)))


@BANK.another("row_maxima")
def plain_row_maxima(logits: Tensor, beta: float = 1.0) -> Tensor:
    """y from maxima, x from sums."""
    p = _softmax(logits, beta)
    return _from_marginals(p.sum(-2), p.amax(-1))


@BANK.mistake(
    "The position of the highest probability in each column and row is averaged. Weigh the "
    "columns' and rows' own positions instead."
)
def mean_of_peaks_of_lines(logits: Tensor, beta: float = 1.0) -> Tensor:
    """argmax of each row and column, averaged."""
    x, y = logits.argmax(-1).to(logits).mean(-1), logits.argmax(-2).to(logits).mean(-1)
    return torch.stack([x, y], -1)


@BANK.mistake(
    "It only works on square maps: somewhere height and width are exchanged. Print the shapes on "
    "that line for a map of 5 rows and 7 columns.",
    fails="shape",
)
def square_maps_alone(logits: Tensor, beta: float = 1.0) -> Tensor:
    """The flat probabilities become (W, H), the coordinates stay as they are."""
    height, width = logits.shape[-2:]
    p = (beta * logits).flatten(2).softmax(-1).reshape(*logits.shape[:2], width, height)
    return torch.stack(
        [(p.sum(-2) * torch.arange(width).to(p)).sum(-1), (p * _rows(logits)).sum((-1, -2))], -1
    )


@BANK.mistake(
    "It fails where maps are higher than wide: something that belongs to the rows is as long as a "
    "row is wide. Print the shapes on that line."
)
def cut_to_the_width(logits: Tensor, beta: float = 1.0) -> Tensor:
    """A square grid of side W, cut to H rows."""
    height, width = logits.shape[-2:]
    x = torch.arange(width).to(logits).expand(width, width)
    p = _softmax(logits, beta)
    return torch.stack([(p * x[:height]).sum((-1, -2)), (p * x.T[:height]).sum((-1, -2))], -1)


@BANK.mistake(
    "It fails where maps are wider than high: something that belongs to the columns is as long as "
    "a column is high. Print the shapes on that line.",
    fails="shape",
)
def cut_to_the_height(logits: Tensor, beta: float = 1.0) -> Tensor:
    """A square grid of side H, cut to W columns."""
    height, width = logits.shape[-2:]
    x = torch.arange(height).to(logits).expand(height, height)
    p = _softmax(logits, beta)
    return torch.stack([(p * x[:, :width]).sum((-1, -2)), (p * x.T[:, :width]).sum((-1, -2))], -1)


@BANK.mistake(
    "It fails on maps that are not square, and swaps x and y on square ones: sums run over the "
    'wrong axes, or the grid is (width, height). `meshgrid` with `indexing="ij"` takes the rows '
    "first.",
    fails="shape",
)
def grid_of_width_and_height(logits: Tensor, beta: float = 1.0) -> Tensor:
    """meshgrid(x, y, indexing="ij")."""
    lines = (torch.arange(size).to(logits) for size in logits.shape[:1:-1])
    x, y = torch.meshgrid(*lines, indexing="ij")
    p = _softmax(logits, beta)
    return torch.stack([(p * x).sum((-1, -2)), (p * y).sum((-1, -2))], -1)


@BANK.another("grid_of_width_and_height")
def sums_exchanged(logits: Tensor, beta: float = 1.0) -> Tensor:
    """p.sum(-1) times the columns."""
    p, (height, width) = _softmax(logits, beta), logits.shape[-2:]
    x, y = torch.arange(width).to(p), torch.arange(height).to(p)
    return torch.stack([(p.sum(-1) * x).sum(-1), (p.sum(-2) * y).sum(-1)], -1)


@BANK.mistake(
    "The grid of coordinates is flattened in another order than the map: column by column "
    "instead of row by row."
)
def grid_in_another_order(logits: Tensor, beta: float = 1.0) -> Tensor:
    """cartesian_prod(x, y) with the flat probabilities."""
    height, width = logits.shape[-2:]
    grid = torch.cartesian_prod(torch.arange(width), torch.arange(height)).to(logits)
    return (beta * logits).flatten(2).softmax(-1) @ grid


@BANK.mistake(
    "The flat index of a pixel is taken apart with W - 1. A row has W pixels, although the last "
    "column's number is W - 1."
)
def flat_index_by_width_minus_one(logits: Tensor, beta: float = 1.0) -> Tensor:
    """k % (W - 1), k // (W - 1)."""
    return _by_flat_index(logits, beta, logits.shape[-1] - 1, logits.shape[-1] - 1)


@BANK.another("reshaped_to_width_height")
def flat_index_by_height(logits: Tensor, beta: float = 1.0) -> Tensor:
    """k % H, k // H."""
    return _by_flat_index(logits, beta, logits.shape[-2], logits.shape[-2])


@BANK.another("reshaped_to_width_height")
def row_of_flat_index_by_height(logits: Tensor, beta: float = 1.0) -> Tensor:
    """k % W, k // H."""
    return _by_flat_index(logits, beta, logits.shape[-1], logits.shape[-2])


@BANK.mistake(
    "The row is the flat index divided by the width with its remainder. A whole number of rows "
    "needs `//`."
)
def row_with_remainder(logits: Tensor, beta: float = 1.0) -> Tensor:
    """k % W, k / W."""
    width = logits.shape[-1]
    k = torch.arange(logits.shape[-2] * width).to(logits)
    return (beta * logits).flatten(2).softmax(-1) @ torch.stack([k % width, k / width], -1)


@BANK.mistake("The coordinates are normalised to 0..1; return them in pixels, 0 to W - 1.")
def normalised(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Coordinates in 0..1."""
    return _right(logits, beta) / (_size(logits) - 1)


@BANK.mistake(
    "The coordinates are divided by the map's width and height. An expectation is a sum, not a "
    "mean, and it is wanted in pixels."
)
def divided_by_size(logits: Tensor, beta: float = 1.0) -> Tensor:
    """x / W, y / H, as from mean instead of sum."""
    return _right(logits, beta) / _size(logits)


@BANK.mistake("The coordinates run backwards: the first pixel is 0, at the left and at the top.")
def counts_backwards(logits: Tensor, beta: float = 1.0) -> Tensor:
    """W - 1 .. 0."""
    return _size(logits) - 1 - _right(logits, beta)


@BANK.mistake("y runs upwards. The first row, at the top, is 0.")
def y_upwards(logits: Tensor, beta: float = 1.0) -> Tensor:
    """H - 1 - y."""
    x, y = _right(logits, beta).unbind(-1)
    return torch.stack([x, logits.shape[-2] - 1 - y], -1)


@BANK.mistake("The coordinates are counted from the centre of the map. The first pixel is 0.")
def centred(logits: Tensor, beta: float = 1.0) -> Tensor:
    """-(W - 1) / 2 .. (W - 1) / 2."""
    return _right(logits, beta) - (_size(logits) - 1) / 2


@BANK.another("centred")
def centred_by_size(logits: Tensor, beta: float = 1.0) -> Tensor:
    """-W / 2 .. W / 2 - 1."""
    return _right(logits, beta) - _size(logits) / 2


@BANK.mistake("x is right, but y is counted from 1. The first row is 0.")
def y_from_one(logits: Tensor, beta: float = 1.0) -> Tensor:
    """y + 1."""
    return _right(logits, beta) + torch.tensor([0.0, 1.0]).to(logits)


@BANK.mistake("y is right, but x is counted from 1. The first column is 0.")
def x_from_one(logits: Tensor, beta: float = 1.0) -> Tensor:
    """x + 1."""
    return _right(logits, beta) + torch.tensor([1.0, 0.0]).to(logits)


@BANK.mistake(
    "The steps between pixels are a little shorter than 1. Column 1 is at 1, and the last one at "
    "W - 1."
)
def squeezed_grid(logits: Tensor, beta: float = 1.0) -> Tensor:
    """x * (W - 1) / W."""
    return _right(logits, beta) * (1 - 1 / _size(logits))


@BANK.mistake("The mean position is cut off to whole pixels. Keep the fraction.")
def cut_to_whole_pixels(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Whole numbers in between."""
    return _right(logits, beta).long().to(logits.dtype)


@BANK.mistake(
    "It is the most probable column and the most probable row. The mean position weighs all of "
    "them with their probabilities."
)
def most_probable_lines(logits: Tensor, beta: float = 1.0) -> Tensor:
    """argmax of the marginals."""
    p = _softmax(logits, beta)
    return torch.stack([p.sum(-2).argmax(-1), p.sum(-1).argmax(-1)], -1).to(logits.dtype)


@BANK.mistake(
    "The weights are logarithms of probabilities, divided by their sum: the least probable pixel "
    "weighs most. Take the probabilities themselves."
)
def logarithms_over_sum(logits: Tensor, beta: float = 1.0) -> Tensor:
    """log_softmax, normalised."""
    z = beta * logits
    return _expectation(_over_sum(z - z.logsumexp((-1, -2), keepdim=True)))


@BANK.mistake(
    "x and y are along the first axis: `torch.stack` puts a new axis in front, unless `dim` says "
    "otherwise. They belong last.",
    fails="shape",
)
def stacked_in_front(logits: Tensor, beta: float = 1.0) -> Tensor:
    """(2, batch, joint)."""
    return _right(logits, beta).movedim(-1, 0)


@BANK.mistake("x is returned for y, too.")
def x_twice(logits: Tensor, beta: float = 1.0) -> Tensor:
    """(x, x)."""
    return _right(logits, beta)[..., :1].expand(*logits.shape[:2], 2)


@BANK.mistake("The first sample's points are returned for every sample; each sample has its own.")
def first_samples_points(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Sample 0 for all."""
    return _right(logits[:1], beta).expand(*logits.shape[:2], 2)


@BANK.mistake("The first joint's point is returned for every joint; each joint has its own.")
def first_joints_points(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Joint 0 for all."""
    return _right(logits[:, :1], beta).expand(*logits.shape[:2], 2)


@BANK.mistake(
    "It is as sharp as with twice the `beta`: the probabilities are squared, or the logits doubled."
)
def twice_as_sharp(logits: Tensor, beta: float = 1.0) -> Tensor:
    """p^2, normalised."""
    return _expectation(_over_sum(_softmax(logits, beta) ** 2))


@BANK.mistake("The probabilities are squared and no longer add up to 1. Use them as they are.")
def squared_probabilities(logits: Tensor, beta: float = 1.0) -> Tensor:
    """p^2."""
    return _expectation(_softmax(logits, beta) ** 2)


@BANK.mistake(
    "The weights are powers of 2, which is the result for beta * ln 2. The softmax takes powers of "
    "e: `exp`."
)
def powers_of_two(logits: Tensor, beta: float = 1.0) -> Tensor:
    """2^z."""
    return _right(logits, beta * math.log(2))


@BANK.mistake("The weights are powers of 10. The softmax takes powers of e: `exp`.")
def powers_of_ten(logits: Tensor, beta: float = 1.0) -> Tensor:
    """10^z."""
    return _right(logits, beta * math.log(10))


@BANK.mistake(
    "The weights are the positive logits, divided by their sum. The softmax takes all logits to "
    "the exponential first."
)
def relu_over_sum(logits: Tensor, beta: float = 1.0) -> Tensor:
    """relu(z) / sum."""
    return _expectation(_over_sum((beta * logits).relu()))


@BANK.mistake(
    "The weights are the logits less the map's lowest one, divided by their sum. The softmax takes "
    "the exponential."
)
def minimum_subtracted_over_sum(logits: Tensor, beta: float = 1.0) -> Tensor:
    """(z - min) / sum."""
    z = beta * logits
    return _expectation(_over_sum(z - z.amin((-1, -2), keepdim=True)))


@BANK.mistake(
    "The weights are squared logits, divided by their sum. The softmax takes the exponential."
)
def squares_over_sum(logits: Tensor, beta: float = 1.0) -> Tensor:
    """z^2 / sum."""
    return _expectation(_over_sum((beta * logits) ** 2))


@BANK.mistake(
    "The weights are absolute logits, divided by their sum. The softmax takes the exponential."
)
def absolute_over_sum(logits: Tensor, beta: float = 1.0) -> Tensor:
    """|z| / sum."""
    return _expectation(_over_sum((beta * logits).abs()))


@BANK.mistake(
    "The weights are softplus of the logits, divided by their sum. The softmax takes the "
    "exponential alone."
)
def softplus_over_sum(logits: Tensor, beta: float = 1.0) -> Tensor:
    """log(1 + e^z) / sum."""
    return _expectation(_over_sum(torch.nn.functional.softplus(beta * logits)))


@BANK.mistake("Each pixel's sigmoid is the weight as it is. The softmax lets the pixels compete.")
def sigmoid_alone(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Sigmoid, not normalised."""
    return _expectation(torch.sigmoid(beta * logits))


@BANK.mistake("`exp` is not divided by its sum: probabilities add up to 1.")
def not_normalised(logits: Tensor, beta: float = 1.0) -> Tensor:
    """exp without the division."""
    return _expectation((beta * logits).exp())


@BANK.another("not_normalised")
def not_normalised_below_one(logits: Tensor, beta: float = 1.0) -> Tensor:
    """exp of the logits less their maximum, without the division."""
    z = beta * logits
    return _expectation((z - z.amax((-1, -2), keepdim=True)).exp())


@BANK.mistake("The logits themselves are the weights. Take their softmax.")
def logits_as_weights(logits: Tensor, beta: float = 1.0) -> Tensor:
    """No softmax at all."""
    return _expectation(beta * logits)


@BANK.mistake(
    "The logits are rescaled before the softmax, by their largest value or by their spread. Take "
    "them as they are."
)
def divided_by_largest(logits: Tensor, beta: float = 1.0) -> Tensor:
    """z / max."""
    return _right(logits / logits.amax((-1, -2), keepdim=True), beta)


@BANK.another("divided_by_largest")
def standardised(logits: Tensor, beta: float = 1.0) -> Tensor:
    """(z - mean) / std."""
    flat = logits.flatten(2)
    return _right((logits - flat.mean(-1)[..., None, None]) / flat.std(-1)[..., None, None], beta)


@BANK.another("divided_by_largest")
def scaled_to_01(logits: Tensor, beta: float = 1.0) -> Tensor:
    """(z - min) / (max - min)."""
    low, high = logits.amin((-1, -2), keepdim=True), logits.amax((-1, -2), keepdim=True)
    return _right((logits - low) / (high - low), beta)


@BANK.mistake(
    "The logits are clamped to 0..1, or to -1..1, before the softmax. They may be any real numbers."
)
def clamped_to_01(logits: Tensor, beta: float = 1.0) -> Tensor:
    """clamp(0, 1)."""
    return _right(logits.clamp(0, 1), beta)


@BANK.another("clamped_to_01")
def clamped_to_one(logits: Tensor, beta: float = 1.0) -> Tensor:
    """clamp(-1, 1)."""
    return _right(logits.clamp(-1, 1), beta)


@BANK.mistake("The logarithm of the logits is taken first. They are logarithms already.")
def logarithm_of_logits(logits: Tensor, beta: float = 1.0) -> Tensor:
    """softmax(log z)."""
    return _right(logits.clamp(min=1e-12).log(), beta)


@BANK.mistake("`beta` is a power of the logits. Multiply them by it.")
def beta_as_power(logits: Tensor, beta: float = 1.0) -> Tensor:
    """softmax(z^beta), with the sign kept."""
    return _right(logits.abs() ** beta * logits.sign(), 1.0)


@BANK.mistake(
    "The maximum of the whole batch is subtracted, and joints with lower logits vanish. "
    "Subtract each map's own maximum.",
    fails="edge_cases",
)
def maximum_of_batch(logits: Tensor, beta: float = 1.0) -> Tensor:
    """One maximum for all maps."""
    return _expectation(_over_sum(torch.exp(beta * (logits - logits.max()))))


@BANK.another("maximum_of_batch")
def maximum_of_batch_with_eps(logits: Tensor, beta: float = 1.0) -> Tensor:
    """The same with a small number in the denominator, so that vanished joints are at (0, 0)."""
    weights = torch.exp(beta * (logits - logits.max()))
    return _expectation(weights / (weights.sum((-1, -2), keepdim=True) + 1e-8))


@BANK.another("maximum_of_sample")
def maximum_of_sample_with_eps(logits: Tensor, beta: float = 1.0) -> Tensor:
    """One maximum for the maps of a sample, and a small number in the denominator."""
    weights = torch.exp(beta * (logits - logits.amax((1, 2, 3), keepdim=True)))
    return _expectation(weights / (weights.sum((-1, -2), keepdim=True) + 1e-8))


@BANK.mistake(
    "The maximum of each row is subtracted from that row, which changes the rows' weights. "
    "Subtract one number from a whole map, its maximum."
)
def maximum_of_row(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Each row has its own maximum."""
    return _right(logits - logits.amax(-1, keepdim=True), beta)


@BANK.mistake(
    "The maximum of each column is subtracted from that column, which changes the columns' "
    "weights. Subtract one number from a whole map, its maximum."
)
def maximum_of_column(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Each column has its own maximum."""
    return _right(logits - logits.amax(-2, keepdim=True), beta)


@BANK.mistake(
    "The joints' or the samples' maximum at each pixel is subtracted, which changes the map. "
    "Subtract one number from a whole map, its maximum."
)
def maximum_over_joints(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Each pixel has its own maximum."""
    return _right(logits - logits.amax(1, keepdim=True), beta)


@BANK.another("maximum_over_joints")
def maximum_over_samples(logits: Tensor, beta: float = 1.0) -> Tensor:
    """Each pixel of each joint has its own maximum."""
    return _right(logits - logits.amax(0, keepdim=True), beta)


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
    return _right(logits.clamp(-80, 80), beta)


@BANK.another("logits_clamped")
def high_logits_clamped(logits: Tensor, beta: float = 1.0) -> Tensor:
    """clamp(max=50), then a softmax."""
    return _right(logits.clamp(max=50), beta)


@BANK.another("logits_clamped")
def exponents_clamped(logits: Tensor, beta: float = 1.0) -> Tensor:
    """exp of clamp(max=80), whose low logits become 0 / 0."""
    return _expectation(_over_sum((beta * logits).clamp(max=80).exp()))


@BANK.another("logits_clamped")
def exponents_clamped_too_high(logits: Tensor, beta: float = 1.0) -> Tensor:
    """exp of clamp(-88, 88), whose sums overflow."""
    return _expectation(_over_sum((beta * logits).clamp(-88, 88).exp()))


@BANK.another("logits_clamped")
def exponents_clamped_with_eps(logits: Tensor, beta: float = 1.0) -> Tensor:
    """exp of clamp(max=80), with a small number in the denominator."""
    weights = (beta * logits).clamp(max=80).exp()
    return _expectation(weights / (weights.sum((-1, -2), keepdim=True) + 1e-12))


@BANK.mistake(
    "Axes of length 1 are squeezed away. One sample and one joint keep their axes: (1, 1, 2).",
    fails="edge_cases",
)
def axes_squeezed(logits: Tensor, beta: float = 1.0) -> Tensor:
    """squeeze() at the end."""
    return _right(logits, beta).squeeze()


@BANK.mistake(
    "The logits go through float16 or bfloat16, which hold only three digits or two. Compute in "
    "their own dtype."
)
def half_precision(logits: Tensor, beta: float = 1.0) -> Tensor:
    """float16 inside, cast back at the end."""
    return _right(logits.half(), beta).to(logits.dtype)


@BANK.another("half_precision")
def brain_float(logits: Tensor, beta: float = 1.0) -> Tensor:
    """bfloat16 inside, cast back at the end."""
    return _right(logits.bfloat16(), beta).to(logits.dtype)


@BANK.mistake(
    "It is right to only a few digits: part of it is computed in float32, or a small number is "
    "added to the sum that the weights are divided by.",
    fails="dtype_device",
)
def computed_in_float32(logits: Tensor, beta: float = 1.0) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(logits.float(), beta).to(logits.dtype)


def _size(logits: Tensor) -> Tensor:
    """(width, height)."""
    return torch.tensor([logits.shape[-1], logits.shape[-2]]).to(logits)


def _rows(logits: Tensor) -> Tensor:
    """y, for each pixel of a column."""
    return torch.arange(logits.shape[-2]).to(logits)[:, None]


def _line(weights: Tensor) -> Tensor:
    """Weights of columns or of rows that add up to 1."""
    return weights / weights.sum(-1, keepdim=True)


def _from_marginals(columns: Tensor, rows: Tensor) -> Tensor:
    """The positions' means under the weights of columns and of rows."""
    x, y = (torch.arange(line.shape[-1]).to(line) for line in (columns, rows))
    return torch.stack([(columns * x).sum(-1), (rows * y).sum(-1)], -1)


def _by_flat_index(logits: Tensor, beta: float, for_x: int, for_y: int) -> Tensor:
    """The mean position, with the remainder by one number as x, the quotient by another as y."""
    k = torch.arange(logits.shape[-2] * logits.shape[-1])
    grid = torch.stack([k % for_x, k // for_y], -1).to(logits)
    return (beta * logits).flatten(2).softmax(-1) @ grid
