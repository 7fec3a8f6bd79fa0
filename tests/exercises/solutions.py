"""The functions of a solution notebook, taken from its source without running the notebook."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def solution_functions(assignment: str, notebook: str) -> dict[str, Callable[..., Any]]:
    path = ROOT / "solutions" / assignment / f"{notebook}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = (ast.Import, ast.ImportFrom)
    kept = [node for node in tree.body if isinstance(node, (*imports, ast.FunctionDef))]
    namespace: dict[str, Any] = {}
    exec(compile(ast.Module(kept, []), str(path), "exec"), namespace)
    names = [node.name for node in kept if isinstance(node, ast.FunctionDef)]
    return {name: namespace[name] for name in names}
