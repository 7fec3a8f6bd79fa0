"""The model of heatmap_2d's leaderboard: held-out images, and the mean error in pixels."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined

from autograder.exercises.graded_model import GradedModel, HeldOut, Measured, Metric
from data_stubs.blocks import in_order
from data_stubs.egocap.file import GENERATOR_VERSION
from data_stubs.egocap.scenes import IMAGES_PER_BLOCK, IMAGES_PER_CHUNK, EgoCapBatch, make_block
from poselab.models.heatmap_2d import IMAGE, INPUT_NAME, OUTPUT_NAME, POSE, SPEC
from poselab.models.specification import Arrays
from poselab.skeletons import EGOCAP

_PART = 2
"""Parts 0 and 1 of a seed are students' validation and training images."""

_CANARY_IMAGES = 2
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
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [
            helper.make_node("Cast", [INPUT_NAME], ["float"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["float", "inner"], ["mean"], keepdims=0),
            helper.make_node("Div", ["mean", "white"], ["brightness"]),
            helper.make_node("Unsqueeze", ["brightness", "inner_axes"], ["column"]),
            helper.make_node("Add", ["column", "middle"], [OUTPUT_NAME]),
        ],
        "canary",
        [helper.make_tensor_value_info(INPUT_NAME, TensorProto.UINT8, ("batch", *IMAGE))],
        [helper.make_tensor_value_info(OUTPUT_NAME, TensorProto.FLOAT, ("batch", *POSE))],
        [
            numpy_helper.from_array(np.array([1, 2, 3]), "inner"),
            numpy_helper.from_array(np.array([1, 2]), "inner_axes"),
            numpy_helper.from_array(np.array(255, np.float32), "white"),
            numpy_helper.from_array(np.full(POSE, _MIDDLE, np.float32), "middle"),
        ],
    )
    opsets = [helper.make_opsetid("", 18)]
    content = helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    white = np.full((_CANARY_IMAGES, *IMAGE), 255, np.uint8)
    expected = np.full((_CANARY_IMAGES, *POSE), _MIDDLE + 1, np.float32)
    return {SPEC.file: content}, {INPUT_NAME: white}, {OUTPUT_NAME: expected}


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
