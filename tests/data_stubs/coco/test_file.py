from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from data_stubs.__main__ import main
from data_stubs.blocks import in_order
from data_stubs.coco import CocoFiles, ensure_coco, ensure_held_out
from data_stubs.coco import file as module
from data_stubs.coco.annotations import (
    SMALL,
    TINY,
    AnnotatedImage,
    annotate,
    bounding_box,
    polygons,
    run_lengths,
)
from data_stubs.coco.file import UnexpectedFileError, annotated_images
from data_stubs.coco.scenes import Scenes, make_block
from data_stubs.scene.rendering import NOBODY
from poselab.datasets.coco import CROWD, NO_KEYPOINTS, load_coco
from poselab.skeletons import COCO

SEED = 3
COUNTS = {"count": 30, "validation_count": 6}

# pycocotools is older than NumPy 2.
pytestmark = pytest.mark.filterwarnings("ignore:__array__:DeprecationWarning")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> CocoFiles:
    return ensure_coco(tmp_path_factory.mktemp("data") / "coco", **COUNTS, seed=SEED)


@pytest.fixture
def copied(files: CocoFiles, tmp_path: Path) -> CocoFiles:
    return CocoFiles(shutil.copytree(files.folder, tmp_path / "coco"))


@pytest.fixture(scope="module")
def crowded() -> Scenes:
    """A few images with crowds, by a single thread."""
    (made,) = in_order(lambda block: make_block(0, 0, block, 4), [7])
    return made


@pytest.fixture
def unrendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """One image again and again, where it does not matter what the files show."""
    (image,) = annotate(one_person(SMALL))

    def again(seed: int, part: str) -> Iterator[AnnotatedImage]:
        while True:
            yield image

    monkeypatch.setattr(module, "annotated_images", again)


def content(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text())


# The files


def test_the_names_are_those_of_the_real_data_set(files: CocoFiles) -> None:
    assert sorted(path.name for path in files.folder.iterdir()) == [
        "annotations",
        "train2017",
        "val2017",
    ]
    assert sorted(path.name for path in (files.folder / "annotations").iterdir()) == [
        "person_keypoints_train2017.json",
        "person_keypoints_val2017.json",
    ]
    for part in (files.training, files.validation):
        names = [image["file_name"] for image in content(part.annotations)["images"]]
        assert names[0] == "000000000001.jpg"
        assert sorted(path.name for path in part.images.iterdir()) == names


def test_images_are_jpeg(files: CocoFiles) -> None:
    for entry in content(files.training.annotations)["images"][:20]:
        with Image.open(files.training.images / entry["file_name"]) as image:
            image.load()
            assert (image.format, image.mode) == ("JPEG", "RGB")
            assert image.size == (entry["width"], entry["height"])
            # Quality 90: the standard tables, scaled by a fifth.
            assert image.quantization[0][0] == 3
        assert entry["id"] == int(entry["file_name"][:12])
    drawn = next(annotated_images(SEED, "train2017"))
    assert (files.training.images / "000000000001.jpg").read_bytes() == drawn.jpeg
    shown = np.asarray(Image.open(io.BytesIO(drawn.jpeg))).astype(float)
    (scenes,) = in_order(lambda block: make_block(SEED, 0, block, 1), [0])
    assert np.abs(shown - scenes.images[0].permute(1, 2, 0).numpy()).mean() < 5


def test_the_annotations_are_like_the_real_ones(files: CocoFiles) -> None:
    for part in (files.training, files.validation):
        file = content(part.annotations)
        assert set(file) == {"info", "licenses", "images", "annotations", "categories"}
        (category,) = file["categories"]
        assert (category["id"], category["name"]) == (1, "person")
        assert category["keypoints"][:3] == ["nose", "left_eye", "right_eye"]
        assert len(category["keypoints"]) == 17 and len(category["skeleton"]) == 19
        assert {tuple(sorted(bone)) for bone in category["skeleton"]} == REAL_SKELETON
        images = {image["id"] for image in file["images"]}
        assert [entry["id"] for entry in file["annotations"]] == list(
            range(1, len(file["annotations"]) + 1)
        )
        for entry in file["annotations"]:
            labels = np.array(entry["keypoints"]).reshape(17, 3)
            assert entry["image_id"] in images and entry["category_id"] == 1
            assert set(labels[:, 2].tolist()) <= {0, 1, 2}
            assert entry["num_keypoints"] == (labels[:, 2] > 0).sum()
            assert (labels[labels[:, 2] == 0] == 0).all()
            assert labels.dtype == int
            assert type(entry["area"]) is float and entry["area"] >= TINY
            if entry["area"] < SMALL:
                assert entry["num_keypoints"] == 0


