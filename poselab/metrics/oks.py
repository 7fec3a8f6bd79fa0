"""COCO's keypoint metrics, by COCO's own program."""

from __future__ import annotations

import contextlib
import io
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float, Int64
from torch import Tensor

KEYPOINTS = 17


@dataclass(frozen=True)
class PeoplePredictions:
    """Predicted people, one for each annotation that was looked at.

    Args:
        annotation: the annotations' ids.
        image: the ids of the images that they are in.
        keypoints: x and y in pixels of the original image, and a score for each keypoint. COCO's
            program reads x and y alone.
        score: how sure the network is of each person; it ranks the people of all images.
    """

    annotation: Int64[Tensor, " person"]
    image: Int64[Tensor, " person"]
    keypoints: Float[Tensor, "person 17 3"]
    score: Float[Tensor, " person"]


@dataclass(frozen=True)
class KeypointMetrics:
    """Average precision and recall over thresholds of OKS, from 0 to 1.

    OKS, the object keypoint similarity, is the mean of exp(-d^2 / (2 s^2 k^2)) over a person's
    labelled keypoints, v > 0: d is the distance in pixels, s^2 the area of the person's annotation,
    and k twice the keypoint's sigma, which says how much annotators differ. A measure is nan where
    no person in the images is of its kind.

    Args:
        ap: the mean over OKS thresholds 0.50, 0.55 ... 0.95.
        ap50: at 0.50.
        ap75: at 0.75.
        ap_medium: of people with an area of 32^2 to 96^2 pixels.
        ap_large: of larger people.
        ar: the recall, averaged like ``ap``.
        ar50: at 0.50.
        ar75: at 0.75.
        ar_medium: of medium people.
        ar_large: of large people.
        images: how many images were evaluated.
        people: how many people in them have keypoints and are not a crowd.
    """

    ap: float
    ap50: float
    ap75: float
    ap_medium: float
    ap_large: float
    ar: float
    ar50: float
    ar75: float
    ar_medium: float
    ar_large: float
    images: int
    people: int


def keypoint_metrics(
    predictions: PeoplePredictions, annotations: Path, *, everyone: bool = True
) -> KeypointMetrics:
    """Evaluate predictions with pycocotools, quietly.

    Only the images that predictions are in are evaluated.

    Args:
        predictions: of people in the file's images.
        annotations: the file with the true keypoints, as ``person_keypoints_val2017.json``.
        everyone: whether people in these images for whom there is no prediction count as missed, as
            COCO's rules have it. Else only those who were looked at count.

    Returns:
        COCO's ten numbers.

    Raises:
        ImportError: pycocotools is not installed.
        ValueError: there are no predictions, a number in them is not finite, or they are of
            annotations or images that are not in the file.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise ImportError(
            "COCO's keypoint metrics need pycocotools; install it with `pip install pycocotools`."
        ) from error

    content = json.loads(annotations.read_text(encoding="utf-8"))
    _require_known(predictions, content, annotations)
    looked_at = set(predictions.annotation.tolist())
    images = sorted(set(predictions.image.tolist()))
    if not everyone:
        content["annotations"] = [a for a in content["annotations"] if a["id"] in looked_at]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = content
        truth.createIndex()
        results = truth.loadRes(_as_results(predictions, content))
        evaluation = COCOeval(truth, results, "keypoints")
        evaluation.params.imgIds = images
        evaluation.params.catIds = [_person(content)]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    people = sum(
        annotation["image_id"] in set(images)
        and not annotation.get("iscrowd")
        and annotation["num_keypoints"] > 0
        for annotation in content["annotations"]
    )
    # COCO's program writes -1 where there is nothing to measure.
    numbers: Any = [float(number) if number >= 0 else math.nan for number in evaluation.stats]
    return KeypointMetrics(*numbers, len(images), people)


def _require_known(
    predictions: PeoplePredictions, content: dict[str, Any], annotations: Path
) -> None:
    people = len(predictions.annotation)
    shapes = [tuple(part.shape) for part in vars(predictions).values()]
    if shapes != [(people,), (people,), (people, KEYPOINTS, 3), (people,)]:
        raise ValueError(
            f"Predictions of shapes {', '.join(map(str, shapes))} do not go together; give one id "
            f"of each kind, {KEYPOINTS} keypoints and one score for each person."
        )
    if not people:
        raise ValueError("There are no predictions to evaluate; predict at least one person.")
    if not bool(torch.cat([predictions.keypoints.flatten(), predictions.score]).isfinite().all()):
        raise ValueError("A predicted position or score is nan or infinite; look where it is from.")
    where = {annotation["id"]: annotation["image_id"] for annotation in content["annotations"]}
    pairs = zip(predictions.annotation.tolist(), predictions.image.tolist(), strict=True)
    for annotation, image in pairs:
        if where.get(annotation) != image:
            raise ValueError(
                f"{annotations.name} has no annotation {annotation} in image {image}; evaluate "
                "predictions with the file that they were made for."
            )


def _person(content: dict[str, Any]) -> int:
    """The id of the category that has keypoints."""
    return next(int(c["id"]) for c in content["categories"] if c["name"] == "person")


def _as_results(predictions: PeoplePredictions, content: dict[str, Any]) -> list[dict[str, Any]]:
    """Predictions as a COCO results file has them."""
    person = _person(content)
    rows = zip(
        predictions.image.tolist(),
        predictions.keypoints.detach().double().flatten(1).tolist(),
        predictions.score.detach().double().tolist(),
        strict=True,
    )
    return [
        {"image_id": image, "category_id": person, "keypoints": keypoints, "score": score}
        for image, keypoints, score in rows
    ]
