"""Processes beside this one, for proofs that take minutes of one core."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import torch


def processes(number: int = 2) -> ProcessPoolExecutor:
    """A pool of fresh processes.

    Each computes with one thread: tensors are small, and threads that wait for work take the cores
    from the others.
    """
    return ProcessPoolExecutor(
        number,
        mp_context=get_context("spawn"),
        initializer=torch.set_num_threads,
        initargs=(1,),
    )
