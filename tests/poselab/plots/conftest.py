from __future__ import annotations

from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def no_figure_stays_open() -> Iterator[None]:
    yield
    assert plt.get_fignums() == []
