"""Runs one submitted script by itself, in the sandbox, as ``python SCRIPT`` runs it at home.

    run_script.py SANDBOX ORDER

``SANDBOX`` is ``bubblewrap`` or ``none``; ``ORDER`` is an open file, by its number, as
``autograder.grading.model_process`` packs it: the script's name, what it may take, and all files
that lie where it runs. What the script prints is what this process prints; if it fails, a zero
byte and the reason follow.
"""

from __future__ import annotations

import contextlib
import math
import os
import runpy
import sys
from pathlib import Path

from run_model import confine, enter_room, limit, limit_seconds, prepare_for_script, unpack


def main(sandbox: str, order: int) -> None:
    """Import, confine, run."""
    head, groups = unpack(order)
    from poselab.models.verify import limit_memory

    if sandbox == "bubblewrap":
        enter_room(head["room"])
    for name, content in groups("files").items():
        Path(name).write_bytes(content.tobytes())
    prepare_for_script()
    seconds = math.ceil(head["seconds"])
    if sandbox == "bubblewrap":
        confine()
    limit_memory(head["memory_bytes"])
    limit(seconds)
    limit_seconds(seconds)
    sys.argv = [head["script"]]
    sys.path[0] = str(Path.cwd())
    try:
        runpy.run_path(head["script"], run_name="__main__")
    except BaseException as error:
        if isinstance(error, SystemExit) and error.code in (None, 0):
            return
        with contextlib.suppress(Exception):
            sys.stdout.flush()
        os.write(1, b"\0" + f"{type(error).__name__}: {error}".encode(errors="replace")[:4096])
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
