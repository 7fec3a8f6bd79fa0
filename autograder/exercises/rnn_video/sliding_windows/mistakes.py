"""Wrong answers to `sliding_windows`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercises.bank import Bank

BANK = Bank()
Strides = tuple[int, ...]


def _starts(n_frames: int, length: int, stride: int) -> int:
    """How many windows there is room for."""
    return max(n_frames - (length - 1) * stride, 0)


def _windows(n_starts: int, length: int, stride: int) -> Tensor:
    return torch.arange(max(n_starts, 0))[:, None] + stride * torch.arange(length)


def _counted(
    n_frames: int, length: int, strides: Strides, starts: Callable[[int, int, int], int]
) -> Tensor:
    """All windows, where ``starts`` says how many there are of a stride."""
    return torch.cat([_windows(starts(n_frames, length, s), length, s) for s in strides])


def _all(n_frames: int, length: int, strides: Strides) -> Tensor:
    return _counted(n_frames, length, strides, _starts)


@BANK.mistake(
    "The last window is missing. `range` and `arange` leave out their end: where does the last "
    "window start?",
    fails="shape",
)
def last_window_lost(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """One start too few for every stride."""
    return _counted(n_frames, length, strides, lambda n, k, s: _starts(n, k, s) - 1)


@BANK.mistake(
    "The last window reaches beyond the video. Frames are counted from 0: the last one of n frames "
    "is n - 1.",
    fails="shape",
)
def one_window_too_many(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """One start too many for every stride."""
    return _counted(n_frames, length, strides, lambda n, k, s: n - (k - 1) * s + 1)


@BANK.mistake(
    "With wide steps the last windows are missing. A window of 3 frames takes only 2 steps: how "
    "far is its last frame from its first?"
)
def length_steps_instead_of_one_less(
    n_frames: int, length: int = 10, strides: Strides = (1, 2)
) -> Tensor:
    """n - length * stride + 1 starts: right for stride 1 alone."""
    return _counted(n_frames, length, strides, lambda n, k, s: n - k * s + 1)


@BANK.mistake(
    "Every stride has as many windows as stride 1, so those with wide steps run beyond the video. "
    "Where is their last frame?"
)
def starts_of_stride_one(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """n - length + 1 starts, whatever the stride."""
    return _counted(n_frames, length, strides, lambda n, k, s: n - k + 1)


@BANK.mistake(
    "The number of windows is that of a convolution, whose starts are a stride apart. Here a "
    "window starts at every frame; the frames within it are a stride apart."
)
def counted_as_a_convolution(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """(n - length) // stride + 1 starts."""
    return _counted(n_frames, length, strides, lambda n, k, s: (n - k) // s + 1)


@BANK.mistake(
    "The stride is put between the windows' starts. It belongs between the frames of one window; "
    "a window starts at every frame."
)
def stride_between_starts(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Consecutive frames; the starts are a stride apart."""
    starts = [torch.arange(0, max(n_frames - length + 1, 0), s) for s in strides]
    return torch.cat(starts)[:, None] + torch.arange(length)


@BANK.mistake(
    "The stride is put between the frames of a window, which is right, and between the windows' "
    "starts, too. A window starts at every frame."
)
def stride_in_both_places(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Every other window of stride 2 is missing."""
    return torch.cat([_windows(_starts(n_frames, length, s), length, s)[::s] for s in strides])


@BANK.mistake(
    "The windows do not overlap. One starts at every frame, as long as there is room for it.",
    fails="shape",
)
def windows_side_by_side(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Starts are a whole window apart."""
    return torch.cat(
        [_windows(_starts(n_frames, length, s), length, s)[:: length * s] for s in strides]
    )


@BANK.mistake(
    "Only the first stride's windows are there. `strides` may name several: all windows of one, "
    "then all of the next."
)
def first_stride_only(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The others are ignored."""
    return _all(n_frames, length, strides[:1])


@BANK.mistake(
    "Only the last stride's windows are there, as happens when a loop overwrites its result or "
    "returns too early or too late. Collect all of them."
)
def last_stride_only(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The loop overwrites its result."""
    return _all(n_frames, length, strides[-1:])


@BANK.mistake(
    "Without `strides` only consecutive frames are taken. The default is (1, 2), as in the "
    "signature that you were given."
)
def default_of_one_stride(n_frames: int, length: int = 10, strides: Strides = (1,)) -> Tensor:
    """The default was changed."""
    return _all(n_frames, length, strides)


@BANK.mistake(
    "The windows are right, in another order: yours are sorted by their start. All of the first "
    "stride come first, then all of the second."
)
def sorted_by_start(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Strides alternate."""
    windows = _all(n_frames, length, strides)
    return windows[windows[:, 0].argsort(stable=True)]


@BANK.mistake(
    "The windows are right, in another order: the strides are sorted. Take them in the order in "
    "which they were given."
)
def strides_sorted(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Small strides come first, always."""
    return _all(n_frames, length, tuple(sorted(strides)))


@BANK.mistake(
    "The windows are right, in another order: the last stride's come first. Take the strides in "
    "the order in which they were given."
)
def strides_reversed(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The last stride comes first."""
    return _all(n_frames, length, strides[::-1])


@BANK.mistake(
    "The windows run backwards through their starts. The first window starts at frame 0, the last "
    "one as late as there is room."
)
def last_window_first(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Starts in descending order."""
    return torch.cat([_windows(_starts(n_frames, length, s), length, s).flip(0) for s in strides])


@BANK.mistake("Time runs backwards within each window. Its first frame is the earliest.")
def frames_backwards(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Each window in descending order."""
    return _all(n_frames, length, strides).flip(1)


@BANK.mistake("The frames are counted from 1. The video's first frame is number 0.")
def counted_from_one(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """1 to n."""
    return _all(n_frames, length, strides) + 1


@BANK.mistake(
    "There are as many windows as there should be, but all of them take consecutive frames. With "
    "stride 2 a window takes every other one."
)
def consecutive_frames_always(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The stride only decides how many windows there are."""
    return torch.cat([_windows(_starts(n_frames, length, s), length, 1) for s in strides])


@BANK.mistake(
    "There are as many windows as there should be, but the start is multiplied by the stride as "
    "well: start + step * stride, not (start + step) * stride."
)
def start_times_stride(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Brackets in the wrong place."""
    return torch.cat([s * _windows(_starts(n_frames, length, s), length, 1) for s in strides])


@BANK.mistake(
    "A window that reaches the video's end wraps around to its beginning. Windows stop at the "
    "end; those that do not fit do not exist.",
    fails="shape",
)
def wrapped_around(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Modulo the number of frames."""
    windows = [_windows(n_frames, length, s) for s in strides]
    return torch.cat(windows) % max(n_frames, 1)


@BANK.mistake(
    "A window that reaches the video's end repeats the last frame. Windows that do not fit do not "
    "exist.",
    fails="shape",
)
def last_frame_repeated(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Indices are clamped."""
    windows = [_windows(n_frames, length, s) for s in strides]
    return torch.cat(windows).clamp(max=max(n_frames - 1, 0))


@BANK.mistake(
    "Windows with wide steps repeat the last frame where the video ends. Windows that do not fit "
    "do not exist, whatever the stride."
)
def wide_windows_clamped(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Starts of stride 1, and indices clamped."""
    starts = _starts(n_frames, length, 1)
    return torch.cat([_windows(starts, length, s) for s in strides]).clamp(max=n_frames - 1)


@BANK.mistake(
    "Rows and columns are swapped: one row for each window, one column for each of its frames.",
    fails="shape",
)
def transposed(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """(length, window)."""
    return _all(n_frames, length, strides).T


@BANK.mistake(
    "All windows are in one long row. Keep an axis for the windows and one for their frames.",
    fails="shape",
)
def flattened(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """(window * length,)."""
    return _all(n_frames, length, strides).flatten()


@BANK.mistake(
    "It returns the windows' first frames alone. A row holds the indices of all its frames.",
    fails="shape",
)
def starts_alone(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """(window,)."""
    return _all(n_frames, length, strides)[:, 0]


@BANK.mistake(
    "It returns the windows' first and last frames alone. A row holds the indices of all its "
    "frames.",
    fails="shape",
)
def first_and_last_frame(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Pairs, as for a slice."""
    return _all(n_frames, length, strides)[:, [0, -1]]


@BANK.mistake(
    "The windows have one frame more than `length` says: they count their steps. A window of 3 "
    "frames takes 2 steps.",
    fails="shape",
)
def one_frame_too_long(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """length steps in place of length frames."""
    return _all(n_frames, length + 1, strides)


@BANK.mistake(
    "A video that is too short gives one window that does not exist. It has none: the result has "
    "no rows, and still `length` columns.",
    fails="edge_cases",
)
def one_window_at_least(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """max(..., 1) in place of max(..., 0)."""
    return _counted(n_frames, length, strides, lambda n, k, s: max(_starts(n, k, s), 1))


@BANK.mistake(
    "A video that is too short gives a result without columns. There are no rows, but each of them "
    "would have `length` columns.",
    fails="edge_cases",
)
def no_columns_when_too_short(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """(0,) in place of (0, length), as a tensor of an empty list."""
    windows = _all(n_frames, length, strides)
    return windows if len(windows) else torch.tensor([], dtype=torch.int64)


@BANK.mistake(
    "Where a video has room for exactly one window, that window is missing. Its last frame is the "
    "video's last, which exists.",
    fails="edge_cases",
)
def exact_fit_refused(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """A video of exactly a window's extent counts as too short."""

    def starts(n: int, k: int, s: int) -> int:
        return 0 if n <= (k - 1) * s + 1 else _starts(n, k, s)

    return _counted(n_frames, length, strides, starts)


@BANK.mistake(
    "If one stride has no room, none of the others gets its windows. Each stride counts on its "
    "own.",
    fails="edge_cases",
)
def all_strides_or_none(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The longest window has to fit."""
    if min(_starts(n_frames, length, s) for s in strides) == 0:
        return torch.zeros(0, length, dtype=torch.int64)
    return _all(n_frames, length, strides)
