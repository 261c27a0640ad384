"""Our client and our embedded server over real sockets: loss, return, limits, encryption."""

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect as plain_connect

from innervate.errors import ConfigError, InnervateError
from innervate.launch.ros.bridge.client import ClientConfig, RosbridgeClient
from innervate.launch.ros.bridge.errors import MessageError, WireError
from innervate.launch.ros.bridge.limits import Policy
from innervate.launch.ros.bridge.server import Listen, RosbridgeServer

ARRAY = "std_msgs/msg/Float64MultiArray"


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Poll, for things that another process or thread does in its own time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.005)
    return True


@pytest.fixture
def server() -> Iterator[RosbridgeServer]:
    one = RosbridgeServer(Listen(port=0))
    yield one
    one.close()


def test_topics_and_services_both_ways(server: RosbridgeServer) -> None:
    heard: list[Any] = []
    server.advertise("/state", ARRAY)
    server.subscribe("/cmd", ARRAY, lambda message, now: heard.append(message["data"]))
    server.offer("/double", "x/Double", lambda request: {"value": 2 * request["value"]})
    for binary in (False, True):
        client = RosbridgeClient(ClientConfig(uri=server.uri, binary=binary))
        told: list[Any] = []
        client.subscribe("/state", ARRAY, lambda message, now, told=told: told.append(list(message["data"])))
        assert client.topics() == {"/state": ARRAY, "/cmd": ARRAY}
        assert client.call("/double", "x/Double", {"value": 4}) == {"value": 8}
        with pytest.raises(WireError, match="There is no service /none"):
            client.call("/none", "x/None", {})
        client.publish("/cmd", {"data": [1.5]})
        server.publish("/state", {"data": [0.1, 2.0]})
        assert eventually(lambda told=told: told == [[0.1, 2.0]])
        client.close()
    assert eventually(lambda: heard == [[1.5], [1.5]])


def test_nothing_answers() -> None:
    with pytest.raises(WireError, match=r"No rosbridge answers at ws://127.0.0.1:1 .*innervate ros serve"):
        RosbridgeClient(ClientConfig(uri="ws://127.0.0.1:1"))
    for bad in ("http://x", "ws://", "ws://x:port", "robot"):
        with pytest.raises(ConfigError, match="ws://HOST:PORT"):
            RosbridgeClient(ClientConfig(uri=bad))


def test_a_taken_port_is_said(server: RosbridgeServer) -> None:
    with pytest.raises(WireError, match="cannot be listened on"):
        RosbridgeServer(Listen(port=server.port))


def test_non_finite_messages_never_reach_the_wire(server: RosbridgeServer) -> None:
    heard: list[Any] = []
    server.subscribe("/cmd", ARRAY, lambda message, now: heard.append(message))
    client = RosbridgeClient(ClientConfig(uri=server.uri))
    client.advertise("/cmd", ARRAY)
    for bad in (float("nan"), float("inf")):
        with pytest.raises(MessageError):
            client.publish("/cmd", {"data": [bad]})
    client.publish("/cmd", {"data": [1.0]})
    assert eventually(lambda: len(heard) == 1)
    client.close()


def test_server_lost_and_back_subscriptions_return_and_no_command_waits() -> None:
    server = RosbridgeServer(Listen(port=0))
    port = server.port
    client = RosbridgeClient(ClientConfig(uri=server.uri))
    told: list[float] = []
    client.subscribe("/state", ARRAY, lambda message, now: told.append(message["data"][0]))
    client.advertise("/cmd", ARRAY)
    server.close()
    assert eventually(lambda: not client.alive())
    sent = [client.publish("/cmd", {"data": [float(i)]}) for i in range(20)]
    assert not any(sent)
    heard: list[float] = []
    again = RosbridgeServer(Listen(port=port))
    again.advertise("/state", ARRAY)
    again.subscribe("/cmd", ARRAY, lambda message, now: heard.append(message["data"][0]))
    assert eventually(client.alive)
    assert eventually(lambda: client.publish("/cmd", {"data": [99.0]}) and bool(heard))
    assert eventually(lambda: again.publish("/state", {"data": [7.0]}) and bool(told))
    assert set(heard) == {99.0} and set(told) == {7.0}
    client.close()
    again.close()


