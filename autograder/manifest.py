"""`course.toml`: assignments, notebooks, exercises, points, minutes, profiles."""

from __future__ import annotations

import ast
import keyword
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from autograder.errors import CourseError
from autograder.syntax import parse
from poselab.checks.criteria import STANDARD, Criterion

COURSE_ROOT = Path(__file__).resolve().parents[1]
"""The checkout this package is installed from."""

Setting = bool | int | float | str | list[int] | list[float]
PROFILES = ("smoke", "cpu", "gpu")


def _is_identifier(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise ValueError(f"'{text}' must be a Python name")
    return text


Identifier = Annotated[str, AfterValidator(_is_identifier)]
Text = Annotated[str, Field(min_length=1)]
FileName = Annotated[str, Field(pattern=r"^[\w-][\w.-]*$")]
Points = Annotated[float, Field(gt=0, multiple_of=0.5)]
PointsOrNone = Annotated[float, Field(ge=0, multiple_of=0.5)]
Minutes = Annotated[int, Field(gt=0)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Exercise(_Frozen):
    """A function or class that the student writes and `check` judges.

    In a graded notebook each criterion has points, which the autograder gives. In one that is not
    graded `course.toml` lists the criteria alone: `check` judges them, and they earn nothing.
    Without criteria, an exercise there has no check cell.
    """

    id: Identifier
    title: Text
    minutes: Minutes
    criteria: dict[Identifier, PointsOrNone] = {}

    @property
    def points(self) -> float:
        """What the exercise is worth: the sum of its criteria."""
        return sum(self.criteria.values())

    @property
    def check_id(self) -> str:
        """The `grade_id` of the cell that checks the exercise."""
        return f"check_{self.id}"

    @field_validator("criteria", mode="before")
    @classmethod
    def _a_list_earns_nothing(cls, criteria: Any) -> Any:
        if not isinstance(criteria, list) or not all(isinstance(name, str) for name in criteria):
            return criteria
        for name, times in Counter(criteria).items():
            if times > 1:
                raise ValueError(f"'{name}' is listed {times} times")
        return dict.fromkeys(criteria, 0)


class Question(_Frozen):
    """A question that is answered in words and graded by hand."""

    id: Identifier
    title: Text
    points: Points
    minutes: Minutes


class Notebook(_Frozen):
    """One notebook of an assignment, with its exercises in the order they appear in."""

    name: Identifier
    title: Text
    graded: bool
    difficulty: Literal["easy", "medium", "hard"] | None = None
    exercises: tuple[Exercise, ...] = ()
    questions: tuple[Question, ...] = ()

    @property
    def tasks(self) -> tuple[Exercise | Question, ...]:
        """Everything that takes a student's time: exercises, then questions."""
        return (*self.exercises, *self.questions)

    @property
    def automatic_points(self) -> float:
        """Points the autograder gives."""
        return sum(exercise.points for exercise in self.exercises)

    @property
    def manual_points(self) -> float:
        """Points given by hand."""
        return sum(question.points for question in self.questions)

    @property
    def points(self) -> float:
        """All points."""
        return self.automatic_points + self.manual_points

    @property
    def minutes(self) -> int:
        """The time that all exercises and questions take."""
        return sum(task.minutes for task in self.tasks)

    @model_validator(mode="after")
    def _points_only_where_graded(self) -> Notebook:
        if self.graded and not all(exercise.criteria for exercise in self.exercises):
            raise ValueError(f"an exercise of the graded notebook '{self.name}' has no criteria")
        if self.graded and not all(p for e in self.exercises for p in e.criteria.values()):
            raise ValueError(
                f"a criterion of the graded notebook '{self.name}' has no points; a list of "
                "criteria is for notebooks that are not graded"
            )
        if not self.graded and self.points:
            raise ValueError(f"'{self.name}' is not graded, so nothing in it may have points")
        return self


class Step(_Frozen):
    """What a model earns whose metric is good enough.

    Args:
        value: the worst value of the metric that still earns them.
        points: the points, altogether.
        bonus: whether what they are more than the step before is beyond full marks.
    """

    value: Annotated[float, Field(gt=0)]
    points: Points
    bonus: bool = False


class MetricTable(_Frozen):
    """What a model earns for one metric: the published table.

    Args:
        name: of the metric in the assignment's code; needed where there are several.
        metric: what is measured, in words.
        unit: of the metric.
        better: whether smaller or larger values are better.
        doubt: how far two draws of held-out data may differ by chance. Who is no farther than that
            from a bound is taken to have reached it.
        points: the table, from the first points to the last. An empty one only ranks models, on
            the leaderboard.
    """

    name: Identifier | None = None
    metric: Text = "mean error"
    unit: str = ""
    better: Literal["smaller", "larger"] = "smaller"
    doubt: Annotated[float, Field(ge=0)] = 0
    points: tuple[Step, ...]

    @property
    def max_points(self) -> float:
        """Full marks: the last points that are no bonus; 0 where a metric only ranks models."""
        return [0.0, *(step.points for step in self.points if not step.bonus)][-1]

    def points_at(self, value: float) -> float:
        """What a value of the metric earns; a bound itself is included, and so is the doubt."""
        earned = [
            step.points for step in self.points if self.sign * (value - step.value) <= self.doubt
        ]
        return earned[-1] if earned else 0.0

    def in_words(self, value: float) -> str:
        """A bound with its unit."""
        return f"{value:g} {self.unit}".strip()

    @property
    def on_bonus(self) -> str:
        """Where the bonus begins, as a sentence; empty where there is none."""
        if not self.points or not self.points[-1].bonus:
            return ""
        return f"{self.max_points:g} points are full marks; more than that is a bonus."

    @property
    def in_doubt(self) -> str:
        """What the doubt means, as a sentence; empty where there is none."""
        if not self.doubt or not self.points:
            return ""
        return (
            f"Draws of held-out data differ by chance, so {self.in_words(self.doubt)} "
            f"{'more' if self.sign > 0 else 'less'} than a bound still earns its points."
        )

    @property
    def bound(self) -> str:
        """What the table's first row is called: ``mean error at most``."""
        return f"{self.metric} at {'most' if self.better == 'smaller' else 'least'}"

    @property
    def sign(self) -> int:
        """1 if smaller values are better, else -1: what sorts values, the best first."""
        return 1 if self.better == "smaller" else -1

    @model_validator(mode="after")
    def _bonus_comes_last(self) -> MetricTable:
        bonus = [step.bonus for step in self.points]
        if any(bonus[:1]) or bonus != sorted(bonus):
            raise ValueError(
                "steps of `points` with `bonus = true` come last, after at least one without"
            )
        return self

    @model_validator(mode="after")
    def _better_values_earn_more(self) -> MetricTable:
        for before, after in pairwise(self.points):
            better = self.sign * after.value < self.sign * before.value
            if not (better and after.points > before.points):
                raise ValueError(
                    f"each step of `points` needs a {self.better} value and more points than the "
                    f"one before; {self.in_words(after.value)} for {after.points:g} follows "
                    f"{self.in_words(before.value)} for {before.points:g}"
                )
            if 2 * self.doubt >= abs(after.value - before.value):
                raise ValueError(
                    f"`doubt` is {self.doubt:g}, but must be less than half the distance from one "
                    f"step to the next, such as {before.value:g} and {after.value:g}"
                )
        return self


class Model(_Frozen):
    """A trained model that students hand in beside the notebook, scored on held-out data.

    What it has to do, the held-out data and the metrics are code of the assignment's:
    `autograder/exercises/ID/model.py`.

    Args:
        file: its name.
        held_out: how much data it is scored on, in the assignment's own terms.
        metrics: what earns points. Where there is one only, its keys may stand beside `file`.
    """

    file: FileName
    held_out: dict[Identifier, Annotated[int, Field(gt=0)]]
    metrics: Annotated[tuple[MetricTable, ...], Field(min_length=1)]

    @property
    def max_points(self) -> float:
        """Full marks: what a model earns at most, without any bonus."""
        return sum(table.max_points for table in self.metrics)

    @model_validator(mode="before")
    @classmethod
    def _one_metric_needs_no_list(cls, content: Any) -> Any:
        if not isinstance(content, dict) or "metrics" in content:
            return content
        own = {name: value for name, value in content.items() if name in MetricTable.model_fields}
        others = {name: value for name, value in content.items() if name not in own}
        return {**others, "metrics": [own]}

    @model_validator(mode="after")
    def _several_metrics_have_names(self) -> Model:
        names = [table.name for table in self.metrics]
        if len(names) > 1 and (None in names or len(set(names)) < len(names)):
            raise ValueError("each of several `metrics` needs a `name` of its own")
        return self


class Assignment(_Frozen):
    """One assignment: the folder of its name under `solutions/` and `assignments/`."""

    id: Identifier
    title: Text
    summary: Text
    notebooks: Annotated[tuple[Notebook, ...], Field(min_length=1)]
    files: tuple[FileName, ...] = ()
    """What students get beside the notebooks: names of files in `solutions/ID/`.

    Of scripts (`.py`) they get all but the solutions, and complete them; other files as they are.
    """
    model: Model | None = None
    """The model that is submitted as well, with points of its own; `autograder evaluate`."""
    show_marking_scheme: bool | None = None
    """Whether feedback pages show marking schemes; the course decides unless told otherwise."""
    due: datetime | None = None
    """When it is due, with a zone; penalties for being late count from then."""
    hidden: bool = False
    """Whether it is left out of what students get; it is built, tested and graded all the same."""

    @field_validator("due")
    @classmethod
    def _in_a_zone(cls, due: datetime | None) -> datetime | None:
        if due is not None and due.tzinfo is None:
            raise ValueError(f"{due} has no zone; write it like 2026-12-01T23:59:00+01:00")
        return due

    @property
    def scripts(self) -> tuple[str, ...]:
        """The files that are scripts which students complete."""
        return tuple(name for name in self.files if name.endswith(".py"))

    @property
    def exercises(self) -> tuple[Exercise, ...]:
        """The exercises that the autograder scores, in order."""
        return tuple(
            e for notebook in self.notebooks if notebook.graded for e in notebook.exercises
        )

    @property
    def checked_exercises(self) -> tuple[Exercise, ...]:
        """The exercises that `check` judges, in order, be they graded or not.

        All that is known of them is held to the same: their suites, banks, tolerances and gallery.
        """
        return tuple(e for notebook in self.notebooks for e in notebook.exercises if e.criteria)

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions that are graded by hand, in order."""
        return tuple(question for notebook in self.notebooks for question in notebook.questions)

    @property
    def automatic_points(self) -> float:
        """Points the autograder gives."""
        return sum(notebook.automatic_points for notebook in self.notebooks)

    @property
    def manual_points(self) -> float:
        """Points given by hand."""
        return sum(notebook.manual_points for notebook in self.notebooks)

    @property
    def points(self) -> float:
        """All points."""
        return self.automatic_points + self.manual_points

    @property
    def graded_notebooks(self) -> tuple[Notebook, ...]:
        """The notebooks that students hand in."""
        return tuple(notebook for notebook in self.notebooks if notebook.graded)

    def notebook(self, name: str) -> Notebook:
        """The notebook called `name`."""
        for notebook in self.notebooks:
            if notebook.name == name:
                return notebook
        known = ", ".join(notebook.name for notebook in self.notebooks)
        raise CourseError(
            f"Assignment {self.id} has no notebook '{name}' in course.toml; it has {known}."
        )

    def exercise(self, exercise_id: str) -> Exercise:
        """The exercise called `exercise_id`."""
        for notebook in self.notebooks:
            for exercise in notebook.exercises:
                if exercise.id == exercise_id:
                    return exercise
        known = ", ".join(exercise.id for exercise in self.exercises)
        raise CourseError(
            f"Assignment {self.id} has no exercise '{exercise_id}' in course.toml; it has {known}."
        )

    @property
    def grade_ids(self) -> Iterator[str]:
        """The ids of all exercises, of the cells that check them, and of all questions."""
        for notebook in self.notebooks:
            yield from (task.id for task in notebook.tasks)
            yield from (exercise.check_id for exercise in notebook.exercises)

    @model_validator(mode="after")
    def _file_names_are_unique(self) -> Assignment:
        notebooks = [f"{n.name}{suffix}" for n in self.notebooks for suffix in (".py", ".ipynb")]
        for name, count in Counter((*notebooks, *self.files)).items():
            if count > 1:
                raise ValueError(
                    f"assignment '{self.id}' has '{name}' twice among its notebooks and files"
                )
        return self


class LateRule(_Frozen):
    """What being late costs.

    Args:
        method: nothing, everything, points, or per cent of what was earned.
        amount: for each day or hour that has begun.
        per: day or hour.
        grace_minutes: who is no later than that is not late.
        maximum: the most that is taken off, in points or per cent; all if there is none.
    """

    method: Literal["none", "zero", "points", "percent"] = "none"
    amount: Annotated[float, Field(ge=0)] = 0
    per: Literal["day", "hour"] = "day"
    grace_minutes: Annotated[int, Field(ge=0)] = 0
    maximum: Annotated[float, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _amounts_go_with_a_method(self) -> LateRule:
        if (self.method in ("points", "percent")) != bool(self.amount):
            raise ValueError(
                "`amount` is what the methods points and percent take off for each "
                f"{self.per}: give both or neither"
            )
        if self.maximum is not None and not self.amount:
            raise ValueError("`maximum` goes with the methods points and percent")
        if self.method == "percent" and max(self.amount, self.maximum or 0) > 100:
            raise ValueError("more than 100 per cent cannot be taken off")
        return self


class Course(_Frozen):
    """The course as a whole.

    Args:
        title: its name.
        licence: of what students get.
        hand_in: where students hand in, the end of a sentence that every notebook has.
        ai_policy: what students may use AI assistants for, in a sentence or two that they read.
        term: when the course is taught; a gradebook belongs to one term.
        late: what being late costs.
        show_marking_scheme: whether feedback pages show the marking schemes of questions that have
            been marked; an assignment may say otherwise.
    """

    title: Text
    licence: Text
    hand_in: Text = "upload what is named where your course collects submissions."
    ai_policy: Text | None = None
    term: Text | None = None
    late: LateRule = LateRule()
    show_marking_scheme: bool = False


class StudentRepository(_Frozen):
    """Where students find the notebooks and the packages those import."""

    url: Annotated[str, Field(pattern=r"^https://[^\s/]+/\S+[^\s/]$")]
    tag: Annotated[str, Field(pattern=r"^[\w.-]+$")]

    @field_validator("tag")
    @classmethod
    def _exact(cls, tag: str) -> str:
        if tag in {"main", "master", "HEAD", "latest", "dev", "develop"}:
            raise ValueError(f"'{tag}' can move; notebooks install poselab from an exact tag")
        return tag

    @property
    def requirement(self) -> str:
        """What `pip install` is given to install poselab."""
        return f"poselab[onnx] @ git+{self.url}@{self.tag}"

    def colab_link(self, path: str) -> str | None:
        """The address at which Colab opens `path`; None when the repository is not on GitHub."""
        match = re.fullmatch(r"https://github\.com/([^/]+/[^/]+?)(\.git)?", self.url)
        if match is None:
            return None
        return f"https://colab.research.google.com/github/{match[1]}/blob/{self.tag}/{path}"

    def download_link(self, path: str) -> str | None:
        """The address of the file at `path`; None when the repository is not on GitHub."""
        match = re.fullmatch(r"(https://github\.com/[^/]+/[^/]+?)(\.git)?", self.url)
        return f"{match[1]}/raw/{self.tag}/{path}" if match else None


class Manifest(_Frozen):
    """All of `course.toml`, and the folder it was read from."""

    root: Path
    course: Course
    student_repository: StudentRepository
    profiles: dict[Literal["smoke", "cpu", "gpu"], dict[Identifier, dict[str, Setting]]]
    assignments: dict[Identifier, Assignment]

    def assignment(self, assignment_id: str) -> Assignment:
        """The assignment called `assignment_id`."""
        if assignment_id not in self.assignments:
            raise CourseError(
                f"course.toml has no assignment '{assignment_id}'; "
                f"it has {', '.join(self.assignments)}."
            )
        return self.assignments[assignment_id]

    def for_students(self) -> Manifest:
        """The same course without the assignments that students do not get."""
        shown = {name: each for name, each in self.assignments.items() if not each.hidden}
        return self.model_copy(update={"assignments": shown})

    def at_address(self, url: str) -> Manifest:
        """The same course, its student repository at another address."""
        repository = self.student_repository.model_copy(update={"url": url})
        return self.model_copy(update={"student_repository": repository})

    def notebooks(self) -> Iterator[tuple[Assignment, Notebook]]:
        """Every notebook together with its assignment, in the manifest's order."""
        for assignment in self.assignments.values():
            for notebook in assignment.notebooks:
                yield assignment, notebook

    def source(self, assignment: Assignment, notebook: Notebook) -> Path:
        """The file a notebook is written in."""
        return self.root / "solutions" / assignment.id / f"{notebook.name}.py"

    def executed(self, assignment: Assignment, notebook: Notebook) -> Path:
        """The solution as a notebook, which nbgrader reads."""
        return self.source(assignment, notebook).with_suffix(".ipynb")

    def shows_marking_scheme(self, assignment: Assignment) -> bool:
        """Whether feedback pages show the marking scheme of a question that has been marked."""
        own = assignment.show_marking_scheme
        return self.course.show_marking_scheme if own is None else own

    def released(self, assignment: Assignment, notebook: Notebook) -> Path:
        """The notebook that students are given."""
        return self.root / "assignments" / assignment.id / f"{notebook.name}.ipynb"

    def stored_suites(self, assignment: Assignment) -> Path:
        """The file of reference tensors that `check` uses in the student's notebook."""
        return self.root / "poselab" / "checks" / "suites" / f"{assignment.id}.safetensors"

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Manifest:
        owners: dict[str, str] = {}
        for assignment in self.assignments.values():
            for grade_id in assignment.grade_ids:
                if (owner := owners.get(grade_id)) is not None:
                    where = (
                        f"assignment '{owner}' has"
                        if owner == assignment.id
                        else f"assignments '{owner}' and '{assignment.id}' together have"
                    )
                    raise ValueError(
                        f"{where} the exercise or question '{grade_id}' twice; "
                        "an id has to be unique in the whole course"
                    )
                owners[grade_id] = assignment.id
        return self

    @model_validator(mode="after")
    def _something_is_shown(self) -> Manifest:
        if self.assignments and all(each.hidden for each in self.assignments.values()):
            raise ValueError(
                "every assignment is hidden, so students would get none; take `hidden = true` "
                "from one"
            )
        return self

    @model_validator(mode="after")
    def _criteria_are_declared(self) -> Manifest:
        for assignment, notebook in self.notebooks():
            for exercise in notebook.exercises:
                path = exercise_folder(assignment.id, exercise.id) / "cases.py"
                for name in exercise.criteria.keys() - STANDARD.keys():
                    if not _declares(self.root / path, name):
                        raise ValueError(
                            f"the exercise '{exercise.id}' has points for criteria.{name}, which "
                            f"is none of {', '.join(STANDARD)}, and not declared in {path}"
                        )
        return self

    @model_validator(mode="after")
    def _every_assignment_has_its_profiles(self) -> Manifest:
        for name in PROFILES:
            settings = self.profiles.get(name, {})  # type: ignore[call-overload]
            if set(settings) != set(self.assignments):
                raise ValueError(
                    f"[profiles.{name}] must name every assignment and nothing else: it has "
                    f"{sorted(settings)}, not {sorted(self.assignments)}"
                )
        return self


def exercise_folder(assignment: str, exercise: str) -> PurePosixPath:
    """Where all that is known of an exercise stands, below the course's folder.

    A class's folder is named in the way of modules: that of ``PoseRNN`` is ``pose_rnn``.
    """
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", exercise).lower()
    return PurePosixPath("autograder", "exercises", assignment, name)


def _declares(cases: Path, criterion: str) -> bool:
    """Whether an exercise's cases declare a criterion of its own, as far as their text says."""
    return cases.is_file() and criterion in _declared_in(cases.read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def _declared_in(source: str) -> frozenset[object]:
    """The first argument of each call of :class:`Criterion` that is a constant."""
    # Not imported: that would take torch, and exercises are above the manifest.
    return frozenset(
        node.args[0].value
        for node in ast.walk(parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == Criterion.__name__
        and node.args
        and isinstance(node.args[0], ast.Constant)
    )


def load_manifest(root: Path = COURSE_ROOT) -> Manifest:
    """Read and check `course.toml` in the folder `root`.

    Args:
        root: the course's folder.

    Returns:
        The course that the file describes.

    Raises:
        CourseError: the file is missing, is not TOML, or says something that cannot be.
    """
    path = root / "course.toml"
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"There is no course.toml in {root}; name the course's folder.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CourseError(f"course.toml is not valid TOML: {error}.") from None
    assignments = content.get("assignments")
    if isinstance(assignments, dict):
        for assignment_id, assignment in assignments.items():
            if isinstance(assignment, dict):
                assignment["id"] = assignment_id
    try:
        return Manifest.model_validate({**content, "root": root})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the manifest"
        message = first["msg"].removeprefix("Value error, ")
        raise CourseError(f"course.toml, {place}: {message}.") from None
