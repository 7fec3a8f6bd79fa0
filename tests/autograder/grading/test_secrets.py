"""What a submission learns of the grader's inputs stays there, and is of no use to anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest
from torch import Tensor

from autograder.manifest import load_manifest
from autograder.suites.drawing import draw_suite
from poselab.checks.runner import run_cases
from tests.autograder.grading.quick import compact, grade
from tests.autograder.grading.small import needs_sandbox
from tests.submissions.make import FILE, written

pytestmark = needs_sandbox

ASSIGNMENT = load_manifest().assignment("heatmap_2d")

WRITE = """
def in_letters(values):
    numbers = values.detach().double().flatten()[:8].tolist()
    digits = "".join(f"{abs(number) * 1e6:09.0f}"[-9:] for number in numbers)
    return digits.translate(str.maketrans("0123456789", "bcdfghjklm"))
"""

WAYS = {
    "gaussian_heatmap": "return type(in_letters(joint), (), {})()",
    "heatmap_argmax": (
        "import linecache\n"
        "seen = in_letters(heatmaps)\n"
        "text = 'raise kind(kind.__name__)  # ' + seen\n"
        "linecache.cache['x.py'] = (len(text), None, [text], 'x.py')\n"
        "exec(compile(text, 'x.py', 'exec'), {'kind': type(seen, (Exception,), {})})"
    ),
    "soft_argmax_2d": (
        "import warnings\n"
        "kept.append(in_letters(logits))\n"
        "print(kept[-1])\nwarnings.warn(kept[-1])\nopen('/tmp/' + kept[-1], 'w').close()\n"
        "raise ValueError('saw ' + kept[-1])"
    ),
}

AFTERWARDS = """
import os
from IPython.display import HTML, display
print(kept, os.listdir("/tmp"))
display(HTML(kept[0]))
raise type(kept[0], (Exception,), {})(kept[0])
"""


def leaks() -> str:
    nb = compact(WRITE, "kept = []", **WAYS)
    nb.cells += compact(AFTERWARDS).cells[1:2]
    return written(nb)


def graded(work: Path, *options: str) -> dict[str, Any]:
    """Grade the class in a folder; each submission's part of the results."""
    grade(work / "class", work, *options)
    content = json.loads((work / "results" / f"{ASSIGNMENT.id}.json").read_text())
    return {submission["student"]: submission for submission in content["submissions"]}


def hand_in(work: Path, student: str, content: str) -> None:
    path = work / "class" / student / ASSIGNMENT.id / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("secrets")
    hand_in(folder, "plain", written(compact()))
    hand_in(folder, "leaks", leaks())
    return folder


@pytest.fixture(scope="module")
def first(work: Path) -> dict[str, Any]:
    return graded(work)


def payloads(seed: int) -> Iterator[str]:
    """What the submission writes of the inputs that a seed draws."""
    names: dict[str, Any] = {}
    exec(WRITE, names)
    for exercise in WAYS:
        for case in draw_suite(ASSIGNMENT.id, exercise, seed).cases:
            yield from (names["in_letters"](one) for one in case.args if isinstance(one, Tensor))


def test_what_it_writes_could_be_found() -> None:
    names: dict[str, Any] = {"kept": []}
    exec(WRITE, names)
    exec("def told(logits, *_):\n" + indent(WAYS["soft_argmax_2d"], "    "), names)
    seen = run_cases(names["told"], draw_suite(ASSIGNMENT.id, "soft_argmax_2d", 5).cases)
    written = {f"ValueError: saw {payload}" for payload in payloads(5)}
    assert any(one.error in written for one in seen)


def test_nothing_of_the_inputs_reaches_feedback(first: dict[str, Any], work: Path) -> None:
    (seed,) = first["leaks"]["seeds"].values()
    kept = [
        path
        for folder in ("feedback", "autograded", "results")
        for path in (work / folder).rglob("*")
        if path.is_file() and ("leaks" in path.parts or path.name == f"{ASSIGNMENT.id}.json")
    ]
    texts = {path.suffix: path.read_text() for path in kept}
    assert set(texts) == {".html", ".ipynb", ".json"}
    assert "ValueError" in texts[".html"] and "ValueError" in texts[".json"]
    # Pieces of a number or two: a page could cut the rest.
    found = [one for one in payloads(seed) if len(one) >= 18 and _stands(one, texts)]
    assert found == []


def _stands(payload: str, texts: dict[str, str]) -> bool:
    return any(payload[:18] in text for text in texts.values())


def test_every_run_asks_something_else(first: dict[str, Any], work: Path) -> None:
    hand_in(work, "plain", written(compact("changed = True")))
    second = graded(work)
    assert second["leaks"] == first["leaks"]
    assert second["plain"]["score"] == first["plain"]["score"] == ASSIGNMENT.automatic_points
    seeds = [run[student]["seeds"][ASSIGNMENT.id] for run in (first, second) for student in run]
    assert len(set(seeds)) == 2
    assert first["plain"]["seeds"] == first["leaks"]["seeds"] != second["plain"]["seeds"]


def test_an_appeal_is_asked_something_else_as_well(first: dict[str, Any], work: Path) -> None:
    again = graded(work, "--student", "plain")
    assert again["plain"]["seeds"] != first["plain"]["seeds"]
    assert again["plain"]["score"] == ASSIGNMENT.automatic_points
    assert again["leaks"]["seeds"] == first["leaks"]["seeds"]
