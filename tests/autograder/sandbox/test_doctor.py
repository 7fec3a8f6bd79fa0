"""The machine is examined truthfully."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from autograder.sandbox import doctor, policy, warm_parent
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


@pytest.mark.parametrize(
    ("complaint", "option"),
    [
        ("Can't mount proc on /newroot/proc: Operation not permitted", "unmask=ALL"),
        ("Creating new namespace failed: Function not implemented", "seccomp=unconfined"),
        ("No permissions to create a new namespace", "seccomp=unconfined"),
        ("Failed to make / slave: Permission denied", "apparmor=unconfined"),
        ("Unexpected capabilities but not setuid, old file caps config?", "without `--cap-add`"),
    ],
)
def test_a_container_is_told_its_missing_option(
    complaint: str, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("container", "podman")
    monkeypatch.delenv("COLAB_RELEASE_TAG", raising=False)
    monkeypatch.setattr(doctor, "find_bubblewrap", lambda: "bwrap")
    monkeypatch.setattr(doctor, "_try_bubblewrap", lambda _: complaint)
    finding = examine()[-1]
    assert finding.state == "bad" and option in finding.advice
    assert sum(f"{name}=" in finding.advice for name in ("unmask", "seccomp", "apparmor")) <= 1


def test_on_colab_no_option_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    monkeypatch.setattr(doctor, "find_bubblewrap", lambda: "bwrap")
    monkeypatch.setattr(doctor, "_try_bubblewrap", lambda _: "Can't mount proc on /newroot/proc")
    findings = {finding.topic: finding for finding in examine()}
    assert "colab-grading.md" in findings["platform"].advice
    assert "--sandbox none" in findings["sandbox"].advice
    assert "--security-opt" not in findings["sandbox"].advice


def test_a_superuser_without_capabilities_starts_bubblewrap_as_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(policy, "_has_all_capabilities", lambda: False)
    assert policy.started_as()["user"] == policy.NOBODY
    assert policy.namespaces() == ["--unshare-all"]
    monkeypatch.setattr(policy, "_has_all_capabilities", lambda: True)
    assert policy.started_as() == {} and "--unshare-all" not in policy.namespaces()


def test_other_systems_have_no_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    reason = why_no_sandbox()
    assert reason is not None and "macOS" in reason


def test_the_kernelspec_can_be_installed(tmp_path: Path) -> None:
    folder = install_kernelspec(tmp_path)
    assert folder == tmp_path / "share" / "jupyter" / "kernels" / SANDBOXED
    spec = json.loads((folder / "kernel.json").read_text())
    assert spec["metadata"]["kernel_provisioner"]["provisioner_name"] == "autograder-sandbox"
