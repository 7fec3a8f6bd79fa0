"""The scripts of lifting_3d, as they are solved: one trains, the other measures."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from autograder.manifest import COURSE_ROOT
from data_stubs.lifting import ensure_lifting
from poselab.datasets.lifting import load_lifting

pytestmark = pytest.mark.slow

SCRIPTS = COURSE_ROOT / "solutions" / "lifting_3d"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data and the weights."""
    folder = tmp_path_factory.mktemp("lifting")
    ensure_lifting(folder, poses=160, test_poses=40)
    options = ("--epochs", "2", "--hidden-layer", "16", "--batch-size", "32")
    out = run("training.py", *options, folder=folder)
    assert len(re.findall(r"validation MPJPE 0\.\d+", out)) == 2
    return folder


def run(script: str, *options: str, folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(COURSE_ROOT)}
    return subprocess.run(
        [sys.executable, str(SCRIPTS / script), *options],
        cwd=folder, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


def test_what_is_printed_is_the_error_of_the_predictions(trained: Path) -> None:
    printed = run("eval.py", folder=trained)
    found = re.fullmatch(
        r"average MPJPE (\d\.\d+), average loss (\d+\.\d+) \(40 poses\)\n", printed
    )
    assert found, printed
    code = (
        "import sys, numpy as np; sys.path.insert(0, sys.argv[1]); import eval as e;"
        "x = np.load('given.npy'); np.save('poses.npy', e.predict(x))"
    )
    poses = load_lifting(trained / "data_test_lift.pkl")
    np.save(trained / "given.npy", poses.joint_2d.numpy())
    environment = {**os.environ, "PYTHONPATH": str(COURSE_ROOT)}
    command = [sys.executable, "-c", code, str(SCRIPTS)]
    subprocess.run(command, cwd=trained, env=environment, check=True)
    apart = np.load(trained / "poses.npy") - poses.joint_3d.numpy()
    assert apart.shape == (40, 15, 3)
    assert float(found[1]) == pytest.approx(np.linalg.norm(apart, axis=-1).mean(), abs=1e-5)


def test_no_data_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as failed:
        run("eval.py", folder=tmp_path)
    assert "There is no data set at data_test_lift.pkl" in failed.value.stderr
