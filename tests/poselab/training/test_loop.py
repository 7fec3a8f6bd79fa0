from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import l1_loss, mse_loss
from torch.optim import Adam, Optimizer
from torch.optim.lr_scheduler import ConstantLR, ExponentialLR, LRScheduler
from torch.utils.data import Dataset, Subset

from poselab.datasets import DeviceDict, EgoCapDataset
from poselab.profiles import Profile
from poselab.skeletons import EGOCAP
from poselab.training.augmentation.images import flip_some_left_right
from poselab.training.checkpoints import list_checkpoints, list_trainings
from poselab.training.history import History
from poselab.training.loop import gradient_step, predict_all, train, train_by_epochs
from tests.poselab.conftest import (
    TinyNetwork,
    error_px,
    mean_distance,
    read_pose,
    squared_error,
)

Weights = dict[str, Tensor]


@pytest.fixture
def sets(egocap_file: Path) -> tuple[EgoCapDataset, EgoCapDataset]:
    return EgoCapDataset(egocap_file), EgoCapDataset(egocap_file, "validation")


@pytest.fixture
def run(
    sets: tuple[EgoCapDataset, EgoCapDataset], make_profile: Callable[..., Profile]
) -> Callable[..., tuple[History, Weights]]:
    """A training of the tiny network, with shuffling, dropout and augmentation."""

    def do(
        network: nn.Module | None = None,
        objective: Callable[[nn.Module, DeviceDict], Tensor] = squared_error,
        predict: Callable[[nn.Module, DeviceDict], Tensor] = read_pose,
        settings: dict[str, Any] | None = None,
        **options: Any,
    ) -> tuple[History, Weights]:
        network = network or TinyNetwork()
        options = {"error": error_px, "target": "pose_2d", **options}
        options.setdefault("augment", partial(flip_some_left_right, skeleton=EGOCAP))
        profile = make_profile(**(settings or {}))
        history = train(network, objective, predict, *sets, profile, **options)
        return history, network.state_dict()

    return do


def same(first: Weights, second: Weights) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[k], second[k]) for k in first)


def test_it_learns_and_says_how(run: Callable[..., Any]) -> None:
    history, _ = run(settings={"epochs": 30, "learning_rate": 0.03}, name="tiny", augment=None)
    assert history.name == "tiny"
    assert len(history.losses) == 30 * 4
    assert len(history.errors) == len(history.seconds) == 30
    assert history.error == history.errors[-1]
    assert history.total_seconds == pytest.approx(sum(history.seconds))
    assert np.mean(history.losses[-4:]) < 0.5 * np.mean(history.losses[:4])


def test_the_error_is_in_pixels_of_the_image_over_the_whole_set(
    run: Callable[..., Any], sets: tuple[EgoCapDataset, EgoCapDataset]
) -> None:
    """Off by 0.1 in x is 15.9 px; the six validation images come as four and two."""
    calls: list[tuple[Tensor, Tensor]] = []

    def error(predicted: Tensor, target: Tensor) -> Tensor:
        calls.append((predicted, target))
        return error_px(predicted, target)

    def off_in_x(_network: nn.Module, batch: DeviceDict) -> Tensor:
        return batch["pose_2d"] + torch.tensor([0.1, 0.0])

    history, _ = run(predict=off_in_x, error=error, settings={"batch_size": 1, "epochs": 2})
    assert history.errors == pytest.approx([15.9, 15.9], rel=1e-5)
    first, *after_epochs = calls
    assert first[0].shape == (1, 18, 2)  # an error function that is not written fails at once
    assert len(after_epochs) == 2
    assert torch.equal(after_epochs[0][1], sets[1].poses_01)


def test_modes_during_steps_and_predictions(run: Callable[..., Any]) -> None:
    seen: dict[str, list[tuple[bool, bool]]] = {"step": [], "prediction": []}

    def objective(network: nn.Module, batch: DeviceDict) -> Tensor:
        seen["step"].append((network.training, torch.is_grad_enabled()))
        return squared_error(network, batch)

    def predict(network: nn.Module, batch: DeviceDict) -> Tensor:
        seen["prediction"].append((network.training, torch.is_grad_enabled()))
        return read_pose(network, batch)

    run(objective=objective, predict=predict)
    assert set(seen["step"]) == {(True, True)}
    assert set(seen["prediction"]) == {(False, False)}


