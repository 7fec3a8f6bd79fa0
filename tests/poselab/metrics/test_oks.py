from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from poselab.metrics.oks import KeypointMetrics, PeoplePredictions, keypoint_metrics

pytest.importorskip("pycocotools")

SIGMAS = torch.tensor(
    [.26, .25, .25, .35, .35, .79, .79, .72, .72, .62, .62, 1.07, 1.07, .87, .87, .89, .89]
) / 10  # fmt: skip
MEDIUM, LARGE = 50.0**2, 200.0**2


def person(number: int, image: int, area: float, seed: int = 0) -> dict[str, Any]:
    generator = torch.Generator().manual_seed(100 * seed + number)
    x, y = 100 + 80 * torch.rand(2, 17, generator=generator)
    keypoints = torch.stack([x, y, torch.full((17,), 2.0)], dim=-1)
    return {
        "id": number, "image_id": image, "category_id": 1, "area": area, "iscrowd": 0,
        "bbox": [90.0, 90.0, 100.0, 100.0], "num_keypoints": 17,
        "keypoints": keypoints.flatten().tolist(),
    }  # fmt: skip


def write(folder: Path, *people: dict[str, Any]) -> Path:
    path = folder / "person_keypoints_val2017.json"
    images = [
        {"id": i, "width": 300, "height": 300} for i in sorted({p["image_id"] for p in people})
    ]
    content = {
        "images": images,
        "categories": [{"id": 1, "name": "person"}],
        "annotations": list(people),
    }
    path.write_text(json.dumps(content))
    return path


def perfect(*people: dict[str, Any]) -> PeoplePredictions:
    keypoints = torch.tensor([p["keypoints"] for p in people]).reshape(-1, 17, 3)
    return PeoplePredictions(
        annotation=torch.tensor([p["id"] for p in people]),
        image=torch.tensor([p["image_id"] for p in people]),
        keypoints=keypoints,
        score=torch.linspace(0.9, 0.5, len(people)),
    )


def moved(predictions: PeoplePredictions, areas: torch.Tensor, sigmas: float) -> PeoplePredictions:
    """Each keypoint to the right, by so many of its sigmas times the root of the area."""
    keypoints = predictions.keypoints.clone()
    keypoints[..., 0] += sigmas * SIGMAS * areas.sqrt()[:, None]
    return replace(predictions, keypoints=keypoints)


def test_perfect_predictions_have_everything(tmp_path: Path) -> None:
    people = person(1, 7, MEDIUM), person(2, 7, LARGE), person(3, 8, LARGE)
    result = keypoint_metrics(perfect(*people), write(tmp_path, *people))
    assert result == KeypointMetrics(*[pytest.approx(1.0)] * 10, images=2, people=3)


@pytest.mark.parametrize(("oks", "thresholds"), [(math.exp(-1 / 2), 3), (0.74, 5), (0.97, 10)])
def test_an_offset_has_the_oks_of_the_formula(tmp_path: Path, oks: float, thresholds: int) -> None:
    # d = 2 sigma sqrt(area) is one k s: exp(-1/2) = 0.6065, above 0.50, 0.55 and 0.60 alone.
    people = person(1, 7, MEDIUM), person(2, 8, LARGE)
    sigmas = 2 * math.sqrt(-2 * math.log(oks))
    predictions = moved(perfect(*people), torch.tensor([MEDIUM, LARGE]), sigmas)
    result = keypoint_metrics(predictions, write(tmp_path, *people))
    assert result.ap == pytest.approx(thresholds / 10) and result.ar == pytest.approx(result.ap)
    assert result.ap50 == pytest.approx(1)
    assert result.ap75 == pytest.approx(float(oks >= 0.75))


def test_oks_is_exp_of_minus_a_half(tmp_path: Path) -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    one = person(1, 7, LARGE)
    predictions = moved(perfect(one), torch.tensor([LARGE]), 2.0)
    truth = COCO(str(write(tmp_path, one)))
    keypoints = predictions.keypoints.flatten().tolist()
    row = {"image_id": 7, "category_id": 1, "keypoints": keypoints, "score": 1.0}
    evaluation = COCOeval(truth, truth.loadRes([row]), "keypoints")
    evaluation.evaluate()
    assert evaluation.ious[7, 1].item() == pytest.approx(math.exp(-1 / 2), abs=1e-5)


