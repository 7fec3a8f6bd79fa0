"""Whether stored tolerances and galleries still are what the exercises and banks give."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Collection, Iterator
from concurrent.futures import Executor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.manifest import Assignment, Manifest
from autograder.quality.gallery import gallery_path, render_gallery
from autograder.quality.tolerance_table import as_table, disagreement, read_table, table_path
from autograder.quality.tolerances import CHECKED_SEEDS, certify, require_gap

NUMBERS_AGREE = 2e-3
"""How far numbers in sentences may be apart: the fourth digit is rounded."""

PICTURES_AGREE = 2.0
"""How far pixels may be apart on average, of 255: another version of a font."""

_PICTURE = re.compile(r'src="data:image/png;base64,([A-Za-z0-9+/=]+)"')
_COUNTS = re.compile(r"\d+ (tensor operations|Python instructions) instead of \d+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]\d+)?")


def write_tolerances(manifest: Manifest, only: Collection[str] = ()) -> Iterator[Path]:
    """Measure and write the tables of tolerances of all assignments or some; name the files."""
    for assignment in _judged(manifest, only):
        path = table_path(manifest, assignment)
        write_atomically(path, as_table(assignment, certify(manifest, assignment)).encode())
        yield path.relative_to(manifest.root)


def write_galleries(manifest: Manifest, only: Collection[str] = ()) -> Iterator[Path]:
    """Write the galleries, of all assignments or some, that are missing or old; name the files."""
    for assignment in _judged(manifest, only):
        path, page = gallery_path(manifest, assignment), render_gallery(assignment)
        if not path.is_file() or not same_page(path.read_text(encoding="utf-8"), page):
            write_atomically(path, page.encode())
            yield path.relative_to(manifest.root)


def check_judging(manifest: Manifest, pool: Executor) -> Iterator[str]:
    """Begin to check every table and gallery.

    Args:
        manifest: the course.
        pool: where that is done.

    Returns:
        Waits, and gives one line for each thing that holds. Raises CourseError where one is out of
        date, or a tolerance has lost its gap.
    """
    parts = [
        pool.submit(holds, manifest, assignment)
        for assignment in _judged(manifest)
        for holds in (check_tolerances, check_gallery)
    ]
    return (part.result() for part in parts)


def check_tolerances(manifest: Manifest, assignment: Assignment) -> str:
    """Hold an assignment's stored tolerances against a small measurement.

    Args:
        manifest: the course.
        assignment: whose tolerances.

    Returns:
        How large the gaps are, in one line.

    Raises:
        CourseError: the table is out of date, or a tolerance has lost its gap.
    """
    path = table_path(manifest, assignment)
    stored = read_table(path)
    differs = disagreement(stored, certify(manifest, assignment, CHECKED_SEEDS))
    if differs:
        name = path.relative_to(manifest.root)
        raise CourseError(f"{name} is out of date ({differs}); run `make tolerances`.")
    require_gap(stored)
    below, above = min(c.below for c in stored), min(c.above for c in stored)
    return (
        f"{len(stored)} tolerances of {assignment.id} are {math.floor(below)} times any right "
        f"answer's error, or more; wrong answers are {math.floor(above)} tolerances off, or more."
    )


def check_gallery(manifest: Manifest, assignment: Assignment) -> str:
    """Hold an assignment's stored gallery against what students are told today.

    Args:
        manifest: the course.
        assignment: whose gallery.

    Returns:
        One line that says what holds.

    Raises:
        CourseError: the gallery is out of date.
    """
    path = gallery_path(manifest, assignment)
    name = path.relative_to(manifest.root)
    if not path.is_file():
        raise CourseError(f"{name} is missing; run `make gallery`.")
    if not same_page(path.read_text(encoding="utf-8"), render_gallery(assignment)):
        raise CourseError(f"{name} is out of date; run `make gallery`.")
    return f"{name} shows what students are told."


def same_page(one: str, other: str) -> bool:
    """Whether two galleries say and show the same.

    Not byte for byte: how many instructions a loop takes depends on the version of Python, a last
    digit on the processor, and the edge of a letter on the font.
    """
    texts = [_COUNTS.sub(r"\1", _PICTURE.sub("", page)) for page in (one, other)]
    words = [_NUMBER.sub("0", text) for text in texts]
    numbers = [[float(number) for number in _NUMBER.findall(text)] for text in texts]
    pictures = [_PICTURE.findall(page) for page in (one, other)]
    return (
        words[0] == words[1]
        and np.allclose(numbers[0], numbers[1], rtol=NUMBERS_AGREE, atol=0)
        and len(pictures[0]) == len(pictures[1])
        and all(_same_picture(*pair) for pair in zip(*pictures, strict=True))
    )


def _same_picture(one: str, other: str) -> bool:
    if one == other:
        return True
    first, second = (_pixels(encoded) for encoded in (one, other))
    return first.shape == second.shape and float(np.abs(first - second).mean()) <= PICTURES_AGREE


def _pixels(encoded: str) -> NDArray[np.float64]:
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        return np.asarray(image.convert("RGB"), dtype=np.float64)


def _judged(manifest: Manifest, only: Collection[str] = ()) -> Iterator[Assignment]:
    chosen = map(manifest.assignment, only or manifest.assignments)
    return (assignment for assignment in chosen if assignment.checked_exercises)
