"""The given part of the vision transformer: the block that its encoder repeats."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

Attention = Callable[[Tensor, Tensor, Tensor], Tensor]
"""Queries, keys and values (..., tokens, width) give (..., tokens, width)."""


class TransformerBlock(nn.Module):
    """Lets each token look at all others, and then think about what it saw.

    Both steps are residual and normalise their input first, as in ViT (Dosovitskiy et al., 2021).

    Args:
        width: numbers in a token, a multiple of ``heads``.
        heads: how many attentions look side by side, each at ``width / heads`` numbers of a token.
        attention: computes softmax(q k^T / sqrt(numbers in a query)) v.

    Raises:
        ValueError: ``width`` is not a multiple of ``heads``.
    """

    def __init__(self, width: int, heads: int, attention: Attention) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"a width of {width} cannot be divided among {heads} heads")
        self.heads = heads
        self.attention = attention
        self.norm_1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.norm_2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(
        self, tokens: Float[Tensor, "batch token width"]
    ) -> Float[Tensor, "batch token width"]:
        """Apply the block.

        Args:
            tokens: any number of them.

        Returns:
            As many tokens.
        """
        q, k, v = self._split(tokens)
        seen = self.attention(q, k, v).transpose(1, 2).flatten(2)
        tokens = tokens + self.projection(seen)
        return tokens + self.mlp(self.norm_2(tokens))

    @torch.no_grad()
    def attention_weights(
        self, tokens: Float[Tensor, "batch token width"]
    ) -> Float[Tensor, "batch head token token"]:
        """How much each token looks at each other one.

        Args:
            tokens: the block's input.

        Returns:
            One row for each token that looks, which sums to 1.
        """
        q, k, _ = self._split(tokens)
        # Values that say which token they belong to come back as the weights.
        names = torch.eye(k.shape[-2], dtype=k.dtype, device=k.device).expand(*k.shape[:2], -1, -1)
        return self.attention(q, k, names)

    def _split(self, tokens: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values (batch, head, token, width / heads)."""
        parts = self.qkv(self.norm_1(tokens)).unflatten(-1, (3, self.heads, -1))
        q, k, v = parts.permute(2, 0, 3, 1, 4).unbind(0)
        return q, k, v
