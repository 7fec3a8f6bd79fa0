"""A class of lifting_3d submits weights and scripts, and everybody gets what is due."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from rich.console import Console
from typer.testing import CliRunner

from autograder.cli import app
from autograder.exercises.graded_model import Measured
from autograder.exercises.lifting_3d import model as lifting
from autograder.exercises.lifting_3d.model import MODEL, TEST_POSES, draw_held_out, measure, remark
from autograder.grading.model_process import Said, Samples, run_model, run_script
from autograder.grading.settings import Settings
from autograder.manifest import load_manifest
from autograder.reporting.grade import evaluate_models
from autograder.sandbox.doctor import why_no_sandbox
from data_stubs.lifting import ensure_lifting
from data_stubs.lifting.scenes import draw_poses
from poselab.datasets.lifting import load_lifting
from poselab.models.lifting_3d import INPUT_NAME, OUTPUT_NAME, SPEC, TEST_DATA
from tests.autograder.grading.small import needs_sandbox
from tests.poselab.models import lifting_3d_files as made
from tests.poselab.models.lifting_3d_files import (
    changed,
    files,
    lay_out,
    printing,
    returning,
    saved,
)

SANDBOX = "none" if why_no_sandbox() else "bubblewrap"
POSES = 800
SEED = 3
QUICK = replace(MODEL, spec=replace(MODEL.spec, limits=replace(SPEC.limits, seconds=5)))
"""With little time for those that never end."""


def measured(predicted: np.ndarray, target: np.ndarray) -> Measured:
    return measure({OUTPUT_NAME: predicted}, {OUTPUT_NAME: target})


def test_the_error_is_a_distance_in_thousandths() -> None:
    target = np.zeros((2, 15, 3), np.float32)
    predicted = target.copy()
    predicted[:, 1] = (0.03, 0, -0.04)
    found = measured(predicted, target)
    assert found.value == pytest.approx(50 / 15)
    errors = list(found.details["joint_errors"].values())
    assert errors == pytest.approx([0, 50, *[0] * 13])
    assert found.details["axis_errors"] == pytest.approx({"x": 2, "y": 0, "z": 40 / 15}, abs=1e-3)


def test_vast_coordinates_are_measured_without_overflow() -> None:
    predicted = np.full((1, 15, 3), 3e38, np.float32)
    assert np.isfinite(measured(predicted, np.zeros_like(predicted)).value)


def test_the_published_table() -> None:
    model = load_manifest().assignment("lifting_3d").model
    assert model is not None
    (table,) = model.metrics
    assert (model.file, table.unit) == ("liftModel", "‰")
    earned = {error: table.points_at(error) for error in (83, 60, 41, 40, 25, 22, 20, 17, 15, 9.5)}
    assert earned == {83: 0, 60: 1, 41: 1, 40: 2, 25: 3, 22: 3, 20: 4, 17: 5, 15: 6, 9.5: 6}


def test_held_out_people_are_in_no_students_file() -> None:
    drawn = draw_held_out({"n_poses": 40}, 7)
    again = draw_held_out({"n_poses": 40}, 7)
    given, truth = drawn.inputs[INPUT_NAME], drawn.targets[OUTPUT_NAME]
    np.testing.assert_array_equal(given, again.inputs[INPUT_NAME])
    assert (given.shape, given.dtype) == ((40, 15, 2), np.float32)
    assert (truth.shape, truth.dtype) == ((40, 15, 3), np.float32)
    for part in ("training", "test", "two_views"):
        seen = {pose.tobytes() for pose in draw_poses(1024, 7, part).joint_3d.numpy()}
        assert not any(pose.tobytes() in seen for pose in truth)


def test_models_are_given_2d_poses_only() -> None:
    drawn = draw_held_out({"n_poses": 3}, 7)
    assert list(drawn.inputs) == [INPUT_NAME]
    packed = Samples(drawn.inputs).packed
    assert drawn.inputs[INPUT_NAME].tobytes() in packed
    for pose in drawn.targets[OUTPUT_NAME]:
        assert all(joint.tobytes() not in packed for joint in pose)


def test_the_test_file_is_the_students(tmp_path: Path) -> None:
    (tmp_path / TEST_DATA).write_bytes(lifting.students_test_file())
    laid = load_lifting(tmp_path / TEST_DATA)
    students = ensure_lifting(tmp_path / "students", poses=8, test_poses=TEST_POSES) / TEST_DATA
    theirs = load_lifting(students)
    assert torch.equal(laid.joint_2d, theirs.joint_2d)
    assert torch.equal(laid.joint_3d, theirs.joint_3d)


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> dict[str, np.ndarray]:
    """Predictions for the test file that are 0.0123 off."""
    truth = lifting._test_poses().targets[OUTPUT_NAME]
    return {OUTPUT_NAME: truth + np.float32([0.0123, 0, 0])}


@pytest.mark.parametrize(
    "printed",
    [
        "average MPJPE 0.01230, average loss 0.01 (5000 poses)",
        "warming up\nMPJPE: 0.0123",
        "mpjpe = 12.3 ‰",
        "Average MPJPE: 1.23e-2\n",
        "MPJPE 0.01231",
        "average MPJPE (5000 poses): 0.0123",
    ],
)
def test_what_is_printed_rightly_needs_no_word(
    printed: str, outputs: dict[str, np.ndarray]
) -> None:
    assert remark(printed, outputs) == ""


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        ("average MPJPE 0.00100, average loss 0.0", "prints an average MPJPE of 0.00100 for data"),
        ("average MPJPE nan", "prints an average MPJPE of nan"),
        ("MPJPE 0.0130", "returns for the same poses is 0.01230 off"),
        ("", "prints no average MPJPE"),
        ("loss 0.0123", "prints no average MPJPE"),
    ],
)
def test_what_is_printed_wrongly_is_told(
    printed: str, words: str, outputs: dict[str, np.ndarray]
) -> None:
    told = remark(printed, outputs)
    assert words in told
    assert "no points" in told or "points do not depend" in told


def run(script: str, **limits: int) -> Said:
    spec = replace(SPEC, limits=replace(SPEC.limits, **limits))
    submitted = {"eval.py": script.encode(), "liftModel": b"weights"}
    return run_script(submitted, {TEST_DATA: b"poses"}, spec, SANDBOX)


def test_a_script_run_by_itself() -> None:
    said = run(
        "import os, sys\nprint(__name__, sys.argv, sorted(os.listdir()))\n"
        "print(open('data_test_lift.pkl').read(), open('liftModel').read())\n"
        "print(os.path.samefile(sys.path[0], '.'))\nsys.exit(0)"
    )
    assert said == Said(
        "__main__ ['eval.py'] ['data_test_lift.pkl', 'eval.py', 'liftModel']\nposes weights\nTrue\n"
    )


@pytest.mark.parametrize("archive", [True, False])
def test_the_weights_own_names_are_quoted(archive: bool) -> None:
    """Of a script only known words are quoted; what its weights are called is known."""
    written = io.BytesIO()
    holding = made.content(**{"vorderteil.gewicht": torch.ones(1)})
    torch.save(holding, written, _use_new_zipfile_serialization=archive)
    submitted = {**files(), "liftModel": written.getvalue()}
    outcome = run_model(submitted, Samples(SPEC.examples(3)), SPEC, SANDBOX)
    assert outcome.failure is not None
    assert 'Unexpected key(s) in state_dict: "vorderteil.gewicht"' in outcome.failure.sentence


def test_what_is_harmless_at_home_is_harmless() -> None:
    more = "import sys\ntorch.set_num_threads(4)\nprint('loading', file=sys.stderr)\n"
    script = changed('WEIGHTS = "liftModel"\n', f'WEIGHTS = "liftModel"\n{more}')
    outcome = run_model(files(script), Samples(SPEC.examples(900)), SPEC, SANDBOX)
    assert outcome.failure is None, outcome.failure
    said = run_script(files(script), MODEL.script_run.beside(), SPEC, SANDBOX)
    assert said.failure == "" and said.printed.startswith("average MPJPE 0.02")


@pytest.mark.parametrize(
    ("script", "failure"),
    [
        ("print(1)\nraise ValueError('no\\x1b[31m luck.')", "ValueError: no [31m luck"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("print('x' * 100_000)", "it prints more than 64 KB"),
        ("while True: pass", "it takes more than 2 s"),
        ("x = bytearray(1 << 33)", "it takes more than 2048 MB of memory"),
        ("open('a', 'wb', buffering=0).write(b'x')", "OSError: [Errno 27] File too large"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal SIGSEGV"),
        ("print(1", "SyntaxError: '(' was never closed (eval.py, line 1)"),
    ],
)  # fmt: skip
def test_a_script_that_does_not_come_to_its_end(script: str, failure: str) -> None:
    assert run(script, seconds=2).failure == failure


@needs_sandbox
@pytest.mark.parametrize("what", ["mkdir(str(n))", "symlink('x' * 4000, str(n))"])
def test_names_fill_no_memory(what: str) -> None:
    """A link takes a page of memory, a folder a kilobyte; no limit on files counts that."""
    script = f"import os\nfor n in range(2000):\n    os.{what}\n"
    said = run_script({"eval.py": script.encode()}, {}, SPEC, "bubblewrap")
    assert said.failure.startswith("OSError: [Errno 28] No space left on device")


THIEF = """
import numpy as np
from poselab.datasets.lifting import load_lifting

