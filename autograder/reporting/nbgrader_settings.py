"""How nbgrader is configured, and where its errors go."""

from __future__ import annotations

import logging
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader


def load_nbgrader_config(root: Path) -> Config:
    """The configuration that `nbgrader` reads when it is started in the folder `root`."""
    config: Config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    return config


def listening_logger(errors: list[str]) -> logging.Logger:
    """A logger that appends nbgrader's errors, which it prints instead of raising, to a list."""
    logger = logging.Logger("nbgrader", level=logging.ERROR)
    handler = logging.Handler()
    handler.emit = lambda record: errors.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(handler)
    return logger
