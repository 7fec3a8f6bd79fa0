"""The squared error of present keypoints' heat maps, and the cross-entropy of presence."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    heatmaps: Float[Tensor, "batch keypoint height width"],
    target_heatmaps: Float[Tensor, "batch keypoint height width"],
    logits: Float[Tensor, "batch keypoint"],
    presence: Float[Tensor, "batch keypoint"],
    weight: float = 0.5,
) -> Float[Tensor, ""]:
    """One keypoint after the other: the mean of its map's squares, and its cross-entropy."""
    batch, keypoints, height, width = heatmaps.shape
    errors, entropies = [], []
    for sample in range(batch):
        for keypoint in range(keypoints):
            z = float(logits[sample, keypoint])
            present = float(presence[sample, keypoint]) == 1
            # -log(sigmoid(z)) for what is present, -log(1 - sigmoid(z)) for what is not.
            entropies.append(_softplus(-z) if present else _softplus(z))
            if present:
                a = heatmaps[sample, keypoint].tolist()
                b = target_heatmaps[sample, keypoint].tolist()
                squares = [(a[y][x] - b[y][x]) ** 2 for y in range(height) for x in range(width)]
                errors.append(sum(squares) / (height * width))
    maps = sum(errors) / len(errors) if errors else 0.0
    loss = weight * maps + (1 - weight) * sum(entropies) / len(entropies)
    return torch.tensor(loss, dtype=torch.float64)


def _softplus(z: float) -> float:
    """log(1 + exp(z))."""
    return max(z, 0.0) + math.log1p(math.exp(-abs(z)))


def build_suite(suite: SuiteBuilder) -> None:
    """Masks that differ between samples; absent keypoints whose maps and logits are far off."""
    suite.says("The loss is one number")
    suite.call("shape", *_predictions(suite, torch.ones(2, 3), 5, 7), 0.5)
    _values(suite)
    _edge_cases(suite)

    suite.says("leaves its arguments unchanged")
    suite.call("arguments", *_predictions(suite, suite.uneven_visibility(3, 4), 5, 7), 0.5)
    suite.says("gradients flow to `heatmaps` and to `logits`")
    calls = [
        (*(part.double() for part in _predictions(suite, mask, 3, 4)), weight)
        for mask, weight in ((suite.uneven_visibility(2, 4), 0.5), (torch.ones(2, 3), 0.3))
    ]
    suite.experiment("gradient", "slopes_of_both_parts", "both_parts_learn", *calls)
    one = torch.tensor(1.0, dtype=torch.float64)
    some = _predictions(suite, suite.uneven_visibility(2, 3), 3, 4)
    suite.gradient("gradient", one, *some, 0.6, remark="some absent")
    # The weights of a last layer often start at 0, and so do all logits.
    calls = []
    for logit in (1.0, 0.0):
        parts = [part.double() for part in _predictions(suite, suite.mixed_visibility(), 3, 4)]
        parts[2] = logit * parts[2]
        calls.append((*parts, 0.4))
    remark = "with logits of exactly 0"
    suite.experiment("gradient", "slopes_of_both_parts", "slope_at_zero", *calls, remark=remark)
    suite.says("If no keypoint is present, $L_{maps}$ is 0, and its gradient is finite: 0.")
    none = _predictions(suite, torch.zeros(2, 2), 3, 4)
    suite.gradient("gradient", one, *none, 0.5, remark="none present")

    suite.says("keypoints and pixels at once, without a loop in Python")
    for axis, shape in suite.sizes(images=2, keypoints=3, rows=5, columns=4):
        mask = suite.visibility(*shape[:2])
        suite.count("vectorised", axis, *_predictions(suite, mask, *shape[2:]), 0.5)
    suite.says("its result has that dtype and that device")
    for mask in (suite.uneven_visibility(2, 5), suite.mixed_visibility()):
        parts = [part.double() for part in _predictions(suite, mask, 4, 6)]
        # Far from 0, where float32 is coarse: whatever is computed in it shows.
        parts[:2] = [1e7 + part for part in parts[:2]]
        suite.call("dtype_device", *parts, 0.5, remark="float64 input")
    single = _predictions(suite, suite.uneven_visibility(2, 5), 4, 6)
    suite.call("dtype_device", *single, 0.5, remark="float32 input")
    nobody = (part.double() for part in _predictions(suite, torch.zeros(2, 3), 4, 6))
    remark = "float64 input, none present"
    suite.experiment("dtype_device", "dtypes_kept", "dtype_kept", (*nobody, 0.5), remark=remark)
    suite.device("dtype_device", *_predictions(suite, suite.uneven_visibility(2, 5), 4, 6), 0.5)


