"""A training run from its first step to its model card; the same code starts and resumes."""

import os
import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from stable_baselines3.common.callbacks import BaseCallback
from torch import Tensor

from innervate.agents.brain import controller_named
from innervate.agents.experience.worlds import action_scale, controller_spec, make_vector_env
from innervate.agents.learner import LearnerConfig, Progress, WorldConfig
from innervate.agents.registry import LEARNERS
from innervate.agents.seeds import Streams
from innervate.agents.threads import one_thread
from innervate.controllers import CONTROLLERS, ControllerConfig, ControllerSpec
from innervate.controllers.agent import interface
from innervate.envs.foreign.names import importing, traceable
from innervate.errors import ConfigError, InnervateError, RunError
from innervate.launch.run.config import EvaluationConfig, RunConfig
from innervate.launch.run.evaluation import Evaluation, evaluate_controller
from innervate.launch.run.folder import RunFolder, check_tensors
from innervate.launch.run.lock import FolderLock
from innervate.launch.run.manifest import manifest
from innervate.launch.run.preset import PRESETS, names_of
from innervate.launch.run.report import finish
from innervate.launch.run.tracking import Tracker

DEFAULT_THREADS = min(2, os.cpu_count() or 1)


def train(
    world: str | WorldConfig,
    *,
    controller: str | ControllerConfig | None = None,
    learner: str | LearnerConfig | None = None,
    steps: int | None = None,
    seed: int = 0,
    out: Path | str,
    threads: int | None = None,
    evaluation: EvaluationConfig | None = None,
    callbacks: BaseCallback | Sequence[BaseCallback] = (),
    device: str = "cpu",
) -> RunFolder:
    """Train a controller and leave a run folder; the Python twin of `innervate train`, with its defaults.

    What is not given is taken from a preset of the task that fits what is given, or else is usual. `callbacks` are
    stable-baselines3's, for learners that run one of its algorithms. `device` is the CPU: see `check_device`.

    A configuration class of one's own that no catalogue knows is added to it, under a name made from the class's; to
    load such a run in another process, add the class there, or announce it by an entry point of its package.
    """
    check_device(device)
    where = WorldConfig(id=world) if isinstance(world, str) else world
    if isinstance(controller, str):
        controller_named(controller)  # a mistake in a name is told by its catalogue
    names = (
        CONTROLLERS.adopt(controller) if controller is not None and not isinstance(controller, str) else controller,
        LEARNERS.adopt(learner) if learner is not None and not isinstance(learner, str) else learner,
    )
    filled = PRESETS.filled(where.id, *names)
    if isinstance(world, str) and names[0] in (None, *names_of(filled.controller)):
        where = replace(where, senses=filled.senses, options=filled.options)
    config = RunConfig(
        world=where,
        controller=filled.controller if controller is None or isinstance(controller, str) else controller,
        learner=filled.learner if learner is None or isinstance(learner, str) else learner,
        steps=filled.steps if steps is None else steps,
        seed=seed,
        threads=DEFAULT_THREADS if threads is None else threads,
        evaluation=evaluation or filled.evaluation,
    )
    given = (callbacks,) if isinstance(callbacks, BaseCallback) else tuple(callbacks)
    return Run.start(config, Path(out), callbacks=given).train()


def check_device(device: str) -> None:
    """Raise `ConfigError` for another device than the CPU, with the way out."""
    if device not in ("cpu", "auto"):
        raise ConfigError(
            f"innervate's learners run on the CPU, where its bodies and small circuits are fastest; device={device!r} "
            "came. For a large net on a GPU, take the environment into a script of stable-baselines3, whose device is "
            "its own: docs/tutorials/stable-baselines3.md."
        )


