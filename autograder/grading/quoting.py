"""What may be quoted of the words that come back from code that has seen the grader's inputs.

Such code can write what it saw into the message of an error, the name of a class, or a line that
it pretends to consist of. What is quoted stands in the notebook, or is said in the words of Python,
of torch and of the grader. Who builds sentences of those words can still say something; nobody is
asked about these inputs again.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from pydoc_data.topics import topics
from types import ModuleType

import numpy as np
import torch

from autograder.grading.stops import is_known_kind
from autograder.sandbox import forkserver
from autograder.submissions.sanitise import shortened
from poselab import checks
from poselab.checks.runner import LONGEST_LINE

LEFT_OUT = "…"

_TOKEN = re.compile(r"\w+|[^\w\s]{4,}|[^\w\s\x21-\x7e]+")
_PART = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_WORD = re.compile(r"[A-Za-z]+")
_LONGEST_NUMBER = 6
_SIZES = re.compile(r"\d{1,4}(?:x\d{1,4})+")
_ROWS = re.compile(r"(?:\d{1,20}\D{1,6}){12,}|(?:\b(?=\w?[^\W\d])\w{1,2}\b\W{1,4}){8,}")
_VALUES = re.compile(rf"\d\.\d|\d[eE][-+]?\d|\b(?:tensor|array|bytearray)\(|{_ROWS.pattern}")
_LABEL = re.compile(r"(line \d{1,6}): (.*)", re.DOTALL)
_EXECUTED = re.compile(r"line \d{1,6} of the string that is executed")
_CODE = (builtins, np, np.ndarray, torch, torch.Tensor, torch.nn, torch.nn.functional)


class Quotable:
    """What may be quoted of a notebook's errors.

    Args:
        sources: of all code in the notebook, that of the released one included.
    """

    def __init__(self, sources: Iterable[str]) -> None:
        lines = [line for source in sources for line in source.splitlines()]
        stripped = {line.strip() for line in lines} - {""}
        self._lines = stripped | {line[:LONGEST_LINE] for line in stripped}
        self._words = frozenset(word for line in lines for word in re.findall(r"\w+", line))

    def error(self, error: str) -> str:
        """An error as ``Kind: message``, without values and without unknown words.

        Shapes and sizes stay, because they help. What is left out are tensors, rows of numbers,
        and numbers that are not whole.
        """
        if not error:
            return ""
        kind, colon, message = shortened(error).partition(": ")
        if not (is_known_kind(kind) or kind in self._words):
            kind = "an error"
        if not colon:
            return kind
        if _VALUES.search(message):
            return f"{kind} (its message holds values and is not shown)"
        return f"{kind}: {self.words(message)}"

    def words(self, text: str) -> str:
        """A text with dots in place of rows of values, and of words that are not known."""
        told = _ROWS.sub(f"{LEFT_OUT} ", " ".join(shortened(text).split()))
        told = _TOKEN.sub(self._known, told)
        return re.sub(rf"{LEFT_OUT}(?:\W?{LEFT_OUT})+", LEFT_OUT, told)

    def line(self, labelled: str) -> str:
        """A line of code as ``line 7: its text``, if the text stands in the notebook."""
        if _EXECUTED.fullmatch(labelled):
            return labelled
        found = _LABEL.fullmatch(shortened(labelled))
        return found[0] if found and found[2] in self._lines else ""

    def _known(self, found: re.Match[str]) -> str:
        token = found[0]
        if token.isdigit():
            known = len(token) <= _LONGEST_NUMBER
        else:
            known = (
                token in self._words
                or _is_documented(re.sub(r"\d{1,2}$", "", token))
                or _SIZES.fullmatch(token) is not None
            )
        return token if known else LEFT_OUT


def _is_documented(token: str) -> bool:
    """Whether a word, or each part of a name, is one of Python's or torch's."""
    known = _documented()
    if token.lower() in known:
        return True
    parts = _PART.findall(token)
    complete = sum(map(len, parts)) == len(token.replace("_", ""))
    return complete and bool(parts) and all(part.lower() in known for part in parts)


@cache
def source_of(package: ModuleType) -> tuple[str, ...]:
    """The code of a package of ours, whose sentences are quoted.

    Args:
        package: it; without the packages in it.

    Returns:
        The text of each module.
    """
    assert package.__file__ is not None
    folder = Path(package.__file__).parent
    return tuple(path.read_text("utf-8") for path in folder.glob("*.py"))


@cache
def _documented() -> frozenset[str]:
    """The words of the documentation of Python, numpy and torch, the names in them, and ours."""
    named = [name for owner in _CODE for name in dir(owner)]
    texts = [*topics.values(), *(_documentation(vars(owner)) for owner in _CODE)]
    # What the kernel's own code says of a submission, students and instructors have to understand.
    texts += [*source_of(checks), *source_of(forkserver)]
    words = {word.lower() for text in texts for word in _WORD.findall(text)}
    return frozenset(words | {name.lower() for name in named})


def _documentation(names: Mapping[str, object]) -> str:
    return " ".join(doc for value in names.values() if isinstance(doc := value.__doc__, str))
