"""A student's page about the model: points, errors by joint, accuracy curves, what was checked."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence

from jinja2 import Environment, StrictUndefined
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from poselab.models.contract import CHECKS

from autograder.manifest import Assignment, Model
from autograder.model_grading.results import ModelRecord
from autograder.model_grading.scoring import THRESHOLDS
from poselab.checks.report import points

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
<img alt="For every joint, the share of poses within 0 to 20 pixels."
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
    curves = accuracy_picture(record.accuracy) if record.accuracy else b""
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


def accuracy_picture(accuracy: Mapping[str, Sequence[float]]) -> bytes:
    """One line a joint, as PNG: the share of poses within 0 to 20 pixels."""
    figure = Figure(figsize=(7, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for joint, shares in accuracy.items():
        # Left and right of a pair in one colour, to be told apart by their dashes.
        part = joint.removeprefix("right-").removeprefix("left-")
        style = "--" if joint.startswith("left") else "-"
        axes.plot(THRESHOLDS, shares, style, color=_COLOURS.get(part, "black"), label=joint)
    axes.set(xlabel="distance (px)", ylabel="share of poses within it", xlim=(0, 20), ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right", fontsize="small")
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110, metadata={"Software": None})
    return file.getvalue()


_COLOURS = {"head": "black", "wrist": "tab:red", "elbow": "tab:orange", "shoulder": "tab:blue"}
