"""How much of what a student wrote is set as HTML: parsers take hours over what is made for it.

What is beyond these bounds is shown as it was written. They are wide: an ordinary notebook stays
far within them.
"""

from __future__ import annotations

import re
from html import escape

LONGEST_TEXT = 500_000
"""Characters of Markdown or HTML that is set, pictures not counted."""

LONGEST_CODE = 100_000
"""Characters of code that is coloured."""

MOST_SHOWN = 20_000
"""Characters that are shown of what is not set."""

_MOST_TAGS = 20_000
_LONGEST_TAG = 10_000
_DEEPEST = 500
_MOST_WORK = 100_000_000
"""Signs that open something, times characters that may be searched for what closes it."""
_MOST_OPENERS = 20_000

_NESTING = re.compile(r"<(?!(?:br|dd|dt|hr|img|li|p|td|th|tr)\b)[a-z]", re.IGNORECASE)
"""Tags that are closed, or else hold all that follows."""
_LONG_TAG = re.compile(rf"<[^<>]{{{_LONGEST_TAG}}}")
_OPENER = re.compile(r"\\begin|\\\\|[$<>\[!*_~`|({]|^[ \t]*[-+*\d>]", re.MULTILINE)
_BLANK = re.compile(r"\s{2000}")
_ANY_PICTURE = re.compile(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/=]+")


def too_much_html(text: str) -> bool:
    """Whether reading HTML would take too long."""
    rest = _ANY_PICTURE.sub("", text)
    return (
        len(rest) > LONGEST_TEXT
        or rest.count("<") > _MOST_TAGS
        or len(_NESTING.findall(rest)) - rest.count("</") > _DEEPEST
        or _LONG_TAG.search(rest) is not None
    )


def too_much_markdown(source: str) -> bool:
    """Whether setting Markdown would take too long."""
    rest = _ANY_PICTURE.sub("", source)
    openers = len(_OPENER.findall(rest))
    return too_much_html(rest) or openers > _MOST_OPENERS or openers * len(rest) > _MOST_WORK


def too_much_code(code: str) -> bool:
    """Whether colouring code would take too long."""
    return len(code) > LONGEST_CODE or _BLANK.search(code) is not None


def as_written(text: str) -> str:
    """Text that nothing is made of, and not all of it."""
    rest = len(text) - MOST_SHOWN
    left_out = f"\n[{rest} more characters were left out.]" if rest > 0 else ""
    return (
        "<p><em>[This is too long or too nested to be set; it is shown as it was written.]</em></p>"
        f"<pre>{escape(text[:MOST_SHOWN])}{left_out}</pre>"
    )
