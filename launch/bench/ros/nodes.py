"""ROS 2 nodes that pose as robots in the benchmark and the tests of the bridge; run by the Python that has rclpy.

    python -m innervate.launch.bench.ros.nodes echo | count | camera
"""

import contextlib
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


class Node:
    """rclpy without a word about it where it is not installed."""

    def __init__(self, name: str) -> None:
        self.rclpy: Any = importlib.import_module("rclpy")
        self.messages: Any = importlib.import_module("sensor_msgs.msg")
        self.rclpy.init()
        self.node: Any = self.rclpy.create_node(name)

    def spin(self) -> None:
        """Until told to stop."""
        print("ready", flush=True)
        with contextlib.suppress(KeyboardInterrupt, self.rclpy.executors.ExternalShutdownException):
            self.rclpy.spin(self.node)


def echo() -> None:
    """Sends every JointState on /joint_cmd back on /joint_states."""
    one = Node("echo")
    publisher = one.node.create_publisher(one.messages.JointState, "/joint_states", 10)
    one.node.create_subscription(one.messages.JointState, "/joint_cmd", publisher.publish, 10)
    one.spin()


def count(path: str) -> None:
    """Writes what came on /joint_cmd to a file: how many, and the first element of each position."""
    one = Node("count")
    seen: list[float] = []

    def receive(message: Any) -> None:
        seen.append(message.position[0])

    def write() -> None:
        unfinished = Path(f"{path}.new")
        unfinished.write_text(json.dumps(seen))
        unfinished.replace(path)  # whole, whenever it is read

    one.node.create_subscription(one.messages.JointState, "/joint_cmd", receive, 1000)
    one.node.create_timer(0.25, write)
    one.spin()


def camera(path: str, rate_hz: str) -> None:
    """Publishes the JPEG in a file at a rate, the time of this machine in its header."""
    one = Node("camera")
    publisher = one.node.create_publisher(one.messages.CompressedImage, "/camera/image_raw/compressed", 1)
    message = one.messages.CompressedImage(format="jpeg", data=Path(path).read_bytes())

    def tick() -> None:
        now = time.time_ns()
        message.header.stamp.sec, message.header.stamp.nanosec = now // 10**9, now % 10**9
        message.header.frame_id = str(int(message.header.frame_id or 0) + 1)
        publisher.publish(message)

    one.node.create_timer(1 / float(rate_hz), tick)
    one.spin()


if __name__ == "__main__":
    {"echo": echo, "count": count, "camera": camera}[sys.argv[1]](*sys.argv[2:])
