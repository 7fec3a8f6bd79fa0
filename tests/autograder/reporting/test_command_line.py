"""The command line: whole paths, and an exit status that says whether all went well."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from typer.testing import CliRunner, Result

from autograder.cli import PLATFORM_NAMES, app
from autograder.errors import CourseError
from autograder.reporting import grade
from autograder.reporting.exports.platforms import PLATFORMS
from autograder.reporting.nbgrader_tools import absolute_url
from autograder.reporting.results import Results


@pytest.fixture
def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What grading is told, when started somewhere else than in the course's folder."""
    told: dict[str, Any] = {"failures": []}

    def grade_class(*given: Any) -> Results[Any]:
        names = ("manifest", "assignment", "submitted", "work", "results", "settings")
        told.update(zip(names, given, strict=False))
        return Results("heatmap_2d", 1, [], failures=told["failures"])

    monkeypatch.setattr(grade, "grade_class", grade_class)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class" / "anna").mkdir(parents=True)
    return told


def call(*options: str) -> Result:
    command = ["grade", "heatmap_2d", "--submitted", "class", "--sandbox", "none", *options]
    return CliRunner().invoke(app, command)


def test_paths_are_whole_from_the_start(seen: dict[str, Any], tmp_path: Path) -> None:
    options = ["--work", "a/../work", "--results", "r.json", "--db-url", "sqlite:///books.db"]
    done = call(*options)
    assert done.exit_code == 0, done.output
    assert seen["submitted"] == tmp_path / "class"
    assert seen["work"] == tmp_path / "work"
    assert seen["results"] == tmp_path / "r.json"
    assert seen["settings"].database == f"sqlite:///{tmp_path}/books.db"
    assert call().exit_code == 0
    assert seen["work"] == tmp_path / "grading"
    assert seen["results"] == tmp_path / "grading" / "results" / "heatmap_2d.json"


def test_our_own_failures_are_in_the_exit_status(seen: dict[str, Any]) -> None:
    seen["failures"].append("The grader itself failed on anna.")
    done = call()
    assert done.exit_code == 3
    assert "The grader itself failed on anna." in done.output and "Results:" in done.output


def test_platforms_are_those_that_there_are(seen: dict[str, Any]) -> None:
    assert get_args(PLATFORM_NAMES) == tuple(PLATFORMS)
    done = call("--into", "gradebook.csv")
    assert done.exit_code == 1 and "go with --export" in done.output


def test_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for given, whole in (
        ("sqlite:///grades.db", f"sqlite:///{tmp_path}/grades.db"),
        ("sqlite:///sub/../grades.db", f"sqlite:///{tmp_path}/grades.db"),
        ("sqlite:////srv/grades.db", "sqlite:////srv/grades.db"),
        ("sqlite:///grades.db?timeout=3", f"sqlite:///{tmp_path}/grades.db?timeout=3"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("postgresql+psycopg://me:secret@host/name", "postgresql+psycopg://me:secret@host/name"),
    ):
        assert absolute_url(given) == whole
    for given in ("grades.db", "", "me:secret@host"):
        with pytest.raises(CourseError, match=r"write sqlite:///PATH") as refused:
            absolute_url(given)
        assert "secret" not in str(refused.value)
