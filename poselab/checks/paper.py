"""The paper of an exercise: what is asked, what it is worth, and the key to it.

A *question* is one call of the student's function, or an experiment with several of them.
Questions, criteria and keys are plain data, so the same paper can be stored in a file for the
student's own notebook, or be drawn anew from a secret seed and sent into a kernel without its key.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import safetensors.torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

Value: TypeAlias = Any
"""An argument: a tensor, a number, a string, ``None``, or a tuple of these."""

Kind = Literal["call", "shape", "gradient", "count", "device", "experiment"]

HEADER = "poselab"
"""Our files' one metadata entry. One, because safetensors does not keep the order of several."""


@dataclass(frozen=True)
class Question:
    """One call of the student's function.

    Args:
        id: unique within the exercise, ``criterion/number``.
        criterion: the criterion that the answer is judged under.
        kind: ``call`` wants the result, ``shape`` its shape alone, ``gradient`` the gradient of
            ``(result * weight).sum()`` with respect to the first argument, ``count`` the work done,
            ``device`` whether the result stays on the device of its input, ``experiment`` what
            :mod:`poselab.checks.experiments` finds out.
        call: the call as a message writes it.
        given: the shapes of its arguments and what is special about them, for the message.
        args: the arguments, all of them handed over by position.
        weight: for ``gradient``, of the result's shape.
        contiguous: whether tensor arguments are handed over contiguous in memory.
        axis: for ``count``, the axis that was made longer; empty for the base size.
        any_of: whether there are several right answers for each point. The key then has one more
            axis in front, the alternatives.
        build: for a class, the keyword arguments to make the object with that is then called, in
            evaluation mode; ``None`` where the function itself is called.
        experiment: which experiment. Its arguments are tuples, one for each call.
        relation: for an experiment, what has to hold between its results, as
            :mod:`poselab.checks.relations` has it. The key holds what one call returns, for its
            shape alone.
        reads: the question whose answer is judged once more, by another relation; this one is not
            put then. Empty for a question of its own.
        python_only: for ``count``, whether tensor operations are left out: torch's own recurrent
            layers step through time by themselves.
        enlarge: in how many equal pixels, along both sides, each pixel of a picture is handed over;
            a paper is sent and stored with the small ones.
    """

    id: str
    criterion: str
    kind: Kind
    call: str
    given: str
    args: tuple[Value, ...]
    weight: Tensor | None = None
    contiguous: bool = True
    axis: str = ""
    any_of: bool = False
    build: Mapping[str, Any] | None = None
    experiment: str = ""
    relation: str = ""
    reads: str = ""
    python_only: bool = False
    enlarge: int = 1


@dataclass(frozen=True)
class Criterion:
    """One rung of an exercise's ladder.

    Args:
        id: ``shape``, ``values``, ``edge_cases``, ``gradient``, ``vectorised`` or ``dtype_device``.
        points: what it is worth.
        tolerance: the largest absolute difference between a right answer and the key.
        look_at: where to look when it fails, one or two sentences.
    """

    id: str
    points: float
    tolerance: float
    look_at: str


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer: what it returns to each question, and what its author should hear.

    One that a relation tells by name has no answers of its own.
    """

    id: str
    sentence: str
    answers: Mapping[str, Tensor]


@dataclass(frozen=True)
class Exercise:
    """The paper of one exercise.

    Args:
        id: the function's name.
        title: as in the notebook's heading.
        result_axes: names for the axes of the result, for messages: ``("sample", "joint", "xy")``.
        criteria: the ladder, in the order in which it is climbed.
        questions: what is asked.
        key: the right answer to each ``call`` and ``gradient`` question; empty while the paper is
            in the examined kernel.
        mistakes: known wrong answers to the same questions.
    """

    id: str
    title: str
    result_axes: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    questions: tuple[Question, ...]
    key: Mapping[str, Tensor] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()

    @property
    def points(self) -> float:
        """The sum of the criteria's points."""
        return sum(criterion.points for criterion in self.criteria)

    def asked_under(self, criterion: str) -> tuple[Question, ...]:
        """The questions of one criterion."""
        return tuple(q for q in self.questions if q.criterion == criterion)


def exercises_as_bytes(exercises: Iterable[Exercise]) -> bytes:
    """Whole papers, key and all, as a safetensors file. Same papers, same bytes."""
    tensors: dict[str, Tensor] = {}
    header = [_pack_exercise(exercise, tensors) for exercise in exercises]
    return _as_bytes(tensors, header)


def write_exercises(path: Path, exercises: Iterable[Exercise]) -> None:
    """Write :func:`exercises_as_bytes` into a file, atomically."""
    _write(path, exercises_as_bytes(exercises))


def read_exercises(path: Path) -> dict[str, Exercise]:
    """Read what :func:`write_exercises` wrote, as ``{exercise id: paper}``."""
    tensors, header = read_tensors(path)
    exercises = (_unpack_exercise(packed, tensors) for packed in header)
    return {exercise.id: exercise for exercise in exercises}


