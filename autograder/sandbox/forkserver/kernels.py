"""Noticing that torch was given operations' kernels that are written in Python.

A library of torch's may replace what computes `sinh` by a function of its own, which is then handed
the values; nothing raises an event. But torch tells what it has registered, and kernels in Python
are boxed, and only boxed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

_LEANED_ON = ("aten::", "quantized::", "mkldnn")
_NO_VALUES = ("Meta", "Python", "FuncTorch", "Autograd", "Functionalize", "fallthrough")
"""Kernels that see no values, or that are not in force where values lie open."""

_EXAMPLES = ("aten::sinh", "aten::empty.memory_format")
"""Of these, what stands behind all kernels is looked at as well."""


def watch_kernels() -> Callable[[], list[str]]:
    """Remember which kernels there are.

    Returns:
        What names the operations that have others since.
    """
    names, dump = torch._C._dispatch_get_all_op_names, torch._C._dispatch_dump
    table, examples, joined = torch._C._dispatch_dump_table, _EXAMPLES, "\n".join
    mine, without_values, boxed = _LEANED_ON, _NO_VALUES, "[ boxed ]"

    def in_python() -> dict[str, str]:
        found = {}
        for name in names():
            if not name.startswith(mine):
                continue
            text = dump(name)
            if boxed in text:
                lines = [
                    line
                    for line in text.split("\n")
                    if line.endswith(boxed) and not line.startswith(without_values)
                ]
                if lines:
                    found[name] = joined(lines)
        return found

    then = in_python()
    tables = {name: table(name) for name in examples}

    def changed() -> list[str]:
        now = in_python()
        found = [name for name, lines in now.items() if then.get(name) != lines]
        found += [name for name in examples if table(name) != tables[name]]
        return [f"torch.ops.{name}" for name in found]

    return changed
