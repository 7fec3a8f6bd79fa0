"""Notebooks of a class that are more alike than independent ones are.

Compared is what students wrote themselves: the release, and what is written as in the solution, is
taken out. Of code counts what it does, statement by statement; names of variables, comments and
layout do not. Right functions of a few lines are often alike, so one that is means nothing: a pair
is listed where several parts agree that few others in the class have written in this way, or where
a longer text does. How likely a part is to agree by chance is taken from the class itself.

It imports nothing of the grading: it is called with limits, since it reads what students wrote.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel
from rapidfuzz.process import cdist

from autograder.syntax import parse

SAME_CODE, SAME_TEXT = 0.9, 0.8
"""From this similarity on two parts count as the same: 1 minus the share of what differs."""

SHORTEST_CODE, SHORTEST_TEXT = 20, 12
"""Nodes of the syntax tree, and words: shorter parts are often the same by chance."""

LONG_TEXT = 40
"""Words: a text as long as this is not written twice."""

LONGEST = 2000
"""Nodes or words of a part that are compared."""

FEWEST_PARTS = 3
COPIED = 0.8
"""The share of its parts that a copied notebook keeps."""

FALSE_PAIRS = 0.05
"""How many pairs in a class may be listed by chance, were all parts written independently."""

ELSEWHERE = "other cells"
_TEXT = "text: "

Strings = Mapping[str, str]
"""Parts of a notebook, each thing of it as one character."""


@dataclass(frozen=True)
class Cell:
    """What counts of a cell.

    Args:
        kind: ``code`` or ``markdown``.
        label: nbgrader's ``grade_id``, if it has one.
        source: what is written in it.
    """

    kind: str
    label: str
    source: str


@dataclass(frozen=True)
class Pair:
    """Two notebooks that are alike.

    Args:
        first, second: the students.
        alike: the parts that are the same, by the exercise's or question's id.
        compared: how many parts both have written.
        evidence: how much more likely that is for a copy, as a natural logarithm.
    """

    first: str
    second: str
    alike: tuple[str, ...]
    compared: int
    evidence: float


def cells_of(path: Path) -> list[Cell]:
    """The cells of a notebook; none where there is no file."""
    if not path.is_file():
        return []
    cells = json.loads(path.read_bytes())["cells"]
    return [
        Cell(
            cell["cell_type"],
            cell["metadata"].get("nbgrader", {}).get("grade_id", ""),
            "".join(cell["source"]),
        )
        for cell in cells
    ]


@dataclass
class OwnParts:
    """Takes from notebooks what their authors wrote themselves.

    Args:
        released: the cells that students were given.
    """

    released: Sequence[Cell]
    _letters: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Read what is given."""
        self._cells = {(cell.kind, cell.source.strip()) for cell in self.released}
        self._lines = {line.strip() for cell in self.released for line in cell.source.splitlines()}
        self._given: frozenset[str] = frozenset()
        trees = [_tree(cell.source) for cell in self.released if cell.kind == "code"]
        self._given = frozenset(name for tree in trees if tree for name in _signatures(tree))
        self._statements = {
            statement for tree in trees if tree for statement in _statements(tree, self._given)
        }

    def parts(self, cells: Iterable[Cell]) -> dict[str, str]:
        """What is new in a notebook, by exercise, question and other cells."""
        found: dict[str, list[str]] = defaultdict(list)
        for cell in cells:
            if (cell.kind, cell.source.strip()) in self._cells:
                continue
            if cell.kind == "code":
                found[cell.label or ELSEWHERE] += self._code(cell.source)
            else:
                found[_TEXT + (cell.label or ELSEWHERE)] += self._words(cell.source)
        return {
            name: "".join(map(self._letter, things[:LONGEST]))
            for name, things in found.items()
            if len(things) >= (SHORTEST_TEXT if name.startswith(_TEXT) else SHORTEST_CODE)
        }

    def _code(self, source: str) -> Iterator[str]:
        tree = _tree(source)
        if tree is None:
            # No Python: its words and signs stand for it.
            lines = (line for line in source.splitlines() if line.strip() not in self._lines)
            yield from re.findall(r"\w+|[^\w\s]", "\n".join(lines))
            return
        for statement in _statements(tree, self._given):
            if statement not in self._statements:
                yield from statement

    def _words(self, source: str) -> list[str]:
        lines = (line for line in source.splitlines() if line.strip() not in self._lines)
        return re.findall(r"\w+", "\n".join(lines).casefold())

    def _letter(self, thing: str) -> str:
        # Beyond the halves of characters, which are none by themselves.
        return self._letters.setdefault(thing, chr(0xE000 + len(self._letters) % 0x100000))


