"""Python's syntax trees, one at a time.

Up to Python 3.11.8 `ast.parse` counts its recursion in a place that all threads share, and fails
with "AST constructor recursion depth mismatch" if the garbage collector lets another thread parse
meanwhile (CPython's issue 106905). Submissions are prepared in threads.
"""

from __future__ import annotations

import ast
import threading

LONGEST = 1_000_000
"""Characters that are parsed; a tree takes two hundred bytes for each."""

_PARSING = threading.RLock()


def parse(source: str) -> ast.Module:
    """Parse Python, while no other thread does.

    Args:
        source: Python.

    Returns:
        Its syntax tree.

    Raises:
        SyntaxError: it is not Python, or longer than a program is; or what else
            :func:`ast.parse` raises.
    """
    if len(source) > LONGEST:
        raise SyntaxError(f"{len(source)} characters are not parsed")
    with _PARSING:
        return ast.parse(source)
