"""Proximal policy optimisation: stable-baselines3's own, over any controller."""

# stable-baselines3 keeps what a resumed run needs in attributes with a leading underscore.
# pyright: reportPrivateUsage=false

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from innervate.errors import ConfigError, RunError

from ...controllers import Controller
from ..learner import Learner, Progress, Setting, Snapshot
from ..seeds import Streams
from ..tensors import as_array, global_generators, load_optimizer_tensors, optimizer_tensors, restore_global_generators
from ..worlds import controller_spec, make_vector_env
from .fused_ppo import FusedPPO
from .policy import ControllerPolicy
from .sequences import SequenceRolloutBuffer
from .vec_env import NervousVecEnv


@dataclass(frozen=True, kw_only=True)
class PPOConfig:
    """Proximal policy optimisation (Schulman et al. 2017), by stable-baselines3."""

    num_envs: int = 16
    """Environments stepped together."""
    rollout_steps: int = 256
    """Control steps of each environment between two updates."""
    batch_size: int = 256
    """Control steps in a minibatch."""
    epochs: int = 10
    """Passes over each rollout."""
    learning_rate: float = 3e-4
    """Step size of Adam, for actor and critic."""
    discount: float = 0.99
    """Weight of the next step's value."""
    gae_lambda: float = 0.95
    """Bias-variance trade-off of the advantage (Schulman et al. 2016)."""
    clip_range: float = 0.2
    """Largest change of an action's probability ratio that is still rewarded."""
    entropy: float = 0.0
    """Weight of the entropy bonus."""
    max_gradient_norm: float = 0.5
    """Gradients are scaled down to this norm."""
    target_kl: float | None = None
    """Stops the epochs of an update beyond 1.5 times this divergence."""
    initial_std: float = 0.5
    """Initial standard deviation of the exploration noise, as a fraction of the actuators' limit."""
    learn_std: bool = True
    """Let the noise be learned."""
    critic_hidden: tuple[int, ...] = (64, 64)
    """Units of each hidden layer of the critic."""
    sequence_length: int = 16
    """Control steps through which a controller with learned recurrence is trained; others ignore it."""

    def build(self, setting: Setting) -> "PPOLearner":
        """Build for any controller that has parameters."""
        return PPOLearner(setting, self)


