"""What a control step and a look cost, in processor time."""

import time
from collections.abc import Iterable
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np

from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.envs.engine.make import make_world
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.sight.eye import Eye
from innervate.envs.sight.gl import prepare
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.forage.days import SENSES, survey
from innervate.perception.place.recognisers.spiking_map import SpikingMap

BODIES, STEPS, ROUNDS = 256, 20, 3


def throughput() -> float:
    """Control steps a second of the batch, over those of a loop of `mj_step` on the same model; the best of rounds."""
    env: Any = gym.make_vec("innervate/HiddenGoal-v0", BODIES, "vector_entry_point")
    assert isinstance(env, BodyVectorEnv)
    env.reset(seed=0)
    model, rng = env.world.physics, np.random.default_rng(0)
    bodies = [mujoco.MjData(model) for _ in range(BODIES)]
    for i, body in enumerate(bodies):
        mujoco.mj_setState(model, body, env.engine.state(i), mujoco.mjtState.mjSTATE_INTEGRATION)
    ours, raw = list[float](), list[float]()
    for _ in range(ROUNDS):
        actions = rng.uniform(-1, 1, (STEPS, BODIES, 2)).astype(np.float32)
        began = time.process_time()
        for action in actions:
            env.step(action)
        ours.append(time.process_time() - began)
        began = time.process_time()
        for action in actions:
            for body, motors in zip(bodies, action, strict=True):
                body.ctrl[:] = motors
                mujoco.mj_step(model, body, nstep=env.world.substeps)
        raw.append(time.process_time() - began)
    env.close()
    return min(raw) / min(ours)


def panorama(shadows: bool, looks: int) -> dict[str, float]:
    """Processor time of four looks of 32 x 16 (ms), and the median error of the place they tell (m), by day."""
    prepare(render=True)
    world = make_world("hidden-goal", town=True)
    rng, eye = np.random.default_rng(0), Eye(world, 32, 16, views=4, shadows=shadows)
    axis = np.linspace(-4.2, 4.2, 10)
    grid = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    places = SpikingMap(seed=0)
    places.fit(eye.see(grid, np.zeros(len(grid))))
    here = rng.uniform(-4, 4, (looks, 2))
    began = time.process_time()
    seen = eye.see(here, np.zeros(looks))
    took = time.process_time() - began
    eye.close()
    drive = places.scores(seen).astype(np.float64)
    weight = np.exp(3 * (drive - drive.max(1, keepdims=True)) / drive.std(1, keepdims=True))
    told = weight @ grid / weight.sum(1, keepdims=True)
    return {"ms": 1e3 * took / looks, "error_m": float(np.median(np.linalg.norm(told - here, axis=1)))}


def real_time(life_s: float) -> float:
    """Seconds of life a second of processor time: one body, odometry, and a sense of place by sight at 1 Hz."""
    prepare(render=True)
    config = WorldConfig(id="hidden-goal", options={"town": True}, senses=SENSES[:2])
    env: Any = make_vector_env(config, 1)
    env.teach(survey(env))
    env.reset(seed=0)
    action = np.array([[0.3, 0.32]], np.float32)
    for _ in range(30):
        env.step(action)
    began = time.process_time()
    for _ in range(round(life_s / env.control_step_s)):
        env.step(action)
    took = time.process_time() - began
    env.close()
    return life_s / took


def rows(bench: Bench) -> Iterable[Row]:
    """Throughput, panorama, real time."""
    ratio = bench.once("throughput", throughput)
    yield Row(row="rays and touch, no picture, 256 bodies, against a loop of mj_step", value=ratio, unit="x",
              reach=">= 0.9", holds=ratio >= 0.9)  # fmt: skip
    looks = 20 if bench.quick else 120
    full, cheap = (bench.once(f"panorama {s} {looks}", lambda s=s: panorama(s, looks)) for s in (True, False))
    share = cheap["ms"] / full["ms"]
    near = cheap["error_m"] <= full["error_m"] + 0.03
    yield Row(
        row="panorama of four looks of 32 x 16, without cast shadows", value=cheap["ms"], unit="ms", n=looks,
        peer=f"with shadows {full['ms']:.0f} ms; place error {cheap['error_m']:.2f} m against {full['error_m']:.2f} m",
        reach="a twelfth of the shadowed one, place error within 0.03 m", holds=share <= 1 / 12 and near,
    )  # fmt: skip
    speed = bench.once("real time", lambda: real_time(20.0 if bench.quick else 120.0))
    yield Row(row="one body with a sense of place by sight at 1 Hz", value=speed, unit="x real time",
              reach=">= 30", holds=speed >= 30)  # fmt: skip
