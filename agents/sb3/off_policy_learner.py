"""What off-policy learners share: stable-baselines3's own algorithms over any controller without learned recurrence."""

# stable-baselines3 keeps what a resumed run needs in attributes with a leading underscore.
# pyright: reportPrivateUsage=false

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from torch.optim import Optimizer

from innervate.errors import ConfigError

from ...controllers.normaliser import Normaliser
from ..learner import Metrics, Progress, Setting, Snapshot
from ..tensors import as_array, load_optimizer_tensors, optimizer_tensors
from .learner import SB3Learner
from .off_policy import CarriedController

OFF_POLICY_METRICS: Metrics = {
    "train/actor_loss": ("", "loss of the actor, mean over the last updates"),
    "train/critic_loss": ("", "mean squared error of the critics"),
    "train/learning_rate": ("", "Adam's step size"),
    "train/n_updates": ("", "gradient steps so far"),
}

REPLAY = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


@dataclass(frozen=True, kw_only=True)
class OffPolicyConfig:
    """What TD3, SAC and their kin have in common."""

    num_envs: int = 4
    """Environments stepped together."""
    buffer_size: int = 200_000
    """Control steps remembered."""
    warm_up: int = 5_000
    """Control steps of uniform random actions before anything is learned."""
    batch_size: int = 256
    """Control steps in a minibatch."""
    learning_rate: float = 1e-3
    """Step size of Adam, for actor and critics."""
    discount: float = 0.99
    """Weight of the next step's value."""
    tau: float = 0.005
    """How fast the targets follow."""
    updates_per_step: float = 1.0
    """Gradient steps for each control step of one environment."""
    critic_hidden: tuple[int, ...] = (256, 256)
    """Units of each hidden layer of the critics."""
    report_steps: int = 1_000
    """Control steps between two reports, and between two possible checkpoints."""

    def tiny(self) -> tuple[Any, int]:
        """A short warm-up and few updates."""
        return replace(self, num_envs=2, warm_up=100, batch_size=32, report_steps=100), 300


