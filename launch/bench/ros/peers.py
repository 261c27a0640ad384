"""Real ROS parts to measure against: a rosbridge server, ROS 2 nodes, roslibpy; built apart by `.ci/ros`."""

import os
import random
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from innervate.errors import ConfigError

VARIABLE = "INNERVATE_ROS_PEERS"


def peers() -> Path:
    """The folder that `.ci/ros` built.

    Raises:
        ConfigError: it is not there; the message has the line to type.
    """
    folder = Path(os.environ.get(VARIABLE) or Path.home() / ".cache/innervate/ros-peers")
    if not (folder / ".ready").exists():
        raise ConfigError(f"The real ROS parts are not at {folder}; build them (a minute) with: bash .ci/ros")
    return folder


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def ros_environment(domain: int) -> dict[str, str]:
    """Variables of a ROS 2 process that no other machine, and no other test, hears of.

    PYTHONPATH stays: it may say which innervate is meant. Not by shared memory: processes are killed here, and what
    a killed one holds of it swallows the messages of the next that gets its number.
    """
    gone = ("ROS_", "_ROS", "RMW_", "PYTHONH", "AMENT_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(gone)}
    return {
        **kept, "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST", "ROS_DOMAIN_ID": str(domain), "OMP_NUM_THREADS": "1",
        "FASTDDS_BUILTIN_TRANSPORTS": "UDPv4",
    }  # fmt: skip


def any_domain() -> int:
    """A random ROS domain that nobody is in, below what Linux' ephemeral ports allow."""
    for domain in random.SystemRandom().sample(range(1, 101), 100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first:
            try:
                first.bind(("", 7410 + 250 * domain))  # where a domain's first participant listens
            except OSError:
                continue
        return domain
    raise ConfigError("Every ROS domain of this machine is taken.")


@contextmanager
def process(
    command: Sequence[str], environment: Mapping[str, str], *, ready: str = "", timeout_s: float = 60.0
) -> Generator["subprocess.Popen[str]"]:
    """A process with its own output file; yields when the text `ready` has appeared there, and ends it by its id."""
    with tempfile.NamedTemporaryFile("w+", suffix=".log") as log:
        started = subprocess.Popen(command, env=dict(environment), stdout=log, stderr=subprocess.STDOUT, text=True)
        try:
            until = time.monotonic() + timeout_s
            while ready and ready not in Path(log.name).read_text(errors="replace"):
                if started.poll() is not None or time.monotonic() > until:
                    said = Path(log.name).read_text(errors="replace")[-2000:]
                    raise ConfigError(f"{' '.join(command)[:200]} did not start: {said}")
                time.sleep(0.02)
            yield started
        finally:
            end(started)


def end(started: "subprocess.Popen[Any]") -> None:
    """SIGTERM, and SIGKILL where that does not help."""
    if started.poll() is None:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def rust_bridge_command(port: int, domain: int, home: Path) -> tuple[list[str], dict[str, str]]:
    """Command and environment of the rosbridge server in Rust, with what its wheel needs to run outside of ROS."""
    venv = peers() / "ros"
    (site,) = (venv / "lib").glob("python3.*/site-packages")
    libraries = [str(venv / "lib"), *map(str, sorted(site.glob("ros_*.libs")))]
    libpython = subprocess.run(
        [str(venv / "bin/python"), "-c",
         "import sysconfig, os; print(os.path.join(*map(sysconfig.get_config_var, ('LIBDIR', 'INSTSONAME'))))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    environment = {
        **ros_environment(domain), "LD_LIBRARY_PATH": ":".join(libraries), "LD_PRELOAD": libpython,
        "AMENT_PREFIX_PATH": str(venv), "ROS_DISTRO": "jazzy", "RMW_IMPLEMENTATION": "rmw_fastrtps_cpp",
        "HOME": str(home),
    }  # fmt: skip
    server = site / "rosbridge_server_rs" / "rosbridge_server_rs_jazzy"
    return [str(server), "--bind", f"127.0.0.1:{port}", "--no-rosapi"], environment


@contextmanager
def rust_bridge(domain: int, port: int | None = None) -> Generator[tuple[str, "subprocess.Popen[str]"]]:
    """Address and process of the rosbridge server in Rust."""
    port = port or free_port()
    with tempfile.TemporaryDirectory() as home:
        command, environment = rust_bridge_command(port, domain, Path(home))
        with process(command, environment) as started:
            wait_for_port(port)
            yield f"ws://127.0.0.1:{port}", started


def wait_for_port(port: int, timeout_s: float = 20.0) -> None:
    """Until something listens on loopback; raises `ConfigError` if nothing does."""
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise ConfigError(f"Nothing listens on port {port} after {timeout_s:g} s.")


def ros_python() -> str:
    """The interpreter that has rclpy."""
    return str(peers() / "ros/bin/python")


@contextmanager
def node(name: str, domain: int, *arguments: str) -> Generator["subprocess.Popen[str]"]:
    """A ROS 2 node of `ros_nodes`, in a process of its own."""
    command = [ros_python(), "-m", "innervate.launch.bench.ros.nodes", name, *arguments]
    with process(command, ros_environment(domain), ready="ready") as started:
        yield started
