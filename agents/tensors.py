"""Optimiser and generator states as flat dictionaries of tensors and JSON, since nothing is ever pickled."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

from innervate.errors import RunError

__all__ = ["as_array", "global_generators", "load_optimizer_tensors", "optimizer_tensors", "restore_global_generators"]


def as_array(value: Tensor | np.ndarray) -> np.ndarray:
    """A copy as a NumPy array."""
    return value.numpy().copy() if isinstance(value, Tensor) else value.copy()


def optimizer_tensors(optimizer: Optimizer) -> dict[str, Tensor]:
    """Moments and step counts as `<parameter index>.<name>`."""
    flat: dict[str, Tensor] = {}
    for index, moments in optimizer.state_dict()["state"].items():
        for name, value in moments.items():
            flat[f"{index}.{name}"] = torch.as_tensor(value).clone()
    return flat


def load_optimizer_tensors(optimizer: Optimizer, flat: Mapping[str, Tensor]) -> None:
    """What `optimizer_tensors` returned, put back."""
    document = optimizer.state_dict()
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in flat.items():
        index, _, name = key.partition(".")
        if not index.isdigit() or not name:
            raise RunError(f"{key!r} is not the name of an optimiser moment, like '0.exp_avg'.")
        state.setdefault(int(index), {})[name] = value
    document["state"] = state
    optimizer.load_state_dict(document)


def global_generators() -> dict[str, Any]:
    """The global generators of numpy and torch, from which stable-baselines3 draws, as JSON."""
    kind, keys, position, has_gauss, cached = np.random.get_state(legacy=True)  # noqa: NPY002
    assert kind == "MT19937"
    numpy_state = [[int(k) for k in keys], int(position), int(has_gauss), float(cached)]
    return {"numpy": numpy_state, "torch": torch.get_rng_state().numpy().tobytes().hex()}


def restore_global_generators(document: Mapping[str, Any]) -> None:
    """What `global_generators` returned, put back."""
    keys, position, has_gauss, cached = document["numpy"]
    np.random.set_state(("MT19937", np.array(keys, np.uint32), position, has_gauss, cached))  # noqa: NPY002
    raw = np.frombuffer(bytes.fromhex(document["torch"]), np.uint8).copy()
    torch.set_rng_state(torch.from_numpy(raw))
