"""Writes what the tests of Colab's stack run: the release, as a repository, and the solutions.

Run in the maintainer's environment: ``python -m tests.colab.course build/colab``.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from autograder.authoring.percent import setup_source
from autograder.authoring.release import write_release
from autograder.manifest import Manifest, load_manifest

ADDRESS = "https://example.org/pose-course"
"""Where the first cell believes the course to be; git is told to look in the folder instead."""


def write_course(manifest: Manifest, folder: Path) -> None:
    """Write ``release``, a git repository with its tag, and ``solutions`` into a folder.

    Args:
        manifest: the course.
        folder: an existing folder; what is there from an earlier call is replaced.
    """
    manifest = manifest.at_address(ADDRESS)
    release, solutions = folder / "release", folder / "solutions"
    for path in (release, solutions):
        shutil.rmtree(path, ignore_errors=True)
    write_release(manifest, release)
    for assignment, notebook in manifest.notebooks():
        solved = solutions / assignment.id
        solved.mkdir(parents=True, exist_ok=True)
        for name in (f"{notebook.name}.ipynb", *assignment.files):
            shutil.copy(manifest.root / "solutions" / assignment.id / name, solved)
        for place in (release / "assignments" / assignment.id, solved):
            _set_up_anew(place / f"{notebook.name}.ipynb", setup_source(manifest))
    _commit(release, manifest.student_repository.tag)


def _set_up_anew(path: Path, source: str) -> None:
    """Give a notebook the first cell of a course at another address."""
    content = json.loads(path.read_text(encoding="utf-8"))
    (setup,) = (cell for cell in content["cells"] if cell["id"] == "setup")
    setup["source"] = source
    path.write_text(json.dumps(content), encoding="utf-8")


def _commit(repository: Path, tag: str) -> None:
    who = ("-c", "user.name=course", "-c", "user.email=course@example.org")
    for command in (
        ("init", "--quiet"),
        ("add", "--all"),
        (*who, "commit", "--quiet", "--no-gpg-sign", "--no-verify", "-m", "Release"),
        ("tag", tag),
    ):
        subprocess.run(["git", *command], cwd=repository, check=True)


if __name__ == "__main__":
    out = Path(sys.argv[1]).resolve()
    out.mkdir(parents=True, exist_ok=True)
    write_course(load_manifest(), out)
