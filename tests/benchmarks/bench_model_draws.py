"""Whether a model's points depend on the draw of the held-out data: many draws, many models.

``python -m tests.benchmarks.bench_model_draws rnn_video`` scores invented models from weak to good
on 20 draws. It prints the mean of the metric and its spread from draw to draw, and on how many
draws the model gets its usual points. The predictions of an invented model are made from the truth,
so that nothing has to be rendered. ``--model FILE`` adds a real one; then all images are rendered,
which takes minutes a draw for ``rnn_video``. ``--measure`` writes the mixture that all draws of an
assignment have in common.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path

import numpy as np

from autograder.exercises.graded_model import GradedModel, HeldOut, graded_model_of
from autograder.exercises.matched import FILE_NAME
from autograder.manifest import COURSE_ROOT, MetricTable, load_manifest
from poselab.models.predictor import Predictor
from poselab.models.specification import Arrays
from tests.benchmarks.model_draws.invention import Invented

AGREE = 0.95
"""On how many of the draws a model has to get the same points."""
DRAWS = Path(__file__).parent / "model_draws"
"""A module for each assignment whose model earns points."""


def real(path: Path, graded: GradedModel) -> Callable[[HeldOut], Arrays]:
    """A model from its file, run in this process: only your own."""
    files = {name: (path.parent / name).read_bytes() for name in graded.spec.files}
    predictor = Predictor({**files, graded.spec.file: path.read_bytes()}, graded.spec, path.parent)
    return lambda data: predictor.predict(data.inputs, whole=False)


def predictions(
    data: HeldOut,
    seed: int,
    made_up: Mapping[str, Invented],
    files: Mapping[str, Callable[[HeldOut], Arrays]],
) -> Iterator[tuple[str, Arrays]]:
    """What every model makes of a draw."""
    for number, (name, predict) in enumerate(made_up.items()):
        yield name, predict(data.targets, np.random.default_rng((seed, number)))
    for name, run in files.items():
        yield name, run(data)


def row(name: str, values: list[float], table: MetricTable) -> tuple[str, bool]:
    """A model's line of the table, and whether it is in order."""
    points = Counter(map(table.points_at, values))
    usual, count = points.most_common(1)[0]
    mean, spread = np.mean(values), np.std(values)
    limits = [step.value + table.sign * table.doubt for step in table.points]
    near = min(abs(mean - limit) for limit in limits)
    at_bound = bool(near <= 2 * spread)
    same = count >= AGREE * len(values)
    text = (
        f"{name:28} {mean:9.3f} {spread:8.4f} {min(values):9.3f} {max(values):9.3f}"
        f" {usual:6g} {count:4} of {len(values)}{'  at a bound' if at_bound else ''}"
    )
    return text, same or at_bound


def main() -> int:
    """Measures and prints; returns 1 if a model that is at no bound gets other points."""
    known = [name for name in load_manifest().assignments if (DRAWS / f"{name}.py").is_file()]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("assignment", choices=known)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--size", type=int, help="how many samples; as in course.toml by default")
    parser.add_argument("--seed", type=int, default=1000, help="of the first draw")
    parser.add_argument("--model", type=Path, nargs="*", default=[], help="files of real models")
    parser.add_argument("--measure", action="store_true", help="write the mixture, and end")
    options = parser.parse_args()
    draws = import_module(f"tests.benchmarks.model_draws.{options.assignment}").DRAWS
    if options.measure:
        if draws.measure_mixture is None:
            parser.error(f"the draws of {options.assignment} have no mixture")
        path = COURSE_ROOT / "autograder" / "exercises" / options.assignment / FILE_NAME
        path.write_text(draws.measure_mixture().as_json(), encoding="utf-8")
        print(f"{path} is written; if it has changed, VERSION in held_out.py has to go up")
        return 0
    assignment = load_manifest().assignment(options.assignment)
    graded, model = graded_model_of(assignment), assignment.model
    assert model is not None
    sizes = {**model.held_out, **graded.spec.choices[0]}
    if options.size:
        sizes[next(iter(model.held_out))] = options.size
    made_up = draws.models
    files = {path.as_posix(): real(path, graded) for path in options.model}
    values: dict[tuple[str, str], list[float]] = {}
    start = time.process_time()
    for seed in range(options.seed, options.seed + options.draws):
        if draws.draw_targets is not None and not files:
            data = HeldOut({}, draws.draw_targets(sizes[next(iter(model.held_out))], seed))
        else:
            data = graded.draw(sizes, seed)
        for name, outputs in predictions(data, seed, made_up, files):
            for metric in graded.metrics:
                value = metric.measure(outputs, data.targets).value
                values.setdefault((metric.name, name), []).append(value)
    seconds = (time.process_time() - start) / options.draws
    print(f"{options.draws} draws of {sizes}, {seconds:.0f} s of processor time each")
    right = True
    for metric, table in zip(graded.metrics, model.metrics, strict=True):
        print(f"\n{metric.name:31} mean   spread  smallest   largest points  same")
        for name in [*made_up, *files]:
            text, in_order = row(name, values[metric.name, name], table)
            print(text)
            right &= in_order
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
