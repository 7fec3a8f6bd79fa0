"""Which cells of a submission run again when it is graded.

What to do with the cells that students are given is decided from the released notebook, once for a
class: what a graded cell needs runs, and so do imports, functions, classes and constants, which
cost nothing. What trains, predicts or draws does not. Of a submission, the student's own cells run
as well, and what they need.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.errors import CourseError
from autograder.fingerprints import code_structure
from autograder.needed_cells import names_in, needed_cells, tree_of, without_timing

RUN, SKIP = "run", "skip"
"""Tags of a cell in a notebook's source that decide, whatever its names say."""

MOST_CODE = 200_000
"""Characters of code that are looked at; a notebook that holds more is run whole."""

MOST_MAGICS = 50
"""Lines with magics that are looked at: IPython reads a cell anew for each."""

MOST_CELLS = 500
"""Code cells that are looked at."""

_MAGIC = re.compile(r"^\s*[%!?]|=\s*[%!]|\?\s*$")

_BUILTINS = frozenset(dir(builtins)) | {"display", "get_ipython", "__name__"}

_VALUES = (
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.Subscript,
    ast.Slice,
    ast.Tuple,
    ast.List,
    ast.Set,
    ast.Dict,
    ast.UnaryOp,
    ast.BinOp,
    ast.operator,
    ast.unaryop,
    ast.expr_context,
)
"""What a constant is made of: nothing is called."""


@dataclass(frozen=True)
class Decision:
    """What becomes of one given cell.

    Args:
        cell: its place among all cells of the released notebook.
        source: its code.
        runs: whether it runs.
        why: the reason, in a few words.
    """

    cell: int
    source: str
    runs: bool
    why: str

    def __str__(self) -> str:
        """One line for the list that the build prints."""
        lines = [line for line in self.source.splitlines() if line.strip()] or [""]
        code = [line for line in lines if not line.startswith("#")] or lines
        verb = "runs " if self.runs else "skips"
        return f"{verb} cell {self.cell + 1} ({self.why}): {code[0].strip()[:60]}"


@dataclass(frozen=True)
class Plan:
    """What of a submission runs.

    Args:
        executed: the places of the code cells that run.
        skipped: those of given cells that do not.
        own: those of the executed cells that are the student's: exercises, changed or added.
    """

    executed: frozenset[int] = frozenset()
    skipped: frozenset[int] = frozenset()
    own: frozenset[int] = frozenset()


def decide(released: NotebookNode) -> tuple[Decision, ...]:
    """What becomes of each given code cell of a notebook.

    Args:
        released: the notebook that students are given.

    Returns:
        A decision for each code cell that is not graded, in order.

    Raises:
        CourseError: a cell has both tags.
    """
    code = code_cells(released)
    sources = [released.cells[index].source for index in code]
    tags = [_tag(released, index) for index in code]
    graded = [place for place, index in enumerate(code) if is_graded(released.cells[index])]
    wanted = [*graded, *(place for place, tag in enumerate(tags) if tag == RUN)]
    needed = set(needed_cells(sources, wanted))
    available = set(_BUILTINS)
    decisions = []
    for place, index in enumerate(code):
        source, tag = sources[place], tags[place]
        runs, why = False, "nothing graded needs it"
        if tag is not None:
            runs, why = tag == RUN, f'tag "{tag}"'
        elif place in needed:
            runs, why = True, "graded cells need it"
        elif only_defines(source, available):
            runs, why = True, "it only defines names"
        if runs or is_graded(released.cells[index]):
            available |= names_in(source).bound
        if not is_graded(released.cells[index]):
            decisions.append(Decision(index, source, runs, why))
    return tuple(decisions)


