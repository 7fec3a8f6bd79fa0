"""Stored weights come with their recipe, and load only into the network that they are for."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from torch import nn

from autograder.exercises.vit_presence.pretraining.network import Encoder
from autograder.exercises.vit_presence.pretraining.recipe import Recipe
from poselab.networks.pretrained import (
    SMALL,
    WeightsError,
    load_pretrained,
    load_vit_base,
    recipe_of,
)

RECIPE = recipe_of()
STORED = Path(str(files("poselab.networks") / "weights" / f"{SMALL}.safetensors"))


def encoder(size: int = RECIPE["image_size"][0], **sizes: int) -> Encoder:
    made = {name: RECIPE[name] for name in ("patch", "width", "depth", "heads")} | sizes
    return Encoder((size, size), **made)


def test_the_weights_are_those_of_todays_recipe() -> None:
    with safe_open(STORED, "pt") as file:
        assert file.metadata() == {"digest": RECIPE["digest"]}, "run `make weights`"
    assert RECIPE["digest"] == Recipe().digest, "run `make weights`"
    assert STORED.stat().st_size <= 4_000_000


def test_they_load_into_the_network_that_they_are_for() -> None:
    model = encoder()
    before = {name: values.clone() for name, values in model.state_dict().items()}
    load_pretrained(model)
    with safe_open(STORED, "pt") as file:
        for name, values in model.state_dict().items():
            torch.testing.assert_close(values, file.get_tensor(name).float())
            assert not torch.equal(values, before[name])


def test_position_embeddings_are_spread_out_over_a_larger_image() -> None:
    model, larger = encoder(), encoder(2 * RECIPE["image_size"][0])
    load_pretrained(model)
    load_pretrained(larger)
    side = RECIPE["image_size"][0] // RECIPE["patch"]
    small = model.position.detach().unflatten(0, (side, side))
    large = larger.position.detach().unflatten(0, (2 * side, 2 * side))
    torch.testing.assert_close(small.mean((0, 1)), large.mean((0, 1)), atol=0.05, rtol=0)
    sampled = large[1::2, 1::2]  # each a quarter of a cell from a middle
    assert (sampled - small).abs().mean() < (sampled - small.flip(0)).abs().mean()


class Renamed(Encoder):
    def __init__(self) -> None:
        super().__init__((96, 96), RECIPE["patch"], RECIPE["width"], RECIPE["depth"], 3)
        self.positions = self.position
        del self.position


class WithClassToken(Encoder):
    def __init__(self) -> None:
        super().__init__((96, 96), RECIPE["patch"], RECIPE["width"], RECIPE["depth"], 3)
        self.class_token = nn.Parameter(torch.zeros(RECIPE["width"]))


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (Renamed(), "no parameter called position, but the weights do"),
        (WithClassToken(), "know no parameter called class_token"),
        (
            encoder(width=48),
            r"blocks\.0\.mlp\.0\.bias has the shape \(192,\) in the model and \(576,\)",
        ),
        (encoder(depth=RECIPE["depth"] + 1), "no parameter called .* and 8 more"),
    ],
)
def test_another_network_is_told_what_differs(model: nn.Module, sentence: str) -> None:
    before = {name: values.clone() for name, values in model.state_dict().items()}
    with pytest.raises(WeightsError, match=sentence):
        load_pretrained(model)
    for name, values in model.state_dict().items():
        assert torch.equal(values, before[name])


def test_vit_base_gives_the_features_of_its_patches(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.ViTConfig(
        hidden_size=12, num_hidden_layers=1, num_attention_heads=3, intermediate_size=24,
        image_size=32, patch_size=8,
    )  # fmt: skip
    torch.manual_seed(0)
    whole = transformers.ViTModel(config, add_pooling_layer=False).eval()
    whole.save_pretrained(tmp_path)
    loaded = load_vit_base(str(tmp_path)).eval()
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        tokens, features = whole(pixel_values=images).last_hidden_state, loaded(images)
    assert features.shape == (2, 12, 4, 4)
    torch.testing.assert_close(features[1, :, 2, 3], tokens[1, 1 + 2 * 4 + 3])


def test_weights_that_cannot_be_had_are_a_sentence(tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    with pytest.raises(WeightsError, match=f"The weights {tmp_path} cannot be had"):
        load_vit_base(str(tmp_path))
