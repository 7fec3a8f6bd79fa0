"""Notebooks in JupyterLab: opened, run, their sliders moved with the keyboard."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import pkgutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

import poselab.widgets
from autograder.needed_cells import needed_cells, tree_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SECONDS_TO_RUN = 400
"""For all that a widget needs, its trainings in the profile smoke included."""

SECONDS_TO_REDRAW = 60

# Before its kernel is there, a notebook that is to run asks for one, and waits.
KERNEL_IS_IDLE = """() => {
  const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
  return context?.isReady && context.session?.kernel?.status === "idle";
}"""
RUN_ALL = """() => {
  const done = () => { window.allRan = true; };
  window.jupyterapp.commands.execute("notebook:run-all-cells").then(done, done);
}"""
PICTURE_BYTES = """async (picture) => {
  const answer = await fetch(picture.src);
  return Array.from(new Uint8Array(await answer.arrayBuffer()));
}"""


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that runs.

    Args:
        folder: the notebooks that it shows.
        address: with the port.
        token: opens it.
    """

    folder: Path
    address: str
    token: str

    def run(self, page: Page, name: str, nb: NotebookNode) -> None:
        """Write a notebook, open it and run all its cells; a cell that fails is an error."""
        nbformat.write(nb, self.folder / name)
        page.goto(f"{self.address}/lab/tree/{name}?token={self.token}&reset")
        page.wait_for_function(KERNEL_IS_IDLE, timeout=SECONDS_TO_RUN * 1000)
        page.evaluate(RUN_ALL)
        page.wait_for_function("window.allRan", timeout=SECONDS_TO_RUN * 1000)
        errors = page.locator(".jp-Notebook [data-mime-type='application/vnd.jupyter.error']")
        assert not errors.count(), f"{name}: {errors.first.inner_text()}"

    def save(self, page: Page, name: str) -> NotebookNode:
        """Save the open notebook, and return what was saved."""
        page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
        return nbformat.read(self.folder / name, as_version=4)


@cache
def makers() -> frozenset[str]:
    """The functions of `poselab.widgets` that make a widget."""
    modules = [
        importlib.import_module(f"{poselab.widgets.__name__}.{found.name}")
        for found in pkgutil.iter_modules(poselab.widgets.__path__)
    ]
    return frozenset(
        name
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
        and inspect.signature(function).return_annotation == "Explorer"
    )


def called(source: str) -> set[str]:
    """The names of all functions that a cell calls by name, or as an attribute."""
    tree = tree_of(source) or ast.Module([], [])
    functions = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {getattr(each, "id", getattr(each, "attr", "")) for each in functions}


def code_of(nb: NotebookNode) -> list[str]:
    """The sources of the code cells."""
    return [cell.source for cell in nb.cells if cell.cell_type == "code"]


def widget_cells(sources: Iterable[str]) -> list[int]:
    """The indices of those code cells that show a widget."""
    return [index for index, source in enumerate(sources) if called(source) & makers()]


def with_widgets_only(nb: NotebookNode) -> tuple[NotebookNode, list[int]]:
    """The cells that show widgets and what they need.

    Args:
        nb: a solved notebook.

    Returns:
        A notebook without outputs, and the indices of the cells in it that show widgets.
    """
    sources = code_of(nb)
    shown = widget_cells(sources)
    needed = needed_cells(sources, shown)
    kernel: dict[str, Any] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    cells = [new_code_cell(sources[index]) for index in needed]
    part = new_notebook(cells=cells, metadata={"kernelspec": kernel})
    return part, [needed.index(index) for index in shown]


def move(page: Page, cell: Locator, slider: int, key: str) -> tuple[str, str]:
    """Press a key on a slider and wait until the picture is another.

    Args:
        page: with the notebook.
        cell: the cell with the widget.
        slider: its number in the widget.
        key: as the browser calls it.

    Returns:
        Hashes of the picture before and after; the same if the picture does not change in time.
    """
    picture = cell.locator("img.widget-image")
    before = shown(picture)
    cell.locator(".widget-slider .noUi-handle").nth(slider).press(key)
    after = before
    end = time.monotonic() + SECONDS_TO_REDRAW
    while after == before and time.monotonic() < end:
        page.wait_for_timeout(100)
        after = shown(picture)
    return before, after


def shown(picture: Locator) -> str:
    """A hash of the picture's file."""
    return hashlib.sha256(bytes(picture.evaluate(PICTURE_BYTES))).hexdigest()
