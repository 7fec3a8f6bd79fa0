"""A class in a gradebook."""

from __future__ import annotations

from pathlib import Path

import nbgrader.api
import pytest

from tests.autograder.reporting.books import Books

NEWEST = "e43177bfe90b"
"""The version of nbgrader's tables that a new gradebook has: nbgrader starts alembic to ask."""


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.setattr(nbgrader.api, "get_alembic_version", lambda: NEWEST)
    return Books(tmp_path)
