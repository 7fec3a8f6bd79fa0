"""Noticing and undoing what a student's code changed in the code that runs its cases.

Both live in one process, so this cannot be complete. It has to work while everything it could lean
on may have been replaced: it calls nothing by a name that can be looked up in a place that others
can write to.
"""

from __future__ import annotations

import builtins
import contextlib
import copyreg
import gc
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import CellType, ModuleType
from typing import Any

from .provenance import functions_in
from .tampering import own_modules
from .versions import Written, watch_writing

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
_CODE_LEANED_ON = (
    "collections",
    "contextlib",
    "dataclasses",
    "json",
    "json.decoder",
    "json.encoder",
    "linecache",
    "safetensors.torch",
    "torch._tensor",
    "torch.overrides",
    "torch.random",
    "torch.utils._python_dispatch",
    "traceback",
)
"""Of these, what functions do is remembered as well, and what their classes hold."""

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
_CHANGED_IN_GOOD_FAITH = {
    "builtins.print",
    "threading.excepthook",
    "torch.load",
    "warnings.formatwarning",
    "warnings.showwarning",
    "warnings.warn",
    # With the default dtype, torch itself changes these.
    "torch.FloatStorage",
    "torch.DoubleStorage",
    "torch.Storage",
    "torch.Tensor.__repr__",
    "torch.Tensor.__str__",
    "torch.Tensor.__format__",
}
"""What notebooks replace for convenience. No measurement depends on it."""

_CACHES = {"__slotnames__", "_abc_impl", "__annotations__"}
"""What Python itself adds to classes."""

_NEVER_IN_CASES = (
    "builtins",
    "functools",
    "json",
    "json.encoder",
    "json.decoder",
    "safetensors.torch",
    "torch._C",
    "torch._ops",
    "torch._tensor",
    "torch.functional",
    "torch.nn.functional",
    "torch.overrides",
    "torch.utils._python_dispatch",
    "torch.utils._pytree",
)
"""Modules besides our own, and the parts of numpy, whose names nobody changes where work is
counted."""

Check = Callable[[], list[str]]


@dataclass(frozen=True)
class Snapshot:
    """How things were before a student's code ran.

    Args:
        check: names what differs, and undoes it.
        written: names where something of ours was changed since it was last called, even if that
            was undone.
        written_beside: the same of what we lean on. Libraries change that, too, now and then.
    """

    check: Check
    written: Written
    written_beside: Written


def take_snapshot(rehearse: Callable[[], object] = lambda: None) -> Snapshot:
    """Remember how things are.

    Args:
        rehearse: does what will be done with a student's function, with one of ours. What it
            writes to, the same may write to again.

    Returns:
        What compares with that later.
    """
    own = _modules_that_measure()
    others = [sys.modules[name] for name in _LEANED_ON if name in sys.modules]
    modules = [(module.__name__, module) for module in (*own, *others)]
    with_code = [*own, *(sys.modules[name] for name in _CODE_LEANED_ON if name in sys.modules)]
    classes = {
        f"{name}.{kind}": getattr(sys.modules[name], kind)
        for name, kind in _CLASSES
        if hasattr(sys.modules.get(name), kind)
    }
    for module in with_code:
        classes |= _classes_of(module)
    for kind in classes.values():
        _fill_caches(kind)
    rehearse()
    _make_room_for_warnings()
    ours = {module.__name__: vars(module) for module in own}
    ours |= {label: now for label, now, _ in _containers(own) if type(now) is dict}
    beside = {name: vars(sys.modules[name]) for name in _NEVER_IN_CASES if name in sys.modules}
    beside |= {name: vars(one) for name, one in sys.modules.items() if name[:6] == "numpy."}
    for label, kind in classes.items():
        # A class shows its dictionary through a proxy.
        (names,) = (one for one in gc.get_referents(vars(kind)) if type(one) is dict)
        is_ours = any(label.startswith(f"{module.__name__}.") for module in own)
        (ours if is_ours else beside)[label] = names
    check = _check(
        builtins_then={n: v for n, v in vars(builtins).items() if n not in _CHANGED_BY_JUPYTER},
        tracing_then={name: getattr(sys, name) for name in _TRACING},
        modules_then=[
            (label, vars(module), _remembered(vars(module), module in own), module in own)
            for label, module in modules
            if module is not builtins
        ],
        registered={label: (module, type(module)) for label, module in modules},
        classes_then=[(label, kind, dict(vars(kind))) for label, kind in classes.items()],
        functions_then=list(_functions(with_code)),
        containers_then=list(_containers(own)),
    )
    return Snapshot(check, _unchanged_by(rehearse, ours), _unchanged_by(rehearse, beside))


def _modules_that_measure() -> list[ModuleType]:
    """Ours, but for the kernel and what starts it: what these hold changes by itself."""
    package = f"{__package__}."
    names = ("elsewhere", "guard", "kernels", "requests", "vault", "versions")
    kept = {f"{package}{name}" for name in names}
    return [
        module
        for module in own_modules()
        if module.__name__ in kept or not module.__name__.startswith(package)
    ]


def _classes_of(module: ModuleType) -> dict[str, type]:
    return {
        f"{module.__name__}.{name}": value
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__
    }


def _remembered(names: dict[str, Any], everything: bool) -> dict[str, Any]:
    """What a module offers, and not the values that it works with: these change by themselves."""
    if everything:
        return {n: v for n, v in names.items() if n[:2] != "__"}
    return {n: v for n, v in names.items() if callable(v) or isinstance(v, ModuleType)}


