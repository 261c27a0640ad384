"""Bring a policy from elsewhere into a run folder, where every command finds it."""

import importlib
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from innervate.agents.experience.worlds import action_scale, controller_spec, make_vector_env
from innervate.agents.learner import LearnerConfig, WorldConfig
from innervate.agents.registry import LEARNERS
from innervate.agents.sb3.policy_file import read_policy
from innervate.controllers.circuits.module import ModuleConfig, ModuleController
from innervate.controllers.program import trace
from innervate.errors import ConfigError
from innervate.launch.run.config import RunConfig
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.report import finish
from innervate.launch.run.training import Run


class Fractions(nn.Module):
    """A policy whose actions are in the environment's units, as fractions of the actuators' limits."""

    centre: Tensor
    width: Tensor
    """Half of the distance between the limits."""

    def __init__(self, policy: nn.Module, centre: np.ndarray, width: np.ndarray) -> None:
        super().__init__()
        self.policy = policy
        self.register_buffer("centre", torch.as_tensor(centre, dtype=torch.float32))
        self.register_buffer("width", torch.as_tensor(width, dtype=torch.float32))

    def forward(self, obs: Float[Tensor, "batch observation"]) -> Float[Tensor, "batch action"]:
        """In [-1, 1] where the policy keeps to the limits."""
        return (self.policy(obs) - self.centre) / self.width


def adopt(
    policy: nn.Module | Path | str,
    world: str | WorldConfig,
    *,
    out: Path | str,
    learner: str | LearnerConfig = "ppo",
) -> RunFolder:
    """A run folder whose controller is a policy made elsewhere: it evaluates, records, exports and trains on.

    Args:
        policy: a torch module from the flat observation (batch, observation), in the environment's order, to the action
            (batch, action), in the environment's units and without a memory; a `.zip` that stable-baselines3 saved; or
            `module:name` of a torch module, or of a function or class without arguments that makes one.
        world: the environment that it was trained on.
        out: the folder to write.
        learner: who goes on training where `train --resume` asks for it.

    Raises:
        ConfigError: the policy cannot be read, cannot be written down, or does not fit the environment.
        RunError: the folder exists.
    """
    world = WorldConfig(id=world) if isinstance(world, str) else world
    module = policy if isinstance(policy, nn.Module) else module_named(policy)
    env = make_vector_env(world, 1)
    try:
        spec, (centre, width) = controller_spec(env), action_scale(env)
    finally:
        env.close()
    if spec.choices:
        raise ConfigError(f"{world.id} chooses between alternatives; only policies of continuous actions are adopted.")
    program, values = trace(Fractions(module, centre, width), spec.observation_size)
    fitted = ModuleController(spec, program, values)
    config = RunConfig(
        world=world,
        controller=ModuleConfig(program=program),
        learner=LEARNERS[learner]() if isinstance(learner, str) else learner,
        steps=0,
    )
    run = Run.start(config, Path(out), weights=fitted.state_dict())
    run.learner.close()
    finish(run.folder)
    return run.folder


def module_named(source: Path | str) -> nn.Module:
    """A saved policy, or a module by its importable name. Raises ConfigError with what is understood."""
    if Path(source).suffix == ".zip" or Path(source).exists():
        return read_policy(source)
    module, _, name = str(source).partition(":")
    if not name:
        raise ConfigError(
            f"There is no file {source}. Give a .zip that stable-baselines3 saved, or module:name of a torch module."
        )
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"{source} cannot be imported: {error}.") from error
    made = found if isinstance(found, nn.Module) else found() if callable(found) else found
    if not isinstance(made, nn.Module):
        raise ConfigError(f"{source} is a {type(made).__name__}, not a torch module.")
    return made
