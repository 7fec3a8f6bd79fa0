"""The image that grades: what its description promises, and, where Podman is, the image itself."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.main import get_command

from autograder.cli import app
from autograder.manifest import COURSE_ROOT
from autograder.sandbox.doctor import CONTAINER_OPTIONS

IMAGE = "pose-course"
CONTAINERFILE = (COURSE_ROOT / "Containerfile").read_text(encoding="utf-8")
PAGE = (COURSE_ROOT / "docs" / "container.md").read_text(encoding="utf-8")
MAKEFILE = (COURSE_ROOT / "Makefile").read_text(encoding="utf-8")
UNMASKED = "--security-opt unmask=ALL"


def why_no_image() -> str | None:
    if shutil.which("podman") is None:
        return "Podman is not installed"
    found = subprocess.run(["podman", "image", "exists", IMAGE], capture_output=True)
    return None if found.returncode == 0 else f"there is no image {IMAGE}: `podman build`"


def runs() -> list[list[str]]:
    """What the page runs in the image, the name of the image and all before it left out."""
    commands = PAGE.replace("\\\n", " ").splitlines()
    lines = [line.strip() for line in commands if line.strip().startswith("podman run")]
    assert all(UNMASKED in line for line in lines)
    return [shlex.split(line)[shlex.split(line).index(IMAGE) + 1 :] for line in lines]


def test_what_the_image_is_built_with_is_there() -> None:
    for target in re.findall(r"\bmake ([a-z-]+)", CONTAINERFILE.split("USER", 1)[1]):
        assert re.search(rf"^{target}:", MAKEFILE, re.MULTILINE), target
    (entry,) = re.findall(r"^ENTRYPOINT (.*)$", CONTAINERFILE, re.MULTILINE)
    assert json.loads(entry) == [".venv/bin/autograder"]
    for argument in re.findall(r"--build-arg (\w+)=", PAGE):
        assert re.search(rf"^ARG {argument}\b", CONTAINERFILE, re.MULTILINE), argument
    (number,) = re.findall(r"useradd .*--uid (\d+)", CONTAINERFILE)
    assert f"number is {number}," in PAGE


def test_the_course_lies_where_it_can_be_sandboxed() -> None:
    (folder,) = re.findall(r"^WORKDIR (.*)$", CONTAINERFILE, re.MULTILINE)
    assert not Path(folder).is_relative_to("/usr") and not Path(folder).is_relative_to("/tmp")
    assert f":{folder}/grading" in PAGE


def test_the_commands_of_the_page_exist() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert {arguments[0] for arguments in runs()} == {"doctor", "grade"}
    for name, *arguments in runs():
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert {argument for argument in arguments if argument.startswith("--")} <= known


@pytest.mark.parametrize("how", CONTAINER_OPTIONS.values())
def test_what_the_doctor_names_is_on_the_page(how: str) -> None:
    for option in re.findall(r"`(?:--security-opt )?([^`]+)`", how):
        assert option in PAGE


@pytest.mark.soak
@pytest.mark.parametrize("user", ["1000", "0"])
def test_the_image_grades(user: str, tmp_path: Path) -> None:
    reason = why_no_image()
    if reason:
        pytest.skip(reason)
    work = tmp_path / "grading"
    work.mkdir(mode=0o777)
    work.chmod(0o777)
    submitted = tmp_path / "submitted"
    for student in ("perfect", "untouched"):
        shutil.copytree(COURSE_ROOT / "tests" / "submissions" / student, submitted / student)
    run = ["podman", "run", "--rm", "--user", user]
    without = subprocess.run([*run, IMAGE, "doctor"], capture_output=True, text=True)
    assert without.returncode == 1 and "unmask=ALL" in without.stdout
    run += shlex.split(UNMASKED)
    subprocess.run([*run, IMAGE, "doctor"], check=True)
    run += ["-v", f"{submitted}:/submitted:ro", "-v", f"{work}:/srv/course/grading", IMAGE]
    run += ["grade", "heatmap_2d", "--submitted", "/submitted", "--results", "grading/r.json"]
    subprocess.run(run, check=True)
    graded = json.loads((work / "r.json").read_text(encoding="utf-8"))["submissions"]
    scores = {entry["student"]: entry["score"] for entry in graded}
    assert scores["perfect"] > 0 == scores["untouched"]