class OffPolicyLearner(SB3Learner):
    """Runs an unmodified off-policy algorithm of stable-baselines3 with an actor and critics."""

    model: Any

    def __init__(self, setting: Setting, config: OffPolicyConfig) -> None:
        if not 0 < config.discount < 1 or config.updates_per_step <= 0:
            raise ConfigError("discount must lie in (0, 1) and updates_per_step above 0.")
        self.config = config
        super().__init__(setting, config.num_envs)
        if self.controller.spec.choices:
            raise ConfigError(
                f"{setting.world.id} chooses between alternatives ({list(self.controller.spec.choices)}), and this "
                "learner drives actuators; train it with ppo or cma."
            )
        if self.controller.recurrence == "learned":
            raise ConfigError(
                "An off-policy learner cannot train a learned recurrence through time; train it with ppo or cma."
            )
        self.model = self.algorithm(config, self._streams.integer())
        self._adopt(self.model)
        actor = self.model.policy.actor
        assert isinstance(actor.mu, CarriedController)
        self.controller = self.env.controller = actor.mu.controller
        self._normalised = 0
        self.model.action_space.seed(self._streams.integer())

    @abstractmethod
    def algorithm(self, config: Any, seed: int) -> Any:
        """stable-baselines3's own class around the controller."""

    def policy_settings(self, config: OffPolicyConfig) -> dict[str, Any]:
        """What the policy is told."""
        return {"controller": self.controller, "net_arch": {"pi": [], "qf": list(config.critic_hidden)}}

    @staticmethod
    def common_settings(config: OffPolicyConfig, seed: int) -> dict[str, Any]:
        """What every off-policy algorithm of stable-baselines3 is told."""
        return {
            "learning_rate": config.learning_rate, "buffer_size": config.buffer_size,
            "learning_starts": config.warm_up, "batch_size": config.batch_size, "tau": config.tau,
            "gamma": config.discount, "train_freq": 1,
            "gradient_steps": max(1, round(config.updates_per_step * config.num_envs)), "seed": seed, "device": "cpu",
        }  # fmt: skip

    def _callback(self, on_iteration: Callable[[Progress], None]) -> BaseCallback:
        return Reports(self, on_iteration, self.config.report_steps)

    def _update_normalisers(self) -> None:
        """Targets keep the same statistics as what they follow."""
        self._normalised = normalise_since(self._normalised, self.model.replay_buffer, self.model.policy)

    def _optimizers(self) -> dict[str, Optimizer]:
        policy = self.model.policy
        named = {"actor": policy.actor.optimizer, "critic": policy.critic.optimizer}
        entropy = getattr(self.model, "ent_coef_optimizer", None)
        return named if entropy is None else {**named, "entropy": entropy}

    def snapshot(self) -> Snapshot:
        """Networks, targets, moments, replay memory, bodies, circuit states and generators."""
        model, buffer = self.model, self.model.replay_buffer
        tensors = {f"controller.{k}": v.detach().clone() for k, v in self.controller.state_dict().items()}
        tensors |= {f"policy.{k}": v.detach().clone() for k, v in model.policy.state_dict().items()}
        if getattr(model, "log_ent_coef", None) is not None:
            tensors["log_ent_coef"] = model.log_ent_coef.detach().clone()
        arrays: dict[str, Any] = {
            f"{name}.{k}": v for name, o in self._optimizers().items() for k, v in optimizer_tensors(o).items()
        }
        if bodies := self._bodies():
            arrays |= replay_arrays(buffer) | bodies
        rng = {
            **self._counters(),
            "actions": json_state(model.action_space.np_random),
            "episodes": model._episode_num,
            "normalised": self._normalised,
            "replay": [buffer.pos, buffer.full],
        }
        return Snapshot(model=tensors, optimizer=arrays, rng=rng)

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back; an environment that cannot be stopped midway begins new episodes."""
        model, buffer, rng, arrays = self.model, self.model.replay_buffer, snapshot.rng, snapshot.optimizer
        prefix = "policy."
        stored = {k.removeprefix(prefix): v for k, v in snapshot.model.items() if k.startswith(prefix)}
        model.policy.load_state_dict(stored)
        if getattr(model, "log_ent_coef", None) is not None:
            with torch.no_grad():
                model.log_ent_coef.copy_(snapshot.model["log_ent_coef"])
        for name, optimizer in self._optimizers().items():
            mine = {k.removeprefix(f"{name}."): v for k, v in arrays.items() if k.startswith(f"{name}.")}
            load_optimizer_tensors(optimizer, {k: torch.as_tensor(v) for k, v in mine.items()})
        if self._restore_bodies(arrays):
            restore_replay(buffer, arrays, rng["replay"])
        self._restore_counters(rng)
        model._episode_num, self._normalised = int(rng["episodes"]), int(rng["normalised"])
        set_json_state(model.action_space.np_random, rng["actions"])


def replay_arrays(buffer: Any) -> dict[str, np.ndarray]:
    """What a replay buffer holds, under `replay.*`."""
    filled = buffer.buffer_size if buffer.full else buffer.pos
    return {f"replay.{name}": getattr(buffer, name)[:filled].copy() for name in REPLAY}


def restore_replay(buffer: Any, arrays: Mapping[str, Any], place: Sequence[Any]) -> None:
    """What `replay_arrays` returned, put back; `place` is the buffer's position and whether it is full."""
    for name in REPLAY:
        rows = as_array(arrays[f"replay.{name}"])
        getattr(buffer, name)[: len(rows)] = rows
    buffer.pos, buffer.full = int(place[0]), bool(place[1])


def normalise_since(row: int, buffer: Any, policy: Any) -> int:
    """Let every normaliser of a policy learn from what a replay buffer took in from `row` on; the row to go on from."""
    rows = buffer.observations[row : buffer.pos]
    if len(rows):  # none where the ring has just begun again
        carried = torch.from_numpy(rows.reshape(-1, rows.shape[-1]))
        for module in policy.modules():
            if isinstance(module, Normaliser):
                module.update(carried[:, : module.mean.numel()])
    return buffer.pos


def json_state(generator: np.random.Generator) -> dict[str, Any]:
    """A generator's state as JSON types."""
    state: dict[str, Any] = dict(generator.bit_generator.state)
    return {**state, "state": {k: str(v) for k, v in state["state"].items()}}


def set_json_state(generator: np.random.Generator, document: Mapping[str, Any]) -> None:
    """What `json_state` returned, put back."""
    numbers = {k: int(v) for k, v in document["state"].items()}
    generator.bit_generator.state = {**document, "state": numbers}


class Reports(BaseCallback):
    """Tells the learner, every so many steps, that one update is over and the next step has not begun."""

    def __init__(self, learner: SB3Learner, on_iteration: Callable[[Progress], None], every: int) -> None:
        super().__init__()
        self._learner, self._on_iteration, self._every = learner, on_iteration, every
        self._told = learner.model.num_timesteps // self._every

    def _on_rollout_start(self) -> None:
        model = self._learner.model
        if model.num_timesteps // self._every > self._told:
            self._told = model.num_timesteps // self._every
            self._learner.finish_iteration(self._on_iteration)

    def _on_step(self) -> bool:
        return True
