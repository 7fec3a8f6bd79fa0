"""Which sample of a data set's file holds values that it should not."""

from __future__ import annotations

import numpy as np


def first_not_finite(values: np.ndarray) -> int | None:
    """The index of the first sample that holds NaN or an infinite number.

    Args:
        values: (sample, ...), floating-point numbers.

    Returns:
        The index; ``None`` if all numbers are finite.
    """
    return _first(~np.isfinite(values))


def first_outside(values: np.ndarray, low: float, high: float) -> int | None:
    """The index of the first sample that holds a number below ``low`` or above ``high``.

    Args:
        values: (sample, ...), numbers.
        low: the smallest that is allowed.
        high: the largest that is allowed.

    Returns:
        The index; ``None`` if there is none.
    """
    return _first((values < low) | (values > high))


def _first(wrong: np.ndarray) -> int | None:
    samples = wrong.reshape(len(wrong), -1).any(axis=1)
    return int(samples.argmax()) if samples.any() else None
