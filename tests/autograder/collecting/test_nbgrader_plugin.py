"""`nbgrader zip_collect`, with the plug-in of nbgrader_config.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from autograder.manifest import COURSE_ROOT
from tests.autograder.collecting.generator import CLASS, NOTEBOOK, moodle, write_zip


def test_zip_collect_reads_a_platforms_names(tmp_path: Path) -> None:
    config = (COURSE_ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (tmp_path / "nbgrader_config.py").write_text(config, encoding="utf-8")
    archive = tmp_path / "downloaded" / "heatmap_2d" / "archive"
    archive.mkdir(parents=True)
    write_zip(archive / "download.zip", moodle(CLASS[:3]))
    (tmp_path / "assignments" / "heatmap_2d").mkdir(parents=True)
    ran = subprocess.run(
        [sys.executable, "-m", "nbgrader", "zip_collect", "heatmap_2d"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    found = sorted((tmp_path / "grading" / "submitted").glob(f"*/heatmap_2d/{NOTEBOOK}"))
    works = {path.parts[-3]: path.read_bytes() for path in found}
    names = ("Anna_Schmidt-70000", "Jürgen_Müller-70037", "Björn_Ångström-70074")
    assert works == {name: one.work for name, one in zip(names, CLASS[:3], strict=True)}, ran.stderr
