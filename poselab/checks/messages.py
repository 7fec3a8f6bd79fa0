"""The sentences of the judge: what was called, what came back, and what was expected."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from poselab.checks.cases import Case, Suite
from poselab.checks.distances import differences, unravelled
from poselab.checks.runner import Observation

SEVERAL_TENSORS = "`torch.stack` makes one tensor of several."
_UNITS = {
    "operations": "operations on tensors and single values",
    "instructions": "Python instructions",
}
PLAIN_NUMBER = "`.item()` and `float(...)` make a plain number: return the tensor itself."
REMARKS = {
    "None": "Does every way through the function end with `return`?",
    "a list": SEVERAL_TENSORS,
    "a tuple": SEVERAL_TENSORS,
    "a float": PLAIN_NUMBER,
    "an int": PLAIN_NUMBER,
    "an ndarray": "`torch.from_numpy` turns an array into a tensor; better still, stay in torch.",
    "a function": "Add the parentheses that call it.",
    "a builtin_function_or_method": "Add the parentheses that call it.",
}
"""What to add where no tensor came back, by what did; a suite may have other remarks."""


def called(case: Case) -> str:
    """What was called, and with what."""
    given = f" with {case.given}" if case.given else ""
    return f"Called `{case.call}`{given}."


def not_judged_until(title: str) -> str:
    """A criterion below has to be right first."""
    return f'Not judged until "{title}" is right.'


def not_judged_before(exercises: Mapping[str, bool]) -> str:
    """The answers that this one is built on have to be right first.

    Args:
        exercises: by id, whether each is implemented.

    Returns:
        One sentence on what is missing, and two on what to do.
    """
    state = {True: "is not right yet", False: "is not implemented yet"}
    names = ", and ".join(f"`{name}`, which {state[there]}" for name, there in exercises.items())
    checks = " and ".join(f"`check({name})`" for name in exercises)
    return (
        f"Not judged yet: this uses {names}. Get full points from {checks} first. When you hand "
        "in, each exercise is judged on its own."
    )


def nothing_came_back(case: Case) -> str:
    """The kernel stopped before this case, or its observation was left out."""
    return f"{called(case)} No result came back."


def not_written(suite: Suite, observation: Observation) -> str:
    """The notebook's stub is still there, or that of another exercise is called."""
    name = observation.unwritten or suite.id
    why = f", and `{suite.id}` calls it" if observation.unwritten else ""
    return f"`{name}` is not implemented yet{why}: fill in its cell, run that, then run this one."


def not_believed(observation: Observation) -> str:
    """The process that a measurement was made in was tampered with."""
    return (
        "This is measured while the function runs, in the same process, and a measurement there is "
        f"not believed after the code {observation.not_believed}."
    )


def raised(case: Case, observation: Observation) -> str:
    """The call raised an exception."""
    return f"{called(case)} It raised {observation.error.rstrip('.')}{_where(observation)}."


def left_the_device(case: Case, observation: Observation) -> str:
    """Tensors of two devices met."""
    return f"{called(case)} On a GPU this fails: {observation.left_device}{_where(observation)}."


def cut_from_the_graph(case: Case) -> str:
    """The result has no gradient."""
    return (
        f"{called(case)} Autograd cannot trace the result back to `{_first_argument(case)}`, so a "
        "network could not learn from it."
    )


def changes_its_input(case: Case) -> str:
    """An argument is not what it was."""
    return (
        f"{called(case)} The call changed its own argument. In-place operations, such as `+=`, "
        "`x[...] =` and methods whose names end in `_`, do that: make a new tensor."
    )


def no_tensor(suite: Suite, case: Case, observation: Observation, expected: Tensor | None) -> str:
    """Something else than a tensor came back."""
    wanted = f"; expected {_a_tensor(expected)}" if expected is not None else ""
    sentence = f"{called(case)} It returned {observation.returned}{wanted}."
    remark = {**REMARKS, **suite.remarks}.get(observation.returned, "")
    return f"{sentence} {remark}".strip()


def wrong_shape(case: Case, shape: tuple[int, ...], expected: Tensor) -> str:
    """A tensor of another shape came back."""
    return f"{called(case)} It returned a tensor of shape {shape}; expected {_a_tensor(expected)}."


def complex_numbers(case: Case) -> str:
    """The shape is right, but no number is real."""
    return f"{called(case)} It returned complex numbers; expected real ones."


