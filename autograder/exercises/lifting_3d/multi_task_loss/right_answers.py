"""Right answers to `multi_task_loss`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def squares_and_means(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    return ((p - q) ** 2).mean() + weight * ((h - g) ** 2).mean()


@RIGHT.answer
def layers_for_losses(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    criterion = nn.MSELoss()
    loss_3d, loss_2d = criterion(p, q), criterion(h, g)
    return loss_3d.add(loss_2d, alpha=weight)


@RIGHT.answer
def sums_over_numbers(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    loss_3d = functional.mse_loss(p, q, reduction="sum") / p.numel()
    return loss_3d + functional.mse_loss(h, g, reduction="sum") * weight / h.numel()


@RIGHT.answer
def means_of_means(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    loss_3d = (p - q).pow(2).mean(-1).mean(-1).mean(-1)
    loss_2d = (h - g).pow(2).mean((2, 3)).mean(1).mean(0)
    return loss_3d + weight * loss_2d


@RIGHT.answer
def squared_norms(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    a, b = (p - q).flatten(), (h - g).flatten()
    return a @ a / len(a) + weight * (b @ b / len(b))


@RIGHT.answer
def distances_over_three(
    p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01
) -> Tensor:
    squared = (p - q).square().sum(dim=-1)
    return squared.mean() / 3 + torch.mul(functional.mse_loss(g, h), weight)


@RIGHT.answer
def one_vector(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    three, two = (p - q).reshape(-1) ** 2, (h - g).reshape(-1) ** 2
    return torch.cat([three / three.numel(), two * (weight / two.numel())]).sum()


@RIGHT.answer
def stacked_and_weighted(
    p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01
) -> Tensor:
    losses = torch.stack([functional.mse_loss(p, q), functional.mse_loss(h, g)])
    return (losses * losses.new_tensor([1.0, weight])).sum()


@RIGHT.answer
def by_einsum(p: Tensor, q: Tensor, h: Tensor, g: Tensor, weight: float = 0.01) -> Tensor:
    a, b = p - q, h - g
    loss_3d = torch.einsum("njc,njc->", a, a) / a.numel()
    return loss_3d + weight / b.numel() * torch.einsum("njhw,njhw->", b, b)
