"""How colours look to people with other colour vision, and how far apart they look."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

# G. M. Machado, M. M. Oliveira, L. A. F. Fernandes: A Physiologically-based Model for Simulation of
# Color Vision Deficiency. IEEE Transactions on Visualization and Computer Graphics, 2009. The
# matrices are those for a severity of 1; they work on linear RGB.
SIMULATED = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}

_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = _TO_XYZ.sum(axis=1)


def simulate(rgb: NDArray[np.float64], vision: str) -> NDArray[np.float64]:
    """What people with this colour vision see.

    Args:
        rgb: colours or an image, (..., 3), sRGB from 0 to 1.
        vision: a key of `SIMULATED`.

    Returns:
        sRGB from 0 to 1, of the same shape.
    """
    return _to_srgb(_to_linear(rgb) @ SIMULATED[vision].T)


def distance(one: str, other: str, vision: str = "normal") -> float:
    """The distance of two colours in CIELAB (CIE76): 2.3 is just noticeable side by side."""
    first, second = (_lab(simulate(np.array(to_rgb(each)), vision)) for each in (one, other))
    return float(np.linalg.norm(first - second))


def _to_linear(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def _to_srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    linear = linear.clip(0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _lab(rgb: NDArray[np.float64]) -> NDArray[np.float64]:
    xyz = _TO_XYZ @ _to_linear(rgb) / _WHITE
    bent = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])])
