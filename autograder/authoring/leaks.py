"""Finds what students must not have in a release: by content, whatever the file is called.

Secret are: solutions (their lines and their expressions), marking schemes, the source of
`autograder` (its functions and its lines), and outputs, which show what a solution computes.
"""

from __future__ import annotations

import ast
import json
import re
import textwrap
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Comment
from traitlets.config import Config

from autograder.authoring.student import EXAMPLE_FILES, EXAMPLE_ID, listed_file
from autograder.fingerprints import structure
from autograder.manifest import Manifest
from autograder.regions import MARK_SCHEME, MARKERS, SOLUTION, split_regions
from autograder.reporting.nbgrader_tools import load_nbgrader_config
from autograder.syntax import parse

# Its name is also in poselab.networks.pretrained, which would have to import torch to tell it.
PRETRAINED = "poselab/networks/weights/pose_vit_small.safetensors"
"""The weights that students start from."""

MINIMAL_LINE = 24
"""Shorter lines, counted without white space, are common property: `return heatmaps`."""

MINIMAL_NODES = 12
"""Expressions and functions of fewer nodes of the syntax tree are common property too."""

WINDOW = 3
"""So many lines of `autograder` in a row are a leak; single ones are common idioms."""

_BEGINNINGS = {"image/png": b"\x89PNG\r\n", "image/jpeg": b"\xff\xd8\xff"}
"""How the bytes begin of what may be attached as example output, by its media type."""

_DRY = re.compile(r"[\s\"'\\#]+")


@dataclass
class Secrets:
    """What must not appear in a release; each maps to the place it comes from."""

    lines: dict[str, str] = field(default_factory=dict)
    expressions: dict[str, str] = field(default_factory=dict)
    windows: dict[str, str] = field(default_factory=dict)
    functions: dict[str, str] = field(default_factory=dict)
    shown: dict[str, set[str]] = field(default_factory=dict)
    """Of each student notebook the lines that its tasks may have."""
    scripts: dict[str, str] = field(default_factory=dict)
    """What each script that students complete may hold."""


@dataclass(frozen=True)
class ReleasedText:
    """One file of a release: all its text, and those parts of it that are Python."""

    name: str
    text: str
    code: tuple[str, ...]

    @cached_property
    def dry(self) -> str:
        """The text without white space, quotes and comment marks."""
        return dry(self.text)


def find_leaks(manifest: Manifest, release: Path) -> list[str]:
    """One sentence for everything secret in the folder `release`; empty for a clean release."""
    secrets = collect_secrets(manifest)
    known = {
        f"poselab/checks/suites/{assignment_id}.safetensors"
        for assignment_id in manifest.assignments
    } | {PRETRAINED}
    leaks: list[str] = []
    for path in sorted(path for path in release.rglob("*") if path.is_file()):
        name = path.relative_to(release).as_posix()
        if name.startswith(".git/"):
            continue
        if path.suffix == ".ipynb":
            leaks += _notebook_residue(name, path, secrets)
        if path.suffix == ".safetensors" and name not in known:
            leaks.append(
                f"{name} holds tensors that are neither an assignment's stored suite nor the "
                "weights that students start from."
            )
        released = _read(name, path)
        if released.text != secrets.scripts.get(name, released.text):
            leaks.append(f"{name} is not its solution with stubs in place of the regions.")
        leaks += _leaks_in(released, secrets)
    return leaks


def collect_secrets(manifest: Manifest) -> Secrets:
    """The secrets of every solution and of the instructor's side."""
    secrets = Secrets()
    config = load_nbgrader_config(manifest.root)
    public: set[str] = set()
    for assignment in manifest.assignments.values():
        released = f"assignments/{assignment.id}"
        for notebook in assignment.notebooks:
            shown = _add_solutions(secrets, manifest.source(assignment, notebook), manifest, config)
            secrets.shown[f"{released}/{notebook.name}.ipynb"] = shown
            public |= shown
        for name in assignment.scripts:
            path = manifest.root / "solutions" / assignment.id / name
            public |= _add_solutions(secrets, path, manifest, config)
            secrets.scripts[f"{released}/{name}"] = listed_file(path, config).decode()
    for path in sorted((manifest.root / "autograder").rglob("*.py")):
        origin = path.relative_to(manifest.root).as_posix()
        source = path.read_text(encoding="utf-8")
        for window in _windows(_without_long_strings(source)):
            if not public.issuperset(window.split("\n")):  # signatures are public
                secrets.windows[window] = origin
        secrets.functions |= dict.fromkeys(_functions(source), origin)
    return secrets


