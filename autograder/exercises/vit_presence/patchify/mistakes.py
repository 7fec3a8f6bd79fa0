"""Wrong answers to `patchify`."""

from __future__ import annotations

import math
from itertools import permutations

import torch
from torch import Tensor
from torch.nn.functional import unfold

from autograder.exercises.bank import Bank, Function


def _cut(images: Tensor, patch: int) -> Tensor:
    """(image, channel, row of patches, row, column of patches, column)."""
    batch, channels, height, width = images.shape
    return images.reshape(batch, channels, height // patch, patch, width // patch, patch)


def _tokens(ordered: Tensor) -> Tensor:
    """(image, token, number) of six axes in their right order."""
    return ordered.flatten(3).flatten(1, 2)


def _right(images: Tensor, patch: int) -> Tensor:
    return _tokens(_cut(images, patch).permute(0, 2, 4, 1, 3, 5))


BANK = Bank(_right)


# Mistakes that any other can be made on top of.


@BANK.on_top(
    "The tokens come in the wrong order: from the last patch to the first. Begin at the top left."
)
def tokens_backwards(answer: Function) -> Function:
    """The last patch first."""
    return lambda images, patch: answer(images, patch).flip(1)


@BANK.on_top("The channels come in reverse order within a token. Keep the order of the image.")
def channels_reversed(answer: Function) -> Function:
    """BGR."""
    return lambda images, patch: answer(images.flip(1), patch)


@BANK.on_top(
    "The mean of each token is subtracted from it. Leave the numbers as they are: they only change "
    "places."
)
def mean_subtracted(answer: Function) -> Function:
    """As for the targets of masked autoencoders."""

    def changed(images: Tensor, patch: int) -> Tensor:
        tokens: Tensor = answer(images, patch)
        if not tokens.is_floating_point():
            return tokens
        return tokens - tokens.mean(-1, keepdim=True)

    return changed


# Mistakes in the order of the numbers.


@BANK.mistake(
    "The numbers are only counted off: `reshape` alone runs along whole rows of pixels, across the "
    "borders of the patches. Cut the axes, then `permute`, then join."
)
def bare_reshape(images: Tensor, patch: int) -> Tensor:
    """reshape and nothing else."""
    batch, channels, height, width = images.shape
    tokens = (height // patch) * (width // patch)
    return images.reshape(batch, tokens, channels * patch * patch)


@BANK.mistake(
    "The numbers are counted off after the channels were moved to the end: `reshape` alone runs "
    "across the borders of the patches. Cut height and width first, then `permute`, then join."
)
def reshaped_with_channels_last(images: Tensor, patch: int) -> Tensor:
    """permute to channels last, then reshape."""
    batch, channels, height, width = images.shape
    tokens = (height // patch) * (width // patch)
    return images.movedim(1, -1).reshape(batch, tokens, channels * patch * patch)


@BANK.mistake(
    "The rows of pixels of a whole row of patches are one behind the other: the permutation leaves "
    "the patch's rows in front of the columns of patches. Both axes of the patches come before "
    "both axes within a patch."
)
def rows_run_across_patches(images: Tensor, patch: int) -> Tensor:
    """(row of patches, row, column of patches, column), the channel moved."""
    batch, channels = images.shape[:2]
    moved = _cut(images, patch).permute(0, 2, 1, 3, 4, 5)
    return moved.reshape(batch, -1, channels * patch * patch)


@BANK.mistake(
    "The tokens come column by column. They come row by row, as you read: exchange the two axes of "
    "the patches."
)
def column_by_column(images: Tensor, patch: int) -> Tensor:
    """Columns of patches first."""
    return _tokens(_cut(images, patch).permute(0, 4, 2, 1, 3, 5))


@BANK.mistake(
    "Each patch is transposed: within a token the columns come before the rows. Rows come first."
)
def patches_transposed(images: Tensor, patch: int) -> Tensor:
    """Columns before rows in a token."""
    return _tokens(_cut(images, patch).permute(0, 2, 4, 1, 5, 3))


@BANK.mistake(
    "The whole image is transposed: the tokens come column by column, and so do the pixels in each "
    "of them. Rows come first, both times."
)
def image_transposed(images: Tensor, patch: int) -> Tensor:
    """Both of the above."""
    return _right(images.transpose(2, 3), patch)


@BANK.mistake(
    "The channel comes last within a token. It comes first: all numbers of channel 0, then all of "
    "channel 1."
)
def channel_last(images: Tensor, patch: int) -> Tensor:
    """(row, column, channel)."""
    return _tokens(_cut(images, patch).permute(0, 2, 4, 3, 5, 1))


@BANK.mistake(
    "The channel comes last within a token, and the columns before the rows. The order is channel, "
    "row, column."
)
def channel_last_and_transposed(images: Tensor, patch: int) -> Tensor:
    """(column, row, channel)."""
    return _tokens(_cut(images, patch).permute(0, 2, 4, 5, 3, 1))


@BANK.mistake(
    "The channel stands between the rows and the columns within a token. It comes before both."
)
def channel_in_the_middle(images: Tensor, patch: int) -> Tensor:
    """(row, channel, column)."""
    return _tokens(_cut(images, patch).permute(0, 2, 4, 3, 1, 5))


@BANK.mistake(
    "The channel comes last within a token, and the tokens come column by column. The channel "
    "comes first, and the tokens come row by row."
)
def channel_last_column_by_column(images: Tensor, patch: int) -> Tensor:
    """Channels last and columns of patches first."""
    return _tokens(_cut(images, patch).permute(0, 4, 2, 3, 5, 1))


@BANK.mistake(
    "The six axes are joined in another order than (image, row of patches, column of patches, "
    "channel, row, column). Write down where each of them has to go, and `permute`."
)
def axes_in_another_order(images: Tensor, patch: int) -> Tensor:
    """(row of patches, row, channel, column of patches, column)."""
    return _joined(images, patch, (2, 3, 1, 4, 5))


def _joined(images: Tensor, patch: int, order: tuple[int, ...]) -> Tensor:
    """Tokens of axes in some order, the images first."""
    numbers = images.shape[1] * patch * patch
    tokens = images[0].numel() // numbers
    return _cut(images, patch).permute(0, *order).reshape(len(images), tokens, numbers)


def _enter_other_orders() -> None:
    def tokens_of(order: tuple[int, ...]) -> Function:
        def joined(images: Tensor, patch: int) -> Tensor:
            return _joined(images, patch, order)

        joined.__name__ = f"order_{''.join(map(str, order))}"
        joined.__doc__ = f"The axes in the order {order}."
        return joined

    # fmt: off
    named = (
        "12345", "23145", "23451", "42135", "24153", "42153",
        "24351", "24531", "24315", "42351", "21345", "24135",
    )
    # fmt: on
    for order in permutations(range(1, 6)):
        if "".join(map(str, order)) not in named:
            BANK.another("axes_in_another_order")(tokens_of(order))


@BANK.mistake(
    "A token holds pixels that are far apart: the height is cut into (rows in a patch, rows of "
    "patches), and the width likewise. The axis of the patches comes first: "
    "(rows of patches, rows in a patch)."
)
def pixels_far_apart(images: Tensor, patch: int) -> Tensor:
    """Every n-th pixel."""
    batch, channels, height, width = images.shape
    cut = images.reshape(batch, channels, patch, height // patch, patch, width // patch)
    return _tokens(cut.permute(0, 3, 5, 1, 2, 4))


@BANK.mistake(
    "Height and width are exchanged: the height is cut into as many patches as fit into the width. "
    "It goes unnoticed only where images are square."
)
def height_and_width_exchanged(images: Tensor, patch: int) -> Tensor:
    """(W // p, p, H // p, p)."""
    batch, channels, width, height = images.shape
    cut = images.reshape(batch, channels, height // patch, patch, width // patch, patch)
    return _tokens(cut.permute(0, 2, 4, 1, 3, 5))


@BANK.mistake(
    "The images are cut as if their channels came last. They are (batch, channel, height, width)."
)
def taken_for_channels_last(images: Tensor, patch: int) -> Tensor:
    """(batch, height, width, channel), as it is not."""
    batch, channels, height, width = images.shape
    cut = images.reshape(batch, height // patch, patch, width // patch, patch, channels)
    return _tokens(cut.permute(0, 1, 3, 5, 2, 4))


@BANK.another("taken_for_channels_last")
def taken_for_channels_last_and_kept_there(images: Tensor, patch: int) -> Tensor:
    """The channel last in the token, too."""
    batch, channels, height, width = images.shape
    cut = images.reshape(batch, height // patch, patch, width // patch, patch, channels)
    return _tokens(cut.permute(0, 1, 3, 2, 4, 5))


@BANK.mistake(
    "It works for square images alone: the numbers of patches along the height and along the width "
    "are mixed up. Take each from its own axis.",
    fails="shape",
)
def square_images_alone(images: Tensor, patch: int) -> Tensor:
    """One number of patches for both axes."""
    batch, channels, height, _ = images.shape
    n = height // patch
    cut = images.reshape(batch, channels, n, patch, n, patch)
    return _tokens(cut.permute(0, 2, 4, 1, 3, 5))


@BANK.mistake(
    "Every second row of patches is read from right to left. Each row is read from left to right."
)
def to_and_fro(images: Tensor, patch: int) -> Tensor:
    """Boustrophedon."""
    grid = _cut(images, patch).permute(0, 2, 4, 1, 3, 5).clone()
    grid[:, 1::2] = grid[:, 1::2].flip(2)
    return _tokens(grid)


@BANK.mistake(
    "The last row and the last column of patches are missing: the loops end too early. `range` "
    "leaves out its end: the last patch begins at height - patch, so the end is "
    "height - patch + 1, or height."
)
def last_patches_missing(images: Tensor, patch: int) -> Tensor:
    """range(0, height - patch, patch), in both directions."""
    grid = _cut(images, patch).permute(0, 2, 4, 1, 3, 5).clone()
    grid[:, -1] = 0
    grid[:, :, -1] = 0
    return _tokens(grid)


@BANK.mistake(
    "An order of numbers that was found for one image is used for images of another size: it is "
    "kept from an earlier call with the same `patch`. Work it out in each call."
)
def order_of_an_earlier_call(images: Tensor, patch: int) -> Tensor:
    """A table for each patch, from the first images of a suite that have it."""
    first = {4: (3, 8, 12), 2: (3, 6, 4), 3: (3, 9, 9)}.get(patch, tuple(images.shape[1:]))
    order = _right(torch.arange(math.prod(first)).reshape(1, *first), patch)[0]
    return images.flatten(1)[:, order.to(images.device)]


@BANK.mistake("Rows are read from the bottom up. The first token is at the top left.")
def bottom_up(images: Tensor, patch: int) -> Tensor:
    """The image upside down."""
    return _right(images.flip(2), patch)


@BANK.mistake(
    "Numbers of different images get into one token: the axis of the images is not kept in front."
)
def images_mixed(images: Tensor, patch: int) -> Tensor:
    """The image axis behind the patches."""
    tokens = _cut(images, patch).permute(2, 4, 0, 1, 3, 5)
    return tokens.reshape(len(images), -1, images.shape[1] * patch * patch)


@BANK.mistake(
    "The numbers are divided by 255. They only change places; whoever calls has normalised them."
)
def divided_by_255(images: Tensor, patch: int) -> Tensor:
    """A normalisation."""
    return _right(images / 255, patch) if images.is_floating_point() else _right(images, patch)


# Mistakes in the shape.


@BANK.mistake(
    "The last two axes are exchanged: there is a column for each patch, as `unfold` returns it. "
    "Transpose them.",
    fails="shape",
)
def tokens_last(images: Tensor, patch: int) -> Tensor:
    """(batch, number, token)."""
    return _right(images, patch).transpose(1, 2)


@BANK.mistake(
    "The patches are still patches: join channel, row and column to one axis.", fails="shape"
)
def patches_not_joined(images: Tensor, patch: int) -> Tensor:
    """(batch, token, channel, row, column)."""
    return _cut(images, patch).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)


@BANK.mistake(
    "The rows and the columns of patches are still two axes. Join them: there is one axis for the "
    "tokens.",
    fails="shape",
)
def grid_of_tokens(images: Tensor, patch: int) -> Tensor:
    """(batch, row, column, number)."""
    return _cut(images, patch).permute(0, 2, 4, 1, 3, 5).flatten(3)


@BANK.mistake("The tokens of all images are in one row. Keep the axis of images.", fails="shape")
def images_joined(images: Tensor, patch: int) -> Tensor:
    """(batch * token, number)."""
    return _right(images, patch).flatten(0, 1)


@BANK.mistake("The tokens come first and the images second. Images come first.", fails="shape")
def tokens_before_images(images: Tensor, patch: int) -> Tensor:
    """(token, batch, number)."""
    return _right(images, patch).transpose(0, 1)


@BANK.mistake(
    "Each channel has tokens of its own. A token holds all channels of its patch.", fails="shape"
)
def a_token_for_each_channel(images: Tensor, patch: int) -> Tensor:
    """(batch, channel * token, p * p)."""
    return _cut(images, patch).transpose(3, 4).flatten(4).flatten(1, 3)


@BANK.mistake(
    "Each channel has tokens of its own. A token holds all channels of its patch: join its axis "
    "with those of the pixels.",
    fails="shape",
)
def channel_kept(images: Tensor, patch: int) -> Tensor:
    """(batch, channel, token, p * p)."""
    return _cut(images, patch).transpose(3, 4).flatten(4).flatten(2, 3)


@BANK.mistake(
    "The patches overlap: they begin at every pixel. Each begins where the one before ends: the "
    "step is `patch`, too.",
    fails="shape",
)
def patches_overlap(images: Tensor, patch: int) -> Tensor:
    """unfold without a stride."""
    return unfold(images.double(), patch).transpose(1, 2).to(images.dtype)


@BANK.another("patches_overlap")
def columns_overlap(images: Tensor, patch: int) -> Tensor:
    """A step of 1 along the width."""
    windows = images.unfold(2, patch, patch).unfold(3, patch, 1)
    return windows.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


@BANK.another("patches_overlap")
def rows_overlap(images: Tensor, patch: int) -> Tensor:
    """A step of 1 along the height."""
    windows = images.unfold(2, patch, 1).unfold(3, patch, patch)
    return windows.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


@BANK.mistake(
    "There is a token for each row of patches: the columns of patches are joined with the numbers "
    "of a token. Join the last three axes, `flatten(3)`, then both axes of the patches.",
    fails="shape",
)
def columns_joined_with_the_numbers(images: Tensor, patch: int) -> Tensor:
    """flatten(2)."""
    return _cut(images, patch).permute(0, 2, 4, 1, 3, 5).flatten(2)


@BANK.mistake(
    "`patch` is taken for the number of patches along each axis. It is the number of pixels along "
    "a patch.",
    fails="shape",
)
def patch_as_a_number_of_patches(images: Tensor, patch: int) -> Tensor:
    """patch x patch patches."""
    batch, channels, height, width = images.shape
    cut = images.reshape(batch, channels, patch, height // patch, patch, width // patch)
    return _tokens(cut.permute(0, 2, 4, 1, 3, 5))


@BANK.mistake(
    "The size of a patch is written in: 16. Use `patch`.",
    fails="shape",
)
def sixteen_written_in(images: Tensor, patch: int) -> Tensor:
    """patch = 16."""
    return _right(images, 16)


@BANK.mistake("Each patch is averaged over its pixels. Keep all of them.", fails="shape")
def patches_averaged(images: Tensor, patch: int) -> Tensor:
    """A mean for each channel."""
    averaged = _cut(images, patch).double().mean((3, 5)).to(images.dtype)
    return averaged.flatten(2).transpose(1, 2)


@BANK.mistake("Only the first image is cut. Keep all of them.", fails="shape")
def first_image_alone(images: Tensor, patch: int) -> Tensor:
    """images[:1]."""
    return _right(images[:1], patch)


# Mistakes in edge cases, in the memory's layout and in digits.


@BANK.mistake(
    "Three channels are written in. Take their number from the shape.", fails="edge_cases"
)
def three_channels_written_in(images: Tensor, patch: int) -> Tensor:
    """reshape(batch, 3, ...)."""
    batch, _, height, width = images.shape
    cut = images.reshape(batch, 3, height // patch, patch, width // patch, patch)
    return _tokens(cut.permute(0, 2, 4, 1, 3, 5))


@BANK.mistake(
    "Only the first three channels get into the tokens. Keep all of them.", fails="edge_cases"
)
def three_channels_kept(images: Tensor, patch: int) -> Tensor:
    """images[:, :3]."""
    return _right(images[:, :3], patch)


@BANK.mistake(
    "Axes of length 1 are squeezed away. A single image is a batch of one.", fails="edge_cases"
)
def squeezed_away(images: Tensor, patch: int) -> Tensor:
    """squeeze()."""
    return _right(images, patch).squeeze()


@BANK.mistake(
    "`view` refuses tensors that do not lie in memory in order. `reshape` copies where it has to.",
    fails="layout",
)
def viewed(images: Tensor, patch: int) -> Tensor:
    """view of the images."""
    batch, channels, height, width = images.shape
    rows = images.view(batch, channels * height // patch, patch * width)
    cut = rows.view(batch, channels, height // patch, patch, width // patch, patch)
    return _tokens(cut.permute(0, 2, 4, 1, 3, 5))


@BANK.mistake(
    "The numbers are read in the order in which they lie in memory, which need not be that of the "
    "axes. `reshape` keeps to the axes.",
    fails="layout",
)
def read_as_it_lies_in_memory(images: Tensor, patch: int) -> Tensor:
    """as_strided."""
    _, channels, height, width = images.shape
    strides = (channels * height * width, height * width, width, 1)
    return _right(images.as_strided(images.shape, strides), patch)


@BANK.mistake(
    "The tokens are float32 whatever comes in. Keep the dtype of the images.", fails="dtype_device"
)
def always_float32(images: Tensor, patch: int) -> Tensor:
    """float()."""
    return _right(images.float(), patch)


@BANK.mistake(
    "The numbers go through float32, which holds seven digits. Let nothing convert them.",
    fails="dtype_device",
)
def through_float32(images: Tensor, patch: int) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(images.float(), patch).to(images.dtype)


@BANK.mistake(
    "Whole numbers are refused: some step is made for floating-point numbers alone, such as "
    "`unfold` or a convolution. `reshape` and `permute` take any dtype.",
    fails="dtype_device",
)
def whole_numbers_refused(images: Tensor, patch: int) -> Tensor:
    """functional.unfold."""
    return unfold(images, patch, stride=patch).transpose(1, 2)


@BANK.another("always_float32")
def empty_tensor_of_its_own(images: Tensor, patch: int) -> Tensor:
    """torch.empty."""
    tokens = _right(images, patch)
    result = torch.empty(tokens.shape)
    result[:] = tokens
    return result


@BANK.another("squeezed_away")
def first_axis_squeezed_away(images: Tensor, patch: int) -> Tensor:
    """squeeze(0)."""
    return _right(images, patch).squeeze(0)


@BANK.mistake(
    "The axis of the channels still stands in front of the patches when axes are joined. Bring it "
    "behind them first, with `permute`.",
    fails="shape",
)
def channel_not_moved(images: Tensor, patch: int) -> Tensor:
    """unfold, unfold, flatten."""
    return _cut(images, patch).transpose(3, 4).flatten(3).flatten(1, 2)


_enter_other_orders()
