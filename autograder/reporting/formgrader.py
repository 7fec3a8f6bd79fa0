"""nbgrader's formgrader for a working folder: its configuration, its start.

It wants a folder of its own to be started in, with a configuration that names the gradebook and all
other folders; it lists an assignment for which there is a folder of sources.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.files import write_atomically
from autograder.reporting.gradebook import GradebookWriter
from autograder.reporting.gradebook_check import opened, require_usable

DATABASE = "AUTOGRADER_GRADEBOOK"
"""The variable in which the gradebook's address, with its password, reaches nbgrader."""

_CONFIGURATION = '''\
"""nbgrader's configuration for this folder, written by `autograder formgrade`."""

import os

c = get_config()  # noqa: F821
load_subconfig("nbgrader_config.py", path={course!r})  # noqa: F821

c.CourseDirectory.root = {work!r}
c.CourseDirectory.source_directory = {source!r}
c.CourseDirectory.release_directory = {release!r}
c.CourseDirectory.submitted_directory = {submitted!r}
c.CourseDirectory.autograded_directory = {autograded!r}
c.CourseDirectory.feedback_directory = {feedback!r}
c.CourseDirectory.db_url = os.environ[{database!r}]
c.Exchange.root = {exchange!r}
c.GradedExecution.runs = c.CourseFeedback.runs = {runs!r}
# It would show the gradebook's address.
c.FormgradeExtension.debug = False
'''


@dataclass(frozen=True)
class Formgrader:
    """A formgrader that runs.

    Args:
        address: where a browser finds it, with the token that lets one in.
        process: what runs it.
    """

    address: str
    process: subprocess.Popen[bytes]


def lay_out(writer: GradebookWriter) -> Path:
    """Write what the formgrader needs beside the gradebook.

    Args:
        writer: knows the working folder and the gradebook.

    Returns:
        The folder to start it in.

    Raises:
        CourseError: there is no gradebook yet, or it cannot be used.
    """
    if not writer.work.is_dir() or not require_usable(writer.database):
        raise CourseError(
            f"There is no gradebook for {writer.work}: grade a class first, or give its folder "
            "with --work, and its gradebook with --db-url if that is elsewhere."
        )
    folder = writer.work / "formgrader"
    source = folder / "source"
    # Nothing goes through nbgrader's exchange, but it complains if there is none.
    for needed in (source, folder / "exchange"):
        needed.mkdir(parents=True, exist_ok=True)
    with opened(writer.database) as gradebook:
        names = [assignment.name for assignment in gradebook.assignments]
    for name in names:
        _stand_for(source / name, writer.manifest.root / "solutions" / name)
    text = _CONFIGURATION.format(
        course=str(writer.manifest.root),
        work=str(writer.work),
        source=str(source),
        release=str(writer.work / "release"),
        submitted=str(writer.submitted),
        autograded=str(writer.autograded),
        feedback=str(writer.feedback),
        exchange=str(folder / "exchange"),
        runs=str(writer.runs),
        database=DATABASE,
    )
    write_atomically(folder / "nbgrader_config.py", text.encode())
    return folder


def _stand_for(link: Path, solutions: Path) -> None:
    """A folder of sources: the solutions, or an empty one for models, which have no notebook."""
    if link.is_symlink() and link.resolve() != solutions.resolve():
        link.unlink()  # the course has moved
    if link.exists():
        return
    if solutions.is_dir():
        link.symlink_to(solutions, target_is_directory=True)
    else:
        link.mkdir()


@contextmanager
def formgrader(writer: GradebookWriter, port: int | None = None) -> Iterator[Formgrader]:
    """Run the formgrader until the block is left.

    Args:
        writer: knows the working folder and the gradebook.
        port: where it listens, on this machine alone; a free one unless told otherwise.

    Yields:
        The formgrader; it may take a few seconds until it answers.

    Raises:
        CourseError: there is no gradebook yet, or it cannot be used.
    """
    folder = lay_out(writer)
    port = port or _free_port()
    token = secrets.token_urlsafe(24)
    command = [
        sys.executable, "-m", "jupyter_server", "--no-browser", "--log-level=WARN",
        "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={writer.work}",
        # As root, in a container, Jupyter wants to be told that this is meant.
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]  # fmt: skip
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=_environment(writer.database, token),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us to handle
    )
    try:
        yield Formgrader(f"http://127.0.0.1:{port}/formgrader?token={token}", process)
    finally:
        process.terminate()
        process.wait()


def _environment(database: str, token: str) -> Mapping[str, str]:
    # nbgrader calls `alembic` by name.
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, DATABASE: database, "JUPYTER_TOKEN": token, "PATH": programs}


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
