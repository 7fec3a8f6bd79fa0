"""What `check` says of an exported file and what `verify_model` says of it are the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from autograder.exercises.catalogue import bank_of
from autograder.exercises.rnn_video.export_model.right_answers import RIGHT
from autograder.suites.drawing import draw_suite
from poselab.checks import check as checks
from poselab.checks.experiments.rnn_video.export_examples import Recurrent
from poselab.checks.judge import judge
from poselab.checks.runner import run_cases
from poselab.models.rnn_video import INPUT_NAME, example_clips
from poselab.models.verify import agreement, verify_model

Export = Callable[[nn.Module, str], None]
ANSWERS: dict[str, Export] = {
    **RIGHT,
    **{wrong.id: wrong.function for wrong in bank_of("rnn_video", "export_model").mistakes},
}
NEAR = 1e-3
KINDS = (
    "older_exporter",
    "with_dynamic_axes",
    "no_file_written",
    "not_onnx",
    "weights_lost",
    "input_misnamed",
    "half_precision",
    "frames_left_open",
    "batch_fixed",
    "mode_not_looked_at",
    "poses_rounded",
    "statistics_changed",
)
"""One of each: an export takes seconds, and there are six times as many."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in KINDS else pytest.mark.soak) for n in ANSWERS]
)
def test_check_and_verify_model_agree(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = ANSWERS[name]
    suite = draw_suite("rnn_video", "export_model", 2)
    verdict = judge(suite, run_cases(answer, suite.cases))
    of_the_file = [c.passed for c in verdict.criteria if c.id in ("shape", "values")]

    model, path = Recurrent(5).train(), tmp_path / "exported" / "my_model.onnx"
    path.parent.mkdir()
    try:
        answer(model, str(path))
    finally:
        torch.set_grad_enabled(True)
    accepted = verify_model(path).passed
    if accepted:
        frames = example_clips(3)[INPUT_NAME]
        accepted = agreement(model, path, frames) <= NEAR
    assert all(of_the_file) == accepted, verdict


def test_an_export_changes_nothing_where_it_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(model: nn.Module, path: str) -> None:
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        Path("litter").write_text("x")
        Path(path).write_text("no model")

    monkeypatch.chdir(tmp_path)
    suite = draw_suite("rnn_video", "export_model", 0)
    verdict = judge(suite, run_cases(careless, suite.cases))
    assert {c.mistake for c in verdict.criteria if c.mistake} == {"not_onnx"}
    assert torch.is_grad_enabled() and torch.get_default_dtype() == torch.float32
    assert not list(tmp_path.iterdir())


def test_check_says_that_it_takes_a_while(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def export_model(model: nn.Module, path: str) -> None:
        printed.append(capsys.readouterr().out)
        raise RuntimeError("no exporter here")

    printed: list[str] = []
    suite = draw_suite("rnn_video", "export_model", 0)
    monkeypatch.setattr(checks, "stored_suite", lambda name: suite)
    checks.check(export_model)
    assert printed[0] == f"{suite.meanwhile}\n" != "\n"
