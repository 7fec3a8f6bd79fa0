"""What students are to write is nowhere in what their notebooks import."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import poselab

FOLDER = Path(poselab.__file__).parent
EXERCISES = {
    "gaussian_heatmap",
    "render_heatmaps",
    "heatmap_argmax",
    "heatmap_loss",
    "soft_argmax_2d",
    "joint_error",
    "cal_mpjpe",
    "procrustes_align",
}
# What their solutions are made of. Checks compare tensors, and use some of these for that.
INGREDIENTS = {"softmax", "argmax", "vector_norm", "cdist", "mse_loss", "unravel_index"}
SOURCES = sorted(FOLDER.rglob("*.py"))
# The specification reads where the maps of a model that was handed in are highest, in NumPy, which
# students are shown as well.
# Two readers of data name the first pose that is wrong, or the farthest coordinate, in NumPy.
SHOWN = {
    FOLDER / "models" / "specification.py",
    FOLDER / "datasets" / "egocap.py",
    FOLDER / "datasets" / "values.py",
}
MODULES = [p for p in SOURCES if p.parent.name != "checks" and p not in SHOWN]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_exercise_is_defined(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not defined & EXERCISES


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_no_ingredient_of_a_solution_is_called(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & INGREDIENTS


def test_the_sources_were_found() -> None:
    assert {"loop.py", "heatmaps.py", "poses.py"} <= {path.name for path in MODULES}
