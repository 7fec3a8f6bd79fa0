"""Models of other kinds fit: weights with a script, two outputs, another metric."""

from __future__ import annotations

import csv
import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import torch
from onnx import TensorProto, helper, numpy_helper
from rich.console import Console

from autograder.errors import CourseError
from autograder.exercises.graded_model import (
    GradedModel,
    HeldOut,
    Measured,
    Metric,
    graded_model_of,
)
from autograder.grading import cluster
from autograder.grading.evaluator import OWN, Task
from autograder.grading.model import ModelEvaluator
from autograder.grading.model_process import Samples, run_model
from autograder.grading.settings import Settings
from autograder.manifest import Model, load_manifest
from autograder.reporting.grade import evaluate_models
from autograder.sandbox.doctor import why_no_sandbox
from poselab.models import verify
from poselab.models.examination import Check, check_names, examine
from poselab.models.specification import (
    Arrays,
    BrokenError,
    ModelLimits,
    ModelSpec,
    NamedCheck,
    TensorSpec,
)
from tests.autograder.grading.held_out import GRADED

SANDBOX = "none" if why_no_sandbox() else "bubblewrap"
MATRIX = np.arange(6, dtype=np.float32).reshape(2, 3)


def poses_2d(count: int) -> Arrays:
    return {"joint_2d": np.random.default_rng(count).random((count, 4, 2), dtype=np.float32)}


def origin() -> Arrays:
    return {"joint_2d": np.zeros((1, 4, 2), np.float32)}


def judge_origin(outputs: Arrays) -> str:
    if np.abs(outputs["joint_3d"]).max() > 0:
        raise BrokenError("The origin is not lifted to the origin.")
    return "The origin stays where it is."


LIFTING = ModelSpec(
    file="liftModel",
    inputs=(TensorSpec("joint_2d", "float32", (4, 2)),),
    outputs=(TensorSpec("joint_3d", "float32", (4, 3)),),
    examples=poses_2d,
    kind="script",
    script="eval.py",
    function="lift",
    sample="pose",
    unit="mm",
    limits=ModelLimits(seconds=8, memory_bytes=1 << 30),
    checks=(NamedCheck("origin", origin, judge_origin),),
)
RIGHT = """
import torch

print("noise on the standard output")
weights = torch.load("liftModel", weights_only=True)

def lift(joint_2d):
    return torch.from_numpy(joint_2d) @ weights
"""


def weights() -> bytes:
    file = io.BytesIO()
    torch.save(torch.from_numpy(MATRIX), file)
    return file.getvalue()


def handed_in(script: str) -> dict[str, bytes]:
    return {"liftModel": weights(), "eval.py": script.encode()}


def run(script: str, **limits: Any) -> Any:
    spec = replace(LIFTING, limits=replace(LIFTING.limits, **limits))
    return run_model(handed_in(script), Samples(poses_2d(40)), spec, SANDBOX)


def body(code: str) -> str:
    return f"import os, time\nimport numpy as np\n\ndef lift(joint_2d):\n    {code}\n"


def test_a_script_with_its_weights() -> None:
    outcome = run(RIGHT)
    assert outcome.failure is None, (outcome.failure, outcome.complaint)
    assert [check.name for check in outcome.report.checks] == [
        *("file", "loads", "batches", "finite", "repeatable", "alone", "origin")
    ]
    expected = poses_2d(40)["joint_2d"] @ MATRIX
    np.testing.assert_allclose(outcome.outputs["joint_3d"], expected, rtol=1e-6)


def examined(script: str, folder: Path) -> list[Check]:
    """The checks, made in this process."""
    files = handed_in(script)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return list(examine(files, LIFTING, folder))


