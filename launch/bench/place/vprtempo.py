"""The peer itself: the package `vprtempo`, trained by its own `train_model` on arrays instead of files."""

import argparse
import importlib
import logging
import sys
import types
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, Int, UInt8

from innervate.perception.place.recognisers.vprtempo import TempoLayer


@cache
def _package_module(name: str) -> Any:
    """A module of the package.

    The package imports torchvision for reading files and composing transforms, neither of which is needed here. No
    release of torchvision imports beside the CPU build of torch 2.13, so empty modules stand in during the import.
    """
    names = ("torchvision", "torchvision.transforms", "torchvision.io")
    before = {n: sys.modules.get(n) for n in names}
    try:
        for stand_in in names:
            sys.modules[stand_in] = types.ModuleType(stand_in)
        sys.modules["torchvision"].transforms = sys.modules["torchvision.transforms"]  # pyright: ignore[reportAttributeAccessIssue]
        sys.modules["torchvision.io"].read_image = None  # pyright: ignore[reportAttributeAccessIssue]
        return importlib.import_module(name)
    finally:
        for stand_in, module in before.items():
            if module is None:
                del sys.modules[stand_in]
            else:
                sys.modules[stand_in] = module


class _Epochs:
    """What the package takes for a data loader: one epoch of (amplitudes, label) in a given order each time."""

    def __init__(self, spikes: Float32[np.ndarray, "image pixel"], order: Int[np.ndarray, "update"]) -> None:
        self._spikes = torch.from_numpy(spikes)
        self._epochs = iter(order.reshape(-1, len(spikes)))

    def __iter__(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        for i in next(self._epochs):
            yield self._spikes[int(i)][None], torch.tensor([int(i)])


class Package:
    """One untrained module of the package, and what it needs to be trained beside ours."""

    def __init__(self, spikes: Float32[np.ndarray, "image pixel"], epochs: int, seed: int) -> None:
        trainer = _package_module("vprtempo.VPRTempoTrain")
        trainer.tqdm = _silent
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the package draws its connections from the global generator
        side = int(np.sqrt(spikes.shape[1]))
        args = argparse.Namespace(
            dataset="arrays", database_dirs="reference", epoch=epochs, max_module=len(spikes), filter=1, skip=0
        )
        self.model: Any = trainer.VPRTempoTrain(args, [side, side], logging.getLogger("vprtempo"), 1, len(spikes))
        self.spikes = spikes
        rng = np.random.default_rng(seed)
        self.orders = [np.concatenate([rng.permutation(len(spikes)) for _ in range(epochs)]) for _ in range(2)]

    def layer(self, name: str) -> TempoLayer:
        """A copy of a layer (`feature_layer` or `output_layer`), as our rule takes it."""
        layer = getattr(self.model, name)
        weight, threshold = layer.w.weight.detach().numpy(), layer.thr.detach().numpy()[0]
        return TempoLayer.from_weights(weight, threshold, rated=name == "feature_layer")

    def train(self, name: str) -> None:
        """Train one layer with the package's own code."""
        layers = ["feature_layer", "output_layer"]
        k = layers.index(name)
        self.model.train_model(
            _Epochs(self.spikes, self.orders[k]), getattr(self.model, name), self.model, 0, prev_layers=layers[:k]
        )


    def evaluate(self, spikes: Float32[np.ndarray, "1 pixel"]) -> Float32[np.ndarray, "place"]:
        """One query as the package's `evaluate` computes it."""
        with torch.no_grad():
            x = torch.from_numpy(spikes)
            return self.model.output_layer.w(self.model.feature_layer.w(x)).numpy()[0]


def package_amplitudes(image: UInt8[np.ndarray, "height width 3"]) -> Float32[np.ndarray, "1 pixel"]:
    """An image through the package's own pre-processing at 28 x 28."""
    return _process()(torch.from_numpy(image).permute(2, 0, 1)).reshape(1, -1).numpy()


@cache
def _process() -> Any:
    return _package_module("vprtempo.src.dataset").ProcessImage([28, 28], 7)


def _silent(**_: object) -> Any:
    def nothing(*_: int) -> None: ...

    return types.SimpleNamespace(update=nothing, close=nothing)
