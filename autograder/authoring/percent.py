"""From a py:percent source to a notebook with set-up, headings, checks and nbgrader's metadata."""

from __future__ import annotations

import ast
import hashlib
import re
from collections import Counter
from typing import Any

import jupytext
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.authoring.markdown import torn_line
from autograder.authoring.openings import EFFORT, HANDING_IN, effort, handing_in
from autograder.authoring.tables import model_table
from autograder.errors import CourseError
from autograder.exercises.catalogue import definition_of
from autograder.grading.marking_scheme import points_in
from autograder.manifest import Assignment, Exercise, Manifest, Notebook, Question
from autograder.regions import MARK_SCHEME, MARKERS, split_regions, split_solution
from poselab.checks.criteria import STANDARD

SETUP = """\
# Run this cell first. On Colab it installs the course and changes no package that is there.
import subprocess
import sys
from importlib.metadata import distributions
from importlib.util import find_spec

course = "{requirement}"
address, tag = course.split("git+")[1].rsplit("@", 1)
if "google.colab" in sys.modules:
    sources = [found.read_text("direct_url.json") or "" for found in distributions(name="poselab")]
    if not any(address in source and f'"{{tag}}"' in source for source in sources):
        command = [sys.executable, "-m", "pip", "install", "--force-reinstall", "--no-deps", course]
        pip = subprocess.run(command, capture_output=True, text=True)
        if "Could not resolve host" in pip.stderr:
            raise RuntimeError("There is no network: reconnect, then run this cell again.")
        if pip.returncode:
            raise RuntimeError(f"Tell your instructor that {{course}} fails:\\n{{pip.stderr}}")
    from poselab.installation import complete_installation

    complete_installation()
elif find_spec("poselab") is None:
    raise ModuleNotFoundError(f"Install the course first, as {{address}} says.")"""

HINTS = ("<details><summary>Hint 1</summary>", "<details><summary>Hint 2</summary>")
"""What every exercise has: a nudge, and then a sketch of the shapes or of the steps."""

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}

_PLACEHOLDER = re.compile(r"\{(exercise|question):([^{}]*)\}")
_FILE = re.compile(r"\{file:([^{}]*)\}")
"""Stands where a notebook names a file that students get with it: not on Colab, so it is linked."""
_MODEL_TABLE = "{model:points}"
"""Stands where a notebook says what a submitted model earns."""

Cell = Any  # nbformat's NotebookNode has no types
NotebookNode = Any


def read_source(manifest: Manifest, assignment: Assignment, notebook: Notebook) -> NotebookNode:
    """The solution notebook of a source, complete but for its outputs.

    Args:
        manifest: the course.
        assignment: the notebook's assignment.
        notebook: which one to read.

    Returns:
        The notebook, its code cells without outputs.

    Raises:
        CourseError: the source does not match the manifest, or a cell lacks something.
    """
    path = manifest.source(assignment, notebook)
    where = path.relative_to(manifest.root)
    if not path.is_file():
        raise CourseError(f"{where} is missing: course.toml lists that notebook.")
    try:
        cells = jupytext.read(path, fmt="py:percent").cells
        _compare_with_manifest(cells, notebook)
        _find_torn_lines(cells)
        cells = [new for cell in cells for new in _convert(cell, manifest, assignment, notebook)]
        cells.insert(1, new_markdown_cell(links(manifest, assignment, notebook), id="links"))
    except CourseError as error:
        raise CourseError(f"{where}: {error}.") from None
    _give_ids(cells, {"setup", "links", *(exercise.check_id for exercise in notebook.exercises)})
    return new_notebook(
        cells=cells, metadata={"kernelspec": dict(KERNEL), "language_info": {"name": "python"}}
    )


def setup_source(manifest: Manifest) -> str:
    """The first code cell, the same in every notebook and the only one that knows about Colab."""
    return SETUP.format(requirement=manifest.student_repository.requirement)


def links(manifest: Manifest, assignment: Assignment, notebook: Notebook) -> str:
    """The line below the title: where a student opens the notebook."""
    repository = manifest.student_repository
    link = repository.colab_link(f"assignments/{assignment.id}/{notebook.name}.ipynb")
    if link is None:
        return f"From [the course's repository]({repository.url})."
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({link})"


def heading(task: Exercise | Question, notebook: Notebook) -> str:
    """A task's heading: `Exercise 5. Soft-argmax (4 points, 30 minutes)`."""
    if isinstance(task, Exercise):
        kind, number = "Exercise", notebook.exercises.index(task) + 1
    else:
        kind, number = "Question", notebook.questions.index(task) + 1
    worth = f"{count(task.points, 'point')}, " if task.points else ""
    return f"{kind} {number}. {task.title} ({worth}{count(task.minutes, 'minute')})"


