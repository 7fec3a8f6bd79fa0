"""Running cases with a function of the student's, where the student's code has run before."""

from __future__ import annotations

import gc
import resource
import signal
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import torch

from poselab.checks.cases import Case, cases_from_bytes
from poselab.checks.runner import Observation, observations_as_bytes, run_cases

from .audit import Hook, make_hook, remarks
from .elsewhere import Load, handed_over, make_meter
from .guard import Check, Snapshot, take_snapshot
from .kernels import watch_kernels
from .notes import Tell, make_sender
from .requests import EXAMINED, SPARE_FILES, Examine, Outcome, Seal, make_seal
from .tampering import look_around, make_audible, watch

_MORE_ATTEMPTS = 5
"""How often a count is taken again. On a busy machine an honest call meets others' work: one in a
hundred did so twice."""

_PATIENCE = 1_000_000_000
"""Nanoseconds in which it is taken yet again: a thread that wakes each 10 ms, left behind by an
honest notebook, meets two calls in three. Work that is handed over is met by all."""

_HANDED_OVER = "had its work done by another thread or process while it was counted"
_COLLECTED = "collected garbage while its work was counted"

Context = Callable[[], AbstractContextManager[None]]

Begin = Callable[["int | None", bytes, str], tuple[Examine, Hook]]
"""The socket for notes, the key that the host knows, and the kernel's own folder -> what runs
cases, and the audit hook that watches over it."""


def make_runner() -> Begin:
    """What makes a runner of cases. Called before any of the student's code has run."""
    uninterrupted, interruptible = _uninterrupted()
    make_audible()
    snapshot, known, kernels = take_snapshot(_rehearse), look_around(), watch_kernels()

    def begin(notes: int | None, key: bytes, own_folder: str) -> tuple[Examine, Hook]:
        tell = make_sender(notes)
        meter = make_meter(alone=notes is not None)
        signals = uninterrupted, interruptible
        vault = _vault(snapshot, kernels, signals, tell, make_seal(key), meter)
        next(vault)
        tampering = watch(known, tell, vault)
        vault.send(tampering)
        hook = make_hook(tampering.handlers, remarks(tell, own_folder))
        tampering.settle()
        return vault.send, hook

    return begin


def _rehearse() -> None:
    values = torch.ones(2, 2)
    run_cases(_example, [Case(k, k, k, "", "", (values,)) for k in ("call", "count", "device")])


def _example(values: torch.Tensor) -> torch.Tensor:
    return values + 1


def _uninterrupted() -> tuple[Context, Context]:
    """Contexts that decide about signals.

    Returns:
        One in which no signal is handled in Python: what cells have set off, such as a timer,
        disturbs nobody there, and nothing is traced. And one, for within it, in which an interrupt
        is handled as Python itself does.
    """
    names = vars(sys.modules["_signal"])  # those of `signal` ask these
    handler_of, handle, ignore = names["getsignal"], names["signal"], names["SIG_IGN"]
    interrupt, of_python = int(signal.SIGINT), signal.default_int_handler
    # Nobody could wait for children if their end were ignored; by default it does nothing.
    child, by_default = int(signal.SIGCHLD), names["SIG_DFL"]
    numbers = [int(number) for number in signal.valid_signals()]
    called = callable

    class Uninterrupted(AbstractContextManager[None]):
        def __enter__(self) -> None:
            self.before = {}
            for number in numbers:
                handler = handler_of(number)
                if called(handler):
                    self.before[number] = handler
                    handle(number, by_default if number == child else ignore)

        def __exit__(self, *_: object) -> None:
            for number, handler in self.before.items():
                handle(number, handler)

    class Interruptible(AbstractContextManager[None]):
        def __enter__(self) -> None:
            self.before = handler_of(interrupt)
            handle(interrupt, of_python)

        def __exit__(self, *_: object) -> None:
            handle(interrupt, self.before)

    return Uninterrupted, Interruptible


