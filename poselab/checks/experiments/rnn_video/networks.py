"""Networks that read frames and clips: what is said of each finding."""

from __future__ import annotations

from functools import partial

from poselab.checks.experiments.reports import Aspect, read_report
from poselab.checks.registry import RELATIONS, misshape


@misshape
def length_written_in(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Clips are of another length than they should be, and nothing else is wrong."""
    return len(shape) == len(expected) > 2 and shape[:1] + shape[2:] == expected[:1] + expected[2:]


@misshape
def maps_returned(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """Each frame has maps, rows and columns, where it should have one vector."""
    return len(shape) == 4 and len(expected) == 2 and shape[:1] == expected[:1]


@misshape
def frames_lost(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """There is one vector for all frames."""
    return len(expected) == 2 and expected[0] > 1 and shape in (expected[1:], (1, expected[1]))


_FRAMES = {
    "same_for_all": "same_for_all_frames",
    "counted_alike": "statistics_over_the_frames",
    "reshaped": "frames_reshaped",
    "in_sequence": "frames_in_sequence",
    "first_one_used": "first_frame_used",
    "one_neighbour": "frame_before_used",
    "neighbours": "neighbouring_frames_used",
}
_CLIPS = {
    "same_for_all": "same_for_all_frames",
    "counted_alike": "statistics_over_the_clips",
    "reshaped": "clips_reshaped",
    "samples_as_steps": "clips_as_time",
    "averaged_over_steps": "averaged_over_time",
    "both_directions": "bidirectional",
    "backwards": "read_backwards",
    "unused": "recurrent_layer_unused",
    "steps_on_their_own": "each_frame_a_sequence",
    "own_layers_for_each_step": "one_cnn_per_frame",
}
"""The known mistakes behind causes that have a name of their own where frames or clips are read."""

_STUCK = {"starts_at_zero": "never_wakes", "rounded": "flat_by_rounding"}
"""The known mistakes behind layers that have a gradient of 0."""

_TWICE = (
    Aspect("The result is not of a floating-point type."),
    Aspect("The result holds values that are nan or infinite."),
    Aspect(
        "All numbers of the result are whole.",
        "A regression needs all numbers between them: look for rounding, for indices and for "
        "integer types.",
    ),
    Aspect("Entirely different frames give the same result."),
    Aspect("The same frames give another result after the network has seen other ones."),
    Aspect("In evaluation mode, two calls with the same frames give two results."),
)
_FRAMES_APART = (
    Aspect(
        "After frame {0} was replaced, vectors of other frames changed.",
        "Some operation runs across the frames, the first axis: look at each `dim`, at each "
        "`reshape` and `view`, and at layers that take the first axis for something else. Print "
        "the shape after each step.",
    ),
)
_CLIPS_APART = (
    Aspect(
        "After clip {0} was replaced, poses of other clips changed.",
        "Some operation runs across the clips, the first axis: look at each `dim`, at each "
        "`reshape` and `view`, and at what the recurrent layer takes for time. Print the shape "
        "after each step.",
    ),
)
_PLACES = (
    Aspect(
        "Something that appeared in one part of the frame hardly changed the vector: in row {0}, "
        "column {1} of 5 x 5 parts, counted from 0."
    ),
    Aspect("Something that moved sideways in the frame left the vector as it was."),
    Aspect("Something that moved up or down in the frame left the vector as it was."),
)
_STEPS = (
    Aspect(
        "All frames of a clip get the same pose.",
        "Each frame needs a pose of its own: look at where the axis of time is lost, by an index, "
        "an average or a `repeat`.",
    ),
    Aspect(
        "After frame {0} of a clip was replaced, no pose changed.",
        "Look at what `forward` takes from the frames: an index or a slice may leave some out.",
    ),
    Aspect(
        "After frame {0} of a clip was replaced, poses of earlier frames changed.",
        "Something looks ahead: a recurrent layer that reads in both directions, a window that is "
        "centred on a frame, or a mean, a norm or an attention over the whole clip. Leave out one "
        "step of `forward` after the other to find it.",
    ),
    Aspect(
        "After frame {0} of a clip was replaced, its own pose did not change.",
        "Compare the order of the frames before and after each step of `forward`.",
    ),
    Aspect("After frame {0} of a clip was replaced, no pose of a later frame changed."),
)
_LEARNING = (
    Aspect("{0} weights and biases that are used are not among the network's `parameters()`."),
    Aspect("{0} tensors that require a gradient are not among the network's `parameters()`."),
    Aspect("The network has no parameter that can learn."),
    Aspect(
        "{0} of {1} weights and biases shape the result, but no gradient flows back to them.",
    ),
    Aspect(
        "{0} of {1} weights and biases shape the result, but the gradient there is 0, also after "
        "a few steps.",
        "What is flat has no gradient: look for rounding, comparisons, `argmax`, `sign` and "
        "`clamp`, and for a ReLU whose input is never positive.",
    ),
)
_FIRST = (
    Aspect(
        "{0} of {1} convolutions never see a clip's first frame.",
        "All frames go through the same CNN, the first one, too.",
    ),
)
_FAR = (
    Aspect(
        "Nowhere is there a layer whose weights move the poses as far down as up.",
        "The last step has to be a linear layer: nothing may follow it but a factor and an offset.",
    ),
)
_WIDTHS = (Aspect("With `n_features` 24 and 56 alike, a vector has {0} numbers."),)
_SIZES = (
    Aspect("Another `n_features` left the shapes of all weights as they were."),
    Aspect("Another `n_hidden` left the shapes of all weights as they were."),
)

RELATIONS |= {
    "frames_repeat": partial(read_report, aspects=_TWICE, names=_FRAMES),
    "frames_apart": partial(read_report, aspects=_FRAMES_APART, names=_FRAMES),
    "clips_apart": partial(read_report, aspects=_CLIPS_APART, names=_CLIPS),
    "sees_where": partial(read_report, aspects=_PLACES, names=_FRAMES),
    "over_time": partial(read_report, aspects=_STEPS, names=_CLIPS),
    "learns": partial(read_report, aspects=_LEARNING, names=_STUCK),
    "one_encoder": partial(read_report, aspects=_FIRST, names=_CLIPS),
    "unbounded": partial(read_report, aspects=_FAR, names=_CLIPS),
    "width_follows": partial(read_report, aspects=_WIDTHS, names=_FRAMES),
    "sizes_used": partial(read_report, aspects=_SIZES, names=_CLIPS),
}