def _functions(modules: list[ModuleType]) -> Iterator[tuple[str, Any, Any, Any]]:
    """Functions and methods, each with its code, defaults and what it encloses."""
    for module in modules:
        for function in functions_in(module):
            state = (function.__code__, function.__defaults__, function.__kwdefaults__)
            cells = tuple((cell, _content(cell)) for cell in function.__closure__ or ())
            yield f"{function.__module__}.{function.__qualname__}", function, state, cells


def _containers(modules: list[ModuleType]) -> Iterator[tuple[str, Any, Any]]:
    """The lists, dictionaries and sets of modules, each with a copy."""
    for module in modules:
        for name, value in vars(module).items():
            if type(value) in (dict, list, set) and name[:2] != "__":
                yield f"{module.__name__}.{name}", value, value.copy()


def _fill_caches(kind: type) -> None:
    """Let Python add to a class now what it would add when the class is copied or looked at."""
    copyreg._slotnames(kind)  # type: ignore[attr-defined]
    with contextlib.suppress(AttributeError, TypeError):
        _ = kind.__annotations__


def _make_room_for_warnings() -> None:
    """Put into every module what a warning would: it is noted there, whoever's code it is about."""
    for module in [*sys.modules.values()]:
        if isinstance(module, ModuleType):
            vars(module).setdefault("__warningregistry__", {})


def _unchanged_by(rehearse: Callable[[], object], places: dict[str, dict[str, Any]]) -> Written:
    """Watch what is written to, but for what the rehearsal itself writes to."""
    written = watch_writing(places.items())
    rehearse()
    changed = set(written())
    return watch_writing((label, names) for label, names in places.items() if label not in changed)


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
    registered: dict[str, tuple[ModuleType, type]],
    classes_then: list[tuple[str, type, dict[str, Any]]],
    functions_then: list[tuple[str, Any, Any, Any]],
    containers_then: list[tuple[str, Any, Any]],
) -> Check:
    builtins_now, sys_now, modules_now = vars(builtins), vars(sys), sys.modules
    gettrace, settrace = sys.gettrace, sys.settrace
    getprofile, setprofile = sys.getprofile, sys.setprofile
    settrace_in_threads, setprofile_in_threads = threading.settrace, threading.setprofile
    set_on_class, delete_from_class = type.__setattr__, type.__delattr__
    set_on_object = object.__setattr__
    content = _content
    failures = (TypeError, AttributeError)
    missing = object()
    in_good_faith, caches = _CHANGED_IN_GOOD_FAITH, _CACHES
    collecting, collecting_then = gc.callbacks, [*gc.callbacks]
    kind_of, identity, mapping, listing = type, id, dict, list

    def names_of_module(
        label: str, now: dict[str, Any], then: dict[str, Any], closed: bool
    ) -> list[str]:
        found = []
        for name, value in then.items():
            if now.get(name, missing) is not value and f"{label}.{name}" not in in_good_faith:
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
            if (name not in now or now[name] is not value) and name not in caches:
                if f"{label}.{name}" in in_good_faith:
                    continue
                try:
                    set_on_class(kind, name, value)
                except failures:
                    continue
                found.append(f"{label}.{name}")
        for name in [*now]:
            if name in then or name[:5] == "__abs" or name in caches:
                continue
            # A method of somebody's own does no harm, unless it stands before one that is used.
            if name[:2] != "__" and not inherits(kind, name):
                continue
            if f"{label}.{name}" in in_good_faith:
                continue
            try:
                delete_from_class(kind, name)
            except failures:
                continue
            found.append(f"{label}.{name}")
        return found

    def inherits(kind: type, name: str) -> bool:
        for base in kind.__mro__[1:]:  # noqa: SIM110, any() may be anybody's
            if name in base.__dict__:
                return True
        return False

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

    def parts_of(container: Any) -> Any:
        """What makes two containers hold the same, without asking what they hold."""
        if kind_of(container) is mapping:
            return [(identity(k), identity(v)) for k, v in container.items()]
        if kind_of(container) is listing:
            return [identity(one) for one in container]
        return {identity(one) for one in container}

    def restore(now: Any, then: Any) -> None:
        now.clear()
        if kind_of(now) is listing:
            now.extend(then)
        else:
            now.update(then)

    def check() -> list[str]:
        found: list[str] = []
        if gettrace() is not None or getprofile() is not None:
            found.append("sys.settrace")
            settrace(None)
            setprofile(None)
        for name, value in builtins_then.items():
            if (
                builtins_now.get(name, missing) is not value
                and f"builtins.{name}" not in in_good_faith
            ):
                found.append(f"builtins.{name}")
                builtins_now[name] = value
        for name, value in tracing_then.items():
            if sys_now.get(name, missing) is not value:
                found.append(f"sys.{name}")
                sys_now[name] = value
        for name, (module, its_kind) in registered.items():
            if modules_now.get(name, missing) is not module:
                found.append(f"sys.modules[{name!r}]")
                modules_now[name] = module
            # What it is asked or given may be answered by somebody else.
            if kind_of(module) is not its_kind:
                found.append(f"{name}.__class__")
                set_on_object(module, "__class__", its_kind)
        for label, now, then, closed in modules_then:
            found += names_of_module(label, now, then, closed)
        for label, kind, then in classes_then:
            found += names_of_class(label, kind, then)
        for label, function, state, cells in functions_then:
            found += names_of_function(label, function, state, cells)
        for label, container, then in containers_then:
            if parts_of(container) != parts_of(then):
                found.append(label)
                restore(container, then)
        # Called in the midst of anything, where nothing is traced.
        if parts_of(collecting) != parts_of(collecting_then):
            found.append("gc.callbacks")
            restore(collecting, collecting_then)
        settrace_in_threads(None)
        setprofile_in_threads(None)
        return found

    return check
