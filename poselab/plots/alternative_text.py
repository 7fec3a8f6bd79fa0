"""What a figure says in words, for readers who do not see it."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

MOST_PANELS = 8
"""So many panels are named; a reader of a grid of forty poses does not want forty titles."""

_COLOUR_BAR = "<colorbar>"
"""How matplotlib labels the axes of a colour bar."""


def alternative_text(figure: Figure, description: str = "") -> str:
    """What a figure shows, from its own titles, axis labels and legends.

    Args:
        figure: with or without pyplot.
        description: what a person would say of it, which comes first; may be empty.

    Returns:
        Sentences on one line. Without words in the figure: how many panels it has.
    """
    panels = [axes for axes in figure.axes if axes.get_label() != _COLOUR_BAR]
    said = [words for words in map(_of_panel, panels) if words]
    sentences = [description] if description else []
    heading = figure.get_suptitle() if hasattr(figure, "get_suptitle") else ""
    count = "1 panel" if len(panels) == 1 else f"{len(panels)} panels"
    sentences.append(f"Figure with {count}" + (f", {heading}" if heading else ""))
    sentences += dict.fromkeys(said[:MOST_PANELS])
    if len(said) > MOST_PANELS:
        sentences.append(f"And {len(said) - MOST_PANELS} more panels of the kind")
    keys = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    if keys:
        sentences.append(f"Legend: {', '.join(keys)}")
    return " ".join(f"{_on_one_line(each).rstrip('.')}." for each in sentences)


def _of_panel(axes: Axes) -> str:
    """`title: y over x (legend)`, as far as the panel says it."""
    x, y = axes.get_xlabel(), axes.get_ylabel()
    drawn = f"{y} over {x}" if x and y else x or y
    words = ": ".join(part for part in (axes.get_title(), drawn) if part)
    legend = axes.get_legend()
    entries = [text.get_text() for text in legend.get_texts()] if legend is not None else []
    return f"{words or 'A panel'} ({', '.join(entries)})" if entries else words


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