def test_hidden_keypoints_count_and_unlabelled_ones_do_not(tmp_path: Path) -> None:
    one = person(1, 7, LARGE)
    one["keypoints"][2], one["keypoints"][5] = 1, 0
    one["num_keypoints"] = 16
    predictions = perfect(one)
    predictions.keypoints[0, 1, :2] += 1000
    assert keypoint_metrics(predictions, write(tmp_path, one)).ap == pytest.approx(1)
    predictions.keypoints[0, 0, :2] += 1000
    # 15 of 16 are right: 0.9375 passes all thresholds but 0.95.
    assert keypoint_metrics(predictions, write(tmp_path, one)).ap == pytest.approx(0.9)


def test_medium_and_large_people_are_told_apart_by_their_area(tmp_path: Path) -> None:
    people = person(1, 7, MEDIUM), person(2, 8, LARGE)
    predictions = perfect(*people)
    predictions.keypoints[0, :, 0] += 500
    result = keypoint_metrics(predictions, write(tmp_path, *people))
    assert (result.ap_medium, result.ar_medium) == (0, 0)
    assert result.ap_large == pytest.approx(1) and result.ar_large == pytest.approx(1)
    assert result.ar == pytest.approx(0.5)


def test_without_medium_people_their_measures_are_nan(tmp_path: Path) -> None:
    one = person(1, 7, LARGE)
    result = keypoint_metrics(perfect(one), write(tmp_path, one))
    assert math.isnan(result.ap_medium) and math.isnan(result.ar_medium)
    assert result.ap_large == pytest.approx(1)


def test_only_images_with_predictions_are_evaluated(tmp_path: Path) -> None:
    people = person(1, 7, LARGE), person(2, 7, LARGE), person(3, 9, LARGE)
    path = write(tmp_path, *people)
    result = keypoint_metrics(perfect(people[0]), path)
    # The other one in the image is missed, the one in the other image is no question.
    assert (result.images, result.people) == (1, 2) and result.ar == pytest.approx(0.5)
    result = keypoint_metrics(perfect(people[0]), path, everyone=False)
    assert (result.images, result.people) == (1, 1) and result.ar == pytest.approx(1)


def test_scores_rank_people_over_all_images(tmp_path: Path) -> None:
    people = person(1, 7, LARGE), person(2, 8, LARGE)
    wrong_first = perfect(*people)
    wrong_first.keypoints[0, :, 0] += 500
    path = write(tmp_path, *people)
    wrong_last = replace(wrong_first, score=wrong_first.score.flip(0))
    assert keypoint_metrics(wrong_last, path).ap > keypoint_metrics(wrong_first, path).ap


def test_nothing_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = person(1, 7, LARGE)
    keypoint_metrics(perfect(one), write(tmp_path, one))
    assert capsys.readouterr() == ("", "")


def test_what_cannot_be_evaluated_is_refused(tmp_path: Path) -> None:
    one = person(1, 7, LARGE)
    path, right = write(tmp_path, one), perfect(one)
    with pytest.raises(ValueError, match="no annotation 1 in image 8"):
        keypoint_metrics(replace(right, image=torch.tensor([8])), path)
    with pytest.raises(ValueError, match="do not go together"):
        keypoint_metrics(replace(right, score=torch.ones(2)), path)
    with pytest.raises(ValueError, match="nan or infinite"):
        keypoint_metrics(replace(right, score=torch.tensor([math.nan])), path)
    with pytest.raises(ValueError, match="no predictions"):
        nobody = PeoplePredictions(
            right.annotation[:0], right.image[:0], right.keypoints[:0], right.score[:0]
        )
        keypoint_metrics(nobody, path)


def test_without_pycocotools_a_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = person(1, 7, LARGE)
    path = write(tmp_path, one)
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    with pytest.raises(ImportError, match="pip install pycocotools"):
        keypoint_metrics(perfect(one), path)
