from __future__ import annotations

import base64
import io
import time
from typing import Any

import numpy as np
import pytest
import torch
from ipywidgets import FloatLogSlider, Image, VBox
from matplotlib.image import imread
from torch import Tensor

from poselab.widgets.explorer import Explorer
from poselab.widgets.heatmaps import explore_heatmap, explore_soft_argmax


def some_map(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """A pyramid: enough to see that position and width are passed on."""
    rows, columns = torch.meshgrid(*(torch.arange(float(n)) for n in size), indexing="ij")
    distance = torch.maximum((columns - joint[0]).abs(), (rows - joint[1]).abs())
    return (1 - distance / (2 * sigma)).clamp(min=0)


def some_position(logits: Tensor, beta: float) -> Tensor:
    """Somewhere that depends on beta and on the logits."""
    return torch.tensor([[[10 + beta % 7, 8 + logits.mean().abs()]]])


def drawn(explorer: Explorer) -> np.ndarray:
    return imread(io.BytesIO(explorer.picture.value))


def test_the_picture_is_there_before_any_slider_moves() -> None:
    for explorer in (explore_heatmap(some_map), explore_soft_argmax(some_position)):
        assert isinstance(explorer, VBox) and isinstance(explorer.picture, Image)
        assert drawn(explorer).shape[0] > 200
        assert explorer.picture in explorer.children
        assert set(explorer.sliders.values()) <= set(explorer.children)


@pytest.mark.parametrize(("slider", "value"), [("x", 20.5), ("y", 3.0), ("sigma", 6.0)])
def test_each_slider_of_the_heat_map_redraws(slider: str, value: float) -> None:
    explorer = explore_heatmap(some_map)
    before = drawn(explorer)
    explorer.sliders[slider].value = value
    changed = np.abs(drawn(explorer) - before).max(-1) > 0.05
    assert changed.sum() > 200


@pytest.mark.parametrize(("slider", "value"), [("beta", 5.0), ("second_peak", -3.0)])
def test_each_slider_of_the_soft_argmax_redraws(slider: str, value: float) -> None:
    explorer = explore_soft_argmax(some_position)
    before = drawn(explorer)
    explorer.sliders[slider].value = value
    assert (np.abs(drawn(explorer) - before).max(-1) > 0.05).sum() > 100


def test_the_heat_maps_function_gets_pixels_and_a_size() -> None:
    calls: list[tuple[Tensor, tuple[int, int], float]] = []

    def render(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
        calls.append((joint, size, sigma))
        return some_map(joint, size, sigma)

    explorer = explore_heatmap(render, size=(20, 50))
    explorer.sliders["x"].value = 49.0
    joint, size, sigma = calls[-1]
    assert joint.shape == (2,) and joint.dtype == torch.float32
    assert float(joint[0]) == 49.0 == explorer.sliders["x"].max
    assert explorer.sliders["y"].max == 19
    assert (size, sigma) == ((20, 50), explorer.sliders["sigma"].value)


def test_the_soft_argmax_gets_a_map_whose_greatest_peak_is_the_first() -> None:
    seen: list[tuple[Tensor, float]] = []

    def position(logits: Tensor, beta: float) -> Tensor:
        seen.append((logits, beta))
        return some_position(logits, beta)

    explorer = explore_soft_argmax(position)
    explorer.sliders["second_peak"].value = explorer.sliders["second_peak"].max
    explorer.sliders["beta"].value = 2.0
    logits, beta = seen[-1]
    assert logits.shape == (1, 1, 32, 40) and beta == pytest.approx(2.0)
    assert logits[0, 0, 8, 10] == logits.max() == 0
    assert (logits == 0).sum() == 1, "the hard argmax has one answer"
    assert logits[0, 0, 10, 32] == pytest.approx(-0.1)


def test_beta_covers_soft_to_hard() -> None:
    slider = explore_soft_argmax(some_position).sliders["beta"]
    assert isinstance(slider, FloatLogSlider)
    assert (slider.base**slider.min, slider.base**slider.max) == (0.01, 100)
    assert slider.value == 1.0


class Fragile:
    """A student's function that fails for large values."""

    __name__ = "gaussian_heatmap"

    def __call__(self, joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
        if sigma > 5:
            raise ValueError("sigma <too> large")
        return some_map(joint, size, sigma)


def test_an_error_while_sliding_is_shown_and_raised_and_goes_away() -> None:
    explorer = explore_heatmap(Fragile())
    assert explorer.message.layout.display == "none"
    with pytest.raises(ValueError, match="sigma <too> large"):
        explorer.sliders["sigma"].value = 6.0
    assert "ValueError: sigma &lt;too&gt; large" in explorer.message.value
    assert "line" in explorer.message.value, "the traceback says where"
    assert explorer.message.layout.display != "none"
    assert explorer.picture.layout.display == "none", "a picture of other values would mislead"
    explorer.sliders["sigma"].value = 2.0
    assert explorer.message.value == "" and explorer.message.layout.display == "none"
    assert explorer.picture.layout.display != "none"


def test_an_error_at_the_start_is_raised() -> None:
    def not_written(*_: Any, **__: Any) -> Tensor:
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        explore_heatmap(not_written)
    with pytest.raises(NotImplementedError):
        explore_soft_argmax(not_written)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "wrong must return a tensor, but it returned a NoneType"),
        (torch.zeros(40, 32), r"wrong must return a tensor of shape \(32, 40\), but .* \(40, 32\)"),
    ],
)
def test_a_result_of_another_kind_is_named(result: object, words: str) -> None:
    def wrong(joint: Tensor, size: tuple[int, int], sigma: float) -> object:
        return result

    with pytest.raises(TypeError, match=words):
        explore_heatmap(wrong)  # type: ignore[arg-type]


