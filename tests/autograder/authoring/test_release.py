"""The student repository holds what students need, can be installed, and is all or nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from autograder.authoring.release import write_release
from autograder.errors import CourseError
from autograder.manifest import COURSE_ROOT, Manifest, load_manifest


@pytest.fixture(scope="module")
def release(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("release") / "students"
    write_release(load_manifest(built_once), out)
    return out


def test_its_files(release: Path) -> None:
    files = {path.relative_to(release).as_posix() for path in release.rglob("*") if path.is_file()}
    assert files == {
        ".gitignore",
        "AGENTS.md",
        "LICENSE",
        "README.md",
        "assignments/shapes/measure.py",
        "assignments/shapes/reading.ipynb",
        "assignments/shapes/shapes.ipynb",
        "data_stubs/__init__.py",
        "poselab/__init__.py",
        "poselab/checks/__init__.py",
        "poselab/checks/suites/shapes.safetensors",
        "poselab/plots.py",
        "poselab/profiles.json",
        "pyproject.toml",
    }


def test_it_asks_for_the_student_dependencies_only(release: Path) -> None:
    student = tomllib.loads((release / "pyproject.toml").read_text())["project"]
    own = tomllib.loads((COURSE_ROOT / "pyproject.toml").read_text())["project"]
    assert student["dependencies"] == own["dependencies"]
    assert student["requires-python"] == own["requires-python"]
    assert student["optional-dependencies"] == {"onnx": own["optional-dependencies"]["onnx"]}
    assert student["scripts"] == {"poselab": own["scripts"]["poselab"]}
    assert "entry-points" not in student
    assert (student["name"], student["version"]) == ("poselab", own["version"])


def test_its_readme_opens_colab(release: Path) -> None:
    readme = (release / "README.md").read_text()
    assert "/github/a_university/shapes/blob/v0.1.0/assignments/shapes/shapes.ipynb" in readme
    assert "$" not in readme


def test_its_readme_tells_what_one_needs(release: Path) -> None:
    readme = (release / "README.md").read_text()
    for word in (
        "CPU",
        "few hundred MB",
        "`~/.cache/poselab`",
        "POSELAB_DATA",
        "Change runtime type",
    ):
        assert word in readme
    # It names no extra that the release does not have: pip would only warn.
    extras = tomllib.loads((release / "pyproject.toml").read_text())["project"]
    assert re.findall(r"\.\[(.*?)\]", readme) == list(extras["optional-dependencies"])


def test_assistants_are_asked_to_tutor(release: Path) -> None:
    agents = (release / "AGENTS.md").read_text()
    for words in (
        "an AI assistant: be a tutor",
        "Ask back",
        "message of `check(...)` together with the student",
        "hints in their order",
        "Do not write or complete the code of a cell or script that says `# TODO`",
        "When you are asked for a solution",
    ):
        assert words in agents


def test_the_policy_on_assistants_is_the_instructors(
    built_once: Path, release: Path, tmp_path: Path
) -> None:
    for name in ("README.md", "AGENTS.md"):
        assert "policy" not in (release / name).read_text()
    manifest = load_manifest(built_once)
    sentence = "Ask it anything, and name it in what you hand in."
    course = manifest.course.model_copy(update={"ai_policy": sentence})
    write_release(manifest.model_copy(update={"course": course}), tmp_path / "out")
    for name in ("README.md", "AGENTS.md"):
        text = (tmp_path / "out" / name).read_text()
        assert sentence in text
        assert "$" not in text and "\n\n\n" not in text
    assert "[AGENTS.md](AGENTS.md)" in (tmp_path / "out/README.md").read_text()
    assert load_manifest().course.ai_policy, "our own course has one"


def with_a_hidden_assignment(course: Path) -> Manifest:
    """The course with a second assignment, which students do not get."""
    for folder in ("solutions", "assignments"):
        shutil.copytree(course / folder / "shapes", course / folder / "colours")
    suites = course / "poselab/checks/suites"
    shutil.copy(suites / "shapes.safetensors", suites / "colours.safetensors")
    manifest = load_manifest(course)
    shapes = manifest.assignment("shapes")
    about = {"id": "colours", "title": "Colours", "summary": "Red and blue.", "hidden": True}
    both = {"shapes": shapes, "colours": shapes.model_copy(update=about)}
    return manifest.model_copy(update={"assignments": both})


def test_a_hidden_assignment_is_not_in_it(course: Path, release: Path, tmp_path: Path) -> None:
    write_release(with_a_hidden_assignment(course), tmp_path / "out")
    for folder, other in ((tmp_path / "out", release), (release, tmp_path / "out")):
        for path in folder.rglob("*"):
            same = other / path.relative_to(folder)
            assert same.is_dir() if path.is_dir() else same.read_bytes() == path.read_bytes()


def test_git_ignores_what_is_not_handed_in(release: Path, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone.mkdir()
    (clone / ".gitignore").write_bytes((release / ".gitignore").read_bytes())
    subprocess.run(["git", "init", "--quiet"], cwd=clone, check=True)
    ignored = [".venv/bin/python", "poselab/__pycache__/a.pyc", "data/EgoCap_nth10.hdf5"]
    kept = ["assignments/shapes/shapes.ipynb", "assignments/shapes/model.onnx", "poselab/a.json"]
    command = ["git", "check-ignore", *ignored, *kept]
    found = subprocess.run(command, cwd=clone, check=True, capture_output=True, text=True)
    assert found.stdout.split() == ignored


def test_the_placeholder_is_no_address(built_once: Path, tmp_path: Path) -> None:
    manifest = load_manifest(built_once)
    placeholder = manifest.at_address("https://github.com/your_organisation/shapes")
    sentence = r"placeholder https://github\.com/your_organisation/shapes.*enter your own, and run"
    with pytest.raises(CourseError, match=sentence):
        write_release(placeholder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_its_wheel_holds_packages_and_data(release: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", str(tmp_path), str(release)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("poselab-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        "poselab/__init__.py",
        "poselab/profiles.json",
        "poselab/checks/suites/shapes.safetensors",
        "data_stubs/__init__.py",
    } <= names
    assert not any(name.startswith(("autograder", "solutions")) for name in names)


def test_the_same_release_each_time(built_once: Path, release: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    write_release(load_manifest(built_once), again)
    for path in again.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (release / path.relative_to(again)).read_bytes()


def test_a_clone_may_hold_its_history(built_once: Path, tmp_path: Path) -> None:
    out = tmp_path / "clone"
    (out / ".git").mkdir(parents=True)
    write_release(load_manifest(built_once), out)
    assert (out / "README.md").is_file()
    with pytest.raises(CourseError, match="is not an empty folder"):
        write_release(load_manifest(built_once), out)


def test_a_leak_stops_the_release(course: Path, tmp_path: Path) -> None:
    source = (course / "solutions/shapes/shapes.py").read_text()
    (course / "poselab/areas.py").write_text(source[source.index("def polygon_area") :])
    with pytest.raises(CourseError, match=r"Nothing is released.*poselab/areas\.py"):
        write_release(load_manifest(course), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["shapes.ipynb", "measure.py"])
def test_a_missing_file(course: Path, tmp_path: Path, name: str) -> None:
    (course / "assignments/shapes" / name).unlink()
    with pytest.raises(CourseError, match=f"shapes/{name} is missing: run `make build`"):
        write_release(load_manifest(course), tmp_path / "out")


def test_caches_stay_at_home(course: Path, tmp_path: Path) -> None:
    (course / "poselab/__pycache__").mkdir(exist_ok=True)
    (course / "poselab/__pycache__/old.py").write_text("")
    (course / "assignments/shapes/.ipynb_checkpoints").mkdir()
    (course / "assignments/shapes/.ipynb_checkpoints/shapes.ipynb").write_text("{}")
    write_release(load_manifest(course), tmp_path / "out")
    for name in ("__pycache__", ".ipynb_checkpoints"):
        assert not list((tmp_path / "out").rglob(name))


def test_what_lies_in_an_assignments_folder_unlisted_stays_there(
    course: Path, tmp_path: Path
) -> None:
    (course / "assignments/shapes/weights.pt").write_bytes(b"trained")
    write_release(load_manifest(course), tmp_path / "students")
    assert not list((tmp_path / "students").rglob("weights.pt"))


def test_an_idiom_of_a_solution_may_stand_anywhere(course: Path, tmp_path: Path) -> None:
    source = course / "solutions/shapes/shapes.py"
    idiom = "device = next(model.parameters()).device"
    text = source.read_text()
    assert "    ### END SOLUTION\n" in text
    source.write_text(
        text.replace("    ### END SOLUTION\n", f"    {idiom}\n    ### END SOLUTION\n", 1)
    )
    (course / "poselab/areas.py").write_text(f"def of(model):\n    {idiom}\n    return device\n")
    write_release(load_manifest(course), tmp_path / "students")


def test_this_course_can_be_released(tmp_path: Path) -> None:
    manifest = load_manifest().at_address("https://example.org/a-course")
    write_release(manifest, tmp_path / "students")
    released = {path.name for path in (tmp_path / "students" / "assignments").rglob("*.ipynb")}
    assert released == {f"{notebook.name}.ipynb" for _, notebook in manifest.notebooks()}
