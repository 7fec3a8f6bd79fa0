"""Blocks, the units of chance and of work: each has its own generator and is made by one thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
import torch

Job = TypeVar("Job")
Block = TypeVar("Block")


def block_generator(seed: int, part: int, block: int) -> torch.Generator:
    """The source of all chance in one block; every block of every part has its own."""
    words = np.random.SeedSequence([seed, part, block]).generate_state(2, dtype=np.uint32)
    return torch.Generator().manual_seed(int(words[0]) << 31 | int(words[1]) >> 1)


def in_order(work: Callable[[Job], Block], jobs: Iterable[Job]) -> Iterator[Block]:
    """The results of ``work`` on all ``jobs``, a few of them ahead of their use.

    Each block is computed by one thread alone. Two threads with a block each are faster than two
    that share every small operation, and the results depend on no number of threads.
    """
    n_threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(n_threads, "blocks", torch.set_num_threads, (1,)) as pool:
            waiting: deque[Future[Block]] = deque()
            try:
                for job in jobs:
                    waiting.append(pool.submit(work, job))
                    if len(waiting) > n_threads:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)
    finally:
        # The setting of a thread reaches the others in some of PyTorch's back ends.
        torch.set_num_threads(n_threads)
