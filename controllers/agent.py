"""A trained controller to be used anywhere: numbers in, numbers out, its memory in the caller's hands."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Num
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors

from innervate.configurations import from_options
from innervate.errors import ConfigError, InnervateError, RunError, UnknownNameError

from .actions import commanded
from .controller import Controller
from .registry import CONTROLLERS, ControllerConfig
from .spec import Channel, ControllerSpec, State

__all__ = ["FORMAT", "Agent", "describe", "folder_of", "interface", "load", "of_interface", "shipped", "tensors_of"]

FORMAT = 1
DESCRIPTION, WEIGHTS = "agent.json", "controller.safetensors"


@dataclass(frozen=True)
class Agent:
    """A controller with the scale of its body's actuators. Neither gymnasium nor mujoco is needed to run it."""

    controller: Controller
    centre: Float[np.ndarray, "action"]
    half: Float[np.ndarray, "action"]
    """An action in [-1, 1] times `half` plus `centre` is in the actuators' own units; where the body chooses between
    alternatives (`spec.choices`), `centre` is the number of the first alternative of each choice."""
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
    ) -> tuple[Num[np.ndarray, "*batch action"], State]:
        """The action, in the actuators' own units, and the state to hand back at the next control step.

        Where the body chooses between alternatives, the action is a whole number for each choice.
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
        scaled = commanded(self.spec, action.numpy(), self.centre, self.half)
        return (scaled[0] if single else scaled), after

    def _flat(self, obs: np.ndarray | Mapping[str, np.ndarray]) -> np.ndarray:
        if not isinstance(obs, Mapping):
            return np.asarray(obs, np.float32)
        for port in self.spec.observations:
            if port.name not in obs:
                raise UnknownNameError("observation", port.name, list(obs))
        return np.concatenate([np.asarray(obs[p.name], np.float32) for p in self.spec.observations], axis=-1)


def describe(agent: Agent, config: ControllerConfig, origin: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """All of an agent but its weights, as JSON types, for `load`; `config` is what its controller was built from.

    `origin`: of the run that it came from (`world`, `learner`, `steps`), which `load` does not need.
    """
    return {
        **(origin or {}),
        "format": FORMAT,
        "about": agent.about,
        **interface(agent.spec, agent.centre, agent.half),
        "controller": CONTROLLERS.to_dict(config),
    }


def interface(spec: ControllerSpec, centre: np.ndarray, half: np.ndarray) -> dict[str, Any]:
    """What a controller senses and commands, as JSON types, for `of_interface`."""
    ports = [{"name": p.name, "size": p.size, "unit": p.unit, "limit": p.limit} for p in spec.observations]
    action: dict[str, Any] = {"centre": np.asarray(centre).tolist(), "half": np.asarray(half).tolist()}
    return {
        "control_step_s": spec.control_step_s,
        "observations": ports,
        "action": {**action, "choices": list(spec.choices)} if spec.choices else action,
    }


def of_interface(document: Mapping[str, Any], where: Path) -> tuple[ControllerSpec, np.ndarray, np.ndarray]:
    """Spec, centre and half-width that `interface` wrote. Raises `RunError` for a document that is not whole."""
    try:
        centre, half = (np.asarray(document["action"][k], np.float64) for k in ("centre", "half"))
        choices = tuple(int(n) for n in document["action"].get("choices", ()))
        spec = ControllerSpec(
            observations=tuple(from_options(Channel, port) for port in document["observations"]),
            action_size=sum(choices) if choices else len(half),
            control_step_s=float(document["control_step_s"]),
            choices=choices,
        )
    except InnervateError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"{where} is damaged or incomplete: {error}.") from error
    return spec, centre, half


def shipped() -> tuple[str, ...]:
    """Names of the small trained agents that come with innervate."""
    folder = files("innervate.controllers").joinpath("assets")
    return tuple(sorted(entry.name for entry in folder.iterdir() if entry.is_dir()))


def folder_of(name: str) -> Path:
    """Where a shipped agent lies."""
    return Path(str(files("innervate.controllers").joinpath("assets").joinpath(name)))


def tensors_of(folder: Path) -> dict[str, torch.Tensor]:
    """The weights in an agent's folder. Raises `RunError` for a file that is damaged or not there."""
    try:
        return load_tensors((folder / WEIGHTS).read_bytes())
    except (OSError, SafetensorError) as error:
        raise RunError(f"{folder / WEIGHTS} is damaged or missing: {error}.") from error


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
        spec, centre, half = of_interface(document, description)
        config = CONTROLLERS.from_dict(document["controller"])
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
