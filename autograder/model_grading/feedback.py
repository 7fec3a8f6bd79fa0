"""A student's page about the model: points, errors by joint, accuracy curves, what was checked."""

from __future__ import annotations

import base64

import torch
from jinja2 import Environment, StrictUndefined

from autograder.manifest import Assignment, Model
from autograder.model_grading.results import ModelRecord
from autograder.model_grading.scoring import THRESHOLDS
from poselab.checks.report import points
from poselab.models.contract import CHECKS
from poselab.plots.curves import plot_accuracy
from poselab.skeletons import UPPER_BODY

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
<p>{{ record.student }}: <strong>{{ points(record.score) }} of {{ points(record.max_score) }}
points</strong> ({{ record.status.replace("_", " ") }}).</p>
{% for note in record.notes %}<p class="failed">{{ note }}</p>
{% endfor %}
{% if record.error_px is not none %}
<p>The mean error over all joints, frames and {{ clips }} clips of people whom the model has not
seen is <strong>{{ "%.2f"|format(record.error_px) }} px</strong>.</p>
{% endif %}
<table>
<tr><th class="number">mean error up to</th><th class="number">points</th></tr>
{% for step in model.points %}
<tr{% if record.error_px is not none and step.points == record.score %} class="earned"{% endif %}>
<td class="number">{{ "%g"|format(step.error) }} px</td>
<td class="number">{{ points(step.points) }}</td></tr>
{% endfor %}
</table>
{% if curves %}
<h2>By joint</h2>
<table>
<tr><th>joint</th><th class="number">mean error</th><th class="number">within 5 px</th>
<th class="number">within 10 px</th></tr>
{% for joint, error in record.joint_errors_px.items() %}
<tr><td>{{ joint }}</td><td class="number">{{ "%.2f"|format(error) }} px</td>
<td class="number">{{ "%.0f %%"|format(100 * record.accuracy[joint][within(5)]) }}</td>
<td class="number">{{ "%.0f %%"|format(100 * record.accuracy[joint][within(10)]) }}</td></tr>
{% endfor %}
</table>
<img alt="For every joint, the fraction of poses within 0 to 20 pixels."
 src="data:image/png;base64,{{ curves }}">
{% endif %}
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


def feedback_page(record: ModelRecord, assignment: Assignment, model: Model, clips: int) -> bytes:
    """The page as HTML, its picture within.

    Args:
        record: what became of the model.
        assignment: the assignment.
        model: what was to be handed in.
        clips: how many clips it was run on.
    """
    curves = b""
    if record.accuracy:
        accuracy = torch.tensor([record.accuracy[joint] for joint in UPPER_BODY.joints])
        curves = plot_accuracy(torch.from_numpy(THRESHOLDS), accuracy).png()
    page = _environment.from_string(_PAGE).render(
        record=record,
        assignment=assignment,
        model=model,
        clips=clips,
        curves=base64.b64encode(curves).decode(),
        points=points,
        within=lambda pixels: int(THRESHOLDS.searchsorted(pixels)),
        checks=CHECKS,
    )
    return page.encode()
