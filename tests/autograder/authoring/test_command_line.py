"""The command line: what there is, and errors in one sentence."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder import cli
from autograder.authoring import pipeline
from autograder.cli import app
from autograder.manifest import Manifest, load_manifest

run = CliRunner().invoke


def test_help_lists_the_commands() -> None:
    result = run(app, ["--help"])
    assert result.exit_code == 0
    for command in ("build", "check", "release"):
        assert command in result.output


def test_an_error_is_one_sentence(tmp_path: Path) -> None:
    for command in (["build"], ["check"], ["release", "--out", str(tmp_path / "out")]):
        result = run(app, [*command, "--course", str(tmp_path)])
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith("There is no course.toml in ")
        assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("busy", [True, False])
def test_a_failure_does_not_wait_for_what_still_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    left: list[int] = []
    monkeypatch.setattr(sys, "argv", ["autograder", "build", "--course", str(tmp_path)])
    monkeypatch.setattr(os, "_exit", left.append)
    running = [threading.main_thread(), threading.Thread(daemon=not busy)]
    monkeypatch.setattr(threading, "enumerate", lambda: running)
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 1
    assert left == ([1] if busy else [])


def test_release(built_once: Path, tmp_path: Path) -> None:
    result = run(app, ["release", "--course", str(built_once), "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "The student repository is in" in result.stdout
    assert (tmp_path / "out/assignments/shapes/shapes.ipynb").is_file()


@pytest.mark.parametrize(
    ("options", "only"),
    [
        ([], None),
        (["--draft"], []),
        (
            ["--only", "shapes/shapes", "--only", "shapes/reading"],
            ["shapes/shapes", "shapes/reading"],
        ),
    ],
)
def test_which_notebooks_a_build_may_run(
    unbuilt: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], only: list[str] | None
) -> None:
    asked: list[list[str] | None] = []

    def build_course(_: Manifest, *, only: list[str] | None) -> list[str]:
        asked.append(only)
        return ["wrote something"]

    monkeypatch.setattr(pipeline, "build_course", build_course)
    monkeypatch.setattr(pipeline, "what_grading_runs", lambda _: ["what grading runs"])
    result = run(app, ["build", *options, "--course", str(unbuilt)])
    assert result.stdout == "wrote something\nwhat grading runs\n"
    assert asked == [only]


def test_a_build_lists_what_grading_runs(built_once: Path) -> None:
    head, *lines = pipeline.what_grading_runs(load_manifest(built_once))
    assert head == "To grade shapes/shapes.ipynb:"
    assert all(line.startswith(("  runs  cell ", "  skips cell ")) for line in lines)
    assert any("graded cells need it" in line for line in lines)
