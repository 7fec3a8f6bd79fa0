"""Nothing is left of the folders in which submissions run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autograder.grading import folders


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folders._sweep_once.cache_clear()
    return tmp_path


def test_whatever_is_in_it(room: Path) -> None:
    outside = room / "outside"
    outside.mkdir(mode=0o500)
    with folders.submission_folder() as folder:
        deep = folder / "a" / "b"
        deep.mkdir(parents=True)
        (deep / "file").write_text("")
        (folder / "link").symlink_to(outside)
        (folder / "loop").symlink_to(folder)
        os.mkfifo(folder / "pipe")
        deep.chmod(0)
        (folder / "a").chmod(0o500)
    assert list(room.iterdir()) == [outside]
    assert outside.stat().st_mode & 0o777 == 0o500


def test_after_an_error(room: Path) -> None:
    with pytest.raises(ZeroDivisionError), folders.submission_folder() as folder:
        (folder / "file").write_text("")
        raise ZeroDivisionError
    assert not list(room.iterdir())


def test_what_a_killed_run_has_left(room: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    names = {
        name: room / f"submission-{host}-{process}-abc"
        for name, host, process in (
            ("left", folders._host(), gone.pid),
            ("ours", folders._host(), os.getpid()),
            ("elsewhere", "anotherhost", gone.pid),
            ("odd", folders._host(), "x"),
        )
    }
    for path in names.values():
        path.mkdir()
        (path / "file").write_text("")
    with folders.submission_folder():
        there = {name for name, path in names.items() if path.is_dir()}
    assert there == {"ours", "elsewhere", "odd"}
