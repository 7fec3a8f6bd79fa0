"""Processes beside this one, for proofs that take minutes of one core."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context

import torch


@contextlib.contextmanager
def processes(number: int = 2) -> Iterator[Executor]:
    """A pool of fresh processes; after an error, what has not begun there is given up.

    Each computes with one thread: tensors are small, and threads that wait for work take the cores
    from the others.
    """
    pool = ProcessPoolExecutor(
        number,
        mp_context=get_context("spawn"),
        initializer=torch.set_num_threads,
        initargs=(1,),
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
