"""What tells that a student's code reached for the measuring, by what it did.

The handlers run in an audit hook, in the midst of a student's code, which may have replaced
whatever has a name. They keep what they need, and call only what is written in C or stands here.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType, ModuleType
from typing import Any

from poselab.checks.hiding import hidden as opaque
from poselab.checks.sealed import SealedTensor
from poselab.checks.sealed_arrays import SealedArray

from .notes import Tell
from .provenance import (
    DidIt,
    codes_of,
    frozen_codes,
    library_folders,
    make_did_it,
    make_is_library,
)

CELL_ENDS = "autograder.cell_ends"
"""Raised by the kernel when a cell has run."""

_ASKED = "autograder.asked"
_SILENT = (
    ("sys", "gettrace"),
    ("sys", "getprofile"),
    ("_signal", "signal"),
    *((module, name) for module in ("_signal", "signal") for name in ("setitimer", "alarm")),
    *((module, "raise_signal") for module in ("_signal", "signal")),
    ("_thread", "interrupt_main"),
    ("torch._C", "_dispatch_library"),
)
"""Functions that show what counts, hand out the frames of callers, let something run where nothing
is traced, or change what an operation does; and raise no event."""

Handler = Callable[[FrameType, Any], None]
"""Takes the frame in which an event was raised, and the event's arguments."""

TRACE_SET = "set a trace function while it was examined"
"""Python itself takes one away when an interrupt comes while it runs."""

_MOST_SENTENCES = 100

_CTYPES = (
    "addressof",
    "call_function",
    "cdata",
    "cdata/buffer",
    "dlsym/handle",
    "string_at",
    "wstring_at",
)
_HARMLESS_SYMBOLS = {"malloc_trim"}
"""What notebooks call in the C library, to give memory back."""

_BEHIND = {"_testcapi", "_testinternalcapi", "_cffi_backend"}
"""Modules that reach behind the interpreter and raise no events."""

_COMPILER = "/torch/_inductor/codecache.py"
"""What loads the machine code that torch.compile has made."""


class NotToldError(RuntimeError):
    """The host could not be told of something, which for that reason does not happen."""


@dataclass(frozen=True)
class Tampering:
    """What watches.

    Args:
        handlers: by event.
        examine: told whether cases are being run.
        found: what was done since this was last asked, a sentence for each.
        settle: called when all that is ours is there, before any of the student's code has run.
    """

    handlers: dict[str, Handler]
    examine: Callable[[bool], None]
    found: Callable[[], list[str]]
    settle: Callable[[], None]


def own_modules() -> list[ModuleType]:
    """The modules that run cases and measure."""
    packages = (f"{__package__}.", "poselab.checks.")
    return [m for n, m in sorted(sys.modules.items()) if f"{n}.".startswith(packages)]


def make_audible() -> None:
    """Let the functions that raise no event raise one."""
    for module, name in _SILENT:
        names = vars(sys.modules[module])
        names[name] = _audible(name, names[name])


