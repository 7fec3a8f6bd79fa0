"""HTML that students wrote, in Markdown or in outputs, made harmless for whoever reads it.

Feedback pages and nbgrader's formgrader show it in the browser of an instructor who is logged in.
nbconvert would clean it, too, if asked, but it leaves nothing of headings, tables and pictures, and
nbgrader's pages do not ask. These two stand in for its filters of the same names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from html import escape
from urllib.parse import quote, unquote

import bleach
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, CSSSanitizer
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.ansi import ansi2html as coloured
from nbconvert.filters.ansi import strip_ansi
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from autograder.submissions.bounds import (
    as_written,
    too_much_code,
    too_much_html,
    too_much_markdown,
)

LONGEST_STYLE = 1000
"""Characters of one element's style."""

_DEEPEST_STYLE = 10
_MOST_COLOURS = 2000

TAGS = frozenset(bleach.ALLOWED_TAGS) | set(
    [
        "br",
        "caption",
        "center",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "img",
        "ins",
        "kbd",
        "mark",
        "p",
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "tt",
        "u",
        "var",
    ]
)
_EVERYWHERE = {"class", "id", "style", "title", "align"}
_ON_TAGS = {
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "details": {"open"},
}
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")
_KINDS = ("image/png", "image/jpeg", "image/gif", "image/webp")
_ATTACHED = re.compile(
    r"""(?P<before><img\b[^>]{0,1000}?\bsrc=(?P<quote>["']))attachment:(?P<name>[^"'>]*)(?P=quote)"""
)
_ATTRIBUTE = re.compile(r""" ([a-z]+)=("[^"]*"|'[^']*')""")
_IMAGE = re.compile(rf"<img((?:{_ATTRIBUTE.pattern})*)>")
_SIDES = ("left", "right", "top", "bottom")
_STYLES = CSSSanitizer(
    # A cursor can be a picture from elsewhere.
    allowed_css_properties=(ALLOWED_CSS_PROPERTIES - {"cursor"})
    | {"border-collapse", "border-spacing", "max-width", "max-height"}
    | {f"margin-{side}" for side in _SIDES}
    | {f"padding-{side}" for side in _SIDES}
    | {"margin", "padding", "border", "border-radius", "list-style-type"}
)


def clean_html(markup: str | bytes) -> str:
    """HTML without scripts, frames, forms, and addresses that are code or tell who reads it.

    What is not allowed is shown as text, so that nothing seems to be missing.
    """
    text = markup.decode() if isinstance(markup, bytes) else str(markup)
    if too_much_html(text):
        return as_written(text)
    try:
        clean = bleach.clean(
            text,
            tags=TAGS,
            attributes=_is_allowed,
            protocols={"http", "https", "mailto", "data"},
            css_sanitizer=_STYLES,
        )
    except Exception:  # what is nested too deeply chooses which
        return as_written(text)
    return _IMAGE.sub(_image_or_description, clean)


def _image_or_description(image: re.Match[str]) -> str:
    attributes = dict(_ATTRIBUTE.findall(image.group(1)))
    if "src" in attributes:
        return image.group()
    return attributes.get("alt", "")[1:-1].replace("<", "&lt;").replace(">", "&gt;")


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Markdown as clean HTML, with the pictures that are attached to its cell."""
    return set_markdown(source, context.get("cell", {}).get("attachments", {}))


def set_markdown(source: str, attachments: Mapping[str, Mapping[str, str]]) -> str:
    """Markdown as clean HTML.

    Args:
        source: Markdown.
        attachments: pictures by name, each by its kind, in base64.

    Returns:
        HTML. What would take too long to set is shown as it was written; a picture that is not
        among the attachments is named.
    """
    if too_much_markdown(source):
        return as_written(source)
    for name in attachments:
        # Front-ends write names as they are; to Markdown a blank ends an address.
        source = source.replace(f"](attachment:{name})", f"](attachment:{quote(name)})")
    try:
        html = MarkdownWithMath(renderer=_Renderer(attachments)).render(source)
    except Exception:  # as above
        return as_written(source)
    return clean_html(html)


class _Renderer(IPythonRenderer):
    """nbconvert's, which fails on pictures that are missing and on names that are quoted."""

    def __init__(self, attachments: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(escape=False)
        self._attached = {_plain_name(name): kinds for name, kinds in attachments.items()}

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture; where an attached one is missing, its name."""
        if url.startswith("attachment:"):
            name = url.removeprefix("attachment:")
            address = self._address(name)
            if address is None:
                return escape(f"[The picture {_plain_name(name)} is missing.]")
            url = address
        return str(super().image(text, url, title))

    def block_html(self, html: str) -> str:
        """HTML with its attached pictures."""
        return str(super().block_html(_ATTACHED.sub(self._attach, html)))

    def inline_html(self, html: str) -> str:
        """HTML with its attached pictures."""
        return str(super().inline_html(_ATTACHED.sub(self._attach, html)))

    def block_code(self, code: str, info: str | None = None) -> str:
        """Code, coloured if that does not take too long."""
        return str(super().block_code(code, None if too_much_code(code) else info))

    def _attach(self, image: re.Match[str]) -> str:
        address = self._address(image["name"])
        return f"{image['before']}{address}{image['quote']}" if address else image.group()

    def _address(self, name: str) -> str | None:
        kinds = self._attached.get(_plain_name(name), {})
        for kind in _KINDS:
            if kind in kinds:
                return f"data:{kind};base64,{kinds[kind]}"
        return None


def _plain_name(name: str) -> str:
    """The name of an attached picture, however it is quoted and its accents are composed."""
    return unicodedata.normalize("NFC", unquote(name))


_highlighter = Highlight2HTML(pygments_lexer="ipython3")


def highlight_code(
    source: str, language: str | None = None, metadata: Mapping[str, object] | None = None
) -> str:
    """Code as HTML, coloured if that does not take too long."""
    if too_much_code(source):
        return f'<div class="highlight hl-ipython3">{as_written(source)}</div>'
    return str(_highlighter(source, language, metadata))


def ansi2html(text: str) -> str:
    """A terminal's text as HTML, coloured if that does not take too long."""
    return str(coloured(strip_ansi(text) if text.count("\x1b") > _MOST_COLOURS else text))


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name not in _EVERYWHERE | _ON_TAGS.get(tag, set()):
        return False
    if name == "style" and (len(value) > LONGEST_STYLE or value.count("(") > _DEEPEST_STYLE):
        return False
    if "data:" in value.lower():
        return (tag, name) == ("img", "src") and _PICTURE.fullmatch(value) is not None
    # A picture from elsewhere would tell its server who reads this, and when.
    return (tag, name) != ("img", "src")
