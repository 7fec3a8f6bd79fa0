"""These tests run models in real sandboxes; where none can be built, those that need one do not."""

from __future__ import annotations

import pytest

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from autograder.sandbox.doctor import why_no_sandbox

REASON = why_no_sandbox()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "sandboxed: needs a sandbox")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if REASON and "sandboxed" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=REASON))
