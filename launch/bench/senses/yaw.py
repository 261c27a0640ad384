"""How fast the vehicle turns, told from its event camera, against its gyroscope."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import mujoco
import numpy as np
import torch
from jaxtyping import Bool, Float64

from innervate.agents.threads import one_thread
from innervate.cameras import Pinhole
from innervate.envs.bodies.vehicle import EYE_FOVY_DEG
from innervate.envs.sight import gl
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.run.statistics import student_interval
from innervate.perception.motion.classical import LucasKanade
from innervate.perception.motion.delays import DelayLayer
from innervate.perception.motion.films import FilmConfig, Motions
from innervate.perception.motion.flow import flow, turn_and_approach
from innervate.perception.motion.learning import learn
from innervate.perception.motion.stream import DelayStream

SIZE, BLOCK, TICK_S = 64, 8, 0.02
CAMERA = Pinhole.of_view(SIZE, SIZE, EYE_FOVY_DEG)
MOTIONS = Motions(12, (0.125, 0.25, 0.5, 1.0, 2.0))
"""Down to 0.11 rad/s of turning, which is 0.125 pixels a tick in the middle of this camera."""
DELAYS, KERNEL = 6, 7
THRESHOLDS = (0.1, 0.2)
"""Of the event camera, natural logarithm of brightness; each way has the one that does best on a drive apart."""
SHARPNESS = 15.0
"""About the places of a block at which something happens."""
SMOOTHING = (0.0, 0.5, 0.7, 0.85)
"""Shares of the last answer that are kept; each way has the one that does best on a drive apart."""
REACH = 0.95


@dataclass(frozen=True)
class Drive:
    """What the camera and the gyroscope told."""

    events: Bool[np.ndarray, "tick 2 row column"]
    gyro_rad_s: Float64[np.ndarray, "tick"]
    """About the upright axis, to the left; mean over the tick."""


def driven(scene: int, seconds: float) -> dict[float, Drive]:
    """One drive in the arena seen by cameras of each threshold.

    The wheels are driven at random: about 0.3 m/s ahead, and turning by 0.7 rad/s.
    """
    from innervate.envs.engine.make import make_world
    from innervate.envs.sight.event_camera import EventCamera
    from innervate.envs.sight.render import Camera

    rng = np.random.default_rng(scene)
    model = make_world("arena", scene=scene, side_m=30.0).model
    data, eye = mujoco.MjData(model), Camera(model, SIZE, SIZE, "eye", shadows=False)
    mujoco.mj_forward(model, data)
    kind = mujoco.mjtState.mjSTATE_INTEGRATION
    cameras = {threshold: EventCamera(threshold=threshold) for threshold in THRESHOLDS}
    state = np.empty(mujoco.mj_stateSize(model, kind))
    mujoco.mj_getState(model, data, state, kind)
    first = eye.draw(state)
    seen = {threshold: camera.begin(first, 0.0) for threshold, camera in cameras.items()}
    gyro, ticks = model.sensor("turn_rate").adr[0] + 2, round(seconds / TICK_S)
    steps, turn = round(TICK_S / model.opt.timestep), 0.0
    events = {threshold: np.zeros((ticks, 2, SIZE, SIZE), bool) for threshold in cameras}
    told = np.zeros(ticks)
    for tick in range(ticks):
        turn += -turn * TICK_S / 0.7 + 0.15 * np.sqrt(2 * TICK_S / 0.7) * rng.standard_normal()
        data.ctrl[:] = 0.3 - turn, 0.3 + turn
        rates = list[float]()
        for _ in range(steps):
            mujoco.mj_step(model, data)
            rates.append(float(data.sensordata[gyro]))
        mujoco.mj_getState(model, data, state, kind)
        picture = eye.draw(state)
        for threshold, camera in cameras.items():
            found, seen[threshold] = camera.see(picture, (tick + 1) * TICK_S, seen[threshold])
            events[threshold][tick, np.where(found.brighter, 0, 1), found.y, found.x] = True
        told[tick] = np.mean(rates)
    eye.close()
    return {threshold: Drive(film, told) for threshold, film in events.items()}


def by_layer(layer: DelayLayer, drive: Drive) -> Float64[np.ndarray, "tick"]:
    """Yaw rates from the evidence of a layer (rad/s)."""
    stream, velocity = DelayStream(layer, SIZE, SIZE), MOTIONS.velocity
    told = np.zeros(len(drive.gyro_rad_s))
    for tick, events in enumerate(drive.events):
        moved, sure = flow(stream.see(events), velocity, BLOCK, SHARPNESS)
        told[tick] = turn_and_approach(moved, sure, CAMERA, TICK_S)[0]
    return told


def by_lucas_kanade(kind: LucasKanade, drive: Drive) -> Float64[np.ndarray, "tick"]:
    """Yaw rates from Lucas and Kanade's flow of blocks, each weighed by its events of the last ticks (rad/s)."""
    moved = np.clip(kind.velocity(drive.events, BLOCK), -4.0, 4.0)
    count = drive.events.sum(axis=1).reshape(len(moved), SIZE // BLOCK, BLOCK, SIZE // BLOCK, BLOCK).sum(axis=(2, 4))
    weight = count.astype(float)
    for tick in range(1, len(weight)):
        weight[tick] += kind.keep * weight[tick - 1]
    return np.array([turn_and_approach(m, w, CAMERA, TICK_S)[0] for m, w in zip(moved, weight, strict=True)])


def smoothed(rate: Float64[np.ndarray, "tick"], keep: float) -> Float64[np.ndarray, "tick"]:
    """A running mean that forgets."""
    out = rate.copy()
    for tick in range(1, len(out)):
        out[tick] = keep * out[tick - 1] + (1 - keep) * rate[tick]
    return out


def agreement(told: Float64[np.ndarray, "tick"], true: Float64[np.ndarray, "tick"]) -> float:
    """Pearson's r; 0 for an answer that never changes."""
    return float(np.corrcoef(told, true)[0, 1]) if told.std() > 0 else 0.0


Way = Callable[[Drive], Float64[np.ndarray, "tick"]]


def one_seed(seed: int, seconds: float, films: int, steps: int) -> dict[str, Any]:
    """Each way with its best setting of a drive apart, on a new drive in another scene."""
    one_thread()
    known, new = driven(1000 + seed, seconds), driven(seed, seconds)
    generator = torch.Generator().manual_seed(seed)
    # Fewer pixels fire in the arena than in the films of the table above, and coarser things move.
    config = FilmConfig(motions=MOTIONS, jump_ticks=16.0, threshold=1.8, octaves=1.5)
    noise = config.films(films, np.random.default_rng(seed))
    layers = dict[str, DelayLayer]()
    for name, delays in (("delays", DELAYS), ("one delay", 1)):
        layers[name] = DelayLayer(len(MOTIONS), delays, KERNEL, generator)
        learn(layers[name], noise, generator, steps=steps)
    layers["pruned"] = layers["delays"].pruned(0.1)
    learn(layers["pruned"], noise, generator, steps=steps // 4)
    ways: dict[str, list[Way]] = {name: [partial(by_layer, layer)] for name, layer in layers.items()}
    ways["Lucas-Kanade"] = [
        partial(by_lucas_kanade, LucasKanade(blur=blur, keep=keep)) for blur in (0.7, 1.0, 2.0) for keep in (0.5, 0.8)
    ]
    true, apart = new[THRESHOLDS[0]].gyro_rad_s, known[THRESHOLDS[0]].gyro_rad_s
    out: dict[str, Any] = {"gyro_sd": float(true.std())}
    for name, kinds in ways.items():
        tried = [
            (way, threshold, keep, smoothed(told, keep))
            for way in kinds for threshold in THRESHOLDS for told in [way(known[threshold])] for keep in SMOOTHING
        ]  # fmt: skip
        way, threshold, keep, told = max(tried, key=lambda one: agreement(one[3], apart))
        gain = float(told @ apart / max(told @ told, 1e-12))
        began = time.process_time()
        answer = smoothed(way(new[threshold]), keep)
        spent = time.process_time() - began
        out[name] = {
            "r": agreement(answer, true), "rmse": float(np.sqrt(np.mean((gain * answer - true) ** 2))), "gain": gain,
            "keep": keep, "threshold": threshold, "ms_a_tick": 1e3 * spent / len(answer),
            "active": float(new[threshold].events.any(axis=1).mean()),
        }  # fmt: skip
    return out


def yaw_rows(bench: Bench) -> Iterator[Row]:
    """New scenes, wheels and weights for every seed."""
    if "ok" not in gl.probe().values():
        yield Row(row="yaw rate of the vehicle from its event camera", value=None, unit="", peer=gl.MEND)
        return
    seeds, budget = bench.seeds or (1 if bench.quick else 3), (8.0, 16, 100) if bench.quick else (15.0, 48, 250)
    runs: list[dict[str, Any]] = []
    for seed in range(seeds):
        runs.append(bench.once(f"yaw {budget} {seed}", partial(one_seed, seed, *budget)))
        bench.say(f"yaw, seed {seed}: {runs[-1]['delays']['r']:.3f}")

    def each(name: str, key: str) -> list[float]:
        return [float(run[name][key]) for run in runs]

    def mean(name: str, key: str) -> float:
        return float(np.mean(each(name, key)))

    others = ("pruned", "one delay", "Lucas-Kanade")
    yield Row(
        row="yaw rate of the vehicle from its event camera, delays learnt on noise: r with the gyroscope",
        value=mean("delays", "r"), unit="r", interval=student_interval(each("delays", "r")), n=seeds,
        peer=", ".join(f"{name} {mean(name, 'r'):.3f}" for name in others)
        + f"; {100 * mean('delays', 'active'):.1f} % of the pixels active a tick of {TICK_S:g} s",
        reach=f"at least {REACH:g}", holds=mean("delays", "r") >= REACH,
    )  # fmt: skip
    apart = [a - b for a, b in zip(each("delays", "r"), each("Lucas-Kanade", "r"), strict=True)]
    interval = student_interval(apart)
    yield Row(
        row="the same, less Lucas-Kanade on counts of events", value=float(np.mean(apart)), unit="r",
        interval=interval, n=seeds,
        peer="ms of CPU a tick: "
        + ", ".join(f"{name} {mean(name, 'ms_a_tick'):.2f}" for name in ("delays", *others))
        + "; Lucas-Kanade with the best of 48 settings",
        reach="above 0 by the interval", holds=None if interval is None else interval[0] > 0,
    )  # fmt: skip
    yield Row(
        row="error of the yaw rate, scaled by a drive apart", value=mean("delays", "rmse"), unit="rad/s",
        interval=student_interval(each("delays", "rmse")), n=seeds,
        peer=", ".join(f"{name} {mean(name, 'rmse'):.3f}" for name in others)
        + f"; always 0 {np.mean([run['gyro_sd'] for run in runs]):.3f}",
    )  # fmt: skip
