"""Right answers to `patchify`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, pixel_unshuffle, unfold

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def six_axes(images: Tensor, patch: int) -> Tensor:
    b, c, h, w = images.shape
    x = images.reshape(b, c, h // patch, patch, w // patch, patch)
    x = x.permute(0, 2, 4, 1, 3, 5)
    return x.reshape(b, (h // patch) * (w // patch), c * patch * patch)


@RIGHT.answer
def two_transpositions(images: Tensor, patch: int) -> Tensor:
    b, c, h, w = images.size()
    x = images.contiguous().view(b, c, h // patch, patch, w // patch, patch).transpose(3, 4)
    x = x.reshape(b, c, -1, patch * patch).transpose(1, 2)
    return x.flatten(2)


@RIGHT.answer
def windows_of_the_tensor(images: Tensor, patch: int) -> Tensor:
    windows = images.unfold(2, patch, patch).unfold(3, patch, patch)
    return windows.movedim(1, 3).flatten(3).flatten(1, 2)


@RIGHT.answer
def unfold_in_float64(images: Tensor, patch: int) -> Tensor:
    columns = unfold(images.double(), kernel_size=patch, stride=patch)
    return columns.transpose(1, 2).to(images.dtype)


@RIGHT.answer
def pixels_unshuffled(images: Tensor, patch: int) -> Tensor:
    return pixel_unshuffle(images, patch).flatten(2).mT


@RIGHT.answer
def looked_up(images: Tensor, patch: int) -> Tensor:
    batch, channels, height, width = images.shape
    number = torch.arange(channels * height * width, device=images.device)
    number = number.view(channels, height // patch, patch, width // patch, patch)
    order = number.permute(1, 3, 0, 2, 4).reshape(-1, channels * patch * patch)
    return images.reshape(batch, -1)[:, order]


@RIGHT.answer
def pixel_by_pixel_of_a_patch(images: Tensor, patch: int) -> Tensor:
    # A loop within a patch, whose size does not grow with the images.
    pixels = [images[:, :, y::patch, x::patch] for y in range(patch) for x in range(patch)]
    return torch.stack(pixels, 2).flatten(1, 2).flatten(2).transpose(1, 2)


@RIGHT.answer
def split_and_stacked(images: Tensor, patch: int) -> Tensor:
    rows = images.unflatten(2, (-1, patch)).movedim(2, 1)
    grid = rows.unflatten(-1, (-1, patch)).movedim(-2, 2)
    batch, down, across = grid.shape[:3]
    return grid.reshape(batch, down * across, -1)


@RIGHT.answer
def strides_by_hand(images: Tensor, patch: int) -> Tensor:
    b, c, h, w = images.shape
    sb, sc, sh, sw = images.stride()
    size = (b, h // patch, w // patch, c, patch, patch)
    windows = images.as_strided(
        size, (sb, sh * patch, sw * patch, sc, sh, sw), images.storage_offset()
    )
    return windows.reshape(b, -1, c * patch**2)


@RIGHT.answer
def convolution_with_unit_kernels(images: Tensor, patch: int) -> Tensor:
    n = images.shape[1] * patch * patch
    kernels = torch.eye(n, dtype=torch.float64, device=images.device)
    kernels = kernels.view(n, images.shape[1], patch, patch)
    maps = conv2d(images.double(), kernels, stride=patch)
    return maps.flatten(2).permute(0, 2, 1).to(images.dtype)


@RIGHT.answer
def a_layer_for_the_last_step(images: Tensor, patch: int) -> Tensor:
    b, c, h, w = images.shape
    x = images.clone().reshape(b, c, h // patch, patch, w // patch, patch)
    return nn.Flatten(2)(torch.einsum("bchpwq->bhwcpq", x).flatten(1, 2))


@RIGHT.answer
def divided_and_counted(images: Tensor, patch: int) -> Tensor:
    *_, height, width = images.shape
    assert height % patch == 0 and width % patch == 0
    down, across = divmod(height, patch)[0], divmod(width, patch)[0]
    x = images.view(images.shape) if images.is_contiguous() else images
    x = torch.movedim(x.unflatten(2, (down, patch)).unflatten(4, (across, patch)), (2, 4), (1, 2))
    return x.reshape(len(images), down * across, -1)
