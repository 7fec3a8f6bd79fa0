"""Pages that go wrong, by their student's name. As light as the real ones: each call imports it."""

from __future__ import annotations

import os
from typing import NoReturn

from traitlets.config import Config

from autograder.reporting.pages import Page, make_page


def page_of_some(page: Page, config: Config) -> str:
    """Stands for :func:`make_page`."""
    if page.student == "dies":
        os._exit(3)
    if page.student == "fills":
        fill_memory()
    if page.student == "loops":
        loop()
    if page.student == "raises":
        raise ValueError("<b>no</b>")
    return make_page(page, config)


def fill_memory() -> NoReturn:
    kept = []
    while True:
        kept.append(bytes(1 << 20))


def loop() -> NoReturn:
    while True:
        pass