def test_every_image_is_seen_once_an_epoch_in_another_order(run: Callable[..., Any]) -> None:
    orders: list[float] = []

    def objective(network: nn.Module, batch: DeviceDict) -> Tensor:
        orders.extend(batch["pose_2d"][:, 0, 0].tolist())
        return squared_error(network, batch)

    run(objective=objective, settings={"epochs": 2}, augment=None)
    first, second = orders[:25], orders[25:]
    assert sorted(first) == sorted(second) and len(set(first)) == 25
    assert first != second


# The same numbers every time


def test_the_seed_alone_decides(run: Callable[..., Any]) -> None:
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    history, weights = run()
    random.seed(2), np.random.seed(2), torch.manual_seed(2)
    again, same_weights = run()
    other, other_weights = run(settings={"seed": 6})
    assert history.losses == again.losses and history.errors == again.errors
    assert same(weights, same_weights)
    assert history.losses != other.losses and not same(weights, other_weights)


def test_the_callers_generators_are_left_alone(run: Callable[..., Any]) -> None:
    network = TinyNetwork()
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    expected = random.random(), np.random.rand(), torch.rand(1)
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    run(network)
    assert (random.random(), np.random.rand(), torch.rand(1)) == expected


class Stop(Exception):  # noqa: N818
    pass


@pytest.mark.parametrize("steps", [3, 4, 6, 9, 11])
@pytest.mark.parametrize("stop", [KeyboardInterrupt, Stop])
def test_interrupted_and_resumed_is_as_if_uninterrupted(
    run: Callable[..., Any], tmp_path: Path, steps: int, stop: type[BaseException]
) -> None:
    """Whatever epoch it stops in: weights, statistics, losses and errors are equal to the bit."""
    n_steps = 0

    def objective(network: nn.Module, batch: DeviceDict) -> Tensor:
        nonlocal n_steps
        n_steps += 1
        if n_steps > steps:
            raise stop
        # All three generators take part.
        noise = torch.rand(1) + random.random() + np.random.rand()
        return squared_error(network, batch) * noise

    with pytest.raises(stop):
        run(objective=objective, checkpoint_folder=tmp_path / "interrupted")
    torch.manual_seed(99)
    n_steps = -1000
    resumed, resumed_weights = run(objective=objective, checkpoint_folder=tmp_path / "interrupted")
    assert n_steps + 1000 == 12 - steps // 4 * 4, "complete epochs are not trained again"
    n_steps = -1000
    whole, weights = run(objective=objective)
    assert resumed.losses == whole.losses and resumed.errors == whole.errors
    assert len(resumed.seconds) == 3
    assert same(resumed_weights, weights)


def test_a_finished_training_is_not_done_again(run: Callable[..., Any], tmp_path: Path) -> None:
    steps: list[float] = []

    def step(*step_of: Any) -> float:
        steps.append(gradient_step(*step_of))
        return steps[-1]

    history, weights = run(step=step, checkpoint_folder=tmp_path, name="Heat maps (I)")
    (folder,) = list_trainings(tmp_path / "heat-maps-i")
    assert [p.name for p in list_checkpoints(folder)] == ["epoch-0002.pt", "epoch-0003.pt"]
    assert len(steps) == 12
    again, same_weights = run(step=step, checkpoint_folder=tmp_path, name="Heat maps (I)")
    assert again == history and same(weights, same_weights) and len(steps) == 12


def test_it_says_that_it_goes_on(
    run: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(checkpoint_folder=tmp_path)
    capsys.readouterr()
    run(checkpoint_folder=tmp_path)
    assert "is trained already: loaded. Delete" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change", [{"epochs": 4}, {"seed": 9}, {"batch_size": 5}, {"learning_rate": 0.5}]
)
def test_with_other_settings_it_starts_afresh(
    run: Callable[..., Any], tmp_path: Path, change: dict[str, Any], capsys: Any
) -> None:
    first = run(checkpoint_folder=tmp_path)
    expected = run(settings=change)
    capsys.readouterr()
    again = run(checkpoint_folder=tmp_path, settings=change)
    assert again[0].losses == expected[0].losses and same(again[1], expected[1])
    assert "has changed since it was last trained: it starts afresh" in capsys.readouterr().out
    back = run(checkpoint_folder=tmp_path)
    assert same(back[1], first[1]) and "is trained already" in capsys.readouterr().out