def dry(text: str) -> str:
    """Text without white space, quotes, backslashes and comment marks."""
    return _DRY.sub("", text)


def _add_solutions(secrets: Secrets, path: Path, manifest: Manifest, config: Config) -> set[str]:
    """Add what is secret in the source of a notebook or script; return the lines that are not."""
    origin, source = path.relative_to(manifest.root).as_posix(), path.read_text(encoding="utf-8")
    solution = split_regions(source, SOLUTION, config.ClearSolutions.code_stub["python"])
    scheme = split_regions(solution.public, MARK_SCHEME, f"# {config.ClearSolutions.text_stub}")
    shown = scheme.public
    public = {dry(line) for line in shown.split("\n")}
    for region in (*solution.secret, *scheme.secret):
        for line in region.split("\n"):
            text = dry(line)
            if len(text) >= MINIMAL_LINE and text not in public and _tells(line):
                secrets.lines[text] = origin
    shown_expressions = set(_expressions(shown))
    for region in solution.secret:
        for expression in _expressions(_as_function(region)):
            if expression not in shown_expressions:
                secrets.expressions[expression] = origin
    return public


def _tells(line: str) -> bool:
    """Whether a line of a solution or marking scheme is more than an idiom that anyone writes."""
    if line.startswith("#"):
        return True
    return any(
        _size(statement) >= MINIMAL_NODES and not isinstance(statement, ast.Import | ast.ImportFrom)
        for function in ast.iter_child_nodes(_parse(_as_function(line)))
        for statement in getattr(function, "body", [])
    )


def _leaks_in(released: ReleasedText, secrets: Secrets) -> Iterator[str]:
    for marker in MARKERS:
        if marker in released.text:
            yield f"{released.name} has the marker '{marker}'."
    for line, origin in secrets.lines.items():
        if line in released.dry:
            yield (
                f"{released.name} has a line of {origin} that is not for students: {line}; "
                "rewrite one of the two."
            )
    for code in released.code:
        for expression in _expressions(code):
            if expression in secrets.expressions:
                yield (
                    f"{released.name} computes what a solution in "
                    f"{secrets.expressions[expression]} has to; rewrite one of the two."
                )
        for imported in _imports(code):
            if imported.split(".")[0] == "autograder":
                yield f"{released.name} imports {imported}."
        for function in _functions(code):
            if function in secrets.functions:
                yield f"{released.name} has a function of {secrets.functions[function]}."
    for text in (released.text, *map(_without_long_strings, released.code)):
        for window in _windows(text):
            if window in secrets.windows:
                yield f"{released.name} has {WINDOW} lines in a row of {secrets.windows[window]}."


