"""What the first cell has installed: all that is missing, without moving what is there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from poselab import installation
from poselab.installation import (
    complete_installation,
    describe_gpu,
    install,
    installed_versions,
    missing_requirements,
)

Pip = Callable[[list[str], str], tuple[int, str]]


def distribution(folder: Path, name: str, version: str, *requires: str) -> None:
    metadata = folder / f"{name}-{version}.dist-info" / "METADATA"
    metadata.parent.mkdir(parents=True)
    lines = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    lines += ["Provides-Extra: onnx", *(f"Requires-Dist: {text}" for text in requires)]
    metadata.write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The first folder on the path: the package `course`, which needs several others."""
    folder = tmp_path / "site"
    distribution(
        folder,
        "course",
        "1.0",
        "here>=1",
        "too_old>=2",
        "absent>=3",
        'extra-absent; extra == "onnx"',
        'unasked; extra == "grader"',
        'elsewhere; sys_platform == "nowhere"',
    )
    distribution(folder, "here", "1.5")
    distribution(folder, "too_old", "1.9")
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> Callable[[Pip], list[list[str]]]:
    """Replaces pip by a function of (what it is asked for, its constraints); lists its calls."""

    def replace(answer: Pip) -> list[list[str]]:
        calls: list[list[str]] = []

        def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
            assert command[:4] == [sys.executable, "-m", "pip", "install"]
            at = command.index("-c")
            constraints = Path(command[at + 1]).read_text(encoding="utf-8")
            calls.append(command[at + 2 :])
            status, words = answer(calls[-1], constraints)
            return subprocess.CompletedProcess(command, status, "", words)

        monkeypatch.setattr(installation.subprocess, "run", run)
        monkeypatch.setattr(installation.shutil, "which", lambda name: None)
        return calls

    return replace


def test_what_is_missing(site: Path) -> None:
    assert missing_requirements("course", "onnx") == ["too_old>=2", "absent>=3", "extra-absent"]


def test_nothing_missing_needs_no_pip(
    site: Path, pip: Callable[[Pip], list[list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    calls = pip(lambda asked, constraints: (1, ""))
    complete_installation("here")
    assert calls == []
    assert capsys.readouterr().out.startswith("The course is installed. There is no GPU")


def test_what_is_there_stays(site: Path, pip: Callable[[Pip], list[list[str]]]) -> None:
    seen: list[str] = []
    calls = pip(lambda asked, constraints: (seen.append(constraints) or 0, ""))  # type: ignore[func-returns-value]
    assert install(["absent>=3"]) == []
    assert calls == [["absent>=3"]]
    assert {"here==1.5", "too-old==1.9", "course==1.0"} <= set(seen[0].split("\n"))


def test_one_that_cannot_be_installed_is_named_and_the_others_are_installed(
    site: Path, pip: Callable[[Pip], list[list[str]]], capsys: pytest.CaptureFixture[str]
) -> None:
    calls = pip(lambda asked, constraints: (int("too_old>=2" in asked), "ResolutionImpossible"))
    complete_installation("course")
    assert calls[1:] == [["too_old>=2"], ["absent>=3"], ["extra-absent"]]
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("too_old cannot be installed without changing a package")
    assert len(told) == 2


def test_without_a_network(site: Path, pip: Callable[[Pip], list[list[str]]]) -> None:
    pip(lambda asked, constraints: (1, "after Connection broken by NewConnectionError"))
    with pytest.raises(RuntimeError, match=r"absent cannot.*there is no network. Connect"):
        complete_installation("course")


def test_versions(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    distribution(first, "Shared_Name", "2.0+cu128")
    distribution(second, "shared-name", "1.0")
    distribution(second, "of_the_system", "not a version")
    assert installed_versions([str(first), str(second)]) == ["shared-name==2.0+cu128"]


def test_pip_itself_takes_the_versions_for_constraints(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert install(["here>=1"]) == []
    assert install(["here>=2"]) == ["here>=2"]


@pytest.mark.parametrize(
    ("status", "listed", "says"),
    [
        (0, "GPU 0: Tesla T4 (UUID: GPU-1)\n", "The trainings run on its GPU, Tesla T4."),
        (9, "NVIDIA-SMI has failed because it couldn't communicate\n", "There is no GPU"),
        (0, "No devices found.\n", "There is no GPU"),
        (None, "", "Runtime > Change runtime type"),
    ],
)
def test_gpu(status: int | None, listed: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation.shutil, "which", lambda name: None if status is None else name)
    monkeypatch.setattr(
        installation.subprocess,
        "run",
        lambda command, **options: subprocess.CompletedProcess(command, status or 0, listed, ""),
    )
    assert says in describe_gpu()


def test_it_does_not_import_torch() -> None:
    code = "import sys, poselab.installation; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
