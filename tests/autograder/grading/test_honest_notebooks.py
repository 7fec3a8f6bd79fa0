"""Ordinary work is never taken for tampering: it is not reported, and its counts are believed."""

from __future__ import annotations

import pytest

from autograder.reporting.to_students import message_to_students
from poselab.checks.messages import not_believed
from poselab.checks.runner import Observation
from tests.autograder.grading.small import FULL, needs_sandbox, points, run, said

pytestmark = [needs_sandbox, pytest.mark.slow]

CELLS = {
    "plots and progress": (
        "import matplotlib.pyplot as plt\nimport matplotlib.animation as animation\n"
        "figure, axes = plt.subplots()\n(line,) = axes.plot([0, 1])\n"
        "moving = animation.FuncAnimation(figure, lambda i: axes.plot(i, i), frames=2)\n"
        "moving.to_jshtml()",
        "from tqdm.auto import tqdm\nbar = tqdm(range(3))\nfor _ in bar: bar.set_postfix(loss=1.0)",
        "open_bar = tqdm(total=10)\nopen_bar.update(1)",
    ),
    "widgets": (
        "import ipywidgets\nfrom ipywidgets import interact\n"
        "interact(lambda beta: print(beta), beta=(0.0, 2.0))",
        "out = ipywidgets.Output()\ndisplay(out)\nwith out:\n    print('inside')",
    ),
    "loaders with workers": (
        "from torch.utils.data import DataLoader, TensorDataset\n"
        "data = TensorDataset(torch.arange(12.0))\n"
        "loader = DataLoader(data, batch_size=2, num_workers=2, persistent_workers=True)\n"
        "for _ in range(2):\n    total = sum(float(b.sum()) for (b,) in loader)",
        "left_open = iter(DataLoader(data, batch_size=2, num_workers=1))\nnext(left_open)",
    ),
    "other processes": (
        "import subprocess, os, sys\nsubprocess.run(['true'], check=True)\nos.system('true')",
        "!echo hello",
        "subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True)",
        "import multiprocessing\nwith multiprocessing.Pool(2) as pool:\n    pool.map(abs, [-1, 2])",
    ),
    "threads": (
        "import threading, time\nthread = threading.Thread(target=print)\n"
        "thread.start()\nthread.join()",
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\n"
        "list(pool.map(abs, range(4)))",
        "failing = threading.Thread(target=lambda: torch.nn.Linear(2, 2)(torch.ones(3)))\n"
        "failing.start()\nfailing.join()",
        "class Untidy:\n    def __del__(self):\n        torch.nn.Linear(2, 2)(torch.ones(3))\n"
        "Untidy()\nNone",
        "clock = threading.Timer(600, print)\nclock.daemon = True\nclock.start()",
        "import asyncio\nasync def later():\n    await asyncio.sleep(600)\n"
        "waiting = asyncio.ensure_future(later())",
        "torch.set_num_threads(4)",
    ),
    "warnings": (
        "import warnings\nwarnings.filterwarnings('ignore')\nwarnings.simplefilter('ignore')",
        "def warn(*args, **kwargs):\n    pass\nwarnings.warn = warn\nwarnings.showwarning = warn",
    ),
    "classes": (
        "from dataclasses import dataclass, field\nfrom collections import namedtuple\n"
        "import enum, typing, abc\n"
        "@dataclass(slots=True)\nclass Settings:\n    rate: float = 0.1\n"
        "    sizes: list = field(default_factory=list)\n"
        "Pair = namedtuple('Pair', 'a b')\n"
        "class Kind(enum.Enum):\n    ONE = 1\n"
        "class Row(typing.NamedTuple):\n    a: int\n"
        "T = typing.TypeVar('T')\nclass Box(typing.Generic[T]): pass\n"
        "class Shape(typing.Protocol): pass",
        "from jaxtyping import Float, jaxtyped\n"
        "@jaxtyped(typechecker=None)\ndef double(x: Float[Tensor, 'n']) -> Float[Tensor, 'n']:\n"
        "    return 2 * x\ndouble(torch.ones(3))",
        "class Net(torch.nn.Module):\n    def forward(self, x): return x\n"
        "net = Net()\nnet.__class__ = type('Other', (Net,), {})",
    ),
    "looking around": (
        "import inspect, sys, traceback, pdb, dis, gc, types\n"
        "print(inspect.currentframe().f_lineno, inspect.stack(), sys._getframe().f_code.co_name)",
        "def helper(x):\n    return x\n"
        "print(inspect.signature(helper), inspect.getsource(helper), helper.__code__.co_varnames)\n"
        "dis.dis(helper)\nhelp(helper)",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    traceback.print_exc()\n"
        "    print(error.__traceback__.tb_frame.f_lineno)",
        "print(sum(torch.is_tensor(one) for one in gc.get_objects()))\n"
        "gc.collect()\nprint(len(gc.get_referrers(helper)), sys.getsizeof(helper))",
        "lines = []\nsys.settrace(lambda *event: lines.append(event[1]))\n"
        "helper(1)\nsys.settrace(None)",
        "import cProfile\ncProfile.run('helper(1)')",
        "%timeit -n 1 -r 1 helper(1)",
        "%prun helper(1)",
        "%%time\nhelper(1)",
        "helper?",
        "print(sys.gettrace(), globals().keys(), locals().keys())",
    ),
    "copies and files": (
        "import copy, pickle\nt = torch.ones(2)\n"
        "copy.copy(t), copy.deepcopy(t), pickle.dumps(t)\n"
        "layer = torch.nn.Linear(2, 2)\ncopy.deepcopy(layer), pickle.dumps(layer)\n"
        "torch.save(layer.state_dict(), 'weights.pt')\ntorch.load('weights.pt')\n"
        "copy.copy(layer), copy.copy(torch.nn.Parameter(t))",
        "import functools\ntorch.load = functools.partial(torch.load, weights_only=False)",
        "import h5py, json, csv\nwith h5py.File('x.h5', 'w') as file:\n    file['a'] = [1, 2]\n"
        "json.dump({'a': 1}, open('x.json', 'w'))",
    ),
    "settings of torch": (
        "torch.manual_seed(0)\ntorch.set_printoptions(precision=3, sci_mode=False)\n"
        "torch.use_deterministic_algorithms(True)\ntorch.backends.cudnn.benchmark = False\n"
        "torch.autograd.set_detect_anomaly(True)\ntorch.autograd.set_detect_anomaly(False)",
        "torch.set_default_dtype(torch.float64)\ntorch.set_default_dtype(torch.float32)",
        "torch.set_default_dtype(torch.float64)",
    ),
    "conveniences": (
        "old = torch.Tensor.__repr__\n"
        "torch.Tensor.__repr__ = lambda self: f'{tuple(self.shape)} {old(self)}'\n"
        "torch.Tensor.show = lambda self: print(self)\ntorch.ones(2).show()",
        "import builtins, functools\nbuiltins.print = functools.partial(print, flush=True)",
        "%load_ext autoreload\n%autoreload 2",
        "%matplotlib inline\n%config InlineBackend.figure_format = 'retina'",
        "exec('a = 1')\neval(compile('a + 1', '<string>', 'eval'))",
        "import ctypes\nctypes.CDLL('libc.so.6').malloc_trim(0)",
        "import numpy as np\nnp.ones(2).ctypes.data\nnp.vectorize(abs)(np.ones(2))",
    ),
    "transformed functions": (
        "@torch.jit.script\ndef scripted(x: torch.Tensor) -> torch.Tensor:\n    return x + 1\n"
        "scripted(torch.ones(2))\ntorch.jit.trace(torch.sin, torch.ones(2))",
        "torch.vmap(torch.sin)(torch.ones(2, 2))\ntorch.func.jacrev(torch.sin)(torch.ones(2))",
        "torch.fx.symbolic_trace(torch.nn.Linear(2, 2))",
        "with torch.profiler.profile() as profile:\n    torch.ones(2) + 1\n"
        "print(profile.key_averages().table())",
        "torch.compile(lambda x: x + 1, backend='eager')(torch.ones(2))",
        "x = torch.ones(2, requires_grad=True)\nx.register_hook(print)\nx.sum().backward()",
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_cells_of_ordinary_work(name: str) -> None:
    outcome = run(*CELLS[name])
    failed = [o for cell in outcome.nb.cells for o in cell.get("outputs", ()) if "ename" in o]
    assert not failed, failed
    assert not outcome.notes, said(outcome)
    assert points(outcome) == FULL


MEAN = """
distances = (predicted - target).norm(dim=-1)
if visible is None:
    return distances.mean()
return torch.where(visible > 0, distances, 0).sum() / visible.sum().clamp(min=1)
"""
BODIES = {
    "prints": "print(predicted.shape, predicted[0])",
    "logs": "import logging\nlogging.getLogger('mine').warning('called with %s', predicted.shape)",
    "warns": "import warnings\nwarnings.warn('visible may be None')",
    "warns its caller": "import warnings\nwarnings.warn('no joint', stacklevel=2)",
    "warns whoever calls that": "import warnings\nwarnings.warn('no joint', stacklevel=3)",
    "leaves a file open": "open('/dev/null')",
    "forgets to await": "async def later():\n    pass\nlater()",
    "collects": "import gc\ngc.collect()",
    "names": "from collections import namedtuple\nSize = namedtuple('Size', 'batch joint')\n"
    "size = Size(*predicted.shape[:2])",
    "defines": "import typing\nfrom dataclasses import dataclass\n@dataclass\nclass Size:\n"
    "    batch: int\nclass Row(typing.NamedTuple):\n    batch: int\nT = typing.TypeVar('T')",
    "catches": "import traceback\ntry:\n    predicted + 'a'\nexcept TypeError:\n"
    "    traceback.format_exc()",
    "fails untidily": "class Untidy:\n    def __del__(self):\n"
    "        torch.nn.Linear(2, 2)(torch.ones(3))\nUntidy()",
    "measures time": "import time\nstart = time.perf_counter()\ntime.sleep(0.001)",
    "progress": "from tqdm.auto import tqdm\nbar = tqdm(total=1)\nbar.update(1)\nbar.close()",
    "imports": "import sqlite3, fractions, torch.nn.functional as functional, numpy.linalg",
    "saves": "import copy, pickle\npickle.dumps(predicted)\n"
    "copy.copy(torch.nn.Parameter(target))\ntorch.save(predicted, 'predicted.pt')",
    "looks up": "import inspect\ninspect.signature(torch.nn.Linear)",
    "shows": "from IPython.display import display\ndisplay(predicted.shape)",
    "asks": "assert torch.is_tensor(predicted), type(predicted)\nisinstance(target, Tensor)",
}


@pytest.mark.parametrize("name", BODIES)
def test_functions_of_ordinary_work(name: str) -> None:
    outcome = run(joint_error=f"{BODIES[name]}\n{MEAN}")
    assert not outcome.notes, said(outcome)
    assert points(outcome)["heatmap_argmax"] == FULL["heatmap_argmax"]
    unbelieved = [o for many in outcome.observations.values() for o in many if o.not_believed]
    assert not unbelieved


ALARM = """
import signal
before = signal.signal(signal.SIGALRM, lambda *_: None)
signal.alarm(5)
try:
    pass
finally:
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)
"""


def test_a_time_limit_in_a_function_costs_no_other() -> None:
    outcome = run(joint_error=f"{ALARM}{MEAN}")
    assert points(outcome)["heatmap_argmax"] == FULL["heatmap_argmax"]
    (why,) = {o.not_believed for o in outcome.observations["joint_error"] if o.not_believed}
    assert why == "called `signal`; it also called `alarm`"
    message = not_believed(Observation("", not_believed=why))
    assert message_to_students(message) == message


SLOW = """
total = torch.zeros(heatmaps.shape[:2])
for number in range(10**9):
    total = total + heatmaps.sum((-1, -2))
return torch.stack([total, total], -1)
"""


def test_a_loop_that_is_stopped_is_not_tampering() -> None:
    outcome = run(heatmap_argmax=SLOW)
    assert points(outcome)["joint_error"] == FULL["joint_error"]
    assert not any("Reported" in note for note in outcome.notes), said(outcome)
    assert "Does a loop never end" in outcome.unfinished["heatmap_argmax"]


IN_COUNTS = """
rows = heatmaps.shape[2]
maps = heatmaps.flatten(2).argmax(-1)
while rows > 20:
    rows = rows + 1
return torch.stack([maps % heatmaps.shape[3], maps // heatmaps.shape[3]], -1).float()
"""


def test_a_loop_that_is_stopped_while_it_is_counted_is_not_tampering() -> None:
    outcome = run(heatmap_argmax=IN_COUNTS)
    assert outcome.status == "timed_out"
    assert not any("Reported" in note for note in outcome.notes), said(outcome)


POOL = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as pool:
    flat, = pool.map(lambda maps: maps.flatten(2).argmax(-1), [heatmaps])
return torch.stack([flat % heatmaps.shape[3], flat // heatmaps.shape[3]], -1).to(heatmaps)
"""


def test_threads_that_a_function_starts_are_called_threads() -> None:
    outcome = run(heatmap_argmax=POOL)
    assert "another thread or process" in said(outcome)
    assert "trace function" not in said(outcome)
