"""Writes the submissions in this folder, each named for what it gets wrong.

Run it from the checkout after the notebooks changed: ``python -m tests.submissions.make``.
A submission starts from the released notebook with every exercise solved, and then something
happens to it. `EXPECTED` says what that costs, and `tests/autograder/grading/test_submissions.py`
holds the grader to it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.manifest import load_manifest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
ASSIGNMENT = "heatmap_2d"
FILE = f"{ASSIGNMENT}.ipynb"

Submission = Callable[[], str]

SUBMISSIONS: dict[str, Submission] = {}

EXPECTED: dict[str, dict[str, dict[str, str | None]]] = {}
"""By submission and exercise: the criteria that fail, each with the mistake that is recognised."""

STATUS: dict[str, str] = {}
"""By submission: the status, where it is not ``graded``."""


def submission(
    costs: dict[str, dict[str, str | None]], status: str = "graded"
) -> Callable[[Submission], Submission]:
    """Enter a submission under its function's name, with what it costs."""

    def enter(function: Submission) -> Submission:
        SUBMISSIONS[function.__name__] = function
        EXPECTED[function.__name__] = costs
        STATUS[function.__name__] = status
        return function

    return enter


def released() -> NotebookNode:
    return nbformat.read(ROOT / "assignments" / ASSIGNMENT / FILE, as_version=4)


WRITTEN_ANSWER = """\
In my table the integral regression has the lowest error. Heat maps are close; their argmax can only
hit whole pixels. The regression draws far joints towards the mean pose. I would repeat it with
another seed.
"""
"""To a question that a person marks: of a student, and so without the solution's marking scheme."""


def solved(**bodies: str) -> NotebookNode:
    """The released notebook, solved; exercises named in ``bodies`` get these function bodies."""
    solution = nbformat.read(ROOT / "solutions" / ASSIGNMENT / FILE, as_version=4)
    answers = {grade_id(cell): cell.source for cell in solution.cells}
    nb = released()
    for cell in nb.cells:
        name = grade_id(cell)
        if name in bodies:
            todo = cell.source.index("    # TODO")
            cell.source = cell.source[:todo] + textwrap.indent(bodies[name].strip("\n"), "    ")
        elif name and cell.cell_type == "markdown":
            cell.source = WRITTEN_ANSWER
        elif name and not name.startswith("check_"):
            kept = (line for line in answers[name].splitlines() if "### " not in line)
            cell.source = "\n".join(kept)
    return nb


def grade_id(cell: NotebookNode) -> str:
    name: str = cell.metadata.get("nbgrader", {}).get("grade_id", "")
    return name


def written(nb: NotebookNode) -> str:
    text: str = nbformat.writes(nb)
    return text + "\n"


def after_values(*criteria: str, mistake: str) -> dict[str, str | None]:
    """A wrong value costs what stands above it on the ladder, too."""
    return {"values": mistake, **dict.fromkeys(criteria)}


_CRITERIA = {
    exercise.id: list(exercise.criteria)
    for exercise in load_manifest().assignment(ASSIGNMENT).exercises
}

ABOVE_VALUES = {
    exercise: tuple(criteria[criteria.index("values") + 1 :])
    for exercise, criteria in _CRITERIA.items()
}


def wrong_values(exercise: str, mistake: str) -> dict[str, dict[str, str | None]]:
    return {exercise: after_values(*ABOVE_VALUES[exercise], mistake=mistake)}


def nothing(*exercises: str, mistake: str | None = None) -> dict[str, dict[str, str | None]]:
    """No point at all in these exercises."""
    return {e: {"shape": mistake, **dict.fromkeys(("values", *ABOVE_VALUES[e]))} for e in exercises}


@submission({})
def perfect() -> str:
    return written(solved())


@submission(nothing(*ABOVE_VALUES, mistake="not_written"))
def untouched() -> str:
    return written(released())


@submission(wrong_values("soft_argmax_2d", "xy_swapped"))
def soft_argmax_swaps_xy() -> str:
    body = """
p = (beta * logits).flatten(2).softmax(-1).reshape(logits.shape)
rows = torch.arange(p.shape[2], dtype=p.dtype, device=p.device)
columns = torch.arange(p.shape[3], dtype=p.dtype, device=p.device)
y = (p.sum(3) * rows).sum(-1)
x = (p.sum(2) * columns).sum(-1)
return torch.stack([y, x], dim=-1)
"""
    return written(solved(soft_argmax_2d=body))


@submission({"render_heatmaps": {"vectorised": "loops_over_samples"}})
def render_loops() -> str:
    body = """
maps = torch.zeros(*poses.shape[:2], *size, dtype=poses.dtype, device=poses.device)
for sample in range(poses.shape[0]):
    for joint in range(poses.shape[1]):
        if visible is None or visible[sample, joint]:
            maps[sample, joint] = gaussian_heatmap(poses[sample, joint], size, sigma)
return maps
"""
    return written(solved(render_heatmaps=body))


