"""Days of hidden goals, lived by bounds and by the plain baseline."""

from typing import Any

import numpy as np

from innervate.agents.experience.senses.belief import BeliefConfig
from innervate.agents.experience.senses.odometry import OdometryConfig
from innervate.agents.experience.senses.place import PlaceConfig
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.envs.sight.eye import Eye
from innervate.envs.sight.gl import prepare
from innervate.launch.analysis.measures.foraging import Trial, latencies_s, occupancy
from innervate.launch.analysis.recordings.trials import live
from innervate.launch.bench.forage.policies import Dictionary, Oracle, RandomWalk, Sweep

REACH_M = 4.0
"""Goals and starts lie within this of the middle, along x and y."""
GRID = 10
SENSES = (OdometryConfig(), PlaceConfig(recogniser="spiking-map"), BeliefConfig(half_side_m=9.0))
"""The grid reaches over the ground from any corner of it: a map's frame begins where its life began."""
MAP = "1"
"""Number of the sense of place among them."""


def bound(who: str, days: int) -> dict[str, list[Any]]:
    """Trials of a bound, physics and all: two a day of the oracle, one of 180 s at most of the others."""
    oracle = who == "oracle"
    options: dict[str, Any] = {"protocol": "dmp", "trials": 1, "trial_s": 120.0 if oracle else 180.0}
    env = make_vector_env(WorldConfig(id="hidden-goal", options=options), days)
    makers = {
        "oracle": Oracle, "random walk": lambda: RandomWalk(days, 0), "perfect sweep": lambda: Sweep(days, REACH_M),
    }  # fmt: skip
    lived = live(env, makers[who](), range(days))
    env.close()
    return _listed([trial for day in lived for trial in day])


def _listed(trials: list[Trial]) -> dict[str, list[Any]]:
    names = ("latency_s", "found", "straight_m", "path_m")
    return {name: [getattr(trial, name) for trial in trials] for name in names}


def survey(env: Any, reach_m: float = REACH_M + 0.2) -> dict[str, np.ndarray]:
    """A map of pictures from a grid of true places, lined up to the north."""
    axis = np.linspace(-reach_m, reach_m, GRID)
    places = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    eye = Eye(env.unwrapped.world, 32, 16, views=4, shadows=False)
    pictures = eye.see(places, np.zeros(len(places)))
    eye.close()
    return {f"{MAP}.pictures": pictures, f"{MAP}.at": places}


def world(protocol: str, scene: int, **options: Any) -> WorldConfig:
    """The vehicle in a town, with odometry, a sense of place by sight, and a belief."""
    return WorldConfig(
        id="hidden-goal", options={"protocol": protocol, "town": True, "scene": scene, **options}, senses=SENSES
    )


def plain(protocol: str, scene: int, days: int) -> dict[str, list[Any]]:
    """Days of the plain baseline in one scene, on a map that was surveyed by day."""
    prepare(render=True)
    env: Any = make_vector_env(world(protocol, scene), days)
    env.teach(survey(env))
    lived = live(env, Dictionary(days, REACH_M), [1000 * scene + k for k in range(days)])
    env.close()
    second = [t for day in lived for t in day if t.number == 2 and not t.probe]
    return {
        "latency_1_s": latencies_s(lived, 1).tolist(), "latency_2_s": latencies_s(lived, 2).tolist(),
        "found_2": [t.found for t in second],
        "probe": [float(occupancy(t.track_m, t.goal_m[0])[0]) for day in lived for t in day if t.probe],
    }  # fmt: skip
