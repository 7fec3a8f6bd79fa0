"""What an ONNX file says about itself, looked at before anything of it is run.

An ONNX model is a graph of operators; a node may hold graphs of its own (the branches of ``If``,
the body of ``Loop``), and tensors stand in the graph, in nodes and in those inner graphs.
Everything here looks at all of them. Nothing is computed and no tensor is unpacked.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import onnx
from onnx import TensorProto

_BITS_WHERE_PACKED = {"UINT4": 4, "INT4": 4, "FLOAT4E2M1": 4, "UINT2": 2, "INT2": 2}
_NUMBERS_HELD_IN = ("float_data", "int32_data", "int64_data", "uint64_data", "double_data")


def parse(content: bytes) -> Any:
    """The model in ``content``, with no look at any other file.

    Args:
        content: the bytes of an ONNX file.

    Returns:
        An ``onnx.ModelProto``.

    Raises:
        google.protobuf.message.DecodeError: the bytes are no such message.
    """
    return onnx.load_model_from_string(content)


def graphs(model: Any) -> Iterator[Any]:
    """The model's graph and all graphs within its nodes."""
    waiting = [model.graph]
    while waiting:
        graph = waiting.pop()
        yield graph
        for node in graph.node:
            for attribute in node.attribute:
                waiting += [*attribute.graphs]
                if attribute.HasField("g"):
                    waiting.append(attribute.g)


def nodes(model: Any) -> Iterator[Any]:
    """All nodes of all graphs."""
    for graph in graphs(model):
        yield from graph.node


def tensors(model: Any) -> Iterator[Any]:
    """All tensors of all graphs, of sparse tensors the values and the indices."""
    for graph in graphs(model):
        yield from graph.initializer
    for attribute in _attributes(model):
        yield from attribute.tensors
        if attribute.HasField("t"):
            yield attribute.t
    for sparse in _sparse_tensors(model):
        yield sparse.values
        yield sparse.indices


def sparse_shapes(model: Any) -> Iterator[list[int]]:
    """The shapes that sparse tensors have once they are unpacked."""
    return (list(sparse.dims) for sparse in _sparse_tensors(model))


def is_external(tensor: Any) -> bool:
    """Whether a tensor's numbers are said to lie in another file."""
    return tensor.data_location == TensorProto.EXTERNAL or len(tensor.external_data) > 0


def numbers(dims: list[int]) -> float:
    """How many numbers a tensor of this shape has; infinite for a shape that cannot be."""
    return math.inf if any(size < 0 for size in dims) else math.prod(dims)


def holds_what_it_declares(tensor: Any) -> bool:
    """Whether a tensor's bytes are about as many as its shape and its type ask for."""
    try:
        kind = TensorProto.DataType.Name(tensor.data_type)
    except ValueError:
        return False
    declared = numbers(list(tensor.dims))
    if tensor.raw_data:
        bits = _BITS_WHERE_PACKED.get(kind) or 8 * item_size(tensor)
        return math.ceil(declared * bits / 8) == len(tensor.raw_data)
    held = len(tensor.string_data) + sum(len(getattr(tensor, f)) for f in _NUMBERS_HELD_IN)
    # A complex number takes two entries; a byte holds two or four of the smallest integers.
    return held <= 2 * declared and declared <= 4 * held


def item_size(tensor: Any) -> int:
    """Bytes that one number of the tensor takes in memory; strings count as pointers."""
    try:
        return int(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize) or 8
    except (KeyError, TypeError):
        return 8


def declared_shapes(model: Any) -> Iterator[tuple[str, list[int]]]:
    """Every computed tensor's name and the sizes that can be told without computing it.

    A size that depends on the batch counts as 1.
    """
    inferred = onnx.shape_inference.infer_shapes(model)
    for graph in graphs(inferred):
        for value in (*graph.input, *graph.value_info, *graph.output):
            if value.type.HasField("tensor_type"):
                dims = value.type.tensor_type.shape.dim
                yield value.name, [d.dim_value if d.HasField("dim_value") else 1 for d in dims]


def shape(value: Any) -> list[int | str] | None:
    """A declared input's or output's shape, a free size as its name; ``None`` if it has none."""
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return None
    return [
        d.dim_value if d.HasField("dim_value") else d.dim_param or "?" for d in tensor.shape.dim
    ]


def kind(value: Any) -> str:
    """A declared input's or output's type of number, as ONNX calls it, in small letters."""
    if not value.type.HasField("tensor_type"):
        return "no tensor"
    try:
        return str(TensorProto.DataType.Name(value.type.tensor_type.elem_type)).lower()
    except ValueError:
        return "unknown"


def _attributes(model: Any) -> Iterator[Any]:
    for node in nodes(model):
        yield from node.attribute


def _sparse_tensors(model: Any) -> Iterator[Any]:
    for graph in graphs(model):
        yield from graph.sparse_initializer
    for attribute in _attributes(model):
        yield from attribute.sparse_tensors
        if attribute.HasField("sparse_tensor"):
            yield attribute.sparse_tensor
