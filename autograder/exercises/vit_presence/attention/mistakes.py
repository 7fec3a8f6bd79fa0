"""Wrong answers to `attention`."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import dropout, normalize, one_hot

from autograder.exercises.bank import Bank, Function


def _scores(q: Tensor, k: Tensor) -> Tensor:
    """One row for each query, one column for each key."""
    return q @ k.mT / math.sqrt(q.shape[-1])


def _right(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return _scores(q, k).softmax(-1) @ v


BANK = Bank(_right)


# Mistakes that any other can be made on top of.


@BANK.on_top("The queries are added to the result. That sum is made by the block, not in here.")
def queries_added(answer: Function) -> Function:
    """A residual connection."""

    def changed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        result: Tensor = answer(q, k, v)
        return result + q if q.shape == result.shape else result

    return changed


@BANK.on_top("The result goes through a ReLU. Nothing follows the product with the values.")
def relu_at_the_end(answer: Function) -> Function:
    """relu(result)."""
    return lambda q, k, v: answer(q, k, v).relu()


@BANK.on_top(
    "Numbers are put in another order: `reshape` or `view` where `transpose` is meant. To exchange "
    "two axes, use `k.transpose(-1, -2)`."
)
def keys_reshaped(answer: Function) -> Function:
    """k.reshape(..., width, key)."""

    def changed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        turned = k.reshape(*k.shape[:-2], k.shape[-1], k.shape[-2])
        result: Tensor = answer(q, turned.mT, v)
        return result

    return changed


# Mistakes in the softmax.


@BANK.mistake(
    "The softmax runs over the queries: the weights of each *key* add up to 1. Take it over the "
    "keys, the last axis of the products."
)
def softmax_over_queries(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(-2)."""
    return _scores(q, k).softmax(-2) @ v


