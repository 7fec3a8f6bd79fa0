"""The page of a student whose notebook cannot be shown: points and messages, and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, StrictUndefined

from autograder.grading.records import ExerciseRecord
from poselab.checks.report import points

MARK = b"<!-- points without the notebook -->"
"""By this a plain page is known; it stands near its beginning."""

_PAGE = """\
<!DOCTYPE html>
<!-- points without the notebook -->
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ title }}</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 55em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: .5em 0 1.5em; width: 100% }
td { padding: .3em .8em; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd }
td.short { white-space: nowrap }
.passed { color: #1b7837 }
.failed { color: #b2182b }
.remark { border-left: 4px solid #888; padding: .2em 1em; background: #f4f4f4 }
.comment { white-space: pre-wrap }
</style>
</head>
<body>
<h1>{{ title }}</h1>
{% if total %}
<p><strong>{{ points(total[0]) }} of {{ points(total[1]) }} points</strong>\
{% if open %}; {{ points(open) }} more are given by hand and are still open{% endif %}.</p>
{% endif %}
<p class="remark">This page shows your points without your notebook. {{ remark }}</p>
{% for note in notes %}<p>{{ note }}</p>
{% endfor %}
{% for exercise in exercises %}
<h2>{{ exercise.id }}: {{ points(exercise.score) }} of {{ points(exercise.max_score) }}</h2>
<table>
{% for criterion in exercise.criteria %}
<tr><td class="short {{ "passed" if criterion.passed else "failed" }}">\
{{ "✓ passed" if criterion.passed else "✗ not yet" }}</td>
<td class="short">{{ criterion.id.replace("_", " ") }}</td>
<td class="short">{{ points(criterion.points) }} of {{ points(criterion.max_points) }}</td>
<td>{{ criterion.message }}</td></tr>
{% endfor %}
</table>
{% endfor %}
{% for mark in marks %}
<h2>{{ mark.name }}{% if mark.score is not none %}: {{ points(mark.score) }} of \
{{ points(mark.max_score) }}{% elif mark.max_score %}: not yet marked, of \
{{ points(mark.max_score) }}{% endif %}</h2>
{% if mark.comment %}<p class="comment">{{ mark.comment }}</p>{% endif %}
{% endfor %}
</body>
</html>
"""

_environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)


@dataclass(frozen=True)
class Mark:
    """What a person has given, or has to give, for one cell.

    Args:
        name: of the cell.
        score: the points; ``None`` where there are none yet, or none are given.
        max_score: the points that there are.
        comment: what the person wrote.
    """

    name: str
    score: float | None
    max_score: float
    comment: str


def plain_page(
    title: str,
    remark: str,
    exercises: Sequence[ExerciseRecord],
    marks: Sequence[Mark] = (),
    notes: Sequence[str] = (),
    by_hand: Mapping[str, float] | None = None,
) -> bytes:
    """The page as HTML.

    Args:
        title: of the notebook.
        remark: why the notebook is not shown.
        exercises: what was earned.
        marks: what a person has given.
        notes: the grader's remarks on the submission.
        by_hand: points of exercises that a person has changed.

    Returns:
        The page's bytes, as UTF-8.
    """
    changed = by_hand or {}
    exercises = [
        exercise.model_copy(update={"score": changed.get(exercise.id, exercise.score)})
        for exercise in exercises
    ]
    earned = [(exercise.score, exercise.max_score) for exercise in exercises]
    earned += [(mark.score, mark.max_score) for mark in marks if mark.score is not None]
    page = _environment.from_string(_PAGE).render(
        title=title,
        remark=remark,
        exercises=exercises,
        marks=marks,
        notes=notes,
        total=[sum(column) for column in zip(*earned, strict=True)],
        open=sum(mark.max_score for mark in marks if mark.score is None),
        points=points,
    )
    return page.encode()
