"""A preset's own training, as return over the seconds that it took."""

from typing import Any

from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import Progress
from innervate.agents.seeds import Streams
from innervate.agents.threads import one_thread
from innervate.launch.bench._kit.training import of_preset
from innervate.launch.bench.skill.stopwatch import Stopwatch
from innervate.launch.run.evaluation import evaluate_controller

LOOKS = 20
"""Points of a curve."""


def ours(preset: str, seed: int, episodes: int) -> dict[str, Any]:
    """Curve of (CPU-seconds, wall seconds, return), evaluations not counted, and what it came to on held-out starts.

    One thread. Building the learner counts, importing does not: the peers are measured alike.
    """
    one_thread()
    config = of_preset(preset, seed)
    judge = make_vector_env(config.world, episodes)
    watch = Stopwatch()
    learner = config.learner.build(config.setting())
    every = config.steps / LOOKS

    def value() -> float:
        with watch.stopped():
            seeds = Streams.validation(episodes)
            return float(evaluate_controller(judge, learner.controller, seeds).episodes.returns.mean())

    curve = [(*watch.read(), value())]
    looked = 0.0

    def look(progress: Progress) -> None:
        nonlocal looked
        if progress.steps - looked >= every or progress.steps >= config.steps:
            looked = progress.steps
            spent = watch.read()
            curve.append((*spent, value()))

    learner.train(look)
    final = evaluate_controller(judge, learner.controller, Streams.evaluation(episodes)).episodes.returns
    judge.close()
    learner.close()
    return {"curve": curve, "held_out": float(final.mean()), "spent": watch.read()}
