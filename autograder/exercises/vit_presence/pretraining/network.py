"""The encoder that students write, and the heads that it is pretrained with."""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional as F

from autograder.exercises.vit_presence.pretraining.crops import CELL, JOINTS, N_CLASSES
from poselab.networks.transformer import TransformerBlock
from poselab.training.heatmap_targets import target_heatmaps


def into_patches(images: Tensor, patch: int) -> Float[Tensor, "image token pixel"]:
    """Cut images into patches, row by row; within a patch the channels come first."""
    return F.unfold(images, patch, stride=patch).transpose(1, 2)


class Encoder(nn.Module):
    """``PoseViT``: its parameters have the names that the notebook states.

    Args:
        image_size: height and width in pixels.
        patch: pixels along a patch's side.
        width: numbers in a token.
        depth: how many blocks.
        heads: of each block's attention.
    """

    def __init__(
        self, image_size: tuple[int, int], patch: int, width: int, depth: int, heads: int
    ) -> None:
        super().__init__()
        self.patch = patch
        self.rows, self.columns = image_size[0] // patch, image_size[1] // patch
        self.patch_embedding = nn.Linear(3 * patch**2, width)
        self.position = nn.Parameter(torch.empty(self.rows * self.columns, width))
        nn.init.trunc_normal_(self.position, std=0.02)
        self.blocks = nn.ModuleList(
            TransformerBlock(width, heads, F.scaled_dot_product_attention) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(width)

    def tokens(
        self, images: Tensor, kept: Tensor | None = None
    ) -> Float[Tensor, "image token width"]:
        """Encode all patches, or those whose indices (image, token) are ``kept``."""
        tokens = self.patch_embedding(into_patches(images, self.patch)) + self.position
        if kept is not None:
            tokens = tokens.gather(1, kept.unsqueeze(-1).expand(-1, -1, tokens.shape[-1]))
        for block in self.blocks:
            tokens = block(tokens)
        encoded: Tensor = self.norm(tokens)
        return encoded

    def forward(self, images: Tensor) -> Float[Tensor, "image width row column"]:
        """Encode images (image, 3, height, width) into feature maps."""
        return self.tokens(images).transpose(1, 2).unflatten(2, (self.rows, self.columns))


class DenseHead(nn.Module):
    """The class and the depth of each cell, read as the notebook's decoder reads heat maps.

    Features are interpolated, go through ReLU and one convolution of 1 x 1. So the encoder learns
    features between which it is worth to interpolate.

    Args:
        width: of the features.
        patch: pixels along a patch's side.
    """

    def __init__(self, width: int, patch: int) -> None:
        super().__init__()
        self.scale = patch // CELL
        self.convolution = nn.Conv2d(width, N_CLASSES + 1 + len(JOINTS), 1)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Predict logits (image, class, row, column), depths (image, row, column) and heat maps."""
        finer = F.interpolate(features, scale_factor=self.scale, mode="bilinear")
        maps = self.convolution(F.relu(finer))
        return maps[:, :N_CLASSES], maps[:, N_CLASSES], maps[:, N_CLASSES + 1 :]


def dense_loss(
    logits: Float[Tensor, "image class row column"],
    far: Float[Tensor, "image row column"],
    classes: Int64[Tensor, "image row column"],
    depths: Float[Tensor, "image row column"],
) -> Float[Tensor, ""]:
    """Cross-entropy of the classes, and the error in depth in metres where the person is seen."""
    person = classes >= 2
    apart = F.smooth_l1_loss(far, depths, reduction="none", beta=0.1) * person
    return F.cross_entropy(logits, classes) + 2 * apart.sum() / person.sum().clamp(min=1)


def joint_loss(
    maps: Float[Tensor, "image joint row column"], joints: Float[Tensor, "image joint 3"]
) -> Float[Tensor, ""]:
    """The squared error of heat maps of the joints that can be told; 1 if all maps are 0."""
    cells = joints.clone()
    cells[..., :2] = (cells[..., :2] + 0.5) / CELL - 0.5
    target = target_heatmaps(cells, (maps.shape[-2], maps.shape[-1]), sigma=1.0)
    shown = joints[..., 2]
    errors = ((maps - target).square().sum((-2, -1)) * shown).sum() / shown.sum().clamp(min=1)
    # The sum of the squares of a Gaussian with a standard deviation of 1.
    return errors / math.pi


class MaskedHead(nn.Module):
    """A small decoder that predicts the patches that the encoder did not see, as MAE's does.

    After K. He et al., "Masked autoencoders are scalable vision learners", 2022.

    Args:
        tokens: of an image.
        width: the encoder's.
        patch: pixels along a patch's side.
        inner: the decoder's width.
        masked: the fraction of patches that the encoder does not see.
    """

    def __init__(
        self, tokens: int, width: int, patch: int, inner: int = 96, masked: float = 0.75
    ) -> None:
        super().__init__()
        self.n_kept = round(tokens * (1 - masked))
        self.patch = patch
        self.embedding = nn.Linear(width, inner)
        self.missing = nn.Parameter(0.02 * torch.randn(inner))
        self.position = nn.Parameter(0.02 * torch.randn(tokens, inner))
        self.blocks = nn.Sequential(
            *(TransformerBlock(inner, 3, F.scaled_dot_product_attention) for _ in range(2))
        )
        self.pixels = nn.Sequential(nn.LayerNorm(inner), nn.Linear(inner, 3 * patch**2))

    def loss(self, encoder: Encoder, images: Tensor) -> Float[Tensor, ""]:
        """The squared error of the patches that were masked, each scaled to mean 0 and std 1."""
        n, tokens = len(images), len(self.position)
        order = torch.rand(n, tokens).argsort(dim=1)
        kept = order[:, : self.n_kept]
        seen = self.embedding(encoder.tokens(images, kept))
        index = kept.unsqueeze(-1).expand(-1, -1, seen.shape[-1])
        everything = self.missing.expand(n, tokens, -1).to(seen.dtype).scatter(1, index, seen)
        predicted = self.pixels(self.blocks(everything + self.position))
        target = into_patches(images, self.patch)
        target = (target - target.mean(-1, keepdim=True)) / (target.std(-1, keepdim=True) + 1e-3)
        masked: Bool[Tensor, "image token"] = torch.ones(n, tokens, dtype=torch.bool)
        masked.scatter_(1, kept, False)
        return (predicted - target).square().mean(-1)[masked].mean()