def plan_of(nb: NotebookNode, released: NotebookNode, decisions: Sequence[Decision]) -> Plan:
    """What of a submission runs again.

    Args:
        nb: the submission, repaired.
        released: the notebook that students are given.
        decisions: what becomes of its given cells.

    Returns:
        The plan. Of a notebook that is too long to be looked at, all runs.
    """
    code = code_cells(nb)
    sources = [nb.cells[index].source for index in code]
    magics = sum(1 for source in sources for line in source.splitlines() if _MAGIC.search(line))
    too_long = len(code) > MOST_CELLS or sum(map(len, sources)) > MOST_CODE
    if too_long or magics > MOST_MAGICS:
        return Plan(frozenset(code), own=frozenset(code))
    given = _given(nb, code, decisions)
    kept_out = {
        place
        for place, decision in given.items()
        if _tag(released, decision.cell) == SKIP and not decision.runs
    }
    own = [place for place in range(len(code)) if place not in given]
    tagged = [p for p, d in given.items() if d.runs and _tag(released, d.cell) == RUN]
    runs = set(needed_cells(sources, [*own, *tagged])) - kept_out
    runs |= {place for place, decision in given.items() if decision.runs}
    checks = {place for place in own if is_check(nb.cells[code[place]])}
    return Plan(
        frozenset(code[place] for place in runs),
        frozenset(code[place] for place in range(len(code)) if place not in runs),
        frozenset(code[place] for place in own if place not in checks),
    )


def only_defines(source: str, available: set[str]) -> bool:
    """Whether a cell only imports, and defines functions, classes and constants.

    Args:
        source: the cell.
        available: the names that it may use while it does so.

    Returns:
        False as well if it uses a name that is not available.
    """
    tree = tree_of(source)
    if tree is None or not tree.body:
        return tree is not None
    if not all(map(_defines, tree.body)):
        return False
    names = names_in(source)
    at_once = {
        node.id
        for statement in tree.body
        for node in _at_once(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    return at_once <= available | names.bound


def code_cells(nb: NotebookNode) -> list[int]:
    """The places of the code cells."""
    return [index for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]


def is_graded(cell: NotebookNode) -> bool:
    """Whether a cell is an exercise's, or checks one."""
    return "nbgrader" in cell.metadata


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell checks an exercise."""
    label = cell.metadata.get("nbgrader", {})
    return bool(label.get("grade")) and not label.get("solution")


def _given(
    nb: NotebookNode, code: Sequence[int], decisions: Sequence[Decision]
) -> dict[int, Decision]:
    """Which code cells are as they were given, by their place among the code cells."""
    found: dict[int, Decision] = {}
    left = list(decisions)
    # By what is written first, which is cheap; comments and layout do not count either.
    for same in (str.strip, code_structure):
        for place, index in enumerate(code):
            if place in found or is_graded(nb.cells[index]) or not left:
                continue
            text = _by(same, nb.cells[index].source)
            match = next((d for d in left if _by(same, d.source) == text), None)
            if text is not None and match is not None:
                found[place] = match
                left.remove(match)
    return found


def _by(what: object, source: str) -> str | None:
    assert callable(what)
    try:
        return str(what(without_timing(source)))
    except (ValueError, RecursionError, MemoryError):
        return None


def _tag(nb: NotebookNode, index: int) -> str | None:
    tags = nb.cells[index].metadata.get("tags", [])
    found = [tag for tag in (RUN, SKIP) if tag in tags]
    if len(found) > 1:
        raise CourseError(f'Cell {index + 1} has both tags, "{RUN}" and "{SKIP}"; keep one.')
    return found[0] if found else None


def _defines(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names = all(
            isinstance(n, ast.Name | ast.Tuple | ast.expr_context)
            for target in targets
            for n in ast.walk(target)
        )
        value = statement.value
        return names and (
            value is None or all(isinstance(node, _VALUES) for node in ast.walk(value))
        )
    if isinstance(statement, ast.ImportFrom):
        return statement.names[0].name != "*"
    if isinstance(statement, ast.Expr):
        return isinstance(statement.value, ast.Constant)
    kinds = (ast.Import, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return isinstance(statement, kinds)


def _at_once(node: ast.AST) -> list[ast.AST]:
    """What of a statement is evaluated when it is executed: not the bodies of functions."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [node]
    while waiting:
        one = waiting.pop()
        found.append(one)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            annotations = [a.annotation for a in ast.walk(one.args) if isinstance(a, ast.arg)]
            waiting += [
                part
                for part in (
                    *one.decorator_list,
                    *one.args.defaults,
                    *one.args.kw_defaults,
                    *annotations,
                    one.returns,
                )
                if part is not None
            ]
        elif isinstance(one, ast.Lambda):
            waiting += [d for d in (*one.args.defaults, *one.args.kw_defaults) if d is not None]
        else:
            waiting += ast.iter_child_nodes(one)
    return found
