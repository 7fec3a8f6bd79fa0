"""Which cells of a notebook have to run before some of its cells can: by the names they use."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from autograder.syntax import parse


@dataclass(frozen=True)
class _Names:
    """The global names of a cell: those it binds or changes, and those it uses."""

    bound: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    binds_any: bool = False


def needed_cells(sources: Sequence[str], wanted: Collection[int]) -> list[int]:
    """The cells that have to run, in order, for the wanted ones to work.

    A cell needs those before it that bind a name which it uses at top level or in its functions
    and classes, and what those need. Trainings and figures that nothing wanted uses are left out.
    A name that several cells bind needs all of them: a function may be called between them.

    Args:
        sources: the code of all code cells, with IPython's magics.
        wanted: the indices of the wanted cells.

    Returns:
        Indices of the needed cells, wanted ones included, in ascending order.
    """
    names = [_names(source) for source in sources]
    needed: set[int] = set()
    for goal in wanted:
        reached, waiting = set(), [goal]
        while waiting:
            index = waiting.pop()
            reached.add(index)
            waiting += [
                before
                for before in range(goal)
                if before not in reached
                and (names[before].binds_any or names[before].bound & names[index].used)
            ]
        needed |= reached
    return sorted(needed)


def bound_names(source: str) -> frozenset[str]:
    """The global names that a cell binds or changes: none, if it is not Python."""
    return _names(source).bound


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


def _names(source: str) -> _Names:
    source = TransformerManager().transform_cell(source)
    try:
        tree, table = parse(source), symtable.symtable(source, "cell", "exec")
    except SyntaxError:
        return _Names()  # it binds nothing: running it fails
    top = table.get_symbols()
    inner = [symbol for child in _within(table) for symbol in child.get_symbols()]
    changed = set(_changed(tree))
    return _Names(
        bound=frozenset(s.get_name() for s in top if s.is_assigned() or s.is_imported())
        | {s.get_name() for s in inner if s.is_declared_global() and s.is_assigned()}
        | changed,
        used=frozenset(s.get_name() for s in top if s.is_referenced())
        | {s.get_name() for s in inner if s.is_global()},
        binds_any=any(
            isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in tree.body
        ),
    )


def _within(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _within(child)


def _changed(tree: ast.Module) -> Iterator[str]:
    """Names of objects whose attributes or items a cell assigns: `Pose.size = 3`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            owner: ast.expr = node
            while isinstance(owner, ast.Attribute | ast.Subscript):
                owner = owner.value
            if isinstance(owner, ast.Name):
                yield owner.id
