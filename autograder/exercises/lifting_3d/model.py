"""The model of lifting_3d, as it is graded: held-out people, and the MPJPE in thousandths."""

from __future__ import annotations

import functools
import io
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jinja2 import Environment, StrictUndefined

from autograder.exercises.graded_model import GradedModel, HeldOut, Measured, Metric, ScriptRun
from autograder.exercises.lifting_3d.held_out import VERSION, draw_matched_poses
from data_stubs.lifting.file import write_poses
from data_stubs.lifting.scenes import draw_two_views
from poselab.datasets.lifting import load_lifting
from poselab.models.lifting_3d import INPUT_NAME, OUTPUT_NAME, SPEC, TEST_DATA
from poselab.models.specification import Arrays, NamedCheck
from poselab.skeletons import LIFTING

TEST_POSES = 5000
"""In the file that ``eval.py`` reads; as many, and the same, as in the notebook's on a CPU."""

_TEST_SEED = 0
_TEST_FILE = "test_file"
_THOUSANDTHS = 1000
_RELATIVE, _ABSOLUTE = 0.01, 2e-5
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|nan\b|inf\b"
_PRINTED = re.compile(rf"mpjpe\s*(?:\([^)\n]*\))?[^\d\n]{{0,30}}?({_NUMBER})", re.IGNORECASE)


def draw_held_out(sizes: Mapping[str, int], seed: int) -> HeldOut:
    """Poses of people who are in no student's file.

    Args:
        sizes: ``n_poses``.
        seed: draws them; a secret, because students have the code that makes poses.

    Returns:
        The inputs ``joint_2d``, (pose, 15, 2) float32, and the targets ``joint_3d``, (pose, 15, 3)
        float32; the unit is the distance from the camera to the pelvis.
    """
    poses = draw_matched_poses(sizes["n_poses"], seed)
    return HeldOut({INPUT_NAME: poses.joint_2d.numpy()}, {OUTPUT_NAME: poses.joint_3d.numpy()})


def measure(outputs: Arrays, targets: Arrays) -> Measured:
    """Distances from the true joints.

    Args:
        outputs: ``joint_3d`` (pose, joint, 3), as the model gave them.
        targets: the truth, likewise.

    Returns:
        The MPJPE, the mean over all poses and joints, in thousandths of the camera's distance.
        Details: ``joint_errors`` is the same by joint, ``axis_errors`` the mean absolute difference
        along each axis, both in that unit.
    """
    difference = outputs[OUTPUT_NAME].astype(np.float64) - targets[OUTPUT_NAME]
    by_joint = _THOUSANDTHS * np.linalg.norm(difference, axis=-1).mean(axis=0)
    by_axis = _THOUSANDTHS * np.abs(difference).mean(axis=(0, 1))
    return Measured(
        float(by_joint.mean()),
        {
            "joint_errors": dict(zip(LIFTING.joints, by_joint.round(4).tolist(), strict=True)),
            "axis_errors": dict(zip("xyz", by_axis.round(4).tolist(), strict=True)),
        },
    )


_PAGE = """\
<h2>By joint</h2>
<p>Along the image the joints are {{ "%.2f"|format(axis_errors.x) }} ‰ (x) and
{{ "%.2f"|format(axis_errors.y) }} ‰ (y) off on average, in depth
{{ "%.2f"|format(axis_errors.z) }} ‰.</p>
<table>
<tr><th>joint</th><th class="number">mean error</th><th></th></tr>
{% for joint, error in joint_errors.items() %}
<tr><td>{{ joint }}</td><td class="number">{{ "%.2f"|format(error) }} ‰</td>
<td><span style="display: inline-block; height: .8em; background: #3b6ea5;
 width: {{ "%.1f"|format(12 * error / largest) }}em"></span></td></tr>
{% endfor %}
</table>
"""


