"""The batched engine against the limit of its physics and against its peers, measured in turn in one run."""

import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from innervate.envs.engine.make import make_world
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.tasks._locomotion import Classic, classic
from innervate.envs.tasks.ant import ANT
from innervate.envs.tasks.humanoid import HUMANOID
from innervate.envs.tasks.swimmer import SWIMMER
from innervate.envs.world import World
from innervate.launch.bench._kit.benchmark import Bench, Part
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench._kit.timing import Timing, interleave, ratio
from innervate.launch.bench.engine import (
    evolution as engine_evolution,
)
from innervate.launch.bench.engine import (
    memory as engine_memory,
)
from innervate.launch.bench.engine import (
    mj_step_loop,
)
from innervate.launch.bench.engine import peers as peers
from innervate.launch.bench.engine import (
    ppo as engine_ppo,
)

_BODIES = {"swimmer": SWIMMER, "ant": ANT, "humanoid": HUMANOID}


def _against_mj_step(bench: Bench) -> Iterable[Row]:
    n = 256
    for body, rules in _BODIES.items():
        title = f"{body}: share of raw mj_step in a C loop, N = {n}"
        if mj_step_loop.compiler() is None:
            yield Row(row=title, value=None, unit="x CPU", peer="no C compiler here", reach=">= 0.95", holds=None)
            continue

        def measure(rules: Classic = rules) -> dict[str, Any]:
            return _timed(bench, _engine_and_loop(classic(rules), n, steps=4 if bench.quick else 10))

        times = bench.once(f"mj_step {body} {n}", measure)
        yield _ratio_row(title, times, "mj_step in C, stock model", "innervate", reach=0.95)


def _engine_and_loop(world: World, n: int, steps: int) -> dict[str, peers.Run]:
    """Both start each round from the same states, shortly after the start, before any body has fallen."""
    actions = peers.block(steps, n, world.model.nu) * world.action_space.high
    env = BodyVectorEnv(world, n, autoreset_mode="SameStep")
    env.reset(seed=0)
    start = env.snapshot()
    loop = mj_step_loop.MjStepLoop(world.model, start["state"], world.substeps)

    def engine() -> None:
        env.restore(start)
        for action in actions:
            env.step(action)

    def c_loop() -> None:
        loop.restart(start["state"])
        loop.step(actions)

    return {"innervate": engine, "mj_step in C, stock model": c_loop}


def _against_envpool(bench: Bench) -> Iterable[Row]:
    worlds: dict[str, Callable[[], World]] = {
        SWIMMER.file: lambda: classic(SWIMMER),
        "swimmer6": lambda: make_world("navigate", n_links=6),
        ANT.file: lambda: classic(ANT),
    }
    for name, make in worlds.items():
        for n, reach in ((256, 1.1), (16, 1.0), (1, 1.5)):
            title = f"{name.removesuffix('.xml')}: against EnvPool, one thread, N = {n}"
            if not peers.available("envpool"):
                yield Row(row=title, value=None, unit="x CPU", peer="pip install 'innervate[bench]'", holds=None)
                continue

            def measure(make: Callable[[], World] = make, name: str = name, n: int = n) -> dict[str, Any]:
                world = make()
                actions = peers.block(_steps(bench, n), n, world.model.nu)
                return _timed(
                    bench, {"innervate": peers.ours(world, n, actions), "EnvPool": peers.envpool(name, n, actions)}
                )

            times = bench.once(f"envpool {name} {n}", measure)
            yield _ratio_row(title, times, "EnvPool", "innervate", reach=reach)


def _against_python_loops(bench: Bench) -> Iterable[Row]:
    for body, n, reach in (("swimmer", 256, 2.2), ("ant", 16, 1.35)):
        rules = _BODIES[body]

        def measure(rules: Classic = rules, n: int = n) -> dict[str, Any]:
            world = classic(rules)
            actions = peers.block(_steps(bench, n), n, world.model.nu)
            return _timed_with_peers(
                bench,
                {"innervate": peers.ours(world, n, actions)},
                {
                    "SyncVectorEnv": lambda: peers.gymnasium_vector("SyncVectorEnv", rules, n, actions),
                    "DummyVecEnv": lambda: peers.sb3_vector("DummyVecEnv", rules, n, actions),
                },
            )

        times = bench.once(f"loops {body} {n}", measure)
        for peer in ("SyncVectorEnv", "DummyVecEnv"):
            yield _ratio_row(f"{body}: against {peer}, N = {n}", times, peer, "innervate", reach=reach)


