"""Work that grows is seen in whatever disguise; work that does not is left in peace."""

from __future__ import annotations

import _thread
import functools
import math
import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from poselab.checks.counting import TracingError, Work, definition_of, measure_work
from poselab.checks.judge import SPARE_INSTRUCTIONS, SPARE_OPERATIONS


def with_for(maps: Tensor) -> Tensor:
    sums = []
    for index in range(maps.shape[0]):
        sums.append(maps[index].sum())
    return torch.stack(sums)


def with_while(maps: Tensor) -> Tensor:
    sums, index = maps.new_zeros(maps.shape[0]), 0
    while index < maps.shape[0]:
        sums[index] = maps[index].sum()
        index += 1
    return sums


def with_comprehension(maps: Tensor) -> Tensor:
    return torch.stack([each.sum() for each in maps])


def with_generator(maps: Tensor) -> Tensor:
    return sum(each for each in maps)  # type: ignore[return-value]


def with_map(maps: Tensor) -> Tensor:
    return torch.stack(list(map(torch.sum, maps)))


def with_reduce(maps: Tensor) -> Tensor:
    return functools.reduce(torch.add, maps)


def with_recursion(maps: Tensor) -> Tensor:
    if maps.shape[0] == 1:
        return maps[0]
    half = maps.shape[0] // 2
    return with_recursion(maps[:half]) + with_recursion(maps[half:])


def with_np_vectorize(maps: Tensor) -> Tensor:
    return torch.from_numpy(np.vectorize(lambda value: value + 1)(maps[:, 0].numpy()))


def with_apply_along_axis(maps: Tensor) -> Tensor:
    return torch.from_numpy(np.apply_along_axis(lambda row: row.sum(), 1, maps.numpy()))


def with_tolist(maps: Tensor) -> Tensor:
    return torch.tensor([sum(row) for row in maps.tolist()])


def with_exec(maps: Tensor) -> Tensor:
    names = {"maps": maps}
    exec("total = 0\nfor each in maps:\n    total = total + each", names)
    return names["total"]


def with_tolist_in_c(maps: Tensor) -> Tensor:
    return torch.tensor(sum(maps[:, 0].tolist()))


def with_numpy_tolist_in_c(maps: Tensor) -> Tensor:
    return torch.tensor(list(map(abs, maps[:, 0].numpy().tolist())))


def with_apply(maps: Tensor) -> Tensor:
    return maps[:, 0].clone().apply_(abs)


def with_sum_over_an_array(maps: Tensor) -> Tensor:
    return torch.tensor(sum(maps[:, 0].numpy()))


def with_map_over_an_array(maps: Tensor) -> Tensor:
    return torch.tensor(list(map(np.ndarray.argmax, np.asarray(maps))))


def with_frompyfunc(maps: Tensor) -> Tensor:
    roots = np.frompyfunc(math.exp, 1, 1)(maps[:, 0].numpy())
    return torch.from_numpy(roots.astype(float))


def with_np_vectorize_of_c(maps: Tensor) -> Tensor:
    return torch.from_numpy(np.vectorize(math.exp)(maps[:, 0].numpy()))


def with_foreach(maps: Tensor) -> Tensor:
    return torch.stack(torch._foreach_exp(maps.unbind()))


def with_tolist_handed_to_map(maps: Tensor) -> Tensor:
    return torch.tensor(list(map(sum, *map(Tensor.tolist, [maps]))))


def below_threading(maps: Tensor) -> Tensor:
    done = _thread.allocate_lock()
    done.acquire()

    def work() -> None:
        with_for(maps)
        done.release()

    _thread.start_new_thread(work, ())
    done.acquire()
    return maps


def in_a_thread(maps: Tensor) -> Tensor:
    thread = threading.Thread(target=with_for, args=(maps,))
    thread.start()
    thread.join()
    return maps


def in_a_helper(maps: Tensor) -> Tensor:
    return with_for(maps)


def broadcasting(maps: Tensor) -> Tensor:
    return (maps[:, None] - maps[None]).square().sum(-1)


