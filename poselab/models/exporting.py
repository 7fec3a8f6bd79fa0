"""Exporting a network to ONNX without what PyTorch's exporter prints about itself."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_LOGGERS = ("torch.onnx", "torch.export", "onnxscript")
_VIEW_AS = re.compile(r"view\.dtype|overload='dtype'|aten::view\b")
"""What the exporters say of a ``view`` that changes the dtype: the newer one, and the older one."""


class ExportError(RuntimeError):
    """The network does something that cannot be written into a file; the sentence says what."""


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """A block in which the exporter keeps its warnings to itself; errors are raised as ever.

    Raises:
        ExportError: the network calls ``view(torch.uint8)`` on frames that are uint8 already.
    """
    loggers = [logging.getLogger(name) for name in _loggers()]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        if not any(_VIEW_AS.search(str(one)) for one in _chain(error)):
            raise
        raise ExportError(
            "The exporter cannot write `view(torch.uint8)` into a file. Look into "
            "`normalize_frames`: frames that are uint8 already do not need it, so call it only "
            "`if frames.dtype == torch.int8`. Then run its cell again, and export again."
        ) from error
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _loggers() -> Iterator[str]:
    """The exporters' loggers, also those that have a level of their own."""
    yield from _LOGGERS
    for name in list(logging.root.manager.loggerDict):
        if name.startswith(tuple(f"{one}." for one in _LOGGERS)):
            yield name


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
