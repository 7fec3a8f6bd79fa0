"""The gradebook in PostgreSQL, through ``--db-url``."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from tests.autograder.grading.quick import finished, grade, scores, start, write_class
from tests.autograder.grading.small import needs_sandbox
from tests.submissions.make import ASSIGNMENT

pytest.importorskip("psycopg", reason="psycopg is not installed")
pytestmark = needs_sandbox


def program(name: str) -> str:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *map(str, places)]))
    if found is None:
        pytest.skip(f"there is no {name}: PostgreSQL's server is not installed")
    return found


def unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("PostgreSQL does not run as root, and there is no setpriv to become another")
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


def call(*command: str) -> None:
    # Not through pipes: the server would hold them open.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(command, stdout=said, stderr=said, cwd="/", timeout=60)
        said.seek(0)
        assert done.returncode == 0, said.read().decode()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a database of its own, in a folder that goes away with it."""
    control, initdb, become = program("pg_ctl"), program("initdb"), unprivileged()
    # Short: the name of a socket has room for 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    data, log = str(folder / "data"), str(folder / "log")
    try:
        if become:
            os.chown(folder, 65534, 65534)
        settings = f"-k {folder} -c listen_addresses='' -c fsync=off"
        call(*become, initdb, "-D", data, "-U", "course", "-A", "trust", "-E", "UTF8", "--no-sync")
        call(*become, control, "-D", data, "-l", log, "-w", "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://course@/postgres?host={folder}"
        finally:
            call(*become, control, "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def entered(address: str) -> dict[str, float]:
    with Gradebook(address) as gradebook:
        submissions = gradebook.assignment_submissions(ASSIGNMENT)
        return {submission.student.id: submission.score for submission in submissions}


def test_a_class_is_entered_once(server: str, tmp_path: Path) -> None:
    submitted, work = tmp_path / "class", tmp_path / "work"
    expected = write_class(submitted, 4)
    options = ["--workers", "2", "--db-url", server]
    grade(submitted, work, *options)
    assert scores(work) == expected
    assert entered(server) == expected
    assert not (work / "gradebook.db").exists()
    before = finished(work)
    page = work / "feedback" / "s00" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    written = page.stat().st_mtime_ns
    grade(submitted, work, *options)
    assert finished(work) == before
    assert page.stat().st_mtime_ns == written
    assert scores(work) == entered(server) == expected


def test_no_server_is_one_sentence(tmp_path: Path) -> None:
    submitted, work = tmp_path / "class", tmp_path / "work"
    write_class(submitted, 1)
    nowhere = f"postgresql+psycopg://course:secret@/postgres?host={tmp_path}"
    with start(submitted, work, "--workers", "1", "--db-url", nowhere) as running:
        _, said = running.communicate(timeout=300)
    assert running.returncode == 1
    assert len(said.splitlines()) == 1
    assert "OperationalError" in said and "secret" not in said
