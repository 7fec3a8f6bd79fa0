"""A class in a gradebook."""

from __future__ import annotations

from pathlib import Path

import nbgrader.api
import pytest

from tests.autograder.reporting.books import NEWEST, Books


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Books:
    monkeypatch.setattr(nbgrader.api, "get_alembic_version", lambda: NEWEST)
    return Books(tmp_path)
