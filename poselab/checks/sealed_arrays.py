"""Arrays for numpy whose values only operations reach, each of which is counted.

They are no ndarrays, which would hand their memory over: numpy's functions and operators take them
by the protocols that it has for foreign arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

_FACTS = {"shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides", "flags"}
_VIEWS = {"T", "mT", "real", "imag"}
_CLOSED = {"data", "ctypes", "base", "tobytes", "tofile", "tolist", "item", "dump", "dumps"}
_WRITING = {"save", "savez", "savez_compressed", "savetxt"} | {
    "array2string",
    "array_repr",
    "array_str",
}
_METHODS = {name for name in vars(np.ndarray) if not name.startswith("_")} - (
    _CLOSED | _FACTS | _VIEWS | {"flat"}
)

Count = Callable[[int], None]


class SealedArray(NDArrayOperatorsMixin):
    """What every kind of sealed array is."""

    __slots__ = ()


class SealedArrays:
    """Sealed arrays of one class.

    Args:
        count: is told of every operation, and of each value that is handed over.
    """

    def __init__(self, count: Count) -> None:
        wrap, unwrap = self.wrap, self.unwrap
        self._count = count

        def open_up(value: Any, steps: int) -> Any:
            count(steps)
            return unwrap(value)

        def readable(value: Any) -> Any:
            """The values; an ordinary array may be read, and sealed values not be put into it."""
            if not isinstance(value, np.ndarray):
                return unwrap(value)
            view = value.view()
            view.flags.writeable = False
            return view

        class Sealed(SealedArray):
            __slots__ = ("_values",)

            def __getattr__(self, name: str) -> Any:
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

                def method(*args: Any, **options: Any) -> Any:
                    count(1)
                    given, chosen = mapped(readable, args), mapped(readable, options)
                    return mapped(wrap, getattr(values, name)(*given, **chosen))

                return method

            def __array_ufunc__(self, ufunc: Any, how: str, *args: Any, **options: Any) -> Any:
                if how == "at" and type(args[0]) is not Sealed:
                    raise TypeError("values were added to an array that was made before this call")
                # A ufunc that was made of a Python function calls it for each element.
                objects = all(kind.strip("O->") == "" for kind in ufunc.types)
                count(max(getattr(arg, "size", 1) for arg in args) if objects else 1)
                done = getattr(ufunc, how)(*mapped(readable, args), **mapped(readable, options))
                return mapped(wrap, done)

            def __array_function__(self, func: Any, types: Any, args: Any, options: Any) -> Any:
                if any(callable(arg) for arg in (*args, *options.values())):
                    # It calls back, for each row perhaps: it has to ask for the values itself.
                    return func._implementation(*args, **options)
                if func.__name__ in _WRITING:
                    raise TypeError("an array cannot be written out while this call is looked at")
                count(1)
                return mapped(wrap, func(*mapped(readable, args), **mapped(readable, options)))

            def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
                return open_up(self, self.size).astype(dtype or self.dtype)

            def tolist(self) -> Any:
                return open_up(self, self.size).tolist()

            def item(self, *where: Any) -> Any:
                return open_up(self, 1).item(*where)

            def __getitem__(self, where: Any) -> Any:
                return wrap(open_up(self, 1)[mapped(unwrap, where)])

            def __setitem__(self, where: Any, value: Any) -> None:
                open_up(self, 1)[mapped(unwrap, where)] = unwrap(value)

            def __len__(self) -> int:
                return len(unwrap(self))

            def __iter__(self) -> Iterator[Any]:
                for index in range(len(self)):
                    yield self[index]

            def __bool__(self) -> bool:
                return bool(open_up(self, 1))

            def __int__(self) -> int:
                return int(open_up(self, 1))

            def __float__(self) -> float:
                return float(open_up(self, 1))

            def __index__(self) -> int:
                index: int = open_up(self, 1).__index__()
                return index

            def __repr__(self) -> str:
                return "array(...)"

        self.kind: type[SealedArray] = Sealed
        self._values = vars(Sealed)["_values"]
        del Sealed._values  # type: ignore[attr-defined]

    def wrap(self, value: Any) -> Any:
        """A sealed array of an array; anything else as it is, but a single value is handed over."""
        if not isinstance(value, np.ndarray) or value.ndim == 0:
            self._count(1)
            return value
        wrapper = self.kind()
        self._values.__set__(wrapper, value)
        return wrapper

    def unwrap(self, value: Any) -> Any:
        """The values of a sealed array; anything else as it is."""
        return self._values.__get__(value) if type(value) is self.kind else value


def mapped(function: Callable[[Any], Any], value: Any) -> Any:
    """Apply a function to whatever lies in tuples, lists and dictionaries."""
    if isinstance(value, tuple | list):
        items = [mapped(function, item) for item in value]
        return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
    if isinstance(value, dict):
        return {name: mapped(function, item) for name, item in value.items()}
    return function(value)
