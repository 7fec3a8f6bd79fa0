"""The marking schemes of written questions: in the solutions, and nowhere where students look."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path

from autograder.errors import CourseError
from autograder.regions import MARK_SCHEME, split_regions

_ITEM = re.compile(r"\*\*(\d+(?:\.\d+)?) points?\b")


def marking_schemes(solution: Path) -> dict[str, str]:
    """The marking schemes of a notebook's questions.

    Args:
        solution: the executed solution, as nbgrader reads it.

    Returns:
        By question, its scheme as Markdown; nothing where there is no notebook.

    Raises:
        CourseError: the file is no notebook, or a marker has no counterpart.
    """
    try:
        changed = solution.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return dict(_schemes(solution, changed))


@lru_cache(maxsize=16)
def _schemes(solution: Path, _changed: int) -> tuple[tuple[str, str], ...]:
    found = []
    # Not by nbformat, which also validates each of the pictures in a solution.
    try:
        cells = json.loads(solution.read_text(encoding="utf-8"))["cells"]
        labelled = [(c["metadata"].get("nbgrader", {}).get("grade_id"), c["source"]) for c in cells]
    except (ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{solution} is no notebook ({error}); run `make build`.") from None
    for name, source in labelled:
        text = source if isinstance(source, str) else "".join(source)
        if name and f"BEGIN {MARK_SCHEME}" in text:
            secret = split_regions(text, MARK_SCHEME).secret
            found.append((name, "\n\n".join(part.strip() for part in secret)))
    return tuple(found)


def points_in(scheme: str) -> float:
    """The points of a scheme's items together, each written as ``**1.5 points, what for.**``."""
    return sum(float(points) for points in _ITEM.findall(scheme))
