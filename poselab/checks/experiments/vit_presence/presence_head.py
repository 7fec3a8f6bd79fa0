"""A head with an MLP for each heat map: is each on its own, and is it the one that was asked for?

Layers may have any names and may be written in any way, so nothing is looked up in a network: maps
are changed, and it is looked at which logits follow, and how.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.overrides import TorchFunctionMode

from poselab.checks.cases import Case
from poselab.checks.experiments.networks import (
    answers,
    ask,
    called_modules,
    learnable,
    used_weights,
    wake,
)
from poselab.checks.experiments.reports import Aspect, read_report
from poselab.checks.experiments.results import stacked
from poselab.checks.registry import (
    RELATIONS,
    Calls,
    Finding,
    Subject,
    experiment,
    misshape,
    relation,
)
from poselab.checks.relations import changes

_APART = 1e-3
"""The fraction of its own change that a map may pass on to other keypoints' logits."""

_NOTICED = 1e-6
"""The fraction of the largest change that tells a change from none."""

_OWN = ("deaf", "crossed", "crossed_all", "permuted", "reshaped", "fraction", "chosen",
        "wide", "added", "alike", "taught")  # fmt: skip
_MLP = ("negative", "positive", "grows", "at_ends", "low", "high", "zeros", "layers",
        "uses_hidden", "straight", "relu", "curved", "ridge")  # fmt: skip
_TRAINING = ("varies", "one_mask", "at_zero", "normalised", "maps", "pooled", "hidden", "logits",
             "elsewhere", "other_kind", "off_mean", "off_rate")  # fmt: skip
_OPTIONS = ("few_keypoints", "many_keypoints", "uses_hidden", "rarely", "often",
            "rarely_at_most", "often_at_most", "default_rate")  # fmt: skip

SIZE = (8, 12)
"""Of the maps that the head is tried with: 6 blocks."""

CELLS = 6
USUAL_KEYPOINTS = 17
FEW_KEYPOINTS, MANY_KEYPOINTS = 5, 21
RARELY, OFTEN, USUALLY = 0.2, 0.7, 0.4
"""The options that the head is tried with, and the default."""

_LIMITED = 0.8
"""The fraction of logits at one of two values, for huge maps, that only a limit explains."""

_FOLLOWS = 1e-4
"""What a logit changes along a line, at least, relative to its size; less may be rounding."""

_TRIED_WIDTH = 7
_HEADS = 3
"""How many heads of one hidden unit are tried."""

_MOST = 0.45
"""The least fraction of logits that bend as ReLU makes them. Right ones almost all do; maps whose
negative values were cut off leave two thirds, which another criterion is about."""

_REPEATS = 4000

_CALLS = 3
"""Of a head in training mode, with equal images."""


@experiment
def own_maps(subject: Subject, calls: Calls) -> Tensor:
    """Which logit follows which map, and which one learns when another one does.

    Args:
        subject: the head.
        calls: two, with maps and with others to replace them.

    Returns:
        (1, finding), the findings in the order of ``_OWN``.
    """
    (given,), (others,) = calls
    assert isinstance(subject, nn.Module)
    wake(subject, given)
    (before,) = answers(subject, given)
    keypoints = given.shape[1]
    rows = []
    for sample, k in itertools.product(range(len(given)), range(keypoints)):
        replaced = given.clone()
        replaced[sample, k] = others[sample, k]
        (after,) = answers(subject, replaced)
        rows.append(changes(before[..., None], after[..., None], keep=2).flatten())
    reached = torch.stack(rows)
    spread = float(reached.max()) or 1.0
    one_each = _is_a_permutation(reached > _NOTICED * spread)
    shape = (len(given), keypoints, len(given), keypoints)
    # What other images' logits do is another question, but for their order.
    across = reached.reshape(shape).amax((1, 3))
    follows = reached.reshape(shape).diagonal(dim1=0, dim2=2).amax(-1)
    strangers = across[~torch.eye(len(given), dtype=torch.bool)]
    apart = bool((strangers <= _APART * spread).all())
    other = follows.clone()
    other.fill_diagonal_(0)
    away = ~torch.eye(keypoints, dtype=torch.bool)
    found: dict[str, float] = {
        "deaf": float((follows.amax(1) <= _NOTICED * spread).sum()),
        "crossed": float((other > _APART * spread).any(0).sum()),
        "crossed_all": float(bool((follows[away] > 0).all())),
        "permuted": float(one_each and apart and bool(other.any())),
        "reshaped": float(one_each and not apart),
        "fraction": float(other.max()) / spread,
        "chosen": float(_adds_up_to_one(before)),
        "wide": float(_has_a_layer_over_all_maps(subject, given)),
        "added": float(_whichever_keypoint(subject, given, before)),
        "alike": float(_alike(subject, given)),
        "taught": _taught(subject, given),
    }
    return _row(found, _OWN)


