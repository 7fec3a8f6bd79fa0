"""What a notebook gives its students: imports, constants, functions and classes.

They are there when a submission runs, whatever has become of the cells that they stood in.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.needed_cells import bound_names
from autograder.syntax import parse

_DEFINING = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
)
_COMPUTING = (
    ast.Call,
    ast.Await,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Subscript,
)


@dataclass(frozen=True)
class Given:
    """What students were given.

    Args:
        code: defines what the given cells define, without what they compute; it takes no time.
        sources: of all cells, as they were released.
    """

    code: str = ""
    sources: frozenset[str] = frozenset()


def given_in(released: NotebookNode) -> Given:
    """What a notebook gives.

    Args:
        released: the notebook that students were given.

    Returns:
        Its definitions, and its cells.
    """
    parts: list[str] = []
    known = set(dir(builtins))
    for cell in released.cells:
        if cell.cell_type != "code" or "nbgrader" in cell.metadata:
            continue
        for node in _statements(cell.source):
            if _defines(node, known):
                parts.append(ast.unparse(node))
                known |= bound_names(parts[-1])
    return Given("\n".join(parts), frozenset(cell.source for cell in released.cells))


def _statements(source: str) -> Iterator[ast.stmt]:
    try:
        yield from parse(source).body
    except SyntaxError:
        return  # a magic; it defines nothing


def _defines(node: ast.stmt, known: Collection[str]) -> bool:
    """Whether a statement defines something out of what is known, and computes nothing."""
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return False
    if isinstance(node, _DEFINING):
        return True
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if not all(isinstance(target, ast.Name | ast.Tuple) for target in targets):
        return False
    parts = [] if node.value is None else list(ast.walk(node.value))
    used = {part.id for part in parts if isinstance(part, ast.Name)}
    return used <= set(known) and not any(isinstance(part, _COMPUTING) for part in parts)
