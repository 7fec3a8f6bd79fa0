"""Every file that is derived from another one, in the order in which they depend on each other."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.build.execute import Execute, notebook_bytes, runner, with_outputs
from autograder.build.fingerprint import fingerprint, stored_paper_path
from autograder.build.percent import read_source, source_path
from autograder.build.student import student_files
from autograder.build.tables import with_course_table
from autograder.errors import CourseError
from autograder.manifest import Assignment, Manifest

DERIVED = {
    "poselab/profiles.json": "course.toml",
    "poselab/papers/A.safetensors": "course.toml, autograder/exercises/A/, autograder/mistakes/A/",
    "solutions/A/N.ipynb": "solutions/A/N.py, course.toml",
    "assignments/A/": "solutions/A/, course.toml",
    "README.md, the table of notebooks": "course.toml",
}
"""The derived files and the files that are edited instead; `autograder build` writes them all."""

WritePaper = Callable[[str, Path], None]


def write_stored_paper(assignment_id: str, path: Path) -> None:
    """Write the reference tensors that `check` uses in a student's notebook."""
    from autograder import exams  # imports the references and torch, which `--help` can do without

    exams.write_stored_paper(assignment_id, path)


def build_course(
    manifest: Manifest, write_paper: WritePaper = write_stored_paper
) -> Iterator[Path]:
    """Write every derived file that is missing or has grown old, and name it."""
    for path, content in derived_files(manifest, runner(manifest.root), write_paper):
        if not path.is_file() or path.read_bytes() != content:
            write_atomically(path, content)
            yield path.relative_to(manifest.root)


def derived_files(
    manifest: Manifest, execute: Execute, write_paper: WritePaper
) -> Iterator[tuple[Path, bytes]]:
    """Every derived file and what it should hold.

    A file may derive from those before it: whoever builds writes each before asking for the next.

    Args:
        manifest: the course.
        execute: called for a solution notebook whose stored outputs are out of date.
        write_paper: writes an assignment's reference tensors.
    """
    profiles = json.dumps(manifest.profiles, indent=2, sort_keys=True) + "\n"
    yield manifest.root / "poselab" / "profiles.json", profiles.encode()
    for assignment in manifest.assignments.values():
        if assignment.exercises:
            path = stored_paper_path(manifest, assignment)
            yield path, _paper(assignment, path, write_paper)
        for notebook in assignment.notebooks:
            nb = read_source(manifest, assignment, notebook)
            path = source_path(manifest, assignment, notebook).with_suffix(".ipynb")
            derived_from = fingerprint(manifest, assignment, notebook, nb)
            yield path, notebook_bytes(with_outputs(nb, path, derived_from, execute))
        for name, content in student_files(manifest, assignment):
            yield manifest.root / "assignments" / assignment.id / name, content
    readme = manifest.root / "README.md"
    try:
        text = readme.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CourseError("README.md is missing; restore it, its table is written there.") from None
    yield readme, with_course_table(text, manifest).encode()


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.replace(path)


def _paper(assignment: Assignment, path: Path, write_paper: WritePaper) -> bytes:
    """The assignment's reference tensors; the stored ones if they differ only by rounding.

    The last digits of a computation depend on the processor and on the version of torch.
    """
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / path.name
        write_paper(assignment.id, new)
        if path.is_file() and path.read_bytes() != new.read_bytes() and _equal_papers(path, new):
            return path.read_bytes()
        return new.read_bytes()


def _equal_papers(old: Path, new: Path) -> bool:
    import torch

    from poselab.checks.paper import read_tensors

    try:
        tensors, header = read_tensors(old)
    except ValueError:
        return False
    new_tensors, new_header = read_tensors(new)
    return (header, tensors.keys()) == (new_header, new_tensors.keys()) and all(
        tensor.dtype == new_tensors[name].dtype
        and tensor.shape == new_tensors[name].shape
        and torch.allclose(tensor, new_tensors[name], rtol=1e-5, atol=1e-7, equal_nan=True)
        for name, tensor in tensors.items()
    )
