"""An exercise is judged on its own, whatever became of those before it."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.exercises.catalogue import solution_functions, solution_source
from autograder.grading.execution import Run, run_notebook
from autograder.grading.settings import Limits
from autograder.manifest import COURSE_ROOT
from autograder.suites.drawing import draw_suite
from poselab.checks.judge import judge

pytestmark = [pytest.mark.needs_sandbox, pytest.mark.slow]

SOURCE = COURSE_ROOT / "solutions" / "rnn_video" / "rnn_video.py"
NAMES = ("normalize_frames", "FrameEncoder", "PoseRNN")
SUITES = {name: draw_suite("rnn_video", name, 3) for name in NAMES}
RIGHT = {name: solution_source(SOURCE, name) for name in NAMES}

WRONG_FRAMES = """
def normalize_frames(frames):
    return (frames.double() / 255).movedim(-1, -3)
"""
WRONG_ENCODER = """
class FrameEncoder(nn.Module):
    def __init__(self, n_features=128):
        super().__init__()
        self.linear = nn.Linear(3, n_features)
    def forward(self, frames):
        return self.linear(frames.double().mean((2, 3)))
"""
READS_IT = "print(normalize_frames.__module__, FrameEncoder.__module__)"


def notebook(**sources: str) -> NotebookNode:
    cells = []
    for name in NAMES:
        source = "import torch\nfrom torch import nn\n" + sources.get(name, _own(name))
        cells.append(new_code_cell(source, metadata={"nbgrader": {"grade_id": name}}))
        check = {"nbgrader": {"grade_id": f"check_{name}"}}
        cells.append(new_code_cell(f"check({name})", metadata=check))
    cells.append(new_code_cell(READS_IT))
    nb: NotebookNode = new_notebook(cells=cells)
    return nb


def _own(name: str) -> str:
    """The solution of one exercise alone: the others come from their own cells."""
    source = RIGHT[name]
    if name != "PoseRNN":
        return source
    return source[: source.index("def normalize_frames")] + source[source.index("class PoseRNN") :]


def run(**sources: str) -> Run:
    return run_notebook(notebook(**sources), SUITES, Limits(), "bubblewrap", right=RIGHT)


def points(outcome: Run) -> dict[str, bool]:
    verdicts = {n: judge(suite, outcome.observations[n]) for n, suite in SUITES.items()}
    return {name: verdict.score == verdict.max_score for name, verdict in verdicts.items()}


def test_the_sources_define_what_they_are_for() -> None:
    for name in NAMES:
        names: dict[str, object] = {}
        exec(RIGHT[name], names)
        assert type(names[name]) is type(solution_functions(SOURCE)[name])


def test_wrong_answers_before_cost_nothing_here() -> None:
    outcome = run(normalize_frames=WRONG_FRAMES, FrameEncoder=WRONG_ENCODER)
    assert points(outcome) == {"normalize_frames": False, "FrameEncoder": False, "PoseRNN": True}
    assert any("`PoseRNN` was judged with a right `normalize_frames`" in n for n in outcome.notes)
    # The student's own are back afterwards.
    assert outcome.nb.cells[-1].outputs[0].text == "__main__ __main__\n"


def test_what_is_wrong_here_still_costs() -> None:
    wrong = _own("PoseRNN").replace("batch_first=True", "batch_first=False")
    assert wrong != _own("PoseRNN")
    outcome = run(normalize_frames=WRONG_FRAMES, PoseRNN=wrong)
    assert points(outcome) == {"normalize_frames": False, "FrameEncoder": True, "PoseRNN": False}


def test_right_answers_need_no_stand_in() -> None:
    outcome = run()
    assert all(points(outcome).values())
    assert not outcome.notes


KEEPS_IT = """
class PoseRNN(nn.Module):
    def __init__(self, **sizes):
        super().__init__()
    def forward(self, clips):
        global kept
        if normalize_frames.__module__ == "course":
            kept = normalize_frames
        return clips.float().mean((2, 3, 4))
"""
HANDS_IN_WHAT_WAS_KEPT = """
def normalize_frames(frames):
    return kept(frames)
"""


def test_what_stands_in_is_of_no_use_to_whoever_keeps_it() -> None:
    """Checks in another order would show a right answer to an exercise before it is judged."""
    nb = notebook(normalize_frames=HANDS_IN_WHAT_WAS_KEPT, PoseRNN=KEEPS_IT)
    nb.cells = [*nb.cells[2:-1], *nb.cells[:2], nb.cells[-1]]
    nb.cells.insert(0, new_code_cell(WRONG_FRAMES.replace("double", "float")))
    outcome = run_notebook(nb, SUITES, Limits(), "bubblewrap", right=RIGHT)
    earned = judge(SUITES["normalize_frames"], outcome.observations["normalize_frames"])
    assert earned.score == 0
    assert not any("was judged with a right `normalize_frames`" in n for n in outcome.notes)
