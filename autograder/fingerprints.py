"""What code does, in a few characters: equal digests, equal behaviour.

Comments, docstrings and formatting do not count, nor does the version of Python: the syntax tree is
written out by our own rules.
"""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path
from typing import Any

from autograder.manifest import Assignment, Manifest

PACKAGES = ("poselab", "data_stubs")
"""What notebooks import."""


def packages(manifest: Manifest, assignment: Assignment) -> dict[str, str]:
    """What notebooks of the assignment import and read, by file; of code, what it does."""
    return {
        str(path.relative_to(manifest.root).as_posix()): _content(path)
        for path in _dependencies(manifest, assignment)
    }


def digest(content: object) -> str:
    """A short name for JSON-like content: equal content, equal name."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def code_structure(source: str) -> str:
    """What `source` does, without comments, docstrings and layout.

    Code with IPython's magics is no Python; it stands for itself.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return source
    return json.dumps(structure(tree))


def structure(node: Any) -> Any:
    """A syntax tree as lists. Fields that are empty are left out: newer Pythons add such fields."""
    if isinstance(node, list):
        return [structure(item) for item in node]
    if not isinstance(node, ast.AST):
        return [type(node).__name__, repr(node)]
    fields = {
        name: value
        for name, value in ast.iter_fields(node)
        if value not in (None, []) and not isinstance(value, ast.expr_context)
    }
    if _has_docstring(node):
        fields["body"] = fields["body"][1:]
    return [type(node).__name__, *([name, structure(value)] for name, value in fields.items())]


def _has_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and ast.get_docstring(node, clean=False) is not None
    )


def _dependencies(manifest: Manifest, assignment: Assignment) -> list[Path]:
    """The code, and the data beside it, that a notebook of the assignment may import or read."""
    code = [path for package in PACKAGES for path in (manifest.root / package).rglob("*.py")]
    suite = stored_suite_path(manifest, assignment)
    return sorted(code) + ([suite] if suite.is_file() else [])


def stored_suite_path(manifest: Manifest, assignment: Assignment) -> Path:
    """The file of reference tensors that `check` uses in the student's notebook."""
    return manifest.root / "poselab" / "checks" / "suites" / f"{assignment.id}.safetensors"


def _content(path: Path) -> str:
    if path.suffix == ".py":
        return code_structure(path.read_text(encoding="utf-8"))
    return hashlib.sha256(path.read_bytes()).hexdigest()
