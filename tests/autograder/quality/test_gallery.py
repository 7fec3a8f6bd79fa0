"""The gallery shows what students are told, and stands on its own."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from autograder.errors import CourseError
from autograder.exercises.catalogue import gallery_of
from autograder.exercises.heatmap_2d.heatmap_argmax.right_answers import unravelled
from autograder.manifest import load_manifest
from autograder.quality import gallery
from autograder.quality.freshness import check_gallery, same_page
from autograder.quality.gallery import gallery_path, shown_answers

MANIFEST = load_manifest()
ASSIGNMENT = MANIFEST.assignment("heatmap_2d")
PAGE = gallery_path(MANIFEST, ASSIGNMENT).read_text(encoding="utf-8")
EXERCISES = [exercise.id for exercise in ASSIGNMENT.checked_exercises]


def image(grey: int, width: int = 8) -> str:
    buffer = io.BytesIO()
    Image.new("RGB", (width, 8), (grey, grey, grey)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<p>At row 3 it returned 0.4958.</p><img src="data:image/png;base64,{data}">'


def test_a_missing_gallery_names_the_command(tmp_path: Path) -> None:
    elsewhere = MANIFEST.model_copy(update={"root": tmp_path})
    with pytest.raises(CourseError, match="run `make gallery`"):
        check_gallery(elsewhere, ASSIGNMENT)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_the_page_shows_wrong_answers_with_their_code(exercise: str) -> None:
    shown = list(shown_answers("heatmap_2d", exercise))
    assert len(shown) == len(gallery_of("heatmap_2d", exercise))
    for answer in shown:
        assert not answer.verdict.passed
        assert answer.name in PAGE
        assert answer.source.startswith(f"def {answer.name}(")
        assert '"""' not in answer.source


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (("no_such_mistake",), "shows no_such_mistake, which mistakes.py has not."),
        ((unravelled,), "shows unravelled, which is right."),
        (("row_column_returned",), "shows no answer that loops; add one."),
    ],
)
def test_what_a_gallery_must_not_show_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, shown: tuple[Any, ...], said: str
) -> None:
    monkeypatch.setattr(gallery, "gallery_of", lambda *_: shown)
    with pytest.raises(CourseError) as raised:
        list(shown_answers("heatmap_2d", "heatmap_argmax"))
    where = "autograder/exercises/heatmap_2d/heatmap_argmax/gallery.py"
    assert str(raised.value) == f"{where}: heatmap_argmax {said}"


def test_an_unwritten_function_is_among_them() -> None:
    assert "is not implemented yet" in PAGE


def test_the_page_loads_nothing_and_is_small() -> None:
    sources = re.findall(r'(?:src|href)="([^"]*)"', PAGE)
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
    assert not re.search(r"https?://|@import|<script|<link|url\(", PAGE)
    assert len(PAGE.encode()) < 1_500_000


def test_a_last_digit_a_count_and_the_edge_of_a_letter_do_not_matter() -> None:
    assert same_page(image(100), image(101).replace("0.4958", "0.4959"))
    grew = "With 32 more joints it took {} Python instructions instead of {}: something runs"
    assert same_page(grew.format(1104, 80), grew.format(1350, 96))
    other = grew.replace("Python instructions", "tensor operations")
    assert not same_page(grew.format(1104, 80), other.format(1104, 80))


@pytest.mark.parametrize(
    "other",
    [
        image(100).replace("returned", "gave"),
        image(100).replace("0.4958", "0.5100"),
        image(100).replace("row 3", "row 4"),
        image(110),
        image(100, width=9),
        image(100).split("<img")[0],
        "",
    ],
)
def test_another_sentence_number_or_picture_does(other: str) -> None:
    assert not same_page(image(100), other)
