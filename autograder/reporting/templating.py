"""The templates of pages. All that is put into them is escaped unless it is marked up."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from pygments.formatters import HtmlFormatter

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **content: object) -> str:
    """A page.

    Args:
        template: its file in :data:`TEMPLATES`.
        content: what it is about.

    Returns:
        HTML. Names of files may hold halves of characters, which no page can: they become "?".
    """
    page = _environment().get_template(template).render(**content)
    return page.encode("utf-8", "replace").decode()


def points(value: float) -> str:
    """Points as people write them: ``3``, ``2.5``."""
    return f"{round(value, 2):g}"


def with_code(text: str) -> Markup:
    """Text, in which what stands between backquotes is set as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def in_words(name: str) -> str:
    """A name of code as people read it: ``timed out``."""
    return name.replace("_", " ")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"points": points, "with_code": with_code, "words": in_words}
    formatter: Any = HtmlFormatter(style="default")
    highlighting: str = formatter.get_style_defs(".highlight")
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    environment.globals["style"] = Markup(f"{highlighting}\n{style}")
    return environment