def test_renamed_weights_are_those_that_are_verified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "specification_for", lambda *_: LIFTING)
    for name, content in handed_in(RIGHT).items():
        (tmp_path / name).write_bytes(content)
    renamed = tmp_path / "better.pt"
    renamed.write_bytes((tmp_path / LIFTING.file).read_bytes())
    (tmp_path / LIFTING.file).unlink()
    assert verify.verify_model(renamed).passed
    (tmp_path / LIFTING.script).unlink()
    (missing,) = verify.verify_model(renamed).failures
    assert missing.sentence == f"{LIFTING.script} is missing; put it beside {LIFTING.file}."


@pytest.mark.parametrize(
    "result",
    [
        "np.zeros((len(joint_2d), 4, 3), np.float32)",
        "[np.zeros((len(joint_2d), 4, 3), np.float32)]",
        "{'joint_3d': np.zeros((len(joint_2d), 4, 3), np.float32), 'more': 1}",
    ],
)
def test_what_a_function_may_return(result: str, tmp_path: Path) -> None:
    checks = examined(body(f"return {result}"), tmp_path)
    assert tuple(check.name for check in checks if check.passed) == check_names(LIFTING)


@pytest.mark.parametrize(
    ("script", "check", "words"),
    [
        ("def lift(:", "loads", "Python cannot load eval.py (SyntaxError"),
        ("raise ValueError('no weights')", "loads", "(no weights)"),
        ("import no_such_module", "loads", "no_such_module"),
        ("def other(): pass", "loads", "eval.py defines no function lift"),
        ("__import__('sys').exit(3)", "loads", "it ends Python with 3"),
        (body("raise KeyError('joint')"), "batches", "KeyError: 'joint'"),
        (body("return joint_2d"), "batches", "(1, 4, 2) instead of (1, 4, 3)"),
        (body("return np.zeros((1, 4, 3))"), "batches", "instead of float32 numbers"),
        (body("return 'poses'"), "batches", "instead of float32 numbers"),
        (body("return {}"), "batches", "it returns no joint_3d"),
        (body("return [1, 2]"), "batches", "2 outputs instead of 1"),
        (body("return np.full((len(joint_2d), 4, 3), np.nan, 'f')"), "finite",
         "For 5 of 5 ordinary poses some outputs are NaN"),
        (body("return np.random.rand(len(joint_2d), 4, 3).astype('f')"), "repeatable",
         "mm from run to run; use evaluation mode"),
        (body("return np.ones((len(joint_2d), 4, 3), 'f') * len(joint_2d)"), "alone",
         "when other poses are in the batch"),
        (body("return np.ones((len(joint_2d), 4, 3), 'f')"), "origin",
         "The origin is not lifted to the origin."),
    ],
)  # fmt: skip
def test_a_script_that_fails(script: str, check: str, words: str, tmp_path: Path) -> None:
    failure = next(found for found in examined(script, tmp_path) if not found.passed)
    assert (failure.name, failure.cause) == (check, "specification"), failure.sentence
    assert words in failure.sentence


@pytest.mark.parametrize(
    ("code", "check", "cause", "words"),
    [
        ("return np.ones(1 << 33, np.uint8)", "batches", "out_of_memory", "1024 MB of memory"),
        ("return __import__('torch').ones(1 << 33)", "batches", "out_of_memory", "1024 MB"),
        ("os._exit(3)", "batches", "crashed", "exit status 3"),
        ("while True: pass", "batches", "timed_out", "took more than the 3 s"),
        ("return np.ones((len(joint_2d), 4, 3), 'f')", "origin", "specification", "to the origin."),
        ("return np.zeros((len(joint_2d), 4, 3), 'f') * (1 / (len(joint_2d) < 9))", "held_out",
         "specification", "The model fails with the held-out poses (ZeroDivisionError"),
    ],
)  # fmt: skip
def test_a_script_that_takes_too_much(code: str, check: str, cause: str, words: str) -> None:
    failure = run(body(code), seconds=3).failure
    assert (failure.name, failure.cause) == (check, cause), failure.sentence
    assert words in failure.sentence


