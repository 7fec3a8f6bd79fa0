"""Hills of a wrong form."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.heatmap_2d.hills.registry import Size, draws
from autograder.exercises.heatmap_2d.hills.right import hills, limits, offsets, profiles, squared


@draws(
    "The Gaussian is too narrow: it matches exp(-d² / sigma²). At a distance of one sigma the "
    "target is 0.607 of its peak, yours 0.368. Divide by 2 sigma²."
)
def factor_two_missing(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The denominator lacks its 2."""
    return torch.exp(-squared(points, size) / sigma**2)


@draws("It matches exp(-d² / sigma): the denominator is 2 sigma².")
def divided_by_sigma(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The denominator is sigma."""
    return torch.exp(-squared(points, size) / sigma)


@draws(
    "It matches exp(-d² / (4 sigma²)), which is too wide. The denominator is 2 sigma², not "
    "(2 sigma)², and dx² and dy² are added, not averaged."
)
def two_sigma_squared(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(2 sigma)^2."""
    return torch.exp(-squared(points, size) / (2 * sigma) ** 2)


@draws("It matches exp(-d² / 2): sigma is not used, or always 1.")
def sigma_ignored(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The denominator is 2."""
    return torch.exp(-squared(points, size) / 2)


@draws("It matches exp(-d²): the denominator 2 sigma² is missing.")
def denominator_missing(points: Tensor, size: Size, sigma: float) -> Tensor:
    """exp(-d^2)."""
    return torch.exp(-squared(points, size))


@draws("It matches exp(-d² / (2 sigma⁴)): sigma is squared twice.")
def sigma_squared_twice(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The denominator is 2 sigma^4."""
    return torch.exp(-squared(points, size) / (2 * sigma**4))


@draws(
    "It matches exp(-d²) / (2 sigma²): the division is outside of the exponential. It belongs "
    "into the exponent."
)
def divided_outside(points: Tensor, size: Size, sigma: float) -> Tensor:
    """exp(-d^2) / (2 sigma^2)."""
    return torch.exp(-squared(points, size)) / (2 * sigma**2)


@draws("`a / 2 * b` multiplies by b. Put the denominator in brackets.")
def bracket_missing(points: Tensor, size: Size, sigma: float) -> Tensor:
    """-d^2 / 2 * sigma^2."""
    return torch.exp(-squared(points, size) / 2 * sigma**2)


@draws("The hill is upside down: the exponent needs a minus sign.")
def sign_missing(points: Tensor, size: Size, sigma: float) -> Tensor:
    """exp(+d^2 / ...)."""
    return torch.exp(squared(points, size) / (2 * sigma**2))


@draws("It is the exponent, -d² / (2 sigma²), alone: the exponential is missing.")
def exp_missing(points: Tensor, size: Size, sigma: float) -> Tensor:
    """No exponential."""
    return -squared(points, size) / (2 * sigma**2)


@draws("It matches 1 - exp(-d² / (2 sigma²)), a hollow: return the exponential itself.")
def one_minus_hill(points: Tensor, size: Size, sigma: float) -> Tensor:
    """1 - h."""
    return 1 - hills(points, size, sigma)


@draws("It matches 2 to the power of -d² / (2 sigma²): the base is e, as in `torch.exp`.")
def base_two(points: Tensor, size: Size, sigma: float) -> Tensor:
    """exp2."""
    return torch.exp2(-squared(points, size) / (2 * sigma**2))


@draws("It matches exp(-d / (2 sigma²)): the distance has to be squared.")
def distance_not_squared(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The exponent holds the distance, not its square."""
    return torch.exp(-squared(points, size).sqrt() / (2 * sigma**2))


@draws(
    "It matches exp(-d / sigma), which draws a pointed hill. The exponent is -d² / (2 sigma²): the "
    "distance is squared."
)
def pointed(points: Tensor, size: Size, sigma: float) -> Tensor:
    """exp(-d / sigma)."""
    return torch.exp(-squared(points, size).sqrt() / sigma)


@draws("It matches exp(-d / (2 sigma)): distance and sigma have to be squared.")
def nothing_squared(points: Tensor, size: Size, sigma: float) -> Tensor:
    """exp(-d / (2 sigma))."""
    return torch.exp(-squared(points, size).sqrt() / (2 * sigma))


@draws("It matches exp(-d / sigma²): the exponent is -d² / (2 sigma²).")
def only_sigma_squared(points: Tensor, size: Size, sigma: float) -> Tensor:
    """exp(-d / sigma^2)."""
    return torch.exp(-squared(points, size).sqrt() / sigma**2)


@draws("The exponent holds (|dx| + |dy|) / sigma, which draws a pointed diamond: d² is dx² + dy².")
def pointed_diamond(points: Tensor, size: Size, sigma: float) -> Tensor:
    """exp(-(|dx| + |dy|) / sigma)."""
    dx, dy = offsets(points, size)
    return torch.exp(-(dx.abs() + dy.abs()) / sigma)


@draws("It matches exp(-d⁴ / (2 sigma²)): the distance is squared twice.")
def distance_squared_twice(points: Tensor, size: Size, sigma: float) -> Tensor:
    """d^4."""
    return torch.exp(-(squared(points, size) ** 2) / (2 * sigma**2))


@draws("The distance is |dx| + |dy|, which draws a diamond. d² is dx² + dy².")
def manhattan_distance(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(|dx| + |dy|)^2 in the exponent."""
    dx, dy = offsets(points, size)
    return torch.exp(-((dx.abs() + dy.abs()) ** 2) / (2 * sigma**2))


@draws(
    "The exponent holds (dx + dy)², which draws a diagonal ridge. Square dx and dy each, then add."
)
def square_of_sum(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(dx + dy)^2 in the exponent."""
    dx, dy = offsets(points, size)
    return torch.exp(-((dx + dy) ** 2) / (2 * sigma**2))


@draws("The exponent holds (dx - dy)², which draws a diagonal ridge. d² is dx² + dy².")
def square_of_difference(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(dx - dy)^2 in the exponent."""
    dx, dy = offsets(points, size)
    return torch.exp(-((dx - dy) ** 2) / (2 * sigma**2))


@draws("dx² and dy² are subtracted from each other; d² is their sum.")
def difference_of_squares(points: Tensor, size: Size, sigma: float) -> Tensor:
    """dx^2 - dy^2 in the exponent."""
    dx, dy = offsets(points, size)
    return torch.exp(-(dx**2 - dy**2) / (2 * sigma**2))


@draws("dx² and dy² are multiplied, which draws a cross; d² is their sum.")
def product_of_squares(points: Tensor, size: Size, sigma: float) -> Tensor:
    """dx^2 * dy^2 in the exponent."""
    dx, dy = offsets(points, size)
    return torch.exp(-(dx**2) * dy**2 / (2 * sigma**2))


@draws("The distance is the larger of |dx| and |dy|, which draws a square. d² is dx² + dy².")
def larger_coordinate(points: Tensor, size: Size, sigma: float) -> Tensor:
    """max(dx^2, dy^2) in the exponent."""
    dx, dy = offsets(points, size)
    return torch.exp(-torch.maximum(dx**2, dy**2) / (2 * sigma**2))


@draws("The two profiles along x and y are added, which draws a cross. Multiply them.")
def sum_of_profiles(points: Tensor, size: Size, sigma: float) -> Tensor:
    """g(x) + g(y)."""
    across, down = profiles(points, size, sigma)
    return across + down


@draws("It is the mean of the two profiles along x and y, which draws a cross. Multiply them.")
def mean_of_profiles(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(g(x) + g(y)) / 2."""
    across, down = profiles(points, size, sigma)
    return (across + down) / 2


@draws("It is the larger of the two profiles along x and y, which draws a cross. Multiply them.")
def larger_profile(points: Tensor, size: Size, sigma: float) -> Tensor:
    """max(g(x), g(y))."""
    return torch.maximum(*profiles(points, size, sigma))


@draws("It is a vertical stripe: the distance along y is missing.")
def vertical_stripe(points: Tensor, size: Size, sigma: float) -> Tensor:
    """g(x) in every row."""
    across, down = profiles(points, size, sigma)
    return across.expand_as(across * down)


@draws("It is a horizontal stripe: the distance along x is missing.")
def horizontal_stripe(points: Tensor, size: Size, sigma: float) -> Tensor:
    """g(y) in every column."""
    across, down = profiles(points, size, sigma)
    return down.expand_as(across * down)


@draws("The joint's x is used for the rows, too: they have to be compared with its y.")
def x_for_both(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(x, x) instead of (x, y)."""
    return hills(points[..., [0, 0]], size, sigma)


@draws("The joint's y is used for the columns, too: they have to be compared with its x.")
def y_for_both(points: Tensor, size: Size, sigma: float) -> Tensor:
    """(y, y) instead of (x, y)."""
    return hills(points[..., [1, 1]], size, sigma)


@draws("The hill stands in the middle of the map, wherever the joint is.")
def joint_ignored(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The centre of the map."""
    return hills((limits(points, size) / 2).expand_as(points), size, sigma)


@draws("The hill stands at (0, 0), wherever the joint is: subtract the joint's position.")
def always_at_origin(points: Tensor, size: Size, sigma: float) -> Tensor:
    """The joint is not subtracted."""
    return hills(torch.zeros_like(points), size, sigma)


@draws("It matches 1 / (1 + d² / (2 sigma²)), which falls too slowly; use the exponential.")
def rational(points: Tensor, size: Size, sigma: float) -> Tensor:
    """A Lorentz curve."""
    return 1 / (1 + squared(points, size) / (2 * sigma**2))


@draws("It is a cone, 1 - d / sigma and 0 outside; use the formula with the exponential.")
def cone(points: Tensor, size: Size, sigma: float) -> Tensor:
    """A linear slope."""
    return (1 - squared(points, size).sqrt() / sigma).clamp(min=0)


@draws("It is a disc: 1 within sigma of the joint, 0 outside; use the formula's exponential.")
def disc(points: Tensor, size: Size, sigma: float) -> Tensor:
    """1 where d <= sigma."""
    return (squared(points, size) <= sigma**2).to(points.dtype)
