"""Settings for all tests."""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

# Tests run side by side, where threads of small tensors mostly wait for each other: a test took ten
# times as long. OpenMP reads this when torch is imported; processes that tests start inherit it.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from autograder.sandbox.doctor import why_no_sandbox
from poselab.profiles import VARIABLE

# Who runs the notebooks in a profile of their choice gets the same tests as everybody else.
os.environ.pop(VARIABLE, None)

# Examples take as long as a busy machine makes them take: no test here is about time.
settings.register_profile("course", deadline=None)
settings.load_profile("course")

REQUIRED = "REQUIRE_SANDBOX"
"""Set to 1 where a sandbox that cannot be built is a failure, as in continuous integration."""

SLOW = ("autograder/grading/", "data_stubs/youtube/", "poselab/models/")
"""Where a test takes seconds: it grades a class, draws videos, examines a model that never ends."""

TESTS = Path(__file__).parent

_why_no_sandbox = cache(why_no_sandbox)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `make soak` runs; mark as slow what starts kernels or stands with it."""
    if "soak" not in config.option.markexpr:
        left_out = [item for item in items if item.get_closest_marker("soak")]
        items[:] = [item for item in items if not item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        path = item.path.relative_to(TESTS).as_posix()
        if path.startswith(SLOW) or item.get_closest_marker("needs_sandbox"):
            item.add_marker("slow")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked ``needs_sandbox`` where there is none, before any fixture is set up."""
    if item.get_closest_marker("needs_sandbox") is None:
        return
    reason = _why_no_sandbox()
    if reason is not None and os.environ.get(REQUIRED) == "1":
        pytest.fail(f"{REQUIRED} is set. {reason}", pytrace=False)
    if reason is not None:
        pytest.skip(reason)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Count the skipped tests by reason: what was not tested has to be seen."""
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ") if report.longrepr else "no reason is given"
        for report in terminalreporter.stats.get("skipped", [])
    )
    if reasons:
        terminalreporter.section(f"{reasons.total()} skipped")
        for reason, count in reasons.most_common():
            terminalreporter.line(f"{count} skipped: {reason}")
