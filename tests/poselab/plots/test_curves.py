from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

import poselab.plots.curves
from poselab.plots.curves import (
    LiveCurves,
    plot_accuracy,
    plot_error_fractions,
    plot_histories,
    plot_joint_errors,
)
from poselab.plots.figure import (
    BASELINE_STYLE,
    METHOD_COLOURS,
    METHOD_STYLES,
    Picture,
    styles_of,
)
from poselab.skeletons import UPPER_BODY
from poselab.training.history import History
from tests.poselab.plots.reading import texts


def history(name: str, factor: float) -> History:
    losses = [factor * 0.9**step for step in range(40)]
    return History(name, losses, errors=[9.0, 6.0, 5.0, factor], seconds=[1.0] * 4)


def test_one_history_shows_its_loss_as_it_is() -> None:
    picture = plot_histories(history("heat maps", 4.0))
    loss, error = picture.axes
    np.testing.assert_allclose(loss.lines[0].get_ydata(), history("", 4.0).losses)
    assert loss.lines[0].get_xdata()[-1] == 4
    np.testing.assert_allclose(error.lines[0].get_xydata(), [[1, 9], [2, 6], [3, 5], [4, 4]])
    assert "heat maps: 4.00 px" in texts(picture)


@pytest.mark.parametrize("n_steps", [1, 2, 3, 100])
def test_a_training_of_any_length_is_drawn(n_steps: int) -> None:
    losses = [float(step + 1) for step in range(n_steps)]
    loss, _ = plot_histories(History("short", losses, [4.0], [1.0])).axes
    smooth = loss.lines[-1].get_ydata()
    assert len(smooth) == n_steps
    width = n_steps // 40
    if width:  # inside, the mean of a straight line's neighbours is the line
        np.testing.assert_allclose(smooth[width:-width], losses[width:-width])


def test_a_smaller_batch_counts_for_less() -> None:
    losses = [1.0, 1.0, 7.0] * 40
    drawn = [
        plot_histories(History("ragged", losses, [4.0], [1.0], sizes=sizes)).axes[0].lines[-1]
        for sizes in ([8, 8, 2] * 40, [])
    ]
    width = 120 // 40
    weighted, plain = (line.get_ydata()[width:-width] for line in drawn)
    # Of seven steps in a row, two or three belong to a small batch.
    assert set(np.round(weighted, 6)) == {round((5 * 8 + 2 * 14) / 44, 6), round(74 / 38, 6)}
    assert set(np.round(plain, 6)) == {round(19 / 7, 6), round(25 / 7, 6)}


def test_several_histories_share_the_pixels_and_not_the_losses() -> None:
    picture = plot_histories(history("a", 4.0), history("b", 400.0))
    loss, error = picture.axes
    first, second = (line.get_ydata() for line in loss.lines)
    np.testing.assert_allclose(first, second)
    assert [line.get_ydata()[-1] for line in error.lines] == [4.0, 400.0]
    assert [line.get_color() for line in error.lines] == list(METHOD_COLOURS[:2])
    assert error.get_ylim()[0] == 0


def test_curves_of_trainings() -> None:
    history = History("a", [4.0, 3.0, 2.0], [9.0, 8.0, 7.0], [1.0] * 3, [5.0, 4.0, 3.5])
    left, right = plot_histories(history).axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), history.losses)
    np.testing.assert_allclose(left.lines[2].get_ydata(), history.validation_losses)
    np.testing.assert_allclose(right.lines[0].get_ydata(), history.errors)


@pytest.mark.parametrize("validation_losses", [[], [4.0]])
def test_a_single_epoch_lies_within_its_axes(validation_losses: list[float]) -> None:
    history = History("one", [4.0], [6.0], [1.0], validation_losses, n_epochs=1)
    for axes, value in zip(plot_histories(history).axes, (4.0, 6.0), strict=True):
        low, high = axes.get_ylim()
        assert low < value and high > 1.02 * value
        assert axes.get_xlim()[1] > 1.02
        assert any(line.get_marker() != "None" for line in axes.lines), "one point is no line"
    assert axes.get_ylim()[0] == 0


def test_curves_do_not_touch_the_frame() -> None:
    histories = [
        History(name, [4.0, 3.0, 2.5, top], [9.0, 7.0, 6.0, top], [1.0] * 4, [5.0, 4.0, 3.0, 8.0])
        for name, top in (("a", 2.0), ("b", 12.0))
    ]
    for axes in plot_histories(*histories).axes:
        top = max(line.get_ydata().max() for line in axes.lines)
        assert axes.get_ylim()[0] == 0 and axes.get_ylim()[1] > 1.05 * top
        assert axes.get_xlim()[1] > 4.1


def test_a_training_that_has_not_begun_has_axes() -> None:
    for axes in plot_histories(History("none")).axes:
        assert axes.get_xlim()[1] > 1


def test_every_joint_has_an_accuracy_curve() -> None:
    thresholds = torch.linspace(0, 20, 5)
    axes = plot_accuracy(thresholds, torch.rand(7, 5), "good").axes[0]
    assert [line.get_label() for line in axes.lines] == [
        joint.replace("-", " ") for joint in UPPER_BODY.joints
    ]
    assert axes.get_title() == "good"
    left, right = (axes.lines[UPPER_BODY.index(f"{side}-wrist")] for side in ("left", "right"))
    assert left.get_color() == right.get_color() and left.get_linestyle() != right.get_linestyle()


