"""lifting_3d's specification: right files pass, and each fault gets a sentence of its own."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from data_stubs.lifting.scenes import draw_poses
from poselab.__main__ import main
from poselab.models import weights
from poselab.models.examination import check_names
from poselab.models.lifting_3d import INPUT_NAME, SPEC, TEST_DATA, example_poses
from poselab.models.specification import BrokenError, ModelSpec
from poselab.models.verify import verify_apart, verify_model
from poselab.skeletons import LIFTING
from tests.poselab.models import lifting_3d_files as made
from tests.poselab.models.lifting_3d_files import changed, content, files, lay_out, returning, saved

CHECKS = check_names(SPEC)


def test_right_files_pass_every_check(tmp_path: Path) -> None:
    report = verify_model(lay_out(tmp_path, files()) / "liftModel")
    assert report.passed, str(report)
    assert tuple(check.name for check in report.checks) == CHECKS
    assert CHECKS[:2] == ("file", "weights")


def test_the_command_takes_either_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay_out(tmp_path, files())
    for name in ("liftModel", "eval.py"):
        assert main(["verify", str(tmp_path / name)]) == 0
        assert "the grader will run it" in capsys.readouterr().out


@pytest.mark.parametrize(
    "script",
    [
        changed("weights_only=True", "weights_only=False"),
        changed("poses.unflatten(1, (15, 3)).numpy()", "poses.unflatten(1, (15, 3))"),
        made.SCRIPT.replace('if __name__ == "__main__":', "print('hello')\nif False:"),
        returning("np.concatenate([joint_2d / 2.3, 0 * joint_2d[..., :1] - 1], axis=2)"),
    ],
)
def test_what_a_script_may_do(script: str, tmp_path: Path) -> None:
    report = verify_model(lay_out(tmp_path, files(script)) / "liftModel")
    assert report.passed, str(report)


def test_a_script_that_always_measures_finds_the_test_file_where_it_lies(tmp_path: Path) -> None:
    script = made.SCRIPT.replace('if __name__ == "__main__":', "if True:")
    lay_out(tmp_path, files(script))
    failure = verify_model(tmp_path / "liftModel").failures[0]
    assert failure.name == "loads"
    assert "There is no data set at data_test_lift.pkl" in failure.sentence
    from data_stubs.lifting import write_lifting

    write_lifting(tmp_path / TEST_DATA, 20, 0, "test")
    before = sorted(path.name for path in tmp_path.iterdir())
    assert verify_model(tmp_path / "liftModel").passed
    assert sorted(path.name for path in tmp_path.iterdir()) == before


FAULTS = {
    "not written": (
        made.UNTOUCHED,
        "batches",
        "(NotImplementedError: Write your solution here); call `predict` on a few poses yourself.",
    ),
    "no function": ("lift = 3", "loads", "eval.py defines no function predict"),
    "raises": (returning("joint_2d['joint_2d']"), "batches", "The model fails with a batch of 1"),
    "rows of 45": (
        returning("np.zeros((len(joint_2d), 45), np.float32)"),
        "batches",
        "it returns the shape (1, 45) instead of (1, 15, 3)",
    ),
    "float64": (returning("np.zeros((len(joint_2d), 15, 3))"), "batches", "float64 instead of"),
    "nothing": (returning("None"), "batches", "it returns NoneType instead of float32"),
    "nan": (
        returning("np.full((len(joint_2d), 15, 3), np.nan, np.float32)"),
        "finite",
        "For 5 of 5 ordinary poses some outputs are NaN or infinite; look at the trained weights",
    ),
    "normalised": (
        changed("statistics_3d.restore(model(given))", "model(given)"),
        "units",
        "from the pelvis on average, where people's are about 0.1",
    ),
    "dropout": (
        changed("return model.eval(), ", "return model.train(), "),
        "batches",
        "Expected more than 1 value per channel",
    ),
    "random": (
        changed("poses.unflatten", "(poses + torch.rand(1)).unflatten"),
        "repeatable",
        "use evaluation mode (dropout!)",
    ),
    "batch": (
        changed("poses.unflatten", "(poses + len(poses) / 1000).unflatten"),
        "alone",
        "use evaluation mode (batch normalisation!)",
    ),
    "another width": (
        changed('hidden_layer=len(saved["enter.weight"])', "hidden_layer=64"),
        "batches",
        "The weights in liftModel are not those of the network in eval.py (size mismatch for "
        "enter.weight: copying a param with shape torch.Size([30, 30])",
    ),
    "another depth": (
        changed("LiftModel(hidden_layer", "LiftModel(3, hidden_layer"),
        "batches",
        "The weights in liftModel are not those of the network in eval.py (Missing key(s)",
    ),
    "statistics left in": (
        changed('saved.pop(f"mean_{name}")', 'saved[f"mean_{name}"]'),
        "batches",
        "(Unexpected key(s) in state_dict",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_sentence(name: str, tmp_path: Path) -> None:
    script, check, words = FAULTS[name]
    report = verify_model(lay_out(tmp_path, files(script)) / "liftModel")
    (failure,) = report.failures
    assert failure.name == check, failure.sentence
    assert words in failure.sentence
    assert re.fullmatch(r"[A-Za-z][^\n]*\.", failure.sentence), failure.sentence


def test_no_script_beside(tmp_path: Path) -> None:
    lay_out(tmp_path, {"liftModel": files()["liftModel"]})
    (failure,) = verify_model(tmp_path / "liftModel").failures
    assert failure.sentence == "eval.py is missing; put it beside liftModel."


def test_what_never_ends(tmp_path: Path) -> None:
    script = "while True:\n    pass\n"
    (failure,) = verify_apart(lay_out(tmp_path, files(script)) / "liftModel", seconds=1).failures
    assert (failure.name, failure.cause) == ("loads", "timed_out")


class Net(nn.Linear):
    pass


HELD = {
    "a tensor": (lambda: torch.ones(3), "holds no state dict, but an object of type Tensor"),
    "a list": (lambda: [torch.ones(3)], "an object of type list"),
    "no tensor": (lambda: {"epoch": 3}, "a dictionary without any tensor"),
    "a model": (lambda: Net(2, 2), "would have to be run to read it"),
    "an array": (lambda: {"mean_2d": np.ones(30)}, "tensors instead of arrays"),
    "nan": (lambda: content(mean_2d=torch.full((30,), torch.nan)), "Some numbers in mean_2d of"),
    "nan inside": (
        lambda: {"model": {"w": torch.tensor([1, torch.inf])}},
        "Some numbers in model.w of liftModel are NaN or infinite",
    ),
    "sparse": (lambda: {"w": torch.eye(3).to_sparse()}, "w in liftModel is no ordinary dense"),
    "vast": (lambda: {"w": torch.zeros(1).expand(1 << 40)}, "more than the 256 MB"),
}


@pytest.mark.parametrize("name", HELD)
def test_what_are_no_weights(name: str, tmp_path: Path) -> None:
    make, words = HELD[name]
    submitted = {**files(), "liftModel": saved(make())}
    (failure,) = verify_model(lay_out(tmp_path, submitted) / "liftModel").failures
    assert failure.name == "weights"
    assert words in failure.sentence
    assert re.fullmatch(r"[A-Za-z][^\n]*\.", failure.sentence), failure.sentence


def test_code_among_the_weights_is_not_run(tmp_path: Path) -> None:
    """Not even if the script that is submitted with it would run it."""
    trace = tmp_path / "trace"
    script = changed("weights_only=True", "weights_only=False")
    submitted = files(script, extra=made.Hidden(str(trace)))
    (failure,) = verify_model(lay_out(tmp_path / "files", submitted) / "liftModel").failures
    assert failure.sentence.startswith("liftModel holds more than weights: posix.mkdir would have")
    assert not trace.exists()
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "files" / "none", weights_only=False)
    torch.load(tmp_path / "files" / "liftModel", weights_only=False)
    assert trace.exists()  # so it would have been seen


@pytest.mark.parametrize(
    "damaged", [b"nonsense", b"<html>", b"PK\x03\x04 and so on", files()["liftModel"][:2000]]
)
def test_a_file_that_torch_save_did_not_write(damaged: bytes, tmp_path: Path) -> None:
    submitted = {**files(), "liftModel": damaged}
    (failure,) = verify_model(lay_out(tmp_path, submitted) / "liftModel").failures
    assert failure.sentence == (
        "liftModel is nothing that torch.save wrote, or is damaged; write it with "
        'torch.save(..., "liftModel").'
    )


def test_weights_in_a_dictionary_of_their_own_are_weights() -> None:
    state, numbers = made._linear()
    held = {"model": state, **numbers, "epoch": 12, "history": [1.0, 0.5], "name": "mine"}
    assert weights.look_at(saved(held), SPEC).startswith("It holds tensors with ")
    deep: dict[str, object] = {}
    for _ in range(200):
        deep = {"in": deep}
    with pytest.raises(BrokenError, match="without any tensor"):
        weights.look_at(saved(deep), SPEC)


def test_examples_are_ordinary_poses() -> None:
    given = example_poses(64)[INPUT_NAME]
    assert (given.shape, given.dtype) == ((64, len(LIFTING), 2), np.float32)
    np.testing.assert_array_equal(example_poses(5)[INPUT_NAME], given[:5])
    real = draw_poses(1024, 0).joint_2d.numpy()
    assert given.min() > real.min() and given.max() < real.max()
    # On the same side of the pelvis, and as far from it.
    for joint in ("right-ankle", "left-ankle", "thorax", "head-top"):
        which = LIFTING.joints.index(joint)
        ours, theirs = given[:, which, 1].mean(), real[:, which, 1].mean()
        assert 0.7 < ours / theirs < 1.5, joint


def test_a_specification_travels(tmp_path: Path) -> None:
    back = ModelSpec.from_data(SPEC.as_data(), example_poses(5))
    assert (back.beside, back.state_dict, back.at_once) == ((TEST_DATA,), True, 1000)
    assert check_names(back) == CHECKS[: -len(SPEC.checks)]


def test_many_poses_go_in_large_batches(tmp_path: Path) -> None:
    from poselab.models.predictor import Predictor

    submitted = files(returning("np.full((len(joint_2d), 15, 3), len(joint_2d), np.float32)"))
    model = Predictor(submitted, SPEC, lay_out(tmp_path, submitted))
    sizes = model.predict(example_poses(1500))["joint_3d"][:, 0, 0]
    assert sizes[[0, 999, 1000]].tolist() == [1000, 1000, 500]


def test_the_linear_map_is_what_it_says() -> None:
    """Of the tests' own model: half-way between the mean pose and a trained network."""
    poses = draw_poses(1024, 5, "held_out")
    state, numbers = made._linear()
    model = made.network()
    model.load_state_dict(state)
    given = (poses.joint_2d - numbers["mean_2d"]) / numbers["std_2d"]
    lifted = model.eval()(given.flatten(1)).detach().unflatten(1, (15, 3))
    error = (lifted * numbers["std_3d"] + numbers["mean_3d"] - poses.joint_3d).norm(dim=-1).mean()
    assert 0.018 < error < 0.025