def lifting(more: str, *body: str) -> str:
    """A script whose function knows the right poses as ``right``, and returns ``answer``."""
    lines = ["right = joint_2d @ weights", "answer = right", *body, "return answer.astype('f')"]
    return (
        "import os, sys, torch\nimport numpy as np\n"
        "weights = torch.load('liftModel', weights_only=True).numpy()\n"
        f"{more}\n\ndef lift(joint_2d):\n    " + "\n    ".join(lines) + "\n"
    )


SHIFT = "(joint_2d ** 2).mean() * np.float32(0.1)"
"""Something that poses know of each other."""

IN_COMPANY = {
    "waits for a large batch": lifting(
        "", f"if len(joint_2d) > 9:\n        answer = right + {SHIFT}"
    ),
    "right in company only": lifting(
        "", "if os.fstat(int(sys.argv[3])).st_size < 1200:\n        answer = right + 1"
    ),
    "remembers the call before": lifting(
        "seen = [()]",
        "if len(seen[0]) > 9:\n        answer = right + 0.1",
        "seen[0] = joint_2d",
    ),
    "keeps its answers": lifting(
        "alone = {}",
        "if len(joint_2d) == 1:\n        alone[joint_2d.tobytes()] = right",
        f"if len(joint_2d) > 9:\n        answer = right + {SHIFT}",
        "for n, pose in enumerate(joint_2d):\n"
        "        answer[n] = alone.get(pose.tobytes(), answer[n])",
    ),
    "counts its calls": lifting(
        "",
        "sys.calls = getattr(sys, 'calls', 0) + 1",  # the checks make 12
        f"if sys.calls > 12:\n        answer = right + {SHIFT}",
    ),
    "fails when it is alone": lifting(
        "", "if os.fstat(int(sys.argv[3])).st_size < 1200:\n        raise ValueError('alone')"
    ),
}


@pytest.mark.parametrize("kind", IN_COMPANY)
def test_a_script_that_is_another_one_in_company(kind: str) -> None:
    outcome = run(IN_COMPANY[kind])
    assert outcome.report.passed and outcome.outputs is None
    assert (outcome.failure.name, outcome.failure.cause) == ("held_out", "specification")
    sentence = outcome.failure.sentence
    assert "when it is alone in its batch: they may depend on that pose only." in sentence or (
        kind == "fails when it is alone" and "each alone in its batch (alone)" in sentence
    )


def test_what_a_script_saw_is_not_quoted() -> None:
    telling = lifting(
        "",
        "digits = ''.join(f'{abs(x):.6f}'.replace('.', '') for x in joint_2d.ravel()[:6])",
        "seen = digits.translate(str.maketrans('0123456789', 'bcdfghjklm'))",
        "if len(joint_2d) > 9:\n        raise ValueError('the size is ' + seen)",
    )
    failure = run(telling).failure
    assert (failure.name, failure.cause) == ("held_out", "specification")
    assert "The model fails with the held-out poses (the size is …)" in failure.sentence


NORMALISED = """
import torch

class Lift(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.normalise = torch.nn.BatchNorm1d(4)
        self.weights = torch.nn.Parameter(torch.load("liftModel", weights_only=True))

    def forward(self, x):
        return self.normalise(x) @ self.weights

models, calls = [], [0]

def lift(joint_2d):
    if not models:
        models.append(Lift().eval())
    calls[0] += 1
    return models[0](torch.from_numpy(joint_2d) * (1 + 1e-5) ** 0.5)
"""


def test_an_honest_script_that_keeps_its_network() -> None:
    outcome = run(NORMALISED)
    assert outcome.failure is None, outcome.failure
    expected = poses_2d(40)["joint_2d"] @ MATRIX
    np.testing.assert_allclose(outcome.outputs["joint_3d"], expected, rtol=1e-4, atol=1e-5)


TRIES = f"""
def tried(action):
    try:
        action()
    except OSError as error:
        return type(error).__name__
    return "done"

import socket
raise ValueError([
    tried(lambda: open({str(Path(__file__))!r})),
    tried(lambda: open('more', 'wb', 0).write(b'x')),
    tried(os.fork),
    tried(lambda: socket.create_connection(('1.1.1.1', 80), timeout=1)),
])
"""


