"""When a submission that loses points is run whole, and when that could change nothing."""

from __future__ import annotations

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.grading.differences import why_run_whole
from autograder.grading.plan import decide, plan_of
from tests.autograder.grading.test_plan import small

GIVEN = (
    "import torch\nimport random\nfrom course import check, train, fill, make, show",
    "SIZE = 3\ntable = {}",
    "data = make(SIZE)",
    "def f(x):\n    raise NotImplementedError",
    "fill(table)\ndata.normalise()\nf(data)",
    "network = train(data, f)",
    "check(f)",
    "show(table)",
)


def handed_in(answer: str, *added: str) -> NotebookNode:
    """The given notebook with an answer, and cells above the exercise."""
    nb = small(*GIVEN)
    nb.cells[3].source = answer
    nb.cells[3:3] = [new_code_cell(source) for source in added]
    return nb


def why(
    nb: NotebookNode,
    errors: dict[int, str] | None = None,
    asked: tuple[str, ...] = (),
    loses: bool = True,
) -> str | None:
    given = small(*GIVEN)
    return why_run_whole(nb, plan_of(nb, given, decide(given)), errors or {}, asked, loses)


CLOSURE = """
def outer():
    n = 0
    def inner(x):
        nonlocal n
        n += 1
        return n
    return inner
f = outer()
"""
PLAIN = "def f(x):\n    return x + SIZE"


@pytest.mark.parametrize(
    ("answer", "added"),
    [
        pytest.param(PLAIN, (), id="plain"),
        pytest.param("def f(x):\n    raise NotImplementedError", (), id="not written"),
        pytest.param(
            "def f(x):\n    y = torch.zeros(3)\n    y[0] = x\n    return y", (), id="item"
        ),
        pytest.param(
            "def f(x):\n    rows = []\n    for i in x:\n        rows.append(i)\n    return rows",
            (),
            id="a list of its own",
        ),
        pytest.param(
            "class f(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            "        self.layer = torch.nn.Linear(3, 3)\n    def forward(self, x):\n"
            "        return self.layer(x)",
            (),
            id="a network",
        ),
        pytest.param(
            "def f(x):\n    return helper(x)", ("def helper(x):\n    return x",), id="helper"
        ),
        pytest.param(PLAIN, ("print(f(1))", "rows = []\nrows.append(1)"), id="a trial"),
        pytest.param(PLAIN, ("%matplotlib inline\n!pip list",), id="magics"),
        pytest.param("def f(x, dtype=torch.float32):\n    return x", (), id="a default"),
        pytest.param("def f(:", (), id="not Python"),
    ],
)
def test_who_is_not_run_again(answer: str, added: tuple[str, ...]) -> None:
    assert why(handed_in(answer, *added)) is None


@pytest.mark.parametrize(
    ("answer", "added", "says"),
    [
        pytest.param("def f(x):\n    return table['a']", (), "may change", id="filled by a call"),
        pytest.param(
            "seen = []\ndef f(x):\n    seen.append(x)\n    return len(seen)",
            (),
            "keeps",
            id="a list",
        ),
        pytest.param("def f(x):\n    global n\n    n = x\n    return n", (), "keeps", id="global"),
        pytest.param(
            "def f(x, seen=[]):\n    seen.append(x)\n    return seen", (), "keeps", id="default"
        ),
        pytest.param(
            "def f(x):\n    f.calls = 1\n    return x", (), "keeps", id="function attribute"
        ),
        pytest.param(
            "class f:\n    seen = {}\n    def forward(self, x):\n        return self.seen",
            (),
            "keeps",
            id="class attribute",
        ),
        pytest.param(
            "class f:\n    def forward(self, x):\n        type(self).n = x",
            (),
            "keeps",
            id="through its type",
        ),
        pytest.param(
            "class f:\n    def forward(self, x):\n        self.__class__.n = x",
            (),
            "keeps",
            id="through its class",
        ),
        pytest.param(
            "import functools\n@functools.lru_cache\ndef f(x):\n    return x",
            (),
            "keeps",
            id="cache",
        ),
        pytest.param(CLOSURE, (), "keeps", id="closure"),
        pytest.param("def f(x):\n    torch.manual_seed(0)\n    return x", (), "keeps", id="seed"),
        pytest.param(
            "def f(x):\n    torch.set_default_dtype(x)", (), "keeps", id="a setting of torch"
        ),
        pytest.param(
            "numbers = iter(range(9))\ndef f(x):\n    return next(numbers)",
            (),
            "keeps",
            id="iterator",
        ),
        pytest.param(
            "def f(x):\n    return store.n",
            ("class Store: pass\nstore = Store()",),
            "keeps",
            id="an object of another cell",
        ),
        pytest.param(
            PLAIN,
            ("def count(x):\n    count.n += 1\n    return f(x)",),
            "keeps",
            id="a helper that counts",
        ),
        pytest.param("def f(x):\n    return globals()['data']", (), "does not name", id="globals"),
        pytest.param("def f(x):\n    return eval('data')", (), "does not name", id="eval"),
        pytest.param("def f(x):\n    return _", (), "does not name", id="last output"),
        pytest.param("def f(x):\n    return open('a').read()", (), "does not name", id="file"),
        pytest.param("def f(x):\n    return torch.load('a')", (), "does not name", id="weights"),
        pytest.param(PLAIN, ("from helpers import *",), "does not name", id="star"),
        pytest.param(PLAIN, ("%run other.py",), "does not name", id="run"),
    ],
)
def test_who_is_run_again(answer: str, added: tuple[str, ...], says: str) -> None:
    nb = handed_in(answer, *added)
    reason = why(nb)
    assert reason is not None and says in reason
    assert why(nb, loses=False) is None


def test_a_missing_name_is_enough() -> None:
    nb = handed_in(PLAIN)
    assert why(nb, {3: "NameError"}, loses=False)
    assert why(nb, asked=("NameError: name 'network' is not defined",), loses=False)
    assert not why(nb, {3: "ValueError"}, ("ValueError: NameError",))


@pytest.mark.parametrize("kind", ["FileNotFoundError", "KeyError"])
def test_something_else_that_is_missing_is_enough_where_points_are_lost(kind: str) -> None:
    nb = handed_in(PLAIN)
    assert why(nb, {3: kind}) and why(nb, asked=(f"{kind}: 'a'",))
    assert not why(nb, {3: kind}, loses=False)


def test_nothing_is_run_again_where_all_has_run() -> None:
    nb = small(*GIVEN[:2], "def f(x):\n    raise NotImplementedError", "check(f)")
    plan = plan_of(nb, nb, decide(nb))
    assert not plan.skipped
    assert why_run_whole(nb, plan, {2: "NameError"}, ("NameError",), True) is None


def test_what_is_below_the_last_check_changes_nothing() -> None:
    nb = small(
        "import torch\nfrom course import check, fill",
        "table = {}",
        PLAIN.replace("SIZE", "1"),
        "check(f)",
        "fill(table)",
    )
    given = small(*(cell.source for cell in nb.cells))
    given.cells[2].source = "def f(x):\n    raise NotImplementedError"
    nb.cells[2].source = "def f(x):\n    return table['a']"
    assert why_run_whole(nb, plan_of(nb, given, decide(given)), {}, (), True) is None
