"""When an interrupted training may go on: only where it would end with the same weights."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn

from poselab.training.identity import training_identity

NOTEBOOK = """
SIGMA = 2.0
WEIGHTS = torch.ones(3)

def hill(x):
    return (-(x ** 2) / (2 * SIGMA ** 2)).exp()

class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)
    def forward(self, x):
        return self.linear(x)

def objective(network, batch):
    return (network(batch) - hill(batch)).abs().mean() * WEIGHTS.sum()

def flip(batch, chance=0.5):
    return batch.flip(0) if torch.rand(1) < chance else batch

def others():
    return "what no training uses"
"""


def identity(
    source: str = NOTEBOOK,
    code: str = "[objective, flip]",
    data: Any = (),
    **settings: Any,
) -> str:
    names: dict[str, Any] = {"__name__": "__main__", "torch": torch, "nn": nn, "partial": partial}
    exec(source, names)
    torch.manual_seed(settings.pop("start", 0))
    return training_identity(names["Model"](), settings, data, eval(code, names))


def test_it_is_the_same_in_every_kernel() -> None:
    assert identity() == identity()
    assert len(identity()) == 17


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("SIGMA = 2.0", "SIGMA = 3.0"),
        ("torch.ones(3)", "torch.ones(4)"),
        (".abs()", ".square()"),
        ("-(x ** 2)", "-(x ** 4)"),
        ("chance=0.5", "chance=0.4"),
        ("return self.linear(x)", "return self.linear(x).relu()"),
    ],
)
def test_a_change_that_the_training_sees(old: str, new: str) -> None:
    assert identity(NOTEBOOK.replace(old, new)) != identity()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\ndef hill(x):", "\n\n# a comment\ndef hill(x):"),
        ("what no training uses", "nobody reads this"),
    ],
)
def test_a_change_that_it_does_not_see(old: str, new: str) -> None:
    assert identity(NOTEBOOK.replace(old, new)) == identity()


def test_settings_data_and_first_weights_count() -> None:
    others = {
        identity(epochs=3),
        identity(epochs=4),
        identity(start=1),
        identity(data=(torch.arange(6.0).reshape(3, 2),)),
        identity(data=(torch.arange(6.0).reshape(3, 2) + 1,)),
        identity(data=(torch.arange(8.0).reshape(4, 2),)),
    }
    assert identity(start=1).partition("-")[0] == identity().partition("-")[0]
    assert len(others | {identity()}) == 7


def test_what_is_wrapped_counts() -> None:
    """Lambdas, partials, closures and methods lead to what they call."""
    code = "[lambda batch: flip(batch), partial(objective, batch=1), Model().forward]"
    changed = NOTEBOOK.replace("SIGMA = 2.0", "SIGMA = 3.0")
    assert identity(code=code) == identity(code=code)
    assert identity(changed, code) != identity(code=code)
    closure = "[(lambda chance: lambda batch: flip(batch, chance))({})]"
    assert identity(code=closure.format(0.1)) != identity(code=closure.format(0.2))


def test_a_packages_function_leads_to_what_a_notebook_gave_it() -> None:
    def of_a_package(given: Any) -> Any:
        return lambda: given

    names = []
    for source in (NOTEBOOK, NOTEBOOK.replace(".abs()", ".square()")):
        notebook: dict[str, Any] = {"__name__": "__main__", "torch": torch, "nn": nn}
        exec(source, notebook)
        code = [of_a_package(notebook["objective"])]
        torch.manual_seed(0)
        names.append(training_identity(nn.Linear(1, 1), {}, (), code))
    assert names[0] != names[1]
