"""Behaviour cloning: a controller learns to do what a teacher did, from demonstrations alone."""

# The library `imitation` (1.0.1) does this for stable-baselines3's policies, but asks for gymnasium 0.29.

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from innervate.errors import ConfigError, NonFiniteError, RunError

from ...controllers import Controller, State
from ...controllers.normaliser import Normaliser
from ..experience.demonstrations import Episode, digest, load
from ..experience.worlds import controller_spec, make_vector_env
from ..learner import Learner, Metrics, Progress, Setting, Snapshot
from ..seeds import Streams
from ..tensors import load_optimizer_tensors, optimizer_tensors

METRICS: Metrics = {
    "cloning/loss": ("", "of this epoch: mean squared error of actions in [-1, 1], or cross-entropy of choices (nats)"),
    "held_out/loss": ("", "the same on demonstrations that are not learned from"),
    "held_out/loss_untrained": ("", "of the controller as it began, on those"),
    "held_out/loss_of_mean": ("", "of always doing the demonstrations' mean (choices: as often as there), on those"),
}


@dataclass(frozen=True, kw_only=True)
class CloningConfig:
    """Behaviour cloning (Pomerleau 1988): supervised learning of a teacher's actions, through time where needed.

    The budget of steps is of demonstrated control steps gone through, over all epochs; none is taken in the world.
    """

    demonstrations: str = ""
    """A run, an agent, a folder of trajectories (.npz or .csv), or a bag (.mcap); empty: the task's shipped agent."""
    episodes: int = 10
    """How many a run or an agent shows; of files all are read."""
    actions: Literal["fraction", "command"] = "fraction"
    """Unit of the actions in files: fractions of the actuators' limits, or the actuators' own."""
    held_out: float = 0.2
    """Share that is not learned from: of the episodes, or of the end of a single one."""
    batch_size: int = 256
    """Control steps in a minibatch, of a controller without memory."""
    sequence_length: int = 32
    """Control steps through which a controller with memory is trained; its state is carried on from there."""
    learning_rate: float = 1e-3
    """Step size of Adam."""
    max_gradient_norm: float = 1.0
    """Gradients are scaled down to this norm."""

    def build(self, setting: Setting) -> "Cloning":
        """Build for any controller that has parameters."""
        return Cloning(setting, self)

    def tiny(self) -> "tuple[CloningConfig, int]":
        """Two short demonstrations, gone through three times."""
        return replace(self, episodes=2), 3_000


