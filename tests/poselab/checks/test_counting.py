"""Work that grows is seen in whatever disguise; work that does not is left in peace."""

from __future__ import annotations

import _thread
import contextlib
import functools
import gc
import io
import math
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from poselab.checks.counting import (
    SPARE_INSTRUCTIONS,
    SPARE_OPERATIONS,
    Work,
    measure_work,
)
from poselab.checks.sealed import SealedError
from poselab.checks.tracing import TracingError, definition_of


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
    return sum(each for each in maps)


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
    return torch.tensor(list(map(np.argmax, np.asarray(maps))))


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


def below_threading_by_another_name(maps: Tensor) -> Tensor:
    done = threading.Lock()
    done.acquire()

    def work() -> None:
        with_for(maps)
        done.release()

    START(work, ())
    done.acquire()
    return maps


def with_map2(maps: Tensor) -> Tensor:
    return torch.zeros(len(maps)).map2_(maps[:, 0], maps[:, 1], math.hypot)


def with_a_fused_step(maps: Tensor) -> Tensor:
    rows = list(maps.clone().unbind())
    torch._fused_sgd_(
        rows, rows, [], weight_decay=0.0, momentum=0.0, lr=1.0, dampening=0.0,
        nesterov=False, maximize=False, is_first_step=True,
    )  # fmt: skip
    return torch.stack(rows)


UNIT = torch.jit.CompilationUnit("""
def total(maps: Tensor) -> Tensor:
    total = maps[0]
    for i in range(1, maps.size(0)):
        total = total + maps[i]
    return total

def scalars(maps: Tensor) -> float:
    values: List[List[float]] = maps.tolist()
    total = 0.0
    for row in values:
        total += row[0]
    return total
""")


def with_torchscript(maps: Tensor) -> Tensor:
    return UNIT.total(maps)


def with_a_method_from_before(maps: Tensor) -> Tensor:
    return APPLY(maps[:, 0].clone(), abs)


APPLY = Tensor.apply_
START = _thread.start_new


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


def filled_arrays(maps: Tensor) -> Tensor:
    values = maps.detach().cpu().numpy().astype(np.float64)
    grid = np.zeros((len(values), 2))
    grid[:, 0] = values.argmax(1)
    grid[..., 1] = np.where(values > 0, values, 0.0).sum(axis=1)
    return torch.from_numpy(grid).to(maps.device, maps.dtype)


def memory_exchanged(maps: Tensor) -> Tensor:
    result = maps.clone()
    result.set_(2 * maps)  # type: ignore[no-untyped-call]
    return result


def filled_in_place(maps: Tensor) -> Tensor:
    out = torch.zeros(len(maps), 2)
    out[:, 0] = maps.sum(1)
    out[maps[:, 0] > 0, 1] = 1.0
    return out.unsqueeze_(-1).squeeze(-1)


def script(maps: Tensor) -> Tensor:
    return SCRIPTED(maps)


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, maps: Tensor) -> Tensor:
        return maps * 2

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return gradient * 2


def own_gradient(maps: Tensor) -> Tensor:
    return Doubled.apply(maps)  # type: ignore[no-untyped-call]


def list_of_numbers(maps: Tensor) -> Tensor:
    return maps * torch.tensor(list(range(maps.shape[1])))


def recurrent(maps: Tensor) -> Tensor:
    states, _ = LSTM(maps.expand(2, -1, -1))
    return states[0]


SCRIPTED = torch.jit.CompilationUnit("""
def doubled(maps: Tensor) -> Tensor:
    return maps * 2
""").doubled
LSTM = torch.nn.LSTM(5, 3, batch_first=True).eval()


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
    below_threading_by_another_name,
    with_map2,
    with_a_fused_step,
    with_torchscript,
    with_a_method_from_before,
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
    filled_arrays,
    filled_in_place,
    memory_exchanged,
    script,
    own_gradient,
    list_of_numbers,
    recurrent,
    fixed_number_of_steps,
]


def measured(function: Callable[[Tensor], Tensor], batch: int) -> Work:
    maps = torch.linspace(-1, 1, batch * 5).reshape(batch, 5)
    measure_work(function, [maps.clone()])
    result, work = measure_work(function, [maps.clone()])
    torch.testing.assert_close(result, function(maps.clone()))
    return work


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


def table(number: int) -> Tensor:
    return torch.tensor([start for start in range(number)])


def in_code_that_is_named_as_ours(number: int) -> Tensor:
    names = {"torch": torch}
    source = "def table(n):\n    return torch.tensor([start for start in range(n)])"
    exec(compile(source, measure_work.__code__.co_filename, "exec"), names)
    return names["table"](number)  # type: ignore[operator]


