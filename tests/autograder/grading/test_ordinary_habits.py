"""Thirty notebooks' worth of ordinary habits, and nobody is reported for any of them.

Each notebook holds the habits of many, so that few kernels are needed. Some lines fail where the
grader lacks what they name; that is no reason for a report either.
"""

from __future__ import annotations

import pytest

from autograder.grading.settings import Limits
from tests.autograder.grading.small import FULL, KERNEL, needs_sandbox, points, run, said

pytestmark = [needs_sandbox, pytest.mark.slow]

TRAINING = (
    "import torch, copy, pickle, time, math\nfrom torch import nn\n"
    "net = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 2))\n"
    "optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3)",
    "torch.save({'epoch': 1, 'net': net.state_dict(), 'opt': optimiser.state_dict()}, 'last.pt')\n"
    "state = torch.load('last.pt', map_location='cpu', weights_only=True)\n"
    "net.load_state_dict(state['net'], strict=True)",
    "torch.save(net, 'whole.pt')\ntorch.load('whole.pt', weights_only=False)",
    "from pathlib import Path\nfrom poselab.training.checkpoints import list_checkpoints, "
    "load_checkpoint, save_checkpoint\nsave_checkpoint(Path('runs/a'), 1, {'w': torch.ones(2)})\n"
    "load_checkpoint(list_checkpoints(Path('runs/a'))[-1])",
    "copy.copy(torch.zeros(2)), copy.copy(net), copy.deepcopy(net), copy.copy(optimiser)\n"
    "pickle.loads(pickle.dumps(net.state_dict()))",
    "torch.set_default_dtype(torch.float64)\ntorch.ones(2).dtype\n"
    "torch.set_default_dtype(torch.float32)\ntorch.set_default_device('cpu')",
    "import torch.multiprocessing\ntorch.multiprocessing.set_sharing_strategy('file_system')\n"
    "from torch.utils.data import DataLoader, Dataset, random_split\n"
    "class Squares(Dataset):\n"
    "    def __len__(self): return 8\n"
    "    def __getitem__(self, i): return torch.tensor(float(i * i))\n"
    "first, second = random_split(Squares(), [6, 2])\n"
    "for b in DataLoader(first, batch_size=2, num_workers=2, prefetch_factor=2): b.sum()\n"
    "import random, numpy as np\n"
    "def seed_worker(i): random.seed(i); np.random.seed(i)\n"
    "list(DataLoader(second, num_workers=1, worker_init_fn=seed_worker, shuffle=True))",
    "with torch.autocast('cpu', dtype=torch.bfloat16):\n    net(torch.ones(1, 2))\n"
    "scaler = torch.amp.GradScaler('cpu', enabled=False)",
    "schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=4)\n"
    "average = torch.optim.swa_utils.AveragedModel(net)\naverage.update_parameters(net)",
    "nn.utils.parametrizations.weight_norm(nn.Linear(2, 2))\n"
    "nn.utils.parametrizations.spectral_norm(nn.Linear(2, 2))\n"
    "import torch.nn.utils.prune as prune\nprune.l1_unstructured(nn.Linear(2, 2), 'weight', 0.5)\n"
    "nn.utils.clip_grad_norm_(net.parameters(), 1.0)",
    "seen = []\nhandle = net[0].register_forward_hook(lambda m, i, o: seen.append(o.detach()))\n"
    "net[0].register_full_backward_hook(lambda m, i, o: None)\n"
    "net(torch.ones(3, 2)).sum().backward()\n"
    "handle.remove()",
    "class Double(torch.autograd.Function):\n"
    "    @staticmethod\n    def forward(ctx, x): ctx.save_for_backward(x); return 2 * x\n"
    "    @staticmethod\n    def backward(ctx, g): return 2 * g\n"
    "torch.autograd.gradcheck(Double.apply, torch.ones(2, dtype=torch.float64, "
    "requires_grad=True))",
    "from torch.func import functional_call, grad, vmap\n"
    "vmap(grad(lambda x: (x ** 2).sum()))(torch.ones(2, 2))\n"
    "functional_call(net, dict(net.named_parameters()), torch.ones(1, 2))",
    "from torch.utils.flop_counter import FlopCounterMode\n"
    "with FlopCounterMode(display=False) as flops:\n    net(torch.ones(1, 2))\n"
    "import torch.utils.benchmark as benchmark\n"
    "benchmark.Timer('x + 1', globals={'x': torch.ones(2)}).timeit(3)",
    "compiled = torch.compile(net, backend='aot_eager')\ncompiled(torch.ones(2, 2))",
    "torch.jit.script(nn.Linear(2, 2)).save('scripted.pt')\ntorch.jit.load('scripted.pt')",
    "from torch.utils.tensorboard import SummaryWriter\nwriter = SummaryWriter()",
    "import wandb\nwandb.init(project='pose', mode='offline')",
    "from torchvision import models\nmodels.resnet18(weights='DEFAULT')",
    "state = torch.hub.load_state_dict_from_url('https://download.pytorch.org/models/a.pth')",
    "class EarlyStop(Exception): pass\n"
    "try:\n    raise EarlyStop\nexcept EarlyStop:\n    print('stopped early')",
    "device = torch.device('cuda')\nnet.to(device)",
    "torch.cuda.empty_cache(); torch.cuda.is_available(); torch.backends.mps.is_available()",
    "torch.Tensor.ndim\nx = torch.ones(2).numpy(); torch.from_numpy(x); torch.as_tensor([1.0])",
)

