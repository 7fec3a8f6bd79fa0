"""Right answers to `PoseViT`, written in other ways than the solution."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import layer_norm, linear, scaled_dot_product_attention, unfold

from autograder.exercises.bank import RightAnswers
from poselab.networks.transformer import TransformerBlock

RIGHT = RightAnswers()


def patchify(images: Tensor, patch: int) -> Tensor:
    return unfold(images, patch, stride=patch).mT


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1) @ v


@RIGHT.answer
class InASequence(nn.Module):
    """Blocks in nn.Sequential, a fold by reshape."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.image_size, self.p = image_size, patch
        h, w = image_size
        n_tokens = (h // patch) * (w // patch)
        self.patch_embedding = nn.Linear(3 * patch * patch, width)
        self.position = nn.Parameter(nn.init.trunc_normal_(torch.zeros(n_tokens, width), std=0.02))
        self.blocks = nn.Sequential(
            *[TransformerBlock(width, heads, attention) for _ in range(depth)]
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        b, _, h, w = images.shape
        x = self.patch_embedding(patchify(images, self.p))
        x = self.norm(self.blocks(x + self.position))
        return x.transpose(1, 2).reshape(b, -1, h // self.p, w // self.p)


@RIGHT.answer
class InPieces(nn.Module):
    """Blocks appended one by one; dropout where training asks for it."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.rows, self.columns, self.patch = image_size[0] // patch, image_size[1] // patch, patch
        self.norm = nn.LayerNorm(width)
        self.blocks = nn.ModuleList()
        for _ in range(depth):
            self.blocks.append(TransformerBlock(width, heads, scaled_dot_product_attention))
        self.position = nn.Parameter(0.02 * torch.randn(self.rows * self.columns, width))
        self.patch_embedding = nn.Linear(3 * patch**2, width)
        self.drop = nn.Dropout(0.1)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.drop(self.patch_embedding(patchify(images, self.patch)) + self.position)
        for block in self.blocks:
            tokens = block(tokens)
        tokens = self.norm(tokens).permute(0, 2, 1)
        return tokens.view(-1, tokens.shape[1], self.rows, self.columns)


@RIGHT.answer
class WithFunctions(nn.Module):
    """The layers' functions, with the layers' weights."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.patch = patch
        self.grid = [side // patch for side in image_size]
        self.patch_embedding = nn.Linear(3 * patch**2, width)
        self.position = nn.Parameter(torch.empty(self.grid[0] * self.grid[1], width))
        self.blocks = nn.ModuleList(
            [TransformerBlock(width, heads, attention=attention) for _ in range(depth)]
        )
        self.norm = nn.LayerNorm(width)
        self.reset()

    def reset(self) -> None:
        nn.init.trunc_normal_(self.position, mean=0.0, std=0.02)
        nn.init.xavier_uniform_(self.patch_embedding.weight)
        nn.init.zeros_(self.patch_embedding.bias)

    def forward(self, images: Tensor) -> Tensor:
        embedding = self.patch_embedding
        x = linear(patchify(images, self.patch), embedding.weight, embedding.bias)
        x = torch.add(x, self.position.unsqueeze(0))
        for number in range(len(self.blocks)):
            x = self.blocks[number](x)
        x = layer_norm(x, x.shape[-1:], self.norm.weight, self.norm.bias)
        return x.unflatten(1, self.grid).movedim(-1, 1)


@RIGHT.answer
class ByAConvolution(nn.Module):
    """The linear layer's weights as kernels."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.patch, self.width = patch, width
        tokens = image_size[0] * image_size[1] // patch**2
        self.patch_embedding = nn.Linear(3 * patch**2, width)
        self.position = nn.Parameter(torch.randn(tokens, width) * 0.02)
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, attention) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        p = self.patch
        kernels = self.patch_embedding.weight.view(self.width, 3, p, p)
        maps = nn.functional.conv2d(images, kernels, self.patch_embedding.bias, stride=p)
        size = maps.shape[-2:]
        tokens = maps.flatten(2).mT + self.position
        for block in self.blocks:
            tokens = block(tokens)
        return torch.einsum("bnc->bcn", self.norm(tokens)).reshape(*maps.shape[:2], *size)


class _Tokens(nn.Module):
    def __init__(self, image_size: tuple[int, int], patch: int, width: int) -> None:
        super().__init__()
        self.patch = patch
        rows, columns = (side // patch for side in image_size)
        self.patch_embedding = nn.Linear(3 * patch**2, width)
        self.position = nn.Parameter(torch.zeros(rows * columns, width))
        nn.init.trunc_normal_(self.position, std=0.02)
        self.rows = rows

    def tokens(self, images: Tensor) -> Tensor:
        return self.patch_embedding(patchify(images, self.patch)) + self.position


@RIGHT.answer
class Inherited(_Tokens):
    """A class for the first half, another for the second."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__(image_size, patch, width)
        self.blocks = nn.Sequential()
        for number in range(depth):
            self.blocks.add_module(str(number), TransformerBlock(width, heads, attention))
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        encoded = self.norm(self.blocks(self.tokens(images)))
        return encoded.mT.unflatten(-1, (self.rows, -1))


@RIGHT.answer
class Registered(nn.Module):
    """Parameters by register_parameter, a scratch buffer that is not saved."""

    position: Tensor
    order: Tensor
    patch_embedding: nn.Module

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        height, columns = image_size
        self.size = (height // patch, columns // patch)
        self.patch = patch
        start = torch.empty(self.size[0] * self.size[1], width)
        self.register_parameter("position", nn.Parameter(start))
        torch.nn.init.trunc_normal_(self.position.data, std=0.02)
        self.add_module("patch_embedding", nn.Linear(3 * patch * patch, width))
        blocks = nn.ModuleList()
        blocks.extend(TransformerBlock(width, heads, attention) for _ in range(depth))
        self.blocks = blocks
        self.norm = nn.LayerNorm(normalized_shape=width, eps=1e-5)
        order = torch.arange(self.size[0] * self.size[1])
        self.register_buffer("order", order, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        batch = images.shape[0]
        tokens = self.patch_embedding(patchify(images, self.patch))
        tokens = tokens + self.position[self.order].expand(batch, -1, -1)
        for block in iter(self.blocks):
            tokens = block(tokens)
        features = self.norm(tokens)
        return features.reshape(batch, *self.size, -1).permute(0, 3, 1, 2).contiguous()


@RIGHT.answer
class CheckedAndSplit(nn.Module):
    """Methods for the steps, checks of the input."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        if image_size[0] % patch or image_size[1] % patch:
            raise ValueError("the patches do not fit")
        self.image_size = tuple(image_size)
        self.patch = patch
        self.patch_embedding = nn.Linear(in_features=3 * patch**2, out_features=width, bias=True)
        n = (image_size[0] // patch) * (image_size[1] // patch)
        self.position = nn.Parameter(torch.nn.init.trunc_normal_(torch.empty((n, width)), std=0.02))
        layers = []
        for _ in range(depth):
            layers.append(TransformerBlock(width=width, heads=heads, attention=attention))
        self.blocks = nn.ModuleList(layers)
        self.norm = nn.LayerNorm(width)

    def embed(self, images: Tensor) -> Tensor:
        assert tuple(images.shape[-2:]) == self.image_size
        return self.position + self.patch_embedding(patchify(images, self.patch))

    def encode(self, tokens: Tensor) -> Tensor:
        for block in self.blocks:
            tokens = block.forward(tokens)
        return self.norm.forward(tokens)

    def forward(self, images: Tensor) -> Tensor:
        rows = self.image_size[0] // self.patch
        encoded = self.encode(self.embed(images))
        return torch.stack(encoded.chunk(rows, dim=1), dim=1).movedim(3, 1)


@RIGHT.answer
class GridOfPositions(nn.Module):
    """Positions that are seen as maps."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.h, self.w = image_size[0] // patch, image_size[1] // patch
        self.kernel = patch
        self.patch_embedding = nn.Linear(3 * patch**2, width)
        self.position = nn.Parameter(torch.empty(self.h * self.w, width).normal_(0, 0.02))
        self.blocks = nn.ModuleList(TransformerBlock(width, heads, attention) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.patch_embedding(patchify(images, self.kernel)).unflatten(1, (self.h, self.w))
        maps = maps + self.position.view(1, self.h, self.w, -1)
        tokens = maps.flatten(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens).unflatten(1, (self.h, self.w)).permute(0, 3, 1, 2)


@RIGHT.answer
class WithoutGradientsOfItsOwn(nn.Module):
    """Initial values under no_grad, an exponential of blocks by functools."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.patch = patch
        self.rows = image_size[0] // patch
        self.columns = image_size[1] // patch
        self.patch_embedding = nn.Linear(3 * patch**2, width)
        self.position = nn.Parameter(torch.zeros(self.rows * self.columns, width))
        with torch.no_grad():
            self.position.copy_(torch.randn_like(self.position).clamp(-2, 2) * 0.0227)
        self.blocks = nn.ModuleList(
            [TransformerBlock(width, heads, lambda q, k, v: attention(q, k, v))] if depth else []
        )
        for _ in range(depth - 1):
            self.blocks.append(TransformerBlock(width, heads, attention))
        self.norm = nn.LayerNorm(width)

    def forward(self, images: Tensor) -> Tensor:
        x = self.patch_embedding(patchify(images, self.patch))
        x = x.add(self.position)
        for block in self.blocks.children():
            x = block(x)
        x = self.norm(x).swapaxes(1, 2)
        return x.reshape(x.shape[0], x.shape[1], self.rows, self.columns)


@RIGHT.answer
class FoldedByTorch(nn.Module):
    """nn.Fold puts the tokens back."""

    def __init__(
        self,
        image_size: tuple[int, int] = (224, 224),
        patch: int = 16,
        width: int = 192,
        depth: int = 6,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.patch = patch
        grid = (image_size[0] // patch, image_size[1] // patch)
        self.patch_embedding = nn.Linear(3 * patch**2, width)
        self.position = nn.Parameter(
            nn.init.trunc_normal_(torch.empty(grid[0] * grid[1], width), std=0.02)
        )
        self.blocks = nn.Sequential(
            *(TransformerBlock(width, heads, attention) for _ in range(depth))
        )
        self.norm = nn.LayerNorm(width)
        self.fold = nn.Fold(grid, 1)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.blocks(self.patch_embedding(patchify(images, self.patch)) + self.position)
        return self.fold(self.norm(tokens).transpose(-1, -2))
