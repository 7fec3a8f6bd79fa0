"""Notebooks that do not come to an end, and what is kept of them."""

from __future__ import annotations

from typing import Any

import pytest
from nbformat.v4 import new_markdown_cell

from autograder.errors import CourseError
from autograder.grading import execution, notebook_client
from autograder.grading.execution import Run, run_notebook
from autograder.grading.scoring import score
from autograder.grading.settings import Limits
from autograder.grading.trust import MEASURED, NOTHING_MEASURED
from autograder.manifest import load_manifest
from tests.autograder.grading import small
from tests.autograder.grading.small import SUITES, needs_sandbox, notebook
from tests.submissions.make import grade_id

pytestmark = needs_sandbox

STUBBORN = "import signal\nsignal.signal(signal.SIGINT, lambda *_: None)\nwhile True: pass"


def run(*sources: str, total: float = 60) -> Run:
    return run_notebook(notebook(*sources), SUITES, Limits(4, total), "bubblewrap")


@pytest.mark.parametrize(
    ("source", "status", "note"),
    [
        ("x = 1", None, ""),
        ("1 / 0", None, ""),
        ("while True:\n    pass", "timed_out", "Stopped after 4 s: cell 4 (`while True:`)."),
        ("import os\nos._exit(1)", None, "Cell 4 ended Python at `os._exit(1)`"),
        ("quit()", None, "Cell 4 ended Python at `quit()`; only that cell was stopped"),
        ("input()", None, ""),
    ],
)
def test_the_rest_of_the_notebook_counts(source: str, status: str | None, note: str) -> None:
    outcome = run(source)
    assert outcome.status == status
    assert set(outcome.observations) == {"joint_error", "heatmap_argmax"}
    assert outcome.silent == {}
    assert note in " ".join(outcome.notes)


def test_a_kernel_that_ignores_interrupts_is_stopped_in_the_end() -> None:
    outcome = run(STUBBORN)
    assert outcome.status == "timed_out"
    assert set(outcome.observations) == {"joint_error", "heatmap_argmax"}
    assert "did not stop after 4 s in cell 4" in outcome.notes[0]


@pytest.mark.parametrize(
    ("source", "silent", "unfinished"),
    [
        (
            "def heatmap_argmax(heatmaps):\n    raise KeyboardInterrupt",
            None,
            "A KeyboardInterrupt broke it off. It was not the grader's",
        ),
        (
            "import threading\ndef _spin():\n    while True: pass\n"
            "for _ in range(6): threading.Thread(target=_spin, daemon=True).start()\n"
            "def heatmap_argmax(heatmaps):\n    while True: pass",
            None,
            "Most of that time went to other threads or processes",
        ),
        ("def heatmap_argmax(heatmaps):\n    while True: pass", None, "Does a loop never end"),
        (
            "import threading\ndef heatmap_argmax(heatmaps):\n    threading.Event().wait()",
            None,
            "Most of that time it waited",
        ),
        (
            "del heatmap_argmax\nwhile True:\n    pass",
            "its cell was stopped (the cell ran longer than 4 s)",
            None,
        ),
    ],
)
def test_what_broke_a_function_off_is_said(
    source: str, silent: str | None, unfinished: str | None
) -> None:
    nb = notebook()
    nb.cells.insert(0, new_markdown_cell("A cell that has no outputs."))
    cell = next(cell for cell in nb.cells if grade_id(cell) == "heatmap_argmax")
    cell.source += f"\n{source}"
    outcome = run_notebook(nb, SUITES, Limits(4, 60), "bubblewrap")
    assert (silent or "") in outcome.silent.get("heatmap_argmax", "")
    assert (unfinished or "") in outcome.unfinished.get("heatmap_argmax", "")
    assert ("heatmap_argmax" in outcome.silent) == (silent is not None)
    assert ("heatmap_argmax" in outcome.unfinished) == (unfinished is not None)
    assert (outcome.status == "timed_out") == ("KeyboardInterrupt" not in source)


@pytest.mark.parametrize(
    ("afterwards", "told"),
    # A kernel that has to be killed is followed by another, which runs without that cell.
    [("", MEASURED), (STUBBORN, NOTHING_MEASURED)],
)
def test_what_touched_no_measurement_says_so(afterwards: str, told: str) -> None:
    outcome = run(f"import os\nif os.fork() == 0:\n    os._exit(0)\nos.wait()\n{afterwards}")
    forked = next(note for note in outcome.notes if "forked" in note)
    assert outcome.instead[forked] == told


def test_trainings_that_take_all_the_time_cost_no_exercise() -> None:
    slow = "import time\ntime.sleep(30)"
    outcome = run(*[slow] * 6, total=8)
    assert outcome.status == "timed_out"
    assert set(outcome.observations) == {"joint_error", "heatmap_argmax"}
    assert outcome.silent == {}
    said = " ".join(outcome.notes)
    assert "Stopped after 4 s: cell 4" in said
    assert "Skipped for lack of time, because nothing that is graded needs them: cells" in said


def test_a_cold_kernel_accuses_nobody() -> None:
    training = "import torch\ntorch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], 0.1).step()"
    outcome = run_notebook(notebook(training), SUITES, Limits(60, 120), "none")
    assert set(outcome.observations) == {"joint_error", "heatmap_argmax"}
    assert outcome.notes == []


class Slow(notebook_client.SturdyClient):
    """A client whose first kernels do not answer."""

    failures = 0

    async def async_start_new_kernel_client(self, **kwargs: Any) -> Any:
        """As usual, or not."""
        if Slow.failures:
            Slow.failures -= 1
            await self._async_cleanup_kernel()
            raise RuntimeError("Kernel didn't respond in 60 seconds")
        return await super().async_start_new_kernel_client(**kwargs)


def test_a_kernel_that_does_not_start_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "SturdyClient", Slow)
    Slow.failures = execution.MOST_STARTS - 1
    assert run().status is None
    Slow.failures = execution.MOST_STARTS
    with pytest.raises(
        CourseError, match=r"^No kernel could be started \(Kernel didn't respond in"
    ):
        run()


def test_what_never_ends_is_told_so_where_it_loses_its_points() -> None:
    outcome = small.run(heatmap_argmax="while True:\n    pass")
    notebook = load_manifest().assignment("heatmap_2d").notebook("heatmap_2d")
    exercises = tuple(exercise for exercise in notebook.exercises if exercise.id in SUITES)
    notebook = notebook.model_copy(update={"exercises": exercises})
    verdicts = {one.exercise: one for one in score(outcome, notebook, SUITES, {})}
    assert verdicts["joint_error"].passed
    first = verdicts["heatmap_argmax"].criteria[0]
    told = "It was stopped in this call, when the 4 s for all calls together were over"
    assert told in first.message
    assert "Called `heatmap_argmax" in first.message and "No result" not in first.message


@pytest.mark.parametrize("made", ["open('/dev/null')", "socket.socket()", "os.pipe()"])
def test_open_files_that_are_kept_cost_no_exercise(made: str) -> None:
    outcome = small.run(
        f"import os, socket\nkept = []\ntry:\n    while True:\n        kept.append({made})\n"
        "except OSError as error:\n    assert error.errno == 24"
    )
    assert small.points(outcome) == small.FULL
    assert outcome.notes == []