def page(details: Mapping[str, Any]) -> str:
    """Errors by joint and by axis, as HTML."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    largest = max(*details["joint_errors"].values(), 1e-9)
    return environment.from_string(_PAGE).render(**details, largest=largest)


def students_test_file() -> bytes:
    """The file ``data_test_lift.pkl`` that ``ensure_lifting()`` writes for students."""
    return _test_file()[0]


def _test_poses() -> HeldOut:
    return _test_file()[1]


@functools.cache
def _test_file() -> tuple[bytes, HeldOut]:
    """The students' test file, and the poses in it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, TEST_DATA)
        poses = draw_two_views(TEST_POSES, _TEST_SEED, "test")
        write_poses(path, poses, two_views=False)
        loaded = load_lifting(path)
        content = path.read_bytes()
    inputs, targets = {INPUT_NAME: loaded.joint_2d.numpy()}, {OUTPUT_NAME: loaded.joint_3d.numpy()}
    return content, HeldOut(inputs, targets)


def _beside() -> Mapping[str, bytes]:
    return {TEST_DATA: students_test_file()}


def _test_inputs() -> Arrays:
    return _test_poses().inputs


def _test_error(outputs: Arrays) -> float:
    """The MPJPE on the students' test file, in its own unit."""
    return measure(outputs, _test_poses().targets).value / _THOUSANDTHS


def _judge_test_file(outputs: Arrays) -> str:
    """Never fails: it is here for what it says."""
    return (
        f"For the {TEST_POSES} poses in {TEST_DATA}, what `{SPEC.function}` returns has an MPJPE "
        f"of {_test_error(outputs):.5f}; the points are for other people's poses."
    )


def remark(printed: str, outputs: Arrays) -> str:
    """Compare what ``eval.py`` prints with what its function returns.

    Args:
        printed: its output, or the beginning.
        outputs: ``joint_3d`` for the poses in the students' test file.

    Returns:
        A sentence if the printed MPJPE is another one, or if there is none.
    """
    found = _PRINTED.search(printed)
    if found is None:
        return (
            f"Run by itself, {SPEC.script} prints no average MPJPE, as in `average MPJPE 0.01234`. "
            "This costs no points."
        )
    error, said = _test_error(outputs), float(found[1])
    units = (said, said / _THOUSANDTHS)
    if any(abs(value - error) <= _ABSOLUTE + _RELATIVE * error for value in units):
        return ""
    return (
        f"Run by itself, {SPEC.script} prints an average MPJPE of {found[1][:12]} for {TEST_DATA}, "
        f"but what its function `{SPEC.function}` returns for the same poses is {error:.5f} off; "
        "look at what it measures and how it averages. The points do not depend on what it prints."
    )


_CANARY = """\
import numpy as np
import torch


def predict(joint_2d):
    weights = torch.load("liftModel", weights_only=True)["weights"].numpy()
    depth = np.full((*joint_2d.shape[:2], 1), -1, np.float32)
    return np.concatenate([joint_2d * weights, depth], axis=2)
"""


def canary() -> tuple[Mapping[str, bytes], Arrays, Arrays]:
    """A model that puts all joints in the plane through the pelvis."""
    scale = np.float32(0.4)
    file = io.BytesIO()
    torch.save({"weights": torch.tensor(scale)}, file)
    joint_2d = np.linspace(-1, 1, 2 * 15 * 2, dtype=np.float32).reshape(2, 15, 2)
    expected = np.concatenate([joint_2d * scale, np.full((2, 15, 1), -1, np.float32)], axis=2)
    files = {SPEC.file: file.getvalue(), SPEC.script: _CANARY.encode()}
    return files, {INPUT_NAME: joint_2d}, {OUTPUT_NAME: expected}


MODEL = GradedModel(
    spec=replace(
        SPEC, checks=(*SPEC.checks, NamedCheck(_TEST_FILE, _test_inputs, _judge_test_file))
    ),
    draw=draw_held_out,
    version=VERSION,
    metrics=(
        Metric(
            name="mpjpe_permille",
            measure=measure,
            details=("joint_errors", "axis_errors"),
            settings={"unit": "thousandths of the camera's distance"},
            sentence="The MPJPE over {count} poses of people whom the model has not seen, in "
            "thousandths of the camera's distance, is",
        ),
    ),
    page=page,
    canary=canary,
    script_run=ScriptRun(
        beside=_beside,
        check=_TEST_FILE,
        remark=remark,
        advice=f"there it finds {SPEC.file} and {TEST_DATA}, and it may write no files",
    ),
)
"""What the grader knows of it."""