def test_another_network_starts_afresh(run: Callable[..., Any], tmp_path: Path) -> None:
    run(checkpoint_folder=tmp_path)
    network = TinyNetwork()
    network.layers.append(nn.Linear(36, 36))
    history, _ = run(network, checkpoint_folder=tmp_path)
    assert len(history.errors) == 3


def test_of_one_name_the_three_newest_trainings_stay(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    for seed in range(5):
        run(checkpoint_folder=tmp_path, settings={"seed": seed}, name="tiny")
    assert len(list_trainings(tmp_path / "tiny")) == 3


def test_a_damaged_checkpoint_costs_one_epoch(
    run: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, weights = run(checkpoint_folder=tmp_path, name="tiny")
    (training,) = list_trainings(tmp_path / "tiny")
    newest = list_checkpoints(training)[-1]
    newest.write_bytes(newest.read_bytes()[:1000])
    again, same_weights = run(checkpoint_folder=tmp_path, name="tiny")
    assert again.losses == whole.losses and same(weights, same_weights)
    out = capsys.readouterr().out
    assert "damaged" in out and "after epoch 2 of 3" in out


KILLED = """
import os, signal, sys
import torch
from poselab.training.loop import train
sys.path.insert(0, {root!r})
from tests.poselab.conftest import TinyNetwork, error_px, read_pose, squared_error
from poselab.datasets import EgoCapDataset
from poselab.profiles import load_profile

def kill(history):
    if {kill} and len(history.errors) == 2:
        os.kill(os.getpid(), signal.SIGKILL)

network = TinyNetwork()
profile = load_profile("heatmap_2d", "cpu").replace(epochs=3, batch_size=8, learning_rate=0.01)
sets = EgoCapDataset({file!r}), EgoCapDataset({file!r}, "validation")
history = train(network, squared_error, read_pose, *sets, profile, error=error_px,
                target="pose_2d", name="tiny", checkpoint_folder={folder!r}, on_epoch=kill)
torch.save([history.losses, history.errors, network.state_dict()], {out!r})
"""


def test_a_killed_kernel_loses_no_epoch(egocap_file: Path, tmp_path: Path) -> None:
    """Killed with SIGKILL in the middle, then run again: equal curves and weights, to the bit."""

    def start(folder: str | None, kill: bool, out: str) -> subprocess.CompletedProcess[str]:
        root = str(Path(__file__).parents[3])
        code = KILLED.format(
            root=root, kill=kill, file=str(egocap_file), folder=folder, out=str(tmp_path / out)
        )
        return subprocess.run(
            [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False
        )

    folder = str(tmp_path / "checkpoints")
    assert start(folder, kill=True, out="never").returncode == -9
    resumed = start(folder, kill=False, out="resumed")
    assert "Resuming 'tiny' after epoch 2 of 3." in resumed.stdout
    assert start(None, kill=False, out="whole").returncode == 0
    (losses, errors, weights), (*curves, expected) = (
        torch.load(tmp_path / name) for name in ("resumed", "whole")
    )
    assert [losses, errors] == curves and same(weights, expected)


def test_without_a_folder_nothing_is_written(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run()
    assert list(tmp_path.iterdir()) == []


# Schedules


def test_a_schedule_of_ones_own(run: Callable[..., Any], tmp_path: Path) -> None:
    rates: list[float] = []
    made: list[int] = []

    def schedule(optimiser: Optimizer, n_steps: int) -> ConstantLR:
        made.append(n_steps)
        rates.extend(group["lr"] for group in optimiser.param_groups)
        return ConstantLR(optimiser, factor=0.5, total_iters=10**6)

    run(schedule=schedule, checkpoint_folder=tmp_path)
    assert made == [12] and rates == [0.01, 0.002]


# What a student gets wrong


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (lambda loss: loss.item(), "must return one number, but it returned a float"),
        (lambda loss: loss.expand(3), r"one number, but it returned a tensor of shape \(3,\)"),
        (lambda loss: None, "one number, but it returned a NoneType"),
        (lambda loss: loss.detach(), "No gradient flows back from the loss"),
    ],
)
def test_an_objective_that_returns_something_else(
    run: Callable[..., Any], result: Callable[[Tensor], object], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        run(objective=lambda network, batch: result(squared_error(network, batch)))


@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number(run: Callable[..., Any], factor: float) -> None:
    with pytest.raises(FloatingPointError, match=r"loss of 'tiny' became (nan|inf) in epoch 1"):
        run(objective=lambda n, b: squared_error(n, b) * factor, name="tiny")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pose: pose.transpose(1, 2), r"\(1, 18, 2\), but .* a tensor of shape \(1, 2, 18\)"),
        (lambda pose: pose.tolist(), "what came is a list"),
    ],
)
def test_a_prediction_that_is_no_pose(
    run: Callable[..., Any], change: Callable[[Tensor], object], words: str
) -> None:
    with pytest.raises(TypeError, match=words):
        run(predict=lambda network, batch: change(read_pose(network, batch)))