# From person_keypoints_val2017.json.
REAL_SKELETON = {
    (14, 16), (12, 14), (15, 17), (13, 15), (12, 13), (6, 12), (7, 13), (6, 7), (6, 8), (7, 9),
    (8, 10), (9, 11), (2, 3), (1, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7),
}  # fmt: skip


def test_as_many_people_as_asked_for(files: CocoFiles) -> None:
    for part, count in ((files.training, 30), (files.validation, 6)):
        file = content(part.annotations)
        per_image: dict[int, int] = {}
        for entry in file["annotations"]:
            with_keypoints = entry["num_keypoints"] > 0
            per_image[entry["image_id"]] = per_image.get(entry["image_id"], 0) + with_keypoints
        n_people = sum(per_image.values())
        # Without the last image there would be too few.
        last = file["images"][-1]["id"]
        assert n_people - per_image[last] < count <= n_people


def test_the_course_reads_it(files: CocoFiles) -> None:
    for part, count in ((files.training, 30), (files.validation, 6)):
        crops = load_coco(*part, (32, 32), count)
        assert len(crops) == count
        assert set(crops.skipped) <= {NO_KEYPOINTS, CROWD}
        present = crops.keypoints[..., 2] > 0
        x, y = crops.keypoints[..., :2].unbind(-1)
        # Keypoints lie in their box, or next to it.
        assert ((x > -0.5) & (x < 31.5) & (y > -0.5) & (y < 31.5))[present].all()