SHOWING = (
    "import ipywidgets as widgets\nfrom ipywidgets import interact, interact_manual, fixed\n"
    "def show(x=2): return x\ninteract(show);\ninteract(show, x=(0, 5, 1));\n"
    "@interact\ndef show_too(sigma=(0.5, 3.0), name=['a', 'b'], on=True): print(sigma, name, on)",
    "out = widgets.Output()\nwith out:\n    print('in it')\n    1 / 0\ndisplay(out)\n"
    "out.clear_output()\nout.append_stdout('more')\nout.append_display_data('x')",
    "@out.capture(clear_output=True)\ndef clicked(button): print('clicked')\n"
    "button = widgets.Button(description='go')\nbutton.on_click(clicked)\nbutton.click()\nbutton",
    "a, b = widgets.IntSlider(3), widgets.IntText()\nwidgets.jslink((a, 'value'), (b, 'value'))\n"
    "a.observe(lambda change: print(change.new), 'value')\na.value = 5\n"
    "widgets.VBox([a, widgets.HBox([b]), widgets.Tab([widgets.HTML('<b>x</b>')])])",
    "bar = widgets.IntProgress(max=3)\ndisplay(bar)\nfor i in range(3): bar.value += 1\n"
    "widgets.interactive_output(lambda a: print(a), {'a': a})",
    "from IPython.display import HTML, Image, Javascript, Markdown, Video, clear_output, display\n"
    "handle = display('a', display_id=True)\nhandle.update('b')\n"
    "for i in range(3):\n    clear_output(wait=True)\n    print(i)\n"
    "display(Javascript('1'), HTML('<i>x</i>'), Markdown('*x*'))",
    "from ipykernel.comm import Comm\ncomm = Comm(target_name='mine', data={'a': 1})\n"
    "comm.send({'b': 2})\ncomm.close()",
    "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\n"
    "plt.switch_backend('agg')\nplt.rcParams.update({'figure.dpi': 60})\nplt.style.use('ggplot')\n"
    "plt.ion()\nplt.plot([1, 2])\nplt.savefig('curve.png')\nplt.savefig('curve.pdf')\n"
    "plt.close('all')",
    "%matplotlib inline\n%config InlineBackend.figure_format = 'svg'\nplt.plot([1, 2])\nplt.show()",
    "%matplotlib notebook",
    "%matplotlib widget",
    "%matplotlib qt",
    "matplotlib.use('TkAgg')",
    "from tqdm.notebook import tqdm\nfor _ in tqdm(range(2), leave=False): pass\n"
    "from tqdm import trange\nfor _ in trange(2): pass",
    "from PIL import Image as Picture\nPicture.new('RGB', (4, 4)).save('tiny.png')\n"
    "display(Image('tiny.png'))",
    "%%html\n<b>bold</b>",
    "%%javascript\nconsole.log(1)",
    "%%capture captured\nprint('hidden')",
    "%%time\nsum(range(10))",
    "%%writefile helper.py\ndef helper(): return 1",
    "import helper, importlib\nimportlib.reload(helper)\nfrom helper import *",
    "%run helper.py",
    "%load_ext tensorboard",
    "%tensorboard --logdir runs",
)

