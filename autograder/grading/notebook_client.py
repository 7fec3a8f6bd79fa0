"""The client that runs a notebook's cells, whatever the kernel sends, and keeps what is bounded."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.submissions.sanitise import LEFT_OUT, can_be_shown

MOST_KEPT = 48 << 20
"""Bytes of memory that the outputs of one notebook take at most."""

_ONE_OUTPUT = 2048
"""Bytes that an output takes however little it says."""

_KEPT = ("stream", "error", "execute_result", "display_data", "update_display_data")


class SturdyClient(NotebookClient):
    """A client that passes over what a forged message makes it stumble on."""

    forged = False
    _kept = 0
    _widgets = 0

    def register_output_hook(self, msg_id: str, hook: Any) -> None:
        """Make room for what an output widget shows; the base class forgets to."""
        self.widget_state.setdefault(hook.comm_id, {})
        super().register_output_hook(msg_id, hook)

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        """Take in one message of the kernel, if there is room for it."""
        try:
            if not self._has_room(msg):
                if not (cell.outputs and cell.outputs[-1].get("text") == LEFT_OUT):
                    cell.outputs.append(new_output("stream", name="stdout", text=LEFT_OUT))
                return None
            return super().process_message(msg, cell, cell_index)
        except CellControlSignal:
            raise
        except Exception:  # a forger chooses which
            self.forged = True
            return None

    def _has_room(self, msg: dict[str, Any]) -> bool:
        """Whether what a message brings can be kept; of what it shows, only what can be shown."""
        kind, content = msg["msg_type"], msg["content"]
        if kind in ("comm_open", "comm_msg"):
            if kind == "comm_open" or content["comm_id"] in self.comm_objects:
                self._widgets += _memory_of(content)
            return self._widgets <= MOST_KEPT
        if kind not in _KEPT:
            return True
        if "data" in content:
            content["data"] = {
                mime: text
                for mime, text in content["data"].items()
                if isinstance(text, str) and can_be_shown(mime)
            }
        size = _ONE_OUTPUT + _memory_of(content)
        if self._kept + size > MOST_KEPT:
            # Outputs may have been cleared, or replaced, since they were weighed.
            self._kept = _weight(self.nb.cells)
        if self._kept + size > MOST_KEPT:
            return False
        self._kept += size
        return True


def _weight(cells: Iterable[NotebookNode]) -> int:
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    return sum(_ONE_OUTPUT + _memory_of(output) for output in outputs)


def _memory_of(value: Any) -> int:
    """The bytes that a text, or lists and dictionaries of texts, take."""
    size, waiting = 0, [value]
    while waiting:
        one = waiting.pop()
        size += sys.getsizeof(one)
        if isinstance(one, dict):
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            waiting += one
    return size