@pytest.mark.skipif(SANDBOX == "none", reason="it takes a sandbox")
def test_what_a_script_cannot_do() -> None:
    failure = run("import os\n" + TRIES).failure
    assert failure.name == "loads" and failure.cause == "specification"
    assert "FileNotFoundError" in failure.sentence and "done" not in failure.sentence


PRESENCE = ModelSpec(
    file="presence.onnx",
    inputs=(TensorSpec("image", "float32", (2, 8, 8)),),
    outputs=(
        TensorSpec("heatmaps", "float32", (2, 8, 8)),
        TensorSpec("presence", "float32", (2,)),
    ),
    examples=lambda count: {
        "image": np.random.default_rng(1).random((count, 2, 8, 8), dtype=np.float32)
    },
    sample="image",
)


def presence(outputs: tuple[str, ...] = ("heatmaps", "presence")) -> dict[str, bytes]:
    shapes = {"heatmaps": ("batch", 2, 8, 8), "presence": ("batch", 2)}
    graph = helper.make_graph(
        [
            helper.make_node("Relu", ["image"], ["heatmaps"]),
            helper.make_node("ReduceMean", ["image", "axes"], ["presence"], keepdims=0),
        ],
        "presence",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, shapes["heatmaps"])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shapes[name]) for name in outputs],
        [numpy_helper.from_array(np.array([2, 3]), "axes")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return {"presence.onnx": model.SerializeToString()}


def test_a_model_of_two_outputs() -> None:
    inputs = PRESENCE.examples(40)
    outcome = run_model(presence(), Samples(inputs), PRESENCE, SANDBOX)
    assert outcome.failure is None and outcome.outputs is not None, outcome
    np.testing.assert_array_equal(outcome.outputs["heatmaps"], inputs["image"])
    means = inputs["image"].mean((2, 3))
    np.testing.assert_allclose(outcome.outputs["presence"], means, rtol=1e-5)
    assert outcome.report.passed
    for wrong in (("heatmaps",), ("presence", "heatmaps")):
        *_, failed = examine(presence(wrong), PRESENCE)
        assert failed.name == "interface" and not failed.passed
        assert failed.sentence.startswith(
            f"The model has to have two outputs called heatmaps, presence, and has "
            f'{", ".join(wrong)}; export with output_names=["heatmaps", "presence"].'
        )


def draw(sizes: Mapping[str, int], seed: int) -> HeldOut:
    inputs = poses_2d(sizes["n_poses"])
    return HeldOut(inputs, {"joint_3d": inputs["joint_2d"] @ MATRIX})


def precision(outputs: Arrays, targets: Arrays) -> Measured:
    distance = np.abs(outputs["joint_3d"] - targets["joint_3d"]).max(axis=(1, 2))
    return Measured(float((distance < 1e-3).mean()), {"worst": float(distance.max())})


def no_page(details: Mapping[str, Any]) -> str:
    return f"<p>worst {details['worst']:.1f}</p>"


def canary() -> tuple[dict[str, bytes], Arrays, Arrays]:
    inputs = poses_2d(2)
    return handed_in(RIGHT), inputs, {"joint_3d": inputs["joint_2d"] @ MATRIX}


TOY = GradedModel(
    spec=LIFTING,
    draw=draw,
    version=1,
    metrics=(Metric("precision", precision, ("worst",), {}, "The precision is"),),
    page=no_page,
    canary=canary,
)


def test_a_class_with_scripts(tmp_path: Path) -> None:
    """Through the pipeline that knows neither poses nor scripts, by name."""
    manifest = load_manifest()
    table = Model.model_validate(
        {
            "file": "liftModel",
            "held_out": {"n_poses": 30},
            "metric": "precision",
            "better": "larger",
            "points": [{"value": 0.5, "points": 1}, {"value": 0.9, "points": 3}],
        }
    )
    assignment = manifest.assignment("heatmap_2d").model_copy(update={"model": table})
    manifest = manifest.model_copy(update={"assignments": {"heatmap_2d": assignment}})
    wrong = RIGHT.replace("@ weights", "@ weights + (joint_2d > 2)[..., :1] + 0.5")
    half = RIGHT.replace("@ weights", "@ weights + (joint_2d[:, :1, :1] > 0.4) * 9")
    files = {
        "ada": {"liftModel": weights(), "eval.py": RIGHT.encode()},
        "bea": {"liftModel": weights(), "eval (1).py": half.encode()},
        "cem": {"liftModel": weights(), "training.py": RIGHT.encode()},
        "dov": {"liftModel": b"nonsense", "eval.py": RIGHT.encode()},
        "eli": {"eval.py": RIGHT.encode()},
        "fay": {"liftModel": weights(), "eval.py": wrong.replace("(joint", "0*(joint").encode()},
    }
    for student, content in files.items():
        folder = tmp_path / "class" / student / "heatmap_2d"
        folder.mkdir(parents=True)
        for name, data in content.items():
            (folder / name).write_bytes(data)
    work = tmp_path / "work"
    settings = Settings(workers=2, sandbox=SANDBOX)  # type: ignore[arg-type]
    evaluate_models(
        manifest, "heatmap_2d", tmp_path / "class", work, work / "results.json", settings,
        Console(quiet=True), TOY,
    )  # fmt: skip
    results = json.loads((work / "results.json").read_text())
    assert list(results) == ["schema", "assignment", "seed", "poses", "submissions"]
    found = {row.pop("student"): row for row in results["submissions"]}
    assert {student: row["status"] for student, row in found.items()} == {
        "ada": "graded",
        "bea": "refused",
        "cem": "missing",
        "dov": "refused",
        "eli": "missing",
        "fay": "refused",
    }, found
    assert found["bea"]["notes"][0] == "The file is called eval (1).py; it was run as eval.py."
    assert "cem/heatmap_2d/eval.py is missing" in found["cem"]["notes"][0]
    assert "eli/heatmap_2d/liftModel is missing" in found["eli"]["notes"][0]
    ada = found["ada"]
    assert (ada["score"], ada["max_score"], ada["precision"]) == (3, 3, 1)
    assert list(ada)[-3:] == ["precision", "worst", "checks"]
    (row,) = csv.DictReader((work / "leaderboards" / "heatmap_2d.csv").open())
    told = {name: row[name] for name in ("rank", "student", "precision", "score")}
    assert told == {"rank": "1", "student": "ada", "precision": "1.00", "score": "3"}
    page = (work / "feedback" / "ada" / "heatmap_2d_model" / "liftModel.html").read_text()
    assert "precision at least" in page and "<p>worst 0.0</p>" in page
    assert len(ada["checks"]) == len(check_names(LIFTING))


def test_a_model_travels_without_the_held_out_data(tmp_path: Path) -> None:
    """To a worker of a cluster, which draws the data anew."""
    manifest = load_manifest()
    assignment = manifest.assignment("rnn_video")
    evaluator = ModelEvaluator(manifest, assignment, GRADED, 3, tmp_path / "none", "none")
    own = evaluator.own()
    assert evaluator.count == 6
    parcel = pickle.dumps(Task(OWN, evaluator, own))
    assert len(parcel) < 30_000
    there = pickle.loads(parcel)
    record = cluster._run_there(there, cluster.course_version(assignment.id))
    assert pickle.loads(pickle.dumps(record)).status == "graded"
    assert not (tmp_path / "none").exists()


def test_an_assignment_without_a_model() -> None:
    assignment = load_manifest().assignment("rnn_video").model_copy(update={"model": None})
    with pytest.raises(CourseError, match="rnn_video has no model to submit"):
        graded_model_of(assignment)
