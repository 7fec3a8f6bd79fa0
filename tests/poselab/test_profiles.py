from __future__ import annotations

import copy
import pickle

import pytest
import torch

from poselab.profiles import ProfileError, load_profile


def test_cpu_is_the_default_where_no_gpu_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSELAB_PROFILE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    profile = load_profile("heatmap_2d")
    assert (profile.name, profile.device) == ("cpu", torch.device("cpu"))


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POSELAB_PROFILE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    profile = load_profile("heatmap_2d")
    assert (profile.name, profile.device) == ("gpu", torch.device("cuda"))


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSELAB_PROFILE", "smoke")
    profile = load_profile("heatmap_2d")
    assert profile.name == "smoke" and profile.epochs == 1
    assert load_profile("heatmap_2d", "cpu").name == "cpu"


@pytest.mark.parametrize("name", ["smoke", "cpu"])
def test_settings_that_the_notebook_needs(name: str) -> None:
    profile = load_profile("heatmap_2d", name)
    assert profile.n_images >= 5 and profile.batch_size > 0 and profile.epochs > 0
    assert 0 < profile.learning_rate < 1
    assert isinstance(profile.seed, int)


def test_what_is_wrong_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ProfileError, match=r"no profile 'fast'.*cpu"):
        load_profile("heatmap_2d", "fast")
    with pytest.raises(ProfileError, match=r"no settings for 'juggling', only for .*heatmap_2d"):
        load_profile("juggling", "cpu")
    with pytest.raises(ProfileError, match="needs a CUDA device"):
        load_profile("heatmap_2d", "gpu")
    with pytest.raises(AttributeError, match=r"no setting 'momentum', only batch_size.*epochs"):
        _ = load_profile("heatmap_2d", "cpu").momentum


def test_replace_makes_a_new_one() -> None:
    profile = load_profile("heatmap_2d", "cpu")
    changed = profile.replace(epochs=99, seed=3)
    assert (changed.epochs, changed.seed, changed.batch_size) == (99, 3, profile.batch_size)
    assert profile.epochs != 99


def test_it_cannot_be_changed() -> None:
    profile = load_profile("heatmap_2d", "cpu")
    with pytest.raises(AttributeError):
        profile.seed = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        profile.settings["epochs"] = 3  # type: ignore[index]


def test_it_can_be_copied_and_shown() -> None:
    profile = load_profile("heatmap_2d", "cpu")
    assert copy.copy(profile).epochs == profile.epochs
    assert f"epochs={profile.epochs}" in repr(profile) and "'cpu' on cpu" in repr(profile)
    with pytest.raises(TypeError):
        pickle.dumps(profile.settings)
