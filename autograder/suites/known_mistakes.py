"""How every known mistake, and every two that go together, fail a suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from torch import Tensor

from autograder.exercises.bank import Bank, Function
from poselab.checks.cases import Case, KnownMistake, Suite, combined
from poselab.checks.criteria import Rung
from poselab.checks.diagnosis import compares_shape_only, is_compared
from poselab.checks.judge import faults_of
from poselab.checks.runner import run_cases
from poselab.checks.signatures import alike, is_blank, is_missing, signature


def known_mistakes(suite: Suite, bank: Bank) -> tuple[KnownMistake, ...]:
    """Try the mistakes of a bank on a suite.

    Args:
        suite: its cases and what is expected of them.
        bank: the exercise's mistakes.

    Returns:
        The mistakes, in the bank's order; other ways of making one, under its name; then those
        that are composed of two. Of the last two kinds, one that fails the suite exactly as
        another one does is left out: it could not be told apart. So is a pair that raises an
        exception, or shows nothing.
    """
    single = [
        KnownMistake((m.id,), m.sentence, wrong_results(suite, m.function))
        for m in bank.mistakes
        if m.diagnosed_as == m.id
    ]
    sentences = {known.id: known.sentence for known in single}
    distinct = list(single)
    for other_way in bank.mistakes:
        if (name := other_way.diagnosed_as) == other_way.id:
            continue
        wrong = wrong_results(suite, other_way.function)
        if wrong and not any(_same(wrong, other.wrong) for other in distinct):
            distinct.append(KnownMistake((name,), sentences[name], wrong))
    for ids, function in bank.pairs():
        wrong = wrong_results(suite, function)
        if any(is_missing(one) for one in wrong.values()):
            continue  # the change does not fit this answer: what it raises is nobody's mistake
        # That nothing but zeros comes back has too many reasons to show two mistakes.
        if all(is_blank(one) for one in wrong.values()):
            continue
        if wrong and not any(_same(wrong, other.wrong) for other in distinct):
            sentence = combined(sentences[one] for one in ids)
            distinct.append(KnownMistake(ids, sentence, wrong))
    return tuple(distinct)


def wrong_results(suite: Suite, function: Function) -> dict[str, Tensor]:
    """The signatures of a function's results, by case, wherever it is wrong."""
    compared = {case.id: (rung, case) for rung, case in _compared(suite)}
    observations = run_cases(function, [case for _, case in compared.values()])
    by_case = {observation.case: observation for observation in observations}
    return {
        case: signature(by_case[case].result, shape_only=compares_shape_only(*compared[case]))
        for rung in suite.criteria
        for case in faults_of(suite, rung, by_case)
        if case in compared
    }


def _compared(suite: Suite) -> Iterator[tuple[Rung, Case]]:
    for rung in suite.criteria:
        for case in suite.cases_of(rung.id):
            if is_compared(rung, case):
                yield rung, case


def _same(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(alike(one[case], other[case]) for case in one)