# What is shown


def test_nothing_goes_to_stderr(
    run: Callable[..., Any], capsys: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    history, _ = run(name="tiny")
    out, err = capsys.readouterr()
    assert err == ""
    assert "tiny" in out and f"epoch 3/3, {history.error:.2f} px" in out
    assert len(recwarn) == 0


def test_after_each_epoch_the_history_is_handed_over(run: Callable[..., Any]) -> None:
    seen: list[tuple[int, int]] = []
    run(on_epoch=lambda history: seen.append((len(history.losses), len(history.errors))))
    assert seen == [(4, 1), (8, 2), (12, 3)]


def test_a_resumed_training_shows_at_once_what_there_is(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    run(checkpoint_folder=tmp_path)
    seen: list[int] = []
    run(checkpoint_folder=tmp_path, on_epoch=lambda history: seen.append(len(history.errors)))
    assert seen == [3]


# What can be asked for


def test_validation_losses_are_recorded_where_they_are_asked_for(run: Callable[..., Any]) -> None:
    assert run()[0].validation_losses == []
    history, _ = run(validation_loss=mean_distance, error=mean_distance)
    assert history.validation_losses == history.errors


def test_an_epoch_of_some_samples_drawn_at_random(run: Callable[..., Any]) -> None:
    seen: list[float] = []

    def objective(network: nn.Module, batch: DeviceDict) -> Tensor:
        seen.extend(batch["pose_2d"][:, 0, 0].tolist())
        return squared_error(network, batch)

    history, _ = run(objective=objective, samples_per_epoch=12, augment=None)
    assert len(history.losses) == 3 * 2
    epochs = [set(seen[start : start + 12]) for start in (0, 12, 24)]
    assert [len(epoch) for epoch in epochs] == [12, 12, 12]
    assert epochs[0] != epochs[1] != epochs[2]
    seen.clear()
    run(objective=objective, samples_per_epoch=40, settings={"epochs": 1}, augment=None)
    assert len(seen) == 40 and len(set(seen)) == 25, "more than there are: some twice"


def test_long_gradients_are_shortened(run: Callable[..., Any]) -> None:
    norms: list[float] = []

    def optimiser(network: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
        made = torch.optim.SGD(network.parameters(), learning_rate)
        made.register_step_post_hook(lambda *_: norms.append(_gradient_norm(network)))
        return made

    run(optimiser=optimiser, max_gradient_norm=None)
    longest = max(norms)
    norms.clear()
    run(optimiser=optimiser, max_gradient_norm=longest / 10)
    assert max(norms) == pytest.approx(longest / 10, rel=1e-3)


def _gradient_norm(network: nn.Module) -> float:
    gradients = [weight.grad.flatten() for weight in network.parameters()]
    return float(torch.cat(gradients).norm())


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3))
def test_a_training_of_any_few_steps_works(epochs: int, samples: int, batch_size: int) -> None:
    values = {"epochs": epochs, "batch_size": batch_size, "learning_rate": 0.1}
    profile = Profile("cpu", torch.device("cpu"), 0, values)
    model = Line()
    before = [weight.clone() for weight in model.parameters()]
    history = train_line(model, profile, samples_per_epoch=samples)
    assert len(history.losses) == epochs * -(-samples // batch_size)
    assert len(history.errors) == epochs and np.isfinite(history.errors).all()
    moved = (not torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    assert all(moved)


# Steps and epochs of one's own


class Points(Dataset[DeviceDict]):
    """Numbers and what a line makes of them, with any names."""

    x = torch.linspace(-1, 1, 20)[:, None]

    def __len__(self) -> int:
        return 20

    def __getitem__(self, index: int) -> DeviceDict:
        return DeviceDict(x=self.x[index], y=3 * self.x[index] - 1)

    def batch(self, indices: Tensor) -> DeviceDict:
        return DeviceDict(x=self.x[indices], y=3 * self.x[indices] - 1)


class Line(nn.Linear):
    def __init__(self) -> None:
        torch.manual_seed(0)
        super().__init__(1, 1)


def line_objective(network: nn.Module, batch: DeviceDict) -> Tensor:
    return mse_loss(network(batch["x"]), batch["y"])


def line_predict(network: nn.Module, batch: DeviceDict) -> Tensor:
    return network(batch["x"])


def train_line(network: nn.Module, profile: Profile, **options: Any) -> History:
    options = {"objective": line_objective, "predict": line_predict, **options}
    return train(
        network, train_set=Points(), validation_set=Points(), profile=profile, error=l1_loss,
        target="y", **options,
    )  # fmt: skip


def training_step(
    model: nn.Module,
    batch: DeviceDict,
    loss_function: Callable[[Tensor, Tensor], Tensor],
    optimiser: Optimizer,
) -> float:
    """As a student writes it: its loss compares predictions and targets."""
    loss = loss_function(model(batch["x"]), batch["y"])
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    return loss.item()


def test_a_step_of_ones_own_fits_in(
    make_profile: Callable[..., Profile], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, given_step = Line(), Line()
    options: dict[str, Any] = {"max_gradient_norm": 0.5}
    history = train_line(
        own, make_profile(), objective=mse_loss, step=training_step, checkpoint_folder=tmp_path,
        **options,
    )  # fmt: skip
    assert "9/9" in capsys.readouterr().out, "the bar counts its steps, too"
    expected = train_line(given_step, make_profile(), **options)
    assert history.losses == expected.losses and history.errors == expected.errors
    assert same(own.state_dict(), given_step.state_dict())
    assert len(list_trainings(tmp_path / "network")) == 1


def step_by_closure(
    model: nn.Module,
    batch: DeviceDict,
    loss_function: Callable[[Tensor, Tensor], Tensor],
    optimiser: Optimizer,
) -> float:
    """Another way to write it."""

    def closure() -> Any:
        optimiser.zero_grad()
        loss = loss_function(model(batch["x"]), batch["y"])
        loss.backward()
        return loss

    return float(optimiser.step(closure).detach())  # type: ignore[attr-defined]


@pytest.mark.parametrize("max_gradient_norm", [0.5, None])
def test_gradients_are_clipped_in_a_closure_too(
    make_profile: Callable[..., Profile], max_gradient_norm: float | None
) -> None:
    closed, plain = Line(), Line()
    options: dict[str, Any] = {"objective": mse_loss, "max_gradient_norm": max_gradient_norm}
    # Adam alone would hide how long gradients are.
    options["optimiser"] = lambda network, rate: torch.optim.SGD(network.parameters(), rate)
    train_line(closed, make_profile(), step=step_by_closure, **options)
    train_line(plain, make_profile(), step=training_step, **options)
    assert same(closed.state_dict(), plain.state_dict())


def test_a_smaller_last_batch_counts_for_its_samples(make_profile: Callable[..., Profile]) -> None:
    history = train_line(Line(), make_profile(epochs=2))
    assert history.sizes == history.weights == [8, 8, 4] * 2
    by_epochs = train_by_own_epochs(Line(), make_profile(epochs=2))
    assert by_epochs.sizes == [20, 20]


@pytest.mark.parametrize("result", [None, torch.tensor(1.0)])
def test_a_step_that_returns_no_number(make_profile: Callable[..., Profile], result: Any) -> None:
    with pytest.raises(TypeError, match="must return its loss as a float, but it returned a"):
        train_line(Line(), make_profile(), step=lambda *_: result)


def run_epoch(
    epoch_no: int,
    data: Points,
    model: nn.Module,
    optimiser: Optimizer,
    scheduler: LRScheduler,
    batch_size: int = 64,
    split: str = "train",
) -> tuple[float, float]:
    """As a student writes it: trains or measures, and returns both means over samples."""
    is_training, was_training = split == "train", model.training
    model.train(is_training)
    order = torch.randperm(len(data)) if is_training else torch.arange(len(data))
    losses, errors = [], []
    with torch.set_grad_enabled(is_training):
        for indices in order.split(batch_size):
            batch = data.batch(indices)
            predicted = model(batch["x"])
            loss = mse_loss(predicted, batch["y"])
            losses.append(loss.item() * len(indices))
            errors.append((predicted - batch["y"]).abs().sum().item())
            if is_training:
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
    if is_training:
        scheduler.step()
    else:
        model.train(was_training)
    return sum(losses) / len(data), sum(errors) / len(data)


def train_by_own_epochs(network: nn.Module, profile: Profile, **options: Any) -> History:
    return train_by_epochs(
        network,
        options.pop("run_epoch", run_epoch),
        Points(),
        Points(),
        profile,
        optimiser=lambda network, rate: Adam(network.parameters(), lr=rate),
        schedule=lambda optimiser, _: ExponentialLR(optimiser, gamma=0.97),
        unit="mm",
        **options,
    )


def test_an_epoch_of_ones_own_fits_in(
    make_profile: Callable[..., Profile], capsys: pytest.CaptureFixture[str]
) -> None:
    profile = make_profile(epochs=30, learning_rate=0.1)
    history = train_by_own_epochs(Line(), profile)
    assert len(history.losses) == len(history.validation_losses) == len(history.errors) == 30
    assert history.errors[-1] < 0.1 * history.errors[0]
    out = capsys.readouterr().out
    assert "90/90" in out and f"epoch 30/30, {history.error:.2f} mm" in out


def test_an_epoch_of_ones_own_is_resumed_to_the_bit(
    make_profile: Callable[..., Profile], tmp_path: Path
) -> None:
    calls: list[tuple[int, str, float]] = []

    def watched(epoch_no: int, data: Points, model: nn.Module, *others: Any) -> tuple[float, float]:
        calls.append((epoch_no, others[-1], others[0].param_groups[0]["lr"]))
        if len(calls) == 4:
            raise KeyboardInterrupt
        return run_epoch(epoch_no, data, model, *others)

    profile = make_profile()
    with pytest.raises(KeyboardInterrupt):
        train_by_own_epochs(Line(), profile, run_epoch=watched, checkpoint_folder=tmp_path)
    model = Line()
    resumed = train_by_own_epochs(model, profile, run_epoch=watched, checkpoint_folder=tmp_path)
    whole_model = Line()
    whole = train_by_own_epochs(whole_model, profile)
    assert resumed.losses == whole.losses and resumed.errors == whole.errors
    assert same(model.state_dict(), whole_model.state_dict())
    assert [call[:2] for call in calls] == [
        (0, "train"), (0, "validation"), (1, "train"), (1, "validation"),
        (1, "train"), (1, "validation"), (2, "train"), (2, "validation"),
    ]  # fmt: skip
    assert calls[-2][2] == pytest.approx(0.01 * 0.97**2)


def test_an_epoch_whose_loss_is_no_number(make_profile: Callable[..., Profile]) -> None:
    with pytest.raises(FloatingPointError, match="'network' became nan in epoch 1"):
        train_by_own_epochs(Line(), make_profile(), run_epoch=lambda *_: (float("nan"), 1.0))


# predict_all


def test_predict_all_keeps_the_order_and_works_on_a_subset(
    sets: tuple[EgoCapDataset, EgoCapDataset], make_profile: Callable[..., Profile]
) -> None:
    chosen = Subset(sets[0], [20, 3, 7])
    predicted, target = predict_all(
        TinyNetwork(), lambda _, batch: batch["pose_2d"], chosen, make_profile(batch_size=1),
        target="pose_2d",
    )  # fmt: skip
    assert torch.equal(predicted, target)
    assert torch.equal(target, sets[0].poses_01[[20, 3, 7]])
    assert not predicted.requires_grad
