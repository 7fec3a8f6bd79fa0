"""Tensors whose values only operations reach, each of which is noticed.

A sealed tensor looks like any other and holds zeros. Its values lie where nothing leads to them: no
attribute, and none of the functions that everyone can reach shows what it encloses. What is done
with it is done with them behind the scenes, by `__torch_dispatch__`, on any thread and whatever
else is in force. To switch that off is to compute with the zeros. What would hand its memory over
does not see the values either; and while they lie open, nothing runs but torch's own operations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from poselab.checks.hiding import hidden, hiding_place

Operation = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
"""What is done with an operation, its arguments and its options."""

_OWN_OPERATIONS = frozenset(
    name for name in torch._C._dispatch_get_all_op_names() if not name.startswith("prims::")
)
"""What sees values: what there was when this was imported. Anyone can register others, in Python,
and those of `prims` are written in it."""

_ORDINARY = (Tensor, nn.Parameter)
_overload_of, _schema_of = torch._C._get_operation_overload, torch._C._get_schema
_DETACH = torch.ops.aten.detach.default
_text, _partition = str.__str__, str.partition

_MEMORY = (Tensor.data_ptr, Tensor.storage, Tensor.untyped_storage, Tensor.__dlpack__)
"""What gives the memory of a tensor away."""

_MADE_OF_NUMBERS = {"lift_fresh", "lift"}
"""Operations that return their argument, but only just made."""

_MEMORY_OF_OTHERS = {"from_file", "set_", "set"}
"""Operations that let a tensor have memory that there was before, perhaps shared with others."""


class SealedError(RuntimeError):
    """Something was asked for that a sealed tensor does not give away."""


class SealedTensor(Tensor):
    """What every seal's tensors are."""

    __slots__ = ()


