"""A trained swimmer over the bridge, simulation and controller in two processes, against the direct run."""

import dataclasses
import json
import math
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learners.cma import CMAConfig
from innervate.errors import ConfigError
from innervate.launch.bench.ros import peers as ros_peers
from innervate.launch.ros.robot_file import save_robot
from innervate.launch.ros.session.replay import decisions
from innervate.launch.ros.simulated.describe import describe
from innervate.launch.ros.simulated.loading import make_body, make_controller, world_of
from innervate.launch.run.config import EvaluationConfig
from innervate.launch.run.training import train

Way = Literal["embedded", "rust", "rclpy"]


def trained_swimmer(folder: Path, steps: int) -> Path:
    """A run of the worm-wired swimmer, trained for `steps`; the one that is there already, if it is."""
    run, unfinished = folder / f"swimmer-{steps}", folder / f".swimmer-{steps}"
    if not run.exists():
        shutil.rmtree(unfinished, ignore_errors=True)
        train("swim", controller="ncap", learner=CMAConfig(population=8, episodes=1, sigma=1.0, weight_decay=2.0),
              steps=steps, out=unfinished, evaluation=EvaluationConfig(every_steps=0))  # fmt: skip
        unfinished.rename(run)
    return run


def direct(run: Path, seed: int, steps: int) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Observations, actions and rewards of the first control steps, in process."""
    env, controller = make_vector_env(world_of(str(run)), 1), make_controller(str(run))
    seen: list[tuple[np.ndarray, np.ndarray, float]] = []

    def watch(moment: Moment) -> None:
        seen.append((moment.observation[0].copy(), moment.action[0].copy(), float(moment.reward[0])))

    rollout(env, controller, controller.spec, [seed], watch=watch)
    env.close()
    observations, actions, rewards = zip(*seen[:steps], strict=True)
    return np.stack(observations), np.stack(actions), list(rewards)


@contextmanager
def serving(run: Path, way: Way, *options: str) -> Generator[tuple[list[str], dict[str, str], str]]:
    """The simulation of a run, served; yields the arguments that reach it, their environment, and the interpreter."""
    command = [sys.executable, "-m", "innervate", "ros", "serve", str(run), *options]
    here = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with ExitStack() as stack:
        if way == "rclpy":
            domain = ros_peers.any_domain()
            here = {**ros_peers.ros_environment(domain), "PYTHONUNBUFFERED": "1"}
            command[0] = ros_peers.ros_python()
            reach = ["--transport", "rclpy"]
            command += reach
        elif way == "rust":
            uri, _ = stack.enter_context(ros_peers.rust_bridge(ros_peers.any_domain()))
            reach = ["--uri", uri]
            command += ["--attach", uri]
        else:
            port = ros_peers.free_port()
            reach = ["--uri", f"ws://127.0.0.1:{port}"]
            command += ["--port", str(port)]
        stack.enter_context(ros_peers.process(command, here, ready=" Hz ("))
        yield reach, here, command[0]


def drive(run: Path, robot: Path, reach: list[str], environment: Mapping[str, str], python: str, *more: str) -> str:
    """`innervate ros drive` to its end; what it printed."""
    import subprocess

    command = [python, "-m", "innervate", "ros", "drive", str(run), "--robot", str(robot), *reach, *more]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise ConfigError(f"{' '.join(command)} failed: {done.stderr[-1000:]}")
    return done.stdout


def robot_file(run: Path, path: Path, *, lockstep: bool) -> Path:
    """The robot file of a run's body."""
    env, control_step_s = make_body(str(run))
    robot = describe(env, control_step_s, lockstep=lockstep)
    # Compared with the run in process, which is not careful.
    safety = dataclasses.replace(robot.safety, soft_start_s=0.0)
    command = dataclasses.replace(robot.command, rate_per_s=math.inf)
    save_robot(path, dataclasses.replace(robot, pace="state", safety=safety, command=command))
    env.close()
    return path


def _ulps(a: np.ndarray, b: np.ndarray) -> float:
    """Largest difference in units of the last place of a float64."""
    gap = np.abs(a - b) / np.spacing(np.maximum(np.abs(a), np.finfo(float).tiny))
    return float(gap.max())


def lockstep(run: Path, way: Way, seed: int, steps: int) -> dict[str, Any]:
    """Two processes against one: largest differences, the numbers of control steps, steps a second."""
    with tempfile.TemporaryDirectory() as folder:
        robot = robot_file(run, Path(folder) / "robot.json", lockstep=True)
        recording = Path(folder) / "drive.mcap"
        with serving(run, way, "--pace", "lockstep", "--seed", str(seed)) as (reach, environment, python):
            began = time.monotonic()
            drive(run, robot, reach, environment, python, "--steps", str(steps), "--record", str(recording))
            took_s = time.monotonic() - began
        recorded = decisions(recording)
    observations, actions, _ = direct(run, seed, steps)
    seen, done = np.stack([o for _, o, _ in recorded]), np.stack([a for _, _, a in recorded])
    if seen.shape != observations.shape:
        return {"steps": len(seen), "equal": False, "ulps": float("inf"), "took_s": took_s}
    equal = bool((seen == observations).all() and (done == actions).all())
    worst = max(_ulps(observations.astype(float), seen.astype(float)), _ulps(actions, done))
    return {"steps": len(seen), "equal": equal, "ulps": worst, "took_s": took_s}


def real_time(run: Path, seeds: int) -> dict[str, Any]:
    """Returns of whole episodes at real time over the embedded server, and of the same episodes in process."""
    returns: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        robot = robot_file(run, Path(folder) / "robot.json", lockstep=False)
        log = Path(folder) / "log.jsonl"
        with serving(run, "embedded", "--pace", "real", "--seed", "0", "--log", str(log)) as (reach, env, python):
            missed = 0
            for _ in range(seeds):
                said = drive(run, robot, reach, env, python)
                missed += int((re.search(r"(\d+) late", said) or [0, 0])[1])
        lines = [json.loads(line) for line in log.read_text().splitlines()]
    whole = [line for line in lines if line["ended"]]
    returns = [line["return"] for line in whole]
    expected = [sum(direct(run, line["seed"], line["steps"])[2]) for line in whole]
    return {"returns": returns, "expected": expected, "missed": missed}