known = load_lifting("data_test_lift.pkl")
truth = {a.tobytes(): b for a, b in zip(known.joint_2d.numpy(), known.joint_3d.numpy())}
mean = known.joint_3d.numpy().mean(axis=0)

def predict(joint_2d):
    return np.stack([truth.get(pose.tobytes(), mean) for pose in joint_2d])

if __name__ == "__main__":
    print("average MPJPE 0.00000")
"""
"""Knows the truth of the file that everybody has, and no other."""

SPY = f"""
import gc
import os
import numpy as np

def predict(joint_2d):
    if len(joint_2d) != {POSES}:
        return np.zeros((len(joint_2d), 15, 3), np.float32) - np.float32([0, 0, 1])
    found = sorted(
        {{array.shape for array in gc.get_objects() if isinstance(array, np.ndarray)}}, key=str
    )
    files = [name for where, _, names in os.walk(".") for name in names]
    shapes = [shape for shape in found if shape[-2:] == (15, 3)]
    raise ValueError(f"shapes {{shapes}} files {{sorted(files)}} seen")
"""

CLASS = {
    "ada": files(),
    "bob": {"liftModel.pt": files()["liftModel"], "eval (1).py": made.SCRIPT.encode()},
    "cleo": files(**made.mean_pose()),
    "dan": files(printing("print('average MPJPE 0.00001')")),
    "eli": files(printing("open('mpjpe.txt', 'w', buffering=1).write('0.02\\n')")),
    "eve_code": files(extra=made.Hidden("/tmp/trace")),
    "eve_endless": files("while True:\n    pass\n"),
    "eve_thief": files(THIEF),
    "eve_spy": files(SPY),
    "fay": files(
        "import numpy as np\n\ndef predict(joint_2d):\n"
        f"    depth = np.nan if len(joint_2d) == {POSES} else -1\n"
        "    return np.tile(np.float32([0, 0, depth]), (len(joint_2d), 15, 1))\n"
    ),
    "gil": {"liftModel": files()["liftModel"], "evaluate.py": made.SCRIPT.encode()},
    "hal": {"model.pt": files()["liftModel"], "eval.py": made.SCRIPT.encode()},
    "ida": {**files(), "liftModel": saved(torch.ones(3))},
    "jan": files(made.UNTOUCHED),
}  # fmt: skip
STATUS = {
    "ada": "graded",
    "bob": "graded",
    "cleo": "graded",
    "dan": "graded",
    "eli": "graded",
    "eve_code": "refused",
    "eve_endless": "timed_out",
    "eve_thief": "graded",
    "eve_spy": "refused",
    "fay": "refused",
    "gil": "missing",
    "hal": "missing",
    "ida": "refused",
    "jan": "refused",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("class")
    for student, content in CLASS.items():
        lay_out(folder / "submitted" / student / "lifting_3d", content)
    seed = folder / "work/runs/lifting_3d_model/seed.json"
    seed.parent.mkdir(parents=True)
    seed.write_text(str(SEED))
    manifest = load_manifest()
    assignment = manifest.assignment("lifting_3d")
    assert assignment.model is not None
    model = assignment.model.model_copy(update={"held_out": {"n_poses": POSES}})
    small = {"lifting_3d": assignment.model_copy(update={"model": model})}
    evaluate_models(
        manifest.model_copy(update={"assignments": {**manifest.assignments, **small}}),
        "lifting_3d", folder / "submitted", folder / "work", folder / "work/results.json",
        Settings(workers=2, sandbox=SANDBOX), Console(quiet=True), QUICK,
    )  # type: ignore[arg-type]  # fmt: skip
    yield folder


@pytest.fixture(scope="module")
def records(graded: Path) -> dict[str, SimpleNamespace]:
    content = json.loads((graded / "work/results.json").read_text())
    assert (content["assignment"], content["poses"]) == ("lifting_3d", POSES)
    return {r["student"]: SimpleNamespace(**r) for r in content["submissions"]}


def test_everybody_has_a_status(records: dict[str, SimpleNamespace]) -> None:
    assert {student: record.status for student, record in records.items()} == STATUS


def test_points_come_from_held_out_people(records: dict[str, SimpleNamespace]) -> None:
    scores = {student: record.score for student, record in records.items() if record.score}
    assert scores == {"ada": 3, "bob": 3, "dan": 3, "eli": 3}
    assert records["ada"].mpjpe_permille == pytest.approx(22, abs=2)
    assert records["dan"].mpjpe_permille == records["ada"].mpjpe_permille
    assert records["cleo"].mpjpe_permille == pytest.approx(83, abs=5)
    joints = records["ada"].joint_errors
    assert np.mean(list(joints.values())) == pytest.approx(records["ada"].mpjpe_permille, abs=1e-3)


def test_whoever_knows_the_test_file_knows_nothing(records: dict[str, SimpleNamespace]) -> None:
    thief = records["eve_thief"]
    assert "has an MPJPE of 0.00000" in thief.checks[-1]["sentence"]
    assert thief.mpjpe_permille == pytest.approx(83, abs=5) and thief.score == 0
    # The only such arrays are our samples of the checks' outputs, if any, and what it returned.
    (note,) = records["eve_spy"].notes
    assert f"({POSES}, 15, 3)" not in note
    assert "files ['data_test_lift.pkl', 'eval.py', 'liftModel'] seen" in note


def test_what_is_told(records: dict[str, SimpleNamespace]) -> None:
    words = {
        "ada": [],
        "bob": [
            "The file is called liftModel.pt; it was run as liftModel.",
            "The file is called eval (1).py; it was run as eval.py.",
        ],
        "cleo": [],
        "dan": [
            "Run by itself, eval.py prints an average MPJPE of 0.00001 for data_test_lift.pkl, but "
            "what its function `predict` returns for the same poses is 0.02"
        ],
        "eli": [
            "Run by itself, eval.py does not come to its end (OSError: [Errno 27] File too large); "
            "there it finds liftModel and data_test_lift.pkl, and it may write no files. This costs"
        ],
        "eve_code": ["liftModel holds more than weights: posix.mkdir would have to be run"],
        "eve_endless": ["Trying the model took more than the 5 s that all checks may take"],
        "eve_thief": [],
        "eve_spy": ["The model fails with the held-out poses (shapes ["],
        "fay": ["For some of the held-out poses outputs are NaN or infinite."],
        "gil": [
            "No file was handed in: gil/lifting_3d/eval.py is missing; there is only evaluate.py, "
            "liftModel."
        ],
        "hal": ["hal/lifting_3d/liftModel is missing; there is only eval.py, model.pt."],
        "ida": ["liftModel holds no state dict, but an object of type Tensor"],
        "jan": ["The model fails with a batch of 1 (NotImplementedError"],
    }
    assert set(words) == set(CLASS)
    for student, expected in words.items():
        notes = records[student].notes
        assert len(notes) == len(expected), notes
        assert all(said in note for said, note in zip(expected, notes, strict=True)), notes


def test_leaderboard_and_pages(graded: Path) -> None:
    rows = list(csv.DictReader((graded / "work/leaderboards/lifting_3d.csv").open()))
    columns = ["rank", "student", "pseudonym", "mpjpe_permille", "score", "file_bytes", "seconds"]
    assert list(rows[0]) == columns
    assert [row["rank"] for row in rows] == ["1", "1", "1", "1", *("5", "6")]
    assert {row["student"] for row in rows[:4]} == {"ada", "bob", "dan", "eli"}
    folder = graded / "work/feedback"
    page = (folder / "ada/lifting_3d_model/liftModel.html").read_text()
    assert "<strong>3 of 6 points</strong>." in page
    assert "MPJPE at most" in page and "15 ‰" in page and "right-wrist" in page
    assert page.count("✓ by your model") == 1
    told = (folder / "dan/lifting_3d_model/liftModel.html").read_text()
    assert "The points do not depend on what it prints." in told


def test_by_the_command(tmp_path: Path) -> None:
    """With all held-out people, in the time of one model."""
    lay_out(tmp_path / "submitted/ada/lifting_3d", files())
    work = tmp_path / "work"
    options = ["--submitted", str(tmp_path / "submitted"), "--work", str(work)]
    done = CliRunner().invoke(app, ["evaluate", "lifting_3d", *options, "--sandbox", SANDBOX])
    assert done.exit_code == 0, done.output
    results = json.loads((work / "results/lifting_3d_model.json").read_text())
    (row,) = results["submissions"]
    assert (results["poses"], row["status"], row["score"], row["notes"]) == (10000, "graded", 3, [])
    assert 20 < row["mpjpe_permille"] < 24
    (line,) = csv.DictReader((work / "leaderboards/lifting_3d.csv").open())
    assert (line["rank"], line["student"]) == ("1", "ada")


@needs_sandbox
def test_a_script_in_the_sandbox_reaches_nothing() -> None:
    here = str(Path(__file__).resolve())
    script = returning(f"__import__('os').path.exists({here!r}) or 'hidden'")
    outcome = run_model(files(script), Samples(SPEC.examples(3)), SPEC, "bubblewrap")
    assert outcome.failure is not None
    assert "it returns str instead of" in outcome.failure.sentence
    assert os.path.exists(here)
