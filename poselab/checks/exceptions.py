"""Advice on exceptions: what each kind usually means, and what to do about it."""

from __future__ import annotations

import re

_AMBIGUOUS = "oolean value of Tensor with more than one"
_OWN_RAISE = re.compile(r": (?:raise|assert)\b")
_BUILTIN = re.compile(r"(?<![\w.])(?:max|min|sorted)\(")
_BUILTIN_ADVICE = (
    "Python's own `max`, `min` and `sorted` compare single numbers. `torch.maximum`, "
    "`torch.minimum` and `.clamp` work on whole tensors."
)

_ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"Module \[(ModuleList|ModuleDict|ParameterList)\] is missing the required",
        "A `{0}` only holds its parts and cannot be called: call them one after the other in a "
        "loop, or use `nn.Sequential`.",
    ),
    (
        r"Module \[(\w+)\] is missing the required",
        "`{0}` has no method `forward`: is its name misspelled, or is it indented too far?",
    ),
    (
        r"^NameError: name '(\w+)' is not defined",
        "No cell has defined `{0}` before this line ran: is the name misspelled, not imported, or "
        "in a cell that has not been run?",
    ),
    (
        r"^UnboundLocalError: .*?'(\w+)'",
        "`{0}` gets its value only in a branch or loop that did not run here: set it before.",
    ),
    (
        r"cannot assign (?:module|parameters?) before \w+\.__init__\(\) call"
        r"|has no attribute '_(?:modules|parameters|buffers)'",
        "A class derived from `nn.Module` has to call `super().__init__()` first thing in its own "
        "`__init__`.",
    ),
    (
        r"^AttributeError: 'NoneType' object has no attribute",
        "Something on that line is None. A function without `return` gives None, and so does an "
        "argument that was left out: `visible=None` has a meaning of its own.",
    ),
    (
        r"^TypeError: 'NoneType' object|^TypeError: .*(?:and|or) 'NoneType'"
        r"|^TypeError: .*'NoneType' and|not NoneType$|got NoneType",
        "Something on that line is None: an argument that was left out, or the result of a "
        "function without `return`.",
    ),
    (
        r"^AttributeError: '(?:float|int|bool)' object has no attribute '(\w+)'",
        "A plain Python number came where a tensor was expected; it has no `{0}`. Look for "
        "`.item()`, `float(...)` and a value that was set by hand.",
    ),
    (
        r"^AttributeError: module '([\w.]+)' has no attribute '(\w+)'",
        "`{0}` has no `{1}`: look up its name, `help({0})` lists what there is.",
    ),
    (
        r"^AttributeError: '(\w+)' object has no attribute '(\w+)'",
        "A `{0}` has no `{1}`: is the name misspelled, or never set in `__init__`?",
    ),
    (
        r"view size is not compatible",
        "`.view` only works if the numbers lie in memory in that order. `.reshape` does the same "
        "and copies where it has to.",
    ),
    (
        r"input is not contiguous|must be contiguous|non-contiguous",
        "The numbers do not lie in memory in order: `.contiguous()` or `.reshape` copies them.",
    ),
    (
        r"tensors used as indices must be long|as indices.*must be|indices must be integers"
        r"|arrays used as indices must be|only integer tensors",
        "An index has to be whole numbers or a boolean mask. `.bool()` makes a mask of 0.0 and "
        "1.0, `.long()` makes indices.",
    ),
    (
        r"expected condition to be a boolean|condition must be a bool|expects? a boolean"
        r"|masked_\w+.*(?:bool|mask)|mask.*(?:bool|dtype)|got.*for argument.*condition",
        "The mask has to be boolean: `.bool()` makes it so, whatever its type.",
    ),
    (
        r"(?:operator|bitwise_not).*not (?:implemented|supported) for 'Float'"
        r"|bitwise_\w+_cpu|~.*operator.*is only implemented on",
        "`~`, `&` and `|` work on booleans. Turn the mask into one first, with `.bool()`.",
    ),
    (
        r"[Bb]oolean value of Tensor with (?:more than one|no)",
        "`if`, `and`, `or` and `not` want one truth value, not a tensor of them. Compare with "
        "`is None`, or work on the whole tensor with `torch.where` or a mask.",
    ),
    (
        r"expects? '?dim'? to be|dim must be int|must be (?:tuple of ints|int), not"
        r"|argument 'dim'|unexpected keyword argument '(?:axis|dim)'|- got \(.*dim=tuple",
        "That function does not take several axes at once: flatten them into one first, or use "
        "one that takes a tuple, such as `amax`, `sum` or `mean`.",
    ),
    (
        r"Dimension out of range",
        "The tensor has fewer axes than the number of the axis on that line. Print its shape.",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied \((\w+) and (\w+)\)",
        "The last axis of what stands first has to be as long as the first axis of what it is "
        "multiplied by, or as a layer's `in_features`. Print both shapes.",
    ),
    (
        r"must match the size of tensor|shape mismatch|not broadcastable|could not be broadcast"
        r"|shapes? .*(?:mismatch|cannot be|not aligned|incompatible)|is invalid for input of size"
        r"|Sizes of tensors must match|inconsistent tensor size|expected .* channels"
        r"|but got (?:\d-D|input)|doesn't match the (?:broadcast )?shape|size mismatch"
        r"|must match the existing size|does not match the shape|too many values to unpack"
        r"|not enough values to unpack|stack expects each tensor to be equal size|einsum\(\)",
        "Print the shapes of the values on that line: do they line up as you expect, also when "
        "the axes have different lengths?",
    ),
    (
        r"must be equal to input_size",
        "The recurrent layer was made for vectors of another length: its first argument is the "
        "size of the last axis of what it is given.",
    ),
    (
        r"Expected more than 1 value per channel when training",
        "A batch normalisation of vectors has nothing to normalise where there is a single one. "
        "`nn.LayerNorm` normalises each vector by itself.",
    ),
    (
        r"maximum size for tensor at dimension|upper bound and (?:larger|lower) bound inconsistent"
        r"|Trying to create tensor with negative dimension|start \(\d+\) \+ length",
        "More is asked for than there is. Think of the input that is too short.",
    ),
    (
        r"Population must be a sequence",
        "`random.sample` takes a list, not a set: `sorted` makes one, in an order that is always "
        "the same.",
    ),
    (
        r"tuple index out of range|list index out of range",
        "There are fewer elements than that index needs. Print the length.",
    ),
    (
        r"index \d+ is out of bounds|index out of range|out of bounds for",
        "An index is larger than its axis. Is it counted from 0, and along the right axis?",
    ),
    (
        r"can't be converted to NumPy|Can't call numpy\(\) on Tensor that requires grad"
        r"|convert .* to numpy",
        "numpy knows nothing of gradients or GPUs. Stay in torch from the input to the result.",
    ),
    (
        r"a leaf Variable that requires grad|modified by an inplace operation",
        "An in-place operation, such as `+=`, `x[...] =` or a method whose name ends in `_`, "
        "overwrites numbers that are needed for the gradient: make a new tensor instead.",
    ),
    (
        r"does not require grad and does not have a grad_fn",
        "The graph was cut: look for `.detach()`, `.item()`, numpy and `torch.tensor(...)`.",
    ),
    (
        r"expected (?:scalar type|m1 and m2 to have the same dtype|.* dtype)|same dtype"
        r"|Input type .* and (?:weight|bias) type|should be the same|but found (?:Double|Float)"
        r"|dtype.* (?:mismatch|but got)|must have the same dtype",
        "Two tensors on that line have different dtypes: create yours with the dtype of the input.",
    ),
    (
        r"not implemented for '(\w+)'|could not infer output dtype. Input dtype must be"
        r"|Input dtype must be either a floating|result type \w+ can't be cast",
        "This operation does not take whole numbers or booleans: turn them into floating-point "
        "numbers first, with `.float()`.",
    ),
    (
        r"torch\.return_types\.(min|max)\b",
        "With a dimension, `{0}` returns the values and where they are: take `.values`, or use "
        "`a{0}`.",
    ),
    (
        r"torch\.return_types\.(\w+)",
        "`{0}` returns several results, the values and where they are: take `.values`.",
    ),
    (
        r"must be Tensor, not tuple|'tuple' object has no attribute",
        "A value on that line is a tuple. Recurrent layers, `max` and `sort` with an axis, and "
        "others return several results: take the one that you want.",
    ),
    (
        r"can only concatenate|unsupported operand type|must be Tensor, not|must be real number"
        r"|argument '\w+' \(position \d+\) must be|but got (?:float|int|list|tuple)",
        "A value on that line is of another type than the operation takes: print `type(...)` of "
        "each.",
    ),
    (
        r"(?:takes|missing|got) .*(?:positional|keyword|argument)",
        "Compare the names, the order and the number of arguments with the definition, for the "
        "function as well as for what it calls.",
    ),
    (
        r"(?:Int|Float|UInt8|Double|Long|Byte|Char)Tensor.* but (?:got|found)",
        "A tensor on that line has another dtype than the operation takes: print `.dtype`.",
    ),
    (
        r"^ZeroDivisionError",
        "What you divide by is 0 here. If it is a count, think of the call where nothing is left "
        "to count.",
    ),
    (r"^RecursionError", "The function calls itself and never stops."),
    (r"^(?:MemoryError|RuntimeError: .*allocate)", "Some tensor has become far too large."),
    (r"^KeyError", "There is no such key: print the keys that there are."),
)

_GENERAL = "Run that line by itself on a small input and look at each value in it."
_RAISED = "Read the condition under which that line is reached: this call meets it."
_HIDDEN = "Call the function yourself on a small input to see the whole message."
_NOWHERE = "Call the function yourself on a small input and look where it stops."


def advice_on(error: str, line: str = "") -> str:
    """What to do about an exception.

    Args:
        error: the exception, as ``Type: message``.
        line: the line of the student's code that raised it, if that is known.

    Returns:
        One or two sentences that fit this kind of exception, or a step that is always right.
    """
    if _AMBIGUOUS in error and _BUILTIN.search(line):
        return _BUILTIN_ADVICE
    for pattern, advice in _ADVICE:
        if found := re.search(pattern, error):
            return advice.format(*found.groups())
    if not line:
        return _HIDDEN if "…" in error or "not shown" in error else _NOWHERE
    return _RAISED if _OWN_RAISE.search(line) else _GENERAL