def _is_a_permutation(follows: Tensor) -> bool:
    """Whether each logit follows one map, and each map is followed by one logit."""
    return bool((follows.sum(0) == 1).all()) and bool((follows.sum(1) == 1).all())


def _adds_up_to_one(result: Tensor) -> bool:
    """Whether the numbers of an image are probabilities that exclude each other, or logarithms."""
    kinds = (result, result.exp())
    return any(
        bool((kind >= 0).all()) and bool(((kind.sum(1) - 1).abs() < 1e-4).all()) for kind in kinds
    )


def _has_a_layer_over_all_maps(subject: nn.Module, given: Tensor) -> bool:
    """Whether there is a matrix whose input is all maps of an image, pooled or not."""
    keypoints, height, width = given.shape[1:]
    inputs = {keypoints * cells for cells in (height * width, height * width // 4, CELLS)}
    weights = [w for w in used_weights(subject, given) if w.dim() > 1]
    return any(w[0].numel() in inputs or (w.dim() == 2 and len(w) in inputs) for w in weights)


def _whichever_keypoint(subject: nn.Module, given: Tensor, before: Tensor) -> bool:
    """Whether each logit stays as it is when the maps change keypoints: it goes by all alike."""
    spread = float((before - before[:1]).abs().max())
    moved = max(
        float((after - before).abs().max())
        for (after,) in (answers(subject, given.roll(by, 1)) for by in (1, 2, 5))
    )
    return moved <= 1e-4 * spread


def _alike(subject: nn.Module, given: Tensor) -> bool:
    """Whether equal maps give equal logits, whatever their keypoint."""
    (result,) = answers(subject, given[:, :1].expand_as(given).contiguous())
    across = float((result - result[:, :1]).abs().max())
    return across <= 1e-5 * (float((result - result[:1]).abs().max()) or 1.0)


def _taught(subject: nn.Module, given: Tensor) -> float:
    """How much other logits change when one is changed by a step of gradient descent."""
    weights = learnable(subject)
    worst = 0.0
    if not weights:
        return worst
    for k in (0, given.shape[1] - 1):
        result = ask(subject, given)
        if not result.requires_grad:
            return 0.0
        slopes = torch.autograd.grad(result[:, k].sum(), weights, allow_unused=True)
        size = math.sqrt(sum(float(s.square().sum()) for s in slopes if s is not None))
        if size == 0 or not math.isfinite(size):
            continue
        kept = [w.detach().clone() for w in weights]
        with torch.no_grad():
            for weight, slope in zip(weights, slopes, strict=True):
                if slope is not None:
                    weight.add_(slope, alpha=0.3 / size)
        (after,) = answers(subject, given)
        with torch.no_grad():
            for weight, values in zip(weights, kept, strict=True):
                weight.copy_(values)
        moved = changes(result.detach().mT.contiguous(), after.mT.contiguous(), keep=1)
        own = float(moved[k])
        moved[k] = 0
        if own > 0:
            worst = max(worst, float(moved.max()) / own)
    return worst


@experiment
def mlp_of_each(subject: Subject, calls: Calls) -> Tensor:
    """What the logits look like along lines through the space of maps.

    With a single hidden unit a logit is a straight line with one bend, and flat on one side of it.

    Args:
        subject: the class.
        calls: one, with maps that are constant in each block: the directions.

    Returns:
        (1, finding), the findings in the order of ``_MLP``.
    """
    ((directions,),) = calls
    head = _made(subject)
    wake(head, directions)
    far = torch.cat([1e4 * directions, -1e4 * directions])
    near, small, large = answers(head, directions, far, 2 * far)
    every = torch.cat([near, small, large])
    low, high = float(large.min()), float(large.max())
    at_ends = torch.minimum(large - low, high - large) <= 1e-3 * (high - low)
    counts = [_size(subject, directions, hidden) for hidden in (2, 4, 6)]
    found: dict[str, float] = {
        "negative": float((every < 0).any()),
        "positive": float((every > 0).any()),
        "grows": float(float(large.abs().max()) > 1.5 * float(small.abs().max())),
        "at_ends": float(at_ends.float().mean()),
        "low": low,
        "high": high,
        "zeros": float((near == 0).float().mean()),
        "layers": float(counts[2] - 2 * counts[1] + counts[0] != 0),
        "uses_hidden": float(counts[0] != counts[1]),
    }
    hidden = {"hidden": 1} if found["uses_hidden"] else {}
    heads = [_made(subject, seed, **hidden) for seed in range(_HEADS)]
    for head in heads:
        wake(head, directions)
    found |= _bends(heads)
    found["ridge"] = float(_is_ridge(heads[0], directions))
    return _row(found, _MLP)


def _made(subject: Subject, seed: int = 1, **options: Any) -> nn.Module:
    torch.default_generator.manual_seed(seed)
    made = subject(**{"map_size": SIZE, "n_keypoints": USUAL_KEYPOINTS, **options})
    assert isinstance(made, nn.Module)
    made.eval()
    return made


def _size(subject: Subject, given: Tensor, hidden: int) -> int:
    """How many weights are used, wherever they are kept."""
    head = _made(subject, hidden=hidden)
    answers(head, given)
    return sum(weight.numel() for weight in used_weights(head, given))


def _bends(heads: Sequence[nn.Module]) -> dict[str, float]:
    """How logits run along a line, as fractions of all logits that are not constant.

    The maps are constant, so that it does not matter how they are pooled.
    """
    steps = 2.0 ** torch.arange(-5, 8.5, 0.5)
    times = torch.cat([-steps.flip(0), torch.zeros(1), steps])
    maps = times[:, None, None, None].expand(-1, USUAL_KEYPOINTS, *SIZE).contiguous()
    runs = torch.cat([answers(head, maps)[0] for head in heads], dim=1).double()
    times = times.double()
    slopes = (runs[1:] - runs[:-1]) / (times[1:] - times[:-1])[:, None]
    steepest = slopes.abs().amax(0)
    size = runs.abs().amax(0).clamp(min=1e-6)
    follows = (runs.amax(0) - runs.amin(0)) / size > _FOLLOWS
    runs, slopes, steepest = (part[..., follows] for part in (runs, slopes, steepest))
    if not len(steepest):
        return {"straight": 0.0, "relu": 0.0, "curved": 0.0}
    # Rounding, in units of a slope: what the size of the numbers makes of their differences.
    gaps = (times[1:] - times[:-1])[:, None]
    rounding = 8 * torch.finfo(torch.float32).eps * runs.abs().amax(0) / gaps
    allowed = 2e-3 * steepest + rounding
    bends = ((slopes[1:] - slopes[:-1]).abs() > allowed[1:] + allowed[:-1]).sum(0)
    flat = torch.stack([slopes[0].abs() <= allowed[0], slopes[-1].abs() <= allowed[-1]])
    straight = bends == 0
    return {
        "straight": float(straight.double().mean()),
        "relu": float(((flat.sum(0) == 1) & (bends > 0) & (bends <= 2)).double().mean()),
        "curved": float((bends > 2).double().mean()),
    }


def _is_ridge(head: nn.Module, directions: Tensor) -> bool:
    """Whether each logit goes by one weighted sum of its map: its gradients are all parallel."""
    pooled = []
    for scale in (0.3, -0.3, 1.0, -1.0):
        slope = _slope_of(head, scale * directions)
        if slope is None:
            return False
        pooled.append(torch.nn.functional.avg_pool2d(slope.double(), 4).flatten(2))
    slopes = torch.cat(pooled).transpose(0, 1)
    for of_keypoint in slopes:
        sizes = of_keypoint.norm(dim=-1)
        units = of_keypoint[sizes > 1e-4 * float(sizes.max())]
        units = units / units.norm(dim=-1, keepdim=True)
        if len(units) and bool(((units @ units[0]).abs() < 1 - 1e-4).any()):
            return False
    return True


def _slope_of(head: nn.Module, maps: Tensor) -> Tensor | None:
    """The gradient of the sum of all logits by the maps, if one flows back."""
    leaf = maps.clone().requires_grad_()
    # Not the leaf itself: to change it in place is another mistake.
    result = ask(head, leaf * 1)
    if not result.requires_grad:
        return None
    (slope,) = torch.autograd.grad(result.sum(), leaf, allow_unused=True)
    return slope


@dataclass
class Drops(TorchFunctionMode):
    """Notes how many numbers each call of dropout drops from, and with which probability."""

    noted: list[tuple[int, float]] = field(default_factory=list)
    other_kind: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Note a call."""
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").rstrip("_")
        if "dropout" in name:
            given = dict(zip(("input", "p", "training"), args, strict=False)) | kwargs
            p, on = float(given.get("p", 0.5)), bool(given.get("training", True))
            if on and p > 0:
                if name == "dropout":
                    self.noted.append((given["input"].numel(), p))
                else:
                    self.other_kind = True
        return func(*args, **kwargs)


@experiment
def head_in_training(subject: Subject, calls: Calls) -> Tensor:
    """Where a head in training mode drops numbers.

    Args:
        subject: the class.
        calls: one, with maps.

    Returns:
        (1, finding), the findings in the order of ``_TRAINING``: counts of numbers are for one
        image.
    """
    ((given,),) = calls
    samples, keypoints = given.shape[:2]
    head = _made(subject, hidden=_TRIED_WIDTH, dropout=RARELY)
    wake(head, given)
    head.train()
    drops = Drops()
    with torch.no_grad(), drops:
        first = ask(head, given)
    (second,) = answers(head, given)
    found: dict[str, float] = {
        "varies": float(not torch.equal(first, second)),
        "one_mask": float(_drops_alike(head, given)),
        "other_kind": float(drops.other_kind),
    }
    # A loop over the images drops one image's numbers at a time.
    lengths = {n * k for n in (1, samples) for k in (1, keypoints)}
    pixels = SIZE[0] * SIZE[1]
    places = {"maps": pixels, "pooled": CELLS, "hidden": _TRIED_WIDTH, "logits": 1}
    counted = dict.fromkeys((*places, "elsewhere"), 0.0)
    for number, _ in drops.noted:
        place = next(
            (p for p, n in places.items() if number in {n * length for length in lengths}),
            "elsewhere",
        )
        counted[place] += number / samples
    if counted["elsewhere"] and _size(subject, given, 5) == _size(subject, given, 9):
        # The hidden layer has a size of its own, which is another question.
        counted["elsewhere"], counted["hidden"] = 0.0, float(keypoints * _TRIED_WIDTH)
    found |= counted
    never = _made(subject, dropout=0.0)
    wake(never, given)
    (quiet,) = answers(never, given)
    never.train()
    zero = Drops()
    with torch.no_grad(), zero:
        loud = ask(never, given)
    size = float(quiet.abs().max()) or 1.0
    if not zero.noted and not zero.other_kind:
        found["at_zero"] = float((loud - quiet).abs().max()) / size
    found["normalised"] = float(
        any(isinstance(m, _BatchNorm) for m in called_modules(never, given))
    )
    by_hand = found["varies"] and not drops.noted and not drops.other_kind
    found |= _by_hand(subject, given) if by_hand else {"off_mean": 0.0, "off_rate": 0.0}
    return _row(found, _TRAINING)


def _drops_alike(head: nn.Module, given: Tensor) -> bool:
    """Whether equal images of one call always get equal logits, while two calls differ."""
    same = given[:1].expand_as(given).contiguous()
    results = torch.stack([answers(head, same)[0] for _ in range(_CALLS)])
    size = float(results.abs().max()) or 1.0
    within = float((results - results[:, :1]).abs().max())
    return within <= 1e-5 * size < float((results - results[:1]).abs().max())


def _by_hand(subject: Subject, given: Tensor) -> dict[str, float]:
    """How far dropping that calls no dropout is from it, in standard errors."""
    head = _made(subject, hidden=1, dropout=RARELY)
    wake(head, given)
    same = given[:1].expand(_REPEATS, -1, -1, -1).contiguous()
    (quiet,) = answers(head, given[:1])
    head.train()
    (loud,) = answers(head, same)
    error = loud.double().std(0) / math.sqrt(_REPEATS)
    off = (loud.double().mean(0) - quiet[0]).abs() / error.clamp(min=1e-6)
    # One hidden number leaves two values; the rarer one is where it was dropped.
    rarer = [
        min((column == value).double().mean().item() for value in values)
        for column in loud.mT
        if len(values := column.unique()) == 2
    ]
    spread = math.sqrt(RARELY * (1 - RARELY) / _REPEATS)
    rates = [abs(rate - RARELY) / spread for rate in rarer]
    return {"off_mean": float(off.max()), "off_rate": max(rates, default=math.inf)}


@experiment
def head_options(subject: Subject, calls: Calls) -> Tensor:
    """What becomes of each option, with a small and a large value.

    Args:
        subject: the class.
        calls: one, with maps of many keypoints.

    Returns:
        (1, finding), the findings in the order of ``_OPTIONS``.
    """
    ((given,),) = calls
    found: dict[str, float] = {}
    for name, keypoints in (("few_keypoints", FEW_KEYPOINTS), ("many_keypoints", MANY_KEYPOINTS)):
        try:
            (result,) = answers(_made(subject, n_keypoints=keypoints), given[:, :keypoints])
            found[name] = float(result.shape[1]) if result.dim() == 2 else math.nan
        except (RuntimeError, IndexError, ValueError, TypeError):
            found[name] = math.nan
    usual = given[:, :USUAL_KEYPOINTS]
    found["uses_hidden"] = float(_size(subject, usual, 5) != _size(subject, usual, 9))
    tried: dict[str, dict[str, Any]] = {
        "rarely": {"dropout": RARELY},
        "often": {"dropout": OFTEN},
        "default_rate": {},
    }
    for name, options in tried.items():
        head = _made(subject, **options)
        answers(head, usual)
        head.train()
        drops = Drops()
        with torch.no_grad(), drops:
            ask(head, usual)
        rates = [p for _, p in drops.noted] or [math.nan]
        found[name] = min(rates)
        found[f"{name}_at_most"] = max(rates)
    return _row(found, _OPTIONS)


@experiment
def as_made(subject: Subject, calls: Calls) -> Tensor:
    """The result of every call of a network whose weights are as they were made, (call, ...)."""
    with torch.no_grad():
        return stacked([subject(*args) for args in calls])


@experiment
def slope_of_the_maps(subject: Subject, calls: Calls) -> Tensor:
    """Whether a gradient flows back to the maps, and whether the logits depend on them: (2,)."""
    ((given,),) = calls
    assert isinstance(subject, nn.Module)
    wake(subject, given)
    slope = _slope_of(subject, given)
    one, other = answers(subject, given, given.flip(0))
    flows = slope is not None and bool(slope.any())
    return torch.tensor([float(flows), float(not torch.equal(one, other))], dtype=torch.float64)


def _row(found: Mapping[str, float], names: Sequence[str]) -> Tensor:
    """The findings as numbers; nan is unknown."""
    return torch.tensor([[found.get(name, math.nan) for name in names]], dtype=torch.float64)


def _read(result: Tensor, names: Sequence[str]) -> dict[str, float]:
    return dict(zip(names, result.flatten().tolist(), strict=False))


def _named(mistake: str, seen: str) -> Finding:
    return Finding(math.inf, mistake, seen)


def _seen(seen: str, advice: str) -> Finding:
    return Finding(math.inf, "", seen, advice)


@misshape
def axis_of_one_left(shape: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    """There is an axis of length 1 behind the others."""
    return shape == (*expected, 1)


@relation
def each_map_on_its_own(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """A keypoint's logit follows its own map alone, and has layers of its own."""
    found = _read(result, _OWN)
    if found["chosen"]:
        yield _named("softmax_over_keypoints", "The numbers of each image add up to 1.")
    if found["reshaped"]:
        seen = "Each logit follows one map, but some follow that of another image."
        yield _named("images_reshaped", seen)
    if found["permuted"]:
        seen = "Each logit follows one map, but not that of its own keypoint."
        yield _named("keypoints_exchanged", seen)
    if found["deaf"]:
        seen = f"{found['deaf']:.0f} maps were replaced and no logit changed."
        yield _seen(seen, "Each keypoint's MLP reads the map of this keypoint.")
    if found["crossed"]:
        seen = f"{found['crossed']:.0f} logits changed with the map of another keypoint."
        if found["added"] and found["crossed_all"]:
            yield _named("maps_added", "The logits stay as they are when the maps are exchanged.")
        mixed = found["crossed_all"] and found["wide"]
        advice = (
            "Something runs across the keypoints, the second axis: look at each `flatten`, at each "
            "`reshape`, and at what normalises. Print the shape after each step."
        )
        yield _named("maps_mixed", seen) if mixed else _seen(seen, advice)
    if found["taught"] > _APART:
        if found["alike"]:
            seen = "Equal maps of different keypoints give equal logits, also while they learn."
            yield _named("one_mlp_for_all", seen)
        seen = "A step of gradient descent for one keypoint's logit changed those of others."
        yield _named("layers_shared", seen)


@relation
def mlp_as_said(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """A linear layer, ReLU and a linear layer, with nothing behind it."""
    found = _read(result, _MLP)
    if not found["grows"] and found["at_ends"] > _LIMITED:
        low, high = found["low"], found["high"]
        seen = f"For maps of very large numbers the logits are {low:.3g} or {high:.3g}."
        ends = {(0.0, 1.0): "sigmoid_at_the_end", (-1.0, 1.0): "tanh_at_the_end"}
        name = ends.get((round(low, 3), round(high, 3)), "")
        yield _named(name, seen) if name else _seen(seen, _END)
    if not found["negative"] or not found["positive"]:
        sign = "above" if found["negative"] else "below"
        seen = f"Whatever the maps, no logit is {sign} 0."
        relu = found["grows"] and found["zeros"] > 0.1 and not found["negative"]
        yield _named("relu_at_the_end", seen) if relu else _seen(seen, _END)
    if not found["uses_hidden"] and found["straight"] > 0.95:
        seen = (
            "The logits are straight lines, and `hidden` does not change how many weights it has."
        )
        yield _named("hidden_layer_missing", seen)
    if found["layers"]:
        seen = "With a larger `hidden` the number of weights grows faster than two layers explain."
        yield _named("more_hidden_layers", seen)
    if found["straight"] > 0.95:
        seen = "Along straight lines through the space of maps the logits are straight, too."
        yield _named("relu_missing", seen)
    if found["uses_hidden"] and found["relu"] < _MOST:
        seen = (
            "With hidden=1 a logit should be flat on one side of one bend and straight on the "
            f"other; {found['relu']:.0%} of them are."
        )
        advice = "Between the two linear layers there is a ReLU, and nothing else changes a map."
        yield _named("other_activation", seen) if found["ridge"] else _seen(seen, advice)


_END = "The last step is a linear layer: nothing follows it."


@relation
def drops_as_said(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """The hidden numbers are dropped, each on its own, and nothing else differs in training."""
    found = _read(result, _TRAINING)
    if found["at_zero"] > 1e-4:
        seen = "With dropout=0 the logits in training mode are not those in evaluation mode."
        advice = "Dropout is the only layer that works otherwise in training mode."
        yield _named("batch_normalised", seen) if found["normalised"] else _seen(seen, advice)
    if found["one_mask"]:
        seen = "In training mode equal images of one call get equal logits, those of two calls not."
        yield _named("one_mask_for_all_images", seen)
    if found["other_kind"]:
        seen = "What drops here is no plain dropout: it drops whole vectors or rescales otherwise."
        yield _named("other_kind_of_dropout", seen)
    for place, name, what in (
        ("maps", "dropout_on_the_maps", "pixels of the heat maps"),
        ("pooled", "dropout_before_the_first_layer", "numbers of the pooled maps"),
        ("logits", "dropout_after_the_last_layer", "logits"),
    ):
        if found[place]:
            yield _named(name, f"In training mode {what} are dropped.")
    if found["elsewhere"]:
        seen = "In training mode numbers are dropped, but not those of the hidden layers."
        yield _seen(seen, "Dropout stands between ReLU and the last linear layer.")
    if not found["varies"]:
        seen = f"In training mode, with dropout={RARELY}, two calls give the same logits."
        yield _named("dropout_missing", seen)
    wanted = USUAL_KEYPOINTS * _TRIED_WIDTH
    if found["hidden"] > wanted:
        seen = f"{found['hidden']:.0f} hidden numbers of an image are dropped from; there are "
        yield _named("dropped_twice", f"{seen}{wanted}.")
    if 0 < found["hidden"] < wanted:
        seen = f"{found['hidden']:.0f} of {wanted} hidden numbers of an image are dropped from."
        yield _seen(seen, "Each hidden number of each keypoint is dropped on its own.")
    if found["off_mean"] > 7 or found["off_rate"] > 7:
        seen = "Over thousands of calls in training mode the logits are not what dropout makes."
        advice = "What is kept is divided by 1 - dropout; `nn.Dropout` does so."
        yield _seen(seen, advice)


@relation
def options_used(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """Each option does what its description says."""
    found = _read(result, _OPTIONS)
    if (found["few_keypoints"], found["many_keypoints"]) != (FEW_KEYPOINTS, MANY_KEYPOINTS):
        seen = (
            f"With n_keypoints={FEW_KEYPOINTS} or {MANY_KEYPOINTS} and as many maps it does not "
            "give a logit for each map."
        )
        yield _named("n_keypoints_ignored", seen)
    if not found["uses_hidden"]:
        seen = "With hidden=5 and hidden=9 the head has the same number of weights."
        yield _named("hidden_ignored", seen)
    least = found["rarely"], found["often"]
    most = found["rarely_at_most"], found["often_at_most"]
    if any(map(math.isnan, most)):
        return  # nothing is dropped, or by hand: another criterion is about that
    if least != (RARELY, OFTEN) or most != (RARELY, OFTEN):
        seen = (
            f"With dropout={RARELY} and {OFTEN}, numbers are dropped with a probability of "
            f"{least[0]:g} to {most[0]:g} and of {least[1]:g} to {most[1]:g}."
        )
        kept = all(math.isclose(p, 1 - q) for p, q in zip(least, (RARELY, OFTEN), strict=True))
        ignored = bool({least[0], most[0]} & {least[1], most[1]})
        name = "dropout_ignored" if ignored else "dropout_is_what_is_kept" if kept else ""
        advice = "Follow `dropout` from `__init__` to the layers that it is for."
        yield _named(name, seen) if name else _seen(seen, advice)
    if not math.isclose(found["default_rate"], USUALLY):
        seen = f"Left out, `dropout` is {found['default_rate']:g}; it should be {USUALLY:g}."
        yield _seen(seen, "Leave the defaults of the signature as they are.")


@relation
def maps_learn(result: Tensor, case: Case, tolerance: float) -> Iterator[Finding]:
    """A gradient flows back to the maps."""
    flows, depends = result.tolist()
    if depends and not flows:
        yield _named("maps_cut_off", "No gradient flows back to the heat maps.")


_TWICE = (
    Aspect("The result is not of a floating-point type."),
    Aspect("The result holds values that are nan or infinite."),
    Aspect("All numbers of the result are whole."),
    Aspect("Entirely different heat maps give the same result."),
    Aspect("The same heat maps give another result after the head has seen other ones."),
    Aspect("In evaluation mode, two calls with the same heat maps give two results."),
)
_IMAGES_APART = (
    Aspect(
        "After the maps of image {0} were replaced, logits of other images changed.",
        "Some operation runs across the images, the first axis: look at each `dim`, at each "
        "`reshape` and `view`, and at what normalises. Print the shape after each step.",
    ),
)
_LEARNING = (
    Aspect("{0} weights and biases that are used are not among the head's `parameters()`."),
    Aspect("{0} tensors that require a gradient are not among the head's `parameters()`."),
    Aspect("The head has no parameter that can learn."),
    Aspect("{0} of {1} weights and biases shape the result, but no gradient flows back to them."),
    Aspect(
        "{0} of {1} weights and biases shape the result, but the gradient there is 0, also after "
        "a few steps.",
        "What is flat has no gradient: look for rounding, comparisons and `clamp`, and for a ReLU "
        "whose input is never positive.",
    ),
)
_NAMES = {"counted_alike": "statistics_over_the_images", "reshaped": "images_reshaped"}

RELATIONS |= {
    "head_repeats": partial(read_report, aspects=_TWICE, names=_NAMES),
    "images_apart": partial(read_report, aspects=_IMAGES_APART, names=_NAMES),
    "head_learns": partial(read_report, aspects=_LEARNING, names=_NAMES),
}
