"""For each query, the mean of all values, weighted by how well their keys fit."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder

STEP = 1e-6
"""Of the differences that gradients are made of."""


def reference(
    q: Float[Tensor, "*lead query width"],
    k: Float[Tensor, "*lead key width"],
    v: Float[Tensor, "*lead key other"],
) -> Float[Tensor, "*lead query other"]:
    """One query after the other, key by key."""
    result = torch.zeros(*q.shape[:-1], v.shape[-1], dtype=torch.float64)
    flat = result.view(-1, *result.shape[-2:])
    entries = (t.double().reshape(-1, *t.shape[-2:]).tolist() for t in (q, k, v))
    for number, (queries, keys, values) in enumerate(zip(*entries, strict=True)):
        for i, query in enumerate(queries):
            scores = [
                math.fsum(a * b for a, b in zip(query, key, strict=True)) / math.sqrt(len(query))
                for key in keys
            ]
            # Shifting all scores changes no weight and keeps exp within range.
            weights = [math.exp(score - max(scores)) for score in scores]
            for j in range(v.shape[-1]):
                products = (w * value[j] for w, value in zip(weights, values, strict=True))
                flat[number, i, j] = math.fsum(products) / math.fsum(weights)
    return result


def slope(number: int, weight: Tensor, *args: Tensor) -> Tensor:
    """The gradient of the weighted sum of the reference by one argument, from differences.

    Args:
        number: of the argument.
        weight: of the result's shape.
        args: q, k and v.

    Returns:
        float64, of that argument's shape.
    """
    varied = [arg.double().clone() for arg in args]
    gradient = torch.zeros_like(varied[number])
    values, slopes = varied[number].view(-1), gradient.view(-1)
    for i in range(values.numel()):
        before, sums = float(values[i]), []
        for step in (STEP, -STEP):
            values[i] = before + step
            sums.append(float((reference(*varied) * weight).sum()))
        values[i] = before
        slopes[i] = (sums[0] - sums[1]) / (2 * STEP)
    return gradient


def build_suite(suite: SuiteBuilder) -> None:
    """Queries, keys and values of one number and of several, with axes in front and without."""

    def tokens(lead: tuple[int, ...], *sizes: int, scale: float = 1.5) -> tuple[Tensor, ...]:
        """Queries, keys, the width, and the width of the values."""
        n, m, width, other = sizes
        return (
            suite.normal(*lead, n, width, scale=scale),
            suite.normal(*lead, m, width, scale=scale),
            suite.normal(*lead, m, other, scale=scale),
        )

    suite.says("(..., n, m); that times (..., m, another width) is (..., n, another width)")
    suite.call("shape", *tokens((2, 3), 5, 7, 4, 6))
    suite.call("shape", *tokens((2, 3), 6, 6, 4, 4))

    suite.says("where the softmax is taken over the keys")
    suite.call("values", *tokens((2, 3), 5, 7, 4, 6), remark="more keys than queries")
    suite.call("values", *tokens((3, 2), 6, 4, 9, 5), remark="more queries than keys")
    suite.call("values", *tokens((2, 3), 7, 7, 4, 4), remark="as many queries as keys")
    # What confuses two axes has the right shape here, and so can be told from what is wrong anyway.
    suite.call("values", *tokens((5, 5), 5, 5, 5, 5), remark="all axes equally long")
    suite.says("give [20]")
    alike = torch.zeros(1, 2, 2, 1), torch.tensor([1.0, 2.0]).view(1, 1, 2, 1).repeat(1, 2, 1, 1)
    contents = torch.tensor([10.0, 30.0]).view(1, 1, 2, 1).repeat(1, 2, 1, 1)
    suite.call("values", *alike, contents, remark="keys that fit alike")

    suite.says("there may be any number of them, or none")
    suite.call("edge_cases", *tokens((), 5, 7, 4, 6), remark="no axes in front")
    suite.call("edge_cases", *tokens((3,), 5, 7, 4, 6), remark="one axis in front")
    suite.call("edge_cases", *tokens((2, 1, 3), 4, 5, 3, 2), remark="three axes in front")
    suite.call("edge_cases", *tokens((2, 3), 1, 5, 4, 6), remark="one query")
    suite.call("edge_cases", *tokens((2, 3), 5, 1, 4, 6), remark="one key")
    suite.call("edge_cases", *tokens((1, 1), 4, 5, 1, 1), remark="tokens of one number")
    suite.says("the result stays finite then, too")
    q, k, v = tokens((2, 3), 4, 5, 4, 3)
    suite.call("edge_cases", 100 * q, 10 * k, v, remark="products of about a thousand")
    # Whatever is subtracted from the products, it has to be the largest of each query's own.
    apart = torch.tensor([1.0, 40.0, 400.0]).view(3, 1, 1)
    suite.call("edge_cases", apart * q, k, v, remark="heads whose products differ a lot")
    uneven = torch.tensor([0.0, 1.0, 30.0, 1000.0]).view(4, 1)
    suite.call("edge_cases", uneven * q, k, v, remark="queries of very different size")
    suite.says("It takes tensors in any memory layout")
    suite.call("edge_cases", *tokens((2, 3), 5, 7, 4, 6), contiguous=False, remark="not contiguous")

    suite.says("leaves its arguments unchanged")
    suite.call("arguments", *tokens((2, 3), 5, 7, 4, 6))
    suite.call("arguments", *tokens((2, 3), 6, 6, 4, 4))

    suite.says("A gradient flows to q, k and v.")
    given = tokens((1, 2), 3, 4, 2, 3)
    weight = suite.normal(1, 2, 3, 3)
    suite.gradient("gradient", weight, *given)
    for number, name in enumerate("qkv"):
        suite.compare(
            "gradient", "slope_by", slope(number, weight, *given), *given, weight, number,
            remark=f"the gradient of a weighted sum of its result by `{name}`",
        )  # fmt: skip

    suite.says("without a loop over heads, images or tokens")
    for axis, (images, heads, queries, keys) in suite.sizes(images=1, heads=1, queries=3, keys=4):
        suite.count("vectorised", axis, *tokens((images, heads), queries, keys, 4, 3))

    suite.says("In float64 the result equals that of PyTorch's own")
    # Products that differ a lot: what rounds small weights shows. The root of the width has no end
    # of digits: one that is rounded shows, too.
    double = tuple(
        tensor.double() + 1e-9 * suite.normal(*tensor.shape)
        for tensor in tokens((2, 3), 5, 7, 3, 6, scale=2.0)
    )
    suite.call("dtype_device", *double, remark="float64 input")
    suite.says("It computes in the dtype and on the device of its first argument")
    # The dtype alone: float32 is right to fewer digits than are asked for here.
    suite.experiment(
        "dtype_device", "outputs", "follows_dtype", tokens((2, 3), 5, 7, 4, 6),
        shape=(2, 3, 5, 6), remark="float32 input",
    )  # fmt: skip
    suite.device("dtype_device", *tokens((2, 3), 5, 7, 4, 6))


EXERCISE = ExerciseDefinition(
    parameters=("q", "k", "v"),
    result_axes=("image", "head", "query", "number"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 52},
    tolerance={"values": 2e-5, "edge_cases": 1e-3, "gradient": 1e-4, "dtype_device": 1e-10},
    advice={
        "shape": "One row for each query, as wide as a value: (..., n, width of v).",
        "values": "Take two queries and three keys of two numbers each, and follow the formula "
        "with a pocket calculator. The weights of one query add up to 1.",
        "edge_cases": "Count axes from the end, take every number from a shape, and let torch's "
        "own softmax take care of large products.",
        "arguments": "Work on a copy: `a / b` makes a new tensor where `a /= b` overwrites `a`.",
        "gradient": "Every step from q, k and v to the result has to be in the graph: look for "
        "`detach`, `no_grad`, `.data` and numpy.",
        "vectorised": "`@` multiplies the matrices of all images and heads at once.",
        "dtype_device": "Convert nothing, and make no tensor on another device: a plain number "
        "such as `q.shape[-1] ** 0.5` goes with any dtype.",
    },
)
