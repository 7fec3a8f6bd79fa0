"""The model of rnn_video, as it is graded: held-out clips, and the mean error in pixels."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from jinja2 import Environment, StrictUndefined

from autograder.exercises.canary import brightness_model
from autograder.exercises.graded_model import GradedModel, HeldOut, Measured, Metric
from autograder.exercises.rnn_video.held_out import VERSION, draw_clips
from poselab.models.rnn_video import INPUT_NAME, OUTPUT_NAME, SPEC
from poselab.models.specification import Arrays
from poselab.plots.curves import plot_accuracy
from poselab.skeletons import UPPER_BODY

THRESHOLDS = np.arange(0.0, 20.5, 0.5)
"""Pixels for the accuracy curves."""

_MIDDLE = 31.5


def draw_held_out(sizes: Mapping[str, int], seed: int) -> HeldOut:
    """One clip each of many people and rooms that are in no student's file.

    Args:
        sizes: ``n_clips``.
        seed: draws them; a secret, because students have the code that makes clips.

    Returns:
        The inputs ``input_frames``, (clip, 10, 64, 64, 3) uint8, and the targets ``joint_pos``,
        (clip, 10, 7, 2) float32, pixels.
    """
    frames, poses = draw_clips(sizes["n_clips"], seed)
    return HeldOut({INPUT_NAME: frames}, {OUTPUT_NAME: poses})


def measure(outputs: Arrays, targets: Arrays) -> Measured:
    """Distances from the labels.

    Args:
        outputs: ``joint_pos`` (clip, frame, joint, 2), pixels, as the model gave them.
        targets: the labels, likewise.

    Returns:
        The mean over all clips, frames and joints, in pixels. Details: ``joint_errors_px`` is the
        same by joint, ``accuracy`` the fraction of poses within each of :data:`THRESHOLDS`.
    """
    distances = np.linalg.norm(
        outputs[OUTPUT_NAME].astype(np.float64) - targets[OUTPUT_NAME], axis=-1
    )
    by_joint = distances.reshape(-1, distances.shape[-1])
    within = (by_joint[:, :, None] <= THRESHOLDS).mean(axis=0)
    errors = by_joint.mean(axis=0).round(4).tolist()
    curves = map(tuple, within.round(4).tolist())
    return Measured(
        float(by_joint.mean()),
        {
            "joint_errors_px": dict(zip(UPPER_BODY.joints, errors, strict=True)),
            "accuracy": dict(zip(UPPER_BODY.joints, curves, strict=True)),
        },
    )


_PAGE = """\
<h2>By joint</h2>
<table>
<tr><th>joint</th><th class="number">mean error</th><th class="number">within 5 px</th>
<th class="number">within 10 px</th></tr>
{% for joint, error in joint_errors_px.items() %}
<tr><td>{{ joint }}</td><td class="number">{{ "%.2f"|format(error) }} px</td>
<td class="number">{{ "%.0f %%"|format(100 * accuracy[joint][within(5)]) }}</td>
<td class="number">{{ "%.0f %%"|format(100 * accuracy[joint][within(10)]) }}</td></tr>
{% endfor %}
</table>
<img alt="For every joint, the fraction of poses within 0 to 20 pixels."
 src="data:image/png;base64,{{ curves }}">
"""


def page(details: Mapping[str, Any]) -> str:
    """Errors and accuracy curves by joint, as HTML, the picture within."""
    accuracy = torch.tensor(list(details["accuracy"].values()))
    figure = plot_accuracy(torch.from_numpy(THRESHOLDS), accuracy)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_PAGE).render(
        **details,
        curves=base64.b64encode(figure.png()).decode(),
        within=lambda pixels: int(THRESHOLDS.searchsorted(pixels)),
    )


def canary() -> tuple[Mapping[str, bytes], Arrays, Arrays]:
    """A model that moves all joints by a frame's mean brightness, run on white frames."""
    return brightness_model(SPEC, _MIDDLE, kept_axes=2)


MODEL = GradedModel(
    spec=SPEC,
    draw=draw_held_out,
    version=VERSION,
    metrics=(
        Metric(
            name="error_px",
            measure=measure,
            details=("joint_errors_px", "accuracy"),
            settings={"thresholds_px": THRESHOLDS.tolist()},
            sentence="The mean error over all joints, frames and {count} clips of people whom the "
            "model has not seen is",
        ),
    ),
    page=page,
    canary=canary,
)
"""What the grader knows of it."""
