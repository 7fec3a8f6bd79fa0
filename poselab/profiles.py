"""The size of the data and the length of training, for smoke tests, CPUs and GPUs.

The numbers are in ``profiles.json``, which ``autograder build`` writes from ``course.toml``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import torch

VARIABLE = "POSELAB_PROFILE"
"""The environment variable that chooses a profile by its name."""


class ProfileError(ValueError):
    """A profile or a setting that does not exist, or cannot be used here."""


@dataclass(frozen=True)
class Profile:
    """The settings of one assignment on one kind of machine, as attributes: ``profile.epochs``.

    Args:
        name: ``"smoke"`` (seconds, for tests), ``"cpu"`` or ``"gpu"``.
        device: the device for networks and mini-batches.
        seed: the seed of every random number generator.
        settings: all other settings by name, such as ``n_images``, ``batch_size``, ``epochs`` and
            ``learning_rate``.
    """

    name: str
    device: torch.device
    seed: int
    settings: Mapping[str, Any]

    def __getattr__(self, setting: str) -> Any:
        # Called only for what is not a field. Copying asks for "settings" before it is set.
        if setting.startswith("__") or setting == "settings":
            raise AttributeError(setting)
        if setting not in self.settings:
            raise AttributeError(
                f"The profile {self.name!r} has no setting {setting!r}, only "
                f"{', '.join(sorted(self.settings))}."
            )
        return self.settings[setting]

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return f"Profile({self.name!r} on {self.device}, seed={self.seed}, {settings})"

    def replace(self, **changes: Any) -> Profile:
        """Return a profile with some settings changed: ``profile.replace(epochs=2)``."""
        settings = {**self.settings, **changes}
        return Profile(
            name=settings.pop("name", self.name),
            device=torch.device(settings.pop("device", self.device)),
            seed=settings.pop("seed", self.seed),
            settings=MappingProxyType(settings),
        )


def load_profile(assignment: str, name: str | None = None) -> Profile:
    """Load the settings for ``assignment`` on this machine.

    Args:
        assignment: the assignment's id, such as ``"heatmap_2d"``.
        name: the profile's name; by default the value of the environment variable
            ``POSELAB_PROFILE`` or, if that is not set, ``"gpu"`` where CUDA is available and
            ``"cpu"`` elsewhere.

    Returns:
        The profile; its ``seed`` is 0 unless the settings name another.

    Raises:
        ProfileError: there is no such profile or assignment, or the profile is ``"gpu"`` and there
            is no CUDA device.
    """
    has_gpu = torch.cuda.is_available()
    name = name or os.environ.get(VARIABLE) or ("gpu" if has_gpu else "cpu")
    profiles = json.loads(files("poselab").joinpath("profiles.json").read_text(encoding="utf-8"))
    if name not in profiles:
        raise ProfileError(
            f"There is no profile {name!r}: set {VARIABLE} to one of {', '.join(profiles)}."
        )
    if assignment not in profiles[name]:
        raise ProfileError(
            f"The profile {name!r} has no settings for {assignment!r}, only for "
            f"{', '.join(profiles[name])}."
        )
    if name == "gpu" and not has_gpu:
        raise ProfileError(
            "The profile 'gpu' needs a CUDA device and there is none: choose a GPU runtime, or set "
            f"{VARIABLE} to cpu."
        )
    settings = dict(profiles[name][assignment])
    return Profile(
        name=name,
        device=torch.device("cuda" if name == "gpu" else "cpu"),
        seed=settings.pop("seed", 0),
        settings=MappingProxyType(settings),
    )
