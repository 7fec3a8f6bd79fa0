"""A page of what students read: wrong answers, and the feedback that each of them gets."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from autograder.errors import CourseError
from autograder.exercises.bank import summary_of
from autograder.exercises.catalogue import bank_of, definition_of, gallery_of
from autograder.manifest import Assignment, Exercise, Manifest, exercise_folder
from autograder.suites.drawing import STORED_SEED, draw_suite
from autograder.syntax import parse
from poselab.checks.comparison import Drawing, picture
from poselab.checks.judge import Verdict, judge
from poselab.checks.report import Aside, as_html
from poselab.checks.runner import run_cases

_PAGE = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Feedback on $title</title>
<style>
body { margin: 2rem auto; max-width: 58rem; padding: 0 1.5rem; background: #fdfdfc; color: #24292f;
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; } h2 { margin: 2.5rem 0 0; font-size: 1.2rem; }
h3 { margin: 0 0 .2rem; font: 600 1rem ui-monospace, "DejaVu Sans Mono", monospace; }
nav a { margin-right: 1rem; } a { color: #0b5a8a; }
article { margin-top: 1.2rem; padding-top: 1.2rem; border-top: 1px solid #dcdcd8; }
article p { margin: .2rem 0 .6rem; }
pre { margin: 0 0 .8rem; padding: .6rem .8rem; overflow-x: auto; background: #f4f4f1;
  border-radius: 4px; font-size: .78rem; line-height: 1.4; }
img { max-width: 100%; margin-top: .5rem; }
</style>
</head>
<body>
<h1>Feedback on $title</h1>
<p>Written by <code>make gallery</code>; do not edit. Each wrong answer with its code, and below it
what <code>check</code> tells the student who wrote it. Read every sentence as that student: does it
say what is wrong, and where to look?</p>
<nav>$links</nav>
$sections
</body>
</html>
""")

_ARTICLE = Template("""\
<article>
<h3>$name</h3>
<p>$description</p>
<pre>$source</pre>
$feedback$picture
</article>
""")

LOOPS = "loops_over_"
"""What the names begin with that loops are given."""


@dataclass(frozen=True)
class Shown:
    """A wrong answer on the page.

    Args:
        name: its id.
        description: what is wrong with it, for the reader of the page.
        source: its code.
        verdict: what its author is told.
        drawing: the picture that its author is shown, if there is one.
    """

    name: str
    description: str
    source: str
    verdict: Verdict
    drawing: Drawing | None


def gallery_path(manifest: Manifest, assignment: Assignment) -> Path:
    """Where an assignment's gallery lies."""
    return manifest.root / "docs" / "gallery" / f"{assignment.id}.html"


def render_gallery(assignment: Assignment) -> str:
    """The whole page, on the suites that students have."""
    links = "\n".join(
        f'<a href="#{exercise.id}">{escape(exercise.title)}</a>'
        for exercise in assignment.checked_exercises
    )
    sections = "".join(_section(assignment, exercise) for exercise in assignment.checked_exercises)
    return _PAGE.substitute(title=escape(assignment.title), links=links, sections=sections)


def shown_answers(assignment: str, exercise: str) -> Iterator[Shown]:
    """The wrong answers that an exercise's section shows, judged.

    Args:
        assignment: the exercise's.
        exercise: its id.

    Yields:
        Each answer.

    Raises:
        CourseError: the gallery shows a mistake that is in no bank, or a right answer; or none
            that loops, although loops lose points.
    """
    suite = draw_suite(assignment, exercise, STORED_SEED)
    named = {wrong.id: wrong for wrong in bank_of(assignment, exercise).mistakes}
    where = exercise_folder(assignment, exercise) / "gallery.py"
    told = set[str]()
    for entry in gallery_of(assignment, exercise):
        known = named.get(entry) if isinstance(entry, str) else None
        function = known.function if known else entry
        if isinstance(function, str):
            raise CourseError(f"{where}: {exercise} shows {entry}, which mistakes.py has not.")
        # What is made on top of any answer is shown as its author wrote it.
        written = known.written or function if known else function
        observations = run_cases(function, suite.cases)
        verdict = judge(suite, observations)
        if verdict.passed:
            raise CourseError(f"{where}: {exercise} shows {written.__name__}, which is right.")
        told |= {criterion.mistake for criterion in verdict.criteria if criterion.mistake}
        yield Shown(
            written.__name__,
            summary_of(written),
            _code(written),
            verdict,
            picture(suite, verdict, observations),
        )
    function_of_tensors = definition_of(assignment, exercise).reference is not None
    counted = any(criterion.id == "vectorised" for criterion in suite.criteria)
    if function_of_tensors and counted and not any(name.startswith(LOOPS) for name in told):
        raise CourseError(f"{where}: {exercise} shows no answer that loops; add one.")


def _section(assignment: Assignment, exercise: Exercise) -> str:
    articles = "".join(_article(shown) for shown in shown_answers(assignment.id, exercise.id))
    heading = f"{escape(exercise.title)} <code>{exercise.id}</code>"
    return f'<section id="{exercise.id}">\n<h2>{heading}</h2>\n{articles}</section>\n'


def _article(shown: Shown) -> str:
    image, words = "", ""
    if shown.drawing is not None:
        words = shown.drawing.words
        data = shown.drawing.data()["image/png"]
        alternative = escape(shown.drawing.alternative)
        image = f'\n<img alt="{alternative}" src="data:image/png;base64,{data}">'
    return _ARTICLE.substitute(
        name=shown.name,
        description=escape(shown.description),
        source=escape(shown.source),
        feedback=as_html(shown.verdict, Aside(picture=words)),
        picture=image,
    )


def _code(function: Callable[..., Any]) -> str:
    """A function's source without decorators and docstring: the page says those elsewhere."""
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()
    definition = parse("\n".join(lines)).body[0]
    assert isinstance(definition, (ast.FunctionDef, ast.ClassDef))
    docstring = definition.body[0]
    kept = range(definition.lineno, len(lines) + 1)
    hidden = range(docstring.lineno, (docstring.end_lineno or docstring.lineno) + 1)
    return "\n".join(lines[number - 1] for number in kept if number not in hidden)