def _vault(
    snapshot: Snapshot,
    kernels: Check,
    signals: tuple[Context, Context],
    tell: Tell,
    seal: Seal,
    read_load: Callable[[], Load],
) -> Generator[Any, Any, None]:
    """What runs cases. It is first sent what watches, and then one demand after the other.

    A generator, because what a generator holds is reached through its frame, and whoever asks for
    that is noticed; what a function encloses anybody can read.
    """
    uninterrupted, interruptible = signals
    check, written, written_beside = snapshot.check, snapshot.written, snapshot.written_beside
    unpack, run, pack = cases_from_bytes, run_cases, observations_as_bytes
    observation_type, outcome_type, was_handed_over = Observation, Outcome, handed_over
    missing, size, listed, unique, kind = object(), len, list, dict.fromkeys, type
    translate, execute, examined = compile, exec, EXAMINED
    collecting, collect, leave, collections = gc.isenabled, gc.enable, gc.disable, gc.get_stats
    threads, set_threads = torch.get_num_threads, torch.set_num_threads
    open_files, limit_of, set_limit = resource.RLIMIT_NOFILE, resource.getrlimit, resource.setrlimit
    spare_files, least = SPARE_FILES, min
    by_others, collected, inside = _HANDED_OVER, _COLLECTED, {"count", "device"}
    attempts, patience, clock = _MORE_ATTEMPTS, _PATIENCE, time.monotonic_ns
    tampering = yield

    def measure(function: Any, case: Any, incidents: list[str]) -> list[Any]:
        """Run a case in which work is counted, and see to it that it is done here."""
        was_collecting, number = collecting(), threads()
        leave()
        if number != 1:
            set_threads(1)
        written_beside()
        before, young = read_load(), collections()[:2]
        try:
            with uninterrupted(), interruptible():
                observed: list[Any] = run(function, [case])
        finally:
            # Looked at before our own work can set off a collection.
            has_collected = collecting() or collections()[:2] != young
            if was_collecting:
                collect()
            if number != 1:
                set_threads(number)
        if was_handed_over(before, read_load()):
            incidents.append(by_others)
        incidents += [f"changed `{name}` while its work was counted" for name in written_beside()]
        # Where a tracer's own objects are collected, nothing is traced.
        if has_collected:
            incidents.append(collected)
        return observed

    def observe(function: Any, case: Any, incidents: list[str]) -> list[Any]:
        if case.kind != "count":
            return run(function, [case])
        seen: list[str] = []
        observed = measure(function, case, seen)
        # The kernel's own threads may have had something to do: not each time.
        began, attempt = clock(), 0
        while seen and (attempt < attempts or clock() - began < patience):
            attempt += 1
            again: list[str] = []
            observed = measure(function, case, again)
            seen = [one for one in again if one in seen]
        incidents += seen
        return observed

    def run_all(function: Any, cases: Any, observations: list[Any], told: Any) -> None:
        for case in cases:
            try:
                observations += observe(function, case, told["incidents"])
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                observations.append(observation_type(case.id, error=in_words(error)))
            told["tampered"] += written()

    def in_words(error: BaseException) -> str:
        text = f"{error}"
        return f"{kind(error).__name__}: {text}"[:300] if text else kind(error).__name__

    def put_in(names: dict[str, Any], sources: Mapping[str, str]) -> dict[str, Any]:
        """Define each name anew; return what was there."""
        before = {}
        for name, source in sources.items():
            defined: dict[str, Any] = {"__name__": "course"}
            execute(translate(source, "<course>", "exec"), defined)
            before[name] = names.get(name, missing)
            names[name] = defined[name]
        return before

    def put_back(names: dict[str, Any], before: dict[str, Any]) -> None:
        for name, value in before.items():
            if value is missing:
                del names[name]
            else:
                names[name] = value

    def examine(demand: Mapping[str, Any], told: dict[str, Any]) -> bytes:
        told["tampered"] += check()
        written()
        names = demand["names"]
        function = names.get(demand["function"], missing)
        if function is missing:
            told["status"] = "undefined"
            return b""
        observations: list[Any] = []
        cases = unpack(demand["cases"])
        for case in cases:
            if case.kind in inside:
                told["tampered"] += kernels()
                break
        tampering.examine(True)
        before = put_in(names, demand["stand_ins"])
        try:
            with interruptible():
                run_all(function, cases, observations, told)
        except KeyboardInterrupt:
            told["status"] = "interrupted"
        finally:
            put_back(names, before)
            tampering.examine(False)
        told["tampered"] += check()
        if size(observations) < size(cases) and told["status"] == "ok":
            told["status"] = "failed"
        return pack(observations)

    outcome: Any = None
    while True:
        demand = yield outcome
        # Cells may have left no room for the few files that are opened here.
        files, most = limit_of(open_files)
        set_limit(open_files, (least(files + spare_files, most), most))
        told: dict[str, Any] = {"status": "ok", "error": "", "tampered": [], "incidents": []}
        content = b""
        try:
            with uninterrupted():
                content = examine(demand, told)
        except KeyboardInterrupt:
            told["status"] = "interrupted"
        except BaseException as failure:
            told["status"], told["error"] = "failed", in_words(failure)
        told["tampered"] = listed(unique(told["tampered"]))
        told["incidents"] = listed(unique(told["incidents"] + tampering.found()))
        set_limit(open_files, (files, most))
        tell(examined, f"{demand['nonce']} {seal(demand, told, content)}")
        outcome = outcome_type(observations=content, **told)