def test_readers_without_widgets_see_the_first_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = explore_heatmap(some_map)
    first = explorer.picture.value
    explorer.sliders["sigma"].value = 6.0
    shown: list[dict[str, Any]] = []
    words: list[str] = []

    def display(bundle: dict[str, Any], raw: bool, metadata: dict[str, dict[str, str]]) -> None:
        shown.append(bundle)
        words.append(metadata["image/png"]["alt"])

    monkeypatch.setattr("IPython.display.display", display)
    explorer._ipython_display_()
    (bundle,) = shown
    assert "sigma 3.0" in words[0]
    assert base64.b64decode(bundle["image/png"]) == first
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view == {"version_major": 2, "version_minor": 0, "model_id": explorer.model_id}


def test_only_core_widgets_that_both_versions_have() -> None:
    explorers = (explore_heatmap(some_map), explore_soft_argmax(some_position))
    kinds = {type(child) for explorer in explorers for child in explorer.children}
    assert {kind.__name__ for kind in kinds} == {"FloatSlider", "FloatLogSlider", "HTML", "Image"}
    assert all(kind.__module__.startswith("ipywidgets.widgets.") for kind in kinds)


def gaussian(joint: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    x, y = torch.arange(size[1]), torch.arange(size[0])[:, None]
    return torch.exp(-((x - joint[0]) ** 2 + (y - joint[1]) ** 2) / (2 * sigma**2))


def soft_argmax(logits: Tensor, beta: float) -> Tensor:
    p = torch.softmax(beta * logits.flatten(2), -1).view_as(logits)
    x = (p.sum(-2) * torch.arange(logits.shape[-1])).sum(-1)
    y = (p.sum(-1) * torch.arange(logits.shape[-2])).sum(-1)
    return torch.stack([x, y], -1)


def test_a_moved_slider_redraws_within_a_tenth_of_a_second() -> None:
    explorers = (
        (explore_heatmap(gaussian), "sigma", [1.0, 2.0, 4.0, 5.0]),
        (explore_soft_argmax(soft_argmax), "beta", [2.0, 3.0, 5.0, 8.0]),
        (explore_soft_argmax(soft_argmax), "second_peak", [-1.0, -2.0, -3.0, -3.5]),
    )
    for explorer, name, values in explorers:
        seconds = []
        for value in values:
            start = time.process_time()
            explorer.sliders[name].value = value
            seconds.append(time.process_time() - start)
        # The fastest: what else runs on the machine only ever makes it slower.
        assert min(seconds) < 0.1, name


def test_what_moves_is_drawn_as_if_it_had_always_been_there() -> None:
    moved, fresh = explore_heatmap(gaussian), explore_heatmap(gaussian)
    for explorer in (moved, fresh):
        explorer.sliders["x"].value = 30.0
    moved.sliders["x"].value = 3.0
    moved.sliders["x"].value = 30.0
    assert moved.picture.value == fresh.picture.value


def test_a_map_that_is_too_high_gets_axes_that_fit() -> None:
    explorer = explore_heatmap(lambda *arguments: 7 * gaussian(*arguments))
    assert explorer.picture.value != explore_heatmap(gaussian).picture.value
    explorer.sliders["sigma"].value = 4.0
    assert explorer.message.value == ""
