from __future__ import annotations

import copy
import json
import pickle
import random
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from poselab.datasets import coco as module
from poselab.datasets.coco import Crops, load_coco, normalise_images
from poselab.datasets.crops import PADDING, crop_image, region_around, to_crop, to_image
from poselab.datasets.errors import DatasetError
from poselab.skeletons import COCO

HEIGHT, WIDTH = 90, 120
NAMES = [joint.replace("-", "_") for joint in COCO.joints]
Content = dict[str, Any]


def keypoints(seed: int = 0) -> list[float]:
    """17 keypoints within the box (20, 10, 40, 60); v is 0, 1, 2, 0, 1, 2, ..."""
    numbers = np.random.default_rng(seed).integers((20, 10), (60, 70), (17, 2))
    rows = [[x, y, j % 3] if j % 3 else [0, 0, 0] for j, (x, y) in enumerate(numbers.tolist())]
    return [number for row in rows for number in row]


def person(identity: int, image: int = 1, **changes: Any) -> Content:
    labels = keypoints(identity)
    return {
        "id": identity,
        "image_id": image,
        "category_id": 1,
        "iscrowd": 0,
        "bbox": [20.0, 10.0, 40.0, 60.0],
        "area": 1000.5 + identity,
        "num_keypoints": 11,
        "keypoints": labels,
        "segmentation": [[20.0, 10.0, 60.0, 10.0, 60.0, 70.0]],
    } | changes


def image(identity: int, **changes: Any) -> Content:
    name = f"{identity:012}.jpg"
    return {"id": identity, "file_name": name, "height": HEIGHT, "width": WIDTH} | changes


def content(people: list[Content], images: list[Content] | None = None) -> Content:
    return {
        "info": {},
        "licenses": [],
        "images": images or [image(1), image(2)],
        "annotations": people,
        "categories": [{"id": 1, "name": "person", "keypoints": NAMES, "skeleton": []}],
    }


