"""Right answers to `procrustes_align`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor

from autograder.exercises.bank import RightAnswers

RIGHT = RightAnswers()


def _centred(pose: Tensor) -> tuple[Tensor, Tensor]:
    mean = pose.mean(-2, keepdim=True)
    return pose - mean, mean


@RIGHT.answer
def kabsch_of_columns(predicted: Tensor, target: Tensor) -> Tensor:
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vh = torch.linalg.svd(q.transpose(1, 2) @ p)
    d = torch.ones_like(s)
    d[:, 2] = torch.sign(torch.det(u) * torch.det(vh))
    rotation = u @ torch.diag_embed(d) @ vh
    scale = (s * d).sum(-1) / p.pow(2).sum((-1, -2)).clamp(min=1e-30)
    return scale[:, None, None] * (p @ rotation.transpose(1, 2)) + mean


@RIGHT.answer
def scale_of_what_was_turned(predicted: Tensor, target: Tensor) -> Tensor:
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, _, vt = torch.linalg.svd(torch.einsum("njc,njd->ncd", p, q))
    flip = torch.det(u @ vt) < 0
    u = torch.cat([u[..., :2], torch.where(flip[:, None, None], -u[..., 2:], u[..., 2:])], -1)
    turned = p @ u @ vt
    size = (turned * turned).sum((1, 2), keepdim=True)
    scale = (turned * q).sum((1, 2), keepdim=True) / torch.where(size > 0, size, 1)
    return scale * turned + mean


@RIGHT.answer
def unit_size_first(predicted: Tensor, target: Tensor) -> Tensor:
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    size_p = torch.linalg.matrix_norm(p, keepdim=True)
    size_q = torch.linalg.matrix_norm(q, keepdim=True)
    p = (p / size_p).nan_to_num(0.0)
    u, s, vt = torch.linalg.svd(p.mT @ (q / size_q), full_matrices=False)
    v = vt.mT.clone()
    negative = torch.linalg.det(u @ v.mT) < 0
    v[negative, :, -1] *= -1
    s = s.clone()
    s[negative, -1] *= -1
    return size_q * s.sum(-1)[:, None, None] * p @ u @ v.mT + mean


@RIGHT.answer
def quaternions_at_once(predicted: Tensor, target: Tensor) -> Tensor:
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    m = p.mT @ q
    a = m - m.mT
    trace = m.diagonal(dim1=1, dim2=2).sum(-1)
    n = torch.zeros(len(p), 4, 4, dtype=p.dtype, device=p.device)
    n[:, 0, 0] = trace
    n[:, 0, 1:] = n[:, 1:, 0] = torch.stack([a[:, 1, 2], a[:, 2, 0], a[:, 0, 1]], -1)
    eye = torch.eye(3, dtype=p.dtype, device=p.device)
    n[:, 1:, 1:] = m + m.mT - trace[:, None, None] * eye
    values, vectors = torch.linalg.eigh(n)
    w, v = vectors[:, :1, -1], vectors[:, None, 1:, -1].expand_as(p)
    turned = p + 2 * torch.linalg.cross(v, torch.linalg.cross(v, p) + w[..., None] * p)
    # The largest eigenvalue is the sum of the products of what was turned and the target.
    size = p.square().sum((1, 2))
    scale = torch.where(size > 0, values[:, -1] / size, torch.zeros_like(size))
    return scale[:, None, None] * turned + mean


@RIGHT.answer
def in_float64(predicted: Tensor, target: Tensor) -> Tensor:
    aligned: Tensor = kabsch_of_columns(predicted.double(), target.double())
    return aligned.to(predicted.dtype)


@RIGHT.answer
def all_four_signs(predicted: Tensor, target: Tensor) -> Tensor:
    """Of the rotations with these axes, the one that leaves the least."""
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, s, vt = torch.linalg.svd(p.mT @ q)
    signs = torch.tensor([[1, 1, 1], [1, 1, -1], [1, -1, 1], [-1, 1, 1]])
    signs = signs.to(p)
    rotations = (u[:, None] * signs[None, :, None, :]) @ vt[:, None]
    score = (s[:, None] * signs).sum(-1)
    score = score.masked_fill(torch.linalg.det(rotations) < 0, -torch.inf)
    best, number = score.max(1)
    number = number[:, None, None, None].expand(-1, 1, 3, 3)
    rotation = rotations.gather(1, number)[:, 0]
    scale = best / p.square().sum((1, 2)).clamp_min(torch.finfo(p.dtype).tiny)
    return (p * scale[:, None, None]) @ rotation + mean


@RIGHT.answer
def least_squares_for_the_scale(predicted: Tensor, target: Tensor) -> Tensor:
    p, _ = _centred(predicted)
    q, mean = _centred(target)
    u, _, vt = torch.linalg.svd(p.mT @ q)
    sign = torch.linalg.slogdet(u @ vt).sign
    u = u * torch.stack([torch.ones_like(sign), torch.ones_like(sign), sign], -1)[:, None]
    turned = (p @ (u @ vt)).flatten(1)
    numerator = torch.linalg.vecdot(turned, q.flatten(1))
    denominator = torch.linalg.vecdot(turned, turned)
    scale = torch.nan_to_num(numerator / denominator, nan=0.0, posinf=0.0, neginf=0.0)
    return (scale[:, None] * turned).reshape(q.shape) + mean


@RIGHT.answer
class Procrustes:
    """A class that is called like a function."""

    def __new__(cls, predicted: Tensor, target: Tensor) -> Tensor:  # type: ignore[misc]
        def align(p: Tensor, q: Tensor) -> Tensor:
            mean = q.mean(0)
            p = p - p.mean(0)
            u, s, vt = torch.linalg.svd(p.T @ (q - mean))
            d = torch.linalg.det(u) * torch.linalg.det(vt)
            weights = torch.stack([torch.ones_like(d), torch.ones_like(d), d.sign()])
            size = (p * p).sum()
            scale = (s * weights).sum() / torch.where(size == 0, torch.ones_like(size), size)
            return scale * p @ (u * weights) @ vt + mean

        aligned: Tensor = torch.func.vmap(align)(predicted, target)
        return aligned
