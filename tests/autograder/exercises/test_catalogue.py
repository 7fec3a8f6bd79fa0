"""What a solution's source defines, without running the notebook."""

from __future__ import annotations

from pathlib import Path

from autograder.exercises.catalogue import solution_functions

SOURCE = """\
import math
from collections.abc import Callable

size = train_for_hours()


def half(x: float, of: Callable = abs) -> float:
    return of(x) / 2


def shown(x: float, width: int = size) -> float:
    return x * width


def shown_twice(x: float, show: Callable = shown) -> float:
    return show(show(x))


class Angle(float):
    turn: float = math.tau
"""


def test_what_a_run_would_compute_is_left_out(tmp_path: Path) -> None:
    source = tmp_path / "notebook.py"
    source.write_text(SOURCE)
    found = solution_functions(source)
    assert found["half"](-3) == 1.5
    assert found["Angle"].turn > 6
    assert not {"shown", "shown_twice", "size"} & found.keys()
