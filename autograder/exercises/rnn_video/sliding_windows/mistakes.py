"""Wrong answers to `sliding_windows`."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.exercises.bank import Bank, Function

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


def _all(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    return _counted(n_frames, length, strides, _starts)


BANK = Bank(_all)


@BANK.on_top(
    "The last window is missing. `range` and `arange` leave out their end: where does the last "
    "window start?",
    fails="shape",
)
def last_window_lost(answer: Function) -> Function:
    """One start too few for every stride."""

    def wrong(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
        return answer(max(n_frames - 1, 0), length, strides)

    return wrong


@BANK.mistake(
    "The last window reaches beyond the video. Frames are counted from 0: the last one of n frames "
    "is n - 1.",
    fails="shape",
)
def one_window_too_many(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """One start too many for every stride."""
    return _all(n_frames + 1, length, strides)


@BANK.mistake(
    "The last window ends at frame n, which does not exist: compare its last index with `<`, not "
    "with `<=`.",
    fails="shape",
)
def last_index_equal_to_the_length(
    n_frames: int, length: int = 10, strides: Strides = (1, 2)
) -> Tensor:
    """All starts, and <= in the filter."""
    windows = torch.cat([_windows(n_frames, length, s) for s in strides])
    return windows[windows[:, -1] <= n_frames]


@BANK.mistake(
    "A window starts at every frame of the video, and the last ones reach beyond it: a window is "
    "kept as soon as any of its frames exists, or its first one. All of them have to exist.",
    fails="shape",
)
def any_frame_exists(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """As many starts as frames."""
    return _counted(n_frames, length, strides, lambda n, k, s: n)


@BANK.mistake(
    "A window is kept if the frame in its middle exists, so the last ones reach beyond the video. "
    "All frames have to exist.",
    fails="shape",
)
def middle_frame_exists(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """n - length // 2 * stride starts."""
    return _counted(n_frames, length, strides, lambda n, k, s: n - k // 2 * s)


@BANK.another("middle_frame_exists")
def mean_frame_exists(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The mean of a window's first and last frame decides."""
    windows = torch.cat([_windows(n_frames, length, s) for s in strides])
    return windows[windows.double().mean(1) < n_frames]


@BANK.mistake(
    "A window is kept if its last frame but one exists, so the last ones reach beyond the video. "
    "All frames have to exist.",
    fails="shape",
)
def last_frame_but_one_exists(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """n - (length - 2) * stride starts."""
    return _counted(n_frames, length, strides, lambda n, k, s: n - (k - 2) * s)


@BANK.mistake(
    "There is one window too many, even where a video is too short: 1 is added after the number of "
    "windows was limited to 0, or without need.",
    fails="shape",
)
def one_window_more_always(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """max(..., 0) + 1."""
    return _counted(n_frames, length, strides, lambda n, k, s: _starts(n, k, s) + 1)


@BANK.mistake(
    "There are as many windows as there should be, but each starts one step too late: its first "
    "frame is its start, its steps count from 0."
)
def steps_counted_from_one(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """arange(1, length + 1) for the steps."""
    return torch.cat([_windows(_starts(n_frames, length, s), length, s) + s for s in strides])


@BANK.mistake(
    "Each stride's table has its rows and columns swapped, so `cat` cannot join them. One row for "
    "each window, one column for each of its frames.",
    fails="shape",
)
def transposed_before_joining(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """(length, window) for every stride."""
    return torch.cat([_windows(_starts(n_frames, length, s), length, s).T for s in strides])


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
    "The strides are counted, not used: whatever they are, windows of stride 1, 2, 3 and so on "
    "come back, as many as there are strides. Take the strides themselves."
)
def strides_counted_not_used(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """range(1, len(strides) + 1)."""
    return _all(n_frames, length, tuple(range(1, len(strides) + 1)))


@BANK.mistake(
    "The places of the strides in the list are taken for the strides, so the first windows do not "
    "move at all. Take the strides themselves.",
    fails="shape",
)
def strides_counted_from_zero(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """range(len(strides))."""
    return _all(n_frames, length, tuple(range(len(strides))))


@BANK.mistake(
    "There are windows of all strides from the first to the last. Take only those that `strides` "
    "lists."
)
def all_strides_from_first_to_last(
    n_frames: int, length: int = 10, strides: Strides = (1, 2)
) -> Tensor:
    """range(strides[0], strides[-1] + 1)."""
    between = range(min(strides[0], strides[-1]), max(strides[0], strides[-1]) + 1)
    return _all(n_frames, length, tuple(between))


@BANK.mistake(
    "Every stride has as many windows as stride 1, so those with wide steps run beyond the video. "
    "Where is their last frame?"
)
def starts_of_stride_one(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """n - length + 1 starts, whatever the stride."""
    return _counted(n_frames, length, strides, lambda n, k, s: n - k + 1)


@BANK.mistake(
    "With wide steps there are too many windows: they are taken to reach over length + stride - 1 "
    "frames. How far is the last frame of a window from its first?"
)
def reach_of_length_plus_stride(
    n_frames: int, length: int = 10, strides: Strides = (1, 2)
) -> Tensor:
    """n - (length + stride - 1) + 1 starts."""
    return _counted(n_frames, length, strides, lambda n, k, s: n - k - s + 2)


@BANK.mistake(
    "With wide steps there are too few windows: they are counted with the video's length over the "
    "stride. A window starts at every frame, as long as its last frame exists."
)
def counted_in_strides(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """n // stride - length + 1 starts."""
    return _counted(n_frames, length, strides, lambda n, k, s: n // s - k + 1)


@BANK.mistake(
    "Every stride has as many windows as the largest one. Each stride counts on its own: narrow "
    "steps leave room for more."
)
def starts_of_the_largest_stride(
    n_frames: int, length: int = 10, strides: Strides = (1, 2)
) -> Tensor:
    """n - (length - 1) * max(strides) starts."""
    return _counted(n_frames, length, strides, lambda n, k, s: _starts(n, k, max(strides)))


@BANK.mistake("Every stride has as many windows as the first one. Each stride counts on its own.")
def starts_of_the_first_stride(
    n_frames: int, length: int = 10, strides: Strides = (1, 2)
) -> Tensor:
    """n - (length - 1) * strides[0] starts."""
    return _counted(n_frames, length, strides, lambda n, k, s: _starts(n, k, strides[0]))


@BANK.mistake(
    "Strides other than 1 lose their last window, or get one too many: the window's reach is right "
    "for stride 1 alone. Its last frame is (length - 1) * stride after its first."
)
def last_wide_window_lost(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """One start too few where the stride is not 1."""
    return _counted(n_frames, length, strides, lambda n, k, s: _starts(n, k, s) - (s > 1))


@BANK.mistake(
    "The steps of a window do not reach its last frame: they divide its reach by `length`, where "
    "there is one step less. Step i is i * stride."
)
def steps_divided_by_length(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """arange(length) * (width - 1) // length."""
    blocks = []
    for s in strides:
        steps = torch.arange(length) * ((length - 1) * s) // length
        blocks.append(torch.arange(_starts(n_frames, length, s))[:, None] + steps)
    return torch.cat(blocks)


@BANK.mistake(
    "The steps of a window are stretched: they divide length * stride evenly, both ends included. "
    "Step i is i * stride."
)
def steps_stretched(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """linspace up to length * stride."""
    blocks = []
    for s in strides:
        steps = torch.linspace(0, length * s, length).long()
        blocks.append(torch.arange(_starts(n_frames, length, s))[:, None] + steps)
    return torch.cat(blocks)


@BANK.mistake(
    "A flat index is taken apart with `length - 1`. A row has `length` columns, so the row is the "
    "index over `length`, and the column is what is left."
)
def row_from_one_column_less(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """k // (w - 1) for the row."""
    blocks = []
    for s in strides:
        k = torch.arange(_starts(n_frames, length, s) * length)
        rows, columns = k // max(length - 1, 1), k % length
        blocks.append((rows + s * columns).reshape(-1, length))
    return torch.cat(blocks)


@BANK.mistake(
    "A flat index is taken apart the wrong way round: the row is the index over `length`, the "
    "column is what is left."
)
def rows_and_columns_of_a_flat_index(
    n_frames: int, length: int = 10, strides: Strides = (1, 2)
) -> Tensor:
    """% for the row and // for the column."""
    blocks = []
    for s in strides:
        k = torch.arange(_starts(n_frames, length, s) * length)
        blocks.append((k % length + s * (k // length)).reshape(-1, length))
    return torch.cat(blocks)


@BANK.mistake(
    "The table of windows was transposed, and then `reshape` cut it into rows again, which mixes "
    "the windows. `.T` exchanges two axes, `reshape` does not."
)
def reshaped_not_transposed(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """(length, window) reshaped to (window, length)."""
    blocks = [_windows(_starts(n_frames, length, s), length, s) for s in strides]
    return torch.cat([block.T.reshape(block.shape) for block in blocks])


@BANK.mistake(
    "The stride is added once to every step, not once for each step: step * stride, where you have "
    "step + stride."
)
def stride_added(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """start + step + stride - 1."""
    blocks = [_windows(_starts(n_frames, length, s), length, 1) + s - 1 for s in strides]
    return torch.cat(blocks)


@BANK.mistake(
    "The stride is a power here: step i is i * stride frames from the start, not i ** stride or "
    "stride ** i."
)
def stride_as_a_power(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """step ** stride."""
    blocks = []
    for s in strides:
        steps = torch.arange(length) ** s
        blocks.append(torch.arange(_starts(n_frames, length, s))[:, None] + steps)
    return torch.cat(blocks)


@BANK.mistake(
    "The first window starts at 1, so that of frame 0 is missing. The video's first frame is "
    "number 0, and a window starts there.",
    fails="shape",
)
def first_window_lost(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """arange(1, ...) for the starts."""
    return torch.cat([_windows(_starts(n_frames, length, s), length, s)[1:] for s in strides])


@BANK.mistake(
    "The strides have an axis of their own in front: `stack` adds one, and fails unless all "
    "strides have as many windows. `cat` puts their windows below each other.",
    fails="shape",
)
def stacked(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """torch.stack of the blocks."""
    return torch.stack([_windows(_starts(n_frames, length, s), length, s) for s in strides])


@BANK.mistake(
    "The windows of the strides stand side by side: `cat` joins them along the columns, or fails. "
    "Join them along the rows, which is what it does unless told otherwise."
)
def joined_along_the_columns(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """cat(dim=1)."""
    return torch.cat([_windows(_starts(n_frames, length, s), length, s) for s in strides], dim=1)


@BANK.mistake(
    "The windows have one frame less than `length` says. A window of 3 frames takes 2 steps, and "
    "its first frame counts.",
    fails="shape",
)
def one_frame_too_short(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """length - 1 frames."""
    return _all(n_frames, length - 1, strides)


@BANK.mistake(
    "The last frame of each window is missing, though there are as many windows as there should "
    "be. `range` and `arange` leave out their end.",
    fails="shape",
)
def last_frame_lost(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """arange(length - 1) for the steps."""
    return _all(n_frames, length, strides)[:, :-1]


@BANK.mistake(
    "It returns the frames' numbers of the first window alone. There is a row for every start.",
    fails="shape",
)
def first_window_alone(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Returned within the loop over starts."""
    return _all(n_frames, length, strides)[:1]


@BANK.mistake(
    "A single window has lost its axis of length 1, as `squeeze` does. A result with one row is "
    "still a table.",
    fails="edge_cases",
)
def axes_squeezed(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """squeeze() at the end."""
    return _all(n_frames, length, strides).squeeze()


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


@BANK.mistake("`strides` is ignored: all windows have stride 1.")
def always_stride_one(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Frames in a row, whatever is asked for."""
    return _all(n_frames, length, (1,))


@BANK.mistake(
    "Only the last stride's windows are there, as happens when a loop overwrites its result or "
    "returns too early or too late. Collect all of them."
)
def last_stride_only(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The loop overwrites its result."""
    return _all(n_frames, length, strides[-1:])


@BANK.on_top(
    "`strides` is ignored: it is always 1 and 2. Use the strides that were handed in, however many "
    "there are.",
    fails="shape",
)
def strides_ignored(answer: Function) -> Function:
    """A loop over (1, 2)."""

    def wrong(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
        return answer(n_frames, length, (1, 2))

    return wrong


@BANK.mistake(
    "`length` is ignored: it is always 10. Use the length that was handed in.", fails="shape"
)
def length_ignored(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The default, written out."""
    return _all(n_frames, 10, strides)


@BANK.mistake(
    "There are as many windows as there should be, but each of them has 10 frames. Use the length "
    "that was handed in.",
    fails="shape",
)
def ten_steps_always(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """arange(10) for the steps."""
    return torch.cat([_windows(_starts(n_frames, length, s), 10, s) for s in strides])


@BANK.mistake(
    "The windows have the right length, but they are counted as if they had 10 frames. Use the "
    "length that was handed in.",
    fails="shape",
)
def counted_for_ten_frames(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """9 * stride for the reach of a window."""
    return _counted(n_frames, length, strides, lambda n, k, s: _starts(n, 10, s))


@BANK.mistake(
    "Only the first two strides' windows are there. `strides` may name any number of them: all "
    "windows of one, then all of the next."
)
def first_two_strides_only(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """strides[0] and strides[1]."""
    return _all(n_frames, length, strides[:2])


@BANK.mistake(
    "A default value of the function changes from call to call, as a list does that is filled: it "
    "is made once, when the function is defined. Make the list inside the function.",
    fails="shape",
)
def default_value_changed(
    n_frames: int,
    length: int = 10,
    strides: Strides = (1, 2),
    found: list[object] = [],  # noqa: B006
) -> Tensor:
    """A list in the signature. It is emptied here when the arguments are other ones."""
    if found[:1] != [(n_frames, length, strides)]:
        found[:] = [(n_frames, length, strides)]
    found.append(_all(n_frames, length, strides))
    return torch.cat([windows for windows in found if isinstance(windows, Tensor)])


@BANK.mistake(
    "Without `strides` only consecutive frames are taken. The default is (1, 2), as in the "
    "signature that you were given."
)
def default_of_one_stride(n_frames: int, length: int = 10, strides: Strides = (1,)) -> Tensor:
    """The default was changed."""
    return _all(n_frames, length, strides)


@BANK.on_top(
    "The windows are right, in another order: yours are sorted by their start, so the strides take "
    "turns. All of the first stride come first, then all of the second."
)
def sorted_by_start(answer: Function) -> Function:
    """Strides alternate."""

    def wrong(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
        windows = answer(n_frames, length, strides)
        return windows[windows[:, 0].argsort(stable=True)]

    return wrong


@BANK.mistake(
    "The rows are sorted by their numbers, as `unique` sorts them, which mixes the strides. All "
    "windows of the first stride come first, in the order of their starts."
)
def rows_sorted(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """torch.unique along the rows."""
    return torch.unique(_all(n_frames, length, strides), dim=0)


@BANK.mistake(
    "The windows are right, in another order: yours are sorted by their last frame. All of the "
    "first stride come first, then all of the second."
)
def sorted_by_end(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The end decides."""
    windows = _all(n_frames, length, strides)
    return windows[windows[:, -1].argsort(stable=True)]


@BANK.mistake(
    "The windows are right, in another order: the strides are sorted from the largest down. Take "
    "them in the order in which they were given."
)
def strides_sorted_downwards(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Large strides come first, always."""
    return _all(n_frames, length, tuple(sorted(strides, reverse=True)))


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


@BANK.on_top("The frames are counted from 1. The video's first frame is number 0.")
def counted_from_one(answer: Function) -> Function:
    """1 to n."""

    def wrong(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
        return answer(n_frames, length, strides) + 1

    return wrong


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


@BANK.on_top(
    "Rows and columns are swapped: one row for each window, one column for each of its frames.",
    fails="shape",
)
def transposed(answer: Function) -> Function:
    """(length, window)."""

    def wrong(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
        return answer(n_frames, length, strides).T

    return wrong


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


@BANK.mistake(
    "A video that is too short gives a row of zeros. It has no window: the result has no rows, and "
    "still `length` columns.",
    fails="edge_cases",
)
def zeros_when_too_short(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """zeros(1, length) as a way out."""
    windows = _all(n_frames, length, strides)
    return windows if len(windows) else torch.zeros(1, length, dtype=torch.int64)


@BANK.mistake(
    "A video that is too short gives one window of all its frames. It has none: the result has no "
    "rows, and still `length` columns.",
    fails="edge_cases",
)
def all_frames_when_too_short(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """A window that is shorter than asked for."""
    windows = _all(n_frames, length, strides)
    return windows if len(windows) else torch.arange(n_frames)[None]


@BANK.mistake(
    "A video that is too short gives a table without columns. There are no rows, but each of them "
    "would have `length` columns: (0, length).",
    fails="edge_cases",
)
def no_columns_at_all(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """(0, 0)."""
    windows = _all(n_frames, length, strides)
    return windows if len(windows) else torch.zeros(0, 0, dtype=torch.int64)


@BANK.mistake(
    "A stride without room ends the loop, so the strides after it get no windows. Go on with the "
    "next one.",
    fails="edge_cases",
)
def loop_left_too_early(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """break in place of continue."""
    taken: list[int] = []
    for s in strides:
        if _starts(n_frames, length, s) == 0:
            break
        taken.append(s)
    windows = [_windows(_starts(n_frames, length, s), length, s) for s in taken]
    return torch.cat([torch.zeros(0, length, dtype=torch.int64), *windows])


@BANK.mistake(
    "Indices beyond 255 start again at 0: they are computed as uint8. Compute them as int64; "
    "converting the result at the end does not bring them back.",
    fails="edge_cases",
)
def wrapped_at_256(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """uint8 throughout."""
    return _all(n_frames, length, strides) % 256


@BANK.mistake(
    "Indices beyond 127 become negative: they are computed as int8. Compute them as int64; "
    "converting the result at the end does not bring them back.",
    fails="edge_cases",
)
def wrapped_at_128(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """int8 throughout."""
    return _all(n_frames, length, strides).to(torch.int8).long()


@BANK.mistake(
    "Indices beyond 32767 become negative: they are computed as int16. Compute them as int64; "
    "converting the result at the end does not bring them back.",
    fails="edge_cases",
)
def wrapped_at_32768(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """int16 throughout."""
    return _all(n_frames, length, strides).to(torch.int16).long()


@BANK.mistake(
    "Large indices are rounded: they are computed as float16, which holds whole numbers up to 2048 "
    "only. Compute them as int64.",
    fails="edge_cases",
)
def rounded_to_float16(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """float16 throughout."""
    return _all(n_frames, length, strides).clamp(max=65504).half().long()


@BANK.mistake(
    "Indices beyond 99 are missing: a video has as many frames as `n_frames` says, not 100.",
    fails="edge_cases",
)
def hundred_frames_at_most(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """The course's videos, written out."""
    return _all(min(n_frames, 100), length, strides)


@BANK.mistake(
    "Rows that occur twice are dropped. With windows of one frame all strides give the same rows, "
    "and each stride gets its own.",
    fails="edge_cases",
    fails_too=("vectorised",),
)
def repeated_rows_dropped(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """Each row once."""
    rows = _all(n_frames, length, strides)
    kinds, kind = rows.unique(dim=0, return_inverse=True)
    places = torch.arange(len(rows))
    first = places.new_full((len(kinds),), len(rows)).scatter_reduce(0, kind, places, "amin")
    return rows[first.sort().values]


_KEPT: dict[tuple[int, int, Strides], Tensor] = {}


@BANK.mistake(
    "The result is kept and handed out again, as `lru_cache` does: whoever changes it changes what "
    "the next caller gets. Return a new tensor each time.",
    fails="shape",
)
def result_kept(n_frames: int, length: int = 10, strides: Strides = (1, 2)) -> Tensor:
    """A cache of the tensors themselves."""
    key = n_frames, length, tuple(strides)
    if key not in _KEPT:
        _KEPT[key] = _all(n_frames, length, strides)
    return _KEPT[key]
