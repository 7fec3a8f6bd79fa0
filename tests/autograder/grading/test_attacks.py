"""Attempts to cheat earn nothing, and are reported."""

from __future__ import annotations

import json
from dataclasses import replace

import nbformat
import pytest

from autograder.grading.trust import measured_inside
from autograder.suites.drawing import stored_suites
from tests.autograder.grading.small import (
    FULL,
    LIMITS,
    SUITES,
    needs_sandbox,
    outcome_is,
    points,
    run,
    said,
)

pytestmark = needs_sandbox

ZERO = "return (predicted - target).sum() * 0"
REPORTED = "Reported to the instructor: "
FOR_THE_SHAPE = SUITES["joint_error"].criteria[0].points
"""Zeros have the right shape, and earn what that is worth."""

ALWAYS = "lambda *args, **kwargs: True"
CELLS = {
    "comparisons": (
        f"import torch\ntorch.allclose = torch.equal = torch.testing.assert_close = {ALWAYS}",
        "the code changed `torch.allclose`",
    ),
    "judge": (
        "import poselab.checks.judge as judge\njudge.distance = lambda *args: 0.0",
        "inspects the course's own checks (`poselab.checks.judge`)",
    ),
    "probe": (
        "import poselab.checks.runner as probe\n"
        "right = probe.run_cases\n"
        "probe.run_cases = lambda function, cases: []\n"
        "right.__code__ = (lambda function, cases: []).__code__",
        "the code changed `poselab.checks.runner.run_cases`",
    ),
    "counting": (
        "import sys\ncounting = sys.modules['poselab.checks.counting']\n"
        "counting.measure_work = lambda work: None",
        "the code changed `poselab.checks.counting.measure_work`",
    ),
    "builtins": (
        "import builtins\nbuiltins.abs = lambda _: 0\nbuiltins.pow = lambda *_: 0",
        "the code changed `builtins.abs`, `builtins.pow`",
    ),
    "modules": (
        "import sys, types\n"
        "sys.modules['poselab.checks.runner'] = types.ModuleType('probe')\n"
        "sys.modules['safetensors.torch'] = types.ModuleType('safetensors')",
        "the code changed `sys.modules['poselab.checks.runner']`",
    ),
    "tensor": (
        "import torch\ntorch.Tensor.detach = lambda self: torch.ones(())",
        "the code changed `torch.Tensor.detach`",
    ),
    "solutions": (
        "open('/srv/course/solutions/heatmap_2d.py')",
        "tried to open /srv/course/solutions/heatmap_2d.py",
    ),
    "references": ("import autograder.exercises", "tried to import autograder"),
    "gradebook": ("open('../../gradebook.db', 'r+b')", "tried to open ../../gradebook.db"),
    "observations": (
        "open('observations.safetensors', 'wb')",
        "tried to open observations.safetensors",
    ),
    "other submission": (
        "import glob\nopen('/srv/grading/submitted/bob/heatmap_2d/heatmap_2d.ipynb')",
        "tried to open /srv/grading/submitted/bob",
    ),
    "network": (
        "import urllib.request\nurllib.request.urlopen('http://10.1.2.3/observations', timeout=1)",
        "tried to download http://10.1.2.3/observations",
    ),
    "suites": (
        "from importlib.resources import files\nlist(files('poselab.checks.suites').iterdir())",
        "inspects the course's own checks (`poselab.checks.suites`)",
    ),
}


@pytest.mark.parametrize("attempt", CELLS)
def test_a_cell_that_cheats(attempt: str) -> None:
    source, report = CELLS[attempt]
    # Before the function that it is to help, which is the notebook's last.
    outcome = run(source, heatmap_argmax="return heatmaps.sum((2, 3))[..., None].repeat(1, 1, 2)*0")
    shape = SUITES["heatmap_argmax"].criteria[0].points
    assert points(outcome) == {**FULL, "heatmap_argmax": shape}, said(outcome)
    assert report in said(outcome), said(outcome)
    assert REPORTED in said(outcome)


