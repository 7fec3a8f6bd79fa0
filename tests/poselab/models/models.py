"""Models small enough to be written down: a right one, and each defect that students or foes make.

The right one normalises every frame and multiplies it with a fixed matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

PIXELS = 64 * 64 * 3
FRAMES = ("batch", 10, 64, 64, 3)
POSES = ("batch", 10, 7, 2)
WEIGHTS = np.random.default_rng(0).normal(0, 0.02, (PIXELS, 14)).astype(np.float32)
# Shared by all tests: whoever wants to change them takes a copy.
WEIGHTS.setflags(write=False)

Nodes = list[Any]


def node(kind: str, inputs: str, output: str, **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(), [output], **attributes)


def constant(name: str, values: Any, kind: Any = np.float32) -> Any:
    return numpy_helper.from_array(np.asarray(values, kind), name)


def to_float(source: str = "input_frames") -> Nodes:
    return [node("Cast", source, "float", to=TensorProto.FLOAT)]


def to_float_by_int8() -> Nodes:
    return [node("Cast", "input_frames", "signed", to=TensorProto.INT8), *to_float("signed")]


def normalised() -> Nodes:
    """Each frame to mean 0 and standard deviation 1."""
    return [
        node("ReduceMean", "float pixel_axes", "mean", keepdims=1),
        node("Sub", "float mean", "centred"),
        node("Mul", "centred centred", "squares"),
        node("ReduceMean", "squares pixel_axes", "variance", keepdims=1),
        node("Sqrt", "variance", "deviation"),
        node("Add", "deviation epsilon", "guarded"),
        node("Div", "centred guarded", "clean"),
    ]


def regressed(source: str = "clean", target: str = "joint_pos") -> Nodes:
    return [
        node("Reshape", f"{source} flat_shape", "flat"),
        node("MatMul", "flat weights", "rows"),
        node("Add", "rows middle", "placed"),
        node("Reshape", "placed pose_shape", target),
    ]


def weights(middle: float = 32.0) -> list[Any]:
    return [
        constant("pixel_axes", [2, 3, 4], np.int64),
        constant("epsilon", 1e-6),
        constant("zero", 0.0),
        constant("flat_shape", [-1, 10, PIXELS], np.int64),
        constant("pose_shape", [-1, 10, 7, 2], np.int64),
        constant("weights", WEIGHTS),
        constant("middle", np.full(14, middle)),
    ]


def value(name: str, kind: int, shape: Sequence[int | str]) -> Any:
    return helper.make_tensor_value_info(name, kind, shape)


def model(
    nodes: Nodes | None = None,
    *,
    more: Sequence[Any] = (),
    frames: Any = None,
    poses: Any = None,
    opset: int = 18,
    ir_version: int = 9,
    domains: Sequence[str] = (),
    **settings: Any,
) -> ModelProto:
    """A model of these nodes, the right ones unless told otherwise."""
    graph = helper.make_graph(
        nodes or [*to_float(), *normalised(), *regressed()],
        "pose",
        [frames or value("input_frames", TensorProto.UINT8, FRAMES)],
        [poses or value("joint_pos", TensorProto.FLOAT, POSES)],
        [*weights(), *more],
    )
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph, opset_imports=imports, ir_version=ir_version, **settings)


def then(*after: Any) -> ModelProto:
    """The right model with nodes that go on from its ``poses``."""
    return model([*to_float(), *normalised(), *regressed(target="poses"), *after])


def external() -> ModelProto:
    found = model()
    tensor = next(t for t in found.graph.initializer if t.name == "weights")
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    return found


def external_in_a_branch() -> ModelProto:
    """The same, within a node's own graph."""
    inner = external().graph.initializer[5]
    branch = helper.make_graph(
        [node("Identity", "weights", "same")],
        "branch",
        [],
        [value("same", TensorProto.FLOAT, (PIXELS, 14))],
        [inner],
    )
    yes = constant("yes", True, np.bool_)
    choice = helper.make_node("If", ["yes"], ["chosen"], then_branch=branch, else_branch=branch)
    return model([*to_float(), *normalised(), *regressed(), choice], more=[yes])


def bomb() -> ModelProto:
    """A tensor that declares 100 GB and holds four numbers."""
    found = model()
    tensor = next(t for t in found.graph.initializer if t.name == "weights")
    tensor.ClearField("raw_data")
    tensor.ClearField("dims")
    tensor.dims.extend([25_000_000_000])
    tensor.float_data.extend([0.0] * 4)
    return found


def sparse_bomb() -> ModelProto:
    found = model()
    sparse = found.graph.sparse_initializer.add()
    sparse.dims.extend([1 << 40])
    sparse.values.CopyFrom(constant("sparse", [1.0]))
    sparse.indices.CopyFrom(constant("where", [0], np.int64))
    return found


def vast_constant() -> ModelProto:
    """An operator that is told to make 100 GB."""
    return plus(
        node("ConstantOfShape", "vast_shape", "vast"),
        node("ReduceSum", "vast", "extra", keepdims=0),
        more=[constant("vast_shape", [25_000_000_000], np.int64)],
    )


def vast_when_run() -> ModelProto:
    """The same, and its size is told by the input only."""
    return plus(
        node("ReduceMean", "float", "one_mean", keepdims=0),
        node("Mul", "one_mean large", "many_float"),
        node("Cast", "many_float", "many", to=TensorProto.INT64),
        node("Reshape", "many one_number", "vast_shape"),
        node("ConstantOfShape", "vast_shape", "vast"),
        node("ReduceSum", "vast", "extra", keepdims=0),
        more=[constant("large", 1e9), constant("one_number", [1], np.int64)],
    )


