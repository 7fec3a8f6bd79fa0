"""One real kernel: what it shows is what students see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = [
    # Not as `tests.poselab.conftest`: IPython 7, which Colab has, brings a package `tests`.
    f"import sys; sys.path[:0] = {[str(Path(__file__).parents[level]) for level in (3, 1)]!r}\n"
    "import torch\n"
    "from conftest import TinyNetwork, mean_distance, read_pose, squared_error\n"
    "from poselab.datasets import EgoCapDataset\n"
    "from poselab.plots.curves import LiveCurves\n"
    "from poselab.plots.poses import plot_pose\n"
    "from poselab.profiles import load_profile\n"
    "from poselab.training.loop import train\n"
    "from poselab.widgets.heatmaps import explore_heatmap\n"
    "profile = load_profile('heatmap_2d', 'smoke').replace(batch_size=8, epochs=2)\n"
    "data = EgoCapDataset(PATH)",
    "train(TinyNetwork(), squared_error, read_pose, data, EgoCapDataset(PATH, 'validation'),\n"
    "      profile, error=mean_distance, target='pose_2d', on_epoch=LiveCurves());",
    "plot_pose(data[0]['img'], data[0]['pose_2d'])",
    "from widgets.test_heatmaps import some_map\nexplorer = explore_heatmap(some_map)\nexplorer",
    "from autograder.exercises.catalogue import solution_functions\n"
    "from autograder.manifest import COURSE_ROOT\n"
    "from poselab import check\n"
    "solution = solution_functions(COURSE_ROOT / 'solutions/heatmap_2d/heatmap_2d.py')\n"
    "right = solution['soft_argmax_2d']\n"
    "def soft_argmax_2d(logits, beta=1.0):\n"
    "    print('beta is', beta)\n"
    "    return right(logits, beta).flip(-1)\n"
    "points = check(right)\n"
    "check(soft_argmax_2d)",
    "points, check.last.call",
]


@pytest.fixture(scope="module")
def outputs(egocap_file: Path) -> list[list[dict[str, Any]]]:
    notebook = nbformat.v4.new_notebook()
    sources = [f"PATH = {str(egocap_file)!r}\n{CELLS[0]}", *CELLS[1:]]
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    return [cell.outputs for cell in notebook.cells]


def pictures(cell: list[dict[str, Any]]) -> int:
    return sum("image/png" in output.get("data", {}) for output in cell)


def test_nothing_goes_to_stderr(outputs: list[list[dict[str, Any]]]) -> None:
    # nbgrader gives no points to a cell that wrote to stderr.
    streams = [output for cell in outputs for output in cell if output.output_type == "stream"]
    assert [stream.text for stream in streams if stream.name == "stderr"] == []


def test_a_training_leaves_its_curves(outputs: list[list[dict[str, Any]]]) -> None:
    assert pictures(outputs[1]) == 1


def test_a_plot_is_shown_once(outputs: list[list[dict[str, Any]]]) -> None:
    assert pictures(outputs[2]) == 1 and len(outputs[2]) == 1


def test_a_widget_is_shown_with_its_still_picture(outputs: list[list[dict[str, Any]]]) -> None:
    (output,) = outputs[3]
    assert {"image/png", "application/vnd.jupyter.widget-view+json"} <= set(output["data"])


def test_a_check_ends_with_no_bare_number(outputs: list[list[dict[str, Any]]]) -> None:
    assert {output["output_type"] for output in outputs[4]} == {"display_data"}
    (said,) = outputs[5]
    assert said["data"]["text/plain"].startswith("(5.0, 'soft_argmax_2d(")


def test_a_check_shows_a_table_and_a_picture_with_its_words(
    outputs: list[list[dict[str, Any]]],
) -> None:
    right, its_picture, wrong, picture = outputs[4]
    assert "soft_argmax_2d: 5 of 5 points." in right["data"]["text/html"]
    assert "No difference can be seen." in its_picture["metadata"]["image/png"]["alt"]
    assert "So far: 0.5 of" in wrong["data"]["text/html"]
    assert "beta is " in wrong["data"]["text/html"]
    assert "check.last" in wrong["data"]["text/html"]
    words = picture["metadata"]["image/png"]["alt"]
    assert "image/png" in picture["data"] and "They differ most at sample" in words
    assert picture["data"]["text/plain"] == words
