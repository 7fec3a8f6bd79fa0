"""A working folder belongs to one term: another class has a gradebook of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.manifest import Manifest

_FILE = "course.json"


def require_same_term(work: Path, manifest: Manifest) -> None:
    """Refuse another term's working folder, and note whose an unmarked one is.

    Args:
        work: the working folder.
        manifest: the course; one that names no term is that of any.

    Raises:
        CourseError: it is another term's.
    """
    refuse_another_term(work, manifest)
    before = _noted(work)
    term = manifest.course.term or before.get("term")
    now = {"term": term, "release": manifest.student_repository.tag}
    if now != before:
        text = json.dumps(now, indent=1, ensure_ascii=False)
        write_atomically(work / _FILE, f"{text}\n".encode())


def refuse_another_term(work: Path, manifest: Manifest) -> None:
    """Refuse another term's working folder; nothing is written.

    Args:
        work: the working folder.
        manifest: the course; one that names no term is that of any.

    Raises:
        CourseError: it is another term's.
    """
    term, kept = manifest.course.term, _noted(work).get("term")
    if term and kept and term != kept:
        raise CourseError(
            f"The gradebook in {work} is that of '{kept}', and course.toml says '{term}': give "
            "this term a folder of its own with --work."
        )


def _noted(work: Path) -> dict[str, Any]:
    path = work / _FILE
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
