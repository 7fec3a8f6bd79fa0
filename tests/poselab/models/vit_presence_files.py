"""Small models of vit_presence: right ones of both sizes, and what students get wrong.

The right one's maps are the image's colours, averaged over cells and weighted by keypoint; its
presence follows from the means of its maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

from poselab.models.vit_presence import HEATMAPS_NAME, INPUT_NAME, PRESENCE_NAME

WEIGHTS = np.random.default_rng(0).normal(0, 1, (17, 3)).astype(np.float32)
WEIGHTS.setflags(write=False)

Shape = Sequence[int | str]


def node(kind: str, inputs: str, output: str, **attributes: Any) -> Any:
    return helper.make_node(kind, inputs.split(), output.split(), **attributes)


def constant(name: str, values: Any, kind: Any = np.float32) -> Any:
    return numpy_helper.from_array(np.asarray(values, kind), name)


def model(
    size: int = 96,
    stride: int = 4,
    *,
    after: Sequence[Any] = (),
    more: Sequence[Any] = (),
    rename: dict[str, str] | None = None,
    image: Shape | None = None,
    maps: Shape | None = None,
    presence: Shape = ("batch", 17),
    outputs: Sequence[str] = (HEATMAPS_NAME, PRESENCE_NAME),
) -> ModelProto:
    """A model of this stride.

    Args:
        size: height and width of the image.
        stride: of the maps.
        after: more nodes.
        more: more constants.
        rename: other names for what the right nodes make, for ``after`` to go on from.
        image, maps, presence: declared shapes, the right ones unless told otherwise.
        outputs: in this order.
    """
    kernel = np.tile(WEIGHTS[:, :, None, None], (1, 1, stride, stride)) / stride**2
    names = {"maps": HEATMAPS_NAME, "presence": PRESENCE_NAME, **(rename or {})}
    nodes = [
        node("Conv", f"{INPUT_NAME} kernel", names["maps"], strides=[stride, stride]),
        node("ReduceMean", f"{names['maps']} map_axes", "logits", keepdims=0),
        node("Sigmoid", "logits", names["presence"]),
    ]
    cells = (size - stride) // stride + 1
    shapes = {
        HEATMAPS_NAME: maps or ("batch", 17, cells, cells),
        PRESENCE_NAME: presence,
    }
    graph = helper.make_graph(
        [*nodes, *after],
        "pose",
        [
            helper.make_tensor_value_info(
                INPUT_NAME, TensorProto.FLOAT, image or ("batch", 3, size, size)
            )
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in outputs],
        [constant("kernel", kernel), constant("map_axes", [2, 3], np.int64), *more],
    )
    opsets = [helper.make_opsetid("", 18)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=9)


def logits() -> ModelProto:
    """Presence without the sigmoid, as it is while a network is trained."""
    scaled = node("Mul", "logits ten", PRESENCE_NAME)
    return model(rename={"presence": "p"}, after=[scaled], more=[constant("ten", 10.0)])


def swapped_names() -> ModelProto:
    """``output_names`` in the wrong order."""
    return model(outputs=(PRESENCE_NAME, HEATMAPS_NAME))


def swapped_contents() -> ModelProto:
    """Heat maps under the name of presence, and the other way round."""
    return model(
        rename={"maps": PRESENCE_NAME, "presence": HEATMAPS_NAME},
        maps=("batch", 17),
        presence=("batch", 17, 24, 24),
    )


def undeclared_stride() -> ModelProto:
    """A stride of 5, whose maps the file does not declare."""
    return model(stride=5, maps=("batch", 17, "rows", "columns"))


def resized(rows: int, columns: int, declared: Shape) -> ModelProto:
    """Maps brought to another size."""
    sizes = constant("new_sizes", [rows, columns], np.int64)
    after = [
        node("Shape", "maps", "batch_and_keypoints", start=0, end=2),
        node("Concat", "batch_and_keypoints new_sizes", "whole", axis=0),
        helper.make_node("Resize", ["maps", "", "", "whole"], [HEATMAPS_NAME], mode="nearest"),
    ]
    return model(rename={"maps": "maps"}, after=after, more=[sizes], maps=declared)


def not_a_number() -> ModelProto:
    """Maps that are divided by 0."""
    after = [node("Div", "zero zero", "nan"), node("Add", "maps nan", HEATMAPS_NAME)]
    return model(rename={"maps": "maps"}, after=after, more=[constant("zero", 0.0)])


def never_dark() -> ModelProto:
    """Maps normalised by an image's own standard deviation, which may be 0."""
    after = [
        node("ReduceMean", f"{INPUT_NAME} image_axes", "mean", keepdims=1),
        node("Sub", f"{INPUT_NAME} mean", "centred"),
        node("Mul", "centred centred", "squares"),
        node("ReduceMean", "squares image_axes", "variance", keepdims=1),
        node("Sqrt", "variance", "deviation"),
        node("Sub", "mean mean", "zero"),
        node("Div", "zero deviation", "nan_if_plain"),
        node("Add", "maps nan_if_plain", HEATMAPS_NAME),
    ]
    axes = constant("image_axes", [1, 2, 3], np.int64)
    return model(rename={"maps": "maps"}, after=after, more=[axes])


