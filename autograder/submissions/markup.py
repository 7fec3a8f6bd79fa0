"""HTML that students wrote, in Markdown or in outputs, made harmless for whoever reads it.

Feedback pages and nbgrader's formgrader show it in the browser of an instructor who is logged in.
nbconvert would clean it, too, if asked, but it leaves nothing of headings, tables and pictures, and
nbgrader's pages do not ask. These two stand in for its filters of the same names.
"""

from __future__ import annotations

import re

import bleach
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, CSSSanitizer
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

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
    clean = bleach.clean(
        text,
        tags=TAGS,
        attributes=_is_allowed,
        protocols={"http", "https", "mailto", "data"},
        css_sanitizer=_STYLES,
    )
    return _IMAGE.sub(_image_or_description, clean)


def _image_or_description(image: re.Match[str]) -> str:
    attributes = dict(_ATTRIBUTE.findall(image.group(1)))
    if "src" in attributes:
        return image.group()
    return attributes.get("alt", "")[1:-1].replace("<", "&lt;").replace(">", "&gt;")


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Markdown as clean HTML, with the pictures that are attached to its cell."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments)
    return clean_html(MarkdownWithMath(renderer=renderer).render(source))


def _is_allowed(tag: str, name: str, value: str) -> bool:
    if name not in _EVERYWHERE | _ON_TAGS.get(tag, set()):
        return False
    if "data:" in value.lower():
        return (tag, name) == ("img", "src") and _PICTURE.fullmatch(value) is not None
    # A picture from elsewhere would tell its server who reads this, and when.
    return (tag, name) != ("img", "src")