class Cloning(Learner):
    """Minimises the error of actions on what the teacher saw; an iteration is an epoch."""

    def __init__(self, setting: Setting, config: CloningConfig) -> None:
        if not 0 < config.held_out < 1:
            raise ConfigError(f"held_out is a share between 0 and 1, got {config.held_out}.")
        if min(config.episodes, config.batch_size, config.sequence_length) < 1 or not config.learning_rate > 0:
            raise ConfigError("episodes, batch_size and sequence_length are at least 1, learning_rate is above 0.")
        if setting.callbacks:
            raise ConfigError("Callbacks are stable-baselines3's, and cloning is not one of its algorithms; use ppo.")
        self.config, self.setting, self._streams = config, setting, Streams(setting.seed)
        env = make_vector_env(setting.world, 1)
        self._spec = controller_spec(env)
        env.close()
        self.controller: Controller = setting.controller.build(self._spec, self._streams.controller())
        if self.controller.parameter_count() == 0:
            raise ConfigError("This controller has no parameters to train; choose another one.")
        seeds = self._streams.environments(config.episodes)
        source = config.demonstrations
        episodes = load(source, setting.world, self._spec, seeds, config.actions)
        self._digest = digest(episodes)
        taught, held_out = split(episodes, config.held_out)
        self._taught, self._held_out = _Rows(taught), _Rows(held_out)
        rows = torch.cat([torch.from_numpy(np.asarray(e.observation, np.float32)) for e in taught])
        self._nulls = {"held_out/loss_untrained": self._loss_on(self._held_out)}
        self._nulls["held_out/loss_of_mean"] = self._loss_of_mean()
        for module in self.controller.modules():
            if isinstance(module, Normaliser):
                module.update(rows)
        trained = [p for p in self.controller.parameters() if p.requires_grad]
        self._optimizer = torch.optim.Adam(trained, lr=config.learning_rate)
        self._steps = self._epoch = 0

    def iteration_steps(self) -> int:
        """All that is learned from, once."""
        return self._taught.count

    def train(self, on_iteration: Callable[[Progress], None]) -> None:
        """Epoch after epoch until the budget of demonstrated steps is spent."""
        while self._steps < self.setting.steps:
            loss = self._one_epoch(np.random.default_rng([self._streams.integer(), self._epoch]))
            self._steps += self._taught.count
            self._epoch += 1
            metrics = {"cloning/loss": loss, "held_out/loss": self._loss_on(self._held_out), **self._nulls}
            on_iteration(Progress(steps=self._steps, iteration=self._epoch, metrics=metrics))

    def _one_epoch(self, rng: np.random.Generator) -> float:
        """Mean loss over the epoch; each step of the teacher's counts once."""
        summed = 0.0
        if self.controller.recurrence == "none":
            flat = self._taught.flat()
            order = torch.from_numpy(rng.permutation(self._taught.count))
            for rows in order.split(self.config.batch_size):
                observation, action = flat[0][rows], flat[1][rows]
                loss, _ = self._loss(observation, action, {}, torch.ones(len(rows), dtype=torch.bool))
                summed += self._step(loss) * len(rows)
            return summed / self._taught.count
        together = max(1, self.config.batch_size // self.config.sequence_length)
        for group in torch.from_numpy(rng.permutation(self._taught.episodes)).split(together):
            state = self.controller.initial_state(len(group))
            for window in self._taught.windows(group, self.config.sequence_length):
                loss, count, state = self._through(window, state)
                if count:
                    summed += self._step(loss) * count
                state = {k: v.detach() for k, v in state.items()}
        return summed / self._taught.count

    def _through(self, window: "_Window", state: State) -> tuple[Tensor, int, State]:
        """Mean loss of some consecutive steps, how many there are, and the state behind them."""
        losses: list[Tensor] = []
        for observation, action, there in zip(*window, strict=True):
            loss, state = self._loss(observation, action, state, there)
            losses.append(loss * there.sum())
        count = int(window[2].sum())
        return torch.stack(losses).sum() / max(1, count), count, state

    def _loss(
        self,
        observation: Float[Tensor, "batch size"],
        action: Float[Tensor, "batch action"],
        state: State,
        there: Bool[Tensor, "batch"],
    ) -> tuple[Tensor, State]:
        """Mean over the rows that are there, and the next state."""
        given, after = self.controller(self._spec.split(observation), state)
        if self._spec.choices:
            parts = given.split(list(self._spec.choices), dim=1)
            each = torch.stack(
                [functional.cross_entropy(p, action[:, i].long(), reduction="none") for i, p in enumerate(parts)]
            ).sum(dim=0)
        else:
            each = (given - action).square().mean(dim=1)
        return torch.where(there, each, 0.0).sum() / there.sum().clamp(min=1), after

    def _step(self, loss: Tensor) -> float:
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        parameters = [p for p in self.controller.parameters() if p.requires_grad]
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.config.max_gradient_norm)
        if not bool(norm.isfinite()):
            raise NonFiniteError("The gradient is not finite; lower --cloning.learning-rate.")
        self._optimizer.step()
        return float(loss.detach())

    @torch.no_grad()
    def _loss_on(self, rows: "_Rows") -> float:
        every, summed = torch.arange(rows.episodes), 0.0
        state = self.controller.initial_state(rows.episodes)
        for window in rows.windows(every, self.config.sequence_length):
            loss, count, state = self._through(window, state)
            summed += float(loss) * count
        return summed / rows.count

    def _loss_of_mean(self) -> float:
        """What does not look: the mean action of what is learned from, or how often each alternative was chosen."""
        taught, held_out = self._taught.flat()[1], self._held_out.flat()[1]
        if not self._spec.choices:
            return float((held_out - taught.mean(dim=0)).square().mean())
        summed = 0.0
        for i, n in enumerate(self._spec.choices):
            often = torch.bincount(taught[:, i].long(), minlength=n).float() + 1.0  # none is impossible
            summed += float(-(often / often.sum()).log()[held_out[:, i].long()].mean())
        return summed

    def snapshot(self) -> Snapshot:
        """The controller, Adam's moments, and where in the demonstrations it is."""
        return Snapshot(
            model={f"controller.{k}": v.detach().clone() for k, v in self.controller.state_dict().items()},
            optimizer=dict(optimizer_tensors(self._optimizer)),
            rng={"steps": self._steps, "epoch": self._epoch, "demonstrations": self._digest},
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go back. Raises `RunError` where the demonstrations are others by now."""
        if snapshot.rng["demonstrations"] != self._digest:
            where = self.config.demonstrations or "the shipped agent"
            raise RunError(f"The demonstrations at {where} are not those that this run began with; put them back.")
        self.controller.load_state_dict({k.removeprefix("controller."): v for k, v in snapshot.model.items()})
        load_optimizer_tensors(self._optimizer, {k: torch.as_tensor(v) for k, v in snapshot.optimizer.items()})
        self._steps, self._epoch = int(snapshot.rng["steps"]), int(snapshot.rng["epoch"])

    def close(self) -> None:
        """Nothing is open."""


_Window = tuple[Tensor, Tensor, Tensor]
"""Observation (time, episode, size), action (time, episode, action), and whether the step is there (time, episode)."""


class _Rows:
    """Episodes side by side, shorter ones filled up."""

    def __init__(self, episodes: list[Episode]) -> None:
        self.episodes, longest = len(episodes), max(map(len, episodes))
        self.count = sum(map(len, episodes))

        def padded(arrays: list[Any]) -> Tensor:
            out = np.zeros((longest, len(arrays), arrays[0].shape[1]), np.float32)
            for i, array in enumerate(arrays):
                out[: len(array), i] = array
            return torch.from_numpy(out)

        self.observation = padded([e.observation for e in episodes])
        self.action = padded([e.action for e in episodes])
        lengths = torch.tensor([len(e) for e in episodes])
        self.there = torch.arange(longest)[:, None] < lengths[None]

    def flat(self) -> tuple[Tensor, Tensor]:
        """Observations (step, size) and actions (step, action) of all episodes."""
        return self.observation[self.there], self.action[self.there]

    def windows(self, which: Tensor, length: int) -> "list[_Window]":
        """Some episodes, cut into consecutive steps."""
        parts = (self.observation[:, which], self.action[:, which], self.there[:, which])
        return list(zip(*(part.split(length) for part in parts), strict=True))


def split(episodes: list[Episode], share: float) -> tuple[list[Episode], list[Episode]]:
    """What is learned from, and what is held out: the last episodes, or the end of a single one."""
    if len(episodes) > 1:
        kept = min(len(episodes) - 1, max(1, round(len(episodes) * (1 - share))))
        return episodes[:kept], episodes[kept:]
    (only,) = episodes
    kept = round(len(only) * (1 - share))
    if not 0 < kept < len(only):
        raise ConfigError(f"A demonstration of {len(only)} control steps is too short to hold out {share:.0%} of it.")
    first, last = (Episode(only.observation[at], only.action[at]) for at in (slice(kept), slice(kept, None)))
    return [first], [last]