def write_questions(path: Path, questions: Iterable[Question]) -> None:
    """Write questions alone, those that are put: what an examined kernel is given."""
    tensors: dict[str, Tensor] = {}
    header = [_pack_question(question, tensors) for question in questions if not question.reads]
    write_tensors(path, tensors, header)


def read_questions(path: Path) -> tuple[Question, ...]:
    """Read what :func:`write_questions` wrote."""
    tensors, header = read_tensors(path)
    return tuple(_unpack_question(packed, tensors) for packed in header)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: object) -> None:
    """Write tensors and a JSON header as safetensors, atomically and reproducibly."""
    _write(path, _as_bytes(tensors, header))


def _as_bytes(tensors: Mapping[str, Tensor], header: object) -> bytes:
    # Copies: safetensors refuses two names for one memory, and questions may share a tensor.
    plain = {name: tensor.detach().clone().contiguous() for name, tensor in tensors.items()}
    return safetensors.torch.save(plain, {HEADER: json.dumps(header, sort_keys=True)})


def _write(path: Path, payload: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(payload)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read_tensors(path: Path) -> tuple[dict[str, Tensor], Any]:
    """Read what :func:`write_tensors` wrote.

    Raises:
        ValueError: the file is not a safetensors file with our header.
    """
    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[HEADER])
            # Copied out of the memory map: the file may be replaced while the tensors are in use.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} is not a file of course tensors ({error}).") from error
    return tensors, header


def _pack_exercise(exercise: Exercise, tensors: dict[str, Tensor]) -> dict[str, Any]:
    def stored(name: str, answers: Mapping[str, Tensor]) -> list[str]:
        for question, tensor in answers.items():
            tensors[f"{exercise.id}/{name}/{question}"] = tensor
        return sorted(answers)

    own: dict[str, Tensor] = {}
    packed = {
        "id": exercise.id,
        "title": exercise.title,
        "result_axes": list(exercise.result_axes),
        "criteria": [vars(criterion) for criterion in exercise.criteria],
        "questions": [_pack_question(question, own) for question in exercise.questions],
        "key": stored("key", exercise.key),
        "mistakes": [
            {"id": m.id, "sentence": m.sentence, "answers": stored(f"mistake/{m.id}", m.answers)}
            for m in exercise.mistakes
        ],
    }
    tensors |= {f"{exercise.id}/question/{name}": tensor for name, tensor in own.items()}
    return packed


def _unpack_exercise(packed: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Exercise:
    prefix = f"{packed['id']}/"

    def stored(name: str, questions: list[str]) -> dict[str, Tensor]:
        return {question: tensors[f"{prefix}{name}/{question}"] for question in questions}

    own_prefix = f"{prefix}question/"
    own = {n.removeprefix(own_prefix): t for n, t in tensors.items() if n.startswith(own_prefix)}
    return Exercise(
        id=packed["id"],
        title=packed["title"],
        result_axes=tuple(packed["result_axes"]),
        criteria=tuple(Criterion(**criterion) for criterion in packed["criteria"]),
        questions=tuple(_unpack_question(question, own) for question in packed["questions"]),
        key=stored("key", packed["key"]),
        mistakes=tuple(
            Mistake(m["id"], m["sentence"], stored(f"mistake/{m['id']}", m["answers"]))
            for m in packed["mistakes"]
        ),
    )


_PLAIN = ("axis", "any_of", "build", "experiment", "relation", "reads", "python_only", "enlarge")
"""A question's fields that JSON holds as they are."""


def _pack_question(question: Question, tensors: dict[str, Tensor]) -> dict[str, Any]:
    def pack(name: str, value: Value) -> Any:
        if isinstance(value, Tensor):
            tensors[f"{question.id}/{name}"] = value
            return {"tensor": name}
        if isinstance(value, tuple):
            return {"tuple": [pack(f"{name}.{i}", item) for i, item in enumerate(value)]}
        return value

    return {
        "id": question.id,
        "criterion": question.criterion,
        "kind": question.kind,
        "call": question.call,
        "given": question.given,
        "args": [pack(f"arg{i}", value) for i, value in enumerate(question.args)],
        "weight": pack("weight", question.weight),
        "contiguous": question.contiguous,
        **{name: getattr(question, name) for name in _PLAIN},
    }


def _unpack_question(packed: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Question:
    def unpack(value: Any) -> Value:
        if isinstance(value, dict) and "tensor" in value:
            return tensors[f"{packed['id']}/{value['tensor']}"]
        if isinstance(value, dict):
            return tuple(unpack(item) for item in value["tuple"])
        return value

    return Question(
        **{
            **packed,
            "args": tuple(unpack(value) for value in packed["args"]),
            "weight": unpack(packed["weight"]),
        }
    )
