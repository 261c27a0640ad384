"""How fast the bridge is: round trips, one-way streams, pictures, through the rosbridge server in Rust."""

import base64
import io
import json
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from innervate.launch.bench.ros import peers as ros_peers
from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient
from innervate.launch.ros.bridge.messages import bytes_of, header_seconds

JOINT_STATE = "sensor_msgs/msg/JointState"
NAMES = [f"joint_{i}" for i in range(20)]
ROUND_TRIP_HZ, STREAM_HZ, CAMERA_HZ = 200.0, 500.0, 30.0


def joint_state(k: int, rng: np.random.Generator) -> dict[str, Any]:
    """Twenty joints; the first position numbers the message."""
    values = rng.normal(size=(3, 20))
    values[0, 0] = k
    position, velocity, effort = values.tolist()
    return {"header": {"stamp": {"sec": 0, "nanosec": 0}, "frame_id": ""}, "name": NAMES, "position": position,
            "velocity": velocity, "effort": effort}  # fmt: skip


def _paced(n: int, rate_hz: float) -> Any:
    due = time.perf_counter()
    for k in range(n):
        yield k
        due = max(due + 1 / rate_hz, time.perf_counter())
        time.sleep(max(0.0, due - time.perf_counter()))


def _until_discovered(publish: Callable[[], object], heard: Callable[[], bool]) -> None:
    """Nodes find each other in their own time; what is sent before that is lost to all but the network."""
    until = time.monotonic() + 20
    while time.monotonic() < until and not heard():
        publish()
        time.sleep(0.02)
    for _ in range(50):  # the other direction, and both caches
        publish()
        time.sleep(0.02)


def _seen(out: Path) -> list[int]:
    """Numbers that the counting node has written."""
    try:
        return [round(x) for x in json.loads(out.read_text())]
    except FileNotFoundError:  # not yet
        return []


def our_round_trips(uri: str, n: int) -> tuple[list[float], int]:
    """Milliseconds of each, and how many never came back."""
    client = RosbridgeClient(ClientConfig(uri=uri))
    came: dict[int, float] = {}
    news = threading.Event()

    def receive(message: Any, now: float) -> None:
        came[round(message["position"][0])] = time.perf_counter()
        news.set()

    client.subscribe("/joint_states", JOINT_STATE, receive)
    client.advertise("/joint_cmd", JOINT_STATE)
    rng = np.random.default_rng(0)
    _until_discovered(lambda: client.publish("/joint_cmd", joint_state(-1, rng)), lambda: bool(came))
    sent: dict[int, float] = {}
    for k in _paced(n, ROUND_TRIP_HZ):
        news.clear()
        message = joint_state(k, rng)
        sent[k] = time.perf_counter()
        client.publish("/joint_cmd", message)
        while k not in came and news.wait(0.5):
            news.clear()
    client.close()
    trips = [1e3 * (came[k] - sent[k]) for k in sent if k in came]
    return trips, n - len(trips)


def bare_round_trips(uri: str, n: int) -> list[float]:
    """The same through a bare loop of `websockets` and json, which checks nothing and keeps nothing."""
    from websockets.sync.client import connect

    rng = np.random.default_rng(0)
    trips: list[float] = []
    with connect(uri, compression=None, proxy=None) as socket:
        socket.send(json.dumps({"op": "subscribe", "topic": "/joint_states", "type": JOINT_STATE}))
        socket.send(json.dumps({"op": "advertise", "topic": "/joint_cmd", "type": JOINT_STATE}))
        greeting = json.dumps({"op": "publish", "topic": "/joint_cmd", "msg": joint_state(-1, rng)})

        def answered() -> bool:
            try:
                return json.loads(socket.recv(timeout=0.001)).get("op") == "publish"
            except TimeoutError:
                return False

        _until_discovered(lambda: socket.send(greeting), answered)
        for k in _paced(n, ROUND_TRIP_HZ):
            message = joint_state(k, rng)
            began = time.perf_counter()
            socket.send(json.dumps({"op": "publish", "topic": "/joint_cmd", "msg": message}))
            while True:
                answer = json.loads(socket.recv(timeout=5))
                if answer.get("op") == "publish" and answer["msg"]["position"][0] == k:
                    break
            trips.append(1e3 * (time.perf_counter() - began))
    return trips


