"""How far the A1 gets in 10 s, and whether it still stands, under controllers that nothing has trained."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import torch

from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.threads import one_thread
from innervate.controllers import ControllerConfig
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.controllers.circuits.quadruped import QuadrupedConfig
from innervate.controllers.circuits.random import RandomConfig
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval

SPEED_M_S, UPRIGHT = 0.15, 0.9
COMMANDS = (0.4, 0.45, 0.5)


@torch.no_grad()
def walked(config: ControllerConfig, seed: int) -> dict[str, Any]:
    """One episode: speed along x (m/s, until it fell, if it did), return, and whether it stood to the end."""
    one_thread()
    env = make_vector_env(WorldConfig(id="walk"), 1)
    spec = controller_spec(env)
    circuit = config.build(spec, torch.Generator().manual_seed(seed))
    observation, _ = env.reset(seed=seed)
    low, high = env.single_action_space.low, env.single_action_space.high  # pyright: ignore[reportAttributeAccessIssue]
    state, earned, steps = circuit.initial_state(1), 0.0, 0
    while True:
        action, state = circuit(spec.split(torch.as_tensor(observation)), state)
        given = (low + high) / 2 + (high - low) / 2 * np.clip(action.numpy(), -1, 1)
        observation, reward, terminated, truncated, info = env.step(given)
        earned, steps = earned + float(reward[0]), steps + 1
        if terminated[0] or truncated[0]:
            last: dict[str, Any] = info["final_info"]
            break
    env.close()
    return {
        "speed_m_s": float(last["distance_m"][0]) / (steps * spec.control_step_s),
        "upright": not bool(terminated[0]),
        "return": earned,
        "parameters": circuit.parameter_count(),
    }


def untrained_rows(bench: Bench) -> Iterator[Row]:
    """Seeds draw the start of the joints, of the flexors' adaptation, of the net, and of chance."""
    seeds = bench.seeds or 20
    arms = {f"circuit, command {c:g}": partial(_circuit, c) for c in COMMANDS}
    arms |= {"MLP(256, 256)": _net, "random actions": _chance}
    for name, config in arms.items():
        found = [bench.once(f"untrained {name} {s}", partial(walked, config(s), s)) for s in range(seeds)]
        speeds, upright = [f["speed_m_s"] for f in found], float(np.mean([f["upright"] for f in found]))
        bench.say(f"{name}: {np.mean(speeds):.3f} m/s, {upright:.2f} upright")
        judged = name.startswith("circuit")
        yield Row(
            row=f"untrained on the A1, {name}: speed", value=float(np.mean(speeds)), unit="m/s",
            interval=student_interval(speeds), n=seeds,
            peer=f"{upright:.2f} upright after 10 s; return {np.mean([f['return'] for f in found]):.1f} of 333; "
                 f"{found[0]['parameters']} parameters",
            reach=f"{SPEED_M_S} m/s and {UPRIGHT:.0%} upright" if judged else "",
            holds=bool(np.mean(speeds) >= SPEED_M_S and upright >= UPRIGHT) if judged else None,
        )  # fmt: skip


def _circuit(command: float, seed: int) -> ControllerConfig:
    return QuadrupedConfig(command=command, start=seed)


def _net(seed: int) -> ControllerConfig:
    del seed
    return MLPConfig()


def _chance(seed: int) -> ControllerConfig:
    return RandomConfig(seed=seed)
