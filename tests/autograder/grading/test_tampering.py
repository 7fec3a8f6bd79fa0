"""Whatever is done to the process that counts, its counts earn nothing, and it is reported.

Each notebook loops over the maps, and does something so that nobody should count it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from autograder.grading.trust import believed, measured_inside
from poselab.checks.judge import judge
from poselab.checks.runner import Observation
from tests.autograder.grading.small import LIMITS, SUITES, run, said

PATIENT = replace(LIMITS, cell=30, total=120)
"""Threads and processes that wait for their turn take long on a busy machine."""

LOOP = """
def loop(heatmaps):
    width, places = heatmaps.shape[-1], []
    for sample in range(heatmaps.shape[0]):
        for joint in range(heatmaps.shape[1]):
            place = heatmaps[sample, joint].flatten().argmax()
            places.append(torch.stack([place % width, place // width]))
    return torch.stack(places).reshape(*heatmaps.shape[:2], 2).to(heatmaps.dtype)
"""
HAND_OVER = """
def hand_over(start, heatmaps):
    done = threading.Event()
    box = []
    def work(*_):
        box.append(loop(heatmaps))
        done.set()
    start(work)
    done.wait(20)
    return box[0]
"""
HELPER = """
tasks, results = torch.multiprocessing.SimpleQueue(), torch.multiprocessing.SimpleQueue()
def serve():
    while True:
        results.put(loop(torch.tensor(tasks.get())).tolist())
"""
RUNNER = "runner = sys.modules['poselab.checks' + '.runner']\n"
FORGED = """
runner = sys.modules["poselab.checks" + ".runner"]
read, write = runner.observations_from_bytes, runner.observations_as_bytes
def forged(content):
    seen = read(content)
    for one in seen:
        vars(one).update(operations=0, instructions=0, left_device="")
    return write(seen)
"""

NOTEBOOKS = {
    "a thread from before": (
        "import queue, threading\nasked, answered = queue.Queue(), queue.Queue()\n"
        "def work():\n    while True:\n        answered.put(loop(asked.get()))\n"
        "threading.Thread(target=work, daemon=True).start()",
        "asked.put(heatmaps)\nreturn answered.get()",
    ),
    "the thread that shows output": (
        f"import threading\n{HAND_OVER}\n"
        "output = get_ipython().kernel.iopub_thread.io_loop.asyncio_loop",
        "return hand_over(output.call_soon_threadsafe, heatmaps)",
    ),
    "a thread started below threading": (
        f"import threading, _thread\n{HAND_OVER}",
        "return hand_over(lambda work: _thread.start_new(work, ()), heatmaps)",
    ),
    "a pool": (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)",
        "return pool.submit(loop, heatmaps).result()",
    ),
    "a thread of the C library": (
        f"import ctypes, threading\n{HAND_OVER}\nlibc = ctypes.CDLL(None)\n"
        "kind = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)\n"
        "def start(work):\n    global kept\n    kept, handle = kind(work), ctypes.c_ulong()\n"
        "    libc.pthread_create(ctypes.byref(handle), None, kept, None)",
        "return hand_over(start, heatmaps)",
    ),
    "a process": (
        f"import torch.multiprocessing\n{HELPER}\n"
        "torch.multiprocessing.Process(target=serve, daemon=True).start()",
        "tasks.put(heatmaps.tolist())\nreturn torch.tensor(results.get()).to(heatmaps.dtype)",
    ),
    "a fork": (
        f"import os, torch.multiprocessing\n{HELPER}\nif os.fork() == 0:\n    serve()",
        "tasks.put(heatmaps.tolist())\nreturn torch.tensor(results.get()).to(heatmaps.dtype)",
    ),
    "a fork that nobody hears of": (
        f"import os, socket, torch.multiprocessing\n{HELPER}\n"
        "for number in range(3, 200):\n    try:\n"
        "        if socket.socket(fileno=os.dup(number)).type == socket.SOCK_SEQPACKET:\n"
        "            os.close(number)\n    except OSError:\n        pass\n"
        "try:\n    child = os.fork()\nexcept RuntimeError:\n    child = 1\n"
        "if child == 0:\n    serve()",
        "return loop(heatmaps)",
    ),
    "another interpreter": (
        "import _xxsubinterpreters\nother = _xxsubinterpreters.create()",
        "return loop(heatmaps)",
    ),
    "frames of callers": (
        'import sys\nnames = {}\nexec(\'def look(): return getattr(sys, "_get" + "frame")()\', '
        "{'sys': sys}, names)",
        "frame = names['look']()\nresult = loop(heatmaps)\n"
        "while frame is not None:\n    for value in frame.f_locals.values():\n"
        "        if hasattr(value, 'most_common'):\n            value.clear()\n"
        "    frame = frame.f_back\nreturn result",
    ),
    "a generator's frame": (
        "",
        "def once():\n    yield getattr(own, 'gi_' + 'frame').f_back\nown = once()\nnext(own)\n"
        "return loop(heatmaps)",
    ),
    "a traceback's frame": (
        "import operator\nframe_of = operator.attrgetter('tb_' + 'frame')",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n    frame_of(error.__traceback__)\n"
        "return loop(heatmaps)",
    ),
    "frames that a library hands out": (
        "import inspect, threading\nfrom torch.utils._pytree import tree_map\nimport sys",
        "tree_map(sys._getframe, 1)\nreturn loop(heatmaps)",
    ),
    "a search through memory": (
        "import gc",
        "[vars(o).update(operations=0) for o in gc.get_objects()\n"
        " if type(o).__name__ == 'Observation']\nreturn loop(heatmaps)",
    ),
    "a search in advance": (
        "import gc\ngc.unfreeze()\nall_of_them = gc.get_objects()",
        "return loop(heatmaps)",
    ),
    "no trace": (
        "import sys\nset_it = sys.settrace",
        "set_it(None)\nreturn loop(heatmaps)",
    ),
    "what traces": (
        "import sys",
        "sys.gettrace()\nreturn loop(heatmaps)",
    ),
    "an audit hook": (
        "import sys\nbox = []\n"
        "sys.addaudithook(lambda e, args: box.append(loop(*args)) if e == 'maps' else None)",
        "sys.audit('maps', heatmaps)\nreturn box.pop()",
    ),
    "a signal": (
        "import signal\nframes = []",
        "signal.signal(signal.SIGUSR1, lambda number, frame: frames.append(frame))\n"
        "signal.raise_signal(signal.SIGUSR1)\nreturn loop(heatmaps)",
    ),
    "garbage": (
        "import gc",
        "gc.enable()\ngc.set_threshold(1)\nlist(map(list, [[]] * 50))\ngc.disable()\n"
        "return loop(heatmaps)",
    ),
    "the interpreter from behind": (
        "import ctypes\nset_trace = ctypes.pythonapi.PyEval_SetTrace",
        "return loop(heatmaps)",
    ),
    "machine code": (
        "import ctypes, mmap\nprivate = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS\n"
        "room = mmap.mmap(-1, 4096, flags=private, prot=7)\nroom.write(b'\\xc3')\n"
        "nothing = ctypes.CFUNCTYPE(None)(ctypes.addressof(ctypes.c_char.from_buffer(room)))",
        "nothing()\nreturn loop(heatmaps)",
    ),
    "a kernel of its own": (
        "library = torch.library.Library('aten', 'IMPL')\n"
        "library.impl('sinh', lambda values: values, 'CPU')",
        "return loop(heatmaps)",
    ),
    "a module's class": (
        "import types, numpy\nclass Module(types.ModuleType): pass\nnumpy.__class__ = Module",
        "return loop(heatmaps)",
    ),
    "a timer": (
        "import signal",
        "signal.setitimer(signal.ITIMER_REAL, 0)\nreturn loop(heatmaps)",
    ),
    "what belongs to the values, in a library's name": (
        "from IPython.extensions.autoreload import update_instances",
        "update_instances(type(heatmaps), type(heatmaps))\nreturn loop(heatmaps)",
    ),
    "a frame that a library shows": (
        "import stack_data",
        "try:\n    1 / 0\nexcept ZeroDivisionError as error:\n"
        "    list(stack_data.FrameInfo.stack_data(error.__traceback__))\nreturn loop(heatmaps)",
    ),
    "the name of a library": (
        "hidden = {'torch': torch}\nexec(compile(source_of_loop, torch.__file__, 'exec'), hidden)",
        "return hidden['loop'](heatmaps)",
    ),
    "code with another name": (
        "loop.__code__ = loop.__code__.replace(co_filename=torch.__file__)",
        "return loop(heatmaps)",
    ),
    "the grader's request": (
        f"import sys\n{FORGED}\nkernel = get_ipython().kernel\nasked = kernel.examine\n"
        "def examine(demand):\n    outcome = asked(demand)\n"
        "    vars(outcome).update(observations=forged(outcome.observations), incidents=[])\n"
        "    return outcome\n"
        "kernel.examine = examine",
        "return loop(heatmaps)",
    ),
    "the reply on its way": (
        f"import sys\n{FORGED}\nsession = get_ipython().kernel.session\nsend = session.send\n"
        "def forging(stream, kind, *args, **options):\n"
        "    if options.get('buffers'):\n"
        "        options['buffers'] = [forged(bytes(b)) for b in options['buffers']]\n"
        "    return send(stream, kind, *args, **options)\n"
        "object.__setattr__(session, 'send', forging)",
        "return loop(heatmaps)",
    ),
    "the encoder's code": (
        "import json\ndef dumps(obj, **options):\n    import json\n"
        "    return json.JSONEncoder(sort_keys=True).encode(obj)\n"
        "json.dumps.__code__, json.dumps.__kwdefaults__ = dumps.__code__, None",
        "return loop(heatmaps)",
    ),
    "a table of the grader's": (
        f"import sys\n{RUNNER}runner._RUN['count'] = runner._call",
        "return loop(heatmaps)",
    ),
    "a function of the grader's, for one call": (
        f"import sys\n{RUNNER}right = runner.measure_work\n"
        "def fake(*args):\n    runner.measure_work = right\n    return right(lambda: None)",
        "runner.measure_work = fake\nreturn loop(heatmaps)",
    ),
}


SLOW = "a thread of the C library"
"""It is waited for in vain in each counted call, a minute in all."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.soak if name == SLOW else ()) for name in NOTEBOOKS],
)
@pytest.mark.needs_sandbox
@pytest.mark.slow
def test_counts_of_a_process_that_was_tampered_with(name: str) -> None:
    cell, body = NOTEBOOKS[name]
    cell = f"source_of_loop = {LOOP!r}\n{LOOP}\n{cell}"
    outcome = run(cell, limits=PATIENT, heatmap_argmax=body)
    verdict = judge(SUITES["heatmap_argmax"], outcome.observations["heatmap_argmax"])
    criteria = {criterion.id: criterion for criterion in verdict.criteria}
    assert not criteria["vectorised"].passed, said(outcome)
    assert "is not believed after the code" in criteria["vectorised"].message, said(outcome)
    assert "Reported to the instructor: the code " in said(outcome)
    # What was returned, the grader compared itself.
    assert criteria["values"].passed, criteria["values"].message


@pytest.mark.needs_sandbox
@pytest.mark.slow
def test_the_loop_alone_is_counted_and_nothing_reported() -> None:
    outcome = run(LOOP, heatmap_argmax="return loop(heatmaps)")
    verdict = judge(SUITES["heatmap_argmax"], outcome.observations["heatmap_argmax"])
    (vectorised,) = (c for c in verdict.criteria if c.id == "vectorised")
    assert not vectorised.passed and "something runs once for each" in vectorised.message
    assert not outcome.notes


def test_only_what_is_measured_inside_is_doubted() -> None:
    suite = SUITES["heatmap_argmax"]
    seen = [Observation(case.id) for case in suite.cases]
    assert believed(suite, seen, "") == seen
    doubted = {o.case for o in believed(suite, seen, "did this") if o.not_believed == "did this"}
    assert doubted == {case.id for case in suite.cases if measured_inside(suite, case)}
    kinds = {case.kind for case in suite.cases if case.id in doubted}
    assert {"count", "device"} <= kinds and "gradient" not in kinds
    counts = {o.case for o in believed(suite, seen, "", "was interrupted") if o.not_believed}
    assert counts == {case.id for case in suite.cases if case.kind == "count"}
