"""Withheld clips whose labels the right model knows, up to a chosen distance."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from autograder.lane.withheld import Withheld
from autograder.manifest import Model
from poselab.contract import Predictor
from tests.lane import models


def few_clips(model: Model, seed: int, folder: Path) -> Withheld:
    """Six noisy clips; the right model's poses are 4.5 px too far to the right."""
    random = np.random.default_rng(seed)
    frames = random.integers(0, 256, (6, 10, 64, 64, 3), dtype=np.uint8)
    poses = Predictor(models.model().SerializeToString()).predict(frames)
    poses[..., 0] -= 4.5
    return Withheld(frames, poses)
