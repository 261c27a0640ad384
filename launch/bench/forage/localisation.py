"""Where it takes itself to be, on a map that it drew itself in three minutes, by day, at dusk and in winter."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from innervate.agents.experience.worlds import make_vector_env
from innervate.envs.sight.gl import prepare
from innervate.launch.analysis.measures.foraging import localisation_error_m
from innervate.launch.analysis.recordings.trials import live
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.forage.days import world
from innervate.launch.bench.forage.policies import RandomWalk, Sweep, steer
from innervate.signals import slices

EXPLORE_S, EXPLORE_M = 180.0, 4.3
"""For how long, and how far from the middle along x and y."""
SETTLED_S = 3.0
"""After it has been put down."""
LIGHTS = {"day": "dmp", "dusk": "dusk", "winter": "winter"}
"""By protocol; the light is another one from the second trial on."""


def explored(scene: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What it has learnt in three minutes, and where its map's frame begins in the world.

    It goes over the ground lane by lane, from home, by its own odometry: of the truth it knows how large the ground is,
    and in which corner its home lies.
    """
    env: Any = make_vector_env(world("life", scene), 1)
    where = slices(env.channels)
    flat, _ = env.reset(seed=[seed])
    home = np.array(env.unwrapped.world.task.ground.home_m)
    sweep = Sweep(1, EXPLORE_M)
    for _ in range(round(EXPLORE_S / env.control_step_s)):
        place, heading = flat[:, where["displaced"]] + home, flat[:, where["heading"]]
        action = steer(place, np.arctan2(heading[:, 1], heading[:, 0]), sweep.target(place))
        flat, *_ = env.step(action.astype(np.float32))
    learnt = env.learnt()
    env.close()
    return learnt, home


def error(scene: int, light: str, seed: int = 0) -> float:
    """Median error of the belief (m), wandering about in that light, once it has settled."""
    prepare(render=True)
    learnt, home = explored(scene, seed)
    bodies = 2
    env: Any = make_vector_env(world(LIGHTS[light], scene, trial_s=20.0, probe_s=20.0), bodies)
    env.teach(learnt)
    errors = list[np.ndarray]()

    def watch(obs: Any, truth: Any, living: np.ndarray) -> None:
        told = living & (truth["latency_s"] > SETTLED_S) & (truth["number"] > 1)
        errors.append(localisation_error_m(obs["belief"] + home, truth["position_m"])[told])

    live(env, RandomWalk(bodies, seed + 1, mean_s=8.0), range(bodies), watch)
    env.close()
    return float(np.median(np.concatenate(errors)))


def rows(bench: Bench) -> Iterable[Row]:
    """A row a light."""
    scenes = bench.seeds or (1 if bench.quick else 5)
    for light in LIGHTS:
        found = [bench.once(f"localisation {light} {scene}", lambda s=scene, x=light: error(s, x))
                 for scene in range(scenes)]  # fmt: skip
        yield Row(
            row=f"localisation, {light}: median error", value=float(np.median(found)), unit="m", n=scenes,
            interval=(min(found), max(found)) if scenes > 1 else None,
            peer="own map of 3 minutes by day, drifting odometry; interval: over scenes", reach="<= 0.4 m",
            holds=float(np.median(found)) <= 0.4,
        )  # fmt: skip
