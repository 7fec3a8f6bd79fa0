"""These tests build real sandboxes; where none can be built, they are skipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.sandbox.doctor import why_no_sandbox

HERE = Path(__file__).parent
REASON = why_no_sandbox()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if REASON and item.path.parent == HERE and "sandbox" not in item.keywords:
            item.add_marker(pytest.mark.skip(reason=REASON))
