"""Nothing is graded that the notebook does not say: each case quotes the sentence that it tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path, PurePath

from autograder.errors import CourseError
from autograder.regions import MARK_SCHEME, SOLUTION, split_regions
from poselab.checks.cases import Case


def require_said(cases: Iterable[Case], source: Path, where: PurePath) -> None:
    """Hold cases to the text that students read.

    Args:
        cases: of one exercise.
        source: the notebook's source, ``solutions/A/N.py``.
        where: the file that defines the cases, for the sentence.

    Raises:
        CourseError: a case quotes nothing, or what the notebook does not say.
    """
    text = visible_text(source)
    for case in cases:
        if not case.says.strip():
            raise CourseError(
                f"{where}: {case.id} tests no sentence of the notebook; quote it with "
                "`suite.says(...)` before the case."
            )
        if _plain(case.says) not in text:
            raise CourseError(
                f"{where}: {case.id} quotes “{case.says}”, which {source.name} does not say to "
                "students."
            )


@lru_cache(maxsize=8)
def visible_text(source: Path) -> str:
    """What students read in a notebook: its Markdown and their part of its code, as one line."""
    text = source.read_text(encoding="utf-8")
    for region in (SOLUTION, MARK_SCHEME):
        text = split_regions(text, region).public
    return _plain(re.sub(r"^# ?", "", text, flags=re.MULTILINE))


def _plain(text: str) -> str:
    return " ".join(text.split())
