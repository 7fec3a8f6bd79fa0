"""References and solutions of vit_presence agree with torch's own, which is written by others."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, scaled_dot_product_attention, unfold

from autograder.exercises.catalogue import solution_functions
from autograder.exercises.vit_presence.attention import cases as attention
from autograder.exercises.vit_presence.heatmap_decoder import cases as heatmap_decoder
from autograder.exercises.vit_presence.patchify import cases as patchify
from autograder.exercises.vit_presence.pose_vi_t import cases as pose_vit
from autograder.manifest import COURSE_ROOT
from poselab.checks.experiments.vit_presence.weights import (
    encoder_parameters,
    fill,
    put_in,
    weight_of,
)

SOLUTIONS = solution_functions(COURSE_ROOT / "solutions" / "vit_presence" / "vit_presence.py")
SEEDS = st.integers(0, 2**31 - 1)
FEW = st.integers(1, 4)


def numbers(seed: int, *shape: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@given(SEEDS, FEW, FEW, FEW, FEW, FEW)
def test_patches_are_the_columns_of_unfold(
    seed: int, batch: int, channels: int, rows: int, columns: int, patch: int
) -> None:
    images = numbers(seed, batch, channels, rows * patch, columns * patch)
    expected = unfold(images, patch, stride=patch).transpose(1, 2)
    for cut in (patchify.reference, SOLUTIONS["patchify"]):
        torch.testing.assert_close(cut(images, patch), expected, rtol=0, atol=0)


def test_patchify_s_example() -> None:
    image = torch.tensor([[[[1, 2, 3, 4], [5, 6, 7, 8]]]])
    for cut in (patchify.reference, SOLUTIONS["patchify"]):
        assert cut(image, 2).tolist() == [[[1, 2, 5, 6], [3, 4, 7, 8]]]


@given(SEEDS, st.lists(FEW, max_size=3), FEW, FEW, FEW, FEW, st.sampled_from([1.0, 30.0]))
def test_attention_is_torchs_within_a_ten_billionth(
    seed: int, lead: list[int], n: int, m: int, width: int, other: int, scale: float
) -> None:
    q = scale * numbers(seed, *lead, n, width)
    k, v = numbers(seed + 1, *lead, m, width), numbers(seed + 2, *lead, m, other)
    expected = scaled_dot_product_attention(q, k, v)
    for attend in (attention.reference, SOLUTIONS["attention"]):
        torch.testing.assert_close(attend(q, k, v), expected, rtol=0, atol=1e-10)


def test_attention_s_example() -> None:
    q, k, v = (torch.tensor(rows) for rows in ([[0.0]], [[1.0], [2.0]], [[10.0], [30.0]]))
    for attend in (attention.reference, SOLUTIONS["attention"]):
        assert attend(q, k, v).tolist() == [[20.0]]


@pytest.mark.parametrize("number", range(3))
def test_slopes_from_differences_are_torchs_gradients(number: int) -> None:
    args = [numbers(7, 2, 3, 4), numbers(8, 2, 5, 4), numbers(9, 2, 5, 2)]
    weight = numbers(10, 2, 3, 2)
    expected = args[number].requires_grad_()
    (scaled_dot_product_attention(*args) * weight).sum().backward()
    found = attention.slope(number, weight, *(arg.detach() for arg in args))
    torch.testing.assert_close(found, expected.grad, rtol=0, atol=1e-7)


def torchs_encoder(images: Tensor, sizes: tuple[int, ...], heads: int, seed: int) -> Tensor:
    """The same with torch's own layers, which have other names for the same weights."""
    height, width_of_image, patch, width, depth = sizes
    drawn = {
        name: weight_of(name, shape, seed).double()
        for name, shape in encoder_parameters((height, width_of_image, patch, width, depth)).items()
    }
    tokens = unfold(images, patch, stride=patch).mT @ drawn["patch_embedding.weight"].T
    tokens = tokens + drawn["patch_embedding.bias"] + drawn["position"]
    names = {
        "norm_1": "norm1", "norm_2": "norm2", "projection": "self_attn.out_proj",
        "mlp.0": "linear1", "mlp.2": "linear2", "qkv.weight": "self_attn.in_proj_weight",
        "qkv.bias": "self_attn.in_proj_bias",
    }  # fmt: skip
    for number in range(depth):
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, 0.0, "gelu", batch_first=True, norm_first=True
        ).double()
        state = {}
        for name, values in drawn.items():
            prefix = f"blocks.{number}."
            if name.startswith(prefix):
                theirs = name.removeprefix(prefix)
                for mine, other in names.items():
                    theirs = theirs.replace(mine, other)
                state[theirs] = values
        layer.load_state_dict(state)
        tokens = layer(tokens)
    norm = nn.LayerNorm(width).double()
    norm.load_state_dict({"weight": drawn["norm.weight"], "bias": drawn["norm.bias"]})
    return norm(tokens).mT.unflatten(2, (height // patch, width_of_image // patch)).detach()


@pytest.mark.parametrize(
    ("sizes", "heads"), [((8, 12, 4, 12, 2), 3), ((6, 2, 1, 8, 1), 2), ((5, 5, 5, 6, 3), 6)]
)
def test_the_encoder_is_torchs_encoder(sizes: tuple[int, ...], heads: int) -> None:
    height, width_of_image, patch, width, depth = sizes
    images = numbers(3, 2, 3, height, width_of_image)
    expected = torchs_encoder(images, sizes, heads, 5)
    by_hand = pose_vit.reference(images, (height, width_of_image, patch, width, depth), heads, 5)
    torch.testing.assert_close(by_hand, expected, rtol=0, atol=1e-10)
    model = SOLUTIONS["PoseViT"]((height, width_of_image), patch, width, depth, heads).double()
    found = put_in(model, encoder_parameters((height, width_of_image, patch, width, depth)), 5)
    assert not found.missing and not found.unknown
    with torch.no_grad():
        torch.testing.assert_close(model(images), expected, rtol=0, atol=1e-10)


@given(SEEDS, FEW, FEW, FEW, st.integers(1, 2), st.integers(1, 2))
def test_the_decoder_is_torchs_interpolation(
    seed: int, batch: int, width: int, keypoints: int, rows: int, columns: int
) -> None:
    features = numbers(seed, batch, width, rows, columns)
    weight = weight_of("layer.0.weight", (keypoints, width), seed).double()
    large = interpolate(features, scale_factor=16, mode="bilinear", align_corners=False)
    expected = conv2d(large.relu(), weight[..., None, None])
    found = heatmap_decoder.reference(features, keypoints, seed)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)
    model = SOLUTIONS["HeatmapDecoder"](width, keypoints).double()
    fill(model, (keypoints, width), seed)
    with torch.no_grad():
        torch.testing.assert_close(model(features), expected, rtol=0, atol=1e-10)
