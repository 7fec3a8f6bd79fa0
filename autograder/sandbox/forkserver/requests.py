"""Running cases with a function that the student defined, within the kernel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from poselab.checks.cases import cases_from_bytes
from poselab.checks.runner import Observation, observations_as_bytes, run_cases

from .guard import take_snapshot

REQUEST = "run_cases"
REPLY = "run_cases_reply"


@dataclass(frozen=True)
class Outcome:
    """What goes back to the host.

    Args:
        status: ``ok``, ``undefined``, ``interrupted`` (with the observations made until then) or
            ``failed``.
        observations: a safetensors file, empty when there are none.
        error: why it failed.
        tampered: what the student's code had changed in the code that runs the cases.
    """

    status: str
    observations: bytes = b""
    error: str = ""
    tampered: list[str] = field(default_factory=list)


def make_runner() -> Callable[[Mapping[str, Any], str, bytes], Outcome]:
    """A function that runs cases. Made before any of the student's code has run."""
    check = take_snapshot()
    unpack, run, pack, observation_type = (
        cases_from_bytes,
        run_cases,
        observations_as_bytes,
        Observation,
    )
    # A function's own globals can be reached; what it encloses is not as easily found.
    missing, size, listed, unique = object(), len, list, dict.fromkeys

    def run_all(function: Any, cases: Any, observations: list[Any]) -> None:
        for case in cases:
            try:
                observations += run(function, [case])
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                name = type(error).__name__
                observations.append(observation_type(case.id, error=f"{name}: {error}"[:300]))

    def examine(names: Mapping[str, Any], name: str, content: bytes) -> Outcome:
        tampered = check()
        function = names.get(name, missing)
        if function is missing:
            return Outcome("undefined", tampered=tampered)
        observations: list[Any] = []
        status = "ok"
        try:
            cases = unpack(content)
            try:
                run_all(function, cases, observations)
            except KeyboardInterrupt:
                status = "interrupted"
            tampered += check()
            if size(observations) < size(cases) and status == "ok":
                status = "failed"
            packed = pack(observations)
        except KeyboardInterrupt:
            return Outcome("interrupted", tampered=tampered)
        except BaseException as failure:
            error = f"{type(failure).__name__}: {failure}"[:300]
            return Outcome("failed", error=error, tampered=tampered + check())
        return Outcome(status, packed, "", listed(unique(tampered)))

    return examine
