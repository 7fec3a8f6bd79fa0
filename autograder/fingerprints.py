"""What code does, as short texts that are equal as long as it does the same.

Comments, docstrings and layout do not count, nor does the version of Python: the syntax tree is
written out by our own rules.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from autograder.manifest import Assignment, Manifest
from autograder.syntax import parse

_PACKAGES = ("poselab", "data_stubs")
_GRADING = ("grading", "sandbox", "submissions", "suites")
_ROOF = ("cli.py", "nbgrader_plugin.py")
_IMPORT = r"import [\w.]+( as \w+)?|from [\w.]+ import [\w, ]+"


def packages(manifest: Manifest, assignment: Assignment) -> dict[str, str]:
    """What notebooks of an assignment may import and read, as a fingerprint of each file.

    Args:
        manifest: the course.
        assignment: whose stored suites count; code counts for every assignment.

    Returns:
        Fingerprints by file, relative to the course: of code what it does, of data its bytes.
    """
    root = manifest.root
    code = sorted(path for package in _PACKAGES for path in (root / package).rglob("*.py"))
    content = {path: code_structure(path.read_text(encoding="utf-8")) for path in code}
    suites = manifest.stored_suites(assignment)
    if suites.is_file():
        content[suites] = hashlib.sha256(suites.read_bytes()).hexdigest()
    return {path.relative_to(root).as_posix(): text for path, text in content.items()}


def grading_code(assignment: Assignment, here: Path = Path(__file__).parent) -> str:
    """All of our own code that an assignment's grades depend on, as one fingerprint.

    Comments count here: reading bytes is quick, and this code changes between versions only.

    Args:
        assignment: whose exercises count.
        here: the package `autograder`.

    Returns:
        The fingerprint; reports and the command line are not part of it.
    """
    exercises = here / "exercises"
    files = [
        *here.glob("*.py"),
        *(path for room in _GRADING for path in (here / room).rglob("*.py")),
        *exercises.glob("*.py"),
        *(exercises / assignment.id).rglob("*.py"),
    ]
    there = sorted(path for path in files if path.name not in _ROOF)
    return digest(
        [
            [path.relative_to(here).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()]
            for path in there
        ]
    )


def imported_files(root: Path, cells: Iterable[str], without: str | None = None) -> set[str]:
    """The files of our packages that cells import, directly or not.

    Args:
        root: the course.
        cells: the code of some cells.
        without: a package that is not followed, as if nothing imported it.

    Returns:
        Paths relative to `root`.
    """
    found: set[str] = set()
    waiting = {name for cell in cells for name in _named_in(cell)}
    while waiting:
        module = waiting.pop()
        path = _file_of(root, module)
        if path is None or (name := path.relative_to(root).as_posix()) in found:
            continue
        if without is None or not f"{module}.".startswith(f"{without}."):
            found.add(name)
            waiting |= _named_in(path.read_text(encoding="utf-8"))
    return found


def _named_in(source: str) -> set[str]:
    """All that `source` imports and that may be a module of ours, and the packages around it."""
    try:
        tree = parse(source)
    except SyntaxError:
        # IPython's magics: the lines that import can still be told.
        lines = [line.strip() for line in source.splitlines()]
        tree = parse("\n".join(line for line in lines if re.fullmatch(_IMPORT, line)))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {
        ".".join(parts[: length + 1])
        for parts in (name.split(".") for name in names)
        if parts[0] in _PACKAGES
        for length in range(len(parts))
    }


def _file_of(root: Path, module: str) -> Path | None:
    stem = root.joinpath(*module.split("."))
    candidates = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def digest(content: object) -> str:
    """A short fingerprint of JSON-like content: equal content, equal fingerprint."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


def code_structure(source: str) -> str:
    """What `source` does, without comments, docstrings and layout.

    Code with IPython's magics is not Python and is returned as it is.
    """
    try:
        tree = parse(source)
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