def alike(parts: Mapping[str, Strings], solution: Strings) -> list[Pair]:
    """Find the pairs of a class that share more than independent notebooks do.

    Args:
        parts: by student, what each wrote.
        solution: the parts of the solution. Whoever wrote the same shares that with nobody.

    Returns:
        The pairs, the most alike first.
    """
    students = sorted(student for student, own in parts.items() if own)
    count = len(students)
    evidence = np.zeros((count, count))
    compared = np.zeros((count, count), int)
    same: dict[str, NDArray[np.bool_]] = {}
    long = np.zeros((count, count), bool)
    for name in sorted({name for own in parts.values() for name in own}):
        is_text = name.startswith(_TEXT)
        written = [parts[student].get(name, "") for student in students]
        least = SAME_TEXT if is_text else SAME_CODE
        written = _without_solution(written, solution.get(name, ""), least)
        wrote = np.array([bool(one) for one in written])
        both = wrote[:, None] & wrote
        same[name] = equal = _agreeing(written, least) & both
        # Laplace's rule, from how many of the others have it, too.
        others = np.maximum(equal.sum(0)[:, None], equal.sum(0)) - 2
        by_chance = (np.maximum(others, 0) + 1) / max(wrote.sum(), 2)
        told = np.where(equal, np.log(COPIED / by_chance), math.log(1 - COPIED))
        evidence += np.where(both, told, 0)
        compared += both
        if is_text:
            lengths = np.array([len(one) for one in written])
            long |= equal & (np.minimum(lengths[:, None], lengths) >= LONG_TEXT)
    parts_alike = sum(same.values(), np.zeros((count, count), int))
    enough = math.log(max(count * (count - 1) / 2, 1) / FALSE_PAIRS)
    listed = ((evidence >= enough) & (parts_alike >= FEWEST_PARTS)) | long
    pairs = [
        Pair(
            students[i],
            students[j],
            tuple(name for name, equal in same.items() if equal[i, j]),
            int(compared[i, j]),
            float(evidence[i, j]),
        )
        for i, j in np.argwhere(np.triu(listed, 1))
    ]
    return sorted(pairs, key=lambda pair: (-pair.evidence, pair.first, pair.second))


def _without_solution(written: Sequence[str], solution: str, least: float) -> list[str]:
    if not solution:
        return list(written)
    nearness = cdist([solution], written, scorer=Indel.normalized_similarity)[0]
    return ["" if near >= least else own for own, near in zip(written, nearness, strict=True)]


def _agreeing(written: Sequence[str], least: float) -> NDArray[np.bool_]:
    """Which of some texts are nearly the same as which."""
    distinct = sorted(set(written))
    number = {one: n for n, one in enumerate(distinct)}
    place = np.array([number[one] for one in written], int)
    scores = cdist(distinct, distinct, scorer=Indel.normalized_similarity, score_cutoff=least)
    agreeing: NDArray[np.bool_] = (scores >= least)[place][:, place]
    return agreeing


def _tree(source: str) -> ast.Module | None:
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _signatures(tree: ast.Module) -> Iterator[str]:
    """The names that whoever completes a function cannot choose."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg


def _statements(tree: ast.Module, given: frozenset[str]) -> list[tuple[str, ...]]:
    """The statements of some code in their order, each as the things that it consists of."""
    found: list[list[ast.AST]] = []
    waiting: list[ast.AST] = list(tree.body[::-1])
    while waiting:
        statement = waiting.pop()
        if _is_text(statement):
            continue
        inner: list[ast.AST] = []
        found.append(_nodes(statement, inner))
        waiting += inner[::-1]
    chosen = {name for nodes in found for node in nodes for name in _bound(node)} - given
    return [tuple(_thing(node, chosen) for node in nodes) for nodes in found]


def _nodes(statement: ast.AST, inner: list[ast.AST]) -> list[ast.AST]:
    """What a statement consists of, without the statements in it, which are collected."""
    nodes: list[ast.AST] = []
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt) and node is not statement:
            inner.append(node)
            continue
        nodes.append(node)
        waiting += _children(node)[::-1]
    return nodes


def _children(node: ast.AST) -> list[ast.AST]:
    """As `ast.iter_child_nodes`, without whether names are read or written, and faster."""
    children: list[ast.AST] = []
    for field_name in node._fields:
        if field_name == "ctx":
            continue
        value = getattr(node, field_name, None)
        if isinstance(value, ast.AST):
            children.append(value)
        elif isinstance(value, list):
            children += [one for one in value if isinstance(one, ast.AST)]
    return children


def _thing(node: ast.AST, chosen: set[str]) -> str:
    match node:
        case ast.Name(id=name) | ast.arg(arg=name):
            return "a name" if name in chosen else name
        case ast.Attribute(attr=name):
            return f".{name}"
        case ast.keyword(arg=name):
            return f"{name}="
        case ast.Constant(value=value):
            return "a text" if isinstance(value, str | bytes) else repr(value)
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.alias(name=name):
            return f"{type(node).__name__} {'a name' if name in chosen else name}"
        case _:
            return type(node).__name__


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node gives to something."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.alias(asname=str(name)):
            yield name


def _is_text(node: Any) -> bool:
    """Whether a statement is a docstring, or a text that does nothing."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
