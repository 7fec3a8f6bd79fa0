"""Blocks, the units of randomness and of work: each has its own generator and one thread."""

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
    """Return the generator of all randomness in one block; each block of each part has its own."""
    words = np.random.SeedSequence([seed, part, block]).generate_state(2, dtype=np.uint32)
    return torch.Generator().manual_seed(int(words[0]) << 31 | int(words[1]) >> 1)


def in_order(work: Callable[[Job], Block], jobs: Iterable[Job]) -> Iterator[Block]:
    """Compute ``work`` for all ``jobs``, a few of them ahead of their use.

    Each block is computed by a single thread. Two threads with a block each are faster than two
    that share every small operation, and the results do not depend on the number of threads.

    Args:
        work: computes one block from its job.
        jobs: the jobs, in order.

    Yields:
        The blocks, in the order of their jobs.
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
        # In some of PyTorch's back ends one thread's setting affects the others.
        torch.set_num_threads(n_threads)
