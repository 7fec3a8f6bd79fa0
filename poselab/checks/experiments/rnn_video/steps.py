"""Clips over time: what each frame's pose depends on, and what it must not depend on."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook

from poselab.checks.experiments.networks import answers, ask, called_modules, changed, wake
from poselab.checks.experiments.reports import first_shown, report
from poselab.checks.registry import Calls, Subject, UnfitResultError, experiment
from poselab.checks.relations import change, changes, lacking

FAINT = 1e-3
"""How much of its own change a frame may pass on to where it must not before that counts."""

Change = Callable[[nn.RNNBase, Tensor], Tensor]
"""A recurrent layer and its output, (clip, step, state) -> the output that is passed on."""


@experiment
def steps(subject: Subject, calls: Calls) -> Tensor:
    """A report on clips one of whose frames is replaced.

    Args:
        subject: a network.
        calls: three: clips; the same with another frame in the middle; with another last frame.

    Returns:
        A report: whether the poses of a clip differ; whether anything changes with a frame; whether
        earlier poses do; whether the frame's own pose does; and whether later ones do. With the
        number of the frame.

    Raises:
        UnfitResultError: a result has other axes than its clips.
    """
    given = calls[0][0]
    assert isinstance(subject, nn.Module)
    wake(subject, given)
    before = answers(subject, given)[0]
    if before.shape[:2] != given.shape[:2]:
        raise UnfitResultError(before)
    if _spread_over_time(before) <= _least(before):
        return report((math.inf, _why_alike(subject, given)), *[(0.0, "")] * 4)
    worst = dict.fromkeys(("unseen", "ahead", "own", "later"), (0.0, 0))
    for (replaced,) in calls[1:]:
        clip, frame = _replaced(given, replaced)
        by_frame = changes(before, answers(subject, replaced)[0], keep=2)[clip]
        for what, amount in _amiss_in(by_frame, frame, _least(before)).items():
            worst[what] = max(worst[what], (amount, frame))
    looks = _Looks(subject, given)
    why = {
        "unseen": looks.why_unseen,
        "ahead": looks.why_ahead,
        "own": looks.why_unseen,
        "later": looks.why_forgotten,
    }
    return report(
        (0.0, ""),
        *(
            (amount, why[what]() if amount > FAINT else "", frame)
            for what, (amount, frame) in worst.items()
        ),
    )


def _amiss_in(by_frame: Tensor, frame: int, least: float) -> dict[str, float]:
    """What is amiss with the changes that one frame makes to the poses of its clip."""
    everything = float(by_frame.max())
    if everything <= least:
        return {"unseen": math.inf}
    found = {
        "ahead": _largest(by_frame[:frame]) / everything,
        "own": lacking(float(by_frame[frame]) / everything, FAINT),
    }
    if frame < len(by_frame) - 1:
        found["later"] = lacking(_largest(by_frame[frame + 1 :]) / everything, FAINT)
    return found


class _Looks:
    """A closer look at one clip.

    Args:
        subject: the network.
        given: clips, of which the first is looked at, beside another one.
    """

    def __init__(self, subject: nn.Module, given: Tensor) -> None:
        self.subject = subject
        self.given = given[:2].clone()
        self.before = answers(subject, self.given)[0]
        layers = called_modules(subject, self.given)
        self.layers = [layer for layer in layers if isinstance(layer, nn.RNNBase)]

    def reached(self, *frames: int) -> Tensor:
        """Which poses of the first clip change when frames are replaced by those of the second."""
        replaced = self.given.clone()
        for frame in frames:
            replaced[0, frame] = self.given[1, frame]
        return changes(self.before, answers(self.subject, replaced)[0], keep=2)[0]

    def all_reached(self) -> Tensor:
        """For every frame, which poses change with it."""
        each = torch.stack([self.reached(frame) for frame in range(self.given.shape[1])])
        return each > 1e-6 * each.max()

    def why_ahead(self) -> str:
        """The cause of poses that depend on later frames."""
        return first_shown(self._ahead())

    def _ahead(self) -> Iterator[tuple[str, bool]]:
        both = [layer for layer in self.layers if layer.bidirectional]
        if both:
            with _forward_only(both):
                yield "both_directions", self._is_causal()
        reached = self.all_reached()
        time = torch.arange(len(reached))
        ahead = time[None] - time[:, None]  # how much later a pose is than the frame
        early = reached & (ahead < 0)
        yield "backwards", not bool((reached & (ahead > 0)).any())
        yield "wrapped_around", bool(early[-1, 0]) and not bool(early[:-1].any())
        near = not bool((early & (ahead < -3)).any()) and bool(early[1:].any(dim=1).all())
        yield "looks_a_little_ahead", near
        yield "averaged_over_steps", self._later_frames_count_alike()
        yield "averaged_over_steps", self._later_states_count_alike()

    def _is_causal(self) -> bool:
        """Whether no earlier pose depends on the last frame, as things are now."""
        before = self.before
        try:
            self.before = answers(self.subject, self.given)[0]
            *earlier, own = (self.reached(len(before[0]) - 1) > 0).tolist()
            return own and not any(earlier)
        except Exception:  # the student's code may not go together with what was changed
            return False
        finally:
            self.before = before

    def _later_frames_count_alike(self) -> bool:
        """Whether the order of later frames plays no part in the first poses."""
        order = torch.arange(self.given.shape[1])
        order[4:] = order[4:].flip(0)
        after = answers(self.subject, self.given[:, order])[0]
        return _same(self.before[:, :4], after[:, :4], self._size_of_effect())

    def _later_states_count_alike(self) -> bool:
        """The same of what recurrent layers return, where later states play a part in poses."""
        order = torch.arange(self.given.shape[1])
        order[4:] = order[4:].flip(0)
        with contextlib.suppress(Exception):
            with _states_changed(lambda _, states: states[:, order]):
                exchanged = answers(self.subject, self.given)[0]
            late = torch.arange(self.given.shape[1])[:, None] >= 4
            with _states_changed(lambda _, states: states.where(~late, -states)):
                other = answers(self.subject, self.given)[0]
            effect = change(self.before[:, :4], other[:, :4])
            return effect > 0 and _same(self.before[:, :4], exchanged[:, :4], effect)
        return False

    def _size_of_effect(self) -> float:
        return float(self.reached(*range(4, self.given.shape[1]))[:4].max())

    def why_unseen(self) -> str:
        """The cause of a pose that does not depend on its own frame."""
        reached = self.all_reached()
        own = bool(reached.diagonal().any())
        following = bool(reached.diagonal(1).all())
        return "shifted_by_one" if not own and following else ""

    def why_forgotten(self) -> str:
        """The cause of poses that do not depend on earlier frames."""
        if not self.layers:
            unused = any(isinstance(m, nn.RNNBase | nn.RNNCellBase) for m in self.subject.modules())
            return "unused" if unused else "no_memory"
        lengths = _sequence_lengths(self.subject, self.given)
        return "steps_on_their_own" if lengths == {1} else "no_memory"


def _why_alike(subject: nn.Module, given: Tensor) -> str:
    before = answers(subject, given)[0]
    effect = float((before - before[:1]).abs().max())

    def unchanged(change_states: Change) -> bool:
        try:
            with _states_changed(change_states):
                after = answers(subject, given)[0]
        except Exception:  # the student's code may not go together with what was changed
            return False
        return _same(before, after, effect)

    last = torch.arange(given.shape[1])[:, None] == given.shape[1] - 1
    order = torch.arange(given.shape[1]).flip(0)
    recurrent = any(isinstance(m, nn.RNNBase) for m in called_modules(subject, given))

    def causes() -> Iterator[tuple[str, bool]]:
        if recurrent:
            yield "last_step_repeated", unchanged(lambda _, states: states.where(last, -states))
            yield "averaged_over_steps", unchanged(lambda _, states: states[:, order])
        reordered = answers(subject, given[:, order])[0]
        yield "averaged_over_steps", _same(before, reordered, effect)

    return first_shown(causes())


@contextlib.contextmanager
def _states_changed(change_states: Change) -> Iterator[None]:
    """What recurrent layers return for each step is changed; their last state is not."""

    def replace(module: nn.Module, _: object, output: Any) -> Any:
        if not isinstance(module, nn.RNNBase):
            return None
        states, last = output
        if states.dim() != 3:
            return None
        first = module.batch_first
        states = change_states(module, states if first else states.transpose(0, 1))
        return (states if first else states.transpose(0, 1)), last

    handle = register_module_forward_hook(replace)
    try:
        yield
    finally:
        handle.remove()


@contextlib.contextmanager
def _forward_only(layers: list[nn.RNNBase]) -> Iterator[None]:
    """What recurrent layers read backwards comes to nothing."""
    with contextlib.ExitStack() as stack:
        for layer in layers:
            for name, weight in layer.named_parameters():
                if name.endswith("_reverse"):
                    stack.enter_context(changed(weight, torch.zeros_like(weight)))
        yield


def _sequence_lengths(subject: Subject, given: Tensor) -> set[int]:
    """The lengths of the sequences that recurrent layers read."""
    lengths: set[int] = set()

    def note(layer: nn.RNNBase, states: Tensor) -> Tensor:
        lengths.add(states.shape[1])
        return states

    with _states_changed(note), torch.no_grad():
        ask(subject, given)
    return lengths


def _same(one: Tensor, other: Tensor, effect: float) -> bool:
    """Whether two results differ by rounding alone, beside an effect of this size."""
    return one.shape == other.shape and effect > 0 and change(one, other) <= 1e-4 * effect


def _spread_over_time(poses: Tensor) -> float:
    return float((poses - poses[:, :1]).abs().max())


def _least(poses: Tensor) -> float:
    return 1e-6 * (1 + float(poses.abs().max()))


def _largest(values: Tensor) -> float:
    return float(values.max()) if values.numel() else 0.0


def _replaced(before: Tensor, after: Tensor) -> tuple[int, int]:
    """Which frame of which clip differs."""
    differs = (before != after).flatten(start_dim=2).any(dim=-1).nonzero()
    clip, frame = differs[0].tolist()
    return clip, frame
