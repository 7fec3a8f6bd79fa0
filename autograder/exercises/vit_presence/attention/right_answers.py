"""Right answers to `attention`, written in other ways than the solution."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, softmax

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


@RIGHT.answer
def step_by_step(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    d = q.size(-1)
    scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(d)
    weights = torch.softmax(scores, dim=-1)
    return torch.matmul(weights, v)


@RIGHT.answer
def torchs_own(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return scaled_dot_product_attention(q, k, v)


@RIGHT.answer
def einsums(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = torch.einsum("...id,...jd->...ij", q, k) * q.shape[-1] ** -0.5
    return torch.einsum("...ij,...je->...ie", scores.softmax(-1), v)


@RIGHT.answer
def queries_scaled_first(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    q = q * (q.shape[-1] ** -0.5)
    return nn.Softmax(dim=-1)(q @ k.mT) @ v


@RIGHT.answer
def softmax_by_hand(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    x = (q @ k.transpose(-1, -2)).div(k.shape[-1] ** 0.5)
    x = (x - x.max(dim=-1, keepdim=True).values).exp()
    return (x / x.sum(dim=-1, keepdim=True)) @ v


@RIGHT.answer
def divided_at_the_end(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    weights = torch.exp(scores - scores.detach().amax(-1, keepdim=True))
    return (weights @ v) / weights.sum(-1, keepdim=True)


@RIGHT.answer
def by_logarithms(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = torch.matmul(q, k.swapaxes(-1, -2)) / torch.tensor(q.shape[-1]).to(q).sqrt()
    return torch.exp(scores - torch.logsumexp(scores, -1, keepdim=True)) @ v


@RIGHT.answer
def all_transposed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    # A column for each query.
    scores = k @ q.mT / q.shape[-1] ** 0.5
    return (v.mT @ softmax(scores, -2)).mT


@RIGHT.answer
def without_matrices(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    products = (q.unsqueeze(-2) * k.unsqueeze(-3)).sum(-1) / q.shape[-1] ** 0.5
    return (products.softmax(-1).unsqueeze(-1) * v.unsqueeze(-3)).sum(-2)


@RIGHT.answer
def one_axis_in_front(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    lead = q.shape[:-2]
    a, b, c = (t.reshape(-1, *t.shape[-2:]) for t in (q, k, v))
    scores = torch.bmm(a, b.transpose(1, 2)) / a.shape[2] ** 0.5
    result = torch.bmm(scores.softmax(2), c)
    return result.reshape(*lead, *result.shape[1:])


@RIGHT.answer
def root_shared_by_both(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scale = q.shape[-1] ** 0.25
    return ((q / scale) @ (k / scale).transpose(-2, -1)).log_softmax(-1).exp() @ v


@RIGHT.answer
def in_float64_and_back(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = q.double() @ k.double().mT / q.shape[-1] ** 0.5
    return (scores.softmax(-1) @ v.double()).to(q.dtype)


@RIGHT.answer
def in_place_on_its_own(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    scores = q.matmul(k.transpose(-1, -2))
    scores /= math.sqrt(q.shape[-1])
    return scores.softmax(dim=scores.dim() - 1).matmul(v)