def static_batch() -> ModelProto:
    return model(image=(1, 3, 96, 96))


def mixing_the_batch() -> ModelProto:
    """Presence as batch normalisation makes it that still trains."""
    after = [
        node("ReduceMean", "p batch_axis", "mean", keepdims=1),
        node("Sub", "p mean", "centred"),
        node("Sigmoid", "centred", PRESENCE_NAME),
    ]
    axis = constant("batch_axis", [0], np.int64)
    return model(rename={"presence": "p"}, after=after, more=[axis])


def random_every_time() -> ModelProto:
    """Dropout left on."""
    after = [
        node("RandomUniformLike", "p", "noise"),
        node("Mul", "p noise", PRESENCE_NAME),
    ]
    return model(rename={"presence": "p"}, after=after)


WRONG = {
    "logits": (logits, "probabilities", "apply the sigmoid before you export."),
    "swapped names": (
        swapped_names,
        "interface",
        "two outputs called heatmaps, presence, and has presence, heatmaps; export with "
        'output_names=["heatmaps", "presence"]',
    ),
    "swapped contents": (
        swapped_contents,
        "interface",
        "heatmaps must be (batch, 17, map, map), where map is 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48 "
        "or 96, but is (batch, 17).",
    ),
    "size": (
        lambda: model(128),
        "interface",
        "image must be (batch, 3, size, size), where size is 96 or 224, but is (batch, 3, 128, "
        "128).",
    ),
    "not square": (
        lambda: model(image=("batch", 3, 96, 224), maps=("batch", 17, "a", "b")),
        "interface",
        "but is (batch, 3, 96, 224).",
    ),
    "free size": (
        lambda: model(image=("batch", 3, "height", "width"), maps=("batch", 17, "a", "b")),
        "interface",
        "but is (batch, 3, height, width); give it one of these sizes when you export.",
    ),
    "stride": (
        lambda: model(stride=5),
        "interface",
        "24, 32, 48 or 96, but is (batch, 17, 19, 19).",
    ),
    "undeclared stride": (
        undeclared_stride,
        "batches",
        "it returns the shape (1, 17, 19, 19) instead of (1, 17, map, map), where map is 1, 2,",
    ),
    "maps larger than images": (
        lambda: resized(192, 192, ("batch", 17, "a", "b")),
        "batches",
        "it returns the shape (1, 17, 192, 192)",
    ),
    "maps not square": (
        lambda: resized(24, 48, ("batch", 17, "a", "b")),
        "batches",
        "it returns the shape (1, 17, 24, 48)",
    ),
    "maps not as declared": (
        lambda: resized(48, 48, ("batch", 17, 24, 24)),
        "batches",
        "it returns the shape (1, 17, 48, 48) instead of (1, 17, 24, 24)",
    ),
    "NaN": (not_a_number, "finite", "For 5 of 5 ordinary images some outputs are NaN or infinite"),
    "NaN for plain images": (
        never_dark,
        "probabilities",
        "For images of one colour some outputs are NaN or infinite; look for a division by 0.",
    ),
    "static batch": (static_batch, "interface", "The batch of image is fixed to 1; leave it free"),
    "mixing the batch": (mixing_the_batch, "alone", "when other images are in the batch"),
    "random": (random_every_time, "repeatable", "differ by"),
}
"""Makes a model; the check that it fails; words of the sentence that its author is told."""