def test_joint_errors_name_the_joints_and_the_methods() -> None:
    errors = {"heat maps": torch.arange(18.0), "integral": torch.arange(18.0) / 2}
    picture = plot_joint_errors(errors)
    axes = picture.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()][:3] == [
        "head",
        "neck",
        "left shoulder",
    ]
    np.testing.assert_allclose(axes.lines[1].get_xdata(), np.arange(18) / 2)
    assert "heat maps" in texts(picture) and "integral" in texts(picture)


class NotebookDisplay:
    """Stands for IPython's display."""

    def __init__(self) -> None:
        self.shown: list[bytes] = []

    def __call__(self, picture: Picture, *, display_id: bool) -> NotebookDisplay:
        assert display_id
        self.update(picture)
        return self

    def update(self, picture: Picture) -> None:
        self.shown.append(picture.png())


def shown_in_a_notebook(monkeypatch: pytest.MonkeyPatch, pause: float) -> list[bytes]:
    """What a training of three epochs displays."""
    display = NotebookDisplay()
    monkeypatch.setattr(poselab.plots.curves, "in_notebook", lambda: True)
    monkeypatch.setattr(poselab.plots.curves, "_LIVE_SECONDS", pause)
    monkeypatch.setattr("IPython.display.display", display)
    live, whole = LiveCurves(), history("live", 4.0)
    for n_done in (1, 2, 3):
        live(History("live", whole.losses[: 10 * n_done], whole.errors[:n_done], n_epochs=3))
    return display.shown


def test_curves_grow_in_a_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shown_in_a_notebook(monkeypatch, 0.0)
    assert len(shown) == 3
    assert len(set(shown)) == 3


def test_fast_epochs_do_not_draw_each_time_but_the_last_one_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(shown_in_a_notebook(monkeypatch, 3600.0)) == 2


def test_elsewhere_nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("IPython.display.display", lambda *_, **__: 1 / 0)
    LiveCurves()(history("script", 4.0))


def test_a_method_looks_the_same_in_every_figure() -> None:
    styles = styles_of(["regression", "heat maps", "integral"])
    names = ["mean pose", "integral", "heat maps"]
    looks = {name: styles_of(names, styles)[name] for name in names}
    curves = plot_histories(history("integral", 4.0), history("heat maps", 5.0), styles=styles)
    joints = plot_joint_errors({name: torch.arange(18.0) for name in names}, styles=styles)
    fractions = plot_error_fractions({name: torch.rand(9) for name in names}, styles=styles)
    for lines, shown in (
        (curves.axes[0].lines, names[1:]),
        (curves.axes[1].lines, names[1:]),
        (joints.axes[0].lines, names),
        (fractions.axes[0].lines, names),
    ):
        found = [(line.get_color(), line.get_marker()) for line in lines]
        assert found == [(looks[name].colour, looks[name].marker) for name in shown]


def test_the_mean_pose_takes_no_methods_style() -> None:
    styles = styles_of(["mean pose", "a", "b"])
    assert styles == {"mean pose": BASELINE_STYLE, "a": METHOD_STYLES[0], "b": METHOD_STYLES[1]}
    more = styles_of(["c"], styles)["c"]
    assert more not in styles.values()
    assert len({style.colour for style in METHOD_STYLES}) == len(METHOD_STYLES)
    assert len({style.marker for style in (*METHOD_STYLES, BASELINE_STYLE)}) == 7


def test_the_mean_pose_does_not_stretch_the_axis() -> None:
    errors = {"mean pose": torch.linspace(1, 40, 18), "integral": torch.linspace(1, 4, 18)}
    picture = plot_joint_errors(errors)
    assert picture.axes[0].get_xlim()[1] == pytest.approx(4.48)
    assert "40 →" in texts(picture) and texts(picture).count("→") == 16
    assert plot_error_fractions(errors).axes[0].get_xlim()[1] == pytest.approx(4.48)
    alone = {"mean pose": errors["mean pose"]}
    assert plot_joint_errors(alone).axes[0].get_xlim()[1] > 40


def test_relative_losses_begin_at_1() -> None:
    noisy = History("a", [9.0] + [1.0] * 99, [3.0], [1.0])
    for line in plot_histories(noisy, history("b", 4.0)).axes[0].lines:
        assert line.get_ydata()[0] == 1


def test_a_legend_says_how_long_a_training_was() -> None:
    assert "one: 6.00 px after 1 epoch" in texts(plot_histories(History("one", [4.0], [6.0])))
    assert "a: 4.00 px after 4 epochs" in texts(plot_histories(history("a", 4.0)))


def test_fractions_of_images_within_an_error() -> None:
    (line,) = plot_error_fractions({"a": torch.tensor([3.0, 1.0, 2.0, 8.0])}).axes[0].lines
    np.testing.assert_allclose(line.get_xydata(), [[1, 0.25], [2, 0.5], [3, 0.75], [8, 1]])


@pytest.mark.parametrize("lowest", [0.3, 0.02, 1e-6])
def test_ticks_of_a_logarithmic_axis_do_not_overlap(lowest: float) -> None:
    history = History("a", list(np.geomspace(1, lowest, 200)), errors=[2.0, 1.0])
    picture = plot_histories(history)
    picture.draw_without_rendering()
    axes = picture.axes[0]
    low, high = axes.get_ylim()
    shown = [tick.label1 for tick in axes.yaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    boxes = [label.get_window_extent() for label in shown]
    assert len(boxes) > 1
    assert not any(a.overlaps(b) for a, b in itertools.combinations(boxes, 2))