@BANK.another("softmax_over_queries")
def softmax_over_axis_two(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(2), where there is such an axis."""
    scores = _scores(q, k)
    return scores.softmax(2 if scores.dim() > 2 else -2) @ v


@BANK.another("softmax_over_queries")
def softmax_over_axis_two_alone(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(2)."""
    return _scores(q, k).softmax(2) @ v


@BANK.mistake(
    "The softmax runs over axis 1, counted from the front: with an axis of heads, these are the "
    "heads. Take it over the keys, `dim=-1`."
)
def softmax_over_heads(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(1)."""
    return _scores(q, k).softmax(1) @ v


@BANK.another("softmax_over_heads")
def divided_by_the_sum_over_heads(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """exp of what is shifted by row, divided by the sum over axis 1."""
    scores = _scores(q, k)
    weights = (scores - scores.amax(-1, keepdim=True)).exp()
    return weights / weights.sum(1, keepdim=True) @ v


@BANK.another("softmax_over_heads")
def softmax_over_the_third_last_axis(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(-3), where there is one."""
    scores = _scores(q, k)
    return scores.softmax(-3 if scores.dim() > 2 else -1) @ v


@BANK.mistake(
    "The softmax runs over the first axis, the images. Each image is an attention of its own: take "
    "it over the keys, `dim=-1`."
)
def softmax_over_images(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(0)."""
    return _scores(q, k).softmax(0) @ v


@BANK.mistake(
    "One softmax is taken over all products of queries and keys. The weights of *each* query add "
    "up to 1: take it over the keys alone."
)
def softmax_over_queries_and_keys(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax of the flattened matrix."""
    scores = _scores(q, k)
    return scores.flatten(-2).softmax(-1).view(scores.shape) @ v


@BANK.mistake(
    "One softmax is taken over everything. The weights of *each* query add up to 1: take it over "
    "the keys alone."
)
def softmax_over_everything(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax of all numbers."""
    scores = _scores(q, k)
    return scores.flatten().softmax(0).view(scores.shape) @ v


@BANK.another("softmax_over_everything")
def divided_by_the_sum_of_everything(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """exp of what is shifted by row, divided by the sum of all."""
    scores = _scores(q, k)
    weights = (scores - scores.amax(-1, keepdim=True)).exp()
    return weights / weights.sum() @ v


@BANK.mistake("There is no softmax: the weights have to be positive and to add up to 1.")
def softmax_missing(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The products are the weights."""
    return _scores(q, k) @ v


@BANK.mistake("The softmax is taken twice, which makes the weights almost equal. Once is enough.")
def softmax_twice(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(softmax)."""
    return _scores(q, k).softmax(-1).softmax(-1) @ v


@BANK.mistake("It is the logarithm of the softmax. Take the softmax itself.")
def log_softmax(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The logarithm of the weights."""
    return _scores(q, k).log_softmax(-1) @ v


@BANK.mistake(
    "The weights are a sigmoid of the products. They are a softmax: `exp` of the products, divided "
    "by its sum over the keys."
)
def sigmoid_for_softmax(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """sigmoid."""
    return _scores(q, k).sigmoid() @ v


@BANK.another("sigmoid_for_softmax")
def sigmoid_divided_by_its_sum(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """sigmoid / sum."""
    weights = _scores(q, k).sigmoid()
    return weights / weights.sum(-1, keepdim=True) @ v


@BANK.another("sigmoid_for_softmax")
def shifted_sigmoid_divided_by_its_sum(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """sigmoid of what is shifted, / sum."""
    scores = _scores(q, k)
    weights = (scores - scores.amax(-1, keepdim=True)).sigmoid()
    return weights / weights.sum(-1, keepdim=True) @ v


@BANK.mistake("The weights are exp of the products, but they are not divided by their sum.")
def not_divided_by_the_sum(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """exp alone."""
    return _scores(q, k).exp() @ v


@BANK.another("not_divided_by_the_sum")
def shifted_and_not_divided(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """exp of what is shifted by each query's largest product."""
    scores = _scores(q, k)
    return (scores - scores.amax(-1, keepdim=True)).exp() @ v


@BANK.mistake(
    "The products themselves are divided by their sum. It is `exp` of the products that is, "
    "which is what `softmax` does."
)
def exp_missing(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """scores / sum."""
    scores = _scores(q, k)
    return scores / scores.sum(-1, keepdim=True) @ v


@BANK.mistake(
    "exp is divided by its sum over the queries. Divide by the sum over the keys, the last axis."
)
def divided_by_the_sum_over_queries(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """exp of what is shifted by row, divided by the sum of each column."""
    scores = _scores(q, k)
    weights = (scores - scores.amax(-1, keepdim=True)).exp()
    return weights / weights.sum(-2, keepdim=True) @ v


@BANK.mistake(
    "Only the key that fits best counts. Every value has a weight, by the softmax of the products."
)
def best_key_alone(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """argmax."""
    best = _scores(q, k).argmax(-1)
    return one_hot(best, k.shape[-2]).to(v.dtype) @ v


@BANK.mistake(
    "Negative products are set to 0 before the softmax. Leave them: they make small weights."
)
def relu_before_the_softmax(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """relu(scores)."""
    return _scores(q, k).relu().softmax(-1) @ v


@BANK.mistake(
    "Some keys are hidden from some queries, as for text that is written word by word. In an image "
    "each token looks at all others."
)
def later_keys_hidden(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """A causal mask."""
    scores = _scores(q, k)
    hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
    return scores.masked_fill(hidden, -math.inf).softmax(-1) @ v


@BANK.another("later_keys_hidden")
def earlier_keys_hidden(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """A causal mask the wrong way round."""
    scores = _scores(q, k)
    hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).tril(-1)
    return scores.masked_fill(hidden, -1e9).softmax(-1) @ v


@BANK.another("later_keys_hidden")
def own_key_hidden(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """No token looks at itself."""
    scores = _scores(q, k)
    own = torch.eye(*scores.shape[-2:], dtype=torch.bool, device=q.device)
    return scores.masked_fill(own, -1e9).softmax(-1) @ v


@BANK.another("later_keys_hidden")
def later_keys_zeroed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """tril of the weights."""
    return _scores(q, k).softmax(-1).tril() @ v


@BANK.mistake(
    "Some weights are dropped by chance: `dropout` is on unless it is told otherwise. There is no "
    "dropout in the formula."
)
def weights_dropped(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """dropout of the weights."""
    return dropout(_scores(q, k).softmax(-1), 0.1) @ v


@BANK.mistake("Something is added to the sum that exp is divided by. The sum is never 0.")
def sum_enlarged(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Divided by sum + 1."""
    scores = _scores(q, k)
    weights = (scores - scores.amax(-1, keepdim=True)).exp()
    return weights / (weights.sum(-1, keepdim=True) + 1) @ v


@BANK.another("sum_enlarged")
def sum_enlarged_by_a_thousandth(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Divided by sum + 1e-3."""
    scores = _scores(q, k)
    weights = (scores - scores.amax(-1, keepdim=True)).exp()
    return weights / (weights.sum(-1, keepdim=True) + 1e-3) @ v


# Mistakes in the scale.


@BANK.mistake(
    "The products are not scaled: divide them by the root of the width of q before the softmax."
)
def unscaled(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q k^T."""
    return (q @ k.mT).softmax(-1) @ v


@BANK.mistake("The products are divided by the width of q. Divide them by its root.")
def scaled_by_width(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q k^T / d."""
    return (q @ k.mT / q.shape[-1]).softmax(-1) @ v


@BANK.mistake(
    "The products are divided by the root of the number of keys. It is the width of q: "
    "`q.shape[-1]`."
)
def scaled_by_keys(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The root of m."""
    return (q @ k.mT / math.sqrt(k.shape[-2])).softmax(-1) @ v


@BANK.mistake(
    "The products are divided by the root of the number of queries. It is the width of q: "
    "`q.shape[-1]`."
)
def scaled_by_queries(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The root of n."""
    return (q @ k.mT / math.sqrt(q.shape[-2])).softmax(-1) @ v


@BANK.another("scaled_by_queries")
def scaled_by_axis_two(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q.shape[2], with four axes the queries."""
    return (q @ k.mT / math.sqrt(q.shape[2])).softmax(-1) @ v


@BANK.mistake(
    "The products are divided by the root of the width of v, which may be another one. It is that "
    "of q: `q.shape[-1]`."
)
def scaled_by_width_of_values(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The root of v's width."""
    return (q @ k.mT / math.sqrt(v.shape[-1])).softmax(-1) @ v


@BANK.mistake("The products are multiplied by the root of the width. Divide by it.")
def multiplied_by_the_root(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q k^T * sqrt(d)."""
    return (q @ k.mT * math.sqrt(q.shape[-1])).softmax(-1) @ v


@BANK.mistake(
    "The scale comes after the softmax: the weights are divided, and no longer add up to 1. Divide "
    "the products before it."
)
def scaled_after_the_softmax(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax / sqrt(d)."""
    return (q @ k.mT).softmax(-1) / math.sqrt(q.shape[-1]) @ v


@BANK.mistake(
    "Queries and keys are normalised to length 1. The products are those of q and k as they are."
)
def cosines(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Cosine similarity."""
    return _right(normalize(q, dim=-1), normalize(k, dim=-1), v)


@BANK.mistake("The root of the width is 8 as it is written in. Take the width from `q`.")
def eight_written_in(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """sqrt(64)."""
    return (q @ k.mT / 8).softmax(-1) @ v


@BANK.mistake(
    "The root of the width is rounded to a whole number, as `math.isqrt`, `int` and `//` do. Leave "
    "its digits: `q.shape[-1] ** 0.5`."
)
def root_rounded_down(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """isqrt."""
    return (q @ k.mT / math.isqrt(q.shape[-1])).softmax(-1) @ v


@BANK.another("root_rounded_down")
def root_rounded(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """round(sqrt(d))."""
    return (q @ k.mT / round(math.sqrt(q.shape[-1]))).softmax(-1) @ v


@BANK.another("root_rounded_down")
def root_rounded_up(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """ceil(sqrt(d))."""
    return (q @ k.mT / math.ceil(math.sqrt(q.shape[-1]))).softmax(-1) @ v


@BANK.mistake(
    "The scale is the same in every call: written in, or remembered from the first one. Take the "
    "width from `q`, in each call anew."
)
def scale_of_the_first_call(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The root of 4, as wide as the first queries of a suite are."""
    return (q @ k.mT / 2).softmax(-1) @ v


@BANK.another("scale_of_the_first_call")
def scale_of_the_notebook(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The root of 16, as wide as the queries in the notebook's own example are."""
    return (q @ k.mT / 4).softmax(-1) @ v


@BANK.mistake(
    "The scale is found at a place counted from the front: axis 1 is not the width. It is "
    "`q.shape[-1]`."
)
def scaled_by_axis_one(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q.shape[1], the heads."""
    return (q @ k.mT / math.sqrt(q.shape[1])).softmax(-1) @ v


@BANK.mistake(
    "The products are negative distances: the squared distance of each query and key. The formula "
    "multiplies them."
)
def distances_for_products(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """-|q - k|^2."""
    squared = (q[..., :, None, :] - k[..., None, :, :]).square().sum(-1)
    return (-squared / math.sqrt(q.shape[-1])).softmax(-1) @ v


# Mistakes in what is multiplied.


@BANK.mistake(
    "Queries and keys are exchanged: there is a row for each key. The product is q times k "
    "transposed.",
    fails="shape",
)
def queries_and_keys_exchanged(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """k q^T, as long as there are as many."""
    return _scores(k, q).softmax(-1) @ v


@BANK.mistake(
    "The weights are transposed before they meet the values: that sums over the queries. A row of "
    "weights belongs to one query.",
    fails="shape",
)
def weights_transposed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """weights^T v."""
    return _scores(q, k).softmax(-1).mT @ v


@BANK.mistake(
    "The keys are used in the place of the values. The last product is that of the weights and v.",
    fails="shape",
)
def keys_for_values(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """weights @ k."""
    return _scores(q, k).softmax(-1) @ k


@BANK.mistake(
    "The queries are multiplied with the values to get the weights. The weights come from q and k.",
    fails="shape",
)
def values_for_keys(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q v^T."""
    return _scores(q, v).softmax(-1) @ v


@BANK.mistake(
    "The keys are multiplied with each other to get the weights. The weights come from q and k.",
    fails="shape",
)
def keys_for_queries(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """k k^T."""
    return _scores(k, k).softmax(-1) @ v


@BANK.mistake(
    "The products are added up over all axes in front, so images and heads share one matrix of "
    "weights. In an `einsum`, `...` has to stand on the right of the arrow as well."
)
def axes_in_front_summed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """...nd,...md->nm."""
    scores = torch.einsum("...nd,...md->nm", q, k) / math.sqrt(q.shape[-1])
    return scores.softmax(-1) @ v


@BANK.mistake(
    "The result is the mean over the heads. Each entry of the axes in front keeps its own result."
)
def heads_averaged(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The same for all entries in front of the tokens."""
    result = _right(q, k, v)
    return result.mean(-3, keepdim=True).expand_as(result) if q.dim() > 2 else result


@BANK.mistake(
    "The weights are returned. What is asked for is their product with the values.", fails="shape"
)
def weights_returned(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The weights alone."""
    return _scores(q, k).softmax(-1)


@BANK.mistake(
    "The result is transposed: it has a column for each query. One row for each query.",
    fails="shape",
)
def result_transposed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """(..., other, query)."""
    return _right(q, k, v).mT


@BANK.mistake(
    "The heads are joined in here. Leave the axes in front as they are; the block joins them.",
    fails="shape",
)
def heads_joined(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """(image, query, head * other)."""
    return _right(q, k, v).transpose(1, 2).flatten(2) if q.dim() == 4 else _right(q, k, v)


# Mistakes in edge cases.


@BANK.mistake(
    "`exp` overflows: exp(1000) is infinite. Subtract the largest product of each query first, or "
    "use `torch.softmax`, which does.",
    fails="edge_cases",
)
def maximum_not_subtracted(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """exp / sum."""
    weights = _scores(q, k).exp()
    return weights / weights.sum(-1, keepdim=True) @ v


@BANK.another("maximum_not_subtracted")
def mean_subtracted(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The mean of each query's products in the place of the largest."""
    scores = _scores(q, k)
    weights = (scores - scores.mean(-1, keepdim=True)).exp()
    return weights / weights.sum(-1, keepdim=True) @ v


@BANK.mistake(
    "What is subtracted before `exp` is the largest product of the whole tensor. For a query whose "
    "own products are far below it, exp is 0 for all keys, and 0 / 0 is nan. Subtract the largest "
    "product of each query.",
    fails="edge_cases",
)
def largest_of_all_subtracted(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """scores - scores.max()."""
    scores = _scores(q, k)
    weights = (scores - scores.max()).exp()
    return weights / weights.sum(-1, keepdim=True) @ v


@BANK.mistake(
    "Products are limited before the softmax, so that `exp` does not overflow. That makes large "
    "ones equal. Subtract the largest product of each query instead, or use `torch.softmax`.",
    fails="edge_cases",
)
def products_limited(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """clamp."""
    return _scores(q, k).clamp(-50, 50).softmax(-1) @ v


def _enter_other_limits() -> None:
    def limited_to(least: float, most: float) -> Function:
        def limited(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return _scores(q, k).clamp(least, most).softmax(-1) @ v

        limited.__name__ = f"limited_to_{most:.0f}" + ("_above" if math.isinf(least) else "")
        limited.__doc__ = f"clamp({least}, {most})."
        return limited

    for most in (30.0, 40.0, 50.0, 60.0, 80.0, 88.0):
        for least in (-most, -math.inf):
            if (least, most) != (-50.0, 50.0):
                BANK.another("products_limited")(limited_to(least, most))


_enter_other_limits()


@BANK.mistake(
    "Four axes are written in: images and heads in front of the tokens. There may be any number of "
    "axes, or none: count from the end.",
    fails="edge_cases",
)
def four_axes_written_in(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """transpose(2, 3)."""
    return (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(3) @ v


@BANK.another("four_axes_written_in")
def last_of_four_axes(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(3) and nothing else."""
    return _scores(q, k).softmax(3) @ v


@BANK.another("four_axes_written_in")
def einsum_of_four_axes(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """bhnd,bhmd->bhnm."""
    scores = torch.einsum("bhnd,bhmd->bhnm", q, k) / math.sqrt(q.shape[-1])
    return torch.einsum("bhnm,bhme->bhne", scores.softmax(-1), v)


@BANK.another("four_axes_written_in")
def four_axes_unpacked(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """b, h, n, d = q.shape."""
    *_, width = _four(q)
    return (q @ k.mT / math.sqrt(width)).softmax(-1) @ v


def _four(q: Tensor) -> tuple[int, int, int, int]:
    images, heads, queries, width = q.shape
    return images, heads, queries, width


@BANK.mistake(
    "Axes of length 1 are squeezed away. A single query is still a row.",
    fails="edge_cases",
)
def squeezed_away(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """squeeze(-2)."""
    return _right(q, k, v).squeeze(-2)


@BANK.mistake(
    "The axes in front are not kept: they are joined to one. Give the result those of `q`.",
    fails="edge_cases",
)
def more_axes_joined(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """flatten(0, -4)."""
    result = _right(q, k, v)
    return result.flatten(0, -4) if q.dim() > 4 else result


@BANK.mistake(
    "The numbers are read in the order in which they lie in memory, which need not be that of the "
    "axes. `transpose` and `reshape` keep to the axes.",
    fails="edge_cases",
)
def read_as_it_lies_in_memory(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """as_strided."""
    strides = tuple(math.prod(k.shape[axis + 1 :]) for axis in range(k.dim()))
    return _right(q, k.as_strided(k.shape, strides), v)


# Mistakes in the gradient and in digits.


@BANK.mistake(
    "The weights are cut off from the graph, by `detach`, `no_grad`, `.data` or numpy: queries and "
    "keys never learn.",
    fails="gradient",
)
def weights_detached(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """weights.detach()."""
    return _scores(q, k).softmax(-1).detach() @ v


@BANK.mistake("The queries are cut off from the graph, so they never learn.", fails="gradient")
def queries_detached(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q.detach()."""
    return _right(q.detach(), k, v)


@BANK.mistake(
    "The result is cut off from the graph, by `detach`, `no_grad`, `.data` or numpy: nothing in "
    "front of it learns.",
    fails="gradient",
)
def result_detached(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """detach()."""
    return _right(q, k, v).detach()


@BANK.mistake("The keys are cut off from the graph, so they never learn.", fails="gradient")
def keys_detached(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """k.detach()."""
    return _right(q, k.detach(), v)


@BANK.mistake("The values are cut off from the graph, so they never learn.", fails="gradient")
def values_detached(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """v.detach()."""
    return _right(q, k, v.detach())


@BANK.mistake(
    "In float64 the result is off by a little: some step computes in float32, which holds seven "
    "digits, or adds a small number. Compute in the dtype of `q`, and add nothing.",
    fails="dtype_device",
)
def computed_in_float32(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """float32 inside, cast back at the end."""
    return _right(q.float(), k.float(), v.float()).to(q.dtype)


@BANK.another("computed_in_float32")
def weights_in_float32(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """softmax(dtype=torch.float32)."""
    return _scores(q, k).softmax(-1, dtype=torch.float32).to(q.dtype) @ v


@BANK.another("computed_in_float32")
def root_in_float32(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """torch.sqrt(torch.tensor(float(d)))."""
    root = torch.tensor(float(q.shape[-1]), device=q.device).sqrt()
    return (q @ k.mT / root).softmax(-1) @ v


@BANK.mistake(
    "The result has the same dtype whatever comes in. Keep that of `q`: convert nothing.",
    fails="dtype_device",
)
def dtype_not_followed(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """double()."""
    return _right(q.double(), k.double(), v.double())


@BANK.another("dtype_not_followed")
def always_float32(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """float()."""
    return _right(q.float(), k.float(), v.float())


@BANK.mistake("Precision is lost: some step computes in 16 bits. Compute in the dtype of `q`.")
def sixteen_bits(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """half()."""
    return _scores(q, k).half().softmax(-1).to(v.dtype) @ v


@BANK.another("sixteen_bits")
def sixteen_bits_throughout(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """All of it in half precision."""
    return _right(q.half(), k.half(), v.half()).to(q.dtype)


@BANK.another("sixteen_bits")
def sixteen_bits_of_another_kind(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """bfloat16."""
    return _right(q.bfloat16(), k.bfloat16(), v.bfloat16()).to(q.dtype)