def count(number: float, noun: str) -> str:
    """A number with its noun: `1 point`, `2.5 points`."""
    return f"{number:g} {noun}" if number == 1 else f"{number:g} {noun}s"


def _compare_with_manifest(cells: list[Cell], notebook: Notebook) -> None:
    """Every task of the manifest has its heading and its cell, in order, and nothing else has."""
    if not cells or cells[0].cell_type != "markdown" or not cells[0].source.startswith("# "):
        raise CourseError("the first cell is not Markdown with the title")
    setups = [cell for cell in cells if "setup" in cell.metadata.get("tags", [])]
    code = [cell for cell in cells if cell.cell_type == "code"]
    if len(setups) != 1 or setups[0] is not code[0] or setups[0].source.strip():
        raise CourseError('the first code cell, and no other, is `# %% tags=["setup"]`, left empty')
    for kind, tasks in (("exercise", notebook.exercises), ("question", notebook.questions)):
        listed = [task.id for task in tasks]
        found = [cell.metadata[kind] for cell in cells if kind in cell.metadata]
        headed = [
            task_id
            for cell in cells
            if cell.cell_type == "markdown"
            for placeholder, task_id in _PLACEHOLDER.findall(cell.source)
            if placeholder == kind
        ]
        for what, ids in ((f'cell `{kind}="%s"`', found), (f"heading `{{{kind}:%s}}`", headed)):
            for task_id in listed:
                if task_id not in ids:
                    raise CourseError(
                        f"course.toml lists '{task_id}', but {what % task_id} is missing"
                    )
            for task_id, times in Counter(ids).items():
                if task_id not in listed:
                    raise CourseError(f"{what % task_id} has no entry in course.toml")
                if times > 1:
                    raise CourseError(f"{what % task_id} occurs {times} times")
            if ids != listed:
                raise CourseError(f"the {kind}s are in a different order from course.toml")
    _find_hints(cells, notebook)


def _find_hints(cells: list[Cell], notebook: Notebook) -> None:
    """Every exercise has both hints, folded, between its heading and the next one."""
    current, hinted = "", set[tuple[str, str]]()
    for cell in cells:
        for _, task_id in _PLACEHOLDER.findall(cell.source):
            current = task_id
        if cell.cell_type == "markdown":
            hinted |= {(current, hint) for hint in HINTS if hint in cell.source}
    for exercise in notebook.exercises:
        for hint in HINTS:
            if (exercise.id, hint) not in hinted:
                raise CourseError(f"exercise '{exercise.id}' has no hint in `{hint}`")


def _find_torn_lines(cells: list[Cell]) -> None:
    """No paragraph becomes a list or a heading half-way."""
    for cell in cells:
        torn = torn_line(cell.source) if cell.cell_type == "markdown" else None
        if torn is not None:
            line, what = torn
            raise CourseError(
                f"the line '{line}' stands in the middle of a paragraph, and Markdown makes {what} "
                "of it; begin the line with another word, or leave an empty line before it"
            )


def _convert(
    cell: Cell, manifest: Manifest, assignment: Assignment, notebook: Notebook
) -> list[Cell]:
    """The cell or cells of the notebook that one cell of the source becomes."""
    if "setup" in cell.metadata.get("tags", []):
        return [new_code_cell(setup_source(manifest), id="setup", metadata={"tags": ["setup"]})]
    for task in notebook.tasks:
        if task.id == cell.metadata.get("exercise") and isinstance(task, Exercise):
            return _exercise_cells(cell, task)
        if task.id == cell.metadata.get("question") and isinstance(task, Question):
            return [_question_cell(cell, task)]
    for marker in MARKERS:
        if marker in cell.source:
            raise CourseError(f"'{marker}' is in a cell that is neither an exercise nor a question")
    metadata = {"tags": list(cell.metadata["tags"])} if cell.metadata.get("tags") else {}
    if cell.cell_type == "code":
        return [new_code_cell(cell.source, metadata=metadata)]
    return [
        new_markdown_cell(_expand(cell.source, manifest, assignment, notebook), metadata=metadata)
    ]


