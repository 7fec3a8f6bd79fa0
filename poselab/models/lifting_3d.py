"""lifting_3d's model: 2D skeletons in, 3D skeletons out.

Two files are submitted: ``liftModel``, the weights and the four statistics as ``torch.save`` writes
them, and ``eval.py``, whose function ``predict`` uses them:

======== ============ ======= =============
argument ``joint_2d`` float32 (pose, 15, 2)
result                float32 (pose, 15, 3)
======== ============ ======= =============

Both are in the units of ``poselab.datasets.lifting``, as they are in the files: nothing is
normalised. Joints stand in the order of ``poselab.skeletons.LIFTING``.
"""

from __future__ import annotations

import numpy as np

from poselab.datasets.lifting import ROOT
from poselab.models.specification import (
    Arrays,
    BrokenError,
    ModelLimits,
    ModelSpec,
    NamedCheck,
    TensorSpec,
)

INPUT_NAME = "joint_2d"
OUTPUT_NAME = "joint_3d"
TEST_DATA = "data_test_lift.pkl"
"""What ``eval.py`` measures itself on when it is run as a script."""

_JOINTS = 15
_SEED = 30
_FOCAL = 2.3
_UNIT_POSES = 64
_FARTHEST = 0.5
_STANDING = np.array(
    [
        *((-0.030, -0.17, 0.00), (-0.030, -0.09, 0.00), (-0.025, 0.00, 0.00)),
        *((0.025, 0.00, 0.00), (0.030, -0.09, 0.00), (0.030, -0.17, 0.00)),
        *((0.000, 0.10, 0.00), (0.000, 0.12, 0.00), (0.000, 0.16, 0.01)),
        *((-0.050, 0.00, 0.02), (-0.045, 0.05, 0.00), (-0.035, 0.10, 0.00)),
        *((0.035, 0.10, 0.00), (0.045, 0.05, 0.00), (0.050, 0.00, 0.02)),
    ]
)
"""Someone who faces the camera, seen from the pelvis."""


def example_poses(count: int) -> Arrays:
    """2D skeletons of people who stand and are turned about their axis, always the same ones.

    Args:
        count: how many skeletons.

    Returns:
        ``joint_2d``: (count, 15, 2) float32.
    """
    # Drawn one by one, so that the first ones are the same for any count.
    joints = np.stack([_turned(np.random.default_rng((_SEED, n))) for n in range(count)])
    return {INPUT_NAME: (_FOCAL * joints[..., :2] / -joints[..., 2:]).astype(np.float32)}


def _turned(random: np.random.Generator) -> np.ndarray:
    angle = random.uniform(-np.pi, np.pi)
    cos, sin = np.cos(angle), np.sin(angle)
    turn = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]])
    return (_STANDING + random.normal(0, 0.008, (_JOINTS, 3))) @ turn + ROOT


def _some_poses() -> Arrays:
    return example_poses(_UNIT_POSES)


def _judge_units(outputs: Arrays) -> str:
    """Joints are predicted about as far from the pelvis as people's are."""
    distance = np.linalg.norm(outputs[OUTPUT_NAME] - np.asarray(ROOT), axis=-1).mean()
    if not distance < _FARTHEST:  # so that nan fails, too
        raise BrokenError(
            f"Joints are predicted {distance:.2f} from the pelvis on average, where people's are "
            "about 0.1 from it; bring what the network returns back to the file's unit with the "
            "mean and the standard deviation of the 3D positions."
        )
    return "The poses are about as large as people are."


SPEC = ModelSpec(
    file="liftModel",
    inputs=(TensorSpec(INPUT_NAME, "float32", (_JOINTS, 2)),),
    outputs=(TensorSpec(OUTPUT_NAME, "float32", (_JOINTS, 3)),),
    examples=example_poses,
    kind="script",
    script="eval.py",
    function="predict",
    state_dict=True,
    beside=(TEST_DATA,),
    sample="pose",
    tolerance=1e-4,
    at_once=1000,
    limits=ModelLimits(seconds_a_sample=0.01),
    checks=(NamedCheck("units", _some_poses, _judge_units),),
)
"""What students hand in."""
