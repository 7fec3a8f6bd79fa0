"""The sandbox around a model, tried from within: no model can, but a hole in its runtime might."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from autograder.grading import model_process as process
from autograder.grading.model_process import HELD_OUT, Samples, run_model
from autograder.sandbox.doctor import why_no_sandbox
from poselab.models.examination import Check, as_line, check_names
from poselab.models.predictor import Predictor
from poselab.models.rnn_video import CLIP, INPUT_NAME, OUTPUT_NAME, SPEC
from poselab.models.specification import ModelSpec
from tests.autograder.grading.small import needs_sandbox
from tests.poselab.models import models

SANDBOX = "none" if why_no_sandbox() else "bubblewrap"
CHECKOUT = Path(__file__).parents[3]
CHECKS = check_names(SPEC)
FRAMES = np.random.default_rng(3).integers(0, 256, (3, *CLIP), dtype=np.uint8)
MODEL = {SPEC.file: models.model().SerializeToString()}
SAMPLES = Samples({INPUT_NAME: FRAMES})


def within(seconds: float) -> ModelSpec:
    """The specification with less time for the checks."""
    return replace(SPEC, limits=replace(SPEC.limits, seconds=seconds))


_ESCAPE = """\
import json, os, socket, sys
import real
real.replace_package("poselab")
import onnxruntime
real.confine()
real.limit(60)
model, frames = int(sys.argv[2]), int(sys.argv[3])

def fails(action):
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return "done"

said = {
    "user": os.geteuid() != 0,
    "checkout": [name for name in HIDDEN if os.path.lexists(name)],
    "secrets": os.path.exists("/etc/shadow"),
    "network": fails(lambda: socket.create_connection(("1.1.1.1", 80), timeout=1)),
    "fork": fails(os.fork),
    "file": fails(lambda: open("/tmp/file", "w").write("x" * 9999)),
    "shared file": fails(lambda: open("/dev/shm/file", "w")),
    "kernel folders": fails(lambda: open("/run/kernels/file", "w")),
    "frames": fails(lambda: os.pwrite(frames, b"x", 0)),
    "frames again": fails(
        lambda: os.pwrite(os.open(f"/proc/self/fd/{frames}", os.O_RDWR), b"x", 0)
    ),
    "cut": fails(lambda: os.ftruncate(model, 0)),
    "processes": len([name for name in os.listdir("/proc") if name.isdigit()]),
}
print(json.dumps({"name": "file", "passed": False, "sentence": json.dumps(said),
                  "cause": "specification"}))
