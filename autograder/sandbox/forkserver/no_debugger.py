"""ipykernel without its debugger: no submission is debugged while it is graded.

The debugger's threads and sockets would cost every start, and its import complains on a terminal.
"""

from __future__ import annotations

import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
_known = "debugpy" in _modules
if not _known:
    _modules["debugpy"] = None
try:
    import ipykernel.debugger
finally:
    if not _known:
        del _modules["debugpy"]

ipykernel.debugger._is_debugpy_available = False
