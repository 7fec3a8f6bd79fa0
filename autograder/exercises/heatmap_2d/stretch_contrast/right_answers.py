"""Right answers to `stretch_contrast`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def new_dimensions(pictures: Tensor) -> Tensor:
    darkest = pictures.amin(dim=(1, 2))[:, None, None]
    brightest = pictures.amax(dim=(1, 2))[:, None, None]
    return (pictures - darkest) / (brightest - darkest)


@RIGHT.answer
def one_after_the_other(pictures: Tensor) -> Tensor:
    shifted = pictures - pictures.amin(dim=(-2, -1), keepdim=True)
    return shifted / shifted.amax(dim=(-2, -1), keepdim=True)


@RIGHT.answer
def flattened(pictures: Tensor) -> Tensor:
    flat = pictures.reshape(len(pictures), -1)
    low, high = flat.min(dim=1, keepdim=True).values, flat.max(dim=1, keepdim=True).values
    return ((flat - low) / (high - low)).reshape(pictures.shape)


@RIGHT.answer
def picture_by_picture(pictures: Tensor) -> Tensor:
    return torch.stack([(p - p.min()) / (p.max() - p.min()) for p in pictures])


@RIGHT.answer
def axis_after_axis(pictures: Tensor) -> Tensor:
    low = pictures.min(-1, keepdim=True).values.min(-2, keepdim=True).values
    high = pictures.max(-1, keepdim=True).values.max(-2, keepdim=True).values
    return (pictures - low) * (1 / (high - low))


@RIGHT.answer
def aminmax(pictures: Tensor) -> Tensor:
    low, high = torch.aminmax(pictures.flatten(1), dim=1)
    low, high = low.view(-1, 1, 1), high.view(-1, 1, 1)
    return pictures / (high - low) - low / (high - low)


@RIGHT.answer
def copied_first(pictures: Tensor) -> Tensor:
    stretched = pictures.clone()
    for picture in stretched:
        picture -= picture.min().clone()
        picture /= picture.max().clone()
    return stretched
