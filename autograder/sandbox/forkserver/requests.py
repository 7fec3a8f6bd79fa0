"""The question and the answer between the host and a kernel that runs cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

REQUEST = "run_cases"
REPLY = "run_cases_reply"
EXAMINED = "examined"
"""The kind of the note that vouches for a reply."""

SPARE_FILES = 64
"""Files that running cases may open where a submission has opened as many as it may."""


@dataclass(frozen=True)
class Outcome:
    """What goes back to the host.

    Args:
        status: ``ok``, ``undefined``, ``interrupted`` (with the observations made until then; by
            whom, only the host knows) or ``failed``.
        observations: a safetensors file, empty when there are none.
        error: why it failed.
        tampered: what the student's code had changed in the code that runs the cases.
        incidents: what else it did to what is measured, a sentence for each.
    """

    status: str
    observations: bytes = b""
    error: str = ""
    tampered: list[str] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)


Examine = Callable[[Mapping[str, Any]], Outcome]
"""Takes ``names``, the user's; ``function``, the name of one; ``cases``, a safetensors file;
``stand_ins``, sources of definitions that take the place of the user's own meanwhile; and
``nonce``, which nobody could know before."""

Seal = Callable[[Mapping[str, Any], Mapping[str, Any], bytes], str]
"""A demand, the fields of its outcome, and the observations -> hexadecimal digits."""


def make_seal(key: bytes) -> Seal:
    """What makes a seal that only those who have the key can make.

    It works where everything that has a name may have been replaced.
    """
    empty, size, encoded, kind = blake2b(key=key, digest_size=16), len, bytes, type
    whole_number = int

    def seal(demand: Mapping[str, Any], reply: Mapping[str, Any], content: bytes) -> str:
        parts = [demand["nonce"], demand["function"], demand["cases"]]
        for name, source in demand["stand_ins"].items():
            parts += [name, source]
        parts += [reply["status"], reply["error"], content]
        for several in (reply["tampered"], reply["incidents"]):
            parts += [f"{size(several)}", *several]
        digest = empty.copy()
        for part in parts:
            whole = part if kind(part) is encoded else f"{part}".encode("utf-8", "replace")
            digest.update(whole_number.to_bytes(size(whole), 8, "little"))
            digest.update(whole)
        return digest.hexdigest()

    return seal
