"""What notebooks give their students, and what a submission needs of itself."""

from __future__ import annotations

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.grading.budget import Budget, needed_for_grading
from autograder.grading.given import given_in
from autograder.grading.settings import Limits
from autograder.manifest import COURSE_ROOT
from tests.submissions.make import released

GRADED = {"nbgrader": {"grade_id": "double", "grade": False, "solution": True}}


def test_definitions_are_given_and_computations_are_not() -> None:
    nb = new_notebook(
        cells=[
            new_markdown_cell("import antigravity"),
            new_code_cell("from __future__ import annotations\nimport math"),
            new_code_cell("SIZE = (3, 4)\npath = download()\nhalf = SIZE[0]\nlog, seen = {}, []"),
            new_code_cell(
                "@cache\ndef helper(x=SIZE):\n    return train(x)\n\nclass Net(Base): pass"
            ),
            new_code_cell("%matplotlib inline"),
            new_code_cell("plt.rcParams.size = 3\nprint(SIZE)\nfor x in y:\n    z = 1"),
            new_code_cell("def double(x): ...", metadata=GRADED),
        ]
    )
    code = given_in(nb).code
    assert "import math" in code and "SIZE = (3, 4)" in code and "log, seen = ({}, [])" in code
    assert "def helper" in code and "class Net" in code
    for absent in ("__future__", "download", "half", "plt", "print", "z = 1", "double", "anti"):
        assert absent not in code
    assert "%matplotlib inline" in given_in(nb).sources


def test_a_released_notebook_gives_what_its_exercises_use() -> None:
    names: dict[str, object] = {"__name__": "given"}
    exec(compile(given_in(released()).code, "given", "exec"), names)
    assert {"torch", "Float", "Tensor", "check", "IMAGE_SIZE", "MAP_SIZE", "inside"} <= set(names)
    assert not {"joint_error", "network", "train_set", "path"} & set(names)
    assert (COURSE_ROOT / "assignments").is_dir()


TRAINING = "for epoch in range(100):\n    step()"
HELPER = "def helper(x):\n    return 2 * x"


def submission(*sources: str) -> set[int]:
    cells = [new_code_cell(source) for source in sources]
    cells += [
        new_code_cell("def double(x):\n    return helper(x)", metadata=GRADED),
        new_code_cell("check(double)", metadata={"nbgrader": {"grade_id": "check_double"}}),
    ]
    return needed_for_grading(new_notebook(cells=cells), ["double"])


def test_what_is_graded_needs_its_helpers_and_no_training() -> None:
    assert submission(TRAINING, HELPER, TRAINING) == {1, 3, 4}


@pytest.mark.parametrize("used", [0.0, 20.0, 40.0, 400.0])
def test_every_exercise_keeps_a_slice(used: float) -> None:
    budget = Budget(Limits(cell=20, total=40), needed={3, 4}, exercises=5)
    budget.charge(0, used)
    assert budget.allowance(3) >= 2
    assert budget.allowance(4) <= 20
    # Half of the time is for what nothing graded needs, and what took long does not run again.
    assert budget.allowance(1) == max(0, 20 - used)
    assert (budget.allowance(0) == 0) is (used > 1)


def test_the_first_exercise_does_not_use_up_the_time_of_the_others() -> None:
    budget = Budget(Limits(cell=120, total=300), needed={0, 1, 2, 3, 4}, exercises=5)
    slices = []
    for index in range(5):
        slices.append(budget.allowance(index))
        budget.charge(index, slices[-1])
    assert slices == [120, 120, 60, 15, 15]
