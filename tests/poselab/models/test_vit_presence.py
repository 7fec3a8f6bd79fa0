"""vit_presence's specification: both sizes and any stride pass, and defects get their sentence."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from hypothesis import given
from hypothesis import strategies as st
from onnx import ModelProto
from torch import nn
from torch.nn import functional

from poselab.datasets.coco import normalise_images
from poselab.models.examination import check_names
from poselab.models.predictor import Predictor
from poselab.models.specification import (
    BrokenError,
    ModelSpec,
    Size,
    TensorSpec,
    specification_for,
)
from poselab.models.verify import agreement, verify_apart, verify_model
from poselab.models.vit_presence import (
    HEATMAPS_NAME,
    INPUT_NAME,
    PRESENCE_NAME,
    SIZES,
    SPEC,
    example_images,
    require_probabilities,
)
from poselab.skeletons import COCO
from tests.poselab.models import vit_presence_files as made


def save(folder: Path, model: ModelProto) -> Path:
    path = folder / SPEC.file
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(("size", "stride"), [(96, 1), (96, 4), (96, 96), (224, 7), (224, 16)])
def test_right_models_pass_every_check(size: int, stride: int, tmp_path: Path) -> None:
    path = save(tmp_path, made.model(size, stride))
    assert specification_for(path) is SPEC
    report = verify_model(path)
    assert report.passed, str(report)
    assert tuple(check.name for check in report.checks) == check_names(SPEC)
    said = {check.name: check.sentence for check in report.checks}
    cells = size // stride
    assert said["interface"] == (
        f"It maps image (batch, 3, {size}, {size}) to heatmaps (batch, 17, {cells}, {cells}), "
        "presence (batch, 17)."
    )


def test_maps_whose_size_an_exporter_left_open_pass(tmp_path: Path) -> None:
    model = made.model(maps=("batch", 17, "rows", "columns"))
    report = verify_model(save(tmp_path, model))
    assert report.passed, str(report)
    assert "heatmaps (batch, 17, map, map)" in str(report)


def test_the_command_says_the_same(tmp_path: Path) -> None:
    path = save(tmp_path, made.model())
    assert verify_apart(path).checks == verify_model(path).checks


@pytest.mark.parametrize("name", made.WRONG)
def test_each_defect_gets_its_sentence(name: str, tmp_path: Path) -> None:
    make, check, words = made.WRONG[name]
    report = verify_model(save(tmp_path, make()))
    assert not report.passed
    (failure,) = report.failures
    assert (failure.name, failure.cause) == (check, "specification"), failure
    assert words in failure.sentence
    assert failure.sentence.endswith(".") and "\n" not in failure.sentence


def test_it_agrees_with_the_course() -> None:
    assert SPEC.outputs[0].shape[0] == SPEC.outputs[1].shape[0] == len(COCO)
    bytes_ = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 3, 4, 4)
    black, white = normalise_images(bytes_)
    assert black.unique().tolist() == [-1] and white.unique().tolist() == [1]


@pytest.mark.parametrize("size", SIZES)
def test_examples(size: int) -> None:
    images = example_images(5, size)[INPUT_NAME]
    assert (images.shape, images.dtype) == ((5, 3, size, size), np.float32)
    assert images.min() >= -1 and images.max() <= 1
    np.testing.assert_array_equal(example_images(2, size)[INPUT_NAME], images[:2])


def test_probabilities() -> None:
    require_probabilities(np.float32([[0, 0.3, 1]]))
    require_probabilities(np.empty((0, 17), np.float32))
    for wrong, said in (([-0.2, 0.5], "-0.2"), ([0.5, 1.01], "1.01"), ([-3, 7], "-3")):
        with pytest.raises(BrokenError, match=f"from 0 to 1, but holds {said}; apply the sigmoid"):
            require_probabilities(np.float32(wrong))


class SmallNetwork(nn.Module):
    """What the right model is made of."""

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        cells = functional.avg_pool2d(images, 4)
        maps = torch.einsum("bcij,kc->bkij", cells, torch.tensor(made.WEIGHTS))
        return maps, maps.mean((2, 3)).sigmoid()


def test_an_exported_file_is_compared_in_all_outputs(tmp_path: Path) -> None:
    images = example_images(6, 96)[INPUT_NAME]
    path = save(tmp_path, made.model())
    assert agreement(SmallNetwork(), path, images) < 1e-5
    other = save(tmp_path, made.logits())
    assert agreement(SmallNetwork(), other, images) > 0.1


MAPS = TensorSpec("maps", "float32", (2, "rows", "columns"), kept="peaks")


@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    seed=st.integers(0, 99),
    stride=st.sampled_from([1, 4, 16]),
)
def test_peaks_are_where_the_maxima_are(height: int, width: int, seed: int, stride: int) -> None:
    """In pixels they are at (i + 0.5) * stride - 0.5."""
    # Few different values, so that there are several maxima.
    maps = np.random.default_rng(seed).integers(-2, 2, (3, 2, height, width)).astype(np.float32)
    peaks = MAPS.keep(maps)
    assert (peaks.shape, peaks.dtype) == ((3, 2, 2), np.float32)
    for sample in range(3):
        for keypoint in range(2):
            best = max(
                (maps[sample, keypoint, i, j], -i, -j) for i in range(height) for j in range(width)
            )
            pixels = peaks[sample, keypoint] * (width * stride, height * stride) - 0.5
            right = [(-place + 0.5) * stride - 0.5 for place in (best[2], best[1])]
            np.testing.assert_allclose(pixels, right, atol=1e-4)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_map_that_is_not_finite_has_no_peak(value: float) -> None:
    maps = np.zeros((2, 2, 3, 4), np.float32)
    maps[1, 0, 2, 1] = value
    peaks = MAPS.keep(maps)
    assert np.isnan(peaks[1, 0]).all()
    assert np.isfinite(peaks[0]).all() and np.isfinite(peaks[1, 1]).all()


def test_all_is_kept_of_other_outputs() -> None:
    output = np.zeros((2, 17), np.float32)
    assert SPEC.outputs[1].keep(output) is output
    assert SPEC.outputs[0].kept_shape == (17, 2)


def test_choices() -> None:
    assert SPEC.choices == ({"size": 96}, {"size": 224})
    small = SPEC.at({"size": 96})
    assert small.choices == ({},)
    assert small.inputs[0].shape == (3, 96, 96)
    assert small.outputs[0].shape == (17, "map", "map")
    assert small.sizes == (Size("map", (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 96)),)
    assert small.examples(2)[INPUT_NAME].shape == (2, 3, 96, 96)
    assert small.checks[0].inputs()[INPUT_NAME].shape == (8, 3, 96, 96)
    done = small.at({"map": 24})
    assert done.outputs[0].shape == (17, 24, 24) and done.sizes == ()
    assert done.examples(1)[INPUT_NAME].shape == (1, 3, 96, 96)
    assert done.at({}) is done
    assert SPEC.run_on(example_images(1, 224)).inputs[0].shape == (3, 224, 224)
    assert SPEC.run_on({INPUT_NAME: np.zeros((1, 3, 7, 7))}) is SPEC


def test_shapes_that_fit() -> None:
    small = SPEC.at({"size": 96})
    (image,), (maps, presence) = SPEC.inputs, small.outputs
    assert SPEC.fitted(image, (3, 96, 96)).inputs == small.inputs
    for shape in ((3, 96, 224), (3, 128, 128), (1, 96, 96), (96, 96), (3, 96, 96, 1), ()):
        assert SPEC.fitted(image, shape) is None, shape
    assert small.fitted(maps, (17, 24, 24)).outputs[0].shape == (17, 24, 24)
    assert small.fitted(maps, (17, "a", 24)).outputs[0].shape == (17, 24, 24)
    assert small.fitted(maps, (17, "a", "b")) is small
    for shape in ((17, 24, 48), (17, 25, 25), (17, 0, 0), (17, 192, 192), (16, 24, 24)):
        assert small.fitted(maps, shape) is None, shape
    assert small.fitted(presence, (17,)) is small


def test_it_travels() -> None:
    data = json.loads(json.dumps(SPEC.as_data() | {"examples": None, "checks": ()}))
    there = ModelSpec.from_data(data, *(example_images(5, size) for size in SIZES))
    assert (there.inputs, there.outputs, there.sizes) == (SPEC.inputs, SPEC.outputs, SPEC.sizes)
    for size in SIZES:
        given_there = there.at({"size": size}).examples(2)[INPUT_NAME]
        np.testing.assert_array_equal(given_there, example_images(2, size)[INPUT_NAME])


def test_a_predictor_keeps_what_is_asked_for() -> None:
    files = {SPEC.file: made.model(224, 16).SerializeToString()}
    images = example_images(6, 224)
    whole = Predictor(files, SPEC).predict(images)
    kept = Predictor(files, SPEC).predict(images, whole=False)
    assert whole[HEATMAPS_NAME].shape == (6, 17, 14, 14)
    np.testing.assert_array_equal(kept[HEATMAPS_NAME], SPEC.outputs[0].keep(whole[HEATMAPS_NAME]))
    np.testing.assert_array_equal(kept[PRESENCE_NAME], whole[PRESENCE_NAME])
    cells = images[INPUT_NAME].reshape(6, 3, 14, 16, 14, 16).mean((3, 5))
    expected = np.einsum("bcij,kc->bkij", cells, made.WEIGHTS)
    np.testing.assert_allclose(whole[HEATMAPS_NAME], expected, atol=1e-5)
    none = Predictor(files, SPEC).predict({INPUT_NAME: images[INPUT_NAME][:0]}, whole=False)
    assert none[HEATMAPS_NAME].shape == (0, 17, 2)
