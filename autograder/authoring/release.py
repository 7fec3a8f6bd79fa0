"""The student repository: notebooks, the packages they import, and nothing else."""

from __future__ import annotations

import json
import os
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Template

from autograder.errors import CourseError
from autograder.manifest import Manifest

PACKAGES = ("poselab", "data_stubs")
PACKAGE_SUFFIXES = frozenset({".py", ".json", ".safetensors", ".typed"})

README = Template("""\
# $title

Notebooks, and the Python package `poselab` that they use.

Open a notebook on Colab and run its first cell, which installs everything.
To work on your own machine instead (Python $python):

    python -m venv .venv
    . .venv/bin/activate
    pip install ".[onnx,coco]" jupyterlab
    jupyter lab assignments

Write your code where a cell says `# TODO`, then run the `check(...)` below it: it explains what is
right, what is not, and where to look. Hand in the notebook under its own name.

$tables
## Licence

$licence; see `LICENSE`.
""")

PYPROJECT = Template("""\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "poselab"
version = "$version"
description = "$title: what the course's notebooks import"
readme = "README.md"
requires-python = "$python"
license = "$licence"
license-files = ["LICENSE"]
dependencies = $dependencies

[project.optional-dependencies]
onnx = $onnx

[project.scripts]
poselab = "$command"

[tool.setuptools.packages.find]
include = ["poselab*", "data_stubs*"]

[tool.setuptools.package-data]
"*" = ["**/*.json", "**/*.safetensors", "py.typed"]
""")


def write_release(manifest: Manifest, out: Path) -> None:
    """Write the student repository into the folder `out`, all of it or nothing.

    Args:
        manifest: the course.
        out: the folder; made if it is not there. It may hold a ``.git``, but nothing else.

    Raises:
        CourseError: `out` is not empty, a file is missing, or the release leaks a solution.
    """
    write_folder(manifest, out, release_files(manifest))


def write_folder(manifest: Manifest, out: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files that students may have into the folder `out`, all of them or nothing.

    Args:
        manifest: the course.
        out: the folder; made if it is not there. It may hold a ``.git``, but nothing else.
        files: their names in it, and their contents.

    Raises:
        CourseError: `out` is not empty, or a file leaks a solution.
    """
    from autograder.authoring.leaks import find_leaks

    if out.exists() and (not out.is_dir() or any(path.name != ".git" for path in out.iterdir())):
        raise CourseError(f"{out} is not an empty folder (a .git in it may stay); name another.")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        staged = Path(folder)
        for name, content in files:
            path = staged / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        leaks = find_leaks(manifest, staged)
        if leaks:
            more = f" ({len(leaks) - 1} more)" if len(leaks) > 1 else ""
            raise CourseError(f"Nothing is released, because it leaks a secret: {leaks[0]}{more}")
        out.mkdir(exist_ok=True)
        for path in sorted(staged.iterdir()):
            os.replace(path, out / path.name)


def release_files(manifest: Manifest) -> Iterator[tuple[str, bytes]]:
    """Every file of the student repository, as (name, content)."""
    root = manifest.root
    for assignment in manifest.assignments.values():
        notebooks = (f"{notebook.name}.ipynb" for notebook in assignment.notebooks)
        for file in (*notebooks, *assignment.files):
            where = f"assignments/{assignment.id}/{file}"
            try:
                yield where, (root / where).read_bytes()
            except FileNotFoundError:
                raise CourseError(f"{where} is missing: run `make build`.") from None
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*")):
            name = path.relative_to(root)
            hidden = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
            if path.suffix in PACKAGE_SUFFIXES and path.is_file() and not hidden:
                yield name.as_posix(), path.read_bytes()
    yield "LICENSE", (root / "LICENSE").read_bytes()
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    facts = {
        "title": manifest.course.title,
        "version": project["version"],
        "licence": manifest.course.licence,
        "python": project["requires-python"],
        "dependencies": json.dumps(project["dependencies"], indent=4),
        "onnx": json.dumps(project["optional-dependencies"]["onnx"]),
        "command": project["scripts"]["poselab"],
        "tables": _tables(manifest),
    }
    yield "README.md", README.substitute(facts).encode()
    yield "pyproject.toml", PYPROJECT.substitute(facts).encode()


def _tables(manifest: Manifest) -> str:
    text = ""
    for assignment in manifest.assignments.values():
        text += f"## {assignment.title}\n\n{assignment.summary}\n\n"
        text += "| Notebook | Points | Minutes | |\n|---|---:|---:|---|\n"
        for notebook in assignment.notebooks:
            path = f"assignments/{assignment.id}/{notebook.name}.ipynb"
            link = manifest.student_repository.colab_link(path)
            points = f"{notebook.points:g}" if notebook.graded else "not graded"
            colab = f"[open in Colab]({link})" if link else ""
            minutes = notebook.minutes or ""
            text += f"| [{notebook.title}]({path}) | {points} | {minutes} | {colab} |\n"
        text += "\n"
    return text