class PPOLearner(Learner):
    """Runs stable-baselines3's unmodified PPO; `model` is that object, for callbacks and habits."""

    def __init__(self, setting: Setting, config: PPOConfig) -> None:
        if not (0 < config.discount <= 1 and config.initial_std > 0):
            raise ConfigError("discount must lie in (0, 1] and initial_std above 0.")
        self.config, self.setting = config, setting
        streams = Streams(setting.seed)
        env = make_vector_env(setting.world, config.num_envs, threads=setting.threads)
        self.controller: Controller = setting.controller.build(controller_spec(env), streams.controller())
        if self.controller.parameter_count() == 0:
            raise ConfigError("This controller has no parameters to train; choose another one.")
        self._learned = self.controller.recurrence == "learned"
        length = config.sequence_length if self._learned else 1
        if config.rollout_steps % length or config.batch_size % length:
            raise ConfigError(
                f"rollout_steps ({config.rollout_steps}) and batch_size ({config.batch_size}) must be multiples of "
                f"sequence_length ({length})."
            )
        self.env = NervousVecEnv(env, self.controller)
        self.env.episode_seeds = streams.environments(config.num_envs)
        self.model = FusedPPO(
            ControllerPolicy,
            self.env,
            learning_rate=config.learning_rate,
            n_steps=config.rollout_steps,
            batch_size=config.batch_size,
            n_epochs=config.epochs,
            gamma=config.discount,
            gae_lambda=config.gae_lambda,
            clip_range=config.clip_range,
            ent_coef=config.entropy,
            max_grad_norm=config.max_gradient_norm,
            target_kl=config.target_kl,
            rollout_buffer_class=SequenceRolloutBuffer if self._learned else None,
            rollout_buffer_kwargs={"sequence_length": length} if self._learned else None,
            policy_kwargs={
                "controller": self.controller,
                "critic_hidden": config.critic_hidden,
                "initial_std": config.initial_std,
                "learn_std": config.learn_std,
                "generator": streams.critic(),
                "sequence_length": length,
            },
            seed=streams.integer(),
            device="cpu",
        )
        self.model.set_logger(Logger(folder=None, output_formats=[]))
        self._generators, self._training = global_generators(), False
        self._iteration = 0
        self._carried = np.zeros((0, self.env.carrier.size), np.float32)

    @property
    def policy(self) -> ControllerPolicy:
        """Actor and critic."""
        assert isinstance(self.model.policy, ControllerPolicy)
        return self.model.policy

    def train(self, on_iteration: Callable[[Progress], None]) -> None:
        """Rollout and update in turn until the budget of environment steps is spent."""
        left = self.setting.steps - self.model.num_timesteps
        if left <= 0:
            return
        # stable-baselines3 draws from the global generators: they are this learner's while it trains.
        restore_global_generators(self._generators)
        self._training = True
        between = _BetweenIterations(self, on_iteration)
        self.model.learn(left, callback=between, log_interval=1, reset_num_timesteps=self.model.num_timesteps == 0)
        self._finish_iteration(on_iteration)
        self._generators, self._training = global_generators(), False

    def _keep_rollout(self) -> None:
        """Hold on to the rollout's observations: stable-baselines3 empties the buffer before it calls back."""
        self._carried = self.model.rollout_buffer.observations

    def _finish_iteration(self, on_iteration: Callable[[Progress], None]) -> None:
        """After an update and before the next rollout: the one place where training can be stopped and resumed."""
        carried = torch.from_numpy(self._carried.reshape(-1, self.env.carrier.size))
        for normaliser, size in self.policy.normalisers():
            normaliser.update(carried[:, :size])
        self._iteration += 1
        recent = list(self.model.ep_info_buffer or [])
        metrics = {k: float(v) for k, v in self.model.logger.name_to_value.items() if k.startswith("train/")}
        if recent:
            metrics["rollout/return"] = float(np.mean([e["r"] for e in recent]))
            metrics["rollout/length"] = float(np.mean([e["l"] for e in recent]))
        on_iteration(Progress(steps=self.model.num_timesteps, iteration=self._iteration, metrics=metrics))

    def snapshot(self) -> Snapshot:
        """Actor, critic, noise, Adam's moments, bodies, circuit states and generators."""
        model = self.model
        physics = self.env.snapshot()
        arrays: dict[str, torch.Tensor | np.ndarray] = dict(optimizer_tensors(self.policy.optimizer))
        if physics is not None and model._last_obs is not None:  # None before the first rollout
            arrays |= {f"env.{k}": v for k, v in physics.items()}
            arrays["last.obs"] = np.array(model._last_obs)
            arrays["last.starts"] = np.array(model._last_episode_starts, np.float32)
        rng = {
            "global": global_generators() if self._training else self._generators,
            "steps": model.num_timesteps,
            "updates": model._n_updates,
            "iteration": self._iteration,
            "recent": [[e["r"], e["l"]] for e in model.ep_info_buffer or []],
        }
        return Snapshot(model=self._model_tensors(), optimizer=arrays, rng=rng)

    def _model_tensors(self) -> dict[str, torch.Tensor]:
        parts: dict[str, Any] = {"controller": self.policy.controller, "critic": self.policy.critic}
        tensors = {f"{p}.{k}": v.detach().clone() for p, m in parts.items() for k, v in m.state_dict().items()}
        return tensors | {"log_std": self.policy.log_std.detach().clone()}

    def restore(self, snapshot: Snapshot) -> None:
        """Put everything back; an environment that cannot be stopped midway begins new episodes."""
        model, tensors = self.model, snapshot.model
        for part in ("controller", "critic"):
            prefix = f"{part}."
            module: torch.nn.Module = getattr(self.policy, part)
            module.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        with torch.no_grad():
            self.policy.log_std.copy_(tensors["log_std"])
        arrays = dict(snapshot.optimizer)
        moments = {k: torch.as_tensor(v) for k, v in arrays.items() if k.partition(".")[0].isdigit()}
        load_optimizer_tensors(self.policy.optimizer, moments)
        rng = snapshot.rng
        model.num_timesteps, model._n_updates = int(rng["steps"]), int(rng["updates"])
        self._iteration = int(rng["iteration"])
        model.ep_info_buffer = deque(({"r": r, "l": n, "t": 0.0} for r, n in rng["recent"]), maxlen=100)
        model.ep_success_buffer = deque(maxlen=100)
        physics = {k.removeprefix("env."): as_array(v) for k, v in arrays.items() if k.startswith("env.")}
        if physics:
            if not hasattr(self.env.env, "restore"):
                raise RunError("The run's environments were stopped midway, and these cannot go on from there.")
            self.env.restore(physics)
            model._last_obs = as_array(arrays["last.obs"])
            model._last_episode_starts = as_array(arrays["last.starts"]) > 0.5
        self._generators = rng["global"]

    def close(self) -> None:
        """Free the environments."""
        self.env.close()


class _BetweenIterations(BaseCallback):
    """Tells the learner when one update is over and the next rollout has not begun."""

    def __init__(self, learner: PPOLearner, on_iteration: Callable[[Progress], None]) -> None:
        super().__init__()
        self._learner, self._on_iteration, self._first = learner, on_iteration, True

    def _on_rollout_start(self) -> None:
        if not self._first:
            self._learner._finish_iteration(self._on_iteration)
        self._first = False

    def _on_rollout_end(self) -> None:
        self._learner._keep_rollout()

    def _on_step(self) -> bool:
        return True