"""


@needs_sandbox
def test_nothing_can_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = Path(process.__file__).parent / "inside" / "run_model.py"
    (tmp_path / "real.py").write_text(inside.read_text())
    hidden = [str(path) for path in CHECKOUT.iterdir() if path.name != ".venv"]
    (tmp_path / "run_model.py").write_text(_ESCAPE.replace("HIDDEN", repr(hidden)))
    for path in (tmp_path, *tmp_path.iterdir()):
        path.chmod(0o755)
    monkeypatch.setattr(process, "_INSIDE", tmp_path)
    outcome = run_model(MODEL, SAMPLES, within(20), "bubblewrap")
    assert outcome.failure is not None, outcome.complaint
    said = json.loads(outcome.failure.sentence)
    assert said["user"] or os.geteuid() != 0
    assert hidden and said["checkout"] == [] and not said["secrets"]
    assert said["processes"] <= 2
    refused = (
        *("network", "fork", "file", "kernel folders", "frames", "frames again", "cut"),
        "shared file",
    )
    assert {name: said[name] for name in refused if said[name] == "done"} == {}


def pretending(code: str, own: Path) -> str:
    """A process that writes whatever it likes, and may take no more of the disk than ours."""
    lines = [as_line(Check(name, True, "Fine.")) for name in CHECKS]
    fine = {OUTPUT_NAME: np.zeros((len(SPEC.checks[0].inputs()[INPUT_NAME]), 10, 7, 2), np.float32)}
    packed = base64.b64encode(safetensors.numpy.save(fine)).decode()
    lines.insert(-1, f"outputs {CHECKS[-1]} {packed}")
    return (
        "import json, os, signal, sys, time\n"
        "import numpy as np, safetensors.numpy\n"
        f"sys.path.insert(0, {str(own)!r})\n"
        "del sys.path[1]\n"
        "import run_model\n"
        "run_model.limit(60)\n"
        f"checks = {chr(10).join(lines)!r}.encode() + b'\\n'\n"
        "out = sys.stdout.buffer\n"
        f"{code}\n"
    )


def pretend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> process.Outcome:
    """What is made of it."""
    (tmp_path / "run_model.py").write_text(pretending(code, process._INSIDE))
    monkeypatch.setattr(process, "_INSIDE", tmp_path)
    return run_model(MODEL, SAMPLES, within(1), "none")


@pytest.mark.parametrize(
    ("code", "cause", "words"),
    [
        ("", "crashed", "exit status 0"),
        ("out.write(b'x' * 100)", "crashed", "exit status 0"),
        ("out.write(checks)", "crashed", "ended the process"),
        ("out.write(checks + b'\\nnonsense')", "crashed", "exit status 0"),
        ("out.write(checks + b'\\n')", "crashed", "held-out clips"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed", "signal SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "out_of_memory", "of memory"),
        ("os.kill(os.getpid(), signal.SIGXCPU)", "timed_out", "took more than"),
        ("while True: out.write(b'x' * 65536)", "timed_out", "took more than"),
        (
            "poses = np.zeros((4, 10, 7, 2), np.float32)\n"
            "out.write(checks + b'\\n' + safetensors.numpy.save({'joint_pos': poses}))",
            "crashed",
            "held-out clips",
        ),
        (
            "poses = np.zeros((3, 10, 7, 2), np.float16)\n"
            "out.write(checks + b'\\n' + safetensors.numpy.save({'joint_pos': poses}))",
            "crashed",
            "held-out clips",
        ),
    ],
)
def test_whatever_a_process_writes_becomes_a_sentence(
    code: str, cause: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = pretend(tmp_path, monkeypatch, code)
    assert outcome.outputs is None and outcome.failure is not None
    assert outcome.failure.cause == cause
    assert words in outcome.failure.sentence


def test_a_process_that_does_nothing_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_SPARE_SECONDS", 0.0)
    outcome = pretend(tmp_path, monkeypatch, "time.sleep(60)")
    assert outcome.failure is not None and outcome.failure.cause == "timed_out"


def test_outputs_without_checks_are_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "poses = np.zeros((3, 10, 7, 2), np.float32)\n"
        "out.write(checks[200:] + b'\\n' + safetensors.numpy.save({'joint_pos': poses}))"
    )
    assert pretend(tmp_path, monkeypatch, code).outputs is None


@needs_sandbox
def test_outputs_are_those_of_the_model() -> None:
    outcome = run_model(MODEL, SAMPLES, within(20), "bubblewrap")
    assert outcome.failure is None and outcome.outputs is not None
    expected = Predictor(MODEL, SPEC).predict({INPUT_NAME: FRAMES})
    np.testing.assert_array_equal(outcome.outputs[OUTPUT_NAME], expected[OUTPUT_NAME])


def test_a_failure_on_the_clips_is_told_from_the_specification() -> None:
    assert HELD_OUT not in CHECKS


MANY = Samples({INPUT_NAME: np.random.default_rng(4).integers(0, 256, (12, *CLIP), dtype=np.uint8)})


def in_company() -> dict[str, bytes]:
    """A model that adds something of the others' poses once there are more than nine."""
    numbers = [("nine", 9, np.int64), ("first", 0, np.int64), ("batch_axis", [0], np.int64)]
    found = models.then(
        models.node("Shape", "poses", "sizes"),
        models.node("Gather", "sizes first", "count"),
        models.node("Greater", "count nine", "is_large"),
        models.node("Cast", "is_large", "large", to=1),
        models.node("ReduceMean", "poses batch_axis", "others", keepdims=1),
        models.node("Mul", "others large", "added"),
        models.node("Add", "poses added", "joint_pos"),
    )
    found.graph.initializer.extend(models.constant(*number) for number in numbers)
    return {SPEC.file: found.SerializeToString()}


def normalised() -> dict[str, bytes]:
    """A model with batch normalisation as it is exported in evaluation mode."""
    ones, zeros = np.ones(10), np.zeros(10)
    found = models.then(
        models.node("BatchNormalization", "poses ones zeros zeros ones", "joint_pos")
    )
    found.graph.initializer.extend([models.constant("ones", ones), models.constant("zeros", zeros)])
    return {SPEC.file: found.SerializeToString()}


def test_a_model_that_is_another_one_in_large_batches() -> None:
    outcome = run_model(in_company(), MANY, within(20), SANDBOX)
    assert outcome.report.passed and outcome.failure is not None
    assert outcome.failure.name == HELD_OUT
    assert outcome.failure.sentence.startswith("The outputs for a held-out clip are others when")


def test_batch_normalisation_in_evaluation_mode() -> None:
    outcome = run_model(normalised(), MANY, within(20), SANDBOX)
    assert outcome.failure is None, outcome.failure
