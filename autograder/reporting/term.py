"""A working folder belongs to one term: another class has a gradebook of its own."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.manifest import Manifest


def require_same_term(work: Path, manifest: Manifest) -> None:
    """Refuse another term's working folder, and note whose an unmarked one is.

    Args:
        work: the working folder.
        manifest: the course; one that names no term is that of any.

    Raises:
        CourseError: it is another term's.
    """
    path = work / "course.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    term, kept = manifest.course.term, before.get("term")
    if term and kept and term != kept:
        raise CourseError(
            f"The gradebook in {work} is that of '{kept}', and course.toml says '{term}': give "
            "this term a folder of its own with --work."
        )
    now = {"term": term or kept, "release": manifest.student_repository.tag}
    if now != before:
        write_atomically(path, f"{json.dumps(now, indent=1, ensure_ascii=False)}\n".encode())
