"""What is wrong with an exported file, or with the network afterwards, and why.

Each relation reads the findings of :func:`exported`, one row for each call. A name is given to what
is plain from the file itself, or from a comparison that fits one mistake alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from torch import Tensor

from poselab.checks.cases import Case
from poselab.checks.experiments.rnn_video.export import (
    ALL_PASSED,
    AXES,
    CHECKS,
    FREE,
    MORE_SIZES,
    SIZES,
    as_mapping,
)
from poselab.checks.registry import Finding, relation
from poselab.models.rnn_video import CLIP, POSES

Found = Mapping[str, float]

_DTYPES = {1: "float32", 2: "uint8", 3: "int8", 6: "int32", 7: "int64", 9: "bool", 10: "float16"}
_DTYPES |= {11: "float64", 16: "bfloat16"}
_FLOAT32, _UINT8 = 1, 2
_OPSETS = (13, 21)

_ASK_VERIFY = "Run `verify_model` on a file of your own: its sentence says what to do."
_COMPARE = (
    "Run your file and your network, in evaluation mode, on the same clip and print both poses. "
    "Nothing may come before or after `model` in the file, and the weights are those of `model`."
)
_LOOK_AT_SETTINGS = "Look for `torch.set_...` in the function, and undo it at the end."


@relation
def export_form(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """There is one ONNX file with the right inputs and outputs; their batch aside."""
    for found in map(as_mapping, result):
        yield from _file(found)
        yield from _names(found)
        yield from _types(found)
        yield from _shapes(found)
        yield from _other_check(found, CHECKS[: CHECKS.index("loads") + 1])


def _file(found: Found) -> Iterator[Finding]:
    if not found["written"]:
        elsewhere = found["elsewhere"] == 1
        name = "written_elsewhere" if elsewhere else "no_file_written"
        also = ", but there is a file elsewhere" if elsewhere else ""
        yield _named(name, f"There is no file at the path{also}.")
        return
    if found["bytes"] == 0:
        yield _named("empty_file", "The file is empty.")
    if found["verified"] == CHECKS.index("format") and math.isnan(found["opset"]):
        if found["archive"] == 1:
            yield _named("pytorch_archive", "The file is a zip archive.")
        yield _named("not_onnx", "What is at the path is not an ONNX model.")
    least, most = _OPSETS
    if not math.isnan(found["opset"]) and not least <= found["opset"] <= most:
        seen = f"The file's operators are of version {found['opset']:.0f}."
        yield _named("opset_not_known", seen)
    if found["weights_outside"] > 0:
        beside = found["beside"] == 1
        name = "weights_beside_the_file" if beside else "weights_lost"
        seen = (
            f"{found['weights_outside']:.0f} of the file's tensors are said to be in another file"
        )
        yield _named(name, f"{seen}{'' if beside else ', which is not there'}.")


def _names(found: Found) -> Iterator[Finding]:
    if found["inputs"] < 0:
        seen = f"The file has {-found['inputs']:.0f} inputs, most of them the network's weights."
        yield _named("weights_left_out", seen)
    if found["swapped_names"] == 1:
        seen = "The input is called `joint_pos`, and the output `input_frames`."
        yield _named("names_swapped", seen)
    if found["inputs"] > 1:
        yield _seen(f"The file has {found['inputs']:.0f} inputs; expected one.", _ASK_VERIFY)
    if found["outputs"] > 1:
        seen = f"The file has {found['outputs']:.0f} outputs; expected one."
        yield _named("several_outputs", seen)
    if found["input_named"] == 0:
        yield _named("input_misnamed", "The input is not called `input_frames`.")
    if found["output_named"] == 0:
        yield _named("output_misnamed", "The output is not called `joint_pos`.")


def _types(found: Found) -> Iterator[Finding]:
    if found["kind_in"] != _UINT8 and not math.isnan(found["kind_in"]):
        seen = f"The file's input is {_dtype(found['kind_in'])}; expected uint8."
        yield _named("input_not_uint8", seen)
    if found["kind_out"] != _FLOAT32 and not math.isnan(found["kind_out"]):
        seen = f"The file's output is {_dtype(found['kind_out'])}; expected float32."
        yield _named("output_not_float32", seen)


def _shapes(found: Found) -> Iterator[Finding]:
    given, returned = _shape(found, "in"), _shape(found, "out")
    if given and given[1:] != CLIP:
        frames, rest = given[1:2], given[2:]
        name = ""
        if (frames, rest) == ((10,), (3, 64, 64)):
            name = "channels_first"
        elif rest == CLIP[1:] and frames == (FREE,):
            name = "wrong_axis_open" if given[0] != FREE else "frames_left_open"
        elif rest == CLIP[1:]:
            name = "wrong_number_of_frames"
        yield _either(name, f"The file's input is {_written(given)}; expected {_written(CLIP, 1)}.")
    fits = len(returned) == 4 and all(
        size in (FREE, right) for size, right in zip(returned[1:], POSES, strict=True)
    )
    if returned and not fits:
        names: dict[tuple[float, ...], str] = {
            (7, 2): "one_pose_for_each_clip",
            (10, 14): "joints_flattened",
        }
        seen = f"The file's output is {_written(returned)}; expected {_written(POSES, 1)}."
        yield _either(names.get(returned[1:], ""), seen)


@relation
def export_free_batch(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The file takes batches of any size."""
    for found in map(as_mapping, result):
        batches = {shape[0] for what in ("in", "out") if (shape := _shape(found, what))} - {FREE}
        if batches:
            number = int(min(batches))
            name = "batch_of_one" if number == 1 else "batch_fixed"
            clips = "one clip" if number == 1 else f"{number} clips"
            yield _named(name, f"The file takes batches of {clips} only.")
        runs = [size for size in (*SIZES, *MORE_SIZES) if found[f"runs_{size}"] == 1]
        fails = [size for size in SIZES if found[f"runs_{size}"] == 0]
        if fails and len(runs) == 1 and runs[0] > 1:
            seen = f"The file says that any batch will do, but runs with {runs[0]} clips only."
            yield _named("batch_inside_fixed", seen)
        elif fails:
            seen = f"onnxruntime cannot run the file with batches of {', '.join(map(str, fails))}."
            yield _seen(seen, _ASK_VERIFY)
        yield from _other_check(found, ("batches",))


