"""The model of heatmap_2d's leaderboard: held-out images, and the mean error in pixels."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from autograder.exercises.canary import brightness_model
from autograder.exercises.graded_model import GradedModel, HeldOut, Measured, Metric
from data_stubs.blocks import in_order
from data_stubs.egocap.file import GENERATOR_VERSION
from data_stubs.egocap.scenes import IMAGES_PER_BLOCK, IMAGES_PER_CHUNK, EgoCapBatch, make_block
from poselab.models.heatmap_2d import IMAGE, INPUT_NAME, OUTPUT_NAME, SPEC
from poselab.models.specification import Arrays
from poselab.skeletons import EGOCAP

_PART = 2
"""Parts 0 and 1 of a seed are students' validation and training images."""

_MIDDLE = 63.5


def draw_held_out(sizes: Mapping[str, int], seed: int) -> HeldOut:
    """Images of people and rooms that are in no student's file.

    Args:
        sizes: ``n_images``.
        seed: draws them; a secret, because students have the code that makes images.

    Returns:
        The inputs ``images``, (image, 3, 128, 160) uint8, and the targets ``joint_pos``,
        (image, 18, 2) float32, pixels.
    """
    n_images = sizes["n_images"]
    starts = range(0, n_images, IMAGES_PER_BLOCK)
    jobs = zip(count(), (min(IMAGES_PER_BLOCK, n_images - start) for start in starts), strict=False)

    def render(job: tuple[int, int]) -> EgoCapBatch:
        return make_block(seed, _PART, *job, IMAGES_PER_CHUNK)

    blocks = list(in_order(render, jobs))
    _, height, width = IMAGE
    last_pixel = np.array([width - 1, height - 1], np.float32)
    return HeldOut(
        {INPUT_NAME: np.concatenate([block.img.numpy() for block in blocks])},
        {OUTPUT_NAME: np.concatenate([block.pose_2d.numpy() * last_pixel for block in blocks])},
    )


def measure(outputs: Arrays, targets: Arrays) -> Measured:
    """Distances from the labels.

    Args:
        outputs: ``joint_pos`` (image, joint, 2), pixels, as the model gave them.
        targets: the labels, likewise.

    Returns:
        The mean over all images and joints, in pixels. The detail ``joint_errors_px`` is the same
        by joint.
    """
    off = outputs[OUTPUT_NAME].astype(np.float64) - targets[OUTPUT_NAME]
    by_joint = np.linalg.norm(off, axis=-1).mean(axis=0)
    errors = by_joint.round(4).tolist()
    return Measured(
        float(by_joint.mean()),
        {"joint_errors_px": dict(zip(EGOCAP.joints, errors, strict=True))},
    )


_PAGE = """\
<h2>By joint</h2>
<table>
<tr><th>joint</th><th class="number">mean error</th></tr>
{% for joint, error in joint_errors_px.items() %}
<tr><td>{{ joint }}</td><td class="number">{{ "%.2f"|format(error) }} px</td></tr>
{% endfor %}
</table>
"""


def page(details: Mapping[str, Any]) -> str:
    """Errors by joint, as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_PAGE).render(**details)


def canary() -> tuple[Mapping[str, bytes], Arrays, Arrays]:
    """A model that moves all joints by an image's mean brightness, run on white images."""
    return brightness_model(SPEC, _MIDDLE, kept_axes=1)


MODEL = GradedModel(
    spec=SPEC,
    draw=draw_held_out,
    version=10 * GENERATOR_VERSION + 1,
    metrics=(
        Metric(
            name="error_px",
            measure=measure,
            details=("joint_errors_px",),
            settings={},
            sentence="The mean error over all joints and {count} images of people whom the model "
            "has not seen is",
        ),
    ),
    page=page,
    canary=canary,
)
"""What the grader knows of it."""