def other_dtype(case: Case, result: Tensor) -> str:
    """The result has another dtype than it should have."""
    wanted, got = dtype_wanted(case), dtype_name(result.dtype)
    if case.dtype:
        return f"{called(case)} The result is {got}; expected {wanted}."
    return f"{called(case)} The input is {wanted}, but the result is {got}."


def dtype_wanted(case: Case) -> str:
    """The dtype that the result must have: the one asked for, or that of the first argument."""
    return case.dtype or dtype_name(case.args[0].dtype)


def dtype_name(dtype: torch.dtype) -> str:
    """As ``float32``."""
    return str(dtype).removeprefix("torch.")


def difference(suite: Suite, case: Case, result: Tensor, expected: Tensor) -> str:
    """Where a result is furthest from what is expected, and both numbers."""
    if expected.dim() == 0:
        got, wanted = _numbers(result, expected)
        return f"{called(case)} It returned {got}; expected {wanted}."
    furthest = differences(result, expected).argmax()
    position = unravelled(int(furthest), expected.shape)
    axes = axes_of(suite, case, expected)
    if axes and axes[-1] == "xy":
        at = position[:-1]
        got, wanted = _points(result[at], expected[at])
        return f"{called(case)} {_at(axes[:-1], at)} it returned (x, y) = {got}; expected {wanted}."
    got, wanted = _numbers(result[position], expected[position])
    if case.kind == "gradient":
        return f"{called(case)} At index {position} the gradient is {got}; expected {wanted}."
    if not axes:
        return f"{called(case)} At index {position} it returned {got}; expected {wanted}."
    return f"{called(case)} {_at(axes, position)} it returned {got}; expected {wanted}."


def axes_of(suite: Suite, case: Case, expected: Tensor) -> tuple[str, ...]:
    """The names of a result's axes; none where it has others than usual, or is a gradient."""
    named = case.kind != "gradient" and len(suite.result_axes) == expected.dim()
    return suite.result_axes if named else ()


def growth(case: Case, kind: str, base: Observation, grown: Observation) -> str:
    """Which work, ``operations`` or ``instructions``, grew with an axis, and in which line most."""
    before, after = getattr(base, kind), getattr(grown, kind)
    line = _line_that_grew(getattr(base, f"{kind}_by_line"), getattr(grown, f"{kind}_by_line"))
    where = f", mostly `{line}`" if line else ""
    return (
        f"Called `{case.call}`. "
        f"With {case.longer} more {case.axis} it took {after} {_UNITS[kind]} instead of {before}: "
        f"something runs once for each of the {case.axis}{where}."
    )


def too_much_work(case: Case, kind: str, observation: Observation, most: int) -> str:
    """One call was more work than any right answer is, by far."""
    line = _line_that_grew({}, getattr(observation, f"{kind}_by_line"))
    where = f" Most of it is `{line}`." if line else ""
    return (
        f"{called(case)} It took {getattr(observation, kind)} {_UNITS[kind]}; {most} are plenty."
        f"{where}"
    )


def differs(case: Case) -> str:
    """The result is another one while the function is watched."""
    watched = "its work was counted" if case.kind == "count" else "its input was on another device"
    return (
        f"{called(case)} The result was another one while {watched}. Does it depend on an earlier "
        "call, on random numbers, or on the class that its input has?"
    )


def _line_that_grew(base: Mapping[str, int], grown: Mapping[str, int]) -> str:
    growth = {line: count - base.get(line, 0) for line, count in grown.items()}
    return max(growth, key=lambda line: growth[line], default="")


def _where(observation: Observation) -> str:
    return f" in `{observation.line}`" if observation.line else ""


def _first_argument(case: Case) -> str:
    return re.split(r"[(,)]", case.call)[1]


def _at(axes: Sequence[str], position: Sequence[int]) -> str:
    return "At " + ", ".join(f"{axis} {i}" for axis, i in zip(axes, position, strict=True))


def _points(*points: Tensor) -> list[str]:
    by_coordinate = [_numbers(*values) for values in zip(*points, strict=True)]
    return [f"({', '.join(point)})" for point in zip(*by_coordinate, strict=True)]


def _numbers(*values: Tensor) -> list[str]:
    """Numbers with four digits, or with as many as it takes to tell them apart."""
    for digits in (4, 6, 8, 10, 12):
        written = [f"{float(value):.{digits}g}" for value in values]
        if len(set(written)) > 1:
            break
    return written


def _a_tensor(expected: Tensor) -> str:
    if expected.dim() == 0:
        return "one number (a tensor without axes)"
    return f"a tensor of shape {tuple(expected.shape)}"
