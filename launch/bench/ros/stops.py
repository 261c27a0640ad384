"""The emergency stop pressed at every instant and in every type, drives that are stopped apart, and killed ones."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from innervate.launch.bench.ros.robot import Robot2, Wave, client_of, robot_file, stopped_by
from innervate.launch.ros.bridge.errors import WireError
from innervate.launch.ros.emergency import BOOL, EMPTY, STOP_TYPES
from innervate.launch.ros.robot_file import Robot
from innervate.launch.ros.session.drive import Driver
from innervate.launch.ros.session.ending import SIGNALS, Ending
from innervate.launch.ros.session.link import RobotLink

When = Literal["before", "during", "after"]
WHENS: tuple[When, ...] = ("before", "during", "after")
AFTER_S, REST_S = 0.1, 0.25
"""Of the start, and within which the robot must be at rest after the press."""
TRIGGER = "std_srvs/srv/Trigger"


def pressed(when: When, runs: int, seed: int = 0) -> dict[str, Any]:
    """The stop pressed in `runs` drives for each type: how many went on, and the longest time to the last motion.

    `before`: latched, before the drive is there. `during`: at any time within 50 ms of the begin of its connection.
    `after`: 0.1 s after its first command.
    """
    rng, missed, longest, n = np.random.default_rng(seed), list[str](), 0.0, 0
    fake = Robot2(100.0)
    try:
        for run in range(runs):
            for stop_type in STOP_TYPES:
                moved_s = _one(fake, when, stop_type, float(rng.uniform(0, 0.05)))
                n += 1
                longest = max(longest, moved_s)
                if moved_s > REST_S:
                    missed.append(f"{stop_type} in run {run}")
    finally:
        fake.close()
    return {"runs": n, "missed": missed, "longest_s": longest}


def _one(fake: Robot2, when: When, stop_type: str, delay_s: float) -> float:
    """For how long the robot was told to move after the press; infinite if it was not stopped at all."""
    robot = stopped_by(robot_file(fake.server.uri), stop_type)
    button = client_of(robot)
    button.latch(robot.emergency_stop_topic, stop_type)
    yes = {} if stop_type == EMPTY else {"data": True if stop_type == BOOL else 1}
    at: list[float] = []

    def press() -> None:
        at.append(time.monotonic())
        assert button.publish(robot.emergency_stop_topic, yes)

    if when == "before":
        press()
        time.sleep(0.01)
    timer = threading.Timer(delay_s, press)
    if when == "during":
        timer.start()
    fake.commands = []
    link = RobotLink(robot, client_of(robot))
    try:
        link.first_observation(5.0)
        driver = Driver(Wave(robot.control_step_s), link)
        driver.run(steps=round(AFTER_S / robot.control_step_s) if when == "after" else 1)
        if when == "after":
            press()
        if when == "during":
            timer.join()
        driver.run(steps=driver.result.ticks + round(1.2 * REST_S / robot.control_step_s))
        latched = bool(link.layer.latched)
    finally:
        link.close()
        button.close()
    moving = [t for t, values in fake.commands if any(values)]
    return max(0.0, max(moving, default=0.0) - at[0]) if latched else float("inf")


def two_drives(times: int, seed: int = 0) -> dict[str, Any]:
    """Two drives on one bridge, one is stopped by its service, and either leaves: who stopped, and how long it took."""
    rng, wrong, hung, longest = np.random.default_rng(seed), 0, 0, 0.0
    fake = Robot2(100.0)
    try:
        for _ in range(times):
            robots = [replace(robot_file(fake.server.uri), node=name) for name in ("left", "right")]
            links = [RobotLink(robot, client_of(robot)) for robot in robots]
            hand = client_of(robots[0])
            one = int(rng.integers(2))
            for link in links:
                link.first_observation(5.0)
                Driver(Wave(0.02), link).run(steps=3)
            began = time.monotonic()
            answer = hand.call(links[one].stop_service, TRIGGER, {})
            right = links[one].layer.latched and not links[1 - one].layer.latched
            wrong += not (right and answer.get("message") == f"{links[one].node} stopped")
            goes = int(rng.integers(2))
            links[goes].close()
            stays = links[1 - goes]
            hand.call(stays.stop_service, TRIGGER, {})
            wrong += not stays.layer.latched
            try:
                hand.call(links[goes].stop_service, TRIGGER, {}, 5.0)
                wrong += 1  # nobody is there to answer
            except WireError as error:
                hung += "did not answer" in str(error)
            longest = max(longest, time.monotonic() - began)
            stays.close()
            hand.close()
    finally:
        fake.close()
    return {"wrong": wrong, "hung": hung, "longest_s": longest}


def _driven(robot: Robot) -> None:
    """What `innervate ros drive` does, with a controller that takes no time to load."""
    for number in SIGNALS:  # a shell has its background jobs ignore some, and nohup does
        signal.signal(number, signal.SIG_DFL)
    link = RobotLink(robot, client_of(robot))
    driver = Driver(Wave(robot.control_step_s), link)
    ending = Ending(driver.stop)
    try:
        link.first_observation(5.0)
        driver.run()
    finally:
        ending.closing()
        link.close()
        ending.close()


def killed(number: signal.Signals, times: int, seed: int = 0) -> dict[str, Any]:
    """Drives in processes of their own that get a signal at any time: how many left the robot moving."""
    rng, moving, longest = np.random.default_rng(seed), 0, 0.0
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    fake = Robot2(100.0)
    try:
        for _ in range(times):
            fake.commands = []
            process = context.Process(target=_driven, args=(robot_file(fake.server.uri),))
            process.start()
            _until(lambda: any(any(values) for _, values in fake.commands), 30.0)
            time.sleep(float(rng.uniform(0, 0.3)))
            assert process.pid is not None
            os.kill(process.pid, number)
            told = time.monotonic()
            process.join(10.0)
            if process.is_alive():
                process.kill()
            longest = max(longest, time.monotonic() - told)
            time.sleep(0.05)
            moving += any(fake.commands[-1][1])
    finally:
        fake.close()
    return {"moving": moving, "longest_s": longest}


def _until(ready: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > until:
            raise TimeoutError("the drive did not begin")
        time.sleep(0.005)
