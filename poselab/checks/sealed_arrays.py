"""Arrays for numpy whose values only operations reach, each of which is counted.

They are no ndarrays, which would hand their memory over: numpy's functions and operators take them
by the protocols that it has for foreign arrays. While the values lie open, nothing is beside them
that numpy would call: no operand, array or list of a class of somebody's own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import EllipsisType, NoneType
from typing import Any

import numpy as np
import numpy.fft  # loaded late, otherwise
from numpy.lib.mixins import NDArrayOperatorsMixin

from poselab.checks.hiding import hidden, hiding_place

_FACTS = {"shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides", "flags"}
_VIEWS = {"T", "mT", "real", "imag"}
_CLOSED = {"data", "ctypes", "base", "tobytes", "tofile", "tolist", "item", "dump", "dumps"}
_METHODS = {name for name in vars(np.ndarray) if not name.startswith("_")} - (
    _CLOSED | _FACTS | _VIEWS | {"flat"}
)

_Function: Any = type(np.stack)
_FUNCTIONS = {
    id(value): value
    for name, module in [*sys.modules.items()]
    if name.partition(".")[0] == "numpy"
    for value in [*vars(module).values()]
    if type(value) is _Function
}
"""Numpy's own: anyone can make others."""

_WRITING = {
    *map(id, (np.save, np.savez, np.savez_compressed, np.savetxt)),
    *map(id, (np.array2string, np.array_repr, np.array_str)),
}
_HOWS = {"__call__", "reduce", "accumulate", "reduceat", "outer", "at"}
_TYPES = {bool, int, float, complex, object, str, bytes} | {
    value
    for value in vars(np).values()
    if isinstance(value, type) and issubclass(value, np.generic)
}
_PLAIN = (
    (_TYPES - {object, np.void})
    | {NoneType, EllipsisType, range, type(np._NoValue)}
    | {type(np.dtype(code)) for code in "?bBhHiIlLqQefdgFDGSUOmM"}
)
"""What numpy may be given beside values: things that it does not call."""

Count = Callable[[int], None]


class SealedArray(NDArrayOperatorsMixin):
    """What every kind of sealed array is."""

    __slots__ = ()


