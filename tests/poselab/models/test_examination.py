"""The specification: a right model passes, and each defect gets a sentence of its own."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from onnx import ModelProto, TensorProto  # noqa: E402

from poselab.__main__ import main  # noqa: E402
from poselab.models import examination, rnn_video, specification  # noqa: E402
from poselab.models.examination import Check, Report, check_names  # noqa: E402
from poselab.models.rnn_video import SPEC  # noqa: E402
from poselab.models.specification import specification_for  # noqa: E402
from poselab.models.verify import agreement, verify_apart, verify_model  # noqa: E402
from poselab.skeletons import UPPER_BODY  # noqa: E402
from tests.poselab.models import models  # noqa: E402
from tests.poselab.models.models import FRAMES, POSES, value  # noqa: E402

CHECKS = check_names(SPEC)


def save(path: Path, model: ModelProto) -> Path:
    path.write_bytes(model.SerializeToString())
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "my_model.onnx"


@pytest.mark.parametrize("name", models.GOOD)
def test_a_right_model_passes_every_check(name: str, path: Path) -> None:
    report = verify_model(save(path, models.GOOD[name]()))
    assert report.passed, str(report)
    assert tuple(check.name for check in report.checks) == CHECKS
    assert "the grader will run it" in str(report)


def test_the_shapes_agree_with_the_skeleton() -> None:
    assert (rnn_video.CLIP[0], len(UPPER_BODY), 2) == rnn_video.POSES


DEFECTS: dict[str, tuple[Callable[[], ModelProto], str, str]] = {
    "opset": (lambda: models.model(opset=26, ir_version=10), "format", "opset) is 26"),
    "ir_version": (lambda: models.model(ir_version=99), "format", "ir_version is 99"),
    "nothing in it": (lambda: ModelProto(ir_version=9), "format", "not an ONNX model"),
    "function": (models.with_function, "operators", "a function of its own (Hidden)"),
    "custom operator": (models.with_custom_operator, "operators", "Secret of the domain my.domain"),
    "external": (models.external, "self_contained", "tensor weights is in another file"),
    "external, inside": (models.external_in_a_branch, "self_contained", "external_data=False"),
    "bomb": (models.bomb, "sizes", "does not hold that many numbers"),
    "sparse bomb": (models.sparse_bomb, "sizes", "more than the 256 MB"),
    "vast constant": (models.vast_constant, "sizes", "(25000000000) for one clip"),
    "input's name": (
        lambda: models.renamed("x", TensorProto.UINT8, FRAMES),
        "interface",
        'one input called input_frames, and has x; export with input_names=["input_frames"]',
    ),
    "input's type": (
        lambda: models.renamed("input_frames", TensorProto.FLOAT, FRAMES),
        "interface",
        "input_frames must be uint8, but is float32",
    ),
    "int8 input": (
        lambda: models.renamed("input_frames", TensorProto.INT8, FRAMES),
        "interface",
        "must be uint8, but is int8",
    ),
    "channels first": (
        lambda: models.renamed("input_frames", TensorProto.UINT8, ("batch", 10, 3, 64, 64)),
        "interface",
        "but is (batch, 10, 3, 64, 64)",
    ),
    "fixed batch": (
        lambda: models.renamed("input_frames", TensorProto.UINT8, (1, 10, 64, 64, 3)),
        "interface",
        "batch of input_frames is fixed to 1; leave it free",
    ),
    "two inputs": (
        lambda: _second_input(models.model()),
        "interface",
        "has input_frames, h0",
    ),
    "two outputs": (lambda: _second_output(models.model()), "interface", "has joint_pos, placed"),
    "output's type": (
        lambda: models.model(poses=value("joint_pos", TensorProto.DOUBLE, POSES)),
        "interface",
        "joint_pos must be float32, but is double",
    ),
    "output's shape": (
        lambda: models.model(poses=value("joint_pos", TensorProto.FLOAT, ("batch", 10, 14))),
        "interface",
        "but is (batch, 10, 14)",
    ),
    "named twice": (models.named_twice, "loads", "onnxruntime cannot load the model"),
    "one clip only": (models.one_clip_only, "batches", "The model fails with a batch of 2"),
    "another shape": (models.other_shape, "batches", "(1, 10, 14) instead of (1, 10, 7, 2)"),
    "too much": (models.larger_than_asked, "batches", "(1000, 10, 7, 2) instead of"),
    "NaN": (models.not_a_number, "finite", "For 5 of 5 ordinary clips"),
    "batch mixed": (models.mixing_the_batch, "alone", "when other clips are in the batch"),
    "random": (models.random_every_time, "repeatable", "from run to run"),
    "int8": (models.signed_bytes, "bytes", "from 127 to 128"),
    "unguarded": (models.unguarded, "bytes", "frames that are 0 everywhere"),
}


def _second_input(model: ModelProto) -> ModelProto:
    model.graph.input.append(value("h0", TensorProto.FLOAT, (1, 1, 128)))
    return model


def _second_output(model: ModelProto) -> ModelProto:
    model.graph.output.append(value("placed", TensorProto.FLOAT, ("batch", 10, 14)))
    return model


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_has_its_sentence(name: str, path: Path) -> None:
    make, check, words = DEFECTS[name]
    report = verify_model(save(path, make()))
    assert not report.passed
    first = report.failures[0]
    assert (first.name, first.cause) == (check, "specification")
    assert words in first.sentence
    assert re.fullmatch(r"[A-Za-z][^\n]*\.", first.sentence), first.sentence


def test_one_fault_has_one_sentence(path: Path) -> None:
    for name, (make, check, _) in DEFECTS.items():
        failed = [c.name for c in verify_model(save(path, make())).failures]
        assert failed == [check], name


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (pickle.dumps({"weights": [1, 2]}), "it is a pickle"),
        (b"PK\x03\x04 and so on", "it is a zip archive, such as `torch.save` writes"),
        (b"<html>sign in</html>", "it is text"),
        (models.model().SerializeToString()[:300_000], "it is damaged"),
        (b"ORTM" * 100, "not an ONNX model"),
    ],
    ids=["empty", "pickle", "torch.save", "a page", "truncated", "another format"],
)
def test_what_is_no_model(content: bytes, words: str, path: Path) -> None:
    path.write_bytes(content)
    (failure,) = verify_model(path).failures
    assert words in failure.sentence


def test_a_file_that_is_too_large_is_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(SPEC.limits.file_bytes + 1)
    (failure,) = verify_model(path).failures
    assert failure.name == "file" and "larger than 64 MB" in failure.sentence


def test_a_file_that_is_not_there(path: Path) -> None:
    (failure,) = verify_model(path).failures
    assert "cannot be read (no such file or directory)" in failure.sentence


def test_weights_among_the_inputs_are_no_inputs(path: Path) -> None:
    """As exporters wrote it before ONNX 1.4."""
    model = models.model()
    model.graph.input.append(value("weights", TensorProto.FLOAT, (models.PIXELS, 14)))
    assert verify_model(save(path, model)).passed


def test_a_model_that_diverged_is_measured_by_its_own_scale(path: Path) -> None:
    """Rounding of large numbers is not a difference between clips."""
    scale = models.constant("scale", 1e5)
    model = models.then(models.node("Mul", "poses scale", "joint_pos"))
    model.graph.initializer.append(scale)
    assert verify_model(save(path, model)).passed


def test_what_takes_too_much_memory_when_it_runs(path: Path) -> None:
    report = verify_apart(save(path, models.vast_when_run()))
    assert [c.cause for c in report.failures] == ["out_of_memory"]
    assert "more than the 2048 MB of memory" in report.failures[0].sentence


def test_what_never_ends(path: Path) -> None:
    report = verify_apart(save(path, models.endless()), seconds=3)
    (failure,) = report.failures
    assert (failure.name, failure.cause) == ("batches", "timed_out")
    assert [c.name for c in report.checks] == list(CHECKS[: CHECKS.index("batches") + 1])


def test_the_command_says_what_the_function_says(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(save(path, models.model()))]) == 0
    assert capsys.readouterr().out == f"{verify_model(path)}\n"
    assert main(["verify", str(save(path, models.signed_bytes()))]) == 1
    said = capsys.readouterr().out
    assert said == f"{verify_model(path)}\n"
    assert "✗ bytes: The poses jump" in said
    assert main(["verify", str(path.with_name("none") / path.name)]) == 1
    assert "cannot be read" in capsys.readouterr().out


def test_the_assignment_is_told_by_the_name_or_by_an_option(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = save(path.with_name("best.onnx"), models.model())
    assert main(["verify", str(other), "--assignment", "rnn_video"]) == 0
    assert "the grader will run it" in capsys.readouterr().out
    assert main(["verify", str(other), "--assignment", "none"]) == 1
    assert capsys.readouterr().err == (
        "There is no model in the assignment none; there is one in "
        f"{', '.join(sorted(specification.specifications()))}.\n"
    )
    another = replace(SPEC, file="presence.onnx")
    known = {"rnn_video": SPEC, "another": another}
    monkeypatch.setattr(specification, "specifications", lambda: known)
    assert specification_for("presence.onnx") is another
    assert specification_for("my_model.onnx") is SPEC
    with pytest.raises(
        ValueError, match=r"best.onnx .* \(my_model.onnx, presence.onnx\); name its"
    ):
        specification_for(other)


def test_without_the_packages_there_is_one_sentence(path: Path) -> None:
    code = (
        "import sys\n"
        "sys.modules['onnxruntime'] = None\n"
        "from poselab.__main__ import main\n"
        f"sys.exit(main(['verify', {str(path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "Models cannot be checked or run without onnxruntime: "
        "`pip install onnx onnxruntime onnxscript`."
    )


def test_a_report_of_some_checks_is_no_pass() -> None:
    assert not Report((Check("file", True, "There."),), CHECKS).passed


def test_lines_of_strangers_are_sanitised() -> None:
    check = Check("loads", False, "one\n\x1b[31mtwo " + "x" * 5000, "crashed")
    read = examination.from_line(examination.as_line(check))
    assert "\n" not in read.sentence and "\x1b" not in read.sentence and len(read.sentence) < 600
    for line in (b"", b"[]", b"{}", b'{"name": 1}', b"\xff", b"[" * 100_000):
        with pytest.raises(ValueError, match=r"."):
            examination.from_line(line)


class Same(nn.Module):
    """The right model in PyTorch, off by ``shift`` when it is not in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.tensor(models.WEIGHTS))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        x = frames.float()
        x = x - x.mean((2, 3, 4), keepdim=True)
        x = x / (x.square().mean((2, 3, 4), keepdim=True).sqrt() + 1e-6)
        poses = (x.flatten(2) @ self.weights + 32).reshape(-1, 10, 7, 2)
        return poses + 5.0 * self.training


def test_agreement_of_a_network_and_its_file(path: Path) -> None:
    save(path, models.model())
    frames = np.random.default_rng(1).integers(0, 256, (3, *rnn_video.CLIP), dtype=np.uint8)
    network = Same()
    assert agreement(network, path, frames) < 1e-3
    assert network.training
    network.weights.data[0, 0] += 1
    assert agreement(network.eval(), path, torch.from_numpy(frames)) > 0.1
    assert not network.training