@pytest.mark.parametrize("attempt", CELLS)
def test_who_only_tries_keeps_what_was_earned(attempt: str) -> None:
    outcome = run(CELLS[attempt][0])
    if "the code changed" not in said(outcome):
        assert outcome_is(outcome, None), (said(outcome), outcome.silent)
        return
    # In the process that was changed, nothing that is measured there is believed any more.
    assert points(outcome) == {**FULL, "heatmap_argmax": compared_points("heatmap_argmax")}
    unbelieved = [o for o in outcome.observations["heatmap_argmax"] if o.not_believed]
    assert all("changed `" in o.not_believed for o in unbelieved)
    assert unbelieved and not any(o.not_believed for o in outcome.observations["joint_error"])


def compared_points(name: str) -> float:
    """What can be earned by results that the grader compares itself."""
    suite = SUITES[name]
    measured = {case.criterion for case in suite.cases if measured_inside(suite, case)}
    assert {"vectorised", "dtype_device"} <= measured
    return sum(rung.points for rung in suite.criteria if rung.id not in measured)


SUBCLASS = """
class Agrees(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return True
return torch.zeros(()).as_subclass(Agrees)
"""
FORGED_REPLY = """
from IPython import get_ipython
kernel = get_ipython().kernel
kernel.session.send(
    kernel.shell_stream if hasattr(kernel, "shell_stream") else kernel.iopub_socket,
    "run_cases_reply", {"status": "ok", "tampered": 7}, parent=kernel.get_parent("shell"),
    ident=kernel.get_parent("shell").get("ident"), buffers=[b"not a file"],
)
"""
FRAMES = """
import sys
frame = sys._getframe(1)
while frame is not None:
    for value in list(frame.f_locals.values()):
        if isinstance(value, list):
            for observation in value:
                if hasattr(observation, "operations"):
                    vars(observation).update(operations=0, instructions=0, error="")
    frame = frame.f_back
"""
STORED = """
from poselab.checks.cases import suites_from_bytes
from importlib.resources import files
content = (files("poselab.checks") / "suites" / "heatmap_2d.safetensors").read_bytes()
suite = suites_from_bytes(content)["joint_error"]
for case in suite.cases:
    if torch.is_tensor(case.args[0]) and torch.equal(case.args[0], predicted):
        return suite.expected[case.id]
"""


@pytest.mark.parametrize(
    ("body", "report"),
    [
        (SUBCLASS, "creates tensors of its own class (`__torch_function__`)"),
        (FORGED_REPLY + ZERO, ""),
        (FRAMES + ZERO, "inspected its callers"),
        (STORED + ZERO, "(`poselab.checks.cases`)"),
        (f"torch.allclose = torch.equal = {ALWAYS}\n{ZERO}", "the code changed `torch.allclose`"),
        (
            "import sys\nsys.settrace(lambda *_: None)\n" + ZERO,
            "set a trace function",
        ),
        (
            "open('/results/heatmap_2d.json', 'w').write('{}')\n" + ZERO,
            "tried to open /results/heatmap_2d.json",
        ),
    ],
    ids=["subclass", "reply", "frames", "stored", "patch", "trace", "result file"],
)
def test_a_function_that_cheats(body: str, report: str) -> None:
    outcome = run(joint_error=body)
    earned = points(outcome)
    assert earned["joint_error"] <= FOR_THE_SHAPE, (earned, said(outcome))
    # From then on, counts are not believed in a process that was tampered with.
    tampers = "the code " in said(outcome)
    expected = compared_points("heatmap_argmax") if tampers else FULL["heatmap_argmax"]
    assert earned["heatmap_argmax"] == expected
    assert report in said(outcome)


ONLY_THOSE = "`joint_error` passes the published cases but fails equivalent hidden ones"


def where_known(body: str) -> str:
    """A function that does something else about the cases that every student has."""
    suite = stored_suites("heatmap_2d")["joint_error"]
    table = {
        tuple(case.args[0].double().flatten().tolist()): float(suite.expected[case.id])
        for case in suite.cases
        if case.kind == "call"
    }
    known = repr(table).replace("nan", "0")
    return (
        f"table = {known}\nkey = tuple(predicted.double().flatten().tolist())\n"
        f"if key in table:\n    {body}\n{ZERO}"
    )


@pytest.mark.parametrize("pause", [0, 0.3], ids=["at once", "slowly"])
def test_a_table_of_the_stored_answers(pause: float) -> None:
    table = where_known("return torch.tensor(table[key])")
    limits = replace(LIMITS, cell=40, total=120)
    outcome = run(joint_error=f"import time\ntime.sleep({pause})\n{table}", limits=limits)
    assert points(outcome)["joint_error"] <= FOR_THE_SHAPE
    assert f"{REPORTED}{ONLY_THOSE}" in said(outcome)