SYSTEM = (
    "!pip list | head -3",
    "%pip install -q einops",
    "!nvidia-smi",
    "!ls -la && df -h . && cat /proc/cpuinfo | head -3",
    "!wget -q https://example.org/data.zip -O data.zip; unzip -o data.zip",
    "!git clone https://github.com/someone/something",
    "files = !ls\nprint(files)",
    "%%bash\necho hello\nexport A=1",
    "%env MODE=fast\n%pwd\n%cd ..\n%cd -\n%who\n%lsmagic\n%timeit -n1 -r1 1 + 1",
    "import os, sys, shutil, glob, tempfile, zipfile, json, csv, platform, subprocess\n"
    "os.makedirs('results/plots', exist_ok=True)\nopen('results/log.txt', 'a').write('x')\n"
    "shutil.copy('results/log.txt', 'results/copy.txt')\nglob.glob('**/*', recursive=True)\n"
    "shutil.make_archive('all', 'zip', 'results')\nos.listdir('/'), os.listdir('..')\n"
    "os.path.expanduser('~/data')\nos.environ['CUDA_VISIBLE_DEVICES'] = '0'",
    "from pathlib import Path\nPath('notes.md').write_text('x')\nlist(Path('.').rglob('*.md'))\n"
    "Path.home().joinpath('a.txt').write_text('a')",
    "open('/content/drive/MyDrive/log.txt', 'w')",
    "open('/home/anna/pose/log.txt', 'w')",
    "open('C:\\\\Users\\\\anna\\\\log.txt', 'w').close()",
    "open('/kaggle/working/out.csv', 'w')",
    "from google.colab import drive, files, userdata\ndrive.mount('/content/drive')\n"
    "files.download('notes.md')\nkey = userdata.get('KEY')",
    "import urllib.request\nurllib.request.urlretrieve('https://github.com/a/b/raw/c.h5', 'c.h5')",
    "subprocess.check_output(['nvidia-smi'])",
    "import psutil\npsutil.Process().memory_info().rss, psutil.cpu_count(), platform.uname()",
    "sys.path.append('..'); sys.path.insert(0, '/content/helpers'); sys.setrecursionlimit(5000)",
    "import multiprocessing as mp\nwith mp.Pool(2) as pool: pool.map(abs, [-1, 2])\n"
    "def work(q): q.put(1)\nqueue = mp.Queue()\nprocess = mp.Process(target=work, args=(queue,))\n"
    "process.start(); queue.get(); process.join()",
    "from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor\n"
    "with ProcessPoolExecutor(2) as pool: list(pool.map(abs, [1, -2]))\n"
    "with ThreadPoolExecutor() as pool: list(pool.map(abs, [1, -2]))",
    "import asyncio\nawait asyncio.sleep(0.01)\nasync def f(): return 1\n"
    "await asyncio.gather(f(), f())",
    "import torch\ntorch.set_num_threads(2); torch.set_num_interop_threads(2)",
    "import sqlite3, http.server, socket\nsocket.gethostname()\nsqlite3.connect('a.db').close()",
)

