"""The repository's own files agree with each other."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from autograder.authoring.pipeline import DERIVED
from autograder.manifest import COURSE_ROOT
from tests.conftest import REQUIRED

STUDENT = [
    *("torch", "numpy", "matplotlib", "ipywidgets"),
    *("h5py", "tqdm", "safetensors", "jaxtyping", "pillow"),
]


def read(name: str) -> str:
    return (COURSE_ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    content: dict[str, Any] = tomllib.loads(read("pyproject.toml"))["project"]
    return content


FOR_STUDENTS = "common"
"""An extra: what students import beside the course. Nothing of the course needs it."""


def extras(project: dict[str, Any]) -> dict[str, list[str]]:
    """What the course itself is developed with, by name."""
    given: dict[str, list[str]] = project["optional-dependencies"]
    return {name: needs for name, needs in given.items() if name != FOR_STUDENTS}


def requirements(project: dict[str, Any]) -> list[Requirement]:
    needs = [name for extra in extras(project).values() for name in extra]
    return [Requirement(name) for name in (*project["dependencies"], *needs)]


def test_what_students_import_beside_the_course_is_an_extra(project: dict[str, Any]) -> None:
    offered = [Requirement(name).name for name in project["optional-dependencies"][FOR_STUDENTS]]
    assert offered == ["pandas", "seaborn", "scikit-learn", "opencv-python-headless", "einops"]
    assert f'-e ".[{FOR_STUDENTS}]"' in read("docs/grading.md")


def constraints() -> dict[str, Version]:
    lines = [line for line in read("constraints.txt").splitlines() if not line.startswith("#")]
    pinned = [Requirement(line) for line in lines]
    assert all(len(pin.specifier) == 1 and str(pin.specifier).startswith("==") for pin in pinned)
    names = [canonicalize_name(pin.name) for pin in pinned]
    assert len(set(names)) == len(names)
    versions = [Version(str(pin.specifier).removeprefix("==")) for pin in pinned]
    return dict(zip(names, versions, strict=True))


def test_students_need_these_packages_and_no_others(project: dict[str, Any]) -> None:
    assert [Requirement(name).name for name in project["dependencies"]] == STUDENT


def test_every_requirement_is_pinned_within_its_range(project: dict[str, Any]) -> None:
    pinned = constraints()
    for requirement in requirements(project):
        assert pinned[canonicalize_name(requirement.name)] in requirement.specifier, requirement


def test_ranges_stay_open(project: dict[str, Any]) -> None:
    assert project["requires-python"] == ">=3.11"
    for requirement in requirements(project):
        assert [part.operator for part in requirement.specifier] == [">="], requirement


def test_conda_defers_to_pyproject(project: dict[str, Any]) -> None:
    environment = yaml.safe_load(read("environment.yml"))
    assert environment["name"] == project["name"]
    *conda, pip = environment["dependencies"]
    assert conda == [f"python{project['requires-python']}", "pip"]
    names = ",".join(name for name in extras(project) if name != "browser")
    assert pip == {"pip": ["-c constraints.txt", f"-e .[{names}]"]}
    assert f'-c constraints.txt -e ".[{names}]"' in read("Makefile")


WORKFLOWS = COURSE_ROOT / ".github" / "workflows"


def workflow_of(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((WORKFLOWS / name).read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def workflow() -> dict[str, Any]:
    return workflow_of("ci.yml")


def recipe(target: str) -> list[str]:
    """The commands of a target in the Makefile."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)*)", read("Makefile"), re.M)
    assert found is not None, target
    return [line.strip().replace("$(BIN)", ".venv/bin") for line in found[1].splitlines()]


def test_continuous_integration_runs_make_test_on_every_python(workflow: dict[str, Any]) -> None:
    job = workflow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    # Without `lint`, which is the other job.
    assert job["steps"][-1]["run"] == ".ci/run -o lint"
    assert workflow["jobs"]["lint"]["steps"][-1]["run"] == "make lint"
    assert read(".ci/run").splitlines()[-1] == 'exec make "$@" test'
    assert (COURSE_ROOT / ".ci/run").stat().st_mode & 0o111
    assert ".venv/bin/pytest -n 2" in recipe("test")[-1]


def test_the_browser_s_packages_come_with_its_tests_only(workflow: dict[str, Any]) -> None:
    assert workflow["jobs"]["browser"]["steps"][-1]["run"] == "make test-browser"
    assert recipe("test-browser") == [".venv/bin/pytest -m browser tests/browser"]
    assert '-c constraints.txt -e ".[browser]"' in recipe(".venv/browser-installed")[0]


def test_continuous_integration_does_without_no_sandbox(workflow: dict[str, Any]) -> None:
    assert workflow["jobs"]["test"]["env"][REQUIRED] == "1"


def test_every_week_what_takes_long_runs_where_the_tests_do(workflow: dict[str, Any]) -> None:
    weekly = workflow_of("soak.yml")
    # YAML takes `on` for a truth value.
    assert set(weekly[True]) == {"schedule", "workflow_dispatch"}
    (schedule,) = weekly[True]["schedule"]
    minute, hour, day, month, weekday = schedule["cron"].split()
    assert (day, month) == ("*", "*") and all(n.isdigit() for n in (minute, hour, weekday))
    job, tests = weekly["jobs"]["soak"], workflow["jobs"]["test"]
    *setup, last = job["steps"]
    assert last["run"] == "make soak"
    assert [step.get("run") for step in setup] == [step.get("run") for step in tests["steps"][:-1]]
    assert job["env"] == tests["env"]


