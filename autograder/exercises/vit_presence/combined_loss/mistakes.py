"""Wrong answers to `combined_loss`.

Their arguments are called h and t (heat maps and their target), z (logits) and p (presence).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from autograder.exercises.bank import Bank, Function


def _errors(h: Tensor, t: Tensor) -> Tensor:
    return (h - t).square().mean((-1, -2))


def _masked_mean(errors: Tensor, p: Tensor) -> Tensor:
    return (errors * p).sum() / p.sum().clamp(min=1)


def _maps(h: Tensor, t: Tensor, p: Tensor) -> Tensor:
    return _masked_mean(_errors(h, t), p)


def _entropy(z: Tensor, p: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(z, p)


def _entropies(z: Tensor, p: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(z, p, reduction="none")


def _weighted(maps: Tensor, presence: Tensor, weight: float) -> Tensor:
    return weight * maps + (1 - weight) * presence


def _right(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    return _weighted(_maps(h, t, p), _entropy(z, p), weight)


BANK = Bank(_right)


# Mistakes that can be made on top of any other one.


@BANK.on_top("It is half of the loss: the weights add up to 1 already, nothing is divided by 2.")
def halved(answer: Function) -> Function:
    """The mean of both weighted parts."""
    return lambda *args: answer(*args) / 2


@BANK.on_top("A root is taken at the end; the loss has none.")
def root_of_the_sum(answer: Function) -> Function:
    """sqrt(L)."""
    return lambda *args: answer(*args).sqrt()


@BANK.on_top("Only the first image counts: average over all of them.")
def first_image_only(answer: Function) -> Function:
    """Sample 0."""
    return lambda h, t, z, p, *weight: answer(h[:1], t[:1], z[:1], p[:1], *weight)


@BANK.on_top(
    "The two weights are exchanged: `weight` belongs in front of the maps' part, 1 - weight in "
    "front of that of presence."
)
def weights_exchanged(answer: Function) -> Function:
    """1 - weight."""
    return lambda h, t, z, p, weight=0.5: answer(h, t, z, p, 1 - weight)


@BANK.on_top("`weight` has no effect: 0.5 is written into it.")
def half_written_in(answer: Function) -> Function:
    """weight = 0.5."""
    return lambda h, t, z, p, weight=0.5: answer(h, t, z, p, 0.5)


def _other_entropy(entropy: Function) -> Function:
    """A change of an answer: another part for presence."""

    def changed(answer: Function) -> Function:
        def loss(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
            whole: Tensor = weight * answer(h, t, z, p, 1.0) + (1 - weight) * entropy(z, p)
            return whole

        return loss

    return changed


@BANK.on_top(
    "The cross-entropy is masked, too: only present keypoints count in it. So nothing ever tells "
    "the network that a keypoint is absent. Average over all keypoints."
)
def masked_cross_entropy(answer: Function) -> Function:
    """BCE over present keypoints."""
    return _other_entropy(lambda z, p: _masked_mean(_entropies(z, p), p))(answer)


@BANK.on_top(
    "A sigmoid is applied twice: `binary_cross_entropy_with_logits` contains one. Give it the "
    "logits as they are."
)
def sigmoid_twice(answer: Function) -> Function:
    """BCE with logits of probabilities."""
    return _other_entropy(lambda z, p: _entropy(z.sigmoid(), p))(answer)


@BANK.on_top("The cross-entropy is summed over all keypoints; take their mean.")
def summed_cross_entropy(answer: Function) -> Function:
    """reduction="sum"."""
    return _other_entropy(lambda z, p: _entropies(z, p).sum())(answer)


# What the weights do.


@BANK.mistake("`weight` has no effect: the two parts are added as they are.")
def parts_added(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """L_maps + L_presence."""
    return _maps(h, t, p) + _entropy(z, p)


@BANK.mistake(
    "The weights do not add up to 1: the maps' part is multiplied by `weight`, that of presence by "
    "1. It takes 1 - weight."
)
def presence_not_weighted(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """weight L_maps + L_presence."""
    return weight * _maps(h, t, p) + _entropy(z, p)


@BANK.mistake(
    "The weights do not add up to 1: `weight` is in front of the part of presence, and the maps' "
    "part counts fully. It is weight * maps + (1 - weight) * presence."
)
def maps_not_weighted(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """L_maps + weight L_presence."""
    return _maps(h, t, p) + weight * _entropy(z, p)


@BANK.mistake(
    "The maps' part counts fully, only that of presence is multiplied by 1 - weight. The maps' "
    "part takes `weight`."
)
def only_presence_weighted(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """L_maps + (1 - weight) L_presence."""
    return _maps(h, t, p) + (1 - weight) * _entropy(z, p)


@BANK.mistake("`weight` is in front of both parts; that of presence takes 1 - weight.")
def weight_on_both(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """weight (L_maps + L_presence)."""
    return weight * (_maps(h, t, p) + _entropy(z, p))


@BANK.mistake("The weights are 1 and its complement: 1 + weight in place of 1 - weight.")
def one_plus_weight(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """weight L_maps + (1 + weight) L_presence."""
    return weight * _maps(h, t, p) + (1 + weight) * _entropy(z, p)


@BANK.mistake(
    "The part of presence is subtracted. The two parts are added, and the cross-entropy is minus "
    "the mean logarithm, which is never negative."
)
def parts_subtracted(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """weight L_maps - (1 - weight) L_presence."""
    return weight * _maps(h, t, p) - (1 - weight) * _entropy(z, p)


@BANK.mistake("The two parts are multiplied; they are added.")
def parts_multiplied(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """A product."""
    return weight * _maps(h, t, p) * (1 - weight) * _entropy(z, p)


@BANK.mistake("The part of presence is left out.")
def maps_only(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """weight L_maps."""
    return weight * _maps(h, t, p)


@BANK.another("maps_only")
def maps_only_not_weighted(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """L_maps."""
    return _maps(h, t, p)


@BANK.mistake("The maps' part is left out.")
def presence_only(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """(1 - weight) L_presence."""
    return (1 - weight) * _entropy(z, p)


@BANK.another("presence_only")
def presence_only_not_weighted(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """L_presence."""
    return _entropy(z, p)


@BANK.mistake(
    "A `weight` of 0 is taken for none at all: `weight or ...` does so. 0 leaves presence alone.",
    fails="edge_cases",
)
def zero_taken_for_no_weight(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """weight or 0.5."""
    return _right(h, t, z, p, weight or 0.5)


# Which maps count.


@BANK.mistake(
    "All maps count, also those of absent keypoints. Average over the present ones: where nothing "
    "is to be found, there is no right position."
)
def maps_not_masked(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """mse_loss(h, t)."""
    return _weighted(functional.mse_loss(h, t), _entropy(z, p), weight)


@BANK.mistake("The mask is inverted: the maps of absent keypoints count.")
def mask_inverted(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """1 - p."""
    return _weighted(_maps(h, t, 1 - p), _entropy(z, p), weight)


@BANK.mistake(
    "Absent keypoints count as perfect ones: the sum is divided by the number of all keypoints. "
    "Divide by the number of present ones."
)
def divided_by_all_keypoints(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """(errors * p).mean()."""
    return _weighted((_errors(h, t) * p).mean(), _entropy(z, p), weight)


@BANK.mistake(
    "The maps' error is divided by the number of images; divide by the number of present keypoints."
)
def divided_by_images(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Sum / B."""
    return _weighted((_errors(h, t) * p).sum() / len(h), _entropy(z, p), weight)


