"""Where it will be a second later, imagined from what it does: by day, and while the lights are out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from innervate.agents.brains.forager import FORAGER, SENSES
from innervate.agents.experience.senses.predict import PredictConfig
from innervate.agents.experience.worlds import action_scale, controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.envs.sight.gl import prepare
from innervate.envs.tasks._hidden.protocols import protocol
from innervate.launch.analysis.recordings.trials import live
from innervate.launch.bench.forage.days import survey

AHEAD_S = 1.0
COURSE = protocol("dark")
Seen = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Of one control step, in rows of bodies: predicted, believed, true place; whether it counts (2 for in the dark)."""


def imagined(scene: int, days: int) -> dict[str, list[float]]:
    """Mean errors (m), a number a day: of `predicted`, and `constant` (it stays where it believes to be), by light."""
    prepare(render=True)
    model = PredictConfig(place="belief", heading="bump_heading", ahead_s=AHEAD_S)
    senses: dict[str, Any] = {**SENSES, "predict": model}
    options = {"protocol": "dark", "town": True, "scene": scene, "probe_s": 1.0}
    env: Any = make_vector_env(WorldConfig(id="hidden-goal", options=options, senses=tuple(senses.values())), days)
    number = {name: k for k, name in enumerate(senses)}
    known = {f"{number['place']}.{key.partition('.')[2]}": value for key, value in survey(env).items()}
    env.teach({**known, f"{number['ground']}.middle": np.zeros(2)})
    brain = FORAGER.build(controller_spec(env), torch.Generator().manual_seed(0))
    state, seen = [brain.initial_state(days)], list[Seen]()
    assert np.allclose(action_scale(env), [[0, 0], [1, 1]])  # what is done is what was given

    @torch.no_grad()
    def act(obs: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray]) -> np.ndarray:
        del truth
        told = {name: torch.from_numpy(np.ascontiguousarray(value, np.float32)) for name, value in obs.items()}
        action, state[0] = brain(told, state[0])
        return action.numpy()

    def watch(obs: Mapping[str, np.ndarray], truth: Mapping[str, np.ndarray], living: np.ndarray) -> None:
        since = truth["latency_s"] - COURSE.dark_from_s
        dark = (truth["number"] >= COURSE.changed_from) & (since > 0) & (since < COURSE.dark_s)
        counts = np.where(living, np.where(dark, 2, 1), 0)
        seen.append((obs["predicted"].copy(), obs["belief"].copy(), truth["position_m"].copy(), counts))

    live(env, act, [1000 * scene + k for k in range(days)], watch)
    ahead = round(AHEAD_S / env.control_step_s)
    env.close()
    predicted, believed, true, counts = (np.array(x) for x in zip(*seen, strict=True))
    jumped = np.linalg.norm(np.diff(true, axis=0), axis=2) > 0.5  # put down elsewhere
    still = np.stack([~jumped[k : k + ahead].any(axis=0) for k in range(len(true) - ahead)])
    found = dict[str, list[float]]()
    for light, mark in (("day", 1), ("dark", 2)):
        for name, guess in (("predicted", predicted), ("constant", believed)):
            off = np.linalg.norm(true[ahead:] - guess[:-ahead], axis=2)
            ok = still & (counts[:-ahead] == mark) & (counts[ahead:] > 0)
            found[f"{name} {light}"] = [float(off[ok[:, i], i].mean()) for i in range(days) if ok[:, i].any()]
    return found
