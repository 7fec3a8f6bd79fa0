"""The course is what a build would make, and a release of it gives nothing away."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.authoring.pipeline import StoredSuites, derived_files, stored_suites
from autograder.authoring.release import write_release
from autograder.errors import CourseError
from autograder.manifest import Assignment, Manifest


def check_course(manifest: Manifest, suites: StoredSuites = stored_suites) -> Iterator[str]:
    """Check everything, and report each thing that holds in one line.

    Args:
        manifest: the course.
        suites: makes the file of an assignment's stored suites.

    Raises:
        CourseError: something does not hold; the sentence names the file and the command.
    """
    fresh = check_derived_files(manifest, suites)
    yield f"{fresh} derived files are what a build would write."
    check_stray_files(manifest)
    yield "Every file in solutions/ and assignments/ has its place in course.toml."
    files = check_release(manifest)
    yield f"A release of {files} files gives nothing away."


def check_derived_files(manifest: Manifest, suites: StoredSuites) -> int:
    """Compare every derived file with what a build would write; return how many there are."""
    stale, number = [], 0
    for path, content in derived_files(manifest, _leave_without_outputs, suites):
        number += 1
        if not path.is_file() or path.read_bytes() != content:
            stale.append(path.relative_to(manifest.root).as_posix())
    if stale:
        raise CourseError(f"Out of date: {', '.join(stale)}; run `make build`.")
    return number


def _leave_without_outputs(nb: Any, path: Path) -> None:
    """Stands for running a notebook: without its outputs it differs from the file, so is stale."""


def check_stray_files(manifest: Manifest) -> None:
    """Nothing lies in `solutions/` or `assignments/` that no entry of course.toml accounts for."""
    known = {"solutions": {".py", ".ipynb"}, "assignments": {".ipynb"}}
    suites = {f"{assignment.id}.safetensors" for assignment in manifest.assignments.values()}
    stray = [
        path
        for path in sorted((manifest.root / "poselab" / "checks" / "suites").glob("*.safetensors"))
        if path.name not in suites
    ]
    for folder, suffixes in known.items():
        expected = {
            manifest.root / folder / assignment.id / f"{notebook.name}{suffix}"
            for assignment, notebook in manifest.notebooks()
            for suffix in suffixes
        } | {
            manifest.root / folder / assignment.id / name
            for assignment in manifest.assignments.values()
            for name in (*assignment.files, *_left_by_running(assignment))
        }
        stray += [
            path
            for path in sorted((manifest.root / folder).rglob("*"))
            if path.is_file() and path not in expected and not _is_cache(path, manifest)
        ]
    if stray:
        raise CourseError(
            f"{stray[0].relative_to(manifest.root)} has no entry in course.toml: delete or list it."
        )


def _left_by_running(assignment: Assignment) -> tuple[str, ...]:
    """What a notebook writes that is run where it lies. Git ignores it, and so do we."""
    return (assignment.model.file,) if assignment.model else ()


def _is_cache(path: Path, manifest: Manifest) -> bool:
    parts = path.relative_to(manifest.root).parts
    return any(part in {"__pycache__", ".ipynb_checkpoints", ".pytest_cache"} for part in parts)


def check_release(manifest: Manifest) -> int:
    """Build a release and search it for solutions; return the number of its files."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "release"
        write_release(manifest, out)
        return sum(path.is_file() for path in out.rglob("*"))