def test_what_fails_only_the_first_time_is_no_table() -> None:
    body = (
        "global asked\nif not globals().get('asked'):\n    asked = True\n    input()\n"
        "return (predicted - target).norm(dim=-1).mean() if visible is None else "
        "(predicted - target).norm(dim=-1)[visible].mean()"
    )
    outcome = run(joint_error=body)
    assert points(outcome)["joint_error"] < FULL["joint_error"]
    assert ONLY_THOSE not in said(outcome)


def test_cases_without_points_cost_none() -> None:
    outcome = run(joint_error=where_known("__import__('os')._exit(1)"))
    assert points(outcome) == {**FULL, "joint_error": FOR_THE_SHAPE}, said(outcome)


@pytest.mark.parametrize(
    "body",
    [
        "return (predicted - target).norm(dim=-1).mean()",
        "return (predicted - target).norm(dim=-1)[visible > 0].mean()",
        "return ((predicted - target) ** 2).sum(-1).mean()",
        "raise NotImplementedError",
        ZERO,
    ],
)
def test_who_is_wrong_in_good_faith_is_not_reported(body: str) -> None:
    outcome = run(joint_error=body)
    assert points(outcome)["joint_error"] < FULL["joint_error"]
    assert REPORTED not in said(outcome)


@pytest.mark.parametrize(
    "start",
    [
        "import sys\nframe = sys._getframe(1)",
        "import inspect\nframe = inspect.currentframe()",
        "try:\n    1 / 0\nexcept Exception as e:\n    frame = e.__traceback__.tb_frame.f_back",
    ],
    ids=["getframe", "inspect", "traceback"],
)
def test_who_looks_into_callers_is_reported(start: str) -> None:
    outcome = run(joint_error=f"{start}\n{ZERO}")
    assert points(outcome)["joint_error"] <= FOR_THE_SHAPE
    assert "the code inspected its callers" in said(outcome)


MESSAGES = """
kernel = get_ipython().kernel
session, socket, parent = kernel.session, kernel.iopub_socket, kernel.get_parent()
def tell(kind, **content):
    session.send(socket, kind, content, parent=parent)
tell("display_data", data={"image/png": 7, "text/plain": {}}, metadata={}, transient={})
tell("display_data", data={"text/html": ["a", 3]}, metadata={"text/html": 3})
tell("display_data", data={"application/json": float("nan")}, metadata={})
tell("display_data", data={"image/png": "AAAA"}, metadata={"image/png": 3}, transient=[1])
tell("update_display_data", data={}, metadata={}, transient={"display_id": [1]})
tell("execute_result", data={"text/plain": "2.5"}, metadata={}, execution_count="many")
tell("execute_input", code="", execution_count={"a": 1})
tell("error", ename="\\ud800", evalue="x", traceback=[{}])
tell("stream", name="stdnone", text="x")
tell("pie", filling="apple")
tell("comm_open", comm_id="a", target_name="b", data={"state": 3})
tell("comm_msg", comm_id="a", data={"state": 3, "buffer_paths": 3})
tell("clear_output", wait=True)
"""


def test_forged_messages_leave_a_notebook_that_can_be_shown() -> None:
    outcome = run(MESSAGES, MESSAGES)
    assert outcome_is(outcome, None), said(outcome)
    nbformat.validate(outcome.nb)
    json.loads(nbformat.writes(outcome.nb).encode())


def test_who_looks_into_callers_is_given_no_points_for_counts() -> None:
    """Counts live in one process with the code that is counted, which can write there."""
    loops = """
distances = []
for a, b in zip(predicted.reshape(-1, 2), target.reshape(-1, 2)):
    distances.append((a - b).norm())
distances = torch.stack(distances).reshape(predicted.shape[:2])
if visible is None:
    return distances.mean()
return torch.where(visible > 0, distances, 0).sum() / visible.sum().clamp(min=1)
"""
    honest = points(run(joint_error=loops))["joint_error"]
    assert 0 < honest < FULL["joint_error"]
    assert points(run(joint_error=FRAMES + loops))["joint_error"] <= honest