def test_the_same_arguments_give_the_same_files(files: CocoFiles, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        fewer = ensure_coco(tmp_path / "x", count=12, validation_count=6, seed=SEED)
    finally:
        torch.set_num_threads(before)
    again, first = content(fewer.validation.annotations), content(files.validation.annotations)
    assert again == first
    # Fewer people are the first of more.
    some, many = content(fewer.training.annotations), content(files.training.annotations)
    assert len(some["images"]) < len(many["images"])
    for name in ("images", "annotations"):
        assert many[name][: len(some[name])] == some[name]
    for path in fewer.training.images.iterdir():
        assert path.read_bytes() == (files.training.images / path.name).read_bytes()


def test_parts_and_seeds_show_other_people(files: CocoFiles) -> None:
    others = [(SEED, 2), (SEED + 1, 0)]
    pictures = [annotate(scenes)[0].jpeg for scenes in in_order(first_image, others)]
    for part in (files.training, files.validation):
        pictures.append((part.images / "000000000001.jpg").read_bytes())
    assert len(set(pictures)) == 4


def first_image(seed_and_part: tuple[int, int]) -> Scenes:
    return make_block(*seed_and_part, 0, 1)


def test_each_part_has_a_number_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = set()

    def render(seed: int, part: int, block: int, n_images: int) -> Scenes:
        rendered.add((seed, part))
        return one_person(SMALL)

    monkeypatch.setattr(module, "make_block", render)
    ensure_coco(tmp_path / "a", count=1, validation_count=1, seed=5)
    assert rendered == {(5, 0), (5, 1)}
    rendered.clear()
    held_out = ensure_held_out(tmp_path / "b", count=1, seed=6)
    assert rendered == {(6, 2)}
    assert held_out.annotations == tmp_path / "b/annotations/person_keypoints_held_out.json"
    assert (held_out.images / "000000000001.jpg").is_file()


# pycocotools


def read_by_pycocotools(path: Path) -> Any:
    coco = pytest.importorskip("pycocotools.coco")
    with contextlib.redirect_stdout(io.StringIO()):
        return coco.COCO(str(path))


def test_pycocotools_sees_the_same_masks(files: CocoFiles) -> None:
    data = read_by_pycocotools(files.training.annotations)
    assert data.getCatIds(catNms=["person"]) == [1]
    (scenes,) = in_order(lambda block: make_block(SEED, 0, block, 16), [0])
    for number, owner in enumerate(scenes.owner.numpy(), start=1):
        found = [data.annToMask(entry) for entry in data.loadAnns(data.getAnnIds(imgIds=number))]
        expected = [owner == person for person in range(3)]
        expected = [mask for mask in expected if mask.sum() >= TINY]
        assert len(found) == len(expected)
        for mask, true in zip(found, expected, strict=True):
            assert (mask != true).sum() <= 0.01 * true.sum()


def test_pycocotools_reads_crowds(crowded: Scenes, tmp_path: Path) -> None:
    annotated = annotate(crowded)
    entries = [
        {**entry, "id": 10 * number + i + 1, "image_id": number}
        for number, image in enumerate(annotated)
        for i, entry in enumerate(image.annotations)
    ]
    height, width = crowded.owner.shape[1:]
    images = [{"id": number, "height": height, "width": width} for number in range(len(annotated))]
    path = tmp_path / "x.json"
    file = {"info": {}, "images": images, "annotations": entries, "categories": [{"id": 1}]}
    path.write_text(json.dumps(file))
    data = read_by_pycocotools(path)
    found = data.loadAnns(data.getAnnIds(iscrowd=True))
    assert found
    people = crowded.crowd.nonzero().flatten().numpy()
    for entry in found:
        true = np.isin(crowded.owner[entry["image_id"]].numpy(), people)
        mask = data.annToMask(entry)
        assert (mask == true).all() and entry["area"] == true.sum()
        assert entry["num_keypoints"] == 0 and entry["keypoints"] == [0] * 51
        assert bounding_box(true) == entry["bbox"]
    # One annotation for all of a crowd.
    assert len({entry["image_id"] for entry in found}) == len(found)


def test_pycocotools_evaluates(files: CocoFiles) -> None:
    truth = read_by_pycocotools(files.validation.annotations)
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    people = [entry for entry in truth.dataset["annotations"] if entry["num_keypoints"] > 0]
    for shift, low, high in ((0, 0.999, 1.0), (40, 0.0, 0.3)):
        guesses = []
        for entry in people:
            labels = np.array(entry["keypoints"], dtype=float).reshape(17, 3)
            labels[:, :2] += shift
            guesses.append(
                {
                    "image_id": entry["image_id"],
                    "category_id": 1,
                    "keypoints": labels.flatten().tolist(),
                    "score": 1.0,
                }
            )
        with contextlib.redirect_stdout(io.StringIO()):
            run = evaluation.COCOeval(truth, truth.loadRes(guesses), "keypoints")
            run.evaluate()
            run.accumulate()
            run.summarize()
        assert low <= run.stats[0] <= high


# Masks


def drawn_area(outlines: list[list[float]]) -> float:
    """The area of polygons, by the shoelace formula."""
    total = 0.0
    for outline in outlines:
        corners = list(zip(outline[::2], outline[1::2], strict=True))
        pairs = zip(corners, corners[1:] + corners[:1], strict=True)
        total += abs(sum(x * v - u * y for (x, y), (u, v) in pairs)) / 2
    return total


def masks() -> dict[str, np.ndarray]:
    rows, columns = np.mgrid[:40, :50]
    distance = np.hypot(rows - 20, columns - 25)
    ring = (distance > 6) & (distance < 15)
    apart = ring & (np.abs(columns - 25) > 3)
    sieve = distance < 16
    sieve[::5, ::5] = False
    eye = ring | (distance < 3)
    whole = np.ones((40, 50), bool)
    return {"ring": ring, "apart": apart, "sieve": sieve, "eye": eye, "whole": whole}


@pytest.mark.parametrize("name", masks())
def test_polygons_outline_a_mask(name: str) -> None:
    mask = masks()[name]
    outlines = polygons(mask)
    assert all(len(outline) >= 6 for outline in outlines)
    assert drawn_area(outlines) == pytest.approx(mask.sum(), rel=0.05)
    encoder = pytest.importorskip("pycocotools.mask")
    found = encoder.decode(encoder.merge(encoder.frPyObjects(outlines, *mask.shape)))
    assert (found != mask).mean() < 0.01


def test_areas_of_people(files: CocoFiles) -> None:
    for entry in content(files.training.annotations)["annotations"]:
        if not entry["iscrowd"]:
            area = drawn_area(entry["segmentation"])
            assert area == pytest.approx(entry["area"], rel=0.05 if entry["area"] < SMALL else 0.01)


def test_a_polygon_has_no_idle_corners() -> None:
    mask = np.zeros((9, 9), bool)
    mask[2:6, 3:8] = True
    (outline,) = polygons(mask)
    assert len(outline) == 16
    assert bounding_box(mask) == [3.0, 2.0, 5.0, 4.0]


def test_run_lengths_begin_with_zeros() -> None:
    mask = np.array([[0, 1, 1], [0, 0, 1]], bool)
    assert run_lengths(mask) == [2, 1, 1, 2]
    assert run_lengths(~mask) == [0, 2, 1, 1, 2]
    assert run_lengths(np.zeros((2, 2), bool)) == [4]
    assert run_lengths(np.ones((2, 2), bool)) == [0, 4]


# Who is annotated


def one_person(area: int) -> Scenes:
    """Somebody of so many pixels, with all keypoints."""
    owner = torch.full((1, 64, 64), NOBODY)
    owner.view(-1)[:area] = 0
    keypoints = torch.zeros(1, 1, 17, 3)
    keypoints[..., 0], keypoints[..., 1], keypoints[..., 2] = 4.4, 0.6, 2
    return Scenes(
        images=torch.zeros(1, 3, 64, 64, dtype=torch.uint8),
        keypoints=keypoints,
        owner=owner,
        part=owner,
        distance=torch.ones(1, 64, 64),
        crowd=torch.tensor([False]),
    )


@pytest.mark.parametrize(
    ("area", "n_keypoints"), [(TINY - 1, None), (TINY, 0), (SMALL - 1, 0), (SMALL, 17)]
)
def test_small_people_have_no_keypoints(area: int, n_keypoints: int | None) -> None:
    (image,) = annotate(one_person(area))
    assert [entry["num_keypoints"] for entry in image.annotations] == (
        [] if n_keypoints is None else [n_keypoints]
    )
    assert image.n_people == bool(n_keypoints)
    if n_keypoints:
        assert image.annotations[0]["keypoints"] == [4, 1, 2] * 17
    elif n_keypoints is not None:
        assert image.annotations[0]["keypoints"] == [0] * 51


@pytest.mark.slow
def test_each_keypoint_is_present_in_about_half_of_the_people() -> None:
    people = []
    for image in annotated_images(0, "train2017"):
        people += [entry["keypoints"] for entry in image.annotations if entry["num_keypoints"]]
        if len(people) >= 300:
            break
    v = np.array(people).reshape(-1, 17, 3)[..., 2]
    present = (v > 0).mean(0)
    for joint, fraction in zip(COCO.joints, present, strict=True):
        assert 0.4 <= fraction <= 0.7, joint
    assert 0.03 < (v == 1).mean() < 0.2


def test_labels_agree_with_the_masks() -> None:
    (scenes,) = in_order(lambda block: make_block(SEED, 0, block, 16), [1])
    on_own, hidden_elsewhere, n_seen = 0, 0, 0
    for image, owner in zip(annotate(scenes), scenes.owner.numpy(), strict=True):
        persons = [person for person in range(3) if (owner == person).sum() >= TINY]
        for person, entry in zip(persons, image.annotations, strict=True):
            for x, y, v in np.array(entry["keypoints"]).reshape(17, 3).tolist():
                if v == 1:
                    hidden_elsewhere += owner[y, x] != person
                elif v == 2:
                    n_seen += 1
                    on_own += owner[y, x] == person
    # Hidden is what the own body hides; what can be seen is on the own body, or at its outline.
    assert hidden_elsewhere == 0 and n_seen > 50
    assert on_own > 0.85 * n_seen


# Finding them again


def test_what_is_there_is_not_written_again(
    copied: CocoFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "make_block", None)
    assert ensure_coco(copied.folder, **COUNTS, seed=SEED) == copied


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def remove(path: Path) -> None:
    path.unlink()


def of_others(path: Path) -> None:
    path.write_text('{"images": [], "info": {"description": "COCO 2017 Dataset"}}')


def no_object(path: Path) -> None:
    path.write_text("[3]")


ANNOTATIONS = "annotations/person_keypoints_train2017.json"
IMAGE = "val2017/000000000002.jpg"


@pytest.mark.parametrize(
    ("name", "harm", "words"),
    [
        (ANNOTATIONS, cut, f"{ANNOTATIONS} is cut short or no JSON"),
        (ANNOTATIONS, empty, "is cut short or no JSON"),
        (ANNOTATIONS, remove, f"{ANNOTATIONS} is missing"),
        (ANNOTATIONS, of_others, "was not written by data_stubs.coco"),
        (ANNOTATIONS, no_object, "was not written by data_stubs.coco"),
        (IMAGE, cut, f"{IMAGE} is cut short"),
        (IMAGE, empty, f"{IMAGE} is cut short"),
        (IMAGE, remove, f"{IMAGE} is missing"),
    ],
)
def test_another_folder(
    copied: CocoFiles, name: str, harm: Callable[[Path], None], words: str
) -> None:
    harm(copied.folder / name)
    with pytest.raises(UnexpectedFileError) as caught:
        ensure_coco(copied.folder, **COUNTS, seed=SEED)
    message = str(caught.value)
    assert words in message and "\n" not in message
    assert "delete the folder to have it written again" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"count": 31}, "says that its count is 30, expected 31"),
        ({"validation_count": 7}, "val2017.json says that its count is 6, expected 7"),
        ({"seed": 4}, "says that its seed is 3, expected 4"),
    ],
)
def test_written_for_something_else(files: CocoFiles, change: dict[str, int], words: str) -> None:
    with pytest.raises(UnexpectedFileError, match=words):
        ensure_coco(files.folder, **({**COUNTS, "seed": SEED} | change))


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UnexpectedFileError, match=r"train2017.json is missing"):
        ensure_coco(tmp_path, count=1, validation_count=1)
    (file,) = tmp_path.iterdir()
    with pytest.raises(UnexpectedFileError):
        ensure_coco(file, count=1, validation_count=1)
    assert file.read_text() == "x"


