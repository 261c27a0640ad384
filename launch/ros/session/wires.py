"""The wire that the command line asks for."""

from pathlib import Path
from typing import Literal

from innervate.launch.ros.bridge.wire import Wire
from innervate.launch.ros.robot_file import Robot

Transport = Literal["rosbridge", "rclpy"]


def connect(robot: Robot, transport: Transport = "rosbridge", *, ca: Path | None = None) -> Wire:
    """A connection to the robot as a client."""
    if transport == "rclpy":
        from innervate.launch.ros.bridge.rclpy_wire import RclpyWire

        # What is paced by the robot's state waits for each message; elsewhere a newer one comes soon.
        return RclpyWire("innervate_drive", reliable=robot.pace == "state")
    from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient

    config = ClientConfig(uri=robot.uri, dialect=robot.dialect, ca=ca, allow_topics=robot.allow_topics or ("*",))
    return RosbridgeClient(config)
