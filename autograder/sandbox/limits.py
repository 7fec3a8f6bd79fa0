"""What a kernel may use."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from autograder.errors import CourseError


@dataclass(frozen=True)
class KernelLimits:
    """What one kernel, with everything that it starts, may use.

    Args:
        memory_bytes: beyond what a kernel has when it starts.
        processes: at one time.
        open_files: in each process.
        disk_bytes: in all its folders together, which lie in memory.
        cpu_seconds: of processor time.
        output_bytes: that one cell may print and show.
    """

    memory_bytes: int = 2 << 30
    processes: int = 64
    open_files: int = 1024
    disk_bytes: int = 256 << 20
    cpu_seconds: int = 600
    output_bytes: int = 8 << 20

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> KernelLimits:
        """Limits as a kernelspec or a configuration file writes them.

        Args:
            config: values by the names of the limits.

        Returns:
            The limits; one that ``config`` does not name has its default.

        Raises:
            CourseError: there is no such limit, or it is not a positive whole number.
        """
        names = [item.name for item in fields(cls)]
        for name, value in config.items():
            if name not in names:
                raise CourseError(f"Unknown limit {name!r}; the limits are {', '.join(names)}.")
            if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
                raise CourseError(
                    f"The limit {name} must be a positive whole number, not {value!r}."
                )
        return cls(**config)