@BANK.mistake(
    "The maps' error is divided by the number of keypoints of one image; divide by the number of "
    "present ones in the whole batch."
)
def divided_by_keypoints(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Sum / K."""
    return _weighted((_errors(h, t) * p).sum() / h.shape[1], _entropy(z, p), weight)


@BANK.mistake("1 is added to the number of present keypoints. Guard against 0 without that.")
def one_added_to_count(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Sum / (n + 1)."""
    return _weighted((_errors(h, t) * p).sum() / (p.sum() + 1), _entropy(z, p), weight)


@BANK.mistake("The maps' errors are summed over the present keypoints; take their mean.")
def summed_over_keypoints(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """Sum over present keypoints."""
    return _weighted((_errors(h, t) * p).sum(), _entropy(z, p), weight)


@BANK.mistake("A map's squares are summed over its pixels; take their mean.")
def summed_over_pixels(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Sum over pixels, mean over present keypoints."""
    errors = (h - t).square().sum((-1, -2))
    return _weighted(_masked_mean(errors, p), _entropy(z, p), weight)


@BANK.mistake("The maps' part is summed over pixels and keypoints; take the mean of both.")
def maps_summed(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Sum over everything."""
    squares = (h - t).square() * p[..., None, None]
    return _weighted(squares.sum(), _entropy(z, p), weight)


@BANK.mistake("Both parts are summed; take the mean of each.")
def everything_summed(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """reduction="sum" twice."""
    squares = (h - t).square() * p[..., None, None]
    return _weighted(squares.sum(), _entropies(z, p).sum(), weight)


@BANK.mistake("The maps' error is divided by the number of pixels once more.")
def divided_by_pixels_twice(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """Mean / (H W)."""
    return _weighted(_maps(h, t, p) / h[0, 0].numel(), _entropy(z, p), weight)


def _by_image(errors: Tensor, p: Tensor) -> Tensor:
    return (errors * p).sum(1) / p.sum(1).clamp(min=1)


@BANK.mistake(
    "Each image's maps are averaged on their own first, so a keypoint counts for more in an image "
    "with few of them. Average over all present keypoints of the batch at once."
)
def mean_of_image_means(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """Mean over present keypoints in each image, then over images."""
    return _weighted(_by_image(_errors(h, t), p).mean(), _entropy(z, p), weight)


@BANK.another("mean_of_image_means")
def mean_of_images_with_keypoints(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The same without images that show none."""
    shown = (p.sum(1) > 0).sum().clamp(min=1)
    return _weighted(_by_image(_errors(h, t), p).sum() / shown, _entropy(z, p), weight)


@BANK.mistake(
    "Each keypoint is averaged over the images first, so one that few images show counts for more. "
    "Average over all present keypoints of the batch at once."
)
def mean_of_keypoint_means(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """Mean over the images that show a keypoint, then over keypoints."""
    return _weighted(_by_image(_errors(h, t).mT, p.mT).mean(), _entropy(z, p), weight)


@BANK.another("mean_of_keypoint_means")
def mean_of_keypoints_shown(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The same without keypoints that no image shows."""
    shown = (p.sum(0) > 0).sum().clamp(min=1)
    return _weighted(_by_image(_errors(h, t).mT, p.mT).sum() / shown, _entropy(z, p), weight)


@BANK.mistake(
    "Each image's sum is divided by its own number of present keypoints, which is 0 in some. "
    "Divide the sum over all images by the number of all present keypoints."
)
def nan_in_images_without_present(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The mean of image means, without a guard."""
    means = (_errors(h, t) * p).sum(1) / p.sum(1)
    return _weighted(means.mean(), _entropy(z, p), weight)


@BANK.another("nan_in_images_without_present")
def mean_of_nothing_in_images(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The mean of each image's present maps, which may be none."""
    pairs = zip(_errors(h, t), p, strict=True)
    means = torch.stack([errors[present > 0].mean() for errors, present in pairs])
    return _weighted(means.mean(), _entropy(z, p), weight)


@BANK.mistake(
    "Absent keypoints' maps are compared with zeros: only the target is masked. Leave them out."
)
def absent_compared_with_zeros(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The target alone is masked."""
    return _weighted(functional.mse_loss(h, t * p[..., None, None]), _entropy(z, p), weight)


@BANK.another("absent_compared_with_zeros")
def absent_compared_with_zeros_over_count(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The same, divided by the number of present ones."""
    errors = _errors(h, t * p[..., None, None])
    return _weighted(errors.sum() / p.sum().clamp(min=1), _entropy(z, p), weight)


@BANK.mistake("Only the prediction is masked: zeros are compared with absent keypoints' targets.")
def only_prediction_masked(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The prediction alone is masked."""
    return _weighted(functional.mse_loss(h * p[..., None, None], t), _entropy(z, p), weight)


@BANK.another("only_prediction_masked")
def only_prediction_masked_over_count(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The same, divided by the number of present ones."""
    errors = _errors(h * p[..., None, None], t)
    return _weighted(errors.sum() / p.sum().clamp(min=1), _entropy(z, p), weight)


@BANK.mistake(
    "The sum is divided by the pixels of a square map, as high as wide. A map has height times "
    "width pixels."
)
def pixels_of_a_square(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """H * H."""
    return _weighted(_maps(h, t, p) * h.shape[-1] / h.shape[-2], _entropy(z, p), weight)


@BANK.another("pixels_of_a_square")
def pixels_of_a_wide_square(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """W * W."""
    return _weighted(_maps(h, t, p) * h.shape[-2] / h.shape[-1], _entropy(z, p), weight)


@BANK.mistake(
    "The mask is applied to rows and columns instead of images and keypoints: broadcasting aligns "
    "shapes on the right. Give `presence` two more axes there.",
    fails="shape",
)
def mask_on_rows_and_columns(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """(B, K) against (H, W)."""
    squares = (h - t).square() * p
    return _weighted(
        squares.sum() / (h[0, 0].numel() * p.sum().clamp(min=1)), _entropy(z, p), weight
    )


@BANK.another("mask_on_rows_and_columns")
def mean_of_masked_rows_and_columns(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The same, divided by all numbers."""
    return _weighted(((h - t).square() * p).mean(), _entropy(z, p), weight)


@BANK.mistake(
    "The mask is applied to the wrong axes: with one more axis `presence` is (B, K, 1), which is "
    "aligned with keypoints and rows. It needs two more: (B, K, 1, 1).",
    fails="shape",
)
def mask_with_one_more_axis(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """p[..., None]."""
    squares = (h - t).square() * p[..., None]
    return _weighted(
        squares.sum() / (h[0, 0].numel() * p.sum().clamp(min=1)), _entropy(z, p), weight
    )


@BANK.mistake(
    "`presence` meets the columns of the maps, not the keypoints: as a mask of shape (B, 1, 1, K), "
    "or since the mean was taken over the wrong axes. Average over the last two, which leaves "
    "(B, K).",
    fails="shape",
)
def mask_on_columns(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """p[:, None, None, :]."""
    squares = (h - t).square() * p[:, None, None, :]
    return _weighted(
        squares.sum() / (h[0, 0].numel() * p.sum().clamp(min=1)), _entropy(z, p), weight
    )


@BANK.mistake(
    "Which keypoints are present is read off the true maps: those that are not 0 everywhere. "
    "`presence` says it."
)
def mask_from_the_target_maps(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """t.amax() > 0."""
    return _weighted(_maps(h, t, (t.amax((-1, -2)) > 0).to(h)), _entropy(z, p), weight)


@BANK.mistake(
    "Only those pixels count in which the true map is not 0. All pixels of a present keypoint's "
    "map count."
)
def pixels_of_the_peak_only(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """t > 0 as a mask of pixels."""
    mask = (t > 0).to(h) * p[..., None, None]
    squares = ((h - t).square() * mask).sum() / mask.sum().clamp(min=1)
    return _weighted(squares, _entropy(z, p), weight)


@BANK.mistake(
    "Which keypoints are present is read off the logits, the network's own guess. `presence` says "
    "what is true."
)
def mask_from_the_logits(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """z > 0."""
    return _weighted(_maps(h, t, (z > 0).to(h)), _entropy(z, p), weight)


@BANK.mistake(
    "The maps are weighted with the predicted probabilities. What counts is `presence`, 1 or 0."
)
def weighted_by_probabilities(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """sigmoid(z) as the mask."""
    return _weighted(_maps(h, t, z.sigmoid()), _entropy(z, p), weight)


@BANK.mistake("The first image's `presence` masks the maps of every image; each has its own.")
def mask_of_the_first_image(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """p[:1]."""
    return _weighted(_maps(h, t, p[:1].expand_as(p)), _entropy(z, p), weight)


@BANK.mistake(
    "A keypoint's map counts in all images as soon as one image shows it. Each image has a mask of "
    "its own."
)
def present_in_any_image(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """any(0)."""
    return _weighted(_maps(h, t, p.amax(0, keepdim=True).expand_as(p)), _entropy(z, p), weight)


@BANK.mistake(
    "An image with an absent keypoint is left out as a whole; leave out this keypoint's map alone."
)
def whole_image_left_out(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """all(1)."""
    return _weighted(_maps(h, t, p.amin(1, keepdim=True).expand_as(p)), _entropy(z, p), weight)


@BANK.mistake(
    "The whole maps' part is 0 as soon as one keypoint is absent. It is 0 if none is present."
)
def zero_unless_all_present(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """p.all()."""
    maps = _maps(h, t, p) if bool(p.bool().all()) else 0 * h.sum()
    return _weighted(maps, _entropy(z, p), weight)


# What is measured of a map.


@BANK.mistake("The maps' part takes absolute differences, L1; square them.")
def absolute_differences(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """L1."""
    return _weighted(_masked_mean((h - t).abs().mean((-1, -2)), p), _entropy(z, p), weight)


@BANK.mistake("Large errors of the maps are not squared, as in the Huber loss; square all of them.")
def smooth_l1(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """smooth_l1_loss."""
    errors = functional.smooth_l1_loss(h, t, reduction="none").mean((-1, -2))
    return _weighted(_masked_mean(errors, p), _entropy(z, p), weight)


@BANK.mistake("A root is taken of the maps' part; a mean squared error has none.")
def root_of_the_maps(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """RMSE."""
    return _weighted(_maps(h, t, p).sqrt(), _entropy(z, p), weight)


@BANK.another("root_of_the_maps")
def root_of_each_map(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """The mean of each map's RMSE."""
    return _weighted(_masked_mean(_errors(h, t).sqrt(), p), _entropy(z, p), weight)


@BANK.mistake("The maps' squared error is halved; there is no factor in front but the weight.")
def half_squares(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """1/2 (h - t)^2."""
    return _weighted(_maps(h, t, p) / 2, _entropy(z, p), weight)


@BANK.mistake("A sigmoid is applied to the heat maps. Compare them as they are.")
def sigmoid_of_the_maps(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """sigmoid(h)."""
    return _weighted(_maps(h.sigmoid(), t, p), _entropy(z, p), weight)


# What is measured of presence.


@BANK.mistake(
    "The mean squared error of presence is taken; it should be the binary cross-entropy of the "
    "logits."
)
def squared_error_of_presence(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """MSE of probabilities."""
    return _weighted(_maps(h, t, p), functional.mse_loss(z.sigmoid(), p), weight)


@BANK.another("squared_error_of_presence")
def squared_error_of_logits(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """MSE of logits."""
    return _weighted(_maps(h, t, p), functional.mse_loss(z, p), weight)


@BANK.mistake(
    "The logits are taken for probabilities: they need a sigmoid, and the stable way is "
    "`binary_cross_entropy_with_logits`."
)
def sigmoid_missing(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """log of clamped logits."""
    q = z.clamp(1e-7, 1 - 1e-7)
    entropy = -(p * q.log() + (1 - p) * (1 - q).log()).mean()
    return _weighted(_maps(h, t, p), entropy, weight)


def _clamped(least: float) -> Function:
    """The cross-entropy of logits that are cut off to probabilities."""

    def loss(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
        q = z.clamp(least, 1 - least)
        entropy = -(p * q.log() + (1 - p) * (1 - q).log()).mean()
        return _weighted(_maps(h, t, p), entropy, weight)

    loss.__name__ = f"logits_clamped_to_{least:.0e}".replace("-0", "_minus_")
    loss.__doc__ = f"clamp({least:.0e}, 1 - {least:.0e})."
    return loss


for _least in (1e-3, 1e-4, 1e-5, 1e-6):
    BANK.another("sigmoid_missing")(_clamped(_least))


@BANK.another("sigmoid_missing")
def logarithm_of_logits(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """log(z), which is nan."""
    entropy = -(p * z.log() + (1 - p) * (1 - z).log()).mean()
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.another("sigmoid_missing")
def logits_in_binary_cross_entropy(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """clamp(0, 1), so that it does not complain."""
    entropy = functional.binary_cross_entropy(z.clamp(0, 1), p)
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.mistake("The two arguments of the cross-entropy are exchanged: the logits come first.")
def arguments_exchanged(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """BCE(p, z)."""
    return _weighted(_maps(h, t, p), _entropy(p, z), weight)


@BANK.another("arguments_exchanged")
def arguments_exchanged_and_squashed(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """BCE(p, sigmoid(z))."""
    return _weighted(_maps(h, t, p), _entropy(p, z.sigmoid()), weight)


@BANK.mistake(
    "Absent keypoints have no term in the cross-entropy: it is multiplied by `presence`, or "
    "(1 - presence) log(1 - sigmoid) is missing. They need an answer as well."
)
def absent_term_missing(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """-p log(q)."""
    return _weighted(_maps(h, t, p), -(p * functional.logsigmoid(z)).mean(), weight)


@BANK.mistake(
    "Only absent keypoints have a term in the cross-entropy: presence times log(sigmoid) is "
    "missing."
)
def present_term_missing(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """-(1 - p) log(1 - q)."""
    return _weighted(_maps(h, t, p), -((1 - p) * functional.logsigmoid(-z)).mean(), weight)


@BANK.another("parts_subtracted")
def sign_missing(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """-BCE."""
    return _weighted(_maps(h, t, p), -_entropy(z, p), weight)


@BANK.mistake("Present and absent are exchanged in the cross-entropy.")
def presence_inverted(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """BCE(z, 1 - p)."""
    return _weighted(_maps(h, t, p), _entropy(z, 1 - p), weight)


@BANK.mistake(
    "The cross-entropy is summed over the keypoints of an image and averaged over images alone; "
    "average over all keypoints."
)
def cross_entropy_summed_over_keypoints(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """sum(1).mean()."""
    return _weighted(_maps(h, t, p), _entropies(z, p).sum(1).mean(), weight)


@BANK.mistake(
    "The cross-entropy is summed over the images and averaged over keypoints alone; average over "
    "both."
)
def cross_entropy_summed_over_images(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """sum(0).mean()."""
    return _weighted(_maps(h, t, p), _entropies(z, p).sum(0).mean(), weight)


@BANK.another("absent_term_missing")
def cross_entropy_times_presence(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """(bce * p).mean()."""
    return _weighted(_maps(h, t, p), (_entropies(z, p) * p).mean(), weight)


@BANK.another("absent_term_missing")
def presence_as_weight(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """weight=p."""
    entropy = functional.binary_cross_entropy_with_logits(z, p, weight=p)
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.mistake(
    "Present keypoints are weighted against absent ones, with `pos_weight` or by hand. All "
    "keypoints count alike."
)
def present_ones_weighted(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """pos_weight = absent / present."""
    ratio = (1 - p).sum() / p.sum().clamp(min=1)
    entropy = functional.binary_cross_entropy_with_logits(z, p, pos_weight=ratio)
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.another("present_ones_weighted")
def twice_for_present_ones(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """pos_weight = 2."""
    entropy = functional.binary_cross_entropy_with_logits(z, p, pos_weight=p.new_tensor(2.0))
    return _weighted(_maps(h, t, p), entropy, weight)


def _factor(factor: float, name: str) -> Function:
    """A fixed weight of present keypoints."""

    def loss(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
        factors = z.new_tensor(factor)
        entropy = functional.binary_cross_entropy_with_logits(z, p, pos_weight=factors)
        return _weighted(_maps(h, t, p), entropy, weight)

    loss.__name__ = name
    loss.__doc__ = f"pos_weight = {factor:g}."
    return loss


for _number, _name in ((0.5, "half"), (3.0, "three_times"), (5.0, "five_times"), (10.0, "tenfold")):
    BANK.another("present_ones_weighted")(_factor(_number, f"{_name}_for_present_ones"))


@BANK.another("present_ones_weighted")
def ratio_for_each_keypoint(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """pos_weight for each keypoint."""
    ratio = (1 - p).sum(0) / p.sum(0).clamp(min=1)
    entropy = functional.binary_cross_entropy_with_logits(z, p, pos_weight=ratio)
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.another("present_ones_weighted")
def both_kinds_averaged(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """The mean of both kinds' means."""
    entropies = _entropies(z, p)
    entropy = (_masked_mean(entropies, p) + _masked_mean(entropies, 1 - p)) / 2
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.mistake(
    "A softmax runs over the keypoints, as if one of them had to be chosen. Each keypoint is a "
    "question of its own: use the binary cross-entropy."
)
def softmax_over_keypoints(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """cross_entropy(z, p)."""
    return _weighted(_maps(h, t, p), functional.cross_entropy(z, p), weight)


@BANK.another("softmax_over_keypoints")
def binary_after_softmax(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """BCE of a softmax."""
    entropy = functional.binary_cross_entropy(z.softmax(-1).clamp(0, 1), p)
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.mistake("Logarithms to base 2 are taken; it should be the natural one.")
def logarithm_to_base_2(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """BCE in bits."""
    return _weighted(_maps(h, t, p), _entropy(z, p) / torch.tensor(2.0).log().to(z), weight)


@BANK.mistake(
    "The logits are turned into yes or no before the cross-entropy, which says nothing of how sure "
    "the network is, and has no gradient."
)
def logits_thresholded(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """z > 0 as logits."""
    return _weighted(_maps(h, t, p), _entropy((z > 0).to(z), p), weight)


# Mistakes that show in special cases.


@BANK.mistake(
    "Where no keypoint is present, the loss is nan: 0 is divided by 0. The maps' part is 0 then.",
    fails="edge_cases",
    fails_too=("gradient",),
)
def nan_without_present(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """No guard."""
    return _weighted((_errors(h, t) * p).sum() / p.sum(), _entropy(z, p), weight)


@BANK.mistake(
    "Where no keypoint is present, the loss is nan: that is the mean of no numbers at all. The "
    "maps' part is 0 then.",
    fails="edge_cases",
)
def mean_of_nothing(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """errors[mask].mean()."""
    return _weighted(_errors(h, t)[p > 0].mean(), _entropy(z, p), weight)


@BANK.mistake(
    "Where no keypoint is present, the loss is 0. Only the maps' part is; presence is asked for "
    "every keypoint.",
    fails="edge_cases",
)
def nothing_without_present(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """return 0."""
    if not bool(p.any()):
        return 0 * (h.sum() + z.sum())
    return _right(h, t, z, p, weight)


@BANK.mistake(
    "Where no keypoint is present, presence counts fully. The weights stay as they are, whatever "
    "is present: 1 - weight.",
    fails="edge_cases",
)
def weight_dropped_without_present(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """return the BCE."""
    if not bool(p.any()):
        return _entropy(z, p) + 0 * h.sum()
    return _right(h, t, z, p, weight)


@BANK.mistake(
    "Where no keypoint is present, all maps count. The maps' part is 0 then.",
    fails="edge_cases",
    fails_too=("gradient",),
)
def all_maps_without_present(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """mse_loss where the mask is empty."""
    if not bool(p.any()):
        return _weighted(functional.mse_loss(h, t), _entropy(z, p), weight)
    return _right(h, t, z, p, weight)


@BANK.mistake(
    "The loss is right where no keypoint is present, but its gradient is nan: 0 / 0 was computed, "
    "and `where` hides it in the value alone. Divide by a number that is never 0.",
    fails="gradient",
)
def nan_in_the_gradient(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """where(n > 0, sum / n, 0)."""
    n = p.sum()
    maps = torch.where(n > 0, (_errors(h, t) * p).sum() / n, torch.zeros_like(n))
    return _weighted(maps, _entropy(z, p), weight)


@BANK.another("nan_in_the_gradient")
def nan_replaced_by_zero(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """nan_to_num(sum / n)."""
    maps = ((_errors(h, t) * p).sum() / p.sum()).nan_to_num()
    return _weighted(maps, _entropy(z, p), weight)


@BANK.mistake(
    "Large logits are lost: their sigmoid rounds to 0 or 1, and its logarithm is infinite or cut "
    "off; a clamp does the same. `binary_cross_entropy_with_logits` computes both in one.",
    fails="edge_cases",
)
def large_logits_lost(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """BCE of a sigmoid."""
    return _weighted(_maps(h, t, p), functional.binary_cross_entropy(z.sigmoid(), p), weight)


@BANK.another("large_logits_lost")
def logarithm_of_a_sigmoid(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """log(sigmoid), by hand."""
    q = z.sigmoid()
    entropy = -torch.where(p > 0, q.log(), (1 - q).log()).mean()
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.another("large_logits_lost")
def probabilities_clamped(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """clamp(1e-7, 1 - 1e-7)."""
    q = z.sigmoid().clamp(1e-7, 1 - 1e-7)
    entropy = -(p * q.log() + (1 - p) * (1 - q).log()).mean()
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.another("large_logits_lost")
def exponential_overflows(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """log(1 + exp(z)) - z p."""
    entropy = (torch.log(1 + z.exp()) - z * p).mean()
    return _weighted(_maps(h, t, p), entropy, weight)


@BANK.another("large_logits_lost")
def logits_clamped(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """clamp(-10, 10)."""
    return _weighted(_maps(h, t, p), _entropy(z.clamp(-10, 10), p), weight)


# The shape, the gradient, the dtype, and what becomes of the arguments.


@BANK.mistake("There is a loss for each image: average over all of them.", fails="shape")
def loss_of_each_image(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """(B,)."""
    return weight * _by_image(_errors(h, t), p) + (1 - weight) * _entropies(z, p).mean(1)


@BANK.mistake("There is a loss for each keypoint: average over all of them.", fails="shape")
def loss_of_each_keypoint(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """(B, K)."""
    return weight * _errors(h, t) * p + (1 - weight) * _entropies(z, p)


@BANK.another("loss_of_each_keypoint")
def cross_entropy_not_reduced(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """reduction="none"."""
    return weight * _maps(h, t, p) + (1 - weight) * _entropies(z, p)


@BANK.mistake("The loss has an axis of length 1; it is a tensor without axes.", fails="shape")
def axis_left(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """(1,)."""
    return _right(h, t, z, p, weight).reshape(1)


@BANK.mistake("The heat maps are cut off: their network would learn nothing.", fails="gradient")
def heatmaps_cut_off(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """h.detach()."""
    return _right(h.detach(), t, z, p, weight)


@BANK.mistake("The logits are cut off: presence would not be learned.", fails="gradient")
def logits_cut_off(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """z.detach()."""
    return _right(h, t, z.detach(), p, weight)


@BANK.mistake("Nothing can be learned from this loss: it is cut off the graph.", fails="gradient")
def both_cut_off(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """no_grad."""
    with torch.no_grad():
        return _right(h, t, z, p, weight)


@BANK.mistake(
    "The gradient of the maps is half of what it should be: one factor of the square is detached.",
    fails="gradient",
)
def one_factor_detached(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """A square of which one factor is a constant."""
    errors = ((h - t) * (h.detach() - t)).mean((-1, -2))
    return _weighted(_masked_mean(errors, p), _entropy(z, p), weight)


@BANK.mistake(
    "The gradient is wrong where a logit is exactly 0: `clamp`, `relu` and `abs` have a corner "
    "there, and their gradients do not add up. `softplus`, or `binary_cross_entropy_with_logits`, "
    "has none.",
    fails="gradient",
)
def slope_off_at_zero(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """max(z, 0) - z p + log(1 + exp(-|z|)), by clamp and abs."""
    entropy = z.clamp(min=0) - z * p + (-z.abs()).exp().log1p()
    return _weighted(_maps(h, t, p), entropy.mean(), weight)


@BANK.another("slope_off_at_zero")
def slope_off_at_zero_by_relu(
    h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5
) -> Tensor:
    """The same by relu."""
    entropy = z.relu() - z * p + (-z.abs()).exp().log1p()
    return _weighted(_maps(h, t, p), entropy.mean(), weight)


@BANK.mistake("The result is in float32, whatever the dtype of the maps.", fails="dtype_device")
def always_float32(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """float() at the end."""
    return _right(h, t, z, p, weight).float()


@BANK.mistake(
    "It is right to only a few digits: part of it is computed in float32, or a small number is "
    "added to a denominator.",
    fails="dtype_device",
)
def computed_in_float32(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """float32 inside."""
    return _right(h.float(), t.float(), z.float(), p.float(), weight).to(h.dtype)


@BANK.mistake(
    "It overwrites its arguments: make a new tensor instead.",
    fails="arguments",
)
def changes_its_input(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """A target that is masked in place, after it was used."""
    loss = _right(h, t, z, p, weight)
    t *= p[..., None, None]
    return loss


@BANK.mistake("The result leaves the device of `heatmaps`: create nothing on the CPU.",
              fails="dtype_device")  # fmt: skip
def left_the_device(h: Tensor, t: Tensor, z: Tensor, p: Tensor, weight: float = 0.5) -> Tensor:
    """A tensor on the CPU."""
    loss = _right(h, t, z, p, weight)
    return torch.zeros(1, dtype=h.dtype)[0] + loss.cpu()