class Run:
    """A learner at work in its folder."""

    def __init__(
        self, folder: RunFolder, config: RunConfig, tracker: Tracker | None, callbacks: Sequence[BaseCallback] = ()
    ) -> None:
        one_thread()
        self.folder, self.config = folder, config
        try:
            self.learner = config.learner.build(replace(config.setting(), callbacks=tuple(callbacks)))
        except InnervateError as error:
            raise explained(error, config) from error
        self._tracker = tracker or Tracker()
        self._evaluated_at = 0
        self._lock: FolderLock | None = None

    @classmethod
    def start(
        cls,
        config: RunConfig,
        path: Path,
        tracker: Tracker | None = None,
        callbacks: Sequence[BaseCallback] = (),
        *,
        weights: Mapping[str, Tensor] | None = None,
    ) -> "Run":
        """A new run, its folder complete from the first moment; `weights` are the controller's to begin with."""
        if path.exists():
            typed = shlex.quote(str(path))
            raise RunError(f"{path} exists already; resume it with --resume {typed}, or choose another --out.")
        if config.steps < 1 and weights is None:
            raise ConfigError(f"Training needs at least one environment step, got steps={config.steps}.")
        if importing():
            raise RunError(
                f"{importing()} trains when it is imported, and it is imported for the environment in it: put what "
                'trains under `if __name__ == "__main__":`.'
            )
        config = replace(config, world=replace(config.world, id=traceable(config.world.id)))
        run = cls(RunFolder(path), config, tracker, callbacks)
        if weights is not None:
            run.learner.controller.load_state_dict(weights)
        env = make_vector_env(config.world, 1)
        described = interface(run.learner.controller.spec, *action_scale(env))
        env.close()
        RunFolder.create(path, config, manifest(config.seed), run.learner.snapshot(), described)
        return run

    @classmethod
    def resume(
        cls, path: Path, steps: int | None = None, tracker: Tracker | None = None, *, wait_s: float = 0.0
    ) -> "Run":
        """Go on from the newest checkpoint, to the run's own budget or to a larger one.

        Raises RunError where another process writes to the folder for longer than `wait_s`.
        """
        folder = RunFolder.open(path)
        lock = FolderLock(path, wait_s=wait_s)
        config = folder.config()
        spent, _ = folder.spent()
        if steps is not None and steps < spent:
            raise RunError(
                f"{path} has spent {spent:,} environment steps already; it goes on with a larger budget than that, and "
                f"--steps {steps} is smaller."
            )
        if steps is not None:
            folder.extend(config := config.with_steps(steps))
        run = cls(folder, config, tracker)
        run._lock = lock
        snapshot = folder.snapshot()
        check_tensors(run.learner.snapshot().model, snapshot.model, path)
        run.learner.restore(snapshot)
        folder.rewind_progress()
        evaluated = [r["steps"] for r in folder.progress() if "eval/return" in r]
        run._evaluated_at = max(evaluated, default=0)
        return run

    def train(self) -> RunFolder:
        """Spend the budget, then draw the curve, write the card and close."""
        self._lock = self._lock or FolderLock(self.folder.path)
        try:
            self._learn()
            finish(self.folder)
        finally:
            self._lock.release()
        return self.folder

    def _learn(self) -> None:
        every, n = self.config.evaluation.every_steps, self.config.evaluation.episodes
        judge = make_vector_env(self.config.world, n, threads=self.config.threads) if every and n else None
        saved_at = began = time.monotonic()
        _, before_s = self.folder.spent()

        def save() -> None:
            self.folder.checkpoint(self.learner.snapshot())
            self.folder.spend(before_s + time.monotonic() - began)

        def on_iteration(progress: Progress) -> None:
            nonlocal saved_at
            metrics = dict(progress.metrics)
            due = progress.steps - self._evaluated_at >= every or progress.steps >= self.config.steps
            if judge is not None and due:
                result = evaluate_controller(judge, self.learner.controller, Streams.validation(n))
                metrics |= evaluation_metrics(result)
                self._evaluated_at = progress.steps
            record = {"steps": progress.steps, "iteration": progress.iteration, **metrics}
            self.folder.append_progress(record)
            self._tracker.report(progress.steps, metrics)
            if time.monotonic() - saved_at > self.config.checkpoint_s or progress.steps >= self.config.steps:
                save()
                saved_at = time.monotonic()

        self._tracker.set_control_step(self.learner.controller.spec.control_step_s)
        try:
            with self._tracker.running(self.folder.path, self.config):
                if judge is not None and not self.folder.progress():
                    untrained = evaluation_metrics(
                        evaluate_controller(judge, self.learner.controller, Streams.validation(n))
                    )
                    self.folder.append_progress({"steps": 0, "iteration": 0, **untrained})
                    self._tracker.report(0, untrained)
                self.learner.train(on_iteration)
            save()
        finally:
            self.learner.close()
            if judge is not None:
                judge.close()


def explained(error: InnervateError, config: RunConfig) -> InnervateError:
    """The error of a controller that does not fit a body, with the names of those that do; any other as it is."""
    try:
        env = make_vector_env(config.world, 1)
    except InnervateError:
        return error
    spec = controller_spec(env)
    env.close()
    fit = [name for name, kind in CONTROLLERS.items() if _fits(kind(), spec)]
    if _fits(config.controller, spec):
        return error
    return ConfigError(
        f"The controller {CONTROLLERS.name_of(config.controller)} does not fit {config.world.id}: {error} "
        f"These do: {', '.join(fit)}."
    )


def _fits(config: ControllerConfig, spec: ControllerSpec) -> bool:
    try:
        config.build(spec, Streams(0).controller())
    except (InnervateError, TypeError, ValueError):
        return False
    return True


def evaluation_metrics(result: Evaluation) -> dict[str, float]:
    """The summary under the names that are logged."""
    summary = result.summary()
    metrics = {"eval/return": summary["return_mean"], "eval/return_sd": summary["return_sd"]}
    return metrics | ({"eval/success": summary["success_rate"]} if "success_rate" in summary else {})
