"""The cells of a solution that its graded functions need: no training, no figures."""

from __future__ import annotations

import ast

from nbformat import NotebookNode

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_ASSIGNMENTS = (ast.Assign, ast.AnnAssign)


def needed_cells(nb: NotebookNode) -> list[NotebookNode]:
    """The graded cells, imports and definitions, and the constants that graded cells rely on.

    A cell of constants is needed if it does nothing but assign, and if a graded cell uses one of
    its names, directly or through another definition.

    Args:
        nb: a notebook whose code is plain Python.
    """
    bodies = {
        index: ast.parse(cell.source).body
        for index, cell in enumerate(nb.cells)
        if cell.cell_type == "code"
    }
    graded = {index for index, cell in enumerate(nb.cells) if "nbgrader" in cell.metadata}
    defining = (*_DEFINITIONS, ast.Import, ast.ImportFrom)
    needed = graded | {
        index for index, body in bodies.items() if any(isinstance(node, defining) for node in body)
    }
    reached = _reached([bodies[index] for index in graded if index in bodies], bodies)
    needed |= {
        index
        for index, body in bodies.items()
        if all(isinstance(node, _ASSIGNMENTS) for node in body) and _names(body) & reached
    }
    return [cell for index, cell in enumerate(nb.cells) if index in needed]


def _reached(start: list[list[ast.stmt]], bodies: dict[int, list[ast.stmt]]) -> set[str]:
    """All names that some statements use, directly or through what defines them."""
    defined: dict[str, list[ast.stmt]] = {}
    for body in bodies.values():
        for node in body:
            for name in _names([node]):
                defined.setdefault(name, []).append(node)
    reached: set[str] = set()
    waiting = [node for body in start for node in body]
    while waiting:
        used = {n.id for n in ast.walk(waiting.pop()) if isinstance(n, ast.Name)} - reached
        reached |= used
        waiting += [node for name in used for node in defined.get(name, [])]
    return reached


def _names(body: list[ast.stmt]) -> set[str]:
    """What statements define or assign at their top level."""
    names = {node.name for node in body if isinstance(node, _DEFINITIONS)}
    for node in body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        names |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return names
