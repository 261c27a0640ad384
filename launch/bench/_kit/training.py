"""A training run as a measurement: returns along the way, held-out returns at its end, and the parameters."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import Progress, WorldConfig
from innervate.agents.seeds import Streams
from innervate.agents.threads import one_thread
from innervate.controllers import Controller, ControllerConfig
from innervate.launch.run.config import RunConfig
from innervate.launch.run.evaluation import evaluate_controller
from innervate.launch.run.preset import PRESETS

EPISODES = 10
"""Episodes behind every point of a curve."""


def of_preset(name: str, seed: int, steps: int | None = None) -> RunConfig:
    """The run that a preset is."""
    p = PRESETS[name]
    world = WorldConfig(id=p.task, options=p.options, senses=p.senses)
    return RunConfig(world=world, controller=p.controller, learner=p.learner, steps=steps or p.steps, seed=seed)


def trained(config: RunConfig, every: int, *, held_out: int = EPISODES) -> dict[str, Any]:
    """Deterministic returns about every `every` steps and, on other initial states, at the end; one thread."""
    one_thread()
    learner = config.learner.build(config.setting())
    judge = make_vector_env(config.world, EPISODES)
    curve = [(0, _mean(judge, learner.controller))]

    def look(progress: Progress) -> None:
        if progress.steps // every > curve[-1][0] // every:
            curve.append((progress.steps, _mean(judge, learner.controller)))

    began = time.process_time()
    learner.train(look)
    cpu_s = time.process_time() - began
    judge.close()
    final = make_vector_env(config.world, held_out)
    episodes = evaluate_controller(final, learner.controller, Streams.evaluation(held_out)).episodes
    final.close()
    learner.close()
    return {
        "curve": curve,
        "held_out": episodes.returns.tolist(),
        "success": None if episodes.success is None else episodes.success.tolist(),
        "parameters": learner.controller.parameter_count(),
        "weights": {k: v.tolist() for k, v in learner.controller.state_dict().items()},
        "cpu_s": cpu_s,
    }


def rebuilt(config: ControllerConfig, weights: Mapping[str, Any], world: WorldConfig) -> Controller:
    """A trained controller on another body; `weights` as `trained` returned them."""
    env = make_vector_env(world, 1)
    controller = config.build(controller_spec(env), torch.Generator().manual_seed(0))
    env.close()
    own = controller.state_dict()
    controller.load_state_dict({k: torch.tensor(v, dtype=own[k].dtype) for k, v in weights.items()})
    return controller


def held_out_returns(controller: Controller, world: WorldConfig, episodes: int) -> np.ndarray:
    """Returns on the held-out initial states, (episode,)."""
    env = make_vector_env(world, episodes)
    returns = evaluate_controller(env, controller, Streams.evaluation(episodes)).episodes.returns
    env.close()
    return returns


def steps_to(curve: list[list[float]], reach: float) -> float:
    """Environment steps after which the curve first reached a return; infinity where it did not."""
    return next((float(at) for at, value in curve if value >= reach), float("inf"))


def _mean(judge: Any, controller: Any) -> float:
    return float(evaluate_controller(judge, controller, Streams.validation(EPISODES)).episodes.returns.mean())
