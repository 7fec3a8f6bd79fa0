"""A class of vit_presence submits models of both sizes, and everybody gets what is due."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from nbgrader.api import Gradebook
from onnx import ModelProto, TensorProto
from rich.console import Console

from autograder.authoring.tables import model_table
from autograder.errors import CourseError
from autograder.exercises.graded_model import GradedModel, HeldOut
from autograder.exercises.vit_presence.model import (
    KEYPOINTS_NAME,
    MODEL,
    draw_people,
    measure_pck,
    measure_presence,
    page,
)
from autograder.grading import model_process as process
from autograder.grading.inside.run_model import agree
from autograder.grading.model import ModelEvaluator
from autograder.grading.model_process import Samples, run_model
from autograder.grading.settings import Settings
from autograder.manifest import Manifest, load_manifest
from autograder.reporting.grade import evaluate_models
from autograder.reporting.table import print_models
from autograder.sandbox.doctor import why_no_sandbox
from data_stubs.coco.file import ensure_coco
from poselab.datasets.coco import load_coco, normalise_images
from poselab.models.examination import Check, as_line, check_names
from poselab.models.predictor import Predictor
from poselab.models.specification import BrokenError
from poselab.models.vit_presence import HEATMAPS_NAME, INPUT_NAME, PRESENCE_NAME, SIZES, SPEC
from poselab.skeletons import COCO
from tests.poselab.models import vit_presence_files as made

SANDBOX = "none" if why_no_sandbox() else "bubblewrap"
PEOPLE, SEED = 16, 7
TORSO = [COCO.index(name) for name in COCO.joints if "shoulder" in name or "hip" in name]


def drawn(size: int) -> HeldOut:
    return draw_people({"n_people": PEOPLE, "size": size}, SEED)


# The metrics


def one_person(v: float = 2) -> np.ndarray:
    """Shoulders half the image above the hips; all other keypoints in the middle."""
    keypoints = np.full((1, 17, 3), [0.5, 0.5, v], np.float32)
    for name, x, y in (("shoulder", 0.4, 0.25), ("hip", 0.5, 0.75)):
        for side, aside in (("left", 0.1), ("right", -0.1)):
            keypoints[0, COCO.index(f"{side}-{name}"), :2] = (x + aside, y)
    return keypoints


def pck(positions: np.ndarray, keypoints: np.ndarray) -> tuple[float, dict[str, Any]]:
    found = measure_pck({HEATMAPS_NAME: positions}, {KEYPOINTS_NAME: keypoints})
    return found.value, dict(found.details["pck_by_keypoint"])


def test_pck_is_measured_in_torso_lengths() -> None:
    keypoints = one_person()
    torso = np.hypot(0.1, 0.5)
    positions = keypoints[..., :2].copy()
    assert pck(positions, keypoints)[0] == 1
    nose, knee = COCO.index("nose"), COCO.index("left-knee")
    positions[0, nose] += (0.1999 * torso, 0)
    positions[0, knee] += (0, 0.2001 * torso)
    value, by_keypoint = pck(positions, keypoints)
    assert value == pytest.approx(16 / 17)
    assert [name for name, fraction in by_keypoint.items() if fraction != 1] == ["left-knee"]


def test_only_present_keypoints_of_people_with_a_torso_count() -> None:
    keypoints = np.concatenate([one_person(), one_person(), one_person(1)])
    keypoints[0, COCO.index("left-wrist")] = 0
    keypoints[1, COCO.index("right-hip")] = 0
    keypoints[:, COCO.index("nose")] = 0
    positions = keypoints[..., :2].copy()
    positions[0, COCO.index("left-wrist")] = 9  # not there
    positions[1] = 9  # no torso
    value, by_keypoint = pck(positions, keypoints)
    assert value == 1 and by_keypoint["nose"] is None
    positions[2, COCO.index("left-wrist")] = 9  # hidden, but there
    value, by_keypoint = pck(positions, keypoints)
    assert value == pytest.approx(30 / 31) and by_keypoint["left-wrist"] == 0


def plain_pck(positions: np.ndarray, keypoints: np.ndarray) -> float:
    """As the notebook says it, in loops."""
    right = counted = 0
    for place, person in zip(positions.astype(float), keypoints.astype(float), strict=True):
        if any(person[k, 2] == 0 for k in TORSO):
            continue
        shoulders = (person[5, :2] + person[6, :2]) / 2
        hips = (person[11, :2] + person[12, :2]) / 2
        torso = float(np.hypot(*(shoulders - hips)))
        for k in range(17):
            if person[k, 2] > 0:
                counted += 1
                right += bool(np.hypot(*(place[k] - person[k, :2])) <= 0.2 * torso)
    return right / counted


def test_pck_agrees_with_loops() -> None:
    keypoints = drawn(96).targets[KEYPOINTS_NAME]
    noise = np.random.default_rng(0).normal(0, 0.04, (PEOPLE, 17, 2))
    positions = (keypoints[..., :2] + noise).astype(np.float32)
    expected = plain_pck(positions, keypoints)
    assert 0.2 < expected < 0.9
    assert pck(positions, keypoints)[0] == pytest.approx(expected)


def plain_average_precision(scores: list[float], present: list[bool]) -> float:
    """Precision at each threshold, times how much recall grows there."""
    total, recall_before = 0.0, 0.0
    for threshold in sorted(set(scores), reverse=True):
        named = [truth for score, truth in zip(scores, present, strict=True) if score >= threshold]
        recall = sum(named) / sum(present)
        total += (recall - recall_before) * sum(named) / len(named)
        recall_before = recall
    return total


def test_presence_agrees_with_loops() -> None:
    targets = drawn(96).targets
    present = targets[KEYPOINTS_NAME][..., 2] > 0
    noise = np.random.default_rng(0).random((PEOPLE, 17))
    scores = (0.3 * present + 0.7 * noise).round(1).astype(np.float32)  # with ties
    expected = [plain_average_precision(*pair) for pair in zip(scores.T, present.T, strict=True)]
    found = measure_presence({PRESENCE_NAME: scores}, targets)
    assert found.value == pytest.approx(np.mean(expected))
    by_keypoint = found.details["presence_ap_by_keypoint"]
    assert list(by_keypoint.values()) == pytest.approx(expected, abs=1e-4)


def test_presence_of_constants_is_what_is_present() -> None:
    targets = drawn(96).targets
    same = {PRESENCE_NAME: np.full((PEOPLE, 17), 0.5, np.float32)}
    found = measure_presence(same, targets)
    present = found.details["present_by_keypoint"]
    assert found.details["presence_ap_by_keypoint"] == present
    assert found.value == pytest.approx(np.mean(list(present.values())), abs=1e-4)
    right = {PRESENCE_NAME: (targets[KEYPOINTS_NAME][..., 2] > 0).astype(np.float32)}
    assert measure_presence(right, targets).value == 1
    nobody = {KEYPOINTS_NAME: targets[KEYPOINTS_NAME].copy()}
    nobody[KEYPOINTS_NAME][:, 3] = 0
    found = measure_presence(right, nobody)
    assert found.details["presence_ap_by_keypoint"]["left-ear"] is None
    assert np.isfinite(found.value) and "none" in page({**found.details, **of_pck(nobody)})


def of_pck(targets: Mapping[str, np.ndarray]) -> Mapping[str, Any]:
    positions = targets[KEYPOINTS_NAME][..., :2]
    return measure_pck({HEATMAPS_NAME: positions}, targets).details


def test_so_few_people_that_nothing_can_be_measured() -> None:
    with pytest.raises(CourseError, match="Of 1 held-out people nothing can be measured"):
        draw_people({"n_people": 1, "size": 96}, SEED)


def test_logits_are_not_measured() -> None:
    with pytest.raises(BrokenError, match="apply the sigmoid before you export"):
        measure_presence({PRESENCE_NAME: np.full((PEOPLE, 17), 3, np.float32)}, drawn(96).targets)


# The held-out people


def test_both_sizes_show_the_same_people() -> None:
    small, large = (drawn(size) for size in SIZES)
    for size, found in zip(SIZES, (small, large), strict=True):
        images = found.inputs[INPUT_NAME]
        assert (images.shape, images.dtype) == ((PEOPLE, 3, size, size), np.float32)
        assert -1 <= images.min() < -0.5 and 0.5 < images.max() <= 1
        assert list(found.inputs) == [INPUT_NAME] and list(found.targets) == [KEYPOINTS_NAME]
    one, other = (found.targets[KEYPOINTS_NAME] for found in (small, large))
    np.testing.assert_allclose(one, other, atol=1e-5)
    position, v = one[..., :2], one[..., 2]
    assert position[v > 0].min() > 0 and position[v > 0].max() < 1
    assert 0.3 < (v > 0).mean() < 0.8
    shrunk = [
        found.inputs[INPUT_NAME].reshape(PEOPLE, 3, 32, size // 32, 32, size // 32).mean((3, 5))
        for size, found in zip(SIZES, (small, large), strict=True)
    ]
    assert np.abs(shrunk[0] - shrunk[1]).mean() < 0.03


def test_they_are_cut_out_as_students_people_are_and_are_none_of_them(tmp_path: Path) -> None:
    theirs = ensure_coco(tmp_path, count=PEOPLE, validation_count=PEOPLE, seed=SEED)
    seen = set()
    for files in (theirs.training, theirs.validation):
        crops = load_coco(files.annotations, files.images, (96, 96))
        seen |= {image.numpy().tobytes() for image in normalise_images(crops.images)}
    ours = drawn(96).inputs[INPUT_NAME]
    assert len(seen) >= 2 * PEOPLE and not any(image.tobytes() in seen for image in ours)
    again = draw_people({"n_people": PEOPLE, "size": 96}, SEED)
    np.testing.assert_array_equal(again.inputs[INPUT_NAME], ours)


def course(n_people: int = PEOPLE) -> Manifest:
    manifest = load_manifest()
    assignment = manifest.assignment("vit_presence")
    assert assignment.model is not None
    model = assignment.model.model_copy(update={"held_out": {"n_people": n_people}})
    small = assignment.model_copy(update={"model": model})
    return manifest.model_copy(update={"assignments": {"vit_presence": small}})


def test_held_out_people_are_drawn_once_for_each_size(tmp_path: Path) -> None:
    manifest = course()
    assignment = manifest.assignment("vit_presence")
    evaluator = ModelEvaluator(manifest, assignment, MODEL, SEED, tmp_path, "none")
    evaluator.draw()
    kept = sorted((tmp_path / "held_out").iterdir())
    assert sorted(evaluator.held_out_paths) == kept and len(kept) == 2
    before = [path.stat().st_mtime_ns for path in kept]
    evaluator.draw()
    assert [path.stat().st_mtime_ns for path in kept] == before
    assert evaluator.count == PEOPLE
    for size, path in zip(SIZES, evaluator.held_out_paths, strict=True):
        tensors = safetensors.numpy.load_file(path)
        np.testing.assert_array_equal(
            tensors[f"inputs {INPUT_NAME}"], drawn(size).inputs[INPUT_NAME]
        )


def test_models_are_given_images_only() -> None:
    held_out = [drawn(size) for size in SIZES]
    packed = Samples(*(found.inputs for found in held_out)).packed
    for found in held_out:
        assert found.inputs[INPUT_NAME].tobytes() in packed
        for person in found.targets[KEYPOINTS_NAME][:2]:
            assert not any(joint.tobytes() in packed for joint in person[person[:, 2] > 0])


# The process


def test_our_own_model_runs(tmp_path: Path) -> None:
    manifest = course()
    assignment = manifest.assignment("vit_presence")
    evaluator = ModelEvaluator(manifest, assignment, MODEL, SEED, tmp_path, SANDBOX)  # type: ignore[arg-type]
    record = evaluator._grade_canary(evaluator.own())
    assert record.status == "graded", record.notes


def held_out_inputs() -> list[Mapping[str, np.ndarray]]:
    return [SPEC.examples(6, size=size) for size in SIZES]


@pytest.mark.parametrize(("choice", "stride"), [(0, 1), (1, 16)])
def test_what_is_kept_of_a_models_outputs(choice: int, stride: int) -> None:
    files = {SPEC.file: made.model(SIZES[choice], stride).SerializeToString()}
    inputs = held_out_inputs()
    outcome = run_model(files, Samples(*inputs), SPEC, SANDBOX)  # type: ignore[arg-type]
    assert outcome.failure is None and outcome.outputs is not None, outcome
    assert outcome.report.passed and outcome.choice == choice
    expected = Predictor(files, SPEC).predict(inputs[choice], whole=False)
    for name, array in expected.items():
        np.testing.assert_array_equal(outcome.outputs[name], array)
    assert outcome.outputs[HEATMAPS_NAME].shape == (6, 17, 2)


def pretend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sizes: str, maps: tuple[int, ...]
) -> process.Outcome:
    """What is made of a process that writes whatever it likes."""

    def outputs(count: int) -> dict[str, np.ndarray]:
        return {
            HEATMAPS_NAME: np.zeros((count, *maps), np.float32),
            PRESENCE_NAME: np.zeros((count, 17), np.float32),
        }

    names = check_names(SPEC)
    lines = [as_line(Check(name, True, "Fine.")) for name in names]
    packed = base64.b64encode(safetensors.numpy.save(outputs(8))).decode()
    lines.insert(-1, f"outputs {names[-1]} {packed}")
    written = "\n".join([sizes, *lines]).encode() + b"\n\n" + safetensors.numpy.save(outputs(6))
    (tmp_path / "written").write_bytes(written)
    place = str(tmp_path / "written")
    (tmp_path / "run_model.py").write_text(
        f"import sys\nsys.stdout.buffer.write(open({place!r}, 'rb').read())\n"
    )
    monkeypatch.setattr(process, "_INSIDE", tmp_path)
    return run_model({SPEC.file: b"x"}, Samples(*held_out_inputs()), SPEC, "none")


def test_sizes_that_a_process_claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fine = pretend(tmp_path, monkeypatch, 'sizes {"size": 224}', (17, 2))
    assert fine.outputs is not None and fine.choice == 1
    for sizes in ('sizes {"size": 128}', "sizes {}", "sizes", "sizes " + "[" * 99_999):
        outcome = pretend(tmp_path, monkeypatch, sizes, (17, 2))
        assert outcome.outputs is None and outcome.failure is not None
        assert outcome.failure.cause == "crashed"
    twice = pretend(tmp_path, monkeypatch, 'sizes {"size": 96}\nsizes {}', (17, 2))
    assert twice.outputs is None
    for maps in ((17, 24, 24), (17, 3), (16, 2), ()):
        outcome = pretend(tmp_path, monkeypatch, 'sizes {"size": 96}', maps)
        assert outcome.outputs is None, maps


# A class


def known(size: int = 96) -> Mapping[str, np.ndarray]:
    """What the right model of 96 pixels says of the held-out people."""
    files = {SPEC.file: made.model(size).SerializeToString()}
    return Predictor(files, SPEC).predict(drawn(size).inputs, whole=False)


def labelled_by_the_right_model(sizes: Mapping[str, int], seed: int) -> HeldOut:
    """The held-out people, with labels that the right model of 96 pixels knows."""
    outputs = known()
    presence = outputs[PRESENCE_NAME]
    v = 2.0 * (presence >= np.median(presence, axis=0))
    v[:, TORSO] = np.where(np.arange(PEOPLE)[:, None] < PEOPLE // 2, 2, v[:, TORSO])
    keypoints = np.concatenate([outputs[HEATMAPS_NAME], v[..., None]], axis=-1)
    inputs = draw_people(sizes, seed=SEED).inputs
    return HeldOut(inputs, {KEYPOINTS_NAME: keypoints.astype(np.float32)})


GRADED: GradedModel = replace(
    MODEL,
    spec=replace(SPEC, limits=replace(SPEC.limits, seconds=20)),
    draw=labelled_by_the_right_model,
)


def same_for_everybody(size: int) -> ModelProto:
    """Heat maps and presence that do not depend on the image: the mean pose."""
    stride = size // 16
    maps = np.zeros((1, 17, 16, 16), np.float32)
    maps[..., 6, 8] = 1
    after = [
        made.node("Mul", "maps zero", "nothing"),
        made.node("Add", "nothing always", HEATMAPS_NAME),
    ]
    more = [made.constant("zero", 0.0), made.constant("always", maps)]
    model = made.model(size, stride, rename={"maps": "maps", "presence": "p"}, more=more)
    nodes = [*model.graph.node, *after]
    nodes.append(made.node("Mul", "p zero", PRESENCE_NAME))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


CLASS: dict[str, ModelProto | bytes | None] = {
    "ada": made.model(),
    "bob": same_for_everybody(96),
    "cem": same_for_everybody(224),
    "dov_logits": made.logits(),
    "eli_swapped": made.swapped_names(),
    "fay_size": made.model(128),
    "gil_stride": made.undeclared_stride(),
    "hal_nan": made.not_a_number(),
    "ida_static": made.static_batch(),
    "jon_mixed": made.mixing_the_batch(),
    "kim_zip": b"PK\x03\x04 and so on",
    "leo": None,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("class")
    for student, model in CLASS.items():
        place = folder / "submitted" / student / "vit_presence"
        place.mkdir(parents=True)
        if model is not None:
            content = model if isinstance(model, bytes) else model.SerializeToString()
            (place / SPEC.file).write_bytes(content)
    work = folder / "work"
    console = Console(record=True, width=120, file=(folder / "printed").open("w"))
    results = evaluate_models(
        course(), "vit_presence", folder / "submitted", work, work / "results.json",
        Settings(workers=2, sandbox=SANDBOX), Console(quiet=True), GRADED,  # type: ignore[arg-type]
    )  # fmt: skip
    model = course().assignment("vit_presence").model
    assert model is not None
    print_models(results, model, console)
    (folder / "table").write_text(console.export_text())
    yield folder


@pytest.fixture(scope="module")
def records(folder: Path) -> dict[str, SimpleNamespace]:
    content = json.loads((folder / "work/results.json").read_text())
    head = ["schema", "assignment", "seed", "images", "pck_within_torso_lengths", "submissions"]
    assert list(content) == head and content["images"] == PEOPLE
    return {row["student"]: SimpleNamespace(**row) for row in content["submissions"]}


def test_everybody_gets_what_is_due(records: dict[str, SimpleNamespace]) -> None:
    status = {student: record.status for student, record in records.items()}
    graded, refused = dict.fromkeys(("ada", "bob", "cem"), "graded"), "refused"
    others = {"kim_zip": "unreadable", "leo": "missing"}
    assert status == {**dict.fromkeys(CLASS, refused), **graded, **others}
    assert {record.max_score for record in records.values()} == {6}
    ada, bob, cem = (records[name] for name in graded)
    assert (ada.pck, ada.score) == (1, 6) and ada.presence_ap > 0.87
    # The same people at both sizes, and so the same for a model that does not look at them.
    assert (bob.pck, bob.presence_ap, bob.score) == (cem.pck, cem.presence_ap, cem.score)
    assert bob.pck < 0.5 and bob.score < 3
    assert bob.presence_ap_by_keypoint == pytest.approx(bob.present_by_keypoint, abs=1e-4)
    assert set(bob.pck_by_keypoint) == set(COCO.joints)
    nothing = [record for name, record in records.items() if name not in graded]
    assert all(record.score == 0 and len(record.notes) == 1 for record in nothing)
    assert all(record.pck is None and record.presence_ap is None for record in nothing)


def test_results_keep_their_order(folder: Path) -> None:
    row = json.loads((folder / "work/results.json").read_text())["submissions"][0]
    assert list(row) == [
        *("student", "status", "score", "max_score", "notes", "pck", "pck_by_keypoint"),
        *("presence_ap", "presence_ap_by_keypoint", "present_by_keypoint", "checks"),
    ]


def test_whoever_gets_nothing_is_told_why(records: dict[str, SimpleNamespace]) -> None:
    words = {
        "dov_logits": made.WRONG["logits"][2],
        "eli_swapped": made.WRONG["swapped names"][2],
        "fay_size": made.WRONG["size"][2],
        "gil_stride": made.WRONG["undeclared stride"][2],
        "hal_nan": made.WRONG["NaN"][2],
        "ida_static": made.WRONG["static batch"][2],
        "jon_mixed": made.WRONG["mixing the batch"][2],
        "kim_zip": "it is a zip archive, such as `torch.save` writes",
        "leo": "leo/vit_presence/pose_vit.onnx is missing",
    }
    for student, expected in words.items():
        (note,) = records[student].notes
        assert expected in note, (student, note)


def test_the_leaderboard_and_the_table(folder: Path) -> None:
    rows = list(csv.DictReader((folder / "work/leaderboards/vit_presence.csv").open()))
    measured = ["pck", "presence_ap", "score", "file_bytes", "seconds"]
    assert list(rows[0]) == ["rank", "student", "pseudonym", *measured]
    assert [(row["rank"], row["student"]) for row in rows] == [
        ("1", "ada"), ("2", "bob"), ("2", "cem"),
    ]  # fmt: skip
    assert (rows[0]["pck"], rows[0]["score"]) == ("1.00", "6")
    printed = (folder / "table").read_text()
    assert "PCK@0.2" in printed and "AP" in printed and "score" in printed
    assert printed.count("│ refused") == 7


def test_the_gradebook_has_the_sum(folder: Path) -> None:
    with Gradebook(f"sqlite:///{folder / 'work/gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("model", "pose_vit", "vit_presence_model", "ada")
        assert (grade.auto_score, grade.max_score) == (6, 6)


def test_pages(folder: Path) -> None:
    def of(student: str) -> str:
        return (folder / f"work/feedback/{student}/vit_presence_model/pose_vit.html").read_text()

    ada = of("ada")
    assert "<strong>6 of 6 points</strong>." in ada
    assert "have a PCK@0.2 of <strong>1.00</strong>." in ada
    assert "PCK@0.2 at least" in ada and "presence AP at least" in ada
    assert ada.count("✓ by your model") == 2
    body = ada.partition("</style>")[2]
    assert body.count("<td>left-eye</td>") == 1 and body.count("display: inline-block") == 34
    logits = of("dov_logits")
    assert "apply the sigmoid" in logits and "left-eye" not in logits
    assert "✓ by your model" not in logits and "PCK@0.2 at least" in logits


def test_a_number_out_of_range_for_held_out_people_only(tmp_path: Path) -> None:
    """No check has seen it, and it is refused all the same."""
    manifest = course()
    assignment = manifest.assignment("vit_presence")
    # Bright images only: the checks' are darker.
    after = [
        made.node("ReduceMean", f"{INPUT_NAME} image_axes", "bright", keepdims=0),
        made.node("Greater", "bright level", "is_bright"),
        made.node("Cast", "is_bright", "more", to=TensorProto.FLOAT),
        made.node("Unsqueeze", "more one_axis", "column"),
        made.node("Add", "p column", PRESENCE_NAME),
    ]
    more = [
        made.constant("image_axes", [1, 2, 3], np.int64),
        made.constant("level", 0.5),
        made.constant("one_axis", [1], np.int64),
    ]
    model = made.model(rename={"presence": "p"}, after=after, more=more)
    spec = replace(GRADED.spec, checks=(replace(SPEC.checks[0], inputs=dark),))

    def bright(sizes: Mapping[str, int], seed: int) -> HeldOut:
        found = draw_people(sizes, SEED)
        return HeldOut({INPUT_NAME: np.ones_like(found.inputs[INPUT_NAME])}, found.targets)

    graded = replace(GRADED, spec=spec, draw=bright)
    evaluator = ModelEvaluator(manifest, assignment, graded, SEED, tmp_path, SANDBOX)  # type: ignore[arg-type]
    (tmp_path / "ada/vit_presence").mkdir(parents=True)
    (tmp_path / "ada/vit_presence" / SPEC.file).write_bytes(model.SerializeToString())
    (found,) = evaluator.find(tmp_path)
    record = evaluator.grade(evaluator.prepare(found))
    assert (record.status, record.score, record.metrics) == ("refused", 0, ())
    assert "apply the sigmoid before you export" in record.notes[0]


def dark(size: int) -> Mapping[str, np.ndarray]:
    return {INPUT_NAME: np.full((8, 3, size, size), -1, np.float32)}


def test_the_published_tables() -> None:
    model = load_manifest().assignment("vit_presence").model
    assert model is not None and model.max_points == 6
    names = [metric.name for metric in MODEL.metrics]
    assert [table.name for table in model.metrics] == names
    for table in model.metrics:
        assert table.better == "larger" and table.max_points == 3
        assert [step.points for step in table.points] == [0.5, 1, 1.5, 2, 2.5, 3]
        assert table.points_at(1) == 3 and table.points_at(0) == 0
    written = model_table(model)
    assert "| PCK@0.2 at least |" in written and "\n\n| presence AP at least |" in written


def test_of_maxima_a_few_may_be_undecided() -> None:
    random = np.random.default_rng(0)
    alone = {
        "heatmaps": random.random((24, 17, 2), dtype=np.float32),
        "presence": random.random((24, 17), dtype=np.float32),
    }
    few, many = alone["heatmaps"].copy(), alone["heatmaps"].copy()
    few[:, 3], many[:, :9] = 0.5, 0.5
    assert agree(SPEC, alone, {**alone, "heatmaps": few})
    assert not agree(SPEC, alone, {**alone, "heatmaps": many})
    assert not agree(SPEC, alone, {**alone, "presence": alone["presence"] + np.eye(24, 17)})
