"""Whose code is running: a library's, the course's own, or somebody else's.

A file's name proves nothing, because whoever compiles code chooses it. What is a library's is
found again in that library's file, which nobody can write to in here.

Everything below is also called by an audit hook, in the midst of a student's code: it looks nothing
up that others could have replaced, and calls only what is written in C.
"""

from __future__ import annotations

import marshal
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

_OWN_FOLDER = str(Path(__file__).parent)
_FROZEN = "<frozen "


def library_folders() -> tuple[str, ...]:
    """Where code lies that no student wrote."""
    folders = {sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")}
    folders.add(_OWN_FOLDER)
    for name in ("torch", "poselab", "data_stubs"):
        path = getattr(sys.modules.get(name), "__file__", None)
        if path is not None:
            folders.add(str(Path(path).parent))
    return tuple(f"{folder}/" for folder in sorted(folders))


def codes_of(modules: Iterable[ModuleType]) -> dict[int, CodeType]:
    """The code of all functions and methods that modules hold, by identity."""
    found: dict[int, CodeType] = {}
    for module in modules:
        for function in functions_in(module):
            _add(found, function.__code__)
    return found


def functions_in(owner: ModuleType | type, seen: set[int] | None = None) -> Iterator[FunctionType]:
    """The functions of a module or class, and those of the classes that it defines."""
    seen = set() if seen is None else seen
    for value in [*vars(owner).values()]:
        inner = value
        if type(value) in (staticmethod, classmethod):
            inner = value.__func__
        elif type(value) is property:
            inner = value.fget
        while type(inner) is FunctionType:
            yield inner
            inner = inner.__dict__.get("__wrapped__")
        # By its type: what is loaded as late as possible pretends to be of another class.
        if issubclass(type(value), type) and id(value) not in seen:
            seen.add(id(value))
            name = owner.__name__ if isinstance(owner, ModuleType) else owner.__module__
            if value.__module__ == name:
                yield from functions_in(value, seen)


def _add(found: dict[int, CodeType], code: CodeType) -> None:
    found[id(code)] = code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _add(found, constant)


def make_is_library(known: dict[int, CodeType]) -> Callable[[CodeType], bool]:
    """A function that tells whether code is a library's.

    Args:
        known: code that is, by identity.

    Returns:
        The function. What it has once found out it keeps.
    """
    folders = library_folders()
    tag = sys.implementation.cache_tag
    decided: dict[int, tuple[CodeType, bool]] = {i: (code, True) for i, code in known.items()}
    files: dict[str, set[Any]] = {}
    kind, text, read, load, translate = CodeType, str, open, marshal.loads, compile
    name_of = id
    plain = {int, str, bytes, bool, complex, type(None), type(...), tuple, frozenset}

    def mark(code: CodeType) -> Any:
        constants = [
            (type(c), c if type(c) in plain else f"{c!r}" if type(c) is float else None)
            for c in code.co_consts
            if type(c) is not kind
        ]
        return (
            code.co_qualname,
            code.co_firstlineno,
            code.co_code,
            code.co_names,
            code.co_varnames,
            code.co_freevars,
            (*constants,),
        )

    def collect(code: CodeType, marks: set[Any]) -> None:
        marks.add(mark(code))
        for constant in code.co_consts:
            if type(constant) is kind:
                collect(constant, marks)

    def code_in(path: str) -> CodeType | None:
        folder, _, name = path.rpartition("/")
        try:
            with read(f"{folder}/__pycache__/{name[:-3]}.{tag}.pyc", "rb") as file:
                code: CodeType = load(file.read()[16:])
                return code
        except (OSError, ValueError, EOFError, TypeError):
            pass
        try:
            with read(path, "rb") as file:
                code = translate(file.read(), path, "exec", dont_inherit=True)
                return code
        except (OSError, ValueError, SyntaxError):
            return None

    def decide(code: CodeType) -> bool:
        path = code.co_filename
        if type(path) is not text or ".." in path or not path.endswith(".py"):
            return False
        if not path.startswith(folders):
            return False
        if path not in files:
            marks: set[Any] = set()
            whole = code_in(path)
            if whole is not None:
                collect(whole, marks)
            files[path] = marks
        return mark(code) in files[path]

    def is_library(code: CodeType) -> bool:
        found = decided.get(name_of(code))
        if found is None:
            found = decided[name_of(code)] = (code, decide(code))
        return found[1]

    return is_library


LENDING = (
    "asyncio/base_tasks.py",
    "asyncio/coroutines.py",
    "bdb.py",
    "cgitb.py",
    "cmd.py",
    "concurrent/futures/thread.py",
    "contextlib.py",
    "ctypes/__init__.py",
    "ctypes/_endian.py",
    "ctypes/util.py",
    "functools.py",
    "inspect.py",
    "pdb.py",
    "signal.py",
    "threading.py",
    "types.py",
    "unittest/mock.py",
    "_pytest/_code/code.py",
    "dask/utils.py",
    "distributed/utils.py",
    "executing/executing.py",
    "IPython/core/doctb.py",
    "IPython/core/ultratb.py",
    "IPython/extensions/autoreload.py",
    "IPython/utils/frame.py",
    "ipywidgets/widgets/utils.py",
    "stack_data/core.py",
    "stack_data/utils.py",
    "tblib/__init__.py",
    "tblib/pickling_support.py",
    "torch/_jit_internal.py",
    "torch/fx/proxy.py",
    "torch/utils/_traceback.py",
)
"""Files of libraries that do things for whoever calls them: it is the caller who does it."""

LENDING_FUNCTIONS = {
    ("traceback.py", "walk_tb"),
    ("traceback.py", "walk_stack"),
    ("logging/__init__.py", "<lambda>"),
    ("logging/__init__.py", "currentframe"),
    ("torch/library.py", "Library.__init__"),
    ("torch/library.py", "define"),
    ("torch/library.py", "impl"),
    ("torch/library.py", "impl.<locals>.register"),
    ("torch/library.py", "_scoped_library"),
    ("torch/library.py", "register_kernel"),
    ("torch/library.py", "custom_op"),
}
"""The same of single functions."""

DidIt = Callable[[FrameType, tuple[str, ...]], bool]
"""A frame in which something happens, and the names under which code asks for it -> whether it was
neither a library nor we who asked."""


def make_did_it(watching: dict[int, CodeType], is_library: Callable[[CodeType], bool]) -> DidIt:
    """A function that tells whether somebody else's code caused what happens in a frame.

    Args:
        watching: the code that watches, by identity; it does nothing for others.
        is_library: tells a library's code, and our own.

    Returns:
        The function.
    """
    folders = library_folders()
    lending = {f"{folder}{name}" for folder in folders for name in LENDING}
    functions = {(f"{folder}{name}", f) for folder in folders for name, f in LENDING_FUNCTIONS}
    identity = id

    def did_it(frame: FrameType, names: tuple[str, ...]) -> bool:
        at: FrameType | None = frame
        # A library that calls what it was handed does not know its name.
        handed_over, lent_only = True, True
        while at is not None:
            code = at.f_code
            if identity(code) in watching:
                return False
            if not is_library(code):
                return True
            path = code.co_filename
            if path in lending or (path, code.co_qualname) in functions:
                handed_over = False
            else:
                lent_only = False
                if not handed_over or not names:
                    return False
                for name in names:
                    if name in code.co_names:
                        return False
            at = at.f_back
        return lent_only

    return did_it


def frozen_codes() -> dict[int, CodeType]:
    """The code that is built into Python, which lies in no file."""
    modules = [
        module
        for module in [*sys.modules.values()]
        if any(f.__code__.co_filename.startswith(_FROZEN) for f in _first_functions(module))
    ]
    codes = codes_of(modules)
    return {i: code for i, code in codes.items() if code.co_filename.startswith(_FROZEN)}


def _first_functions(module: object) -> Iterator[FunctionType]:
    if issubclass(type(module), ModuleType):
        for value in [*vars(module).values()]:
            if type(value) is FunctionType:
                yield value