def test_a_newer_push_ends_the_runs_of_the_older_one(workflow: dict[str, Any]) -> None:
    assert workflow["concurrency"]["cancel-in-progress"] is True


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.yml")), ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    used = re.findall(r"uses: *(.*)", path.read_text(encoding="utf-8"))
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+(\.\d+)*", name) for name in used)


def test_each_commit_is_linted_as_make_does() -> None:
    (local,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert [hook["entry"] for hook in local["hooks"]] == recipe("lint")
    assert not any(hook["pass_filenames"] for hook in local["hooks"])


def test_every_file_is_linted() -> None:
    ruff = Path(sys.executable).with_name("ruff")
    shown = subprocess.run(
        [ruff, "check", "--show-files"], cwd=COURSE_ROOT, capture_output=True, text=True, check=True
    )
    linted = {Path(line) for line in shown.stdout.splitlines()}
    for folder in ("poselab", "data_stubs", "autograder", "solutions", "tests"):
        assert linted.issuperset((COURSE_ROOT / folder).rglob("*.py"))


def test_types_are_checked_in_what_tests_share() -> None:
    settings = tomllib.loads(read("pyproject.toml"))["tool"]["mypy"]
    assert settings["files"] == ["poselab", "data_stubs", "autograder", "tests"]
    for path in (COURSE_ROOT / "tests").rglob("*.py"):
        name = path.relative_to(COURSE_ROOT).as_posix()
        left_out = any(re.search(pattern, name) for pattern in settings["exclude"])
        assert left_out == (path.name.startswith("test_") or "/authoring/sample/" in name), name


def test_one_version(project: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", project["version"])
    assert f"## {project['version']}\n" in read("CHANGELOG.md")
    assert "version" not in tomllib.loads(read("course.toml"))["course"]


def test_every_change_says_whom_it_concerns() -> None:
    changes = [line for line in read("CHANGELOG.md").splitlines() if line.startswith("*")]
    assert changes
    assert all(re.match(r"\* (code|handout): \S", line) for line in changes)


def test_the_table_of_derived_files_is_what_the_build_writes() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+?) \| `make build` \|$", read("CONTRIBUTING.md"), re.M)
    assert {
        derived.replace("`", ""): source.replace("`", "") for derived, source in rows
    } == DERIVED


def test_the_readme_has_three_doors_on_its_first_screen() -> None:
    first_screen = "\n".join(read("README.md").splitlines()[:30])
    for door in ("You are a student.", "You are an instructor.", "You are a maintainer."):
        assert door in first_screen


TARGETS = [
    *("setup", "grade", "lint", "quick", "test", "check", "build", "derived"),
    *("tolerances", "gallery"),
    *("test-colab", "bench", "soak", "clean"),
]


@pytest.mark.parametrize("target", TARGETS)
def test_make_has_its_targets(target: str) -> None:
    makefile = read("Makefile")
    assert re.search(rf"^{target}:", makefile, re.M)
    assert target in makefile.split(".PHONY:")[1].split("\n")[0].split()


def test_what_knows_about_colab() -> None:
    sources = [
        path
        for folder in ("poselab", "data_stubs", "solutions", "autograder")
        for path in (COURSE_ROOT / folder).rglob("*.py")
    ]
    knowing = [path for path in sources if "google.colab" in path.read_text(encoding="utf-8")]
    names = (
        "autograder/authoring/percent.py",
        "poselab/training/checkpoints.py",  # where Drive is
        "autograder/sandbox/forkserver/absent.py",  # stands in for it where notebooks are graded
    )
    assert set(knowing) == {COURSE_ROOT / name for name in names}


def test_what_students_have_does_not_import_the_autograder() -> None:
    for package in ("poselab", "data_stubs"):
        for path in (COURSE_ROOT / package).rglob("*.py"):
            code = path.read_text(encoding="utf-8")
            assert not re.search(r"^\s*(from|import) autograder\b", code, re.M), path


def test_no_absolute_path_is_written_down() -> None:
    suffixes = {".py", ".toml", ".md", ".yml", ".ipynb", ".txt", ".json"}
    folders = ("poselab", "data_stubs", "solutions", "assignments", "autograder", ".github")
    files = [*COURSE_ROOT.glob("*"), *(p for f in folders for p in (COURSE_ROOT / f).rglob("*"))]
    for path in files:
        if path.is_file() and path.suffix in suffixes:
            text = path.read_text(encoding="utf-8")
            assert str(COURSE_ROOT) not in text, path
            assert str(Path.home()) + "/" not in text, path


def test_each_promise_about_security_names_tests_that_there_are() -> None:
    promises = [line for line in read("SECURITY.md").splitlines() if line.startswith("| ")][1:]
    below = COURSE_ROOT / "tests" / "autograder"
    for promise in promises:
        held_by = re.findall(r"`([\w/]+\.py)`", promise.rsplit("|", 2)[1])
        assert held_by and all((below / name).is_file() for name in held_by), promise
