"""Whether a submission could earn more if all of its cells ran.

The cells that are left out are the course's own, and the plan keeps each that binds or changes a
name that the student's cells use. What is left are dependencies that names do not show. They are
rare, and whoever loses points and has one is run whole: it costs time and nobody a point.
"""

from __future__ import annotations

import ast
import symtable
import warnings
from collections.abc import Iterable, Mapping, Sequence

from nbformat import NotebookNode

from autograder.grading.plan import Plan, code_cells, is_check
from autograder.needed_cells import (
    Names,
    names_in,
    needed_cells,
    python_of,
    root_of,
    tree_of,
    within,
)

_DYNAMIC = frozenset(
    [
        "globals",
        "locals",
        "vars",
        "eval",
        "exec",
        "compile",
        "setattr",
        "delattr",
        "__import__",
        "__main__",
        "__dict__",
        "In",
        "Out",
        "_",
        "user_ns",
        "run_cell",
        "modules",
        "importlib",
    ]
)
"""Names by which code reaches other names than those that are written in it."""

_FILES = frozenset(
    [
        "open",
        "exists",
        "is_file",
        "is_dir",
        "listdir",
        "scandir",
        "iterdir",
        "glob",
        "rglob",
        "read_text",
        "read_bytes",
        "load",
        "File",
        "read_csv",
        "loadtxt",
        "genfromtxt",
        "environ",
        "getenv",
    ]
)
"""Names by which code reads what another cell may have written."""

_HARMLESS_MAGICS = frozenset(
    [
        "matplotlib",
        "config",
        "load_ext",
        "autoreload",
        "time",
        "timeit",
        "prun",
        "pip",
        "conda",
        "pwd",
        "precision",
        "system",
        "sx",
        "getoutput",
        "capture",
        "pdb",
        "debug",
        "who",
        "whos",
        "lsmagic",
        "xmode",
        "colors",
    ]
)

_CACHES = frozenset({"cache", "lru_cache", "cached_property", "singledispatch"})

_LOST = ("FileNotFoundError", "KeyError", "NameError")
"""Kinds of errors by which something shows that is missing because a cell did not run."""


def why_run_whole(
    nb: NotebookNode, plan: Plan, errors: Mapping[int, str], asked: Iterable[str], loses: bool
) -> str | None:
    """Why a submission has to be run whole after a short run.

    Args:
        nb: the submission.
        plan: what of it was run.
        errors: by cell, the kind of error with which it stopped.
        asked: the errors that functions raised when they were called.
        loses: whether the short run has lost points.

    Returns:
        The reason, in words that complete "All cells were run, because ..."; ``None`` if running
        the rest cannot change anything.
    """
    if not plan.skipped:
        return None
    if "NameError" in errors.values() or any(_kind(error) == "NameError" for error in asked):
        return "a name was missing without the others"
    if not loses:
        return None
    if any(kind in _LOST for kind in errors.values()) or any(
        _kind(error) in _LOST for error in asked
    ):
        return "something was missing without the others"
    code = code_cells(nb)
    names = {index: names_in(nb.cells[index].source) for index in code}
    if _uses_what_is_skipped(nb, plan, code, names):
        return "graded code uses what the others may change"
    own = [nb.cells[index].source for index in sorted(plan.own)]
    theirs = frozenset[str]().union(
        *(names[index].data - names[index].constants for index in plan.own)
    )
    if any(map(_is_dynamic, own)):
        return "the code reaches for names or files that it does not name"
    graded = frozenset[str]().union(*(names[i].used for i in code if is_check(nb.cells[i])))
    if theirs & graded or any(_keeps_state(source, theirs) for source in own):
        return "the code keeps something between calls"
    return None


def _kind(error: str) -> str:
    return error.partition(":")[0].strip().rpartition(".")[2]


def _uses_what_is_skipped(
    nb: NotebookNode, plan: Plan, code: Sequence[int], names: Mapping[int, Names]
) -> bool:
    """Whether what is graded uses a name that a skipped cell before a check binds or may change."""
    checks = [place for place, index in enumerate(code) if is_check(nb.cells[index])]
    if not checks:
        return False
    needed = needed_cells([nb.cells[index].source for index in code], checks)
    used = frozenset[str]().union(
        *(names[code[place]].used for place in needed if code[place] in plan.own)
    )
    everywhere = names.values()
    variables = frozenset[str]().union(*(each.data for each in everywhere))
    constants = variables - frozenset[str]().union(
        *(each.data - each.constants for each in everywhere)
    )
    for index in plan.skipped:
        if index > code[checks[-1]]:
            continue
        cell = names[index]
        changes = cell.bound | ((cell.used | cell.called_upon) & (variables - constants))
        if cell.binds_any or changes & used:
            return True
    return False


def _is_dynamic(source: str) -> bool:
    tree = tree_of(source)
    if tree is None:
        return False
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            return True
        name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
        if name in _DYNAMIC or name in _FILES:
            return True
        if name.startswith("_") and name[1:].isdecimal():
            return True
        if name in ("run_line_magic", "run_cell_magic"):
            continue
        if isinstance(node, ast.Call) and _magic(node) not in (None, *_HARMLESS_MAGICS):
            return True
    return False


def _magic(call: ast.Call) -> str | None:
    function = call.func
    if not isinstance(function, ast.Attribute) or not function.attr.startswith("run_"):
        return None
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    return None


def _keeps_state(source: str, theirs: frozenset[str]) -> bool:
    """Whether functions of a cell may return something else after they have been called before.

    Args:
        source: the cell.
        theirs: the names of what the student's cells assign and code can change.
    """
    return _changes_names(source) or bool(names_in(source).used_within & theirs)


def _changes_names(source: str) -> bool:
    tree = tree_of(source)
    if tree is None:
        return False
    if any(
        symbol.is_declared_global() or symbol.is_nonlocal()
        for scope in _scopes(source)
        for symbol in scope.get_symbols()
    ):
        return True
    outside = names_in(source).used_within
    return any(
        _remembers(node, outside)
        for top in ast.walk(tree)
        if isinstance(top, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
        for node in ast.walk(top)
    )


def _scopes(source: str) -> list[symtable.SymbolTable]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = symtable.symtable(python_of(source), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    return list(within(table))


def _remembers(node: ast.AST, outside: frozenset[str]) -> bool:
    """Whether a part of a function or class is where something is kept between calls."""
    if isinstance(node, ast.arguments):
        defaults = [*node.defaults, *(d for d in node.kw_defaults if d is not None)]
        return any(map(_is_mutable, defaults))
    if isinstance(node, ast.ClassDef):
        values = [s.value for s in node.body if isinstance(s, ast.Assign | ast.AnnAssign)]
        return any(value is not None and _is_mutable(value) for value in values)
    if isinstance(node, ast.Name | ast.Attribute):
        name = node.id if isinstance(node, ast.Name) else node.attr
        if name in _CACHES or name in ("__class__", "__globals__", "__defaults__"):
            return True
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            return name.startswith("set_") or name in ("manual_seed", "seed")
    if isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
        root = root_of(node)
        return not isinstance(root, ast.Name) or root.id in outside
    return False


def _is_mutable(value: ast.expr) -> bool:
    kinds = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call)
    return any(isinstance(node, kinds) for node in ast.walk(value))