def einsum(maps: Tensor) -> Tensor:
    return torch.einsum("bi,ci->bc", maps, maps)


def cdist(maps: Tensor) -> Tensor:
    return torch.cdist(maps, maps)


def unfold(maps: Tensor) -> Tensor:
    return torch.nn.functional.unfold(maps[None, None], (2, 2))


def vmap(maps: Tensor) -> Tensor:
    return torch.vmap(lambda row: row.softmax(0))(maps)


def boolean_index(maps: Tensor) -> Tensor:
    return maps[maps > 0].mean()


def prints(maps: Tensor) -> Tensor:
    print(maps, f"{maps[0]}")
    return maps * 2


def with_numpy(maps: Tensor) -> Tensor:
    rows, columns = np.unravel_index(maps.flatten(1).numpy().argmax(1), (1, 5))
    return (
        torch.from_numpy(np.stack([columns, rows], axis=-1)) + torch.tensor(np.asarray(maps))[:, :2]
    )


def fixed_number_of_steps(maps: Tensor) -> Tensor:
    for _ in range(10):
        maps = maps / 2
    return maps


LOOPS = [
    with_for,
    with_while,
    with_comprehension,
    with_generator,
    with_map,
    with_reduce,
    with_recursion,
    with_np_vectorize,
    with_apply_along_axis,
    with_tolist,
    with_exec,
    with_tolist_in_c,
    with_numpy_tolist_in_c,
    with_apply,
    with_sum_over_an_array,
    with_map_over_an_array,
    with_frompyfunc,
    with_np_vectorize_of_c,
    with_foreach,
    with_tolist_handed_to_map,
    below_threading,
    in_a_thread,
    in_a_helper,
]
VECTORISED = [
    broadcasting,
    einsum,
    cdist,
    unfold,
    vmap,
    boolean_index,
    prints,
    with_numpy,
    fixed_number_of_steps,
]


def measured(function: Callable[[Tensor], Tensor], batch: int) -> Work:
    maps = torch.linspace(-1, 1, batch * 5).reshape(batch, 5)
    function(maps)
    return measure_work(lambda: function(maps))


def grows(function: Callable[[Tensor], Tensor]) -> bool:
    small, large = measured(function, 2), measured(function, 34)
    return (
        large.operations - small.operations > SPARE_OPERATIONS
        or large.instructions - small.instructions > SPARE_INSTRUCTIONS
    )


@pytest.mark.parametrize("function", LOOPS)
def test_loops_grow(function: Callable[[Tensor], Tensor]) -> None:
    assert grows(function)


@pytest.mark.parametrize("function", VECTORISED)
def test_vectorised_work_does_not_grow(function: Callable[[Tensor], Tensor]) -> None:
    assert not grows(function)


@pytest.mark.parametrize("function", [with_for, in_a_helper])
def test_the_line_of_the_loop_is_named(function: Callable[[Tensor], Tensor]) -> None:
    work = measured(function, 34)
    line, _ = work.operations_by_line.most_common(1)[0]
    assert definition_of(line) == "sums.append(maps[index].sum())"


def off() -> None:
    sys.settrace(None)


def off_and_on() -> None:
    tracer = sys.gettrace()
    sys.settrace(None)
    sys.settrace(tracer)


def profiler_off() -> None:
    sys.setprofile(None)


@pytest.mark.parametrize("cheats", [off, off_and_on, profiler_off])
def test_switching_the_count_off_is_noticed(cheats: Callable[[], None]) -> None:
    before = sys.gettrace(), sys.getprofile(), sys.settrace
    with pytest.raises(TracingError, match="switched off the counting"):
        measure_work(cheats)
    assert (sys.gettrace(), sys.getprofile(), sys.settrace) == before


def test_nothing_stays_replaced() -> None:
    before = Tensor.tolist, Tensor.numpy, np.asarray, np.frompyfunc, _thread.start_new_thread
    measure_work(lambda: torch.zeros(3).tolist())
    after = Tensor.tolist, Tensor.numpy, np.asarray, np.frompyfunc, _thread.start_new_thread
    assert before == after
    assert "tolist" not in vars(Tensor)
