"""What happens to the robot when clients die, servers go and come back, and the network misbehaves."""

import dataclasses
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import gymnasium as gym
import numpy as np

from innervate.launch.bench.ros import peers as ros_peers
from innervate.launch.bench.ros.latency import JOINT_STATE, joint_state
from innervate.launch.bench.ros.proxy import FAULTS, Proxy
from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient
from innervate.launch.ros.bridge.server import Listen, RosbridgeServer
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.session.link import RobotLink
from innervate.launch.ros.simulated.describe import describe
from innervate.launch.ros.simulated.simulation import Serving, SimulatedRobot

STEP_S, WATCHDOG_S = 0.03, 0.5
_DYING = """
import sys, time
from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient
client = RosbridgeClient(ClientConfig(uri=sys.argv[1]))
client.advertise("/joint_commands", "std_msgs/msg/Float64MultiArray")
while True:
    client.publish("/joint_commands", {"data": [0.5, -0.5]})
    time.sleep(0.02)
"""


class Watched:
    """A swimmer at real time behind a server, and a record of when it was told what and moved how."""

    def __init__(self) -> None:
        self.env = gym.make("innervate/Swim-v0", n_links=3, max_episode_steps=10**9)
        self.server = RosbridgeServer(Listen(port=0))
        self.robot = SimulatedRobot(self.env, self.server, Serving(pace="real", watchdog_s=WATCHDOG_S), STEP_S)
        self.described: Robot = describe(self.env, STEP_S)
        self.heard_s = time.monotonic()
        """When the last command was taken."""
        self.moving_s: list[float] = []
        """How long after the last command it still moved, each time."""
        self._running = True
        receive = self.robot.inbox.receive

        def noted(read: Any, message: Any, now_s: float, goal: Any = None) -> str | None:
            self.heard_s = now_s
            return receive(read, message, now_s, goal)

        self.robot.inbox.receive = noted
        self._threads = [threading.Thread(target=self.robot.run), threading.Thread(target=self._watch)]
        for thread in self._threads:
            thread.start()

    def _watch(self) -> None:
        while self._running:
            self.moving_s.append(time.monotonic() - self.heard_s if self.robot.applied.any() else 0.0)
            time.sleep(0.002)

    def moves(self) -> bool:
        """Whether a command other than rest is applied now."""
        return bool(self.robot.applied.any())

    def close(self) -> None:
        """Stop everything."""
        self._running = False
        self.robot.stop()
        for thread in self._threads:
            thread.join()
        self.server.close()
        self.env.close()


@contextmanager
def watched() -> Generator[Watched]:
    """A `Watched` robot."""
    one = Watched()
    try:
        yield one
    finally:
        one.close()


def _until(condition: Any, timeout_s: float) -> float | None:
    """Seconds until it holds; None if it never did."""
    began = time.monotonic()
    while time.monotonic() - began < timeout_s:
        if condition():
            return time.monotonic() - began
        time.sleep(0.002)
    return None


def killed_clients(times: int) -> list[float]:
    """Seconds from SIGKILL of the client that commands to the robot at rest; infinite where it never was."""
    found: list[float] = []
    with watched() as one:
        for _ in range(times):
            process = subprocess.Popen([sys.executable, "-c", _DYING, one.server.uri])
            _until(one.moves, 20.0)
            time.sleep(0.1)
            process.kill()
            process.wait()
            took = _until(lambda: not one.moves(), 5.0)
            found.append(float("inf") if took is None else took)
    return found


def server_killed() -> dict[str, float]:
    """The Rust server is killed and started again 3 s later: seconds from its return to the first echo, and the
    largest age of a command at the robot's echo afterwards."""
    domain, port = ros_peers.any_domain(), ros_peers.free_port()
    sent: dict[int, float] = {}
    ages: list[float] = []
    back_s = first_s = float("inf")

    def receive(message: Any, now: float) -> None:
        nonlocal first_s
        k = round(message["position"][0])
        if now > back_s and k in sent:
            first_s = min(first_s, now)
            ages.append(now - sent[k])

    rng, period_s = np.random.default_rng(0), 0.02
    with ros_peers.node("echo", domain):
        with ros_peers.rust_bridge(domain, port) as (uri, server):
            client = RosbridgeClient(ClientConfig(uri=uri))
            client.subscribe("/joint_states", JOINT_STATE, receive)
            client.advertise("/joint_cmd", JOINT_STATE)
            stop = threading.Event()

            def command() -> None:
                k = 0
                while not stop.wait(period_s):
                    k += 1
                    message = joint_state(k, rng)
                    sent[k] = time.monotonic()
                    client.publish("/joint_cmd", message)

            thread = threading.Thread(target=command)
            thread.start()
            time.sleep(3.0)
            server.kill()
            server.wait()
        time.sleep(3.0)
        with ros_peers.rust_bridge(domain, port):
            back_s = time.monotonic()
            _until(lambda: len(ages) > 50, 15.0)
            stop.set()
            thread.join()
            client.close()
    return {"streaming_s": first_s - back_s, "oldest_s": max(ages, default=float("inf"))}


def random_faults(n: int, seed: int = 0) -> dict[str, Any]:
    """Faults one after the other on a robot that is being driven: each must end in rest in time, and pass by itself."""
    rng = np.random.default_rng(seed)
    kinds: Counter[str] = Counter()
    lost: list[str] = []
    with watched() as one:
        proxy = Proxy(one.server.port, seed)
        config = ClientConfig(uri=f"ws://127.0.0.1:{proxy.port}", ping_s=(0.5, 1.0), back_off_s=(0.02, 0.1))
        described = dataclasses.replace(one.described, pace="clock")
        link = RobotLink(described, RosbridgeClient(config))
        link.first_observation(5.0)
        stop = threading.Event()

        def drive() -> None:
            while not stop.wait(STEP_S):
                link.act(np.array([0.5, -0.5]))

        driver = threading.Thread(target=drive)
        driver.start()
        _until(one.moves, 5.0)
        one.moving_s.clear()
        for _ in range(n):
            kind = str(rng.choice([*FAULTS, "clock jump"]))
            kinds[kind] += 1
            if kind == "clock jump":
                one.robot.ticks = max(0, one.robot.ticks + int(rng.integers(-3000, 3000)))
            else:
                proxy.begin(kind)  # pyright: ignore[reportArgumentType]
            time.sleep(float(rng.uniform(0.05, 1.2)))
            proxy.end()
            if _until(lambda: one.moves() and not link.stale(time.monotonic()), 10.0) is None:
                lost.append(kind)
        moving = max(one.moving_s)
        stop.set()
        driver.join()
        link.close()
        proxy.close()
    return {"kinds": dict(kinds), "not_recovered": lost, "longest_s": moving}
