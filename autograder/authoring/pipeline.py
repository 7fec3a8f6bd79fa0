"""Every file that is derived from another one, in the order in which they depend on each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import nbformat

from autograder.authoring.execute import Execute, notebook_bytes, runner, with_outputs
from autograder.authoring.fingerprint import fingerprint
from autograder.authoring.percent import read_source
from autograder.authoring.student import student_files
from autograder.authoring.tables import with_course_table
from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.grading.plan import decide
from autograder.manifest import Manifest

DERIVED = {
    "poselab/profiles.json": "course.toml",
    "poselab/checks/suites/A.safetensors": "course.toml, autograder/exercises/A/",
    "solutions/A/N.ipynb": "solutions/A/N.py, course.toml",
    "assignments/A/": "solutions/A/, course.toml",
    "README.md, the table of notebooks": "course.toml",
}
"""The derived files and the files that are edited instead; `autograder build` writes them all."""

StoredSuites = Callable[[str], bytes]
"""An assignment's id -> the file of suites that `check` uses in a student's notebook."""


def stored_suites(assignment_id: str) -> bytes:
    """The suites that `check` uses in a student's notebook."""
    # Imports the references and torch, which `--help` can do without.
    from autograder.suites.drawing import stored_suites_bytes

    return stored_suites_bytes(assignment_id)


def build_course(
    manifest: Manifest,
    suites: StoredSuites = stored_suites,
    only: Collection[str] | None = None,
) -> Iterator[str]:
    """Write every derived file that is missing or out of date.

    Args:
        manifest: the course.
        suites: makes the file of an assignment's stored suites.
        only: the solution notebooks to run if need be, as `ASSIGNMENT/NOTEBOOK`; by default all.

    Yields:
        A line for each file that was written, and for each notebook that should have been run.

    Raises:
        CourseError: `only` names no notebook, or the course cannot be built.
    """
    for name in only or ():
        assignment_id, _, notebook = name.partition("/")
        manifest.assignment(assignment_id).notebook(notebook)
    files = {name: each.files for name, each in manifest.assignments.items()}
    run, left = runner(manifest.root, files), set[Path]()

    def execute(nb: Any, path: Path) -> bool:
        if only is None or f"{path.parent.name}/{path.stem}" in only:
            return run(nb, path)
        left.add(path)
        return False

    for path, content in derived_files(manifest, execute, suites):
        if not path.is_file() or path.read_bytes() != content:
            write_atomically(path, content)
            yield f"wrote {path.relative_to(manifest.root)}"
    for path in sorted(left):
        yield f"did not run {path.relative_to(manifest.root)}, which is out of date"


def derived_files(
    manifest: Manifest, execute: Execute, suites: StoredSuites
) -> Iterator[tuple[Path, bytes]]:
    """Every derived file and what it should hold.

    A file may derive from those before it: write each before you ask for the next.

    Args:
        manifest: the course.
        execute: called for a solution notebook whose stored outputs are out of date.
        suites: makes the file of an assignment's stored suites.

    Yields:
        Each file's path and content.

    Raises:
        CourseError: README.md is missing.
    """
    profiles = json.dumps(manifest.profiles, indent=2, sort_keys=True) + "\n"
    yield manifest.root / "poselab" / "profiles.json", profiles.encode()
    # All of them first: `check` in any notebook reads them all.
    for assignment in manifest.assignments.values():
        if assignment.checked_exercises:
            path = manifest.stored_suites(assignment)
            yield path, _unless_only_rounding(path, suites(assignment.id))
    for assignment in manifest.assignments.values():
        for notebook in assignment.notebooks:
            nb = read_source(manifest, assignment, notebook)
            path = manifest.source(assignment, notebook).with_suffix(".ipynb")
            derived_from = fingerprint(manifest, assignment, notebook, nb)
            yield path, notebook_bytes(with_outputs(nb, path, derived_from, execute))
        for name, content in student_files(manifest, assignment):
            yield manifest.root / "assignments" / assignment.id / name, content
    readme = manifest.root / "README.md"
    try:
        text = readme.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError(
            "README.md is missing; restore it, because the table is written there."
        ) from None
    yield readme, with_course_table(text, manifest).encode()


def _unless_only_rounding(path: Path, new: bytes) -> bytes:
    """What a file should hold: as it is, if the new content differs only by rounding.

    The last digits of a computation depend on the processor and on the version of torch.
    """
    old = path.read_bytes() if path.is_file() else b""
    return old if old and old != new and equal_suites(old, new) else new


def equal_suites(old: bytes, new: bytes) -> bool:
    """Whether two files of stored suites hold the same, but for rounding."""
    import torch

    from poselab.checks.cases import SIGNATURES, tensors_from_bytes
    from poselab.checks.signatures import alike

    def equal(name: str) -> bool:
        one, other = tensors[name], new_tensors[name]
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        if torch.allclose(one, other, rtol=1e-5, atol=1e-7, equal_nan=True):
            return True
        # What is wrong may round much: it is held to what tells known mistakes apart.
        return name.endswith(SIGNATURES) and all(
            bool(a.isnan().all() & b.isnan().all()) or alike(a, b)
            for a, b in zip(one.flatten(0, 1), other.flatten(0, 1), strict=True)
        )

    try:
        tensors, header = tensors_from_bytes(old)
    except ValueError:
        return False
    new_tensors, new_header = tensors_from_bytes(new)
    return (header, tensors.keys()) == (new_header, new_tensors.keys()) and all(map(equal, tensors))


def what_grading_runs(manifest: Manifest) -> Iterator[str]:
    """What becomes of each given cell when a submission is graded, as a list to read.

    Args:
        manifest: the course; its student notebooks are written.

    Yields:
        A line for each graded notebook, and one for each given cell with the reason.

    Raises:
        CourseError: a cell has both tags.
    """
    for assignment, notebook in manifest.notebooks():
        if notebook.graded:
            name = f"{assignment.id}/{notebook.name}.ipynb"
            released = nbformat.read(manifest.released(assignment, notebook), as_version=4)
            yield f"To grade {name}:"
            yield from (f"  {decision}" for decision in decide(released))
