"""Noticing and undoing what a student's code changed in the code that runs its cases.

Both live in one process, so this cannot be complete. It has to work while everything it could lean
on may have been replaced: it calls nothing by a name that can be looked up in a place that others
can write to.
"""

from __future__ import annotations

import builtins
import sys
import threading
from collections.abc import Callable, Iterator
from types import CellType, FunctionType, ModuleType
from typing import Any

_OWN_PACKAGE = "poselab.checks"

_LEANED_ON = (
    "builtins",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "functools",
    "io",
    "itertools",
    "json",
    "json.decoder",
    "json.encoder",
    "linecache",
    "math",
    "numpy",
    "operator",
    "os",
    "pathlib",
    "safetensors",
    "safetensors.torch",
    "tempfile",
    "threading",
    "torch",
    "torch._C",
    "torch._tensor",
    "torch.autograd",
    "torch.functional",
    "torch.linalg",
    "torch.nn.functional",
    "torch.overrides",
    "torch.random",
    "torch.utils._python_dispatch",
    "torch.utils._pytree",
    "traceback",
    "warnings",
)
_TRACING = ("settrace", "setprofile", "gettrace", "getprofile", "_getframe", "audit", "exc_info")
_CLASSES = (
    ("torch", "Tensor"),
    ("torch._C", "TensorBase"),
    ("torch.nn", "Parameter"),
    ("torch.utils._python_dispatch", "TorchDispatchMode"),
    ("torch.overrides", "TorchFunctionMode"),
    ("collections", "Counter"),
    ("pathlib", "Path"),
    ("pathlib", "PurePath"),
)
_CHANGED_BY_JUPYTER = {"input", "exit", "quit", "help", "copyright", "credits", "license", "_"}

Check = Callable[[], list[str]]


def take_snapshot() -> Check:
    """Remember how things are. The function that comes back names what differs, and undoes it."""
    own = [m for n, m in sorted(sys.modules.items()) if f"{n}.".startswith(f"{_OWN_PACKAGE}.")]
    others = [sys.modules[name] for name in _LEANED_ON if name in sys.modules]
    modules = [(module.__name__, module) for module in (*own, *others)]
    classes = [
        (f"{name}.{kind}", getattr(sys.modules[name], kind))
        for name, kind in _CLASSES
        if hasattr(sys.modules.get(name), kind)
    ]
    classes += [
        (f"{module.__name__}.{name}", value)
        for module in own
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    ]
    functions = list(_functions(own, [kind for _, kind in classes]))
    return _check(
        builtins_then={n: v for n, v in vars(builtins).items() if n not in _CHANGED_BY_JUPYTER},
        tracing_then={name: getattr(sys, name) for name in _TRACING},
        modules_then=[
            (label, vars(module), _remembered(vars(module)), module in own)
            for label, module in modules
            if module is not builtins
        ],
        registered=dict(modules),
        classes_then=[(label, kind, dict(vars(kind))) for label, kind in classes],
        functions_then=functions,
    )


def _remembered(names: dict[str, Any]) -> dict[str, Any]:
    """What a module offers, and not the values that it works with: these change by themselves."""
    return {n: v for n, v in names.items() if callable(v) or isinstance(v, ModuleType)}


def _functions(own: list[ModuleType], classes: list[type]) -> Iterator[tuple[str, Any, Any, Any]]:
    """Our own functions and methods, each with its code, defaults and what it encloses."""
    owners: list[tuple[str, Any]] = [(m.__name__, m) for m in own]
    owners += [(f"{c.__module__}.{c.__qualname__}", c) for c in classes]
    for label, owner in owners:
        for name, value in vars(owner).items():
            function = getattr(value, "__func__", getattr(value, "fget", value))
            while isinstance(function, FunctionType):
                state = (function.__code__, function.__defaults__, function.__kwdefaults__)
                cells = tuple((cell, _content(cell)) for cell in function.__closure__ or ())
                yield f"{label}.{name}", function, state, cells
                function = getattr(function, "__wrapped__", None)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None


def _check(
    *,
    builtins_then: dict[str, Any],
    tracing_then: dict[str, Any],
    modules_then: list[tuple[str, dict[str, Any], dict[str, Any], bool]],
    registered: dict[str, ModuleType],
    classes_then: list[tuple[str, type, dict[str, Any]]],
    functions_then: list[tuple[str, Any, Any, Any]],
) -> Check:
    builtins_now, sys_now, modules_now = vars(builtins), vars(sys), sys.modules
    gettrace, settrace = sys.gettrace, sys.settrace
    getprofile, setprofile = sys.getprofile, sys.setprofile
    settrace_in_threads, setprofile_in_threads = threading.settrace, threading.setprofile
    set_on_class, delete_from_class = type.__setattr__, type.__delattr__
    content = _content
    failures = (TypeError, AttributeError)
    missing = object()

    def names_of_module(
        label: str, now: dict[str, Any], then: dict[str, Any], closed: bool
    ) -> list[str]:
        found = []
        for name, value in then.items():
            if now.get(name, missing) is not value:
                found.append(f"{label}.{name}")
                now[name] = value
        if closed:
            for name in [*now]:
                # Only what hides a builtin can do harm; what else is new, nobody looks up.
                if name in builtins_then and name not in then and name[:2] != "__":
                    found.append(f"{label}.{name}")
                    del now[name]
        return found

    def names_of_class(label: str, kind: type, then: dict[str, Any]) -> list[str]:
        found = []
        now = kind.__dict__
        for name, value in then.items():
            if name not in now or now[name] is not value:
                try:
                    set_on_class(kind, name, value)
                except failures:
                    continue
                found.append(f"{label}.{name}")
        for name in [*now]:
            if name not in then and name[:5] != "__abs" and name != "_abc_impl":
                try:
                    delete_from_class(kind, name)
                except failures:
                    continue
                found.append(f"{label}.{name}")
        return found

    def names_of_function(label: str, function: Any, state: Any, cells: Any) -> list[str]:
        found = []
        code, defaults, keyword_defaults = state
        if (
            function.__code__ is not code
            or function.__defaults__ is not defaults
            or function.__kwdefaults__ is not keyword_defaults
        ):
            found.append(label)
            function.__code__ = code
            function.__defaults__ = defaults
            function.__kwdefaults__ = keyword_defaults
        for cell, then in cells:
            if content(cell) is not then:
                found.append(label)
                cell.cell_contents = then
        return found

    def check() -> list[str]:
        found: list[str] = []
        if gettrace() is not None or getprofile() is not None:
            found.append("sys.settrace")
            settrace(None)
            setprofile(None)
        for name, value in builtins_then.items():
            if builtins_now.get(name, missing) is not value:
                found.append(f"builtins.{name}")
                builtins_now[name] = value
        for name, value in tracing_then.items():
            if sys_now.get(name, missing) is not value:
                found.append(f"sys.{name}")
                sys_now[name] = value
        for name, module in registered.items():
            if modules_now.get(name, missing) is not module:
                found.append(f"sys.modules[{name!r}]")
                modules_now[name] = module
        for label, now, then, closed in modules_then:
            found += names_of_module(label, now, then, closed)
        for label, kind, then in classes_then:
            found += names_of_class(label, kind, then)
        for label, function, state, cells in functions_then:
            found += names_of_function(label, function, state, cells)
        settrace_in_threads(None)
        setprofile_in_threads(None)
        return found

    return check