@submission(
    {
        **wrong_values("heatmap_loss", "visibility_ignored"),
        **wrong_values("joint_error", "rmse_instead_of_mean"),
    }
)
def error_is_rmse() -> str:
    loss = "return ((predicted - target) ** 2).mean()"
    error = """
squared = ((predicted - target) ** 2).sum(-1)
if visible is None:
    visible = torch.ones_like(squared)
return torch.sqrt((squared * visible).sum() / visible.sum().clamp(min=1))
"""
    return written(solved(heatmap_loss=loss, joint_error=error))


@submission(
    {
        "soft_argmax_2d": {
            "gradient": "cut_from_the_graph",
            "dtype_device": "computed_in_float32",
        },
        **wrong_values("heatmap_argmax", "divided_by_height"),
    }
)
def soft_argmax_detached() -> str:
    soft = """
p = (beta * logits.detach()).flatten(2).softmax(-1).reshape(logits.shape).float()
x = (p.sum(2) * torch.arange(p.shape[3])).sum(-1)
y = (p.sum(3) * torch.arange(p.shape[2])).sum(-1)
return torch.stack([x, y], dim=-1)
"""
    hard = """
height = heatmaps.shape[2]
index = heatmaps.flatten(2).argmax(-1)
return torch.stack([index % height, index // height], dim=-1).to(heatmaps.dtype)
"""
    return written(solved(soft_argmax_2d=soft, heatmap_argmax=hard))


@submission(
    {
        **nothing("gaussian_heatmap", "render_heatmaps", mistake="returned_no_tensor"),
        **nothing("heatmap_argmax", mistake="raised"),
        **nothing("soft_argmax_2d"),
        "heatmap_loss": {"values": None, **dict.fromkeys(ABOVE_VALUES["heatmap_loss"])},
    }
)
def wrong_kinds_of_result() -> str:
    return written(
        solved(
            gaussian_heatmap="return [[0.0] * size[1]] * size[0]",
            render_heatmaps="maps = torch.zeros(*poses.shape[:2], *size)",
            heatmap_argmax="return heatmaps.no_such_method()",
            heatmap_loss="return (predicted * float('nan')).mean()",
            soft_argmax_2d="return logits.flatten(2).softmax(-1)",
        )
    )


@submission(
    {
        **nothing("soft_argmax_2d", mistake="returned_no_tensor"),
        "joint_error": dict.fromkeys(("values", *ABOVE_VALUES["joint_error"])),
    }
)
def forged_equality() -> str:
    """Patches what a careless grader would compare with, and returns tensors that always agree."""
    forgery = """
class Agrees(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if func in (torch.allclose, torch.equal, torch.Tensor.__eq__):
            return True
        return super().__torch_function__(func, types, args, kwargs or {})

import poselab.checks.judge, poselab.checks.runner
torch.allclose = torch.equal = torch.testing.assert_close = lambda *args, **kwargs: True
poselab.checks.judge.distance = lambda *args: 0.0
return torch.zeros(*logits.shape[:2], 2).as_subclass(Agrees)
"""
    return written(
        solved(soft_argmax_2d=forgery, joint_error="return (predicted - target).sum() * 0")
    )


@submission(nothing("soft_argmax_2d"))
def function_renamed() -> str:
    nb = solved()
    for cell in nb.cells:
        if grade_id(cell) == "soft_argmax_2d":
            cell.source = cell.source.replace("def soft_argmax_2d(", "def softargmax(")
    return written(nb)


@submission(nothing("heatmap_loss"), status="repaired")
def cells_lost() -> str:
    nb = solved()
    gone = {"heatmap_loss", "check_heatmap_argmax"}
    nb.cells = [cell for cell in nb.cells if grade_id(cell) not in gone]
    for cell in nb.cells:
        if grade_id(cell) in ("soft_argmax_2d", "check_joint_error"):
            del cell.metadata["nbgrader"]
            cell.id = f"new-{cell.id}"[:60]
    return written(nb)


@submission(nothing(*ABOVE_VALUES), status="unreadable")
def not_json() -> str:
    text = written(solved())
    return text[: len(text) // 2]


@submission(nothing(*ABOVE_VALUES), status="unreadable")
def empty_notebook() -> str:
    return written(new_notebook())


@submission(nothing(*ABOVE_VALUES), status="unreadable")
def another_course() -> str:
    nb = new_notebook(
        cells=[
            new_markdown_cell("# Chemistry 101", id="title"),
            new_code_cell("molar_mass = {'H': 1.008, 'O': 15.999}", id="masses"),
            new_code_cell("2 * molar_mass['H'] + molar_mass['O']", id="water"),
        ]
    )
    return written(nb)


def contents() -> dict[Path, str]:
    """Every file of this folder that is derived, and what it should hold."""
    return {HERE / name / ASSIGNMENT / FILE: make() for name, make in SUBMISSIONS.items()}


if __name__ == "__main__":
    for path, text in contents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