@relation
def export_agrees(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The file's poses are the network's own, and `verify_model` has nothing against them."""
    for found in map(as_mapping, result):
        difference = found["difference"]
        if math.isnan(difference):
            continue  # another relation says why
        seen = f"The file's poses are up to {difference:.2g} px from the network's own."
        name = _cause_of_difference(found) if difference > tolerance else ""
        advice = "" if name else _COMPARE
        yield Finding(difference, name, seen, advice)
        yield from _other_check(found, CHECKS[CHECKS.index("finite") :])


_CAUSES = {
    "is_training": "exported_in_training_mode",
    "is_swapped": "coordinates_swapped",
    "is_clamped": "poses_clamped",
    "is_rounded": "poses_rounded",
    "is_reversed": "frames_reversed",
    "is_reordered": "joints_reordered",
    "is_rescaled": "poses_rescaled",
    "frames_colours": "colours_swapped",
    "frames_mirrored": "frames_turned",
    "frames_upside_down": "frames_turned",
    "frames_transposed": "frames_turned",
    "frames_time": "frames_reversed",
    "frames_signed": "bytes_taken_for_int8",
    "frames_fractions": "frames_rescaled",
}


def _cause_of_difference(found: Found) -> str:
    for name, mistake in _CAUSES.items():
        if found[name] == 1:
            return mistake
    if found["own_weights"] == 0 and found["other_weights"] > 0:
        return "another_model"
    return ""


@relation
def export_leaves_mode(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The network and all of its parts are in the mode they were in."""
    rows = [as_mapping(row) for row in result]
    changed = [found for found in rows if found["training_before"] != found["training_after"]]
    if len(changed) > 1:
        seen = "A network in training mode is in evaluation mode afterwards, and the other way."
        yield _named("mode_toggled", seen)
    for found in changed:
        before, after = ("training", "evaluation")[:: 1 if found["training_before"] else -1]
        seen = f"The network was in {before} mode, and is in {after} mode after the call."
        yield _named(f"left_in_{after}_mode", seen)
    for found in rows:
        if found["kept_modes"] == 0:
            seen = "The network is in the mode it was in, but some of its parts are not."
            yield _named("parts_left_in_another_mode", seen)


_LEFT = {
    "kept_learns": ("parameters_frozen", "The network's parameters cannot learn any more."),
    "kept_parameters": ("weights_changed", "The network's own weights were changed."),
    "kept_buffers": (
        "statistics_changed",
        "The numbers that the network's batch normalisation has gathered were changed.",
    ),
    "kept_settings": (
        "settings_changed",
        "Settings of the network's parts, such as the `p` of dropout, were changed.",
    ),
    "kept_gradients": (
        "gradients_left_off",
        "Gradients are switched off in the whole program after the call.",
    ),
}


@relation
def export_leaves_network(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Apart from its mode, the network is as it was, and so are PyTorch's settings."""
    for found in map(as_mapping, result):
        for what, (name, seen) in _LEFT.items():
            if found[what] == 0:
                yield _named(name, seen)
        if found["kept_dtype"] == 0:
            yield _seen("PyTorch's default dtype was changed.", _LOOK_AT_SETTINGS)


@relation
def export_leaves_one_file(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """A file that was there is replaced, and no other is left."""
    for found in map(as_mapping, result):
        if found["replaced"] == 0:
            yield _named("older_file_in_the_way", "The older file at the path was not replaced.")
        if found["beside"] == 1 and found["written"] == 1 and found["weights_outside"] == 0:
            yield _named("another_file_left", "Another file was left, beside the model's.")


def _other_check(found: Found, among: tuple[str, ...]) -> Iterator[Finding]:
    """What `verify_model` has against the file, where nothing above has said it."""
    if math.isnan(found["verified"]) or found["verified"] == ALL_PASSED:
        return
    name = CHECKS[int(found["verified"])]
    if name in among and not (name == "interface" and _only_batch_is_wrong(found)):
        yield _seen(f"`verify_model` refuses the file at its check `{name}`.", _ASK_VERIFY)


def _only_batch_is_wrong(found: Found) -> bool:
    given, returned = _shape(found, "in"), _shape(found, "out")
    return any(shape and shape[0] != FREE for shape in (given, returned))


def _shape(found: Found, what: str) -> tuple[float, ...]:
    """A declared shape; empty if there is none."""
    sizes = (found[f"{what}_{axis}"] for axis in range(AXES))
    return tuple(size for size in sizes if not math.isnan(size))


def _written(shape: tuple[float, ...], more: int = 0) -> str:
    """A shape as people write it."""
    sizes = ["batch"] * more + ["any" if size == FREE else f"{size:.0f}" for size in shape]
    if not more and shape[0] == FREE:
        sizes[0] = "batch"
    return f"({', '.join(sizes)})"


def _dtype(code: float) -> str:
    return _DTYPES.get(int(code), "of another type")


def _named(mistake: str, seen: str) -> Finding:
    return Finding(math.inf, mistake, seen)


def _seen(seen: str, advice: str) -> Finding:
    return Finding(math.inf, "", seen, advice)


def _either(mistake: str, seen: str) -> Finding:
    return _named(mistake, seen) if mistake else _seen(seen, _ASK_VERIFY)