def _against_processes(bench: Bench) -> Iterable[Row]:
    n = 64

    def measure() -> dict[str, Any]:
        world = classic(SWIMMER)
        actions = peers.block(20 if bench.quick else 60, n, world.model.nu)
        return _timed_with_peers(
            bench,
            {"innervate": peers.ours(world, n, actions, threads=os.cpu_count() or 1)},
            {
                "AsyncVectorEnv": lambda: peers.gymnasium_vector("AsyncVectorEnv", SWIMMER, n, actions),
                "SubprocVecEnv": lambda: peers.sb3_vector("SubprocVecEnv", SWIMMER, n, actions),
            },
        )

    times = bench.once(f"processes {n}", measure)
    for peer in ("AsyncVectorEnv", "SubprocVecEnv"):
        yield _ratio_row(f"swimmer: against {peer}, N = {n}", times, peer, "innervate", reach=3.0, clock="wall")


def _two_threads(bench: Bench) -> Iterable[Row]:
    for task in ("swim", "navigate"):

        def measure(task: str = task) -> dict[str, Any]:
            world = make_world(task, n_links=6)
            actions = peers.block(_steps(bench, 256), 256, world.model.nu)
            return _timed(
                bench, {f"{k} threads": peers.ours(world, 256, actions, threads=k) for k in (1, 2)}
            )  # fmt: skip

        times = bench.once(f"threads {task}", measure)
        yield _ratio_row(f"{task}: two threads, N = 256", times, "1 threads", "2 threads", reach=1.8, clock="wall")


def _cost_against_size(bench: Bench) -> Iterable[Row]:
    sizes = (1, 4, 16, 64, 256, 1024, 4096)

    def measure() -> dict[str, Any]:
        world = make_world("swim", n_links=6)
        contestants: dict[str, peers.Run] = {}
        for n in sizes:
            contestants[str(n)] = peers.ours(world, n, peers.block(_steps(bench, n), n, world.model.nu))
        return _timed(bench, contestants)

    times = bench.once("sizes", measure)
    cost_us = {n: 1e6 * np.array(times[str(n)]["cpu_s"]) / (n * _steps(bench, n)) for n in sizes}
    for n, cost in cost_us.items():
        low, middle, high = np.quantile(cost, [0.25, 0.5, 0.75])
        yield Row(
            row=f"swim: CPU time of one control step, N = {n}", value=float(middle), unit="us",
            interval=(float(low), float(high)), n=len(cost),
        )  # fmt: skip
    linear = float(np.median(cost_us[4096]) / np.median(cost_us[16]))
    yield Row(
        row="swim: cost of one step at N = 4096 over that at N = 16", value=linear, unit="x", n=len(cost_us[16]),
        reach="linear: <= 1.1", holds=linear <= 1.1,
    )  # fmt: skip


def _steps(bench: Bench, n: int) -> int:
    """Control steps in a block: about a quarter of a second (quick) or a second of work."""
    return max(2, (4_000 if bench.quick else 16_000) // max(n, 4))


def _timed(bench: Bench, contestants: Mapping[str, peers.Run]) -> dict[str, Any]:
    bench.say(f"engine: {', '.join(contestants)}")
    return _stored(interleave(contestants, rounds=7))


def _timed_with_peers(
    bench: Bench, own: dict[str, peers.Run], others: Mapping[str, Callable[[], peers.Peer]]
) -> dict[str, Any]:
    made = {name: make() for name, make in others.items()}
    try:
        return _timed(bench, {**own, **{name: peer.run for name, peer in made.items()}})
    finally:
        for peer in made.values():
            peer.close()


def _stored(times: Mapping[str, Timing]) -> dict[str, Any]:
    return {name: {"cpu_s": list(t.cpu_s), "wall_s": list(t.wall_s)} for name, t in times.items()}


def _ratio_row(
    title: str, times: Mapping[str, Any], peer: str, own: str, *, reach: float, clock: str = "cpu"
) -> Row:  # fmt: skip
    """How many times faster `own` is than `peer`, with the other clock's ratio beside it."""
    both = {c: ratio(np.array(times[peer][f"{c}_s"]), np.array(times[own][f"{c}_s"])) for c in ("cpu", "wall")}
    value, interval = both[clock]
    other = "wall" if clock == "cpu" else "cpu"
    return Row(
        row=title, value=value, unit=f"x {clock}", interval=interval, n=len(times[own]["cpu_s"]),
        peer=f"{peer}; {other} ratio {both[other][0]:.2f}", reach=f">= {reach}", holds=value >= reach,
    )  # fmt: skip


PARTS: dict[str, Part] = {
    "mj_step": _against_mj_step,
    "envpool": _against_envpool,
    "loops": _against_python_loops,
    "processes": _against_processes,
    "threads": _two_threads,
    "size": _cost_against_size,
    "ppo": engine_ppo.rows,
    "evolution": engine_evolution.rows,
    "memory": engine_memory.rows,
}
"""Each pair of contestants takes turns, medians of at least seven rounds."""
PEERS = ("envpool", "stable-baselines3", "gymnasium", "mujoco")
