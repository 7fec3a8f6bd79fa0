"""The machine is examined truthfully."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from autograder.sandbox import doctor, warm_parent
from autograder.sandbox.doctor import examine, why_no_sandbox
from autograder.sandbox.specs import SANDBOXED, install_kernelspec


def test_everything_is_in_order() -> None:
    findings = examine()
    assert {finding.topic for finding in findings} >= {"warm parent", "kernels", "memory limit"}
    assert [finding for finding in findings if finding.state == "bad"] == []


def test_a_missing_bubblewrap_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    reason = why_no_sandbox()
    assert reason is not None and "apt install bubblewrap" in reason
    finding = examine()[-1]
    assert finding.state == "bad" and "--sandbox none" in finding.advice


def test_a_bubblewrap_that_does_not_work_is_noticed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    reason = why_no_sandbox()
    assert reason is not None and "No permissions" in reason
    with pytest.raises(doctor.CourseError, match="No permissions"):
        warm_parent.WarmParent()


def test_other_systems_have_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    reason = why_no_sandbox()
    assert reason is not None and "macOS" in reason


def test_the_kernelspec_can_be_installed(tmp_path: Path) -> None:
    folder = install_kernelspec(tmp_path)
    assert folder == tmp_path / "share" / "jupyter" / "kernels" / SANDBOXED
    spec = json.loads((folder / "kernel.json").read_text())
    assert spec["metadata"]["kernel_provisioner"]["provisioner_name"] == "autograder-sandbox"
