"""A vision transformer that turns images into feature maps.

Two networks with different weights agree in nothing, so the judge puts in weights of its own: the
notebook says what the parameters are called.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder
from autograder.exercises.vit_presence.attention import cases as attention
from autograder.exercises.vit_presence.patchify import cases as patchify
from poselab.checks.criteria import Criterion
from poselab.checks.experiments.vit_presence.weights import (
    Sizes,
    encoder_parameters,
    weight_of,
)

Options = dict[str, Any]
"""What an encoder is made with."""

TILES = (1, 1, 16, 16)
"""Large images are made of squares of 16 x 16 pixels."""


def reference(
    images: Float[Tensor, "batch 3 height width"], sizes: Sizes, heads: int, seed: int
) -> Float[Tensor, "batch feature row column"]:
    """One image after the other, token by token, with the judge's weights."""
    height, width_of_image, patch, width, depth = sizes
    wanted = encoder_parameters(sizes)
    weights = {name: weight_of(name, shape, seed).double() for name, shape in wanted.items()}
    rows, columns = height // patch, width_of_image // patch
    result = torch.zeros(len(images), width, rows, columns, dtype=torch.float64)
    for number, image in enumerate(images):
        tokens = []
        for place, pixels in enumerate(patchify.reference(image[None], patch)[0]):
            embedded = weights["patch_embedding.weight"] @ pixels + weights["patch_embedding.bias"]
            tokens.append(embedded + weights["position"][place])
        for block in range(depth):
            tokens = _block(tokens, weights, f"blocks.{block}.", heads)
        for place, token in enumerate(tokens):
            normed = _norm(token, weights, "norm")
            result[number, :, place // columns, place % columns] = normed
    return result


def _block(
    tokens: list[Tensor], weights: dict[str, Tensor], prefix: str, heads: int
) -> list[Tensor]:
    """Attention of each head, added; then two layers for each token, added."""
    size = len(tokens[0]) // heads
    parts = []
    for token in tokens:
        normed = _norm(token, weights, f"{prefix}norm_1")
        parts.append(_linear(normed, weights, f"{prefix}qkv").view(3, heads, size))
    seen: list[list[Tensor]] = [[] for _ in tokens]
    for head in range(heads):
        q, k, v = (torch.stack([part[kind, head] for part in parts]) for kind in range(3))
        for place, row in enumerate(attention.reference(q, k, v)):
            seen[place].append(row)
    results = []
    for token, of_heads in zip(tokens, seen, strict=True):
        middle = token + _linear(torch.cat(of_heads), weights, f"{prefix}projection")
        inner = _linear(_norm(middle, weights, f"{prefix}norm_2"), weights, f"{prefix}mlp.0")
        inner = inner * (1 + torch.erf(inner / math.sqrt(2))) / 2
        results.append(middle + _linear(inner, weights, f"{prefix}mlp.2"))
    return results


def _linear(x: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    return weights[f"{name}.weight"] @ x + weights[f"{name}.bias"]


def _norm(x: Tensor, weights: dict[str, Tensor], name: str) -> Tensor:
    mean = x.sum() / len(x)
    variance = (x - mean).square().sum() / len(x)
    normed = (x - mean) / torch.sqrt(variance + 1e-5)
    return normed * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def build_suite(suite: SuiteBuilder) -> None:
    """Small encoders, images of random numbers."""

    def images(number: int, size: tuple[int, int]) -> Tensor:
        return suite.normal(number, 3, *size)

    def seed() -> int:
        return int(suite.integers(1, high=1_000_000))

    def made(size: tuple[int, int], patch: int, width: int, depth: int, heads: int) -> Options:
        return {
            "image_size": size, "patch": patch, "width": width, "depth": depth, "heads": heads,
        }  # fmt: skip

    def compare(criterion: str, number: int, build: Options, remark: str) -> None:
        size, patch, width, depth, heads = build.values()
        sizes, drawn, given = (*size, patch, width, depth), seed(), images(number, size)
        expected = reference(given, sizes, heads, drawn)
        suite.compare(
            criterion, "encoder_with_weights", expected, given, sizes, drawn,
            build=build, remark=f"{remark}, with weights of ours",
        )  # fmt: skip

    wide, high, square = (
        made((8, 12), 4, 12, 2, 2),
        made((12, 6), 2, 12, 3, 4),
        made((12, 12), 4, 12, 2, 6),
    )
    suite.says("(batch, width, height / patch, width of the image / patch)")
    suite.shape(
        "shape", (1, 192, 14, 14), suite.normal(1, 3, 14, 14), build={"depth": 2}, repeats=TILES
    )
    # Each written-in default is right in some of these and wrong in others.
    narrow = {"width": 12, "depth": 1}
    for size, options, grid in (
        ((224, 224), narrow, (14, 14)),
        ((112, 112), {"image_size": (112, 112), "patch": 8, **narrow}, (14, 14)),
        ((48, 64), {"image_size": (48, 64), **narrow}, (3, 4)),
    ):
        squares = suite.normal(1, 3, size[0] // 16, size[1] // 16)
        suite.shape("shape", (1, 12, *grid), squares, build=options, repeats=TILES)
    suite.shape("shape", (2, 12, 2, 3), images(2, (8, 12)), build=wide)
    suite.shape("shape", (2, 12, 6, 3), images(2, (12, 6)), build=high)
    # The objects whose work is counted are tried once before.
    sizes_counted = list(suite.sizes(images=1, rows=2))
    for rows in dict.fromkeys(rows for _, (_, rows) in sizes_counted):
        size = (2 * rows, 4)
        suite.shape("shape", (2, 6, rows, 2), images(2, size), build=made(size, 2, 6, 1, 1))
    # Many positions: their spread says how they were drawn.
    small = made((32, 48), 8, 30, 2, 3)
    sizes = (32, 48, 8, 30, 2)
    suite.says("its parameters have fixed names and shapes")
    names = suite.experiment(
        "shape", "encoder_names", "weights_fit", (images(1, (32, 48)), sizes), build=small,
        remark="and looked at its parameters",
    )  # fmt: skip

    suite.says("In evaluation mode a class keeps these promises, too")
    # The images in between are larger: a largest value that is remembered shows.
    given = images(2, (8, 12)), 4 * images(2, (8, 12))
    again = suite.experiment(
        "values", "repeated", "images_repeat", *((one,) for one in given), build=wide,
        remark="again and again",
    )  # fmt: skip
    suite.says("It has four parts, one after the other")
    compare("values", 3, wide, "images wider than high")
    compare("values", 2, high, "images higher than wide, 3 blocks")
    compare("values", 4, square, "square images")

    suite.says("its parameters have fixed names and shapes")
    suite.read("parameters", "parameters_as_said", names)

    suite.says("There may be a single one")
    compare("edge_cases", 1, wide, "a single image")
    suite.says("Images may be of any size whose sides are multiples of `patch`")
    compare("edge_cases", 2, made((4, 4), 4, 12, 1, 1), "a single patch, one block, one head")
    compare("edge_cases", 2, made((3, 2), 1, 8, 2, 2), "patches of a single pixel")
    suite.says("works in training mode as well as in evaluation mode")
    suite.experiment(
        "edge_cases", "encoder_in_training", "finite", (images(1, (8, 12)),),
        build=wide, shape=(1, 12, 2, 3), remark="a single image, in training mode",
    )  # fmt: skip

    suite.says("leaves its arguments unchanged")
    suite.read("arguments", "finite", again)
    suite.says("all parameters can learn")
    suite.experiment(
        "gradient", "reach", "all_can_learn", (images(2, (8, 12)),), build=wide,
        remark="and a gradient back to each weight",
    )  # fmt: skip
    suite.says("Process all images and tokens at once, without a loop")
    for axis, (number, rows) in sizes_counted:
        size = (2 * rows, 4)
        suite.count("vectorised", axis, images(number, size), build=made(size, 2, 6, 1, 1))


EXERCISE = ExerciseDefinition(
    parameters=("images",),
    result_axes=("image", "feature", "row", "column"),
    reference=None,
    build=build_suite,
    tolerance={"values": 2e-4, "edge_cases": 2e-4},
    criteria=(Criterion("parameters", "parameters"),),
    advice={
        "shape": "One feature map for each number of a token, as large as the grid of patches: "
        "(batch, width, rows, columns). Print the shape after each step.",
        "values": "Go through the four parts one by one, then through what puts the tokens back. "
        "Each image is processed on its own.",
        "parameters": "`for name, p in PoseViT().named_parameters(): print(name, tuple(p.shape))` "
        "lists yours; compare them with the table.",
        "edge_cases": "Take every number from the arguments; nothing is squeezed away.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "gradient": "Every step from the images to the result has to be in the graph: look for "
        "`detach`, `no_grad`, `.data` and numpy.",
        "vectorised": "Linear layers and blocks take all tokens of all images at once; only the "
        "blocks follow one another.",
    },
    needs=("patchify", "attention"),
    most_suites=3,
)
