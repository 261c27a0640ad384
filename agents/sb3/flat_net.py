"""Small tanh networks and Adam in NumPy, on the very memory of their torch parameters.

For networks of a few thousand weights torch spends its time on bookkeeping, not arithmetic. Here forward, backward and
update are a handful of BLAS calls; parameters and moments are views of one flat array that torch shares, so saving,
loading and inspecting stay torch's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

Array = np.ndarray


@dataclass
class Layer:
    """One linear layer, its gradient, and whether a tanh follows."""

    weight: Float[Array, "outputs inputs"]
    bias: Float[Array, "outputs"]
    weight_gradient: Float[Array, "outputs inputs"]
    bias_gradient: Float[Array, "outputs"]
    tanh: bool


class FlatNet:
    """Linear layers with tanh in between: forward with memory, backward into the shared gradient."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.layers = list(layers)
        self._inputs: list[Array] = []
        self._output: Array | None = None

    def forward(self, x: Float[Array, "batch inputs"]) -> Float[Array, "batch outputs"]:
        """The output; intermediate results are kept for `backward`."""
        self._inputs = []
        for layer in self.layers:
            self._inputs.append(x)
            x = x @ layer.weight.T
            x += layer.bias
            if layer.tanh:
                np.tanh(x, out=x)
        self._output = x
        return x

    def backward(self, gradient: Float[Array, "batch outputs"]) -> None:
        """Write the parameters' gradients, given that of the loss with respect to the last output."""
        assert self._output is not None
        outputs = [*self._inputs[1:], self._output]
        for i in range(len(self.layers) - 1, -1, -1):
            layer = self.layers[i]
            if layer.tanh:
                gradient = gradient * (1.0 - outputs[i] * outputs[i])
            np.matmul(gradient.T, self._inputs[i], out=layer.weight_gradient)
            np.sum(gradient, axis=0, out=layer.bias_gradient)
            if i:
                gradient = gradient @ layer.weight


class FlatParameters:
    """The parameters of an Adam optimiser in one array, with gradient and moments beside it.

    Raises:
        ValueError: the optimiser is not a plain Adam on float32 parameters in the CPU's memory.
    """

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        groups = optimizer.param_groups
        if type(optimizer) is not torch.optim.Adam or len(groups) != 1:
            raise ValueError("only a plain Adam over one group of parameters")
        group = groups[0]
        if group["amsgrad"] or group["weight_decay"] or group["maximize"]:
            raise ValueError("only Adam without variants")
        self._optimizer: Any = optimizer
        self._parameters: list[nn.Parameter] = list(group["params"])
        if any(p.device.type != "cpu" or p.dtype != torch.float32 for p in self._parameters):
            raise ValueError("only float32 parameters in the CPU's memory")
        self._bounds = np.cumsum([0, *(p.numel() for p in self._parameters)])
        size = int(self._bounds[-1])
        self._tensors = [torch.zeros(size) for _ in range(3)]
        self.value, self._mean, self._square = (t.numpy() for t in self._tensors)
        self.gradient = np.zeros(size, np.float32)
        self.step = 0
        self._scratch = np.zeros(size, np.float32)
        self.claim()

    def claim(self) -> None:
        """Take over what torch holds now: after a load, torch's tensors are not ours any more."""
        steps: set[int] = set()
        for i, parameter in enumerate(self._parameters):
            self._share(parameter.data, 0, i)
            parameter.data = self._view(0, i)
            state = self._optimizer.state[parameter]
            steps.add(int(state["step"]) if state else 0)
            for k, name in ((1, "exp_avg"), (2, "exp_avg_sq")):
                self._share(state.get(name), k, i)
                state[name] = self._view(k, i)
            state.setdefault("step", torch.tensor(0.0))
        if len(steps) != 1:
            raise ValueError("only parameters that were always updated together")
        self.step = steps.pop()

    def _view(self, k: int, i: int) -> torch.Tensor:
        return self._tensors[k][self._bounds[i] : self._bounds[i + 1]].view(self._parameters[i].shape)

    def _share(self, theirs: torch.Tensor | None, k: int, i: int) -> None:
        ours = self._view(k, i)
        if theirs is None:
            ours.zero_()
        elif theirs.data_ptr() != ours.data_ptr():
            ours.copy_(theirs)

    def slots(self, parameter: torch.Tensor) -> tuple[Array, Array]:
        """Value and gradient of one parameter, as views of its shape."""
        i = next(i for i, p in enumerate(self._parameters) if p is parameter)
        part = slice(int(self._bounds[i]), int(self._bounds[i + 1]))
        shape = tuple(parameter.shape)
        return self.value[part].reshape(shape), self.gradient[part].reshape(shape)

    def clip_gradient(self, largest: float) -> float:
        """Scale the gradient down to the norm `largest`, as `torch.nn.utils.clip_grad_norm_`; returns its norm."""
        norm = float(np.sqrt(np.dot(self.gradient, self.gradient)))
        if norm + 1e-6 > largest:
            self.gradient *= np.float32(largest / (norm + 1e-6))
        return norm

    def adam(self) -> None:
        """One step of Adam (Kingma and Ba 2015) with the optimiser's own settings."""
        group = self._optimizer.param_groups[0]
        beta1, beta2 = group["betas"]
        self.step += 1
        self._mean += np.float32(1 - beta1) * (self.gradient - self._mean)
        self._square *= np.float32(beta2)
        np.multiply(self.gradient, self.gradient, out=self._scratch)
        self._scratch *= np.float32(1 - beta2)
        self._square += self._scratch
        np.sqrt(self._square, out=self._scratch)
        self._scratch *= np.float32(1 / np.sqrt(1 - beta2**self.step))
        self._scratch += np.float32(group["eps"])
        np.divide(self._mean, self._scratch, out=self._scratch)
        self._scratch *= np.float32(group["lr"] / (1 - beta1**self.step))
        self.value -= self._scratch

    def publish(self) -> None:
        """Tell torch how many steps were taken."""
        for parameter in self._parameters:
            self._optimizer.state[parameter]["step"] = torch.tensor(float(self.step))

    def net(self, modules: Sequence[nn.Module]) -> FlatNet:
        """A chain of `nn.Linear` and `nn.Tanh` as a flat net. Raises `ValueError` for any other module."""
        layers: list[Layer] = []
        for module in modules:
            if type(module) is nn.Linear:
                weight, weight_gradient = self.slots(module.weight)
                bias, bias_gradient = self.slots(module.bias)
                layers.append(Layer(weight, bias, weight_gradient, bias_gradient, tanh=False))
            elif type(module) is nn.Tanh and layers and not layers[-1].tanh:
                layers[-1].tanh = True
            else:
                raise ValueError(f"only chains of Linear and Tanh, not {type(module).__name__}")
        return FlatNet(layers)

    def covers(self, nets: Sequence[FlatNet], *others: nn.Parameter) -> bool:
        """Whether these nets and parameters are all that the optimiser updates."""
        counted = sum(layer.weight.size + layer.bias.size for net in nets for layer in net.layers)
        counted += sum(p.numel() for p in others if any(p is q for q in self._parameters))
        return counted == self.value.size
