"""A model of our own, run before the students': a machine that cannot run it grades nobody."""

from __future__ import annotations

import numpy as np
from poselab.models.contract import CLIP, INPUT_NAME, OUTPUT_NAME, POSES

from autograder.errors import CourseError
from autograder.grading.execution import Sandbox
from autograder.model_grading.process import Clips, run_model

_CLIPS = 2
_MIDDLE = 31.5


def canary() -> bytes:
    """A model that keeps the contract: the mean brightness of a frame moves all of its joints."""
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
        [helper.make_tensor_value_info(INPUT_NAME, TensorProto.UINT8, ("batch", *CLIP))],
        [helper.make_tensor_value_info(OUTPUT_NAME, TensorProto.FLOAT, ("batch", *POSES))],
        [
            numpy_helper.from_array(np.array([2, 3, 4]), "inner"),
            numpy_helper.from_array(np.array([2, 3]), "inner_axes"),
            numpy_helper.from_array(np.array(255, np.float32), "white"),
            numpy_helper.from_array(np.full(POSES[1:], _MIDDLE, np.float32), "middle"),
        ],
    )
    opsets = [helper.make_opsetid("", 18)]
    content: bytes = helper.make_model(
        graph, opset_imports=opsets, ir_version=9
    ).SerializeToString()
    return content


def expect_song(sandbox: Sandbox) -> None:
    """Run it.

    Raises:
        CourseError: it does not do on this machine what it does on others.
    """
    white = np.full((_CLIPS, *CLIP), 255, np.uint8)
    outcome = run_model(canary(), Clips(white), sandbox)
    if outcome.poses is None:
        assert outcome.failure is not None
        reason = outcome.complaint or outcome.failure.sentence
        raise CourseError(
            f"No model was run, because on this machine even our own does not run: "
            f"{reason.rstrip('.')}; `autograder doctor` says what the machine offers."
        )
    if not np.allclose(outcome.poses, _MIDDLE + 1):
        raise CourseError(
            "No model was run, because on this machine our own gives wrong poses; install the "
            "versions that constraints.txt names."
        )