def _notebook_residue(name: str, path: Path, secrets: Secrets) -> Iterator[str]:
    """What solving and running a notebook leave behind."""
    nb = json.loads(path.read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("solution"):
            lines = {dry(line) for line in "".join(cell["source"]).split("\n")}
            if not lines <= secrets.shown.get(name, set()):
                yield f"{name} has more than the stub in the cell {cell['id']}."
        if cell.get("outputs"):
            yield f"{name} has an output in the cell {cell['id']}."
        if cell.get("execution_count") is not None:
            yield f"{name} has an execution count in the cell {cell['id']}."
        if cell.get("attachments") and not _is_example(cell):
            yield f"{name} has an attachment in the cell {cell['id']}."
        extra = set(cell["metadata"]) - {"nbgrader", "deletable", "editable", "tags"}
        if extra:
            yield f"{name} has the metadata {sorted(extra)} in the cell {cell['id']}."
    extra = set(nb["metadata"]) - {"kernelspec", "language_info"}
    if extra:
        yield f"{name} has the metadata {sorted(extra)}."


def _is_example(cell: Any) -> bool:
    """Whether all that is attached is one picture, below a cell whose output may be seen."""
    attached = [
        (file, media, content)
        for file, bundle in cell["attachments"].items()
        for media, content in (bundle or {"": ""}).items()
    ]
    if not cell["id"].endswith(EXAMPLE_ID) or len(attached) != 1:
        return False
    ((file, media, content),) = attached
    if EXAMPLE_FILES.get(media) != file:
        return False
    try:
        return b64decode(content).startswith(_BEGINNINGS[media])
    except ValueError:  # this is no base64
        return False


def _read(name: str, path: Path) -> ReleasedText:
    if path.suffix == ".ipynb":
        nb = json.loads(path.read_text(encoding="utf-8"))
        code = ["".join(cell["source"]) for cell in nb["cells"] if cell["cell_type"] == "code"]
        return ReleasedText(name, "\n".join(_strings(nb)), tuple(code))
    if path.suffix == ".html":
        return _read_page(name, path.read_text(encoding="utf-8"))
    text = path.read_bytes().decode(
        "latin-1" if path.suffix == ".safetensors" else "utf-8", "replace"
    )
    return ReleasedText(name, text, (text,) if path.suffix == ".py" else ())


def _read_page(name: str, source: str) -> ReleasedText:
    """A page as its readers see it: highlighting splits a line of code into many elements."""
    soup = BeautifulSoup(source, "html.parser")
    hidden = soup.find_all(string=lambda text: isinstance(text, Comment))
    code = tuple(block.get_text() for block in soup.find_all("pre"))
    attributes = (
        str(value)
        for tag in soup.find_all(True)
        for value in tag.attrs.values()
        if not str(value).startswith("data:")
    )
    return ReleasedText(name, "\n".join((soup.get_text(), *attributes, *hidden)), code)


def _strings(content: Any) -> Iterator[str]:
    """Every string in JSON content, keys included; a list of strings is one text."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, list) and all(isinstance(item, str) for item in content):
        yield "".join(content)
    elif isinstance(content, list):
        for item in content:
            yield from _strings(item)
    elif isinstance(content, dict):
        for key, value in content.items():
            yield key
            yield from _strings(value)


def _windows(text: str) -> Iterator[str]:
    """Runs of `WINDOW` telling lines; imports and short lines tell nothing."""
    lines = [dry(line) for line in text.split("\n")]
    telling = [
        line
        for line in lines
        if len(line) >= MINIMAL_LINE and not re.match(r"from[\w.]+import|import\w", line)
    ]
    for i in range(len(telling) - WINDOW + 1):
        yield "\n".join(telling[i : i + WINDOW])


def _expressions(code: str) -> Iterator[str]:
    """Every expression in `code` that is long enough to tell, in normal form."""
    plain = ast.Constant | ast.Tuple | ast.List
    for node in ast.walk(_parse(code)):
        telling = isinstance(node, ast.expr) and not isinstance(node, plain)
        if telling and _size(node) >= MINIMAL_NODES:
            yield json.dumps(structure(node))


def _functions(code: str) -> Iterator[str]:
    """The body of every function in `code` that is long enough to tell, in normal form."""
    for node in ast.walk(_parse(code)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            if sum(_size(statement) for statement in body) >= 2 * MINIMAL_NODES:
                yield json.dumps(structure(body))


def _size(tree: ast.AST) -> int:
    return sum(not isinstance(node, ast.expr_context) for node in ast.walk(tree))


def _imports(code: str) -> Iterator[str]:
    for node in ast.walk(_parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def _without_long_strings(code: str) -> str:
    """Code without its docstrings and templates: their text is no code."""
    lines = code.split("\n")
    for node in ast.walk(_parse(code)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for number in range(node.lineno, node.end_lineno or node.lineno):
                lines[number - 1] = lines[number] = ""
    return "\n".join(lines)


def _parse(code: str) -> ast.AST:
    try:
        return parse(code)
    except SyntaxError:
        return ast.Module([], [])  # prose, or IPython's magics: the comparison of lines covers it


def _as_function(region: str) -> str:
    """A region of a function's body as a function, so that it can be parsed with its `return`s."""
    return "def solution():\n" + textwrap.indent(textwrap.dedent(region), "    ")
