from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import ConstantLR
from torch.utils.data import Subset

import poselab.plots.poses
from poselab.datasets import DeviceDict, EgoCapDataset
from poselab.profiles import Profile
from poselab.skeletons import EGOCAP
from poselab.training.augmentation.images import flip_some_left_right
from poselab.training.checkpoints import CheckpointError, list_checkpoints
from poselab.training.loop import History, one_cycle, predict_all, train
from tests.poselab.conftest import TinyNetwork, mean_distance, read_pose, squared_error

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
        options = {"error": mean_distance, **options}
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
        return mean_distance(predicted, target)

    def off_in_x(_network: nn.Module, batch: DeviceDict) -> Tensor:
        return batch["pose_2d"] + torch.tensor([0.1, 0.0])

    history, _ = run(predict=off_in_x, error=error, settings={"batch_size": 1, "epochs": 2})
    assert history.errors == pytest.approx([15.9, 15.9], rel=1e-5)
    first, *after_epochs = calls
    assert first[0].shape == (1, 1, 2)  # an error function that is not written fails at once
    assert len(after_epochs) == 2
    expected = sets[1].poses_01 * torch.tensor([159.0, 127.0])
    torch.testing.assert_close(after_epochs[0][1], expected)


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
    history, weights = run(checkpoint_folder=tmp_path, name="Heat maps (I)")
    assert [p.name for p in list_checkpoints(tmp_path / "heat-maps-i")] == [
        "epoch-0002.pt",
        "epoch-0003.pt",
    ]

    def objective(_network: nn.Module, _batch: DeviceDict) -> Tensor:
        raise AssertionError("trained again")

    again, same_weights = run(objective=objective, checkpoint_folder=tmp_path, name="Heat maps (I)")
    assert again == history and same(weights, same_weights)


def test_it_says_that_it_goes_on(
    run: Callable[..., Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(checkpoint_folder=tmp_path)
    capsys.readouterr()
    run(checkpoint_folder=tmp_path)
    assert "Going on from" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change", [{"epochs": 4}, {"seed": 9}, {"batch_size": 5}, {"learning_rate": 0.5}]
)
def test_a_checkpoint_of_other_settings_is_refused(
    run: Callable[..., Any], tmp_path: Path, change: dict[str, Any]
) -> None:
    run(checkpoint_folder=tmp_path)
    with pytest.raises(CheckpointError, match=r"settings .* delete .* to start afresh"):
        run(checkpoint_folder=tmp_path, settings=change)


def test_a_checkpoint_of_another_network_is_refused(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    run(checkpoint_folder=tmp_path)
    network = TinyNetwork()
    network.layers.append(nn.Linear(36, 36))
    with pytest.raises(CheckpointError, match="weights of another network"):
        run(network, checkpoint_folder=tmp_path)


def test_without_a_folder_nothing_is_written(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run()
    assert list(tmp_path.iterdir()) == []


# Schedules


def test_one_cycle_climbs_and_falls() -> None:
    optimiser = torch.optim.AdamW([nn.Parameter(torch.zeros(1))], lr=0.02)
    scheduler = one_cycle(optimiser, 100)
    rates = []
    for _ in range(100):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    assert max(rates) == pytest.approx(0.02)
    assert 20 <= rates.index(max(rates)) <= 30
    assert rates[0] < 0.001 and rates[-1] < 0.0001


def test_a_schedule_of_ones_own(run: Callable[..., Any], tmp_path: Path) -> None:
    rates: list[float] = []
    made: list[int] = []

    def schedule(optimiser: torch.optim.Optimizer, n_steps: int) -> ConstantLR:
        made.append(n_steps)
        rates.append(optimiser.param_groups[0]["lr"])
        return ConstantLR(optimiser, factor=0.5, total_iters=10**6)

    run(schedule=schedule, checkpoint_folder=tmp_path)
    assert made == [12, 12] and rates == [0.01, 0.002]


# What a student gets wrong


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (lambda loss: loss.item(), "must return one number, but it returned a float"),
        (lambda loss: loss.expand(3), r"one number, but it returned a tensor of shape \(3,\)"),
        (lambda loss: None, "one number, but it returned a NoneType"),
        (lambda loss: loss.detach(), "No gradient flows from the loss"),
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
        (lambda pose: pose.transpose(1, 2), r"\(6, 18, 2\), but .* a tensor of shape \(6, 2, 18\)"),
        (lambda pose: pose.tolist(), "returned a list"),
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


class NotebookDisplay:
    """Stands for IPython's display."""

    def __init__(self) -> None:
        self.shown: list[bytes] = []

    def __call__(self, picture: Any, *, display_id: bool) -> NotebookDisplay:
        assert display_id
        self.update(picture)
        return self

    def update(self, picture: Any) -> None:
        self.shown.append(picture.png())


def test_curves_grow_in_a_notebook(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    display = NotebookDisplay()
    monkeypatch.setattr(poselab.plots.poses, "_notebook_display", lambda: display)
    monkeypatch.setattr(poselab.plots.poses, "_LIVE_SECONDS", 0.0)
    run()
    assert len(display.shown) == 3
    assert len(set(display.shown)) == 3


def test_fast_epochs_do_not_draw_each_time_but_the_last_one_is_drawn(
    run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    display = NotebookDisplay()
    monkeypatch.setattr(poselab.plots.poses, "_notebook_display", lambda: display)
    monkeypatch.setattr(poselab.plots.poses, "_LIVE_SECONDS", 3600.0)
    run()
    assert len(display.shown) == 2


# predict_all


def test_predict_all_keeps_the_order_and_works_on_a_subset(
    sets: tuple[EgoCapDataset, EgoCapDataset], make_profile: Callable[..., Profile]
) -> None:
    chosen = Subset(sets[0], [20, 3, 7])
    predicted, target = predict_all(
        TinyNetwork(), lambda _, batch: batch["pose_2d"], chosen, make_profile(batch_size=1)
    )
    assert torch.equal(predicted, target)
    expected = sets[0].poses_01[[20, 3, 7]] * torch.tensor([159.0, 127.0])
    torch.testing.assert_close(target, expected)
    assert not predicted.requires_grad
