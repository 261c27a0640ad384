"""A training run from its first step to its model card; the same code starts and resumes."""

import time
from pathlib import Path

from innervate.agents.learner import LearnerConfig, Progress
from innervate.agents.registry import LEARNERS
from innervate.agents.seeds import Streams
from innervate.agents.threads import one_thread
from innervate.agents.worlds import WorldConfig, make_vector_env
from innervate.controllers import CONTROLLERS, ControllerConfig
from innervate.errors import RunError
from innervate.launch.run.config import EvaluationConfig, RunConfig
from innervate.launch.run.evaluation import Evaluation, evaluate_controller
from innervate.launch.run.folder import RunFolder, check_tensors
from innervate.launch.run.lock import FolderLock
from innervate.launch.run.manifest import manifest
from innervate.launch.run.report import finish
from innervate.launch.run.tracking import Tracker


def train(
    world: str | WorldConfig,
    *,
    controller: str | ControllerConfig = "ncap",
    learner: str | LearnerConfig = "cma",
    steps: int = 200_000,
    seed: int = 0,
    out: Path | str,
    threads: int = 1,
    evaluation: EvaluationConfig | None = None,
) -> RunFolder:
    """Train a controller and leave a run folder; the Python twin of `innervate train`."""
    config = RunConfig(
        world=WorldConfig(id=world) if isinstance(world, str) else world,
        controller=CONTROLLERS[controller]() if isinstance(controller, str) else controller,
        learner=LEARNERS[learner]() if isinstance(learner, str) else learner,
        steps=steps,
        seed=seed,
        threads=threads,
        evaluation=evaluation or EvaluationConfig(),
    )
    return Run.start(config, Path(out)).train()


class Run:
    """A learner at work in its folder."""

    def __init__(self, folder: RunFolder, config: RunConfig, tracker: Tracker | None) -> None:
        one_thread()
        self.folder, self.config = folder, config
        self.learner = config.learner.build(config.setting())
        self._tracker = tracker or Tracker()
        self._evaluated_at = 0
        self._lock: FolderLock | None = None

    @classmethod
    def start(cls, config: RunConfig, path: Path, tracker: Tracker | None = None) -> "Run":
        """A new run, its folder complete from the first moment."""
        if path.exists():
            raise RunError(f"{path} exists already; resume it with --resume {path}, or choose another --out.")
        run = cls(RunFolder(path), config, tracker)
        RunFolder.create(path, config, manifest(config.seed), run.learner.snapshot())
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
        saved_at = time.monotonic()

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
                self.folder.checkpoint(self.learner.snapshot())
                saved_at = time.monotonic()

        self._tracker.set_control_step(self.learner.controller.spec.control_step_s)
        try:
            with self._tracker.running(self.folder.path, self.config):
                self.learner.train(on_iteration)
        finally:
            self.learner.close()
            if judge is not None:
                judge.close()


def evaluation_metrics(result: Evaluation) -> dict[str, float]:
    """The summary under the names that are logged."""
    summary = result.summary()
    metrics = {"eval/return": summary["return_mean"], "eval/return_sd": summary["return_sd"]}
    return metrics | ({"eval/success": summary["success_rate"]} if "success_rate" in summary else {})
