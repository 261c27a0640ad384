"""A torch module of one's own as a controller, kept as a program of ATen's operators."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.errors import ConfigError

from ..controller import Controller, flat_observation
from ..layers import linear
from ..probe import UNTOUCHED, Touch
from ..program import DTYPES, OBSERVATION, Program, play, read, trace
from ..spec import ControllerSpec, Obs, State


@dataclass(frozen=True, kw_only=True)
class ModuleConfig:
    """What a torch module computes, flat observation to action; `innervate adopt` writes it."""

    program: Program | None = None
    """None: a linear layer and tanh, as an example of the kind."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "ModuleController":
        """Weights as the example's where the program is None, else zeros: a run or an agent brings them."""
        if self.program is not None:
            return ModuleController(spec, self.program, {})
        example = nn.Sequential(linear(spec.observation_size, spec.action_size, 1.0, generator), nn.Tanh())
        return ModuleController(spec, *trace(example, spec.observation_size))


class ModuleController(Controller):
    """A program with its weights. Actions are fractions of the actuators' limits, clipped to [-1, 1].

    Raises:
        ConfigError: the program does not take this body's observations, or gives another number of actions.
    """

    def __init__(self, spec: ControllerSpec, program: Program, values: Mapping[str, Tensor]) -> None:
        super().__init__(spec)
        self.program = program
        self._steps = read(program.lines)
        self._parts = {variable: name for name, variable in program.parts.items()}
        for name, shape in program.weights.items():
            self.register_parameter(f"w_{name}", nn.Parameter(values.get(name, torch.zeros(shape)).clone()))
        for name, shape in program.constants.items():
            empty = torch.zeros(shape, dtype=DTYPES[program.dtypes.get(name, "float32")])
            self.register_buffer(f"w_{name}", values.get(name, empty).clone())
        self._names = [f"w_{n}" for n in (*program.weights, *program.constants)]
        sample = {c.name: torch.zeros(2, c.size) for c in spec.observations}
        try:
            with torch.no_grad():
                shape = tuple(self(sample, {})[0].shape)
        except (RuntimeError, TypeError, IndexError) as error:
            raise ConfigError(
                f"The module does not take this body's {spec.observation_size} numbers "
                f"({', '.join(f'{c.name} {c.size}' for c in spec.observations)}): {str(error).partition(chr(10))[0]}"
            ) from error
        if shape != (2, spec.action_size):
            raise ConfigError(
                f"The module gives {shape[1:]} numbers an observation, this body takes {spec.action_size}."
            )

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """Actions in [-1, 1]."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Parts: the module's own submodules, by their paths."""
        values = {OBSERVATION: flat_observation(self.spec, obs)} | {n: getattr(self, n) for n in self._names}
        parts = {} if touch is UNTOUCHED else self._parts
        return play(self._steps, values, touch, parts).clamp(-1.0, 1.0), state