def pixels(seed: int = 0, channels: int = 3) -> np.ndarray:
    """Smooth colours, which JPEG hardly changes."""
    corners = np.random.default_rng(seed).integers(0, 256, (3, 4, channels), dtype=np.uint8)
    bands = [Image.fromarray(np.ascontiguousarray(corners[..., c])) for c in range(channels)]
    size, method = (WIDTH, HEIGHT), Image.Resampling.BICUBIC
    return np.stack([np.asarray(band.resize(size, method)) for band in bands], axis=-1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of images 1 to 6."""
    path = tmp_path / "train2017"
    path.mkdir()
    for number in range(1, 7):
        Image.fromarray(pixels(number)).save(path / f"{number:012}.jpg", quality=95)
    return path


@pytest.fixture
def load(folder: Path) -> Callable[..., Crops]:
    def load(file: Content, size: tuple[int, int] = (32, 24), **more: Any) -> Crops:
        path = folder.parent / "person_keypoints_train2017.json"
        path.write_text(json.dumps(file))
        return load_coco(path, folder, size, **more)

    return load


def by_annotation(crops: Crops) -> dict[int, int]:
    return {number: i for i, number in enumerate(crops.annotation.tolist())}


def same(one: Crops, other: Crops) -> bool:
    names = ("images", "keypoints", "annotation", "image", "box", "area")
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in names)


# What is loaded


def test_everything_of_a_person(load: Callable[..., Crops]) -> None:
    crops = load(content([person(7), person(9, 2)]))
    assert len(crops) == 2 and crops.size == (32, 24)
    assert {name: (tuple(getattr(crops, name).shape), getattr(crops, name).dtype)
            for name in ("images", "keypoints", "annotation", "image", "box", "area")} == {
        "images": ((2, 3, 32, 24), torch.uint8),
        "keypoints": ((2, 17, 3), torch.float32),
        "annotation": ((2,), torch.int64),
        "image": ((2,), torch.int64),
        "box": ((2, 4), torch.float32),
        "area": ((2,), torch.float32),
    }  # fmt: skip
    assert dict(crops.skipped) == {}
    # A box of 40 x 60 in a crop of 24 x 32 decides by its height: 75 pixels of the image on 32.
    wide, high = 75 * 24 / 32, 75
    for number, of_image in ((7, 1), (9, 2)):
        i = by_annotation(crops)[number]
        assert crops.image[i] == of_image and crops.area[i] == 1000.5 + number
        assert crops.box[i].tolist() == [40 - wide / 2, 40 - high / 2, wide, high]
        labels = np.array(keypoints(number)).reshape(17, 3)
        for (x, y, v), found in zip(labels, crops.keypoints[i].tolist(), strict=True):
            expected = [0.0, 0.0, 0.0]
            if v > 0:
                scale = 32 / 75
                left, top = 40 - wide / 2, 40 - high / 2
                expected = [(x + 0.5 - left) * scale - 0.5, (y + 0.5 - top) * scale - 0.5, v]
            assert found == pytest.approx(expected, abs=1e-4)


def test_the_pixels_are_those_of_the_region(load: Callable[..., Crops]) -> None:
    crops = load(content([person(1, 3)], [image(3)]))
    # Smooth colours: a crop's pixel is the image's colour at its centre.
    grid = torch.stack(torch.meshgrid(torch.arange(24), torch.arange(32), indexing="xy"), dim=-1)
    x, y = crops.to_image(grid.reshape(1, -1, 2).float())[0].round().long().unbind(1)
    inside = (x >= 1) & (x < WIDTH - 1) & (y >= 1) & (y < HEIGHT - 1)
    expected = torch.from_numpy(pixels(3))[y.clamp(0, HEIGHT - 1), x.clamp(0, WIDTH - 1)]
    difference = (crops.images[0].flatten(1).T.float() - expected.float()).abs()[inside]
    assert inside.sum() > 500
    assert difference.mean() < 4


@pytest.mark.parametrize("size", [(96, 96), (224, 224), (24, 32), (64, 20)])
@pytest.mark.parametrize(("x", "y"), [(37, 52), (21, 69), (0, 0), (119, 89)])
def test_a_marked_pixel_is_found_where_its_keypoint_is(
    load: Callable[..., Crops], folder: Path, size: tuple[int, int], x: int, y: int
) -> None:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(picture).save(folder / "black.png")
    picture[y, x] = 255
    Image.fromarray(picture).save(folder / "marked.png")
    box = [x - 22.25, y - 33.5, 45.0, 61.0] if 0 < x < 119 else [0, 0, WIDTH, HEIGHT]
    people = [person(1, bbox=box, keypoints=[x, y, 2, *[0, 0, 0] * 16])]
    crops, black = (
        load(content(people, [image(1, file_name=name)]), size)
        for name in ("marked.png", "black.png")
    )
    # The mark's own light, without the padding.
    light = crops.images[0, 0].double() - black.images[0, 0].double()
    grid = torch.stack(torch.meshgrid(*map(torch.arange, size[::-1]), indexing="xy"), dim=-1)
    centre = (grid * light.unsqueeze(-1)).sum((0, 1)) / light.sum()
    torch.testing.assert_close(centre, crops.keypoints[0, 0, :2].double(), rtol=0, atol=0.08)
    back = crops.to_image(crops.keypoints[..., :2])[0, 0]
    assert back.tolist() == pytest.approx([x, y], abs=1e-4)


def test_what_lies_outside_the_image_is_grey(load: Callable[..., Crops], folder: Path) -> None:
    Image.new("RGB", (WIDTH, HEIGHT), (250, 10, 60)).save(folder / "plain.png")
    crops = load(
        content(
            [person(1, bbox=[0, 0, WIDTH, HEIGHT])], [image(1, file_name="plain.png")]
        ),
        (64, 64),
    )  # fmt: skip
    # 150 x 150 pixels of the image, 120 x 90 of which are there.
    assert crops.box[0].tolist() == [-15, -30, 150, 150]
    colour = crops.images[0]
    assert (colour[:, :12] == PADDING).all() and (colour[:, -12:] == PADDING).all()
    assert (colour[:, :, :5] == PADDING).all() and (colour[:, :, -5:] == PADDING).all()
    middle = colour[:, 14:-14, 8:-8].flatten(1)
    assert (middle == torch.tensor([[250], [10], [60]])).all()


@pytest.mark.parametrize("mode", ["L", "CMYK", "1"])
def test_other_colours_become_rgb(load: Callable[..., Crops], folder: Path, mode: str) -> None:
    original = Image.fromarray(pixels(5)).convert(mode)
    name = "other.png" if mode == "1" else "other.jpg"
    original.save(folder / name, quality=95)
    crops = load(content([person(1)], [image(1, file_name=name)]), (60, 60))
    Image.fromarray(np.asarray(original.convert("RGB"))).save(folder / "plain.png")
    plain = load(content([person(1)], [image(1, file_name="plain.png")]), (60, 60))
    assert crops.images.shape == (1, 3, 60, 60)
    assert (crops.images.float() - plain.images.float()).abs().mean() < 3
    if mode == "L":
        assert torch.equal(crops.images[:, 0], crops.images[:, 1])


def test_a_camera_that_was_turned_does_not_turn_the_image(
    load: Callable[..., Crops], folder: Path
) -> None:
    upright = load(content([person(1)]))
    picture = Image.open(folder / "000000000001.jpg")
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(folder / "turned.jpg", quality=95, exif=exif)
    turned = load(content([person(1)], [image(1, file_name="turned.jpg")]))
    assert (upright.images.float() - turned.images.float()).abs().mean() < 3


def test_entries_may_lack_what_is_not_needed(load: Callable[..., Crops]) -> None:
    bare = person(1)
    for name in ("num_keypoints", "iscrowd", "segmentation", "area"):
        del bare[name]
    size_unknown = {"id": 1, "file_name": "000000000001.jpg"}
    crops = load(content([bare], [size_unknown]))
    assert crops.area.tolist() == [40.0 * 60]
    assert dict(crops.skipped) == {}


def test_other_categories_do_not_count(load: Callable[..., Crops]) -> None:
    file = content([person(1), {"id": 2, "image_id": 1, "category_id": 18, "bbox": [1, 2, 3, 4]}])
    file["categories"].append({"id": 18, "name": "dog"})
    crops = load(file)
    assert crops.annotation.tolist() == [1] and dict(crops.skipped) == {}


# What is left out


OUTSIDE = [130, 20, 2, *[0, 0, 0] * 16]
BROKEN: dict[str, tuple[Content, str]] = {
    "crowd": ({"iscrowd": 1, "segmentation": {"counts": [1], "size": [1, 1]}}, module.CROWD),
    "none": ({"num_keypoints": 0, "keypoints": [0] * 51}, module.NO_KEYPOINTS),
    "none by number": ({"num_keypoints": 0}, module.NO_KEYPOINTS),
    "none by v": ({"keypoints": [0] * 51}, module.NO_KEYPOINTS),
    "no list": ({"keypoints": None}, module.BAD_KEYPOINTS),
    "short": ({"keypoints": keypoints()[:-1]}, module.BAD_KEYPOINTS),
    "long": ({"keypoints": [*keypoints(), 1, 2, 2]}, module.BAD_KEYPOINTS),
    "v": ({"keypoints": [20, 20, 3, *keypoints()[3:]]}, module.BAD_KEYPOINTS),
    "not finite": ({"keypoints": [float("nan"), 20, 2, *keypoints()[3:]]}, module.BAD_KEYPOINTS),
    "words": ({"keypoints": ["20", 20, 2, *keypoints()[3:]]}, module.BAD_KEYPOINTS),
    "huge": ({"keypoints": [10**400, 20, 2, *keypoints()[3:]]}, module.BAD_KEYPOINTS),
    "no box": ({"bbox": None}, module.NO_BOX),
    "thin": ({"bbox": [20, 10, 0, 60]}, module.NO_BOX),
    "flat": ({"bbox": [20, 10, 40, 0.0]}, module.NO_BOX),
    "negative": ({"bbox": [20, 10, -40, 60]}, module.NO_BOX),
    "box of nan": ({"bbox": [20, float("nan"), 40, 60]}, module.NO_BOX),
    "infinite": ({"bbox": [20, 10, float("inf"), 60]}, module.NO_BOX),
    "box elsewhere": ({"bbox": [WIDTH + 5, 10, 40, 60]}, module.NO_BOX),
    "speck": ({"bbox": [20, 10, 1e-9, 1e-9]}, module.NO_BOX),
    "image id": ({"image_id": 99}, module.UNKNOWN_IMAGE),
    "no image id": ({"image_id": None}, module.INCOMPLETE),
    "no id": ({"id": "x"}, module.INCOMPLETE),
    "id": ({"id": 2**70}, module.INCOMPLETE),
}


@pytest.mark.parametrize("case", BROKEN)
def test_useless_annotations_are_counted(load: Callable[..., Crops], case: str) -> None:
    changes, reason = BROKEN[case]
    crops = load(content([person(1, 2), person(2) | changes, person(3, 2)]))
    assert sorted(crops.annotation.tolist()) == [1, 3]
    assert dict(crops.skipped) == {reason: 1}


def test_keypoints_missing_from_an_entry(load: Callable[..., Crops]) -> None:
    bare = person(2)
    del bare["keypoints"]
    crops = load(content([person(1), bare]))
    assert len(crops) == 1 and dict(crops.skipped) == {module.NO_KEYPOINTS: 1}


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def remove(path: Path) -> None:
    path.unlink()


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("not an image")


def resized(path: Path) -> None:
    Image.open(path).resize((WIDTH // 2, HEIGHT // 2)).save(path)


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (cut, module.UNREADABLE_IMAGE),
        (empty, module.UNREADABLE_IMAGE),
        (text, module.UNREADABLE_IMAGE),
        (remove, module.MISSING_IMAGE),
        (resized, module.OTHER_SIZE),
    ],
)
def test_useless_images_are_counted_by_people(
    load: Callable[..., Crops], folder: Path, harm: Callable[[Path], None], reason: str
) -> None:
    harm(folder / "000000000002.jpg")
    people = [person(1), person(2, 2), person(3, 2), person(4)]
    crops = load(content(people))
    assert sorted(crops.annotation.tolist()) == [1, 4]
    assert dict(crops.skipped) == {reason: 2}
    # Another takes the place of somebody who cannot be loaded.
    few = load(content(people), count=2)
    assert sorted(few.annotation.tolist()) == [1, 4]


def test_an_image_without_a_name(load: Callable[..., Crops]) -> None:
    crops = load(content([person(1), person(2, 2)], [image(1), image(2, file_name=None)]))
    assert dict(crops.skipped) == {module.MISSING_IMAGE: 1}


def test_keypoints_outside_the_image(load: Callable[..., Crops]) -> None:
    # The image reaches from -0.5 to 119.5 and to 89.5.
    inside = [(0, 0), (-0.5, 3), (119, 89), (119.4, 89.4)]
    outside = [(-0.6, 3), (119.5, 5), (3, 89.5), (130, 20), (20, -7)]
    labels = [number for x, y in inside + outside for number in (x, y, 2)] + [0] * 24
    crops = load(content([person(1, keypoints=labels), person(2, keypoints=OUTSIDE)]))
    assert crops.keypoints[0, :, 2].tolist() == [2.0] * 4 + [0.0] * 13
    assert (crops.keypoints[0, 4:] == 0).all()
    # Of the second person nothing is left.
    assert crops.annotation.tolist() == [1]
    assert dict(crops.skipped) == {module.OUTSIDE: 5, module.NO_KEYPOINTS: 1}


def test_boxes_end_with_the_image(load: Callable[..., Crops]) -> None:
    people = [person(1, bbox=[-1e8, 10, 1e8 + 60, 60]), person(2, bbox=[0, 10, 60, 60])]
    crops = load(content(people))
    torch.testing.assert_close(crops.box[0], crops.box[1])


@pytest.fixture(scope="module")
def one_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one_image")
    Image.fromarray(pixels()).save(folder / "000000000001.jpg")
    return folder


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=3), values),
    max_leaves=5,
)


@settings(deadline=None)
@given(data=st.data(), value=anything)
def test_whatever_an_entry_holds_the_others_are_loaded(
    one_image: Path, data: st.DataObject, value: Any
) -> None:
    file = content([person(2, 3), person(1)], [image(3), image(1)])
    spoilt = file[data.draw(st.sampled_from(["annotations", "images"]))][0]
    name = data.draw(st.sampled_from(sorted(spoilt)))
    if isinstance(spoilt[name], list) and spoilt[name] and data.draw(st.booleans()):
        spoilt[name][data.draw(st.integers(0, len(spoilt[name]) - 1))] = value
    else:
        spoilt[name] = value
    path = one_image / "x.json"
    path.write_text(json.dumps(file))
    crops = load_coco(path, one_image, (8, 8))
    assert 1 in crops.annotation.tolist()
    # Somebody whose category is unknown is nobody.
    assert len(crops) + sum(crops.skipped.values()) >= (1 if name == "category_id" else 2)
    for tensor in (crops.keypoints, crops.box, crops.area):
        assert tensor.isfinite().all()


# Subsets


@pytest.fixture
def crowd() -> Content:
    return content([person(i, 1 + i % 6) for i in range(1, 61)], [image(i) for i in range(1, 7)])


def test_few_are_the_first_of_many(load: Callable[..., Crops], crowd: Content) -> None:
    everybody, many, few = load(crowd), load(crowd, count=40), load(crowd, count=9)
    assert (len(everybody), len(many), len(few)) == (60, 40, 9)
    assert same(everybody[:40], many) and same(many[:9], few)
    assert sorted(everybody.annotation.tolist()) == list(range(1, 61))
    # Drawn, and not simply the first.
    assert few.annotation.max() > 20


def test_the_order_in_the_file_does_not_matter(load: Callable[..., Crops], crowd: Content) -> None:
    few = load(crowd, count=20, seed=3)
    for name in ("annotations", "images"):
        random.Random(1).shuffle(crowd[name])
    assert same(load(crowd, count=20, seed=3), few)
    assert not torch.equal(load(crowd, count=20, seed=4).annotation, few.annotation)


def test_others_in_the_file_do_not_matter(load: Callable[..., Crops], crowd: Content) -> None:
    everybody = load(crowd).annotation.tolist()
    del crowd["annotations"][10:20]
    left = [number for number in everybody if not 11 <= number <= 20]
    assert load(crowd).annotation.tolist() == left


def test_each_image_is_read_once(
    load: Callable[..., Crops], crowd: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = []

    def open_image(path: Path, **options: Any) -> Image.Image:
        opened.append(path)
        return original(path, **options)

    original = Image.open
    monkeypatch.setattr(Image, "open", open_image)
    assert len(load(crowd, count=40)) == 40
    assert len(opened) == len(set(opened)) == 6


def test_fewer_than_asked_for(load: Callable[..., Crops], crowd: Content) -> None:
    with pytest.warns(UserWarning, match="only 60 people who can be loaded, not 61: all") as caught:
        crops = load(crowd, count=61)
    assert len(caught) == 1 and len(crops) == 60
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(load(crowd, count=60)) == 60


# Files that are not what they should be: one sentence each.


def complaint(call: Callable[[], object], kind: type[Exception] = DatasetError) -> str:
    with pytest.raises(kind) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message and message.endswith(".")
    return message


def test_missing_files(folder: Path) -> None:
    nowhere = folder / "nowhere.json"
    message = complaint(lambda: load_coco(nowhere, folder), FileNotFoundError)
    assert "no annotations at" in message and "ensure_coco" in message
    nowhere.write_text(json.dumps(content([person(1)])))
    message = complaint(lambda: load_coco(nowhere, folder / "no"), FileNotFoundError)
    assert "no folder of images at" in message


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "cut short or no JSON"),
        (b'{"images": [', "cut short or no JSON"),
        (b"\xff\xd8\xff\xe0", "cut short or no JSON"),
        (b"[" * 100_000, "cut short or no JSON"),
        (b"[]", "it holds a list"),
        (b"{}", "its images must be a list of objects"),
        (b'{"images": [3], "annotations": [], "categories": []}', "its images must be a list"),
        (b'{"images": [], "annotations": {}, "categories": []}', "its annotations must be a list"),
        (b'{"images": [], "annotations": [], "categories": []}', "has no category person"),
    ],
)
def test_other_files(folder: Path, file: bytes, words: str) -> None:
    path = folder / "x.json"
    path.write_bytes(file)
    assert words in complaint(lambda: load_coco(path, folder))


def test_annotations_of_other_things(load: Callable[..., Crops]) -> None:
    file = content([person(1)])
    file["categories"] = [{"id": 1, "name": "person"}]
    assert "take the file person_keypoints_" in complaint(lambda: load(file))
    file["categories"] = [{"id": 1, "name": "person", "keypoints": NAMES[::-1]}]
    assert "other keypoints than COCO's 17" in complaint(lambda: load(file))


def test_nobody_is_left(load: Callable[..., Crops], folder: Path) -> None:
    file = content([person(1), person(2, 2), person(3, iscrowd=1)])
    shutil.rmtree(folder)
    folder.mkdir()
    message = complaint(lambda: load(file))
    assert "crowd (1), image file missing (2)" in message
    assert "annotates nobody" in complaint(lambda: load(content([])))


@pytest.mark.parametrize(
    "arguments", [{"size": (0, 5)}, {"margin": 0}, {"margin": float("nan")}, {"count": 0}]
)
def test_arguments_that_make_no_sense(load: Callable[..., Crops], arguments: Content) -> None:
    complaint(lambda: load(content([person(1)]), **arguments), ValueError)


# Using them


def test_selecting(load: Callable[..., Crops], crowd: Content) -> None:
    del crowd["annotations"][0]["keypoints"]
    crops = load(crowd)
    mask = torch.arange(len(crops)) % 7 == 2
    rows = mask.nonzero().flatten()
    chosen = crops[mask]
    assert torch.equal(chosen.annotation, crops.annotation[rows]) and len(chosen) == len(rows)
    assert chosen.skipped == crops.skipped == {module.NO_KEYPOINTS: 1}
    for other in (rows, rows.tolist(), mask.numpy(), slice(2, None, 7)):
        assert same(crops[other], chosen)
    assert len(crops[[]]) == 0 and len(crops[:0]) == 0
    assert crops[[-1, 0]].annotation.tolist() == crops.annotation[[-1, 0]].tolist()
    points = torch.randn(len(crops), 17, 2)
    torch.testing.assert_close(chosen.to_image(points[rows]), crops.to_image(points)[rows])
    for one in (3, torch.tensor(3)):
        with pytest.raises(TypeError, match="slice, indices or a mask"):
            crops[one]
    assert same(pickle.loads(pickle.dumps(crops)), crops)
    assert same(copy.deepcopy(crops), crops)


def test_normalisation() -> None:
    images = torch.arange(256, dtype=torch.uint8).repeat(3, 1).view(1, 3, 16, 16)
    found = normalise_images(images)
    assert found.dtype == torch.float32 and found.shape == images.shape
    for value in (0, 1, 128, 255):
        expected = (value / 255 - 0.5) / 0.5
        assert found.flatten()[value].item() == pytest.approx(expected, abs=1e-6)
    assert torch.equal(normalise_images(images[0]), found[0])
    # The padding is as good as 0.
    assert abs(normalise_images(torch.full((3, 1, 1), PADDING, dtype=torch.uint8))).max() < 0.005
    assert images.flatten()[5] == 5


# Geometry

sides = st.floats(0.5, 600)
corners = st.floats(-200, 700)
boxes = st.tuples(corners, corners, sides, sides)
sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))
margins = st.floats(1, 2)


@given(box=boxes, size=sizes, margin=margins)
def test_the_region_holds_the_box_in_the_shape_of_the_crop(box, size, margin) -> None:
    x, y, wide, high = region_around(box, size, margin)
    assert wide / high == pytest.approx(size[1] / size[0])
    assert wide >= margin * box[2] * (1 - 1e-9) and high >= margin * box[3] * (1 - 1e-9)
    assert wide == pytest.approx(margin * box[2]) or high == pytest.approx(margin * box[3])
    assert x + wide / 2 == pytest.approx(box[0] + box[2] / 2, abs=1e-6)
    assert y + high / 2 == pytest.approx(box[1] + box[3] / 2, abs=1e-6)


@given(box=boxes, size=sizes, margin=margins, seed=st.integers(0, 99))
def test_there_and_back(box, size, margin, seed: int) -> None:
    region = region_around(box, size, margin)
    points = np.random.default_rng(seed).uniform(-100, 700, (5, 2))
    there = to_crop(points, region, size)
    np.testing.assert_allclose(to_image(there, region, size), points, atol=1e-6)
    # The edges of the region are the edges of the crop.
    x, y, wide, high = region
    edges = np.array([[x - 0.5, y - 0.5], [x + wide - 0.5, y + high - 0.5]])
    expected = [[-0.5, -0.5], [size[1] - 0.5, size[0] - 0.5]]
    np.testing.assert_allclose(to_crop(edges, region, size), expected, atol=1e-6)


@given(regions=st.lists(boxes, min_size=1, max_size=4), size=sizes, seed=st.integers(0, 99))
def test_all_crops_at_once(regions, size, seed: int) -> None:
    n = len(regions)
    crops = Crops(
        images=torch.zeros(n, 3, *size, dtype=torch.uint8),
        keypoints=torch.zeros(n, 17, 3),
        annotation=torch.arange(n),
        image=torch.arange(n),
        box=torch.tensor(regions, dtype=torch.float32),
        area=torch.ones(n),
    )
    points = np.random.default_rng(seed).uniform(-10, 300, (n, 3, 2))
    found = crops.to_image(torch.from_numpy(points))
    assert found.dtype == torch.float64
    for i in range(n):
        region = tuple(crops.box[i].tolist())
        np.testing.assert_allclose(found[i], to_image(points[i], region, size), atol=1e-6)


@settings(deadline=None)
@given(box=boxes, size=st.tuples(st.integers(5, 40), st.integers(5, 40)))
def test_any_region_can_be_cut_out(box, size) -> None:
    picture = np.zeros((20, 30, 3), np.uint8)
    assert crop_image(picture, region_around(box, size, 1.25), size).shape == (*size, 3)