def _expand(text: str, manifest: Manifest, assignment: Assignment, notebook: Notebook) -> str:
    for name in _FILE.findall(text):
        if name not in assignment.files:
            raise CourseError(f"'{{file:{name}}}' names none of the assignment's files")
        place = f"assignments/{assignment.id}/{name}"
        link = manifest.student_repository.download_link(place)
        text = text.replace(f"{{file:{name}}}", f"[`{name}`]({link})" if link else f"`{name}`")
    if _MODEL_TABLE in text:
        if assignment.model is None:
            raise CourseError(f"'{_MODEL_TABLE}' is in an assignment without a model")
        text = text.replace(_MODEL_TABLE, model_table(assignment.model))
    text = text.replace(EFFORT, effort(assignment, notebook))
    text = text.replace(HANDING_IN, handing_in(manifest, assignment, notebook))
    headings = {task.id: heading(task, notebook) for task in notebook.tasks}
    prices = {task.id: _prices(task, assignment) for task in notebook.tasks}
    lines = []
    for line in text.splitlines():
        lines.append(_PLACEHOLDER.sub(lambda match: headings[match[2]], line))
        for _, task_id in _PLACEHOLDER.findall(line):
            if line.startswith("#") and prices[task_id]:
                lines += ["", prices[task_id]]
    return "\n".join(lines)


def _prices(task: Exercise | Question, assignment: Assignment) -> str:
    """What each criterion of an exercise is worth, or which are judged, in a line of Markdown."""
    if not isinstance(task, Exercise) or not task.criteria:
        return ""
    titles = {criterion.id: criterion.title for criterion in STANDARD.values()}
    if not task.criteria.keys() <= titles.keys():
        own = definition_of(assignment.id, task.id).criteria
        titles |= {criterion.id: criterion.title for criterion in own}
    if not task.points:
        return f"*Checked: {', '.join(titles[name] for name in task.criteria)}.*"
    prices = ", ".join(f"{titles[name]} {price:g}" for name, price in task.criteria.items())
    return f"*Points: {prices}.*"


def _exercise_cells(cell: Cell, exercise: Exercise) -> list[Cell]:
    what = f"exercise '{exercise.id}'"
    try:
        parts, tree = split_solution(cell.source)
    except CourseError as error:
        raise CourseError(f"the cell of {what}: {error}") from None
    definitions = {
        node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    if exercise.id not in definitions:
        raise CourseError(f"{what} does not define '{exercise.id}', as its id requires")
    if not ast.get_docstring(definitions[exercise.id]):
        raise CourseError(f"{what} has no docstring that says what to write")
    if not re.search(rf"^(def|class) {exercise.id}\b", parts.public, flags=re.MULTILINE):
        raise CourseError(f"{what} hides its first line, `{exercise.id}(...)`, in the solution")
    solution = new_code_cell(cell.source, id=exercise.id)
    solution.metadata["nbgrader"] = _nbgrader(exercise.id, grade=False, solution=True)
    if not exercise.criteria:
        return [solution]
    check = new_code_cell(f"check({exercise.id})", id=exercise.check_id)
    if exercise.points:  # else it is a cell like any other: nbgrader has nothing to grade there
        check.metadata["nbgrader"] = _nbgrader(
            exercise.check_id, grade=True, solution=False, points=exercise.points
        )
    return [solution, check]


def _question_cell(cell: Cell, question: Question) -> Cell:
    what = f"question '{question.id}'"
    if cell.cell_type != "markdown":
        raise CourseError(f"{what} is not a Markdown cell")
    if _PLACEHOLDER.search(cell.source):
        raise CourseError(
            f"{what} has its heading in the cell of the answer; ask in the cell above"
        )
    try:
        scheme = split_regions(cell.source, MARK_SCHEME).secret
    except CourseError as error:
        raise CourseError(f"{what}: {error}") from None
    if not any(text.strip() for text in scheme):
        raise CourseError(f"{what} has no marking scheme after === BEGIN MARK SCHEME ===")
    told = sum(map(points_in, scheme))
    if told and told != question.points:
        raise CourseError(
            f"{what} is worth {question.points:g} points in course.toml, but the items of its "
            f"marking scheme have {told:g}"
        )
    converted = new_markdown_cell(cell.source, id=question.id)
    converted.metadata["nbgrader"] = _nbgrader(
        question.id, grade=True, solution=True, points=question.points
    )
    return converted


def _nbgrader(grade_id: str, *, grade: bool, solution: bool, points: float = 0) -> dict[str, Any]:
    metadata: dict[str, Any] = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": grade and not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if grade:
        metadata["points"] = int(points) if points == int(points) else points
    return metadata


def _give_ids(cells: list[Cell], own: set[str]) -> None:
    """Name each cell that has no id of its own after its content: equal sources, equal ids."""
    named = [cell.id in own or "nbgrader" in cell.metadata for cell in cells]
    taken = {cell.id for cell, has_name in zip(cells, named, strict=True) if has_name}
    for cell, has_name in zip(cells, named, strict=True):
        salt = 0
        while not has_name:
            text = f"{cell.cell_type}\n{cell.source}\n{salt}"
            cell.id = hashlib.sha256(text.encode()).hexdigest()[:12]
            has_name = cell.id not in taken
            salt += 1
        taken.add(cell.id)
