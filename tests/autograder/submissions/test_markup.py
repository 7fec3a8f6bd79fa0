"""What is left of HTML that somebody else wrote."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from autograder.submissions.bounds import LONGEST_CODE, LONGEST_TEXT, MOST_SHOWN
from autograder.submissions.markup import (
    TAGS,
    ansi2html,
    clean_html,
    highlight_code,
    set_markdown,
)

PIXEL = "data:image/png;base64,iVBORw0KGgo="
PICTURE = {"image/png": "iVBORw0KGgo="}
AS_WRITTEN = "it is shown as it was written"


@pytest.mark.parametrize(
    "kept",
    [
        '<h2 id="a">Title</h2>\n<p>Text with <em>words</em> and <code>code</code>.</p>',
        '<table><tbody><tr><td style="padding: 4px;">1</td></tr></tbody></table>',
        f'<img alt="a curve" src="{PIXEL}">',
        '<a href="https://example.org/page">a page</a>',
        "<details><summary>Hint</summary>Look.</details>",
        "$a &lt; b$",
    ],
)
def test_what_does_nothing_stays(kept: str) -> None:
    assert clean_html(kept) == kept
    assert clean_html(kept.encode()) == kept


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("<script>alert(7)</script>", "&lt;script&gt;alert(7)&lt;/script&gt;"),
        ('<b onclick="alert(7)">b</b>', "<b>b</b>"),
        ('<a href="javascript:alert(7)">a</a>', "<a>a</a>"),
        ('<a href="data:text/html;base64,PHNjcmlwdD4=">a</a>', "<a>a</a>"),
        ('<img src="https://example.org/seen.png" alt="seen">', "seen"),
        ('<img src="data:image/svg+xml;base64,PHN2Zz4=">', ""),
        ('<img src=x onerror="alert(7)">', ""),
        ('<p style="background: url(//example.org/seen.png)">p</p>', '<p style="">p</p>'),
        ("<img alt='><script>alert(7)</script>'>", "&gt;&lt;script&gt;alert(7)&lt;/script&gt;"),
        ("<img alt='a \"b\"' src='//example.org'>", 'a "b"'),
        ('<p style="cursor: url(//example.org/seen.png), auto">p</p>', '<p style="">p</p>'),
        ("<!-- a comment --><p>p</p>", "<p>p</p>"),
    ],
)
def test_what_does_something_goes(written: str, left: str) -> None:
    assert clean_html(written) == left


PIECES = st.sampled_from(
    [
        *("<", ">", '"', "'", "/", " ", "=", "&", ";", "script", "img", "svg", "src", "style"),
        *(
            "onload",
            "href",
            "javascript:",
            "<a ",
            "<p>",
            "</p>",
            "<!--",
            "-->",
            "<img ",
            "alt=",
            "x",
        ),
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_no_mixture_brings_back_what_was_refused(written: str) -> None:
    soup = BeautifulSoup(clean_html(written), "html.parser")
    for tag in soup(True):
        assert tag.name in TAGS
        assert not any(name.startswith("on") for name in tag.attrs)
        assert not str(tag.get("href", "")).strip().lower().startswith("javascript")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("curve.png", "curve.png"),
        ("my pic.png", "my pic.png"),
        ("my pic.png", "my%20pic.png"),
        ("bücher.png", "bücher.png"),
        ("bücher.png", "b%C3%BCcher.png"),
        ("b\u0075\u0308cher.png", "bücher.png"),
        ("bücher.png", "b\u0075\u0308cher.png"),
        ("Bildschirmfoto 2026-11-26 um 10.04.11 (2).png",) * 2,
        ("損失.png", "損失.png"),
        ("a+b&c.png", "a+b&c.png"),
        ("100%.png", "100%.png"),
        ("<b>.png", "%3Cb%3E.png"),
    ],
)
def test_an_attached_picture_is_shown(name: str, written: str) -> None:
    attached = {name: PICTURE}
    shown = f'<p>a <img src="{PIXEL}" alt="curve"></p>'
    assert set_markdown(f"a ![curve](attachment:{written})", attached).strip() == shown


@pytest.mark.parametrize("name", ["curve.png", "my pic.png", "bücher.png"])
def test_an_attached_picture_of_another_size_is_shown(name: str) -> None:
    for before in ("", "See: "):
        html = set_markdown(f'{before}<img src="attachment:{name}" width="40">', {name: PICTURE})
        assert PIXEL in html and 'width="40"' in html


@pytest.mark.parametrize(
    ("attached", "kind"),
    [
        ({}, ""),
        ({"other.png": PICTURE}, ""),
        ({"curve.png": {}}, ""),
        ({"curve.png": {"image/svg+xml": "PHN2Zz4="}}, ""),
        ({"curve.png": {"text/html": "PHNjcmlwdD4="}}, ""),
        ({"curve.png.": PICTURE}, ""),
    ],
)
def test_a_picture_that_is_missing_is_named(attached: dict[str, dict[str, str]], kind: str) -> None:
    html = set_markdown("Above. ![curve](attachment:curve.png) Below.", attached)
    assert html.strip() == "<p>Above. [The picture curve.png is missing.] Below.</p>"


def test_the_name_of_a_missing_picture_is_no_html() -> None:
    html = set_markdown("![c](attachment:%3Cscript%3Ealert(7)%3C/script%3E.png)", {})
    assert "<script" not in html


HEAVY = {
    "a style of parentheses": '<p style="color:' + "(" * 50_000 + '">text</p>',
    "environments": "\\begin{a}" * 66_000,
    "a table without end": "|a" * 100_000 + "\n" + "|-" * 100_000,
    "attributes": "<p " + " ".join(f"a{i}=1" for i in range(200_000)) + ">text</p>",
    "attributes without values": "<p" + " a" * 200_000 + ">text</p>",
    "divisions": "<div>" * 1_500_000,
    "divisions in each other": "<div>" * 19_000 + "text",
    "mixed tags in each other": "<b><i><table><q>" * 4_000 + "text",
    "closed divisions": "<div></div>" * 200_000,
    "words": "word " * LONGEST_TEXT,
    "dollars": "$a " * 50_000,
    "brackets": "[" * 50_000,
    "quotations": ">" * 50_000,
    "emphasis": "*a _b " * 50_000,
    "tags that never end": "<a " * 100_000,
    "comments": "<!--" * 100_000,
}


@pytest.mark.parametrize("heavy", HEAVY)
def test_what_takes_too_long_is_shown_as_written(heavy: str) -> None:
    written = HEAVY[heavy]
    html = set_markdown(written, {})
    assert AS_WRITTEN in html
    if len(written) > MOST_SHOWN:
        assert f"{len(written) - MOST_SHOWN} more characters were left out" in html
    assert len(html) < 10 * MOST_SHOWN
    soup = BeautifulSoup(html, "html.parser")
    assert {tag.name for tag in soup(True)} == {"p", "em", "pre"}
    assert soup.pre is not None and soup.pre.text.startswith(written[:100])


@pytest.mark.parametrize("heavy", ["attributes", "divisions", "tags that never end", "words"])
def test_outputs_have_the_same_bounds(heavy: str) -> None:
    assert AS_WRITTEN in clean_html(HEAVY[heavy])


def test_a_long_style_goes_and_its_element_stays() -> None:
    assert clean_html(f'<p style="color: {"(" * 500}">p</p>') == "<p>p</p>"
    assert clean_html(f'<p style="{"color: red;" * 200}">p</p>') == "<p>p</p>"
    assert clean_html('<p style="color: red;">p</p>') == '<p style="color: red;">p</p>'


def test_ordinary_work_is_set_however_long() -> None:
    text = "Our *heat maps* are better: $x^2$, `a_b`, [a page](https://example.org).\n\n" * 100
    assert AS_WRITTEN not in set_markdown(text, {})
    row = "<tr>" + "<td>0.12</td>" * 8 + "</tr>"
    assert AS_WRITTEN not in clean_html(f"<table>{row * 60}</table>")
    assert AS_WRITTEN not in clean_html("<p>one<br>two<li>three" * 200)
    # Colab pastes pictures into the text.
    pasted = "data:image/png;base64," + "iVBO" * 500_000
    assert pasted in set_markdown(f"Our curve: ![curve]({pasted})", {})


@pytest.mark.parametrize(
    "code",
    [
        "a = 1\n" + "\n" * 200_000 + "b = 2",
        "a = 1\n" + " \n" * 100_000,
        "a = 1\n" + "\t" * 200_000,
        "a = 1\n" * (LONGEST_CODE // 6 + 1),
        "'" * LONGEST_CODE + '"',
        "(" * (LONGEST_CODE + 1),
    ],
)
def test_code_that_takes_too_long_is_not_coloured(code: str) -> None:
    for html in (highlight_code(code), set_markdown(f"```python\n{code}\n```", {})):
        assert "<span" not in html
        assert len(html) < 10 * MOST_SHOWN + 2 * LONGEST_CODE


def test_ordinary_code_is_coloured() -> None:
    code = 'def f(x):\n    """Say so."""\n\n\n    return x + 1\n' * 100
    assert '<span class="k">def</span>' in highlight_code(code)
    assert '<span class="k">def</span>' in set_markdown(f"```python\n{code}```", {})


def test_colours_without_end_are_left_out() -> None:
    assert ansi2html("\x1b[31mred\x1b[0m") == '<span class="ansi-red-fg">red</span>'
    assert ansi2html("\x1b[31m<red>\x1b[0m" * 100_000) == "&lt;red&gt;" * 100_000
