"""The course is what a build would make, and a release of it leaks nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from autograder.authoring.pipeline import StoredSuites, derived_files, stored_suites
from autograder.authoring.release import write_release
from autograder.errors import CourseError
from autograder.manifest import Manifest

_CACHES = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache"}


def check_course(manifest: Manifest, suites: StoredSuites = stored_suites) -> list[str]:
    """Check everything about the files of the course.

    Args:
        manifest: the course.
        suites: makes the file of an assignment's stored suites.

    Returns:
        A sentence about each thing that holds.

    Raises:
        CourseError: something does not hold; the sentence names the file and the command.
    """
    fresh = check_derived_files(manifest, suites)
    check_stray_files(manifest)
    files = check_release(manifest)
    return [
        f"{fresh} derived files are up to date.",
        "Every file in solutions/ and assignments/ is listed in course.toml.",
        f"A release of {files} files leaks nothing.",
    ]


def check_derived_files(manifest: Manifest, suites: StoredSuites) -> int:
    """Compare every derived file with what a build would write; return how many there are."""
    fresh = {
        path.relative_to(manifest.root).as_posix(): path.is_file() and path.read_bytes() == content
        for path, content in derived_files(manifest, _leave_without_outputs, suites)
    }
    if stale := [name for name, is_fresh in fresh.items() if not is_fresh]:
        raise CourseError(f"Out of date: {', '.join(stale)}; run `make build`.")
    return len(fresh)


def _leave_without_outputs(nb: Any, path: Path) -> bool:
    """Stand for a run: a notebook without its outputs differs from the file, so it is stale."""
    return True


def check_stray_files(manifest: Manifest) -> None:
    """Look for files in `solutions/`, `assignments/` and the stored suites without an owner.

    Args:
        manifest: the course.

    Raises:
        CourseError: no entry of course.toml accounts for a file.
    """
    expected: set[str] = set()
    for assignment in manifest.assignments.values():
        expected.add(f"poselab/checks/suites/{assignment.id}.safetensors")
        names = [f"{notebook.name}.ipynb" for notebook in assignment.notebooks]
        for folder in ("solutions", "assignments"):
            expected |= {f"{folder}/{assignment.id}/{name}" for name in (*names, *assignment.files)}
        expected |= {f"solutions/{assignment.id}/{n.name}.py" for n in assignment.notebooks}
        # A solution that is run in its folder leaves its model there; git ignores that as well.
        if assignment.model is not None:
            expected.add(f"solutions/{assignment.id}/{assignment.model.file}")
    for pattern in ("poselab/checks/suites/*.safetensors", "solutions/**/*", "assignments/**/*"):
        for path in sorted(manifest.root.glob(pattern)):
            name = path.relative_to(manifest.root)
            if path.is_file() and name.as_posix() not in expected and not _CACHES & set(name.parts):
                raise CourseError(f"{name} has no entry in course.toml: delete or list it.")


def check_release(manifest: Manifest) -> int:
    """Build a release and search it for solutions; return the number of its files."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "release"
        # The address may still be the placeholder, which is refused; none is visited.
        write_release(manifest.at_address("https://example.org/course"), out)
        return sum(path.is_file() for path in out.rglob("*"))
