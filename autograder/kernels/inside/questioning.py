"""Putting questions to a function that the student defined, within the kernel."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from poselab.checks.paper import read_questions
from poselab.checks.probe import Answer, put_questions, write_answers

from .guard import take_snapshot

REQUEST = "answer_questions"
REPLY = "answer_questions_reply"


@dataclass(frozen=True)
class Outcome:
    """What goes back to the host.

    Args:
        status: ``ok``, ``undefined``, ``interrupted`` (with the answers given until then) or
            ``failed``.
        answers: a safetensors file, empty when there are none.
        error: why it failed.
        tampered: what the student's code had changed in the code that questions it.
    """

    status: str
    answers: bytes = b""
    error: str = ""
    tampered: list[str] = field(default_factory=list)


def make_questioner(folder: Path) -> Callable[[Mapping[str, Any], str, bytes], Outcome]:
    """A function that puts questions. Made before any of the student's code has run.

    Args:
        folder: where the papers lie for a moment, in files of our own.
    """
    check = take_snapshot()
    read, put, write, answer_type = read_questions, put_questions, write_answers, Answer
    # A function's own globals can be reached; what it encloses is not as easily found.
    missing, current_process, size = object(), os.getpid, len
    listed, unique = list, dict.fromkeys

    def put_all(function: Any, questions: Any, answers: list[Any]) -> None:
        for question in questions:
            try:
                answers += put(function, [question])
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                name = type(error).__name__
                answers.append(answer_type(question.id, error=f"{name}: {error}"[:300]))

    def question(names: Mapping[str, Any], name: str, questions: bytes) -> Outcome:
        tampered = check()
        function = names.get(name, missing)
        if function is missing:
            return Outcome("undefined", tampered=tampered)
        paper = folder / f"questions-{current_process()}.safetensors"
        sheet = folder / f"answers-{current_process()}.safetensors"
        answers: list[Any] = []
        status, error = "ok", ""
        try:
            paper.write_bytes(questions)
            asked = read(paper)
            paper.unlink()
            try:
                put_all(function, asked, answers)
            except KeyboardInterrupt:
                status = "interrupted"
            tampered += check()
            if size(answers) < size(asked) and status == "ok":
                status = "failed"
            write(sheet, answers)
            written = sheet.read_bytes()
            sheet.unlink()
        except KeyboardInterrupt:
            return Outcome("interrupted", tampered=tampered)
        except BaseException as failure:
            error = f"{type(failure).__name__}: {failure}"[:300]
            return Outcome("failed", error=error, tampered=tampered + check())
        return Outcome(status, written, error, listed(unique(tampered)))

    return question
