"""What a model's process writes costs the grader little memory, whatever it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

MOST = 300
"""MB that the grader's process may take more than for an ordinary model."""

KINDS = {
    "no line ends": "while True: out.write(b'x' * 65536)",
    "empty lines": "while True: out.write(b'\\r' * 65536)",
    "two bytes at a time": "while True: os.write(1, b'xy')",
    "many checks": "while True: out.write(checks)",
    "nested JSON": "out.write(b'{\"name\":[' + b'[],' * 400_000 + b'[]]}\\n')",
    "a header that announces much": (
        "head = json.dumps({'joint_pos': {'dtype': 'F32', 'shape': [3, 1 << 40],"
        " 'data_offsets': [0, 12 << 40]}}).encode()\n"
        "out.write(checks + b'\\n' + (1 << 40).to_bytes(8, 'little') + head)\n"
        "out.write(bytes(1 << 26))"
    ),
    "many tensors": (
        "head = json.dumps({str(n): {'dtype': 'U8', 'shape': [0], 'data_offsets': [0, 0]}"
        " for n in range(16_000)}).encode()\n"
        "out.write(checks + b'\\n' + len(head).to_bytes(8, 'little') + head)"
    ),
    "many outputs": "while True: out.write(b'outputs bytes ' + b'A' * 900_000 + b'\\n')",
    "more than there are samples": (
        "poses = np.zeros((1 << 18, 10, 7, 2), np.float32)\n"
        "out.write(checks + b'\\n' + safetensors.numpy.save({'joint_pos': poses}))"
    ),
    "endless complaints": "while True: os.write(2, bytes(1 << 20))",
}

RUN = """
import json, resource, sys
from pathlib import Path
from autograder.grading import model_process as process
from tests.autograder.grading import test_model_process as small

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

folder, kinds = json.load(sys.stdin)
process._SPARE_SECONDS = 8.0
own = process._INSIDE
spec = small.within(20)
assert process.run_model(small.MODEL, small.SAMPLES, spec, small.SANDBOX).outputs is not None
usual = peak()
for name, code in kinds.items():
    process._INSIDE = Path(folder)
    (Path(folder) / "run_model.py").write_text(small.pretending(code, own))
    outcome = process.run_model(small.MODEL, small.SAMPLES, small.within(1), "none")
    said = outcome.failure.sentence if outcome.failure else ""
    print(json.dumps([name, peak() - usual, len(outcome.report.checks), said]))
"""


def check(kinds: dict[str, str], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        input=json.dumps([str(folder), kinds]),
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == list(kinds)
    assert [row for row in rows if row[1] > MOST or row[2] > 20 or not row[3]] == []


def test_one_of_each_cause(tmp_path: Path) -> None:
    check({name: KINDS[name] for name in ("many checks", "nested JSON", "many tensors")}, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_takes_much(kind: str, tmp_path: Path) -> None:
    check({kind: KINDS[kind]}, tmp_path)
