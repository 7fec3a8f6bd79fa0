"""What is quoted of an error that a function raised when it met the grader's inputs."""

from __future__ import annotations

import random
import string

import pytest

from autograder.grading.quoting import Quotable
from autograder.submissions.sanitise import LONGEST_TEXT
from poselab.checks.runner import LONGEST_LINE

SOURCE = """
n_joints = 3
def gaussian(size):
    raise ValueError("zorgl is not square")
"""
LONG = f"values = [{', '.join(map(str, range(50)))}]"
QUOTABLE = Quotable([SOURCE, LONG, "class NotSquare(Exception): pass"])


@pytest.mark.parametrize(
    "error",
    [
        "",
        "ValueError",
        "NameError: name 'size' is not defined",
        "RuntimeError: The size of tensor a (3) must match the size of tensor b (4) at dimension 2",
        "RuntimeError: shape '[2, 3, 4, 5, 6]' is invalid for input of size 720",
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (12x34 and 5x7)",
        "RuntimeError: Boolean value of Tensor with more than one value is ambiguous",
        "RuntimeError: expected m1 and m2 to have the same dtype, but got: float != double",
        "RuntimeError: a leaf Variable that requires grad is being used in an in-place operation.",
        "IndexError: index 17 is out of bounds for dimension 0 with size 3",
        "KeyError: 'a'",
        "TypeError: unsupported operand type(s) for *: 'NoneType' and 'Tensor'",
        "TypeError: f() got an unexpected keyword argument 'n_joints'",
        "ValueError: zorgl is not square",
        "NotSquare: zorgl",
    ],
)
def test_what_helps_is_quoted(error: str) -> None:
    assert QUOTABLE.error(error) == error


@pytest.mark.parametrize(
    "message",
    [
        "tensor([1, 2])",
        "saw tensor(True)",
        "[array([[0]])]",
        "it is 0.25",
        "3e-05",
        "nan 1.0",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13",
        "[[1, 0, 2], [3, 1, 0], [2, 2, 1], [0, 1, 2], [5]]",
        "a b a a b c a d e f a b c",
        "0a 1f 3b de ad be ef f0 1b 2b 3c 4d",
    ],
)
def test_values_are_not_quoted(message: str) -> None:
    told = QUOTABLE.error(f"ValueError: {message}")
    assert told == "ValueError (its message holds values and is not shown)"


ALPHABETS = {
    "letters": string.ascii_lowercase,
    "hexadecimal": "0123456789abcdef",
    "base 64": string.ascii_letters + string.digits,
    "digits": string.digits,
    "signs": "!#$%&*+-./<=>?@^|~",
    "other scripts": "\u4e00\u4e8c\u4e09\u56db\u4e94\u516d",
    "pictures": "\u2603\u2602\u2600\u2601",
    "joined": "ab_",
}


@pytest.mark.parametrize("alphabet", ALPHABETS.values(), ids=ALPHABETS)
def test_what_is_written_in_letters_or_signs_is_not_quoted(alphabet: str) -> None:
    payload = "".join(random.Random(7).choices(alphabet, k=64))
    for written in (payload, f"cannot open '{payload}'", f"size_{payload}", f"{payload} {payload}"):
        for told in (QUOTABLE.error(f"ValueError: {written}"), QUOTABLE.words(written)):
            assert not any(payload[at : at + 8] in told for at in range(56)), told


def test_rows_of_values_are_not_quoted_in_other_sentences() -> None:
    told = QUOTABLE.words("the size is 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 of 0.25")
    assert told.startswith("the size is …") and "13" not in told


@pytest.mark.parametrize("kind", ["abbaccab", "Xa\nb", "Value Error", "\u4e00"])
def test_a_class_that_is_named_as_its_maker_likes_is_not_named(kind: str) -> None:
    assert QUOTABLE.error(kind) == "an error"
    assert QUOTABLE.error(f"{kind}: size") == "an error: size"


@pytest.mark.parametrize(
    ("line", "quoted"),
    [
        ('line 4: raise ValueError("zorgl is not square")', True),
        ("line 4: raise ValueError(", False),
        (f"line 5: {LONG}", True),
        (f"line 5: {LONG[:LONGEST_LINE]}", True),
        (f"line 5: {LONG[:20]}", False),
        ("line 9 of the string that is executed", True),
        ("line 4: abbaccab", False),
        ("line 4: ", False),
        ("abbaccab", False),
        ("line 4: n_joints = 3; abbaccab", False),
        ("", False),
    ],
)
def test_a_line_is_quoted_if_it_stands_in_the_notebook(line: str, quoted: bool) -> None:
    assert QUOTABLE.line(line) == (line if quoted else "")


def test_long_messages_are_cut() -> None:
    assert len(QUOTABLE.error("ValueError: " + "size " * 1_000_000)) <= LONGEST_TEXT


@pytest.mark.parametrize(
    "said",
    [
        "started other processes; it kept an observation of a criterion in the kernel",
        "had its work done by another thread or process while it was counted",
        "called machine code",
        "a tensor that is not on the CPU was converted to numpy in line 6",
    ],
)
def test_what_the_kernel_says_of_a_submission_is_quoted(said: str) -> None:
    assert Quotable([]).words(said) == said
