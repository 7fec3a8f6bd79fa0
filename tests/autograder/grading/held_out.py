"""HeldOut clips whose labels the right model knows, up to a chosen distance."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from autograder.manifest import Model
from autograder.model_grading.held_out import HeldOut
from poselab.models.contract import Predictor
from tests.autograder.model_grading import models


def few_clips(model: Model, seed: int, folder: Path) -> HeldOut:
    """Six noisy clips; the right model's poses are 4.5 px too far to the right."""
    random = np.random.default_rng(seed)
    frames = random.integers(0, 256, (6, 10, 64, 64, 3), dtype=np.uint8)
    poses = Predictor(models.model().SerializeToString()).predict(frames)
    poses[..., 0] -= 4.5
    return HeldOut(frames, poses)
