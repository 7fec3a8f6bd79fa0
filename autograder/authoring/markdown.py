"""What Markdown makes of a line in the middle of a paragraph, which its author did not mean."""

from __future__ import annotations

import re

_ITEM = re.compile(r"(?P<indent> *)(?:(?P<number>\d{1,9})(?P<mark>[.)])|(?P<bullet>[-*+]))(?:\s|$)")
_OTHERS = {
    "a heading": re.compile(r" {0,3}(#{1,6}(\s|$)|(=+|-+)\s*$)"),
    "a quotation": re.compile(r" {0,3}>"),
}
_NO_PARAGRAPH = re.compile(r"\s*(#{1,6}(\s|$)|\||<|===)|\s*$")
"""What is followed by something new in any case: a heading, a table, HTML, a marker, nothing."""

_FENCE = re.compile(r"\s*(```|~~~)")


def torn_line(text: str) -> tuple[str, str] | None:
    """Find a line in the middle of a paragraph that Markdown takes for the start of something.

    A sentence of which a line begins with ``1.`` or a minus becomes a list, with ``#`` or above a
    line of dashes a heading. A list that is meant stands after an empty line, as the lists of this
    course do; its items are all of one kind, and numbers count up.

    Args:
        text: a Markdown cell.

    Returns:
        The line, and what is made of it, in words; None where there is none.
    """
    fenced = formula = False
    paragraph = False
    item: re.Match[str] | None = None
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
            paragraph = False
            continue
        inside, formula = formula, formula ^ bool(line.count("$$") % 2)
        if fenced or inside:
            continue
        found = _ITEM.match(line)
        if paragraph:
            if found and not _follows(found, item):
                return line.strip(), "a list"
            for what, pattern in _OTHERS.items():
                if pattern.match(line):
                    return line.strip(), what
        if found:
            item = found
        elif not line.startswith(" ") and not paragraph:
            item = None
        paragraph = not _NO_PARAGRAPH.match(line)
    return None


def _follows(found: re.Match[str], item: re.Match[str] | None) -> bool:
    """Whether an item is the next one of the list that is open."""
    if item is None:
        return False
    same = all(found[part] == item[part] for part in ("indent", "mark", "bullet"))
    return same and (bool(found["bullet"]) or int(found["number"]) == int(item["number"]) + 1)
