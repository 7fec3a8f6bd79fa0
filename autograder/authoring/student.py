"""Student notebooks, made from the solutions by nbgrader's own GenerateAssignment."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from traitlets.config import Config

from autograder.authoring.execute import notebook_bytes
from autograder.errors import CourseError
from autograder.manifest import Assignment, Manifest
from autograder.reporting.nbgrader_tools import listening_logger, load_nbgrader_config


def student_files(manifest: Manifest, assignment: Assignment) -> Iterator[tuple[str, bytes]]:
    """Every file of the folder that students get for an assignment, as (name, content).

    Raises:
        CourseError: nbgrader refuses a solution notebook, or a listed file is missing.
    """
    config = load_nbgrader_config(manifest.root)
    places = config.CourseDirectory
    solutions = manifest.root / places.source_directory / assignment.id
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        source = root / places.source_directory / assignment.id
        source.mkdir(parents=True)
        for notebook in assignment.notebooks:
            shutil.copy(solutions / f"{notebook.name}.ipynb", source)
        _generate(root, config, assignment)
        for notebook in assignment.notebooks:
            name = f"{notebook.name}.ipynb"
            nb = nbformat.read(root / places.release_directory / assignment.id / name, as_version=4)
            del nb.metadata["poselab"]  # what the outputs derived from; there are none
            yield name, notebook_bytes(nb)
    for name in assignment.files:
        try:
            yield name, (solutions / name).read_bytes()
        except FileNotFoundError:
            raise CourseError(
                f"solutions/{assignment.id}/{name} is missing: course.toml lists it."
            ) from None


def _generate(root: Path, config: Config, assignment: Assignment) -> None:
    errors: list[str] = []
    converter = GenerateAssignment(
        coursedir=CourseDirectory(root=str(root), config=config, assignment_id=assignment.id),
        config=config,
        no_database=True,
    )
    converter.preprocessors = [p for p in converter.preprocessors if p is not SaveCells]
    converter.log = listening_logger(errors)
    try:
        converter.start()
    except NbGraderException:
        reason = next((e for e in errors if e.startswith("Traceback")), "no reason given").strip()
        raise CourseError(
            f"nbgrader makes no student notebooks of solutions/{assignment.id}: "
            f"{reason.splitlines()[-1].rstrip('.')}."
        ) from None