class SealedArrays:
    """Sealed arrays of one class.

    Args:
        count: is told of every operation, and of each value that is handed over.
        array_of: the array of a tensor; sees to it that this is counted.
        is_tensor: tells tensors.
    """

    def __init__(
        self, count: Count, array_of: Callable[[Any], Any], is_tensor: Callable[[Any], bool]
    ) -> None:
        wrap, unwrap = self.wrap, self.unwrap
        self._count, self._array_of, self._is_tensor = count, array_of, is_tensor
        lay_open = self.lay_open

        def open_up(value: Any, steps: int) -> Any:
            count(steps)
            return unwrap(value)

        def operate(work: Callable[..., Any], args: Any, options: Any, steps: int = 1) -> Any:
            given, chosen = lay_open([*args]), lay_open({**options})
            # Objects are handed each value.
            objects = [one.size for one in _arrays_in(given) if one.dtype.hasobject]
            count(max(steps, *objects, 1))
            return _mapped(wrap, work(*given, **chosen))

        def attribute(self: Any, name: str) -> Any:
            values = unwrap(self)
            if name in _FACTS:
                return getattr(values, name)
            if name in _VIEWS:
                count(1)
                return wrap(getattr(values, name))
            if name == "flat":
                return iter(self.reshape(-1))
            if name not in _METHODS:
                raise AttributeError(f"an array has no {name} while this call is looked at")
            method = getattr(values, name)
            steps = values.size if values.dtype.hasobject else 1
            return hidden(lambda *args, **options: operate(method, args, options, steps))

        def apply(self: Any, ufunc: Any, how: str, *args: Any, **options: Any) -> Any:
            if type(ufunc) is not np.ufunc or type(how) is not str or how not in _HOWS:
                raise TypeError("this is no function of numpy's")
            if how == "at" and type(args[0]) is not Sealed:
                raise TypeError("values were added to an array that was made before this call")
            # A ufunc that was made of a Python function calls it for each element.
            objects = all(kind.strip("O->") == "" for kind in ufunc.types)
            steps = max(unwrap(a).size if type(a) is Sealed else 1 for a in args) if objects else 1
            return operate(getattr(ufunc, how), args, options, steps)

        def call(self: Any, func: Any, types: Any, args: Any, options: Any) -> Any:
            if type(func) is not _Function or id(func) not in _FUNCTIONS:
                raise TypeError("this is no function of numpy's")
            if _calls_back([*args, *options.values()]):
                # For each row perhaps: it has to ask for the values itself.
                return func._implementation(*args, **options)
            if id(func) in _WRITING:
                raise TypeError("an array cannot be written out while this call is looked at")
            return operate(func, args, options)

        def as_array(self: Any, dtype: Any = None, copy: Any = None) -> Any:
            values = unwrap(self)
            count(values.size)
            return values.astype(dtype or values.dtype)

        def as_list(self: Any) -> Any:
            return open_up(self, unwrap(self).size).tolist()

        def choose(self: Any, where: Any) -> Any:
            return wrap(open_up(self, 1)[lay_open(where)])

        def put(self: Any, where: Any, value: Any) -> None:
            open_up(self, 1)[lay_open(where)] = lay_open(value)

        class Sealed(SealedArray):
            __slots__ = ("__weakref__",)
            __getattr__ = hidden(attribute)
            __array_ufunc__ = hidden(apply)
            __array_function__ = hidden(call)
            __array__ = hidden(as_array)
            __getitem__ = hidden(choose)
            __setitem__ = hidden(put)
            __len__ = hidden(lambda self: len(unwrap(self)))
            __bool__ = hidden(lambda self: bool(open_up(self, 1)))
            __int__ = hidden(lambda self: int(open_up(self, 1)))
            __float__ = hidden(lambda self: float(open_up(self, 1)))
            __index__ = hidden(lambda self: open_up(self, 1).__index__())
            tolist = hidden(as_list)
            item = hidden(lambda self, *where: open_up(self, 1).item(*where))

            def __iter__(self) -> Iterator[Any]:
                for index in range(len(self)):
                    yield self[index]

            def __repr__(self) -> str:
                return "array(...)"

        self.kind: type[SealedArray] = Sealed
        self._hide, self._find = hiding_place()

    def wrap(self, value: Any) -> Any:
        """A sealed array of an array; anything else as it is, but a single value is handed over."""
        if not isinstance(value, np.ndarray) or value.ndim == 0:
            self._count(1)
            return value
        if value.dtype.hasobject:
            self._count(value.size)
        wrapper = self.kind()
        self._hide(wrapper, value)
        return wrapper

    def unwrap(self, value: Any) -> Any:
        """The values of a sealed array; anything else as it is."""
        return self._find(value) if type(value) is self.kind else value

    def lay_open(self, value: Any) -> Any:
        """What numpy may be given: the values, and beside them nothing that it would call.

        Args:
            value: an argument, or several in lists, tuples and dictionaries.

        Returns:
            The same; ordinary arrays can only be read, for no sealed values may be put into them.

        Raises:
            TypeError: something of another class is among them.
        """
        kind = type(value)
        if kind is self.kind:
            return self._find(value)
        if kind in _PLAIN or (kind is type and value in _TYPES):
            return value
        if issubclass(kind, list):
            return [self.lay_open(item) for item in list.__iter__(value)]
        if issubclass(kind, tuple):
            return tuple(self.lay_open(item) for item in tuple.__iter__(value))
        if kind is dict:
            return {name: self.lay_open(item) for name, item in value.items()}
        if kind is slice:
            return slice(*map(self.lay_open, (value.start, value.stop, value.step)))
        if self._is_tensor(value):
            return self._array_of(value)
        if issubclass(kind, np.ndarray):
            view = np.ndarray.view(value, np.ndarray)
            view.flags.writeable = False
            return view
        raise TypeError(f"a {kind.__name__} cannot be used beside the input's values here")


def _mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """Apply a function to the arrays that numpy returned, some in tuples and lists."""
    if isinstance(value, tuple | list):
        items = [_mapped(function, item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    return function(value)


def _arrays_in(given: Any) -> list[Any]:
    if type(given) in (list, tuple):
        return [one for item in given for one in _arrays_in(item)]
    return [given] if isinstance(given, np.ndarray) else []


def _calls_back(given: Any) -> bool:
    if isinstance(given, list | tuple):
        items = list.__iter__(given) if isinstance(given, list) else tuple.__iter__(given)
        return any(map(_calls_back, items))
    is_type = type(given) is type and given in _TYPES
    return callable(given) and not is_type and not isinstance(given, SealedArray)
