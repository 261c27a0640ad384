"""A trained controller to be used anywhere: numbers in, numbers out, its memory in the caller's hands."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors

from innervate.errors import ConfigError, InnervateError, RunError, UnknownNameError
from innervate.registry import from_options

from .controller import Controller
from .registry import CONTROLLERS, ControllerConfig
from .spec import ControllerSpec, Port, State

FORMAT = 1
DESCRIPTION, WEIGHTS = "agent.json", "controller.safetensors"


@dataclass(frozen=True)
class Agent:
    """A controller with the scale of its body's actuators. Neither gymnasium nor mujoco is needed to run it."""

    controller: Controller
    centre: Float[np.ndarray, "action"]
    half: Float[np.ndarray, "action"]
    """An action in [-1, 1] times `half` plus `centre` is in the actuators' own units."""
    about: str = ""

    @property
    def spec(self) -> ControllerSpec:
        """What it observes, in order and with units, and how often it must be asked."""
        return self.controller.spec

    def initial_state(self, batch: int = 1) -> State:
        """The state at the beginning of an episode."""
        return self.controller.initial_state(batch)

    @torch.no_grad()
    def act(
        self, obs: np.ndarray | Mapping[str, np.ndarray], state: State | None = None
    ) -> tuple[Float[np.ndarray, "*batch action"], State]:
        """The action, in the actuators' own units, and the state to hand back at the next control step.

        `obs` is flat, (size,) or (batch, size), or holds an array for each name of `spec.observations`; `state` None
        begins an episode. Raises ConfigError on a wrong shape and on numbers that are not finite.
        """
        flat = self._flat(obs)
        single = flat.ndim == 1
        rows = np.atleast_2d(flat)
        if rows.shape[1] != self.spec.observation_size:
            parts = ", ".join(f"{p.name} {p.size}" for p in self.spec.observations)
            expected = self.spec.observation_size
            raise ConfigError(f"This agent observes {expected} numbers ({parts}); got {rows.shape[1]}.")
        if not np.isfinite(rows).all():
            raise ConfigError("The observation holds a number that is not finite.")
        tensors = self.spec.split(torch.from_numpy(np.ascontiguousarray(rows, np.float32)))
        action, after = self.controller(tensors, self.initial_state(len(rows)) if state is None else state)
        scaled = self.centre + self.half * action.numpy().clip(-1.0, 1.0)
        return (scaled[0] if single else scaled), after

    def _flat(self, obs: np.ndarray | Mapping[str, np.ndarray]) -> np.ndarray:
        if not isinstance(obs, Mapping):
            return np.asarray(obs, np.float32)
        for port in self.spec.observations:
            if port.name not in obs:
                raise UnknownNameError("observation", port.name, list(obs))
        return np.concatenate([np.asarray(obs[p.name], np.float32) for p in self.spec.observations], axis=-1)


def describe(agent: Agent, config: ControllerConfig) -> dict[str, Any]:
    """All of an agent but its weights, as JSON types, for `load`; `config` is what its controller was built from."""
    ports = [{"name": p.name, "size": p.size, "unit": p.unit, "limit": p.limit} for p in agent.spec.observations]
    return {
        "format": FORMAT,
        "about": agent.about,
        "control_step_s": agent.spec.control_step_s,
        "observations": ports,
        "action": {"centre": agent.centre.tolist(), "half": agent.half.tolist()},
        "controller": CONTROLLERS.to_dict(config),
    }


def shipped() -> tuple[str, ...]:
    """Names of the small trained agents that come with innervate."""
    folder = files("innervate.controllers").joinpath("assets")
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir()))


def load(source: str | Path) -> Agent:
    """An agent from a folder that `innervate export` wrote, or by the name of one that is shipped."""
    path = Path(source)
    if path.is_dir():
        return _read(path)
    if path.name == str(source) and path.name in shipped():
        with as_file(files("innervate.controllers").joinpath("assets").joinpath(path.name)) as folder:
            return _read(folder)
    raise UnknownNameError("agent", str(source), shipped())


def _read(folder: Path) -> Agent:
    description, weights = folder / DESCRIPTION, folder / WEIGHTS
    if not description.is_file():
        raise RunError(
            f"{folder} holds no {DESCRIPTION}: it was not exported. For a run folder type: innervate export {folder}"
        )
    try:
        document = json.loads(description.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise RunError(f"{description} is of format {document['format']!r}; this innervate reads {FORMAT}.")
        spec = ControllerSpec(
            observations=tuple(from_options(Port, port) for port in document["observations"]),
            action_size=len(document["action"]["half"]),
            control_step_s=float(document["control_step_s"]),
        )
        config = CONTROLLERS.from_dict(document["controller"])
        centre, half = (np.asarray(document["action"][k], np.float64) for k in ("centre", "half"))
        about = str(document.get("about", ""))
    except InnervateError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"{description} is damaged or incomplete: {error}.") from error
    controller = config.build(spec, torch.Generator().manual_seed(0))
    try:
        controller.load_state_dict(load_tensors(weights.read_bytes()))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise RunError(f"{weights} does not hold the weights of this controller: {error}.") from error
    return Agent(controller.eval(), centre, half, about)
