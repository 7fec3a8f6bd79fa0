"""Images as rows of tokens, one for each patch."""

from __future__ import annotations

import torch
from jaxtyping import Float, Shaped
from torch import Tensor

from autograder.exercises.suite_builder import ExerciseDefinition, SuiteBuilder


def reference(
    images: Shaped[Tensor, "batch channel height width"], patch: int
) -> Float[Tensor, "batch token number"]:
    """Number by number, in the order of the text."""
    batch, channels, height, width = images.shape
    result = []
    for image in range(batch):
        tokens = []
        for top in range(0, height, patch):
            for left in range(0, width, patch):
                token = []
                for channel in range(channels):
                    for y in range(top, top + patch):
                        row = images[image, channel, y].tolist()
                        token += row[left : left + patch]
                tokens.append(token)
        result.append(tokens)
    return torch.tensor(result, dtype=torch.float64)


def build_suite(suite: SuiteBuilder) -> None:
    """Pixels that are all different, in images of every shape."""

    def images(*shape: int) -> Tensor:
        return suite.normal(*shape)

    suite.says("(batch, tokens, channels * patch * patch).")
    suite.call("shape", images(2, 3, 8, 12), 4)
    suite.call("shape", images(4, 3, 6, 4), 2)

    suite.says("row by row from the top, each row from left to right")
    suite.call("values", images(2, 3, 8, 12), 4, remark="images wider than high")
    suite.call("values", images(3, 3, 10, 4), 2, remark="images higher than wide")
    # What confuses height and width is right here, and so can be told from what is always wrong.
    suite.call("values", images(2, 3, 9, 9), 3, remark="square images, 3 x 3 patches")
    suite.says("Within a token the channel comes first, then the patch's rows, then its columns")
    suite.call("values", images(2, 3, 12, 6), 6, remark="two patches, one below the other")
    suite.call("values", images(2, 3, 3, 6), 3, remark="two patches side by side")
    suite.call("values", images(2, 3, 32, 16), 16, remark="patches of 16 x 16")
    suite.says("give the tokens [1, 2, 5, 6] and [3, 4, 7, 8]")
    numbered = torch.arange(1.0, 145.0).reshape(2, 3, 4, 6)
    suite.call("values", numbered, 2, remark="pixels that are numbered")

    suite.says("There may be any number of images and channels")
    suite.call("edge_cases", images(1, 3, 8, 12), 4, remark="a single image")
    suite.call("edge_cases", images(2, 1, 6, 9), 3, remark="one channel")
    suite.call("edge_cases", images(2, 5, 6, 4), 2, remark="5 channels")
    suite.says("height and width are multiples of ``patch``")
    suite.call("edge_cases", images(2, 3, 4, 5), 1, remark="patches of a single pixel")
    suite.call("edge_cases", images(3, 3, 5, 5), 5, remark="one patch, as large as the image")
    suite.call("edge_cases", images(1, 1, 3, 3), 3, remark="one image of one channel and one patch")

    suite.says("It takes tensors in any memory layout")
    remark = "not contiguous"
    suite.call("layout", images(2, 3, 8, 12), 4, contiguous=False, remark=remark)
    suite.call("layout", images(3, 3, 6, 6), 3, contiguous=False, remark=remark)
    suite.says("leaves its arguments unchanged")
    suite.call("arguments", images(2, 3, 8, 12), 4)
    suite.call("arguments", images(2, 3, 4, 6), 2)

    suite.says("no loop over patches")
    for axis, (number, rows, columns) in suite.sizes(images=1, rows=2, columns=2):
        suite.count("vectorised", axis, images(number, 3, 2 * rows, 2 * columns), 2)

    suite.says("of any dtype")
    # Digits and whole numbers that float32 does not have.
    double = images(2, 3, 4, 6).double() + 1e-9 * images(2, 3, 4, 6).double()
    suite.call("dtype_device", double, 2, remark="float64 input")
    suite.call("dtype_device", images(2, 3, 4, 6), 2, remark="float32 input")
    pixels = suite.integers(2, 3, 4, 6, high=256)
    suite.call("dtype_device", pixels.to(torch.uint8), 2, remark="uint8 input")
    suite.call("dtype_device", 2**24 + 2 * pixels + 1, 2, remark="int64 input")
    suite.says("and on the device of its first argument")
    suite.device("dtype_device", images(2, 3, 4, 6), 2)


EXERCISE = ExerciseDefinition(
    parameters=("images", "patch"),
    result_axes=("image", "token", "number"),
    reference=reference,
    build=build_suite,
    most_work={"operations": 24},
    tolerance={"values": 1e-6, "edge_cases": 1e-6, "layout": 1e-6, "dtype_device": 1e-12},
    advice={
        "shape": "One row for each patch, and in it all numbers of the patch: (batch, tokens, "
        "channels * patch * patch).",
        "values": "Cut height and width in two axes each, and write down in which order the six "
        "axes have to stand before the last three are joined, and the two of the patches.",
        "edge_cases": "Take every number from the shape of `images` and from `patch`; write none "
        "in.",
        "layout": "Use `.reshape` or `.flatten` where `.view` insists on numbers that lie in "
        "memory in order.",
        "arguments": "Methods whose names end in `_` change the tensor itself: use those without.",
        "vectorised": "`reshape` and `permute` move all patches of all images at once.",
        "dtype_device": "No number changes, so neither does the dtype: let nothing convert it, and "
        "make no tensor on another device.",
    },
)