def _values(suite: SuiteBuilder) -> None:
    """Masks of all kinds, sizes that invite a mask on the wrong axes, several weights."""
    suite.says("weight: float = 0.5")
    everything = _predictions(suite, torch.ones(3, 4), 5, 7)
    suite.call("values", *everything, remark="all present, the weight left out")
    suite.says("$w$ is the argument `weight`, any number from 0 to 1.")
    suite.call("values", *_predictions(suite, torch.ones(3, 5), 4, 6), 0.2, remark="all present")
    suite.says("averaged over the pixels of each map, and then over the present keypoints")
    uneven = _predictions(suite, suite.uneven_visibility(3, 5), 6, 4)
    suite.call("values", *uneven, 0.3, remark="some absent")
    mixed = _predictions(suite, suite.mixed_visibility(), 4, 5)
    suite.call("values", *mixed, 0.8, remark="six keypoints")
    # Only here do masks fit that are aligned with the pixels.
    fitting = _predictions(suite, suite.uneven_visibility(4, 5), 4, 5)
    remark = "as many rows as images, as many columns as keypoints"
    suite.call("values", *fitting, 0.6, remark=remark)
    square = _predictions(suite, suite.uneven_visibility(3, 5), 5, 5)
    suite.call("values", *square, 0.7, remark="as many rows and columns as keypoints")
    even = _predictions(suite, suite.uneven_visibility(4, 4), 4, 4)
    suite.call("values", *even, 0.6, remark="as many rows, columns and keypoints as images")
    suite.says("what `presence` says, whatever the maps look like")
    mask = suite.uneven_visibility(3, 5)
    heatmaps, target, logits, presence = _predictions(suite, mask, 5, 4)
    # Both kinds of keypoint, with and without a true map.
    target[1, mask[1]] = 0
    target[0, ~mask[0]] = 0
    remark = "present and absent keypoints whose true map is 0 everywhere"
    suite.call("values", heatmaps, target, logits, presence, 0.6, remark=remark)
    suite.says("averaged over all keypoints of the batch, present or not")
    heatmaps, target, logits, presence = _predictions(suite, suite.uneven_visibility(3, 6), 4, 3)
    close = target + 0.1 * (heatmaps - target)
    suite.call("values", close, target, logits, presence, 0.4, remark="maps that are nearly right")


def _edge_cases(suite: SuiteBuilder) -> None:
    """Nothing present, one keypoint, the ends of the weight, large logits."""
    suite.says("If no keypoint is present, $L_{maps}$ is 0")
    none = _predictions(suite, torch.zeros(2, 3), 5, 7)
    suite.call("edge_cases", *none, 0.5, remark="none present")
    suite.says("Every present keypoint counts alike, in whichever image it is.")
    alone = _predictions(suite, torch.ones(1, 1), 4, 6)
    suite.call("edge_cases", *alone, 0.5, remark="one image, one keypoint")
    single = _predictions(suite, torch.tensor([[1.0], [0.0], [1.0]]), 4, 6)
    suite.call("edge_cases", *single, 0.5, remark="one keypoint")
    suite.says("any number from 0 to 1")
    for weight in (0.0, 1.0):
        some = _predictions(suite, suite.uneven_visibility(3, 4), 5, 6)
        suite.call("edge_cases", *some, weight, remark=f"a weight of {weight:.0f}")
    suite.says("It takes tensors in any memory layout")
    some = _predictions(suite, suite.uneven_visibility(3, 4), 5, 6)
    remark = "arguments that are not contiguous"
    suite.call("edge_cases", *some, 0.4, contiguous=False, remark=remark)
    suite.says("Logits may be as large as ±100: the loss stays finite and exact.")
    right = suite.uniform(2, 4, 3, 4)
    presence = torch.tensor([[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 1.0, 0.0]])
    calls = [
        (right, right, largest * signs * suite.uniform(2, 4, low=0.9), presence, 0.5)
        for largest in (1.0, 4.0, 20.0, 30.0, 60.0, 100.0)
        # Right ones of both kinds and wrong ones of both kinds.
        for signs in (torch.tensor([[1.0, -1.0, -1.0, 1.0], [1.0, -1.0, 1.0, -1.0]]),)
    ]
    remark = "right heat maps, logits of all sizes"
    suite.experiment(
        "edge_cases", "losses_and_logits", "exact_for_large_logits", *calls, remark=remark
    )


def _predictions(
    suite: SuiteBuilder, mask: Tensor, height: int, width: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Predicted and true heat maps, logits, and presence as 0.0 and 1.0."""
    presence = mask.float()
    size = (*mask.shape, height, width)
    # As true maps are: never negative.
    target = suite.uniform(*size, low=0.1, high=3.0)
    off = suite.normal(*size, scale=1.5)
    # Keypoints are off by different amounts: no mean of a part is that of the whole.
    off = off * suite.uniform(*mask.shape, 1, 1, low=0.6, high=1.6)
    off[presence == 0] *= 5
    logits = suite.normal(*mask.shape, scale=1.5) + 0.4
    return target + off, target, logits, presence


EXERCISE = ExerciseDefinition(
    parameters=("heatmaps", "target_heatmaps", "logits", "presence", "weight"),
    result_axes=(),
    remarks={
        **{
            number: "A Python number has no gradient, no dtype and no device: keep the loss a "
            "tensor."
            for number in ("a float", "an int")
        },
        "a tuple": "Add the two parts, weighted: an optimiser needs one number.",
    },
    reference=reference,
    build=build_suite,
    most_work={"operations": 66},
    tolerance={"values": 5e-6, "edge_cases": 1e-5, "gradient": 2e-3, "dtype_device": 5e-6},
    advice={
        "shape": "A loss is one number: a tensor without axes.",
        "values": "Compute both parts for the example below `Returns`: they are 4 and log(2).",
        "edge_cases": "Print both parts for that call. Divide by the number of present keypoints, "
        "and think of the batch in which that is 0.",
        "arguments": "Work on a copy: `a - b` makes a new tensor where `a -= b` overwrites `a`.",
        "gradient": "Stay in torch from both predictions to the loss: numpy, `.item()`, "
        "`.detach()` and `torch.tensor(...)` cut the graph, and a 0 / 0 leaves nan behind, even "
        "where `where` or `nan_to_num` hides it.",
        "vectorised": "Compute the squared differences of all maps in one expression, then take "
        "their mean over the last two axes; choose the present ones.",
        "dtype_device": "Follow the dtype and the device of `heatmaps`; convert nothing.",
    },
)
