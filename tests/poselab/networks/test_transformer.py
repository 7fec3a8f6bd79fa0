"""The given block agrees with PyTorch's own, which is written by others."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from poselab.networks.transformer import TransformerBlock


def test_the_block_is_pytorchs_layer() -> None:
    torch.manual_seed(0)
    ours = TransformerBlock(12, 3, scaled_dot_product_attention).double()
    theirs = nn.TransformerEncoderLayer(
        12, 3, dim_feedforward=48, dropout=0, activation="gelu", batch_first=True, norm_first=True
    ).double()
    names = {
        "norm1": "norm_1",
        "norm2": "norm_2",
        "self_attn.in_proj_": "qkv.",
        "self_attn.out_proj": "projection",
        "linear1": "mlp.0",
        "linear2": "mlp.2",
    }
    weights = ours.state_dict()
    for name in theirs.state_dict():
        own = name
        for part, replacement in names.items():
            own = own.replace(part, replacement)
        theirs.state_dict()[name].copy_(weights.pop(own))
    assert not weights
    tokens = torch.randn(2, 5, 12, dtype=torch.float64)
    torch.testing.assert_close(ours(tokens), theirs(tokens))


def test_the_weights_are_those_that_the_attention_uses() -> None:
    torch.manual_seed(0)
    weights: list[Tensor] = []

    def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        weights.append((q @ k.mT / q.shape[-1] ** 0.5).softmax(-1))
        return weights[-1] @ v

    block = TransformerBlock(8, 2, attention)
    tokens = torch.randn(3, 4, 8)
    block(tokens)
    looked = block.attention_weights(tokens)
    assert looked.shape == (3, 2, 4, 4)
    torch.testing.assert_close(looked, weights[0])
    torch.testing.assert_close(looked.sum(-1), torch.ones(3, 2, 4))


def test_a_width_that_cannot_be_divided_is_refused() -> None:
    with pytest.raises(ValueError, match="a width of 10 cannot be divided among 3 heads"):
        TransformerBlock(10, 3, scaled_dot_product_attention)
