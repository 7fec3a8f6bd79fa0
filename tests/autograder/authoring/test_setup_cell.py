"""The first cell of a notebook: what it does on Colab and elsewhere."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import ModuleType

import pytest

from autograder.authoring.percent import setup_source
from autograder.manifest import load_manifest
from poselab import installation

URL, TAG = "https://github.com/a_university/shapes", "v0.1.0"

Kernel = Callable[..., list[list[str]]]


@pytest.fixture
def kernel(
    unbuilt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[list[str]]]:
    """Runs the first cell; returns pip's calls."""
    source = setup_source(load_manifest(unbuilt))

    def run(
        colab: bool = True, installed_from: tuple[str, str] | None = None, status: int = 0,
        words: str = "",
    ) -> list[list[str]]:  # fmt: skip
        calls: list[list[str]] = []
        if colab:
            monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
        found = []
        if installed_from is not None:
            folder = tmp_path / "poselab-0.1.0.dist-info"
            folder.mkdir()
            url, tag = installed_from
            vcs = {"commit_id": "0" * 40, "requested_revision": tag, "vcs": "git"}
            (folder / "direct_url.json").write_text(json.dumps({"url": url, "vcs_info": vcs}))
            found = [metadata.PathDistribution(folder)]
        monkeypatch.setattr(metadata, "distributions", lambda **which: iter(found))

        def pip(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
            assert options["capture_output"], "red text is not for students"
            calls.append(command)
            return subprocess.CompletedProcess(command, status, "", words)

        monkeypatch.setattr(subprocess, "run", pip)
        monkeypatch.setattr(installation, "complete_installation", lambda: calls.append(["rest"]))
        exec(compile(source, "setup", "exec"), {})
        return calls

    return run


def test_on_colab_it_installs_poselab_alone_and_leaves_the_rest_to_it(kernel: Kernel) -> None:
    command, rest = kernel()
    assert command[:4] == [sys.executable, "-m", "pip", "install"]
    assert "--no-deps" in command
    assert command[-1] == f"poselab[onnx] @ git+{URL}@{TAG}"
    assert rest == ["rest"]


def test_this_very_version_is_not_installed_again(kernel: Kernel) -> None:
    assert kernel(installed_from=(URL, TAG)) == [["rest"]]


@pytest.mark.parametrize("source", [(URL, "v0.0.9"), ("https://github.com/other/shapes", TAG)])
def test_another_version_is_replaced(kernel: Kernel, source: tuple[str, str]) -> None:
    command, _ = kernel(installed_from=source)
    # Its version number may be the same, which pip would take for the same package.
    assert "--force-reinstall" in command


def test_without_a_network_it_says_what_to_do(kernel: Kernel) -> None:
    words = f"fatal: unable to access '{URL}': Could not resolve host: github.com"
    with pytest.raises(RuntimeError, match=r"^There is no network: reconnect, then run this"):
        kernel(status=1, words=words)


def test_a_repository_that_is_not_there_is_the_instructors_to_mend(kernel: Kernel) -> None:
    with pytest.raises(
        RuntimeError, match=rf"^Tell your instructor .*{URL}@{TAG} fails:\nremote: Repos"
    ):
        kernel(status=1, words="remote: Repository not found.")


def test_elsewhere_it_does_nothing(kernel: Kernel) -> None:
    assert kernel(colab=False) == []


def test_elsewhere_without_poselab_it_says_how_to_install_it(
    kernel: Kernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=rf"^Install the course first, as {URL} says"):
        kernel(colab=False)


def test_it_is_short(unbuilt: Path) -> None:
    lines = setup_source(load_manifest(unbuilt)).splitlines()
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 100
