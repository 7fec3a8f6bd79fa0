"""Held-out clips whose labels the right model knows, up to a chosen distance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from autograder.exercises.graded_model import HeldOut
from autograder.exercises.rnn_video.model import MODEL
from poselab.models.predictor import Predictor
from poselab.models.rnn_video import INPUT_NAME, OUTPUT_NAME, SPEC
from tests.poselab.models import models

SECONDS = 6.0
"""Of processor time for a model's checks."""


def few_clips(sizes: Mapping[str, int], seed: int) -> HeldOut:
    """Six noisy clips; the right model's poses are 4.5 px too far to the right."""
    random = np.random.default_rng(seed)
    inputs = {INPUT_NAME: random.integers(0, 256, (6, 10, 64, 64, 3), dtype=np.uint8)}
    files = {SPEC.file: models.model().SerializeToString()}
    poses = Predictor(files, SPEC).predict(inputs)[OUTPUT_NAME]
    poses[..., 0] -= 4.5
    return HeldOut(inputs, {OUTPUT_NAME: poses})


GRADED = replace(
    MODEL,
    spec=replace(SPEC, limits=replace(SPEC.limits, seconds=SECONDS)),
    draw=few_clips,
)