class Seal:
    """Tensors of one class, and what happens with them.

    Args:
        operate: is given every operation on a sealed tensor, and mostly calls :meth:`run`.
        functions: what is done instead of some of torch's functions, methods included.
        stand_in: makes the tensor that is seen in the place of the values, of a given class.
    """

    def __init__(
        self,
        operate: Operation,
        functions: Mapping[Any, Callable[..., Any]],
        stand_in: Callable[[type[Tensor], Tensor], Tensor],
    ) -> None:
        special: dict[Any, Callable[..., Any]] = {
            **dict.fromkeys(_MEMORY, _refuse_memory),
            Tensor.__repr__: _not_written,
            Tensor.__format__: _not_written,
            Tensor.__deepcopy__: _copied,
            **functions,
        }

        def call(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
            if func in special:
                return special[func](*args, **kwargs)
            with torch._C.DisableTorchFunctionSubclass():
                return func(*args, **kwargs)

        hidden_operate, hidden_call = hidden(operate), hidden(call)

        class Sealed(SealedTensor):
            __slots__ = ()

            @classmethod
            def __torch_dispatch__(  # type: ignore[override]
                cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
            ) -> Any:
                return hidden_operate(func, args, kwargs or {})

            @classmethod
            def __torch_function__(
                cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
            ) -> Any:
                return hidden_call(func, args, kwargs or {})

        self.kind: type[Tensor] = Sealed
        self.closed = False
        self._stand_in = stand_in
        self._hide, self._find = hiding_place()

    def close(self) -> None:
        """From now on results are ordinary: a tensor that was kept must not seal what comes."""
        self.closed = True

    def wrap(self, values: Tensor) -> Tensor:
        """A sealed tensor with these values, which it shares."""
        with Undispatched():
            wrapper = self._stand_in(self.kind, values)
        self._hide(wrapper, values)
        return wrapper

    def unwrap(self, value: Any) -> Any:
        """The values of a sealed tensor; anything else as it is."""
        return self._find(value) if type(value) is self.kind else value

    def lay_open(self, values: Any) -> Any:
        """An operation's arguments, with the values of the sealed tensors among them.

        Args:
            values: tensors, and whatever else.

        Returns:
            The same.

        Raises:
            SealedError: a tensor among them is of a class of its own, which would be told.
        """

        def opened(tensor: Tensor) -> Tensor:
            if isinstance(tensor, SealedTensor) and type(tensor) is not self.kind:
                tensor = of_another_call(tensor)
            if type(tensor) not in (*_ORDINARY, self.kind):
                raise SealedError("a tensor of a class of its own was used beside the input's")
            values: Tensor = self.unwrap(tensor)
            return values

        return map_tensors(opened, values)

    def run(self, func: Any, args: Any, kwargs: dict[str, Any], sealed: bool = True) -> Any:
        """Carry an operation out on the values.

        Args:
            func: the operation.
            args: its arguments.
            kwargs: its options.
            sealed: whether what it makes is sealed.

        Returns:
            Its result. A tensor that was an argument comes back as itself, and what shows the
            memory of an ordinary tensor stays ordinary.

        Raises:
            SealedError: sealed values would be written into an ordinary tensor, or be handed to
                an operation that is not torch's own.
        """
        known: dict[int, Tensor] = {}
        some_sealed = False

        def look(tensor: Tensor) -> Tensor:
            nonlocal some_sealed
            some_sealed |= type(tensor) is self.kind
            return tensor

        def taken(tensor: Tensor) -> Tensor:
            values: Tensor = tensor
            if some_sealed:
                values = self.lay_open(tensor)
            elif isinstance(tensor, SealedTensor):
                values = of_another_call(tensor)
            known[id(values)] = tensor
            return values

        facts = facts_of(func)
        map_tensors(look, [*args, *kwargs.values()])
        if some_sealed:
            self._refuse_leaks(func, facts, args, kwargs)
        values = [map_tensors(taken, value) for value in args]
        options = {name: map_tensors(taken, value) for name, value in kwargs.items()}
        if some_sealed:
            with Undispatched():
                result = facts.call(*values, **options)
        else:
            result = facts.call(*values, **options)
        if facts.reshapes and type(args[0]) is self.kind:
            with Undispatched():
                func(*args, **kwargs)  # to the zeros: only their shape changes
        born = sealed and not self.closed and (some_sealed or facts.lifts or not facts.views)
        born = born and facts.name not in _MEMORY_OF_OTHERS

        def given(tensor: Tensor) -> Tensor:
            if id(tensor) in known and not facts.lifts:
                return known[id(tensor)]
            if not born:
                return tensor
            if facts.lifts and not some_sealed:
                with Undispatched():
                    tensor = tensor.clone()  # whatever it was made of, it shares no memory with
            return self.wrap(tensor)

        return map_tensors(given, result)

    def _refuse_leaks(self, func: Any, facts: Facts, args: Any, kwargs: dict[str, Any]) -> None:
        if facts.full_name not in _OWN_OPERATIONS:
            raise SealedError(f"{func} is not an operation of torch's own")
        if facts.name in _MEMORY_OF_OTHERS and not (
            facts.full_name == "aten::set_.source_Tensor"
            and all(type(tensor) is self.kind for tensor in args)
        ):
            raise SealedError("the memory of a tensor was replaced")
        for position, name in facts.writes:
            written = args[position] if position < len(args) else kwargs.get(name)
            for tensor in written if isinstance(written, tuple | list) else [written]:
                if isinstance(tensor, Tensor) and type(tensor) is not self.kind:
                    raise SealedError(
                        "values of the input were written into a tensor that was made before this "
                        "call: make a new one"
                    )


def of_another_call(tensor: Tensor) -> Tensor:
    """The values of a tensor that was kept from another call, whose seal is closed.

    Asks its class. If torch did, it would look for tensors of clusters first, and would load the
    packages that these need: many seconds.
    """
    ask = type(tensor).__torch_dispatch__
    values: Tensor = ask(_DETACH, (type(tensor),), (tensor,), {})
    return values


def zeros_like(kind: type[Tensor], values: Tensor) -> Tensor:
    """Zeros in the memory of the CPU, arranged as the values are."""
    zeros = torch.empty_strided(values.size(), values.stride(), dtype=values.dtype).zero_()
    made: Tensor = Tensor._make_subclass(kind, zeros)
    return made


class Undispatched:
    """Within it, neither classes nor modes see functions and operations, nor does autograd."""

    def __enter__(self) -> None:
        """Until this is left; a generator would be traced."""
        self.guards: list[Any] = [
            torch._C._DisableTorchDispatch(),
            torch._C._AutoDispatchBelowAutograd(),
            torch._C.DisableTorchFunction(),
        ]
        self.guards[-1].__enter__()

    def __exit__(self, *_: object) -> None:
        """Let them see again."""
        self.guards.pop().__exit__(None, None, None)
        while self.guards:
            self.guards.pop()


def map_tensors(function: Callable[[Tensor], Tensor], value: Any) -> Any:
    """Apply a function to the tensors in an operation's arguments or results."""
    if isinstance(value, Tensor):
        return function(value)
    if type(value) in (tuple, list):
        return type(value)([map_tensors(function, item) for item in value])
    return value


class Facts(NamedTuple):
    """About an operation.

    Args:
        func: the operation as it was given.
        call: what carries it out. Fetched anew, for anything may call itself an operation.
        full_name: with whose it is, and its overload's.
        name: without either.
        writes: the positions and names of the arguments that it writes into.
        views: whether it shows the memory of an argument in another way.
        lifts: whether it returns its argument, which was only just made.
        reshapes: whether it changes the shape of its argument.
    """

    func: Any
    call: Callable[..., Any]
    full_name: str
    name: str
    writes: tuple[tuple[int, str], ...]
    views: bool
    lifts: bool
    reshapes: bool


def _remembering_facts() -> Callable[[Any], Facts]:
    # Not a module's dictionary: the grader holds those to what they were.
    known: dict[int, Facts] = {}

    def facts_of(func: Any) -> Facts:
        """What matters about an operation, which is known by its id from then on."""
        if id(func) in known:
            return known[id(func)]
        # A text of a class of its own may read in two ways.
        full_name, overload = _text(func._schema.name), _text(func._schema.overload_name)
        name = _partition(full_name, "::")[2]
        call, _, tags = _overload_of(full_name, overload)
        arguments = _schema_of(full_name, overload).arguments
        facts = known[id(func)] = Facts(
            func,
            call,
            f"{full_name}.{overload}" if overload else full_name,
            name,
            tuple(
                (place, argument.name)
                for place, argument in enumerate(arguments)
                if argument.alias_info and argument.alias_info.is_write
            ),
            any(a.alias_info and not a.alias_info.is_write for a in arguments),
            name in _MADE_OF_NUMBERS,
            torch.Tag.inplace_view in tags,
        )
        return facts

    return hidden(facts_of)


facts_of = _remembering_facts()


def _refuse_memory(*_: Any, **__: Any) -> Any:
    raise SealedError("the memory of a tensor cannot be read while this call is looked at")


def _copied(tensor: Tensor, memo: dict[int, Any]) -> Tensor:
    """A copy as `copy.deepcopy` makes one, which would copy the memory."""
    made = memo[id(tensor)] = tensor.detach().clone()
    return made


def _not_written(*_: Any, **__: Any) -> str:
    """Writing a tensor out is work that grows with it, but printing to find a fault is no loop."""
    return "tensor(...)"
