"""One run at a time in a working folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.reporting.work_lock import LOCK, OWNER, only_run_in

HOLD = """
import sys, time
from pathlib import Path
from autograder.reporting.work_lock import only_run_in
with only_run_in(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(300)
"""


def test_the_second_says_so_and_a_dead_one_holds_nobody_up(tmp_path: Path) -> None:
    work = tmp_path / "not there yet" / "work"
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(work)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert first.stdout is not None and first.stdout.readline() == "held\n"
        with pytest.raises(CourseError) as refused, only_run_in(work):
            pass
        said = str(refused.value)
        assert said.count("\n") == 0 and said.endswith("--work.")
        assert f"Another run is at work in {work} (process {first.pid} on " in said
    finally:
        os.kill(first.pid, signal.SIGKILL)
        first.wait()
    assert (work / OWNER).is_file(), "it could not clean up"
    with only_run_in(work):
        assert str(os.getpid()) in (work / OWNER).read_text()
    assert not (work / OWNER).exists()
    with only_run_in(work):
        pass


@pytest.mark.parametrize("left", ["", "4242", "{", '{"process": 1}', "\0\0", "[]"])
def test_what_was_left_behind_does_not_matter(tmp_path: Path, left: str) -> None:
    (tmp_path / LOCK).write_text(left)
    (tmp_path / OWNER).write_text(left)
    with only_run_in(tmp_path):
        (tmp_path / OWNER).write_text(left)
        refused = pytest.raises(CourseError, match=r"^Another run is at work in")
        with refused, only_run_in(tmp_path):
            pass


def test_it_is_let_go_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), only_run_in(tmp_path):
        raise ZeroDivisionError
    with only_run_in(tmp_path):
        pass


def test_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    for work in (file, file / "work"):
        refused = pytest.raises(CourseError, match=r"cannot be written to .* another with --work")
        with refused, only_run_in(work):
            pass
