"""The model of vit_presence, as it is graded: held-out people, PCK, and presence precision."""

from __future__ import annotations

import functools
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from jinja2 import Environment, StrictUndefined
from torch import Tensor

from autograder.errors import CourseError
from autograder.exercises.graded_model import GradedModel, HeldOut, Measured, Metric
from data_stubs.coco.file import GENERATOR_VERSION, CocoPart, ensure_held_out
from poselab.datasets.coco import load_coco, normalise_images
from poselab.metrics.pck import pck, torso_lengths
from poselab.metrics.presence import presence_precision
from poselab.models.specification import Arrays
from poselab.models.vit_presence import (
    HEATMAPS_NAME,
    INPUT_NAME,
    PRESENCE_NAME,
    SPEC,
    require_probabilities,
)
from poselab.skeletons import COCO

KEYPOINTS_NAME = "keypoints"
"""The target: positions as fractions of the image's width and height, and v."""
WITHIN = 0.2
"""How far from its label a keypoint may be, in lengths of the torso."""

_CANARY_SIZE, _CANARY_STRIDE = 96, 4


def draw_people(sizes: Mapping[str, int], seed: int) -> HeldOut:
    """Crops of people who are in no student's file, cut out as the course's loader does it.

    Args:
        sizes: ``n_people``; ``size``, height and width of the crops in pixels. The people do not
            depend on the size.
        seed: draws them; a secret, because students have the code that makes people.

    Returns:
        The inputs ``image``, (person, 3, size, size) float32, and the targets ``keypoints``,
        (person, 17, 3) float32: x and y, which are 0 at the left and the upper edge of the crop and
        1 at the others, and v; (0, 0, 0) where v is 0.

    Raises:
        CourseError: they are so few that a metric would have nothing to measure.
    """
    count, size = sizes["n_people"], sizes["size"]
    files = _files(count, seed)[1]
    crops = load_coco(files.annotations, files.images, (size, size), count)
    position, v = crops.keypoints.numpy()[..., :2], crops.keypoints.numpy()[..., 2:]
    keypoints = np.concatenate((np.where(v > 0, (position + 0.5) / size, 0), v), axis=-1)
    present = crops.keypoints[..., 2] > 0
    told_apart = present.any(0) & ~present.all(0)
    if torso_lengths(crops.keypoints).isnan().all() or not told_apart.any():
        raise CourseError(
            f"Of {count} held-out people nothing can be measured, since none has a torso or all "
            "have the same keypoints; ask for more in n_people in course.toml."
        )
    images = normalise_images(crops.images).numpy()
    return HeldOut({INPUT_NAME: images}, {KEYPOINTS_NAME: keypoints.astype(np.float32)})


@functools.lru_cache(maxsize=1)
def _files(count: int, seed: int) -> tuple[tempfile.TemporaryDirectory[str], CocoPart]:
    """The files of held-out people, in a folder that goes when it is no longer needed."""
    folder = tempfile.TemporaryDirectory(prefix="held-out-")
    return folder, ensure_held_out(Path(folder.name, "coco"), count=count, seed=seed)


def measure_pck(outputs: Arrays, targets: Arrays) -> Measured:
    """The fraction of present keypoints within 0.2 torso lengths of their labels (PCK@0.2).

    The torso's length is the distance from the middle of the shoulders to the middle of the hips.
    People whose shoulders and hips are not all present are left out.

    Args:
        outputs: of ``heatmaps`` where the maxima are, (person, 17, 2), as fractions of the image.
        targets: ``keypoints``, as :func:`draw_people` returns them.

    Returns:
        The fraction over all keypoints. Details: ``pck_by_keypoint``, the same for each, ``None``
        where none was present.
    """
    positions, keypoints = (
        torch.from_numpy(array) for array in (outputs[HEATMAPS_NAME], targets[KEYPOINTS_NAME])
    )
    found = pck(positions, keypoints, WITHIN)
    return Measured(found.value, {"pck_by_keypoint": _by_keypoint(found.each)})


def _by_keypoint(values: Float[Tensor, " keypoint"]) -> dict[str, float | None]:
    """Values by the names of the keypoints; ``None`` for nan, which JSON does not have."""
    rounded = (None if math.isnan(value) else round(value, 4) for value in values.tolist())
    return dict(zip(COCO.joints, rounded, strict=True))