LOOKING = (
    "import sys, traceback\ntry:\n    1 / 0\nexcept Exception:\n    traceback.print_exc()\n"
    "    print(sys.exc_info()[2].tb_frame.f_locals.keys())",
    "import inspect, dis, gc, types, tracemalloc, faulthandler, logging, warnings, functools\n"
    "print(inspect.getsource(inspect.getsource)[:20]); inspect.stack()[0].function",
    "tracemalloc.start(); tracemalloc.take_snapshot(); tracemalloc.stop(); faulthandler.enable()",
    "logging.basicConfig(level=logging.INFO, force=True)\nlogging.info('hello')\n"
    "logging.getLogger('matplotlib').setLevel(logging.ERROR)",
    "breakpoint()",
    "import pdb\npdb.set_trace()",
    "from IPython.core.debugger import set_trace\nset_trace()",
    "%debug",
    "%pdb on\n1 / 0",
    "%pdb off",
    "import torch\n[type(o) for o in gc.get_objects() if torch.is_tensor(o)][:3]\ngc.collect()",
    "sum(o.numel() for o in gc.get_objects() if isinstance(o, torch.Tensor))",
    "import cProfile, pstats, timeit\ncProfile.run('sum(range(10))')\ntimeit.timeit('1', number=3)",
    "%prun sum(range(10))\n%time sum(range(10))",
    "calls = []\nsys.setprofile(lambda *a: calls.append(a[1]))\nabs(1)\nsys.setprofile(None)",
    "def timed(function):\n    @functools.wraps(function)\n    def inner(*a, **k):\n"
    "        return function(*a, **k)\n    return inner\n"
    "@timed\n@functools.lru_cache\ndef square(x): return x * x\nsquare(2)",
    "def f(x): return x\nf.__name__ = 'g'; f.__doc__ = 'doc'; f.__defaults__ = (1,); f.calls = 0",
    "class Config(dict):\n    __getattr__ = dict.get\n    __setattr__ = dict.__setitem__\n"
    "c = Config(a=1)\nc.b = 2\nc.__class__.__name__, vars(c), dir(c)",
    "exec('y = 1'); eval('y + 1'); globals()['z'] = 3; locals().get('z')",
    "import ast, code\nast.dump(ast.parse('1 + 1')); compile('1', 'mine', 'eval')",
    "import ctypes\nctypes.sizeof(ctypes.c_int)\nctypes.c_int(3).value",
    "import numpy as np\n"
    "np.set_printoptions(precision=2); np.random.seed(0); np.seterr(all='ignore')\n"
    "np.save('a.npy', np.ones(2)); np.load('a.npy')\nnp.lib.stride_tricks.sliding_window_view",
    "print = functools.partial(print, flush=True)\nprint('x')\nlist = [1, 2]\ndel list\n"
    "max = 3\ndel max",
    "import builtins\nbuiltins.print = functools.partial(builtins.print, flush=True)",
    "warnings.filterwarnings('ignore')\nwarnings.warn = lambda *a, **k: None",
    "torch.set_printoptions(precision=3)\n"
    "torch.Tensor.__repr__ = lambda self: f'{tuple(self.shape)}'",
    "help(torch.softmax)\ntorch.softmax?",
    "import atexit, signal, threading\natexit.register(lambda: None)\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "threading.excepthook = lambda args: None\nsys.excepthook = lambda *a: None",
    "get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().events\n"
    "get_ipython().ast_node_interactivity = 'all'\n1\n2",
    "from IPython.core.interactiveshell import InteractiveShell\n"
    "InteractiveShell.ast_node_interactivity = 'last_expr'",
    "from poselab import check\nimport poselab\nposelab.__file__, dir(poselab)",
    "from poselab.networks.heatmaps import heatmap_network\nimport poselab.coordinates as c\n"
    "inspect.getsource(c.to_01)",
)

NOTEBOOKS = {"training": TRAINING, "showing": SHOWING, "system": SYSTEM, "looking": LOOKING}


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_nobody_is_reported_for_ordinary_habits(name: str) -> None:
    outcome = run(*NOTEBOOKS[name], limits=Limits(cell=60, total=240, kernel=KERNEL))
    assert "Reported" not in said(outcome), said(outcome)
    assert points(outcome) == FULL, (outcome.silent, said(outcome))
    assert outcome.status is None, said(outcome)
