"""Threads, set once: these networks are too small to be shared between processors."""

import torch
from threadpoolctl import threadpool_limits

__all__ = ["one_thread"]


def one_thread() -> None:
    """One thread for torch and for NumPy's BLAS; more make small networks up to twenty times slower."""
    torch.set_num_threads(1)
    threadpool_limits(limits=1)
