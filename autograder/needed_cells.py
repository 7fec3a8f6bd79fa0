"""Which cells of a notebook have to run before some of its cells can: by the names they use."""

from __future__ import annotations

import ast
import re
import symtable
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder.syntax import parse

_TIMING = re.compile(r"\A\s*%%(?:time|capture|prun)\b[^\n]*\n")

_IMMUTABLE = (ast.Constant, ast.Tuple, ast.UnaryOp, ast.BinOp, ast.Load, ast.operator, ast.unaryop)


@dataclass(frozen=True)
class Names:
    """The global names of a cell.

    Args:
        bound: those that it binds, or whose attributes or items it assigns.
        used: those that it uses, at top level or in its functions and classes.
        binds_any: whether it may bind any name at all.
        imported: those that it imports.
        data: those that it assigns, as opposed to functions, classes and imports.
        constants: those of the data that it assigns nothing but numbers, texts and tuples of them.
        called_upon: those whose methods it calls as statements of their own, which may change them.
        used_within: those that its functions and classes use.
    """

    bound: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    binds_any: bool = False
    imported: frozenset[str] = frozenset()
    data: frozenset[str] = frozenset()
    constants: frozenset[str] = frozenset()
    called_upon: frozenset[str] = frozenset()
    used_within: frozenset[str] = frozenset()


def needed_cells(sources: Sequence[str], wanted: Collection[int]) -> list[int]:
    """The cells that have to run, in order, for the wanted ones to work.

    A cell needs those before it that bind or change a name which it uses at top level or in its
    functions and classes, and what those need. Trainings and figures that nothing wanted uses are
    left out. A name that several cells bind needs all of them: a function may be called between
    them.

    Args:
        sources: the code of all code cells, with IPython's magics.
        wanted: the indices of the wanted cells.

    Returns:
        Indices of the needed cells, wanted ones included, in ascending order.
    """
    names = [names_in(source) for source in sources]
    modules = frozenset[str]().union(*(each.imported for each in names))
    changed = [each.bound | (each.called_upon - modules) for each in names]
    needed: set[int] = set()
    for goal in wanted:
        reached, waiting = {goal}, [goal]
        while waiting:
            index = waiting.pop()
            new = [
                before
                for before in range(goal)
                if before not in reached
                and (names[before].binds_any or changed[before] & names[index].used)
            ]
            reached.update(new)
            waiting += new
        needed |= reached
    return sorted(needed)


def bound_names(source: str) -> frozenset[str]:
    """The global names that a cell binds or changes: none, if it is not Python."""
    return names_in(source).bound


def graded_part(nb: NotebookNode) -> list[NotebookNode]:
    """The graded cells of a notebook and the code cells that they need, in order.

    Args:
        nb: a notebook with nbgrader's metadata.

    Returns:
        The notebook's own cells, not copies.
    """
    code = [index for index, cell in enumerate(nb.cells) if cell.cell_type == "code"]
    wanted = [place for place, index in enumerate(code) if "nbgrader" in nb.cells[index].metadata]
    needed = needed_cells([nb.cells[index].source for index in code], wanted)
    kept = {code[place] for place in needed}
    return [c for index, c in enumerate(nb.cells) if index in kept or "nbgrader" in c.metadata]


def python_of(source: str) -> str:
    """A cell's code as Python, its magics turned into calls; without a magic that only times it."""
    python: str = TransformerManager().transform_cell(without_timing(source))
    return python


def without_timing(source: str) -> str:
    """A cell without a first line that only times the cell, or keeps what it shows."""
    return _TIMING.sub("", source, count=1)


def tree_of(source: str) -> ast.Module | None:
    """The syntax tree of a cell; ``None`` if it is not Python, whatever is wrong with it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse(python_of(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


@lru_cache(maxsize=256)
def names_in(source: str) -> Names:
    """The names of a cell; none if it is not Python: running it fails."""
    tree = tree_of(source)
    if tree is None:
        return Names()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = symtable.symtable(python_of(source), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Names()
    top = table.get_symbols()
    inner = [symbol for child in within(table) for symbol in child.get_symbols()]
    used_within = frozenset(s.get_name() for s in inner if s.is_global())
    data = frozenset(
        s.get_name()
        for s in top
        if s.is_assigned() and not s.is_imported() and not s.is_namespace()
    )
    return Names(
        bound=frozenset(s.get_name() for s in top if s.is_assigned() or s.is_imported())
        | {s.get_name() for s in inner if s.is_declared_global() and s.is_assigned()}
        | frozenset(_changed(tree)),
        used=frozenset(s.get_name() for s in top if s.is_referenced()) | used_within,
        binds_any=any(
            isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in tree.body
        ),
        imported=frozenset(s.get_name() for s in top if s.is_imported()),
        data=data,
        constants=data & frozenset(_constants(tree)),
        called_upon=frozenset(_called_upon(tree)),
        used_within=used_within,
    )


def within(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """All scopes inside a scope, at any depth."""
    for child in table.get_children():
        yield child
        yield from within(child)


def root_of(node: ast.expr) -> ast.expr:
    """What an attribute or an item belongs to, at the bottom: `a` of `a.b[0].c`."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node


def _changed(tree: ast.Module) -> Iterator[str]:
    """Names of objects whose attributes or items a cell assigns: `Pose.size = 3`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            owner = root_of(node)
            if isinstance(owner, ast.Name):
                yield owner.id


def _called_upon(tree: ast.Module) -> Iterator[str]:
    """Names whose methods are called for what they do: `rows.append(row)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            function = node.value.func
            owner = root_of(function)
            if isinstance(function, ast.Attribute) and isinstance(owner, ast.Name):
                yield owner.id


def _constants(tree: ast.Module) -> Iterator[str]:
    """Names that are assigned once, and what nothing can change."""
    assigned: dict[str, list[ast.expr | None]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            assigned.setdefault(node.id, []).append(None)
    for statement in tree.body:
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        value = getattr(statement, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and len(assigned[target.id]) == 1 and value is not None:
                assigned[target.id] = [value]
    for name, values in assigned.items():
        if values[0] is not None and all(isinstance(n, _IMMUTABLE) for n in ast.walk(values[0])):
            yield name
