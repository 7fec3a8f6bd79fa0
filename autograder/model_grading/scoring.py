"""From poses to points. The labels are here, and nowhere near the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLDS = np.arange(0.0, 20.5, 0.5)
"""Pixels for the accuracy curves."""


@dataclass(frozen=True)
class Measured:
    """How good a model is.

    Args:
        error: the mean distance over all clips, frames and joints, in pixels.
        joint_errors: the same by joint, (joint,).
        accuracy: (joint, threshold), the share of poses within each of :data:`THRESHOLDS`.
    """

    error: float
    joint_errors: NDArray[np.float64]
    accuracy: NDArray[np.float64]


def measure(predicted: NDArray[np.float32], target: NDArray[np.float32]) -> Measured | None:
    """Compare poses with the labels.

    Args:
        predicted: (clip, frame, joint, 2), pixels, as the model gave them.
        target: the labels, likewise.

    Returns:
        ``None`` if a coordinate is not a finite number.
    """
    if not np.isfinite(predicted).all():
        return None
    distances = np.linalg.norm(predicted.astype(np.float64) - target, axis=-1)
    by_joint = distances.reshape(-1, distances.shape[-1])
    within = by_joint[:, :, None] <= THRESHOLDS
    return Measured(float(by_joint.mean()), by_joint.mean(axis=0), within.mean(axis=0))
