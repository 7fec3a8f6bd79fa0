"""Invented models of vit_presence."""

from __future__ import annotations

import numpy as np

from poselab.models.specification import Arrays
from poselab.models.vit_presence import HEATMAPS_NAME, PRESENCE_NAME
from tests.benchmarks.model_draws.invention import Draws, Invented


def noisy_people(position: float, presence: float) -> Invented:
    """A model with noise in its positions, in fractions of the image, and in its presence."""

    def predict(truth: Arrays, random: np.random.Generator) -> Arrays:
        keypoints = truth["keypoints"]
        off = position * random.standard_normal((*keypoints.shape[:2], 2))
        said = (keypoints[..., 2] > 0) + presence * random.standard_normal(keypoints.shape[:2])
        return {
            HEATMAPS_NAME: keypoints[..., :2] + off,
            PRESENCE_NAME: (1 / (1 + np.exp(-said))).astype(np.float32),
        }

    return predict


SIZES = ((0.2, 3.0), (0.1, 1.5), (0.05, 1.0), (0.03, 0.6), (0.01, 0.3))
DRAWS = Draws({f"noise of {a:g} and {b:g}": noisy_people(a, b) for a, b in SIZES})
