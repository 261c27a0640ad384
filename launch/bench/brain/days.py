"""Days that a whole animal lives: built by name, taught a map by daylight, cut where it is asked for."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from innervate.agents.brains.forager import FORAGER, SENSES, plain
from innervate.agents.experience.damaged import DamagedConfig
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers.circuits.brain import BrainConfig
from innervate.controllers.circuits.search import SearchConfig
from innervate.controllers.circuits.sine import SineConfig
from innervate.controllers.probe import Lesion
from innervate.envs.sight.gl import prepare
from innervate.launch.analysis.measures.foraging import Trial, latencies_s, occupancy
from innervate.launch.analysis.recordings.trials import live
from innervate.launch.bench.forage.days import survey

Animal = tuple[dict[str, Any], BrainConfig]
"""Senses by organ, in their order, and the brain."""

LIMIT_S = 120.0


def _sense_cut(organ: str, *lesions: Lesion) -> Animal:
    return {**SENSES, organ: DamagedConfig(sense=SENSES[organ], lesions=lesions)}, FORAGER


def _part_cut(part: str, **changes: Any) -> Animal:
    return dict(SENSES), BrainConfig(parts={**FORAGER.parts, part: replace(FORAGER.parts[part], **changes)})


LESIONS: dict[str, tuple[Animal, str]] = {
    "heading": (_sense_cut("heading", Lesion(name="bump_heading")), "no heading"),
    "odometry": (_sense_cut("odometry", Lesion(name="displaced", kind="frozen")), "its way stands still"),
    "place": (_sense_cut("place", Lesion(name="place_at", kind="noise", severity=3.0)), "3 m of noise"),
    "belief": (_sense_cut("belief", Lesion(name="belief", kind="noise", severity=1.5)), "1.5 m of noise"),
    "memory": (_sense_cut("memory", Lesion(name="remembered_familiarity")), "nothing is familiar"),
    "search": (_part_cut("search", controller=SearchConfig(search_m=0.05, reach_m=0.4)), "no ground to search"),
    "steering": (_part_cut("steering", controller=SineConfig()), "a clock drives the wheels"),
}
"""Organ to the animal without it and what stands in: declared before anything was measured."""

ANIMALS: dict[str, Animal] = {"forager": (dict(SENSES), FORAGER), "all plain": plain()}


def animal(who: str) -> Animal:
    """By name: one of `ANIMALS`, or `forager without ORGAN`."""
    organ = who.removeprefix("forager without ")
    return LESIONS[organ][0] if organ != who else ANIMALS[who]


def lived(one: Animal, protocol: str, scene: int, days: int, **options: Any) -> list[list[Trial]]:
    """Its days, each a life of its own, in the same world and from the same seeds whoever lives them."""
    env, brain = _born(one, protocol, scene, days, **options)
    state = [brain.initial_state(days)]

    @torch.no_grad()
    def act(obs: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]) -> np.ndarray:
        del truth
        told = {name: torch.from_numpy(np.ascontiguousarray(value, np.float32)) for name, value in obs.items()}
        action, state[0] = brain(told, state[0])
        return action.numpy()

    found = live(env, act, [1000 * scene + k for k in range(days)])
    env.close()
    return found


def _born(one: Animal, protocol: str, scene: int, bodies: int, **options: Any) -> tuple[Any, Any]:
    prepare(render=True)
    senses, brain = one
    world = WorldConfig(
        id="hidden-goal", options={"protocol": protocol, "town": True, "scene": scene, **options},
        senses=tuple(senses.values()),
    )  # fmt: skip
    env: Any = make_vector_env(world, bodies)
    number = list(senses).index("place")
    env.teach({f"{number}.{name.partition('.')[2]}": value for name, value in survey(env).items()})
    return env, brain.build(controller_spec(env), torch.Generator().manual_seed(0))


def figures(who: str, protocol: str, scene: int, days: int) -> dict[str, list[Any]]:
    """What the rows are made of, a number a day."""
    found = lived(animal(who), protocol, scene, days)
    later = [[t for t in day if t.number >= 2 and not t.probe] for day in found]
    return {
        "trial_1_s": latencies_s(found, 1).tolist(), "trial_2_s": latencies_s(found, 2).tolist(),
        "later_s": [float(np.mean([t.latency_s if t.found else LIMIT_S for t in day])) for day in later],
        "found": [t.found for day in later for t in day], "straight_m": [t.straight_m for day in later for t in day],
        "path_m": [t.path_m for day in later for t in day],
        "probe": [float(occupancy(t.track_m, t.goal_m[0])[0]) for day in found for t in day if t.probe],
    }  # fmt: skip


def cost(who: str, seconds: int) -> float:
    """Seconds of one body's life for each second of processor time."""
    torch.set_num_threads(1)
    env, brain = _born(animal(who), "dmp", 0, 1)
    flat, _ = env.reset(seed=[0])
    state, spec = brain.initial_state(1), controller_spec(env)
    began = time.process_time()
    for _ in range(round(seconds / env.control_step_s)):
        with torch.no_grad():
            action, state = brain(spec.split(torch.from_numpy(np.asarray(flat, np.float32))), state)
        flat, *_ = env.step(action.numpy())
    took = time.process_time() - began
    env.close()
    return seconds / took
