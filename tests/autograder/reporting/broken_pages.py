"""Pages that go wrong, by their student's name. As light as the real ones: each call imports it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from autograder.reporting.page_parts import PageContent
from autograder.reporting.pages import make_page


def page_of_some(content: PageContent, source: Path, exercises: Mapping[str, str]) -> str:
    """Stands for :func:`make_page`."""
    if content.student == "dies":
        os._exit(3)
    if content.student == "fills":
        fill_memory()
    if content.student == "loops":
        loop()
    if content.student == "raises":
        raise ValueError("<b>no</b>")
    return make_page(content, source, exercises)


def fill_memory() -> NoReturn:
    kept = []
    while True:
        kept.append(bytes(1 << 20))


def loop() -> NoReturn:
    while True:
        pass
