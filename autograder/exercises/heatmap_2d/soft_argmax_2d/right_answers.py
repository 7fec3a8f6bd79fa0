"""Right answers to `soft_argmax_2d`, written in other ways than the solution."""

from __future__ import annotations

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from autograder.exercises.bank import RightAnswers

Size = tuple[int, int]
RIGHT = RightAnswers()


@RIGHT.answer
def by_einsum(logits: Tensor, beta: float = 1.0) -> Tensor:
    height, width = logits.shape[-2:]
    p = functional.softmax(beta * logits.flatten(2), dim=2).unflatten(2, (height, width))
    x = torch.einsum("bjhw,w->bj", p, torch.arange(width).to(p))
    y = torch.einsum("bjhw,h->bj", p, torch.arange(height).to(p))
    return torch.stack([x, y], dim=2)


@RIGHT.answer
def by_matmul(logits: Tensor, beta: float = 1.0) -> Tensor:
    y, x = torch.meshgrid(*(torch.arange(n).to(logits) for n in logits.shape[2:]), indexing="ij")
    grid = torch.stack([x.flatten(), y.flatten()], dim=1)
    return (logits.flatten(2) * beta).softmax(dim=-1) @ grid


@RIGHT.answer
def by_logsumexp_marginals(logits: Tensor, beta: float = 1.0) -> Tensor:
    scaled = beta * logits
    x = scaled.logsumexp(dim=2).softmax(-1)
    y = scaled.logsumexp(dim=3).softmax(-1)
    return torch.stack(
        [
            (x * torch.arange(x.shape[-1]).to(x)).sum(-1),
            (y * torch.arange(y.shape[-1]).to(y)).sum(-1),
        ],
        -1,
    )


@RIGHT.answer
def maximum_subtracted(logits: Tensor, beta: float = 1.0) -> Tensor:
    scaled = beta * logits
    weight = torch.exp(scaled - scaled.amax(dim=(-2, -1), keepdim=True))
    p = weight / weight.sum(dim=(-2, -1), keepdim=True)
    columns = torch.arange(p.shape[-1], dtype=p.dtype, device=p.device)
    rows = torch.arange(p.shape[-2], dtype=p.dtype, device=p.device)
    return torch.stack([(p * columns).sum((-1, -2)), (p * rows[:, None]).sum((-1, -2))], -1)


@RIGHT.answer
def computed_in_float64(logits: Tensor, beta: float = 1.0) -> Tensor:
    return by_matmul(logits.double(), beta).to(logits.dtype)


@RIGHT.answer
class SoftArgmax:
    """A module behind a class."""

    class _Module(nn.Module):
        def forward(self, logits: Tensor, beta: float) -> Tensor:
            return by_einsum(logits, beta)

    def __new__(cls, logits: Tensor, beta: float = 1.0) -> Tensor:  # type: ignore[misc]
        result: Tensor = cls._Module()(logits, beta)
        return result


@RIGHT.answer
def vmapped_maps(logits: Tensor, beta: float = 1.0) -> Tensor:
    height, width = logits.shape[-2:]

    def one(heatmap: Tensor) -> Tensor:
        p = (beta * heatmap).flatten().softmax(0).reshape(height, width)
        x, y = torch.arange(width).to(p), torch.arange(height).to(p)
        return torch.stack([p.sum(0) @ x, p.sum(1) @ y])

    return torch.vmap(torch.vmap(one))(logits)


@RIGHT.answer
def by_tensordot(logits: Tensor, beta: float = 1.0) -> Tensor:
    height, width = logits.shape[-2:]
    rows = torch.arange(height).to(logits)[:, None].expand(height, width)
    columns = torch.arange(width).to(logits).expand(height, width)
    scaled = logits.mul(beta)
    p = (scaled - torch.logsumexp(scaled, dim=(2, 3), keepdim=True)).exp()
    # Divided once more: with huge logits the logarithm of the sum rounds.
    p = p / p.sum((2, 3), keepdim=True)
    return torch.tensordot(p, torch.stack([columns, rows]), dims=([2, 3], [1, 2]))


@RIGHT.answer
def steps_counted(logits: Tensor, beta: float = 1.0) -> Tensor:
    # The mean of a whole number is the sum of the probabilities of exceeding 0, 1, 2...
    p = torch.softmax((beta * logits).flatten(2), -1).view_as(logits.contiguous())
    beyond_column = p.sum(2).flip(-1).cumsum(-1)[..., :-1].sum(-1)
    beyond_row = p.sum(3).flip(-1).cumsum(-1)[..., :-1].sum(-1)
    return torch.stack((beyond_column, beyond_row), -1)


@RIGHT.answer
def by_convolution(logits: Tensor, beta: float = 1.0) -> Tensor:
    batch, joints, height, width = logits.shape
    p = (beta * logits).reshape(batch * joints, -1).softmax(-1).view(-1, 1, height, width)
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return functional.conv2d(p, torch.stack([x, y])[:, None].to(p)).view(batch, joints, 2)


@RIGHT.answer
def column_by_column(logits: Tensor, beta: float = 1.0) -> Tensor:
    batch, joints, height, width = logits.shape
    p = (beta * logits.transpose(2, 3).reshape(batch, joints, -1)).softmax(-1)
    grid = torch.cartesian_prod(torch.arange(width), torch.arange(height)).to(p)
    return torch.bmm(p, grid.expand(batch, -1, -1))


@RIGHT.answer
def tiny_number_in_the_denominator(logits: Tensor, beta: float = 1.0) -> Tensor:
    scaled = logits * beta
    weight = (scaled - scaled.amax((2, 3), keepdim=True)).exp()
    p = weight / (weight.sum((2, 3), keepdim=True) + 1e-12)
    grid = torch.meshgrid(*(torch.arange(n).to(p) for n in p.shape[:1:-1]), indexing="xy")
    return torch.einsum("bjhw,chw->bjc", p, torch.stack(grid))
