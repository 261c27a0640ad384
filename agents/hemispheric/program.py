"""A bilateral net written down as operations on rows of activity, for `net_kernel.py`."""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from jaxtyping import Int64

from innervate.errors import ConfigError

from ...controllers.circuits.bilateral import Bilateral
from . import net_kernel as kernel


@dataclass(frozen=True)
class Program:
    """What a kernel runs instead of the controller."""

    operations: Int64[np.ndarray, "operation 8"]
    """Each `kind, to, units, from, size, weight, bias, past`: rows of `units` numbers begin at `to`; those of `size`
    they are made of at `from`, of the step before where `past`; parameters at `weight` and `bias` of the vector."""
    rows: int
    excitation: int
    """First of the rows that go to the muscles."""
    hidden: Int64[np.ndarray, "unit"]
    """The rows of the hidden layers, left before right, first layer first."""


def program(controller: Bilateral) -> Program:
    """Of a controller of one body with layers of dense or gated units.

    Raises:
        ConfigError: what the kernel does not know.
    """
    config = controller.config
    if config.core not in ("dense", "gru") or config.callosum == "gated" or config.drive != "shared":
        raise ConfigError(
            "The fused engine runs dense and gru cores, no gates in the callosum, and one arm; "
            f"core={config.core!r}, callosum={config.callosum!r} and drive={config.drive!r} came. engine='torch' runs "
            "all."
        )
    if controller.delay_steps:
        raise ConfigError("The fused engine knows no delay of the callosum; engine='torch' does.")
    return _Writer(controller).write()


class _Writer:
    def __init__(self, controller: Bilateral) -> None:
        self.config = controller.config
        names = [(name, p.numel()) for name, p in controller.named_parameters()]
        ends = list(accumulate(size for _, size in names))
        self.at = {name: end - size for (name, size), end in zip(names, ends, strict=True)}
        self.joined = bool(self.config.left and self.config.right) and self.config.callosum != "none"
        self.operations: list[tuple[int, ...]] = []
        self.rows = controller.spec.observation_size
        self.actions = controller.spec.action_size

    def write(self) -> Program:
        config = self.config
        units = {"left": config.left, "right": config.right}
        intake: dict[str, tuple[int, int]] = dict.fromkeys(units, (0, self.rows))
        hidden: dict[str, list[range]] = {side: [] for side in units}
        for k in range(max(map(len, units.values()))):
            learned = self.joined and config.callosum == "linear" and k < len(config.left) - 1
            for side, layers in units.items():
                if k < len(layers):
                    fibres = (config.fibres or units[_other(side)][k]) if learned else 0
                    at = self.layer(side, k, layers[k], *intake[side], spare=fibres)
                    hidden[side].append(range(at, at + layers[k]))
                    intake[side] = (at, layers[k] + fibres)
            if self.joined and k < len(config.left) - 1:
                for side in units:
                    intake[side] = self.cross(side, k, hidden[side][k], hidden[_other(side)][k], intake[side])
        last = [(side, layers[-1]) for side, layers in hidden.items() if layers]
        source, width = last[0][1].start, len(last[0][1])
        if len(last) == 2:
            mixed = self.take(width)
            self.add(kernel.MIX, mixed, width, source, last[1][1].start, self.at["mix"])
            source = mixed
        out = self.take(self.actions)
        self.linear("readouts.0", out, self.actions, source, width)
        self.add(kernel.SIGMOID, out, self.actions)
        rows = [row for side in units for layer in hidden[side] for row in layer]
        return Program(np.array(self.operations, dtype=np.int64), self.rows, out, np.array(rows, dtype=np.int64))

    def layer(self, side: str, k: int, units: int, source: int, size: int, spare: int) -> int:
        """Rows of a layer, and behind them room for what the layer after it hears of the other side."""
        at, name = self.take(units + spare), f"{side}.{k}"
        if self.config.core == "dense":
            self.linear(f"{name}.synapse", at, units, source, size)
            self.add(kernel.TANH, at, units)
            return at
        into, within, gates = (self.take(3 * units) for _ in range(3))
        self.linear(f"{name}.into", into, 3 * units, source, size)
        self.linear(f"{name}.within", within, 3 * units, at, units, past=True)
        self.add(kernel.GATED, at, units, into, within, gates)
        return at

    def cross(self, side: str, k: int, own: range, other: range, intake: tuple[int, int]) -> tuple[int, int]:
        """What arrives over the callosum; returns the rows that the next layer takes in."""
        if self.config.callosum == "linear":
            self.linear(f"to_{side}.{k}.axons", own.stop, intake[1] - len(own), other.start, len(other))
            return intake
        at = self.take(len(own))
        self.add(kernel.POOL, at, len(own), own.start, other.start)
        return at, len(own)

    def take(self, rows: int) -> int:
        self.rows += rows
        return self.rows - rows

    def linear(self, name: str, to: int, units: int, source: int, size: int, *, past: bool = False) -> None:
        weight, bias = self.at[f"{name}.weight"], self.at[f"{name}.bias"]
        self.add(kernel.LINEAR, to, units, source, size, weight, bias, int(past))

    def add(self, *operation: int) -> None:
        self.operations.append((*operation, *(0,) * (8 - len(operation))))


def _other(side: str) -> str:
    return "right" if side == "left" else "left"