def _audible(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    audit, event = sys.audit, _ASKED

    def asked(*args: Any) -> Any:
        audit(event, name)
        return function(*args)

    calls = opaque(asked)

    def asking(*args: Any) -> Any:
        return calls(*args)

    asking.__name__ = asking.__qualname__ = name
    asking.__doc__ = function.__doc__
    return asking


def _asking_codes() -> list[CodeType]:
    """The code of audible functions: whoever calls them is asking."""
    return [code for code in _audible.__code__.co_consts if isinstance(code, CodeType)]


@dataclass(frozen=True)
class Known:
    """What there is before any of a student's code has run.

    Args:
        own: our own code, by identity.
        is_library: tells a library's code, and our own.
        did_it: tells whether somebody else caused what happens in a frame.
        classes: our own, and what we count with.
    """

    own: dict[int, CodeType]
    is_library: Callable[[CodeType], bool]
    did_it: DidIt
    classes: set[type]


def look_around() -> Known:
    """Find out what there is. It takes a while, and is done once for all kernels."""
    own = codes_of(own_modules())
    is_library = make_is_library(own | frozen_codes())
    watching = codes_of([m for m in own_modules() if m.__name__.startswith(f"{__package__}.")])
    for code in _asking_codes():
        del watching[id(code)]
    classes = {
        value
        for module in own_modules()
        for value in [*vars(module).values()]
        if isinstance(value, type) and value.__module__ == module.__name__
    }
    return Known(own, is_library, make_did_it(watching, is_library), classes | {Counter})


def watch(known: Known, tell: Tell, vault: object) -> Tampering:
    """Watch from now on.

    Args:
        known: what there was before.
        tell: sends a note to the host.
        vault: the generator that measures; nobody may look inside.

    Returns:
        The handlers, and what goes with them.
    """
    own, is_library, did_it = known.own, known.is_library, known.did_it
    own_classes, folders = (*known.classes,), library_folders()
    sealed = (SealedTensor, SealedArray)
    examining = traced = False
    sentences: dict[str, None] = {}
    told: dict[str, None] = {}
    freeze, visible, hidden = gc.freeze, gc.get_objects, [vault]
    tracing, profiling = sys.gettrace, sys.getprofile
    identity, kind, text, encoded, size, listed = id, type, str, bytes, len, list
    function_type, refusal = FunctionType, NotToldError
    ancestors = type.__dict__["__mro__"].__get__
    of_functions = {"__code__", "__defaults__", "__kwdefaults__"}
    of_frames = {"tb_frame", "gi_frame", "cr_frame", "ag_frame"}
    harmless, behind, compiler = _HARMLESS_SYMBOLS, _BEHIND, _COMPILER
    callers, memory = "inspected its callers", "searched the process for objects of the grader"
    trace_set, most = TRACE_SET, _MOST_SENTENCES
    first_steps = threading.Thread._bootstrap_inner.__code__  # type: ignore[attr-defined]
    code_made, machine_code = "assembled code of its own", "called machine code"

    def note(sentence: str) -> None:
        if sentence in told or size(sentences) >= most:
            return
        sentences[sentence] = None
        if not tell("tampered", sentence):
            raise refusal("not allowed while a notebook is graded")
        told[sentence] = None

    def found() -> list[str]:
        now = listed(sentences)
        sentences.clear()
        told.clear()
        return now

    def examine(starts: bool) -> None:
        nonlocal examining
        examining = starts
        if starts and traced:
            note("left a trace function in place")

    def settle() -> None:
        # What is frozen, no search for objects finds.
        freeze()

    def on_frame(frame: FrameType, args: Any) -> None:
        names = ("_getframe", "_current_frames", "_current_exceptions")
        if examining and did_it(frame, names):
            note(callers)

    def on_attribute(frame: FrameType, args: Any) -> None:
        name = args[1]
        if name in of_frames and (examining or args[0] is vault) and did_it(frame, (name,)):
            note(callers)

    def on_objects(frame: FrameType, args: Any) -> None:
        if not did_it(frame, ("get_objects", "get_referrers")):
            return
        if not examining:
            for one in visible():
                if one is hidden:
                    break
            else:
                return
        note(memory)

    def is_ours(kind_of_it: type, ours: tuple[type, ...]) -> bool:
        for base in ancestors(kind_of_it):
            for own_class in ours:
                if base is own_class:
                    return True
        return False

    def on_sealed(frame: FrameType, args: Any) -> None:
        """Note who asks what belongs to the values, in whosever name."""
        if examining:
            for one in args[0]:
                if is_ours(kind(one), sealed):
                    note(memory)
                    return

    def on_referrers(frame: FrameType, args: Any) -> None:
        on_sealed(frame, args)
        on_objects(frame, args)

    def on_referents(frame: FrameType, args: Any) -> None:
        on_sealed(frame, args)
        for one in args[0]:
            if examining or one is vault:
                if did_it(frame, ("get_referents",)):
                    note(memory)
                return

    def begins_a_thread(frame: FrameType) -> bool:
        below = frame.f_back
        return frame.f_code is first_steps and below is not None and below.f_back is None

    def on_trace(frame: FrameType, args: Any) -> None:
        nonlocal traced
        if begins_a_thread(frame):
            return  # it is traced like the thread that starts it; its work is noticed anyway
        if did_it(frame, ("settrace", "setprofile", "set_trace", "_settrace", "register_callback")):
            traced = True
            if examining:
                note(trace_set)

    def on_asking(frame: FrameType, args: Any) -> None:
        if examining and did_it(frame, (args[0],)):
            note(f"called `{args[0]}`")

    def on_cell_end(frame: FrameType, args: Any) -> None:
        nonlocal traced
        if identity(frame.f_code) in own and tracing() is None and profiling() is None:
            traced = False

    def on_hook(frame: FrameType, args: Any) -> None:
        if did_it(frame, ("addaudithook",)):
            note("added an audit hook")

    def on_interpreter(frame: FrameType, args: Any) -> None:
        note("started another interpreter")

    def on_code(frame: FrameType, args: Any) -> None:
        if did_it(frame, ("replace", "CodeType", "__new__", "code")):
            note(code_made)

    def on_marshal(frame: FrameType, args: Any) -> None:
        if did_it(frame, ("loads", "load", "marshal")):
            note(code_made)

    def on_function(frame: FrameType, args: Any) -> None:
        if is_library(args[0]) and did_it(frame, ("FunctionType", "__new__", "function")):
            note(code_made)

    def on_compile(frame: FrameType, args: Any) -> None:
        path = args[1]
        if path is None or (kind(path) is text and not path.startswith(folders)):
            return
        source = args[0]
        if (
            kind(source) is encoded
            and b"\n" not in source
            and "compile" not in frame.f_code.co_names
        ):
            return  # Python itself does so where it shows a line of a traceback
        if did_it(frame, ("compile",)):
            note("gave its code the name of a library's file")

    def on_setting(frame: FrameType, args: Any) -> None:
        owner, name = args[0], args[1]
        if name in of_functions:
            mine = kind(owner) is function_type and is_library(owner.__code__)
        else:
            mine = name == "__class__" and is_ours(kind(owner), own_classes)
        if mine and did_it(frame, ("__class__", "__code__", "__defaults__", "__kwdefaults__")):
            note(f"changed `{name}` of something that the grader uses")

    def on_ctypes(frame: FrameType, args: Any) -> None:
        if did_it(frame, ()):
            note(machine_code)

    def on_symbol(frame: FrameType, args: Any) -> None:
        if args[1] not in harmless and did_it(frame, ()):
            note(machine_code)

    def on_machine_code(frame: FrameType, path: Any) -> None:
        """Note a library of machine code that lies where students can write."""
        if kind(path) is not text or "/" not in path or path.startswith((*folders, "/usr/")):
            return
        at: FrameType | None = frame
        while at is not None:
            if at.f_code.co_filename.endswith(compiler) and is_library(at.f_code):
                return
            at = at.f_back
        note(machine_code)

    def on_import(frame: FrameType, args: Any) -> None:
        if args[0] in behind:
            note(f"imported `{args[0]}`, which reaches behind the interpreter")
        on_machine_code(frame, args[1])

    def on_fork(frame: FrameType, args: Any) -> None:
        if did_it(frame, ("fork", "forkpty", "_fork")):
            note("forked its process")

    def on_open(frame: FrameType, args: Any) -> None:
        path = args[0]
        if kind(path) is text and path.startswith("/proc/") and path.endswith("/mem"):
            note("opened the memory of its process")

    handlers: dict[str, Handler] = {
        "sys._getframe": on_frame,
        "sys._current_frames": on_frame,
        "sys._current_exceptions": on_frame,
        "object.__getattr__": on_attribute,
        "gc.get_objects": on_objects,
        "gc.get_referrers": on_referrers,
        "gc.get_referents": on_referents,
        "sys.settrace": on_trace,
        "sys.setprofile": on_trace,
        "sys.monitoring.register_callback": on_trace,
        _ASKED: on_asking,
        CELL_ENDS: on_cell_end,
        "sys.addaudithook": on_hook,
        "cpython.PyInterpreterState_New": on_interpreter,
        "code.__new__": on_code,
        "marshal.loads": on_marshal,
        "marshal.load": on_marshal,
        "function.__new__": on_function,
        "compile": on_compile,
        "object.__setattr__": on_setting,
        **{f"ctypes.{name}": on_ctypes for name in _CTYPES},
        "ctypes.dlsym": on_symbol,
        "ctypes.dlopen": lambda frame, args: on_machine_code(frame, args[0]),
        "import": on_import,
        "os.fork": on_fork,
        "os.forkpty": on_fork,
        "open": on_open,
    }
    return Tampering(handlers, examine, found, settle)
