"""Backpropagation through the body's differentiable twin, with one loss for each hemisphere."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from innervate.errors import ConfigError

from ...controllers.circuits.bilateral import BilateralConfig
from ..experience.worlds import changed_from_default, environment_id, make_vector_env
from ..hemispheric.losses import HemisphericLoss
from ..hemispheric.training import Member, Trainer, TrainingConfig
from ..learner import Learner, Metrics, Progress, Setting, Snapshot, WorldConfig
from ..twins.muscle_arm import MuscleArm

EXAMPLE = ("reach", "bilateral")
METRICS: Metrics = {"train/loss": ("", "weighted loss of the batch, of two hemispheres the mean")}

TWINS = {"innervate/Reach-v0": "reach", "innervate/Hold-v0": "hold"}
"""Worlds whose body has a differentiable twin, to the trials that are drawn for it."""


@dataclass(frozen=True, kw_only=True)
class HemisphericConfig:
    """Gradients through the muscle arm, one loss a hemisphere (Rinaldo et al., arXiv 2401.14057).

    For `bilateral` controllers on `reach` and `hold`. An environment step is a control step of one trial on the twin.
    """

    loss: HemisphericLoss = field(default_factory=HemisphericLoss)
    """What each hemisphere learns from."""
    batch: int = 64
    """Trials of a batch."""
    trial_steps: int = 50
    """Control steps of a trial."""
    learning_rate: float = 1e-3
    margin: float = 0.2
    """Share of the joint ranges, at each end, in which no posture is drawn."""
    compiled: bool = False
    """Have torch compile the arm: a minute at the start, several times faster after."""
    report_batches: int = 10
    """Batches between two reports."""

    def build(self, setting: Setting) -> "Hemispheric":
        """Build for a `bilateral` controller on a world that has a twin."""
        return Hemispheric(setting, self)

    def tiny(self) -> "tuple[HemisphericConfig, int]":
        """Four trials of six steps."""
        return replace(self, batch=4, trial_steps=6, report_batches=1), 72


class Hemispheric(Learner):
    """One controller at its batches; the rate falls on no schedule, so that the budget may grow.

    Raises:
        ConfigError: a world without a twin, an option that the twin does not have, a controller of another kind.
    """

    def __init__(self, setting: Setting, config: HemisphericConfig) -> None:
        if config.report_batches < 1:
            raise ConfigError(f"report_batches must be at least 1, got {config.report_batches}.")
        trials: Any = _trials(setting.world)
        if not isinstance(setting.controller, BilateralConfig):
            raise ConfigError(
                "Learner hemispheric has a loss for each hemisphere: give it --controller bilateral, or train "
                f"{type(setting.controller).__name__.removesuffix('Config')} by ppo, sac or cma."
            )
        make_vector_env(setting.world, 1).close()  # wrong options are told before anything is compiled
        self.config, self.setting = config, setting
        training = TrainingConfig(
            batch=config.batch, steps=config.trial_steps, learning_rate=config.learning_rate, pool=None,
            margin=config.margin,
        )  # fmt: skip
        plant = MuscleArm(compiled=config.compiled)
        self._trainer = Trainer(
            setting.controller, plant, [Member(seed=setting.seed, task=trials, loss=config.loss)], training
        )
        self.controller = setting.controller.build(plant.spec, torch.Generator().manual_seed(0))
        self._read()

    def train(self, on_iteration: Callable[[Progress], None]) -> None:
        """Batch after batch until the budget of control steps is spent."""
        lost: list[float] = []
        while self._steps < self.setting.steps:
            lost.append(float(self._trainer.step()[0]))
            done, end = self._trainer.batch, self._steps >= self.setting.steps
            if done % self.config.report_batches and not end:
                continue
            self._read()
            metrics = {"train/loss": float(np.mean(lost))}
            lost.clear()
            on_iteration(Progress(steps=self._steps, iteration=done, metrics=metrics))

    @property
    def _steps(self) -> int:
        return self._trainer.batch * self.config.batch * self.config.trial_steps

    def _read(self) -> None:
        torch.nn.utils.vector_to_parameters(self._trainer.parameters[0].clone(), self.controller.parameters())

    def snapshot(self) -> Snapshot:
        """The controller, Adam's moments and the generator of trials."""
        tensors, generators = self._trainer.snapshot()
        return Snapshot(
            model={f"controller.{k}": v.detach().clone() for k, v in self.controller.state_dict().items()},
            optimizer=tensors,
            rng={"batch": self._trainer.batch, "trials": generators},
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from there."""
        tensors = {k: torch.as_tensor(v) for k, v in snapshot.optimizer.items()}
        self._trainer.restore(int(snapshot.rng["batch"]), tensors, snapshot.rng["trials"])
        self._read()

    def close(self) -> None:
        """Nothing is open: the twin is not an environment."""


def _trials(world: WorldConfig) -> str:
    """Which trials the twin of a world draws."""
    id_ = environment_id(world.id)
    if id_ not in TWINS:
        raise ConfigError(
            f"{world.id} has no differentiable twin; {' and '.join(TWINS)} have. Others train by ppo, sac or cma."
        )
    if changed := changed_from_default(world):
        given = ", ".join(changed)
        raise ConfigError(f"The twin of {world.id} is the task at its defaults; it does not know {given}.")
    return TWINS[id_]
