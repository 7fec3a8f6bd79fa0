"""What students get: solutions with stubs in place of what they should write.

Notebooks are made by nbgrader's own GenerateAssignment; scripts follow the same rules.
"""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_markdown_cell
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import SaveCells
from PIL import Image
from traitlets.config import Config

from autograder.authoring.execute import notebook_bytes
from autograder.errors import CourseError
from autograder.manifest import Assignment, Manifest
from autograder.regions import MARKERS, split_solution
from autograder.reporting.nbgrader_tools import listening_logger, load_nbgrader_config
from autograder.syntax import parse

COMPARED = "# NBVAL_CHECK_OUTPUT\n"
"""The first line of a cell whose output our tests compare with the stored one."""

EXAMPLE = "example"
"""The tag of a cell whose picture students can compare theirs with."""

EXAMPLE_ID = "-example"
"""How the id of the cell with our picture ends."""

EXAMPLE_FILES = {"image/png": "example.png", "image/jpeg": "example.jpg"}
"""What our picture is called there, by its media type."""

FOLDED_EXAMPLE = """\
<details><summary>Example output</summary>

![{words}](attachment:{name})

</details>"""


def student_files(manifest: Manifest, assignment: Assignment) -> Iterator[tuple[str, bytes]]:
    """Every file of the folder that students get for an assignment, as (name, content).

    Args:
        manifest: the course.
        assignment: the assignment.

    Yields:
        Each file's name and content.

    Raises:
        CourseError: nbgrader refuses a solution notebook, a listed file is missing, or a script's
            markers are wrong.
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
            solved = nbformat.read(source / name, as_version=4)
            try:
                pictures = _pictures(solved)
            except CourseError as error:
                raise CourseError(
                    f"solutions/{assignment.id}/{notebook.name}.py: {error}."
                ) from None
            nb.cells = list(_with_examples(map(_for_students, nb.cells), pictures))
            yield name, notebook_bytes(nb)
    for name in assignment.files:
        yield name, listed_file(solutions / name, config)


def _for_students(cell: Any) -> Any:
    """A cell without what only our own tests read."""
    cell.source = cell.source.removeprefix(COMPARED)
    return cell


def _pictures(solved: Any) -> dict[str, Any]:
    """The output with the last picture of each cell that is tagged as an example, by its id.

    Raises:
        CourseError: such a cell has drawn nothing.
    """
    pictures = {}
    for cell in solved.cells:
        if EXAMPLE not in cell.metadata.get("tags", []):
            continue
        drawn = [
            output for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
        ]
        if not drawn and not solved.metadata["poselab"]:
            continue  # a draft, which has yet to be run
        if not drawn:
            first = cell.source.strip().splitlines()[0]
            raise CourseError(
                f"the cell `{first}` is tagged `{EXAMPLE}`, but its output has no picture"
            )
        pictures[cell.id] = drawn[-1]
    return pictures


def _with_examples(cells: Iterable[Any], pictures: Mapping[str, Any]) -> Iterator[Any]:
    """The cells, with our picture folded below each one that is an example."""
    for cell in cells:
        yield cell
        if cell.id in pictures:
            output = pictures[cell.id]
            words = output.metadata.get("image/png", {}).get("alt", "What our solution draws")
            media, content = _lighter(output.data["image/png"].strip())
            name = EXAMPLE_FILES[media]
            yield new_markdown_cell(
                FOLDED_EXAMPLE.format(words=_without_markup(words), name=name),
                id=f"{cell.id}{EXAMPLE_ID}",
                attachments={name: {media: content}},
            )


def _lighter(png: str) -> tuple[str, str]:
    """A picture's media type and its content.

    Photographs become JPEG, a third as large: a notebook is downloaded and saved often.
    """
    jpeg = io.BytesIO()
    with Image.open(io.BytesIO(b64decode(png))) as image:
        image.convert("RGB").save(jpeg, "JPEG", quality=85, optimize=True)
    encoded = b64encode(jpeg.getvalue()).decode()
    if len(encoded) < len(png) / 2:
        return "image/jpeg", encoded
    return "image/png", png


def _without_markup(words: str) -> str:
    """One line that Markdown takes as it is between square brackets."""
    return " ".join(re.sub(r"[\[\]\\`*_<>]", " ", words).split())


def listed_file(path: Path, config: Config) -> bytes:
    """What students get of a file that course.toml lists.

    Args:
        path: the file; if it is a script, with solutions between nbgrader's markers.
        config: nbgrader's configuration, which has the stub for solutions.

    Returns:
        The file as it is, but for a stub in place of each solution of a script.

    Raises:
        CourseError: there is no such file; or in a script, a marker has no counterpart, there is
            no solution, or something is not Python.
    """
    where = f"solutions/{path.parent.name}/{path.name}"
    if not path.is_file():
        raise CourseError(f"{where} is missing: course.toml lists it.")
    if path.suffix != ".py":
        return path.read_bytes()
    stub = config.ClearSolutions.code_stub["python"]
    try:
        text = split_solution(path.read_text(encoding="utf-8"), stub)[0].public
        parse(text)
    except CourseError as error:
        raise CourseError(f"{where}: {error}.") from None
    except SyntaxError:
        raise CourseError(f"{where} is not Python once its solutions are taken out.") from None
    for marker in MARKERS:
        if marker in text:
            raise CourseError(f"{where} has the marker '{marker}', which a script cannot have.")
    return text.encode()


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
            f"nbgrader cannot make student notebooks from solutions/{assignment.id}: "
            f"{reason.splitlines()[-1].rstrip('.')}."
        ) from None
