"""Tests that need a sandbox do not go missing where there is none."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from autograder.manifest import COURSE_ROOT
from tests.conftest import REQUIRED

pytestmark = pytest.mark.slow

SANDBOXED = "tests/autograder/sandbox/test_requests.py"


def last_lines(required: str) -> list[str]:
    """What a run of tests ends with that finds no bubblewrap."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", SANDBOXED]
    environment = {**os.environ, "PATH": "/nowhere", REQUIRED: required}
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(command, cwd=COURSE_ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == int(required)
    return done.stdout.splitlines()


def test_the_last_lines_count_what_was_skipped_and_say_why() -> None:
    *_, title, reason, summary = last_lines(required="0")
    number = summary.split()[0]
    assert f" {number} skipped " in title
    assert reason.startswith(f"{number} skipped: Submissions cannot be sandboxed")
    assert int(number) > 20


def test_where_a_sandbox_is_required_they_fail() -> None:
    lines = last_lines(required="1")
    assert " error" in lines[-1] and "skipped" not in lines[-1] and "passed" not in lines[-1]
    assert f"{REQUIRED} is set. Submissions cannot be sandboxed" in "\n".join(lines)