def test_a_socket_that_is_gone_is_no_error_but_a_command_not_sent(server: RosbridgeServer) -> None:
    client = RosbridgeClient(ClientConfig(uri=server.uri))
    client.advertise("/cmd", ARRAY)
    connection = client._connection  # pyright: ignore[reportPrivateUsage]
    assert connection is not None
    connection.close_socket()
    client._connection = connection  # pyright: ignore[reportPrivateUsage]  (as the reader has not noticed yet)
    assert client.publish("/cmd", {"data": [1.0]}) is False
    client.close()


def test_a_flood_is_thinned_and_never_ends_the_connection(server: RosbridgeServer) -> None:
    heard: list[Any] = []
    server.subscribe("/cmd", ARRAY, lambda message, now: heard.append(message))
    client = RosbridgeClient(ClientConfig(uri=server.uri, messages_per_s=500.0))
    client.advertise("/cmd", ARRAY)
    passed = sum(client.publish("/cmd", {"data": [0.0] * 20}) for _ in range(5000))
    assert passed < 5000 and client.counts["not sent: too many a second"] == 5000 - passed
    assert eventually(lambda: len(heard) == passed)
    assert client.alive() and client.counts["connection lost"] == 0
    client.close()


def test_a_client_that_does_not_read_costs_others_nothing(server: RosbridgeServer) -> None:
    server.advertise("/state", ARRAY)
    with socket.create_connection(("127.0.0.1", server.port)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        frame = b'{"op":"subscribe","topic":"/state"}'
        deaf.sendall(bytes([0x81, 0x80 | len(frame), 0, 0, 0, 0]) + frame)
        client = RosbridgeClient(ClientConfig(uri=server.uri))
        told: list[Any] = []
        client.subscribe("/state", ARRAY, lambda message, now: told.append(message["data"][0]))
        client.topics()  # the subscription has been read by now
        for i in range(400):
            server.publish("/state", {"data": [float(i)] * 1000})
            time.sleep(0.0005)
        assert eventually(lambda: bool(told) and told[-1] == 399.0)
        client.close()


def test_pages_of_other_origins_are_refused(server: RosbridgeServer) -> None:
    with plain_connect(server.uri, origin="http://localhost:8000", proxy=None):  # pyright: ignore[reportArgumentType]
        pass
    with pytest.raises(InvalidStatus, match="403"):
        plain_connect(server.uri, origin="https://evil.example", proxy=None)  # pyright: ignore[reportArgumentType]


def test_oversized_frames_and_too_many_clients() -> None:
    server = RosbridgeServer(Listen(port=0), Policy(clients=1))
    with plain_connect(server.uri, proxy=None) as first:
        with plain_connect(server.uri, proxy=None) as second:
            assert eventually(lambda: second.close_code is not None or not _open(second))
        first.send('{"op":"publish","topic":"/x","type":"std_msgs/String","msg":{"data":"' + "x" * (5 << 20) + '"}}')
        assert eventually(lambda: not _open(first))
    assert server.alive()
    server.close()


def _open(connection: Any) -> bool:
    try:
        connection.recv(timeout=0.05)
    except TimeoutError:
        return True
    except Exception:
        return False
    return True


def test_topics_outside_the_allow_list_are_never_asked_for(server: RosbridgeServer) -> None:
    client = RosbridgeClient(ClientConfig(uri=server.uri, allow_topics=("/robot/*",)))
    client.subscribe("/robot/state", ARRAY, lambda message, now: None)
    with pytest.raises(WireError, match="not among the allowed"):
        client.subscribe("/other", ARRAY, lambda message, now: None)
    with pytest.raises(WireError, match="not among the allowed"):
        client.advertise("/cmd", ARRAY)
    client.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


def test_encrypted_and_certificates_are_checked(certificate: tuple[Path, Path]) -> None:
    server = RosbridgeServer(Listen(port=0, certificate=certificate[0], key=certificate[1]))
    assert server.uri.startswith("wss://")
    with pytest.raises(WireError, match=r"certificate.*not good.*--ca"):
        RosbridgeClient(ClientConfig(uri=server.uri))
    client = RosbridgeClient(ClientConfig(uri=server.uri, ca=certificate[0]))
    assert client.topics() == {}
    client.close()
    with pytest.raises(WireError):
        RosbridgeClient(ClientConfig(uri=server.uri.replace("wss", "ws"), open_timeout_s=2.0))
    server.close()
    with pytest.raises(ConfigError, match="needs both"):
        RosbridgeServer(Listen(port=0, certificate=certificate[0]))
    with pytest.raises(ConfigError, match="cannot be read"):
        RosbridgeClient(ClientConfig(uri="wss://127.0.0.1:1", ca=certificate[1]))
    assert ssl.HAS_TLSv1_2


def test_ros1_names_on_the_wire(server: RosbridgeServer) -> None:
    seen: list[str] = []
    receive = server.broker.receive
    server.broker.receive = lambda client, frame: (seen.append(str(frame)), receive(client, frame))[1]
    client = RosbridgeClient(ClientConfig(uri=server.uri, dialect="ros1"))
    client.advertise("/js", "sensor_msgs/msg/JointState")
    client.publish("/js", {"header": {"stamp": {"sec": 1, "nanosec": 2}}, "name": ["a"]})
    assert eventually(lambda: len(seen) == 2)
    assert '"sensor_msgs/JointState"' in seen[0] and '{"secs":1,"nsecs":2}' in seen[1]
    client.close()


def test_handlers_answer_in_their_own_time(server: RosbridgeServer) -> None:
    gate = threading.Event()

    def slow(request: Any) -> dict[str, Any]:
        gate.wait(5)
        return {}

    def refuse(request: Any) -> dict[str, Any]:
        raise InnervateError("not today")

    server.offer("/slow", "x/Slow", slow)
    server.offer("/no", "x/No", refuse)
    client = RosbridgeClient(ClientConfig(uri=server.uri))
    with pytest.raises(WireError, match=r"did not answer within 0.1 s"):
        client.call("/slow", "x/Slow", {}, 0.1)
    with pytest.raises(WireError, match="not today"):
        client.call("/no", "x/No", {})
    gate.set()
    client.close()


def test_encrypted_both_ways_at_a_time(certificate: tuple[Path, Path]) -> None:
    """One thread reads while another writes: nothing is lost, nothing changed."""
    server = RosbridgeServer(Listen(port=0, certificate=certificate[0], key=certificate[1]))
    heard: list[float] = []
    told: list[float] = []
    server.advertise("/state", ARRAY)
    server.subscribe("/cmd", ARRAY, lambda message, now: heard.append(message["data"][0]))
    client = RosbridgeClient(ClientConfig(uri=server.uri, ca=certificate[0], ping_s=(20.0, 20.0)))
    client.subscribe("/state", ARRAY, lambda message, now: told.append(message["data"][0]))
    client.advertise("/cmd", ARRAY)
    client.topics()
    sent: list[float] = []
    for i in range(300):
        server.publish("/state", {"data": [float(i)] * 200})
        sent += [float(i)] if client.publish("/cmd", {"data": [float(i)] * 50}) else []
    assert eventually(lambda: len(heard) == len(sent) and bool(told) and told[-1] == 299.0)
    assert heard == sent and told == sorted(told), client.last_problem
    assert client.counts["connection lost"] == 0, client.last_problem
    client.close()
    server.close()
