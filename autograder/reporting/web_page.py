"""Static pages from the templates beside this file: all is within them, and no scripts."""

from __future__ import annotations

import re
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from poselab.checks.report import points

TEMPLATES = Path(__file__).parent / "templates"

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _marked(text: str) -> Markup:
    """A sentence whose code stands between backticks."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


_environment.filters["points"] = lambda value: points(round(value, 2))
_environment.filters["marked"] = _marked
_environment.filters["words"] = lambda name: name.replace("_", " ")


def render(template: str, **content: object) -> bytes:
    """Fill in a template.

    Args:
        template: its file's name.
        content: what it shows; whatever is no markup is escaped.

    Returns:
        The page, as UTF-8.
    """
    # Names of files may hold halves of characters, which cannot be written.
    return _environment.get_template(template).render(content).encode("utf-8", "replace")
