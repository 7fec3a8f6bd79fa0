"""A small model whose outputs are known: for models of raw images that give positions in pixels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from poselab.models.specification import Arrays, ModelSpec

_SAMPLES = 2


def brightness_model(
    spec: ModelSpec, middle: float, kept_axes: int
) -> tuple[Mapping[str, bytes], Arrays, Arrays]:
    """A model that moves all positions by the mean brightness, run on white samples.

    Args:
        spec: one input, uint8, and one output, float32, of fixed sizes; the input's first axes are
            the output's.
        middle: where all positions are for a black sample, in pixels.
        kept_axes: how many axes the output shares with the input, the batch among them: over the
            input's others the brightness is averaged.

    Returns:
        The model's file by its name, the inputs, and the outputs that it has to give.
    """
    from onnx import TensorProto, helper, numpy_helper

    (given,), (made,) = spec.inputs, spec.outputs
    sample, result = (tuple(int(size) for size in tensor.shape) for tensor in (given, made))
    averaged = np.arange(kept_axes, 1 + len(sample))
    added = np.arange(kept_axes, 1 + len(result))
    positions = np.full(result[kept_axes - 1 :], middle, np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Cast", [given.name], ["float"], to=TensorProto.FLOAT),
            helper.make_node("ReduceMean", ["float", "inner"], ["mean"], keepdims=0),
            helper.make_node("Div", ["mean", "white"], ["brightness"]),
            helper.make_node("Unsqueeze", ["brightness", "inner_axes"], ["column"]),
            helper.make_node("Add", ["column", "middle"], [made.name]),
        ],
        "canary",
        [helper.make_tensor_value_info(given.name, TensorProto.UINT8, ("batch", *sample))],
        [helper.make_tensor_value_info(made.name, TensorProto.FLOAT, ("batch", *result))],
        [
            numpy_helper.from_array(averaged, "inner"),
            numpy_helper.from_array(added, "inner_axes"),
            numpy_helper.from_array(np.array(255, np.float32), "white"),
            numpy_helper.from_array(positions, "middle"),
        ],
    )
    opsets = [helper.make_opsetid("", 18)]
    content = helper.make_model(graph, opset_imports=opsets, ir_version=9).SerializeToString()
    white = np.full((_SAMPLES, *sample), 255, np.uint8)
    expected = np.full((_SAMPLES, *result), middle + 1, np.float32)
    return {spec.file: content}, {given.name: white}, {made.name: expected}