def round_trips(n: int) -> dict[str, Any]:
    """Ours and the bare loop in turns, through the same server and the same node."""
    domain = ros_peers.any_domain()
    ours: list[float] = []
    bare: list[float] = []
    lost = 0
    with ros_peers.rust_bridge(domain) as (uri, _), ros_peers.node("echo", domain):
        for _ in range(4):
            trips, missing = our_round_trips(uri, n // 4)
            ours += trips
            lost += missing
            bare += bare_round_trips(uri, n // 4)
    return {"ours": ours, "bare": bare, "lost": lost}


def stream(n: int) -> dict[str, Any]:
    """One way at 500 Hz: received of how many, in order, and the share of a processor that our client took."""
    domain = ros_peers.any_domain()
    with tempfile.TemporaryDirectory() as folder, ros_peers.rust_bridge(domain) as (uri, _):
        out = Path(folder) / "seen.json"
        with ros_peers.node("count", domain, str(out)):
            client = RosbridgeClient(ClientConfig(uri=uri))
            client.advertise("/joint_cmd", JOINT_STATE)
            rng = np.random.default_rng(0)
            _until_discovered(lambda: client.publish("/joint_cmd", joint_state(-1, rng)), lambda: -1 in _seen(out))
            messages = [joint_state(k, rng) for k in range(n)]
            cpu, wall = time.process_time(), time.perf_counter()
            passed = sum(client.publish("/joint_cmd", messages[k]) for k in _paced(n, STREAM_HZ))
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            time.sleep(1.5)
            seen = [k for k in _seen(out) if k >= 0]
            # Then as fast as it goes, for two seconds: what is too much is left out here, not there.
            until, asked = time.perf_counter() + 2.0, 0
            while time.perf_counter() < until:
                client.publish("/joint_cmd", messages[asked % n])
                asked += 1
            alive = client.alive() and client.counts["connection lost"] == 0
            client.close()
    return {"asked": n, "passed": passed, "seen": len(seen), "ordered": seen == sorted(seen), "cpu": cpu / wall,
            "flood_asked": asked, "flood_alive": alive}  # fmt: skip


def pictures(seconds: float) -> dict[str, Any]:
    """A compressed camera of 640 x 480 from a node through the server: frames a second, and milliseconds from stamp to
    decoded bytes."""
    from PIL import Image

    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (60, 80, 3), np.uint8)).resize((640, 480))
    data = io.BytesIO()
    coarse.save(data, "JPEG", quality=80)
    domain = ros_peers.any_domain()
    lags: list[float] = []
    numbers: list[int] = []
    with tempfile.TemporaryDirectory() as folder, ros_peers.rust_bridge(domain) as (uri, _):
        path = Path(folder) / "frame.jpg"
        path.write_bytes(data.getvalue())
        with ros_peers.node("camera", domain, str(path), str(CAMERA_HZ)):
            client = RosbridgeClient(ClientConfig(uri=uri, binary=True))

            def receive(message: Any, now: float) -> None:
                stamp_s = header_seconds(message)
                assert stamp_s is not None and bytes_of(message["data"], "data") == data.getvalue()
                numbers.append(int(message["header"]["frame_id"]))
                lags.append(1e3 * (time.time() - stamp_s))

            client.subscribe("/camera/image_raw/compressed", "sensor_msgs/msg/CompressedImage", receive)
            until = time.monotonic() + 20
            while not lags and time.monotonic() < until:
                time.sleep(0.01)
            time.sleep(1.0)
            first, began = len(lags), time.monotonic()
            time.sleep(seconds)
            frames, took = len(lags) - first, time.monotonic() - began
            client.close()
    made = numbers[first + frames - 1] - numbers[first] + 1
    kept = lags[first : first + frames]
    return {"hz": frames / took, "made_hz": made / took, "lags": kept, "bytes": len(base64.b64encode(data.getvalue()))}
