"""Tasks of the arm one after the other, by gradients through the body, and what keeps the earlier ones."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from innervate.errors import ConfigError, NonFiniteError, RunError

from ..continual.hlop import HLOPConfig
from ..experience.worlds import changed_from_default, environment_id, make_vector_env
from ..hemispheric.trials import Trials, draw
from ..hemispheric.unroll import Conditions, stepper, unroll
from ..keeper import Data, Keeper, KeeperConfig
from ..learner import Learner, Metrics, Progress, Setting, Snapshot
from ..protection import Protection
from ..seeds import Streams
from ..tensors import load_optimizer_tensors, optimizer_tensors
from ..twins.arm_tasks import arm_task

EXAMPLE = ("reach", "recurrent")
METRICS: Metrics = {
    "train/loss": ("m", "mean distance of the hand from its target, over the movements of these batches"),
    "train/task": ("", "number of the task that is learned, the first 0"),
    "train/error": ("m", "the same distance on test movements of this task, where it ends"),
    "train/error_before": ("m", "mean over the earlier tasks of that distance, where this task ends"),
    "train/forgetting": ("m", "mean over the earlier tasks of how much it has grown since each was learned"),
    "train/kept_floats": ("", "numbers that the keeper remembers"),
}
WORLD = "innervate/Reach-v0"
TEST_SEED = 2**31
"""Of test movements, which are the same for all; training seeds lie below."""


@dataclass(frozen=True, kw_only=True)
class ContinualConfig:
    """Gradients through the muscle arm, task after task, for any circuit; on the world `reach`.

    The budget of steps is shared evenly by the tasks; one step is a control step of one movement on the twin. The
    optimiser is stochastic gradient descent, whose momentum begins anew with each task.
    """

    tasks: tuple[str, ...] = ("reach", "curl", "heavy")
    """In their order: reach, curl, curl-back, viscous, heavy, heavy-upper, late."""
    keep: KeeperConfig = field(default_factory=HLOPConfig)
    """What keeps the earlier ones (`innervate list keepers`)."""
    batch: int = 64
    """Movements of a batch."""
    trial_steps: int = 50
    """Control steps of a movement."""
    learning_rate: float = 0.1
    momentum: float = 0.9
    clip: float = 1.0
    """Largest norm of the whole gradient."""
    samples: int = 256
    """Movements that are at hand when a task ends, and on which it is tested."""
    report_batches: int = 10
    """Batches between two reports."""

    def build(self, setting: Setting) -> "Continual":
        """Build for any controller that has parameters."""
        return Continual(setting, self)

    def tiny(self) -> "tuple[ContinualConfig, int]":
        """Two tasks of three batches of four movements of six steps."""
        tasks = self.tasks[:2] if len(self.tasks) > 1 else self.tasks
        return replace(self, tasks=tasks, batch=4, trial_steps=6, samples=8, report_batches=1), 144


class Continual(Learner):
    """An iteration is `report_batches` batches, or fewer where a task ends.

    Raises:
        ConfigError: another world than the arm's plain one, no task, a budget of less than a batch for each task.
        UnknownNameError: a task that there is not.
    """

    def __init__(self, setting: Setting, config: ContinualConfig) -> None:
        elsewhere = environment_id(setting.world.id) != WORLD
        changed = () if elsewhere else changed_from_default(setting.world)
        if elsewhere or changed:
            raise ConfigError(
                "The learner continual has the arm's tasks by name and begins with the world `reach` at its defaults; "
                f"{setting.world.id} came{' with ' + ', '.join(changed) if changed else ''}."
            )
        if setting.callbacks:
            raise ConfigError("Callbacks are stable-baselines3's, and continual is not one of its algorithms; use ppo.")
        if min(config.batch, config.trial_steps, config.samples, config.report_batches) < 1 or not config.tasks:
            raise ConfigError("batch, trial_steps, samples and report_batches are at least 1, and tasks name one.")
        make_vector_env(setting.world, 1).close()  # wrong options are told before anything is built
        self.config, self.setting = config, setting
        self._tasks = [arm_task(name) for name in config.tasks]
        streams = Streams(setting.seed)
        self.controller = setting.controller.build(self._tasks[0].plant.spec, streams.controller())
        if self.controller.parameter_count() == 0:
            raise ConfigError("This controller has no parameters to train; choose another one.")
        self._rng, self._keeper_rng = (np.random.default_rng([streams.integer(), k]) for k in range(2))
        self.keeper: Keeper = config.keep.build(self.controller, self._keeper_rng)
        momentum = config.momentum if self.keeper.takes_momentum else 0.0
        self._optimizer = torch.optim.SGD(self.keeper.parameters().values(), lr=config.learning_rate, momentum=momentum)
        self._protection = Protection(self.keeper, self._optimizer)
        a_batch = config.batch * config.trial_steps
        self._batches = setting.steps // (a_batch * len(config.tasks))
        """Of each task."""
        if self._batches < 1:
            raise ConfigError(
                f"{len(config.tasks)} tasks in batches of {a_batch:,} control steps need at least "
                f"{a_batch * len(config.tasks):,}; steps={setting.steps} was given."
            )
        self._done = 0
        self._errors = torch.full((len(config.tasks), len(config.tasks)), -1.0)
        """Where task i had ended, on task j; -1 where that is not known."""

    def iteration_steps(self) -> int:
        """Of its batches."""
        return self.config.report_batches * self.config.batch * self.config.trial_steps

    def train(self, on_iteration: Callable[[Progress], None]) -> None:
        """Task after task, batch after batch."""
        lost: list[float] = []
        while self._done < self._batches * len(self._tasks):
            task, at = divmod(self._done, self._batches)
            if at == 0:
                self._protection.begin_task(task)
            lost.append(self._step(task))
            self._done += 1
            ends = at + 1 == self._batches
            metrics = {"train/task": float(task), "train/kept_floats": float(self.keeper.floats)}
            if ends:
                metrics |= self._end(task)
            if ends or self._done % self.config.report_batches == 0:
                metrics["train/loss"] = float(np.mean(lost))
                lost.clear()
                steps = self._done * self.config.batch * self.config.trial_steps
                on_iteration(Progress(steps=steps, iteration=self._done, metrics=metrics))

    def _step(self, task: int) -> float:
        data = self._drawn(task, self.config.batch, self._rng)
        kept = self.keeper.also(self.config.batch)
        loss = self._loss(data)
        told = float(loss.detach())
        if kept is not None:
            loss = (loss + self._loss(kept)) / 2
        self._optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.keeper.parameters().values(), self.config.clip)
        if not norm.isfinite():
            raise NonFiniteError(f"A gradient of task {self.config.tasks[task]} is not finite; lower learning_rate.")
        self._optimizer.step()
        return told

    def _end(self, task: int) -> dict[str, float]:
        """Let the keeper remember, and test on all tasks so far."""
        self._protection.end_task(self._drawn(task, self.config.samples, self._rng), self._loss)
        with torch.no_grad():
            for j in range(task + 1):
                held_out = self._drawn(j, self.config.samples, np.random.default_rng(TEST_SEED + j))
                self._errors[task, j] = self._loss(held_out)
        metrics = {"train/error": float(self._errors[task, task]), "train/kept_floats": float(self.keeper.floats)}
        if task:
            before = self._errors[task, :task]
            metrics["train/error_before"] = float(before.mean())
            metrics["train/forgetting"] = float((before - self._errors.diagonal()[:task]).mean())
        return metrics

    def _drawn(self, task: int, count: int, rng: np.random.Generator) -> Data:
        """Movements as data: start (rad), target (m), and the number of their task."""
        trials = draw("reach", rng, count, self._tasks[task].plant, margin=0.2)
        return trials.angle, trials.target, torch.full((count,), task)

    def _loss(self, data: Data) -> Tensor:
        """Mean distance of the hand from the target over all movements and steps, m."""
        angle, target, number = data
        summed = angle.new_zeros(())
        for task in number.unique().tolist():
            rows, of = number == task, self._tasks[task]
            count, plant = int(rows.sum()), of.plant
            trials = Trials(angle[rows], target[rows], torch.zeros(count, 2), torch.zeros(count))
            state, conditions = self.controller.initial_state(count), Conditions(sense_delay_s=of.sense_delay_s)
            move = unroll(plant, stepper(plant, self.controller), state, trials, self.config.trial_steps, conditions)
            summed = summed + (move.hand - move.goal).square().sum(-1).add(1e-12).sqrt().mean() * count
        return summed / len(number)

    def snapshot(self) -> Snapshot:
        """The controller, momentum, what the keeper remembers, errors so far, and both generators."""
        moments = {f"momentum.{k}": v for k, v in optimizer_tensors(self._optimizer).items()}
        kept = {f"keep.{k}": v for k, v in self.keeper.tensors().items()}
        return Snapshot(
            model={f"controller.{k}": v.detach().clone() for k, v in self.controller.state_dict().items()},
            optimizer={**moments, **kept, "errors": self._errors.clone()},
            rng={
                "done": self._done, "batches": self._batches, "trials": self._rng.bit_generator.state,
                "keeper": self._keeper_rng.bit_generator.state,
            },
        )  # fmt: skip

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from there, in mid-sequence."""
        rng, arrays = snapshot.rng, {k: torch.as_tensor(v) for k, v in snapshot.optimizer.items()}
        if int(rng["batches"]) != self._batches:
            raise RunError(
                f"This sequence has {rng['batches']} batches a task from its beginning, and a budget of "
                f"{self.setting.steps:,} steps would have {self._batches}; leave --steps as it was."
            )
        self.controller.load_state_dict({k.removeprefix("controller."): v for k, v in snapshot.model.items()})

        def under(mark: str) -> dict[str, Any]:
            return {k.removeprefix(mark): v for k, v in arrays.items() if k.startswith(mark)}

        load_optimizer_tensors(self._optimizer, under("momentum."))
        self._done, self._errors = int(rng["done"]), arrays["errors"].clone()
        self.keeper.task = max(0, self._done - 1) // self._batches
        self.keeper.load(under("keep."))
        self._rng.bit_generator.state, self._keeper_rng.bit_generator.state = rng["trials"], rng["keeper"]

    def close(self) -> None:
        """Nothing is open: the twin is not an environment."""