def measure_presence(outputs: Arrays, targets: Arrays) -> Measured:
    """Macro presence average precision: the mean over the keypoints of average precision.

    Args:
        outputs: ``presence`` (person, 17).
        targets: ``keypoints``, as :func:`draw_people` returns them.

    Returns:
        The mean. Details: ``presence_ap_by_keypoint``, ``None`` where it is present in all people
        or in none, and ``present_by_keypoint``, the fraction of people in whom it is: the average
        precision of whoever says the same for everybody.

    Raises:
        BrokenError: ``presence`` holds other numbers than probabilities.
    """
    require_probabilities(outputs[PRESENCE_NAME])
    present = torch.from_numpy(targets[KEYPOINTS_NAME][..., 2] > 0)
    found = presence_precision(torch.from_numpy(outputs[PRESENCE_NAME]), present)
    return Measured(
        found.macro,
        {
            "presence_ap_by_keypoint": _by_keypoint(found.each),
            "present_by_keypoint": _by_keypoint(present.double().mean(0)),
        },
    )


_PAGE = """\
{% macro bar(fraction) -%}
<td class="number">{{ "none" if fraction is none else "%.2f"|format(fraction) }}</td>
<td><span style="display: inline-block; height: .8em; background: #3b6ea5;
 width: {{ "%.1f"|format(6 * (fraction or 0)) }}em"></span></td>
{%- endmacro %}
<h2>By keypoint</h2>
<p>PCK is the fraction of present keypoints that you place within {{ within }} torso lengths of
their labels. AP is the average precision of your presence. A model that says the same for everybody
has the AP in the last column: the fraction of people in whom the keypoint is present.</p>
<table>
<tr><th>keypoint</th><th class="number">PCK</th><th></th><th class="number">AP</th><th></th>
<th class="number">present</th></tr>
{% for name, pck in pck_by_keypoint.items() %}
<tr><td>{{ name }}</td>
{{ bar(pck) }}
{{ bar(presence_ap_by_keypoint[name]) }}
<td class="number">{{ "%.2f"|format(present_by_keypoint[name]) }}</td></tr>
{% endfor %}
</table>
"""


def page(details: Mapping[str, Any]) -> str:
    """PCK and average precision by keypoint, as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(_PAGE).render(**details, within=WITHIN)


def canary() -> tuple[Mapping[str, bytes], Arrays, Arrays]:
    """A model whose maps are the image's mean colour in each cell, run on a white cell on black."""
    from onnx import TensorProto, helper, numpy_helper

    cells = _CANARY_SIZE // _CANARY_STRIDE
    image = ("batch", 3, _CANARY_SIZE, _CANARY_SIZE)
    shapes = {
        HEATMAPS_NAME: ("batch", len(COCO), cells, cells),
        PRESENCE_NAME: ("batch", len(COCO)),
    }
    window = [_CANARY_STRIDE, _CANARY_STRIDE]
    kernel = np.full((len(COCO), 3, *window), 1 / (3 * _CANARY_STRIDE**2), np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", [INPUT_NAME, "kernel"], [HEATMAPS_NAME], strides=window),
            helper.make_node("ReduceMean", [HEATMAPS_NAME, "axes"], ["mean"], keepdims=0),
            helper.make_node("Sigmoid", ["mean"], [PRESENCE_NAME]),
        ],
        "canary",
        [helper.make_tensor_value_info(INPUT_NAME, TensorProto.FLOAT, image)],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        ],
        [
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.array([2, 3]), "axes"),
        ],
    )
    opsets = [helper.make_opsetid("", 18)]
    content = helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    row, column = 5, 9
    white = np.full((1, 3, _CANARY_SIZE, _CANARY_SIZE), -1, np.float32)
    white[..., 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 1
    expected = {
        HEATMAPS_NAME: np.full((1, len(COCO), 2), [(column + 0.5) / cells, (row + 0.5) / cells]),
        PRESENCE_NAME: np.full((1, len(COCO)), 1 / (1 + np.exp(1 - 2 / cells**2))),
    }
    return {SPEC.file: content}, {INPUT_NAME: white}, expected


MODEL = GradedModel(
    spec=SPEC,
    draw=draw_people,
    version=GENERATOR_VERSION,
    metrics=(
        Metric(
            name="pck",
            measure=measure_pck,
            details=("pck_by_keypoint",),
            settings={"pck_within_torso_lengths": WITHIN},
            sentence="Among {count} people whom the model has not seen, those whose shoulders and "
            "hips are all labelled have a PCK@0.2 of",
        ),
        Metric(
            name="presence_ap",
            measure=measure_presence,
            details=("presence_ap_by_keypoint", "present_by_keypoint"),
            settings={},
            sentence="For the presence of the keypoints of all {count} people, the average "
            "precision, averaged over the keypoints, is",
        ),
    ),
    page=page,
    canary=canary,
)
"""What the grader knows of it."""
