"""Days that a whole animal lives: built by name, given a map by daylight, cut and changed where it is asked for."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from innervate.agents.brains._organs import CUTS, Animal, peers, swapped
from innervate.agents.brains.forager import FORAGER, SENSES, plain
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.envs.sight.gl import prepare
from innervate.launch.analysis.measures.foraging import Trial, latencies_s, occupancy
from innervate.launch.analysis.recordings.trials import Policy, live
from innervate.launch.bench.forage.days import REACH_M, survey
from innervate.launch.bench.forage.days import SENSES as BASELINE
from innervate.launch.bench.forage.policies import Dictionary, Oracle

LIMIT_S = 120.0
PLAIN, WHOLE, FAIR, ORACLE = "all plain", "forager", "place + dictionary + steering", "oracle"
WITHOUT, WITH = "forager without ", "forager with "


def animal(who: str) -> Animal:
    """By name: all plain, the forager, it without an organ, with a plain organ, or with another memory, place, motor.

    `forager with plain ORGAN`, `forager with MEMORY, PLACE, MOTOR`.
    """
    if who.startswith(WITHOUT):
        return CUTS[who.removeprefix(WITHOUT)].animal
    if who.startswith(f"{WITH}plain "):
        return peers()[who.removeprefix(f"{WITH}plain ")][2]
    one: Animal = plain() if who == PLAIN else (dict(SENSES), FORAGER)
    if who.startswith(WITH):
        for organ, name in zip(("memory", "place", "motor"), who.removeprefix(WITH).split(", "), strict=True):
            one = swapped(one, organ, name)
    return one


def lived(who: str, protocol: str, scene: int, days: int, **options: Any) -> list[list[Trial]]:
    """Days, each a life of its own, in the same world and from the same seeds whoever lives them."""
    env, policy = born(who, protocol, scene, days, **options)
    found = live(env, policy, [1000 * scene + k for k in range(days)])
    env.close()
    return found


class Thinking:
    """A brain as a policy."""

    def __init__(self, one: Animal, env: Any) -> None:
        self.brain = one[1].build(controller_spec(env), torch.Generator().manual_seed(0))
        self._state = self.brain.initial_state(env.num_envs)

    @torch.no_grad()
    def __call__(self, obs: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]) -> np.ndarray:
        """By what is sensed alone."""
        del truth
        told = {name: torch.from_numpy(np.ascontiguousarray(value, np.float32)) for name, value in obs.items()}
        action, self._state = self.brain(told, self._state)
        return action.numpy()


def born(who: str, protocol: str, scene: int, bodies: int, **options: Any) -> tuple[Any, Policy]:
    """The environment with its senses, a map given where none is to be explored, and who acts in it."""
    prepare(render=True)
    senses = {ORACLE: {}, FAIR: dict(zip(("odometry", "place", "belief"), BASELINE, strict=True))}.get(who)
    one = None if senses is not None else animal(who)
    senses = one[0] if one is not None else senses or {}
    told = {"protocol": protocol, "town": True, "scene": scene, **options}
    env: Any = make_vector_env(WorldConfig(id="hidden-goal", options=told, senses=tuple(senses.values())), bodies)
    if "place" in senses and not options.get("explore_s"):  # else it draws its map itself
        number = {name: k for k, name in enumerate(senses)}
        known = {f"{number['place']}.{key.partition('.')[2]}": value for key, value in survey(env).items()}
        if "ground" in senses:
            known[f"{number['ground']}.middle"] = np.zeros(2)
        env.teach(known)
    if one is not None:
        return env, Thinking(one, env)
    return env, Oracle() if who == ORACLE else Dictionary(bodies, REACH_M)


def figures(who: str, protocol: str, scene: int, days: int, options: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What the rows are made of, a number a day; of trials, what trials 2 to 4 were like."""
    found = lived(who, protocol, scene, days, **options)
    later = [[t for t in day if t.number >= 2 and not t.probe] for day in found]
    trials = [t for day in later for t in day]
    return {
        "first": latencies_s(found, 1).tolist(), "second": latencies_s(found, 2).tolist(),
        "fed": [t.found for day in found for t in day if t.number == 1],
        "again": [float(np.mean([t.latency_s if t.found else LIMIT_S for t in day])) for day in later],
        "found": [t.found for t in trials], "straight_m": [t.straight_m for t in trials],
        "path_m": [t.path_m for t in trials],
        "probe": [float(occupancy(t.track_m, t.goal_m[0])[0]) for day in found for t in day if t.probe and t.number],
    }  # fmt: skip


def asked(who: str, scene: int, days: int, slack_m: float) -> list[list[bool]]:
    """`paired`, by session: whether it went to the right place at once, `slack_m` about at the most."""
    found = lived(who, "paired", scene, days)
    sessions = max(t.day for day in found for t in day) + 1
    return [
        [bool(t.found and t.path_m <= t.straight_m + slack_m)
         for day in found for t in day if t.day == session and t.number == 2]
        for session in range(sessions)
    ]  # fmt: skip