@pytest.mark.parametrize("function", [table, in_code_that_is_named_as_ours])
def test_a_loop_over_numbers_costs_instructions(function: Callable[[int], Tensor]) -> None:
    (_, small), (result, large) = measure_work(function, [2]), measure_work(function, [34])
    assert large.instructions - small.instructions > SPARE_INSTRUCTIONS
    assert torch.equal(result, torch.arange(34))  # type: ignore[arg-type]


class Littered:
    """Garbage in a cycle, whose finalizer does many steps."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        for _ in range(1000):
            pass


def test_what_became_garbage_before_is_not_counted() -> None:
    def doubled(maps: Tensor) -> Tensor:
        [[] for _ in range(300)]
        return 2 * maps

    _, clean = measure_work(doubled, [torch.ones(2)])
    often = gc.get_threshold()
    try:
        gc.disable()
        Littered()
        gc.set_threshold(50)
        gc.enable()
        _, littered = measure_work(doubled, [torch.ones(2)])
    finally:
        gc.set_threshold(*often)
        gc.enable()
    assert littered.instructions == clean.instructions


def with_scalars_in_torchscript(maps: Tensor) -> Tensor:
    return torch.tensor(UNIT.scalars(maps))


def with_an_attribute(maps: Tensor) -> Tensor:
    maps.numel = lambda: 0  # type: ignore[method-assign, assignment, return-value]
    return torch.tensor(list(map(sum, maps.tolist())))


def with_an_attribute_of_its_class(maps: Tensor) -> Tensor:
    array: Any = maps.numpy()
    type(array).size = 0
    return torch.tensor(list(map(sum, array.tolist())))


def with_objects(maps: Tensor) -> Tensor:
    array = maps.numpy().astype(object)
    return torch.from_numpy((array + array).astype(np.float32))


def with_a_tuple_by_hand(maps: Tensor) -> Tensor:
    dispatch: Any = type(maps).__torch_dispatch__
    rows = maps.clone().unbind()
    if type(maps) is Tensor:
        return maps.exp()
    return torch.stack(dispatch(torch.ops.aten._foreach_exp.default, (), (tuple(rows),)))


def in_a_hook_of_a_recurrent_layer(maps: Tensor) -> Tensor:
    box: list[Tensor] = []

    def pack(saved: Tensor) -> Tensor:
        if not box:
            box.append(saved)
            box.append(with_for(maps))
        return saved

    one, weight = torch.ones(1, 1, 1, requires_grad=True), torch.ones(1, 1, requires_grad=True)
    weights = [weight, weight, weight[0], weight[0]]
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda saved: saved):
        torch.rnn_tanh(one, one, weights, True, 1, 0.0, False, False, False)
    return box[1].detach()


class Loops(TorchDispatchMode):
    def __init__(self, maps: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.maps, self.result = maps, maps

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # to skip it takes its import

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.result = with_for(self.maps)
        return func(*args, **(kwargs or {}))


def in_a_mode_of_a_recurrent_layer(maps: Tensor) -> Tensor:
    one, weight = torch.ones(1, 1, 1), torch.ones(1, 1)
    with Loops(maps) as loops:
        weights = [weight, weight, weight[0], weight[0]]
        torch.rnn_tanh(one, one, weights, True, 1, 0.0, False, False, False)
    return loops.result


DISGUISED = [
    with_an_attribute,
    with_an_attribute_of_its_class,
    with_objects,
    with_a_tuple_by_hand,
    in_a_hook_of_a_recurrent_layer,
    in_a_mode_of_a_recurrent_layer,
]


@pytest.mark.parametrize("function", DISGUISED)
def test_what_counts_cannot_be_talked_out_of_it(function: Callable[[Tensor], Tensor]) -> None:
    works = [measure_work(function, [torch.ones(rows, 5)])[1] for rows in (2, 34)]
    assert works[1].operations - works[0].operations > SPARE_OPERATIONS


class Later:
    def __init__(self, out: Tensor, maps: Tensor) -> None:
        self.out, self.maps = out, maps

    def __del__(self) -> None:
        self.out.copy_(with_for(self.maps))


def test_a_result_is_read_before_its_arguments_die() -> None:
    def cheats(maps: Tensor) -> Tensor:
        out = torch.zeros(len(maps))
        maps.later = Later(out, maps.detach())  # type: ignore[attr-defined]
        return out

    result, work = measure_work(cheats, [torch.ones(34, 5)])
    assert work.operations > 34
    assert not result.any()  # type: ignore[attr-defined]


def dispatch_off(maps: Tensor) -> Tensor:
    guard = torch._C._DisableTorchDispatch()
    sums = with_for(maps)
    del guard
    return sums


def memory_kept(maps: Tensor) -> Tensor:
    guard = torch._C.DisableTorchFunctionSubclass()
    with guard:
        return torch.utils.dlpack.from_dlpack(torch._C._to_dlpack(maps))


@pytest.mark.parametrize("cheats", [dispatch_off, memory_kept, with_scalars_in_torchscript])
def test_what_goes_past_the_operations_sees_no_value(cheats: Callable[[Tensor], Tensor]) -> None:
    result, work = measure_work(cheats, [torch.ones(34, 5)])
    assert work.operations < 3
    assert isinstance(result, Tensor)
    assert not result.any()


class Takes(Tensor):
    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        HANDED.append(args[0])
        return args[0]


class Name(str):
    def partition(self, _: str) -> tuple[str, str, str]:
        return "aten", "::", "neg"


def named(name: str) -> Any:
    schema = SimpleNamespace(name=Name(name), overload_name="")
    return SimpleNamespace(_schema=schema)


OWN: Any = Tensor._make_subclass(Takes, torch.zeros(()))
BUFFER = torch.zeros(2)
HANDED: list[Any] = []


@torch.library.custom_op("own::handed", mutates_args=())
def handed(maps: Tensor) -> Tensor:
    HANDED.append(maps)
    return maps.clone()


@pytest.mark.parametrize(
    "leak",
    [
        lambda maps: BUFFER.copy_(maps),
        lambda maps: torch.exp(maps, out=BUFFER),
        lambda maps: BUFFER[:2].add_(maps),
        lambda maps: maps.data_ptr(),
        lambda maps: maps.untyped_storage(),
        lambda maps: np.from_dlpack(maps),
        lambda maps: torch.ops.own.handed(maps),
        lambda maps: torch.ops.prims.sin(maps),
        lambda maps: torch.zeros(2).set_(BUFFER).copy_(maps),  # type: ignore[call-overload]
        lambda maps: torch.add(maps, OWN),
        lambda maps: type(maps).__torch_dispatch__(named("own::handed"), (), (maps,)),
    ],
)
def test_values_do_not_leak(leak: Callable[[Tensor], object]) -> None:
    with pytest.raises(SealedError):
        measure_work(leak, [torch.ones(2)])
    assert not BUFFER.any()
    assert not HANDED


ARRAY = np.zeros(2, dtype=np.float32)
FILE = io.BytesIO()


def values_by(leak: Callable[[Tensor], object]) -> list[Any]:
    """What was found lying open: ordinary tensors and arrays that are not empty of values."""
    HANDED.clear()
    with contextlib.suppress(Exception):
        measure_work(leak, [torch.ones(2)])
    found = [one for one in HANDED if type(one) in (Tensor, np.ndarray) and one.any()]
    HANDED.clear()
    return found


class Sees(TorchFunctionMode):
    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        HANDED.extend(args)
        return func(*args, **(kwargs or {}))


def below_a_mode(maps: Tensor) -> None:
    function: Any = type(maps).__torch_function__
    with Sees():
        for method in (Tensor.numpy, Tensor.__array__, Tensor.tolist):
            function(method, (), (maps,))


def saved_for_backward(maps: Tensor) -> None:
    dispatch: Any = type(maps).__torch_dispatch__
    with torch.autograd.graph.saved_tensors_hooks(HANDED.append, lambda saved: saved):
        weight = torch.ones(2, requires_grad=True)
        dispatch(torch.ops.aten.mul.Tensor, (), (maps, weight))


def lifted(maps: Tensor) -> None:
    buffer = Tensor.detach(BUFFER)
    torch.ops.aten.lift_fresh(buffer).copy_(maps)
    HANDED.append(BUFFER.clone())
    BUFFER.zero_()


class Lists(list[Any]):
    def __init__(self, items: Any = ()) -> None:
        super().__init__(items)
        HANDED.extend(self)


class Sees2(np.ndarray):
    def __array_finalize__(self, source: Any) -> None:
        HANDED.append(source)


class Operand:
    def __array_ufunc__(self, ufunc: Any, how: str, array: Any, other: Any) -> float:
        HANDED.append(array)
        return 0.0


@pytest.mark.parametrize(
    "leak",
    [
        below_a_mode,
        saved_for_backward,
        lifted,
        lambda maps: np.stack(Lists([maps.numpy()])),
        lambda maps: np.piecewise(maps.numpy(), [np.ones(2, dtype=bool)], [HANDED.append]),
        lambda maps: maps.numpy().view(Sees2),
        lambda maps: np.add(maps.numpy(), Operand()),
        lambda maps: maps.numpy().__array_ufunc__(
            SimpleNamespace(types=["d->d"], take=HANDED.append), "take", maps.numpy()
        ),
        lambda maps: maps.numpy().__array_function__(HANDED.append, (), (maps.numpy(),), {}),
    ],
)
def test_nobody_is_called_with_values(leak: Callable[[Tensor], object]) -> None:
    assert not values_by(leak)


def reached_from(start: object) -> Iterator[object]:
    """What attributes, closures and containers lead to."""
    seen, waiting = {id(start)}, [start]
    while waiting:
        one = waiting.pop()
        yield one
        inner: list[Any] = [cell.cell_contents for cell in getattr(one, "__closure__", ()) or ()]
        for name in ("__self__", "__func__", "func", "args", "__wrapped__", "__callback__"):
            inner.append(getattr(one, name, None))
        if isinstance(one, dict):
            inner += one.values()
        elif isinstance(one, (list, tuple, set)):
            inner += one
        elif not isinstance(one, ModuleType):
            inner += getattr(one, "__dict__", {}).values()
        inner += weakref.getweakrefs(one)
        waiting += [value for value in inner if id(value) not in seen]
        seen.update(map(id, inner))


def test_nothing_leads_to_what_counts() -> None:
    found: list[type] = []

    def looks(maps: Tensor) -> None:
        array: Any = maps.numpy()
        starts: list[Any] = [torch.from_numpy, np.asarray, maps, array, array.sum, type(maps)]
        starts += [type(array), threading.gettrace()]
        starts += [torch._C._get_dispatch_stack_at(0), torch._C._get_function_stack_at(0)]
        found.extend(type(one) for start in starts for one in reached_from(start))

    measure_work(looks, [torch.ones(2)])
    names = {kind.__name__ for kind in found}
    assert not names & {"Seal", "SealedArrays", "Tally", "_CountedCall", "Counter"}, names
    assert "_lru_cache_wrapper" in names


@pytest.mark.parametrize(
    "leak",
    [
        lambda array: np.copyto(ARRAY, array),
        lambda array: np.add(array, 0.0, out=ARRAY),
        lambda array: np.add.at(ARRAY, np.arange(2), array),
        lambda array: array.take([0, 1], out=ARRAY),
        lambda array: np.save(FILE, array),
        lambda array: np.array2string(array),
        lambda array: array.data,
        lambda array: array.tobytes(),
        lambda array: memoryview(array),
        lambda array: np.frombuffer(array),
    ],
)
def test_arrays_do_not_leak(leak: Callable[[Any], object]) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        measure_work(lambda maps: leak(maps.numpy()), [torch.ones(2)])
    assert not ARRAY.any()
    assert not FILE.getvalue()


def test_what_calls_itself_an_operation_sees_no_value() -> None:
    seen: list[Tensor] = []
    neg = torch.ops.aten.neg.default
    see: Any = seen.append
    own = type(neg)(neg.overloadpacket, see, see, neg._schema, neg.tags)

    def cheats(maps: Tensor) -> Tensor:
        dispatch: Any = type(maps).__torch_dispatch__
        return dispatch(own, (), (maps,))

    result, _ = measure_work(cheats, [torch.ones(2)])
    assert not seen
    assert torch.equal(result, -torch.ones(2))  # type: ignore[arg-type]


def test_a_tensor_that_was_kept_serves_later() -> None:
    kept: dict[int, Tensor] = {}

    def grid(maps: Tensor) -> Tensor:
        width = maps.shape[1]
        kept.setdefault(width, torch.arange(width) / width)
        return maps + kept[width]

    first, second = torch.rand(2, 5), torch.rand(3, 5)
    measure_work(grid, [first])
    plain = grid(second)
    assert type(plain) is Tensor
    assert torch.equal(plain, second + torch.arange(5) / 5)
    result, _ = measure_work(grid, [second])
    assert torch.equal(result, plain)  # type: ignore[arg-type]


def off(maps: Tensor) -> None:
    if sys.version_info >= (3, 12):
        tools = (tool for tool in range(6) if sys.monitoring.get_events(tool))
        sys.monitoring.set_events(next(tools), 0)
    else:
        sys.settrace(None)


def test_switching_the_count_off_is_noticed() -> None:
    before = sys.gettrace()
    with pytest.raises(TracingError, match="switched off the counting"):
        measure_work(off, [torch.ones(2)])
    assert sys.gettrace() is before


def test_a_count_cannot_be_cleared() -> None:
    def clears(maps: Tensor) -> Tensor:
        result = with_for(maps)
        frame = sys._getframe()
        while frame := frame.f_back:  # type: ignore[assignment]
            for value in frame.f_locals.values():
                getattr(getattr(value, "by_line", None), "clear", int)()
        return result

    _, work = measure_work(clears, [torch.ones(34, 5)])
    assert work.operations > 34


def test_nothing_stays_replaced() -> None:
    before = np.asarray, np.zeros, torch.from_numpy
    measure_work(lambda maps: maps.numpy(), [torch.ones(2)])
    assert (np.asarray, np.zeros, torch.from_numpy) == before