def endless() -> ModelProto:
    """A loop whose condition stays true."""
    body = helper.make_graph(
        [node("Identity", "going", "still"), node("Add", "sum step", "next_sum")],
        "body",
        [
            value("round", TensorProto.INT64, ()),
            value("going", TensorProto.BOOL, ()),
            value("sum", TensorProto.FLOAT, ()),
        ],
        [value("still", TensorProto.BOOL, ()), value("next_sum", TensorProto.FLOAT, ())],
    )
    loop = helper.make_node("Loop", ["", "yes", "zero"], ["extra"], body=body)
    return plus(loop, more=[constant("yes", True, np.bool_), constant("step", 1.0)])


def with_function() -> ModelProto:
    hidden = helper.make_function(
        "hidden",
        "Hidden",
        ["poses"],
        ["result"],
        [node("Identity", "poses", "result")],
        [helper.make_opsetid("", 18)],
    )
    call = node("Hidden", "poses", "joint_pos", domain="hidden")
    nodes = [*to_float(), *normalised(), *regressed(target="poses"), call]
    return model(nodes, functions=[hidden], domains=["hidden"])


def with_custom_operator() -> ModelProto:
    call = node("Secret", "poses", "joint_pos", domain="my.domain")
    nodes = [*to_float(), *normalised(), *regressed(target="poses"), call]
    return model(nodes, domains=["my.domain"])


def named_twice() -> ModelProto:
    """Two nodes of one output: no runtime takes it."""
    return model([*to_float(), *normalised(), *regressed(), node("Relu", "float", "clean")])


def not_a_number() -> ModelProto:
    return plus(node("Div", "zero zero", "extra"))


def plus(*nodes: Any, more: Sequence[Any] = ()) -> ModelProto:
    """The right model, and nodes that end in ``extra``, which is added to the poses."""
    before = [*to_float(), *normalised(), *regressed(target="poses")]
    return model([*before, *nodes, node("Add", "poses extra", "joint_pos")], more=more)


def mixing_the_batch() -> ModelProto:
    """A clip's poses depend on the mean of the batch, as with batch normalisation that trains."""
    first = constant("first_axis", [0], np.int64)
    return plus(node("ReduceMean", "poses first_axis", "extra", keepdims=1), more=[first])


def random_every_time() -> ModelProto:
    return plus(node("RandomNormalLike", "poses", "extra"))


def signed_bytes() -> ModelProto:
    return model([*to_float_by_int8(), *normalised(), *regressed()])


def signed_and_mended() -> ModelProto:
    """Through int8, but what is negative gets its 256 back: as good as the right one."""
    mended = [
        node("Cast", "input_frames", "signed", to=TensorProto.INT8),
        node("Cast", "signed", "wrapped", to=TensorProto.FLOAT),
        node("Less", "wrapped zero", "negative"),
        node("Cast", "negative", "ones", to=TensorProto.FLOAT),
        node("Mul", "ones turn", "turns"),
        node("Add", "wrapped turns", "float"),
    ]
    return model([*mended, *normalised(), *regressed()], more=[constant("turn", 256.0)])


def rounded() -> ModelProto:
    """Whole pixels: it jumps, as a model does that looks for a maximum, and nothing is wrong."""
    return then(node("Round", "poses", "joint_pos"))


def unguarded() -> ModelProto:
    """A frame of one colour is divided by 0."""
    nodes = normalised()
    nodes[-2] = node("Add", "deviation zero", "guarded")
    return model([*to_float(), *nodes, *regressed()])


def one_clip_only() -> ModelProto:
    """The batch is declared free, and the network reshapes to one clip."""
    nodes = regressed(target="poses")
    single = constant("single_shape", [1, 10, 7, 2], np.int64)
    return model(
        [*to_float(), *normalised(), *nodes, node("Reshape", "poses single_shape", "joint_pos")],
        more=[single],
        poses=value("joint_pos", TensorProto.FLOAT, ("batch", "frames", "joints", "xy")),
    )


def other_shape() -> ModelProto:
    """The right sizes are left open, and what comes is (batch, 10, 14)."""
    nodes = [*to_float(), *normalised(), *regressed(target="poses")]
    flat = constant("rows_shape", [-1, 10, 14], np.int64)
    return model(
        [*nodes, node("Reshape", "poses rows_shape", "joint_pos")],
        more=[flat],
        poses=value("joint_pos", TensorProto.FLOAT, ("a", "b", "c", "d")),
    )


def larger_than_asked() -> ModelProto:
    """Poses for a thousand times as many clips."""
    nodes = [*to_float(), *normalised(), *regressed(target="poses")]
    times = constant("times", [1000, 1, 1, 1], np.int64)
    return model(
        [*nodes, node("Tile", "poses times", "joint_pos")],
        more=[times],
        poses=value("joint_pos", TensorProto.FLOAT, ("many", 10, 7, 2)),
    )


def renamed(name: str, kind: int, shape: Sequence[int | str]) -> ModelProto:
    """An input of another name, type or shape."""
    source = [node("Identity", name, "input")] if name != "input_frames" else []
    start = to_float("input") if source else to_float()
    return model([*source, *start, *normalised(), *regressed()], frames=value(name, kind, shape))


GOOD: dict[str, Callable[[], ModelProto]] = {
    "right": model,
    "mended": signed_and_mended,
    "rounded": rounded,
}