def test_an_empty_folder_will_do(tmp_path: Path, unrendered: None) -> None:
    files = ensure_coco(tmp_path, count=1, validation_count=1)
    assert files.folder == tmp_path and files.training.annotations.is_file()


@pytest.mark.parametrize(
    "arguments",
    [
        {"count": 0, "validation_count": 1},
        {"count": 1, "validation_count": 0},
        {"count": 1, "validation_count": 1, "seed": -1},
    ],
)
def test_requests_that_make_no_sense(tmp_path: Path, arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be at least"):
        ensure_coco(tmp_path / "x", **arguments)
    with pytest.raises(ValueError, match="count is 0; it must be at least 1"):
        ensure_held_out(tmp_path / "x", count=0)
    assert not any(tmp_path.iterdir())


def test_each_request_has_a_folder_of_its_own(
    tmp_path: Path, unrendered: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSELAB_DATA", str(tmp_path))
    folders = {
        ensure_coco(count=1, validation_count=1).folder,
        ensure_coco(count=2, validation_count=1).folder,
        ensure_coco(count=1, validation_count=1, seed=1).folder,
        ensure_held_out(count=1).images.parent,
    }
    assert len(folders) == 4 and all(folder.parent == tmp_path for folder in folders)
    assert len(list(tmp_path.iterdir())) == 4


def test_an_interrupted_writer_leaves_nothing(
    tmp_path: Path, unrendered: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: Any):
        yield from islice(images(*arguments), 3)
        raise KeyboardInterrupt

    images = module.annotated_images
    monkeypatch.setattr(module, "annotated_images", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ensure_coco(tmp_path / "coco", **COUNTS)
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_a_killed_writer_leaves_nothing_that_passes_for_complete(tmp_path: Path) -> None:
    folder = tmp_path / "coco"
    code = (
        "import sys; from data_stubs.coco import ensure_coco;"
        "ensure_coco(sys.argv[1], count=10**6, validation_count=1)"
    )
    root = Path(module.__file__).parents[2]
    writer = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], cwd=root, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("*/train2017/*.jpg")) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert list(tmp_path.glob("*/train2017/*.jpg"))
    finally:
        writer.kill()
        writer.wait()
    assert not folder.exists()
    files = ensure_coco(folder, count=1, validation_count=1)
    assert ensure_coco(folder, count=1, validation_count=1) == files


def test_somebody_else_was_faster(
    files: CocoFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "coco"

    def write(*arguments: Any) -> None:
        if not folder.exists():
            shutil.copytree(files.folder, folder)

    monkeypatch.setattr(module, "_write", write)
    assert ensure_coco(folder, **COUNTS, seed=SEED).folder == folder
    assert [path.name for path in tmp_path.iterdir()] == ["coco"]


def test_the_command_line(
    tmp_path: Path, unrendered: None, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "coco"
    arguments = ["coco", "--people", "2", "--validation-people", "1", "--out", str(out)]
    assert main(arguments) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert main([*arguments, "--seed", "2"]) == 1
    assert "says that its seed is 0, expected 2" in capsys.readouterr().err
