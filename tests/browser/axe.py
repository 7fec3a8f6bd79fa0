"""What axe-core finds on a page, and the windows that a page has to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

SERIOUS = {"serious", "critical"}
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}


def faults(page: Page) -> list[str]:
    """What axe-core finds, as sentences; moderate remarks are left out."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["impact"] in SERIOUS
    ]


def unfold(page: Page) -> None:
    """Open what is folded, so that it is looked at as well."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
