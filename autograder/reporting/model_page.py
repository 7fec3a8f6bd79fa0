"""A student's page about the model: points, what was measured, what was checked."""

from __future__ import annotations

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from autograder.exercises.graded_model import GradedModel
from autograder.grading.records import ModelRecord
from autograder.manifest import Assignment, Model
from poselab.checks.report import points
from poselab.models.examination import check_names

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ record.student }}: {{ model.file }}</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 45em; margin: 2em auto; padding: 0 1em; color: #222 }
table { border-collapse: collapse; margin: 1em 0 }
td, th { padding: .2em .8em; text-align: left; border-bottom: 1px solid #ddd }
td.number, th.number { text-align: right }
tr.earned { font-weight: bold }
.failed { color: #b00020 }
img { max-width: 100% }
</style>
</head>
<body>
<h1>{{ assignment.title }}: {{ model.file }}</h1>
<p>{{ record.student }}: <strong>{% if record.max_score %}{{ points(record.score) }} of \
{{ points(record.max_score) }} points{% else %}for the leaderboard{% endif %}</strong>
({{ record.status.replace("_", " ") }}).</p>
{% for note in record.notes %}<p class="failed">{{ note }}</p>
{% endfor %}
{% for metric, table, measured in metrics %}
{% if measured %}
<p>{{ metric.sentence.format(count=count) }} <strong>\
{{ "%.2f %s"|format(measured.value, table.unit)|trim }}</strong>.</p>
{% endif %}
{% if table.points %}
<table>
<tr><th class="number">{{ table.bound }}</th><th class="number">points</th></tr>
{% for step in table.points %}
<tr{% if measured and step.points == measured.score %} class="earned"{% endif %}>
<td class="number">{{ table.in_words(step.value) }}</td>
<td class="number">{{ points(step.points) }}{{ " (bonus)" if step.bonus }}</td></tr>
{% endfor %}
</table>
{% endif %}
{% if table.on_bonus or table.in_doubt %}
<p>{{ (table.on_bonus ~ " " ~ table.in_doubt)|trim }}</p>
{% endif %}
{% endfor %}
{% if record.metrics %}
<p>On the leaderboard this model is called <strong>{{ pseudonym }}</strong>. For another name hand
in a file <code>pseudonym.txt</code> beside the model, with one line.</p>
{% endif %}
{{ details }}
{% if record.checks %}
<h2>The file</h2>
<p><code>poselab verify {{ model.file }}</code> tells you the same before you hand in.</p>
<table>
{% for check in record.checks %}
<tr{% if not check.passed %} class="failed"{% endif %}><td>{{ "✓" if check.passed else "✗" }}</td>
<td>{{ check.name.replace("_", " ") }}</td><td>{{ check.sentence }}</td></tr>
{% endfor %}
{% for name in checks[record.checks|length:] %}
<tr><td></td><td>{{ name.replace("_", " ") }}</td><td>not looked at</td></tr>
{% endfor %}
</table>
{% endif %}
</body>
</html>
"""

_environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)


def model_page(
    record: ModelRecord,
    assignment: Assignment,
    model: Model,
    graded: GradedModel,
    count: int,
    pseudonym: str,
) -> bytes:
    """The page as HTML, its pictures within.

    Args:
        record: what became of the model.
        assignment: the assignment.
        model: the points.
        graded: the metrics and the specification.
        count: how many samples it was run on.
        pseudonym: what the leaderboard calls it.

    Returns:
        The page's bytes, as UTF-8.
    """
    measured = record.metrics or [None] * len(graded.metrics)
    page = _environment.from_string(_PAGE).render(
        record=record,
        assignment=assignment,
        model=model,
        metrics=list(zip(graded.metrics, model.metrics, measured, strict=True)),
        count=count,
        pseudonym=pseudonym,
        details=Markup(graded.page(record.details) if record.details else ""),
        points=points,
        checks=check_names(graded.spec),
    )
    return page.encode()
