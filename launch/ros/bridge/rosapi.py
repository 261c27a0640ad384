"""The services of `rosapi`, which clients ask a rosbridge server for, answered by the embedded one.

What there is none of is answered as empty, so that browsers of robots go on.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from innervate.errors import InnervateError
from innervate.launch.ros.bridge.definitions import DEFINITIONS, SERVICES, canonical, full_text, ros1_name
from innervate.launch.ros.bridge.details import details
from innervate.launch.ros.bridge.messages import Message, stamp_of
from innervate.launch.ros.bridge.shared_names import EMBEDDED, NODE
from innervate.launch.ros.bridge.wire import Handler, Wire


@runtime_checkable
class Census(Protocol):
    """What the server knows of who is there."""

    def services(self) -> Mapping[str, str]:
        """Services with their types."""
        ...

    def actions(self) -> Mapping[str, str]:
        """Actions with their types."""
        ...

    def publishers(self, topic: str) -> list[str]:
        """Names of those that publish on a topic."""
        ...

    def subscribers(self, topic: str) -> list[str]:
        """Names of those that listen to a topic."""
        ...

    def nodes(self) -> list[str]:
        """Names of all."""
        ...

    def topics_of(self, node: str) -> tuple[list[str], list[str]]:
        """What a node publishes, and what it listens to."""
        ...

    def services_of(self, node: str) -> list[str]:
        """What a node offers."""
        ...

    @property
    def parameters(self) -> Mapping[str, str]:
        """With their values."""
        ...


def offer(server: Wire, census: Census) -> None:
    """Answer for the server's own topics, services and clients."""
    for name, answer in (_topics(server, census) | _services(census) | _rest(census)).items():
        kind = "".join(word.capitalize() for word in name.split("_"))
        server.offer(f"/rosapi/{name}", f"rosapi_msgs/srv/{kind}", answer)


def _name(request: Message, key: str) -> str:
    """A name with a slash in front, however it was asked for."""
    value = str(request.get(key, ""))
    return value if value.startswith("/") else f"/{value}"


def _both(stamp: dict[str, int]) -> dict[str, int]:
    """A time under ROS 2's names and ROS 1's, which clients of this server ask for without saying which they mean."""
    return {**stamp, "secs": stamp["sec"], "nsecs": stamp["nanosec"]}


def _asked(request: Message, key: str = "type") -> str:
    return canonical(str(request.get(key, "")))


def _topics(server: Wire, census: Census) -> dict[str, Handler]:
    def of_type(wanted: str) -> list[str]:
        return [topic for topic, type_ in server.topics().items() if type_ == wanted]

    def topics(request: Message) -> dict[str, Any]:
        known = server.topics()
        return {"topics": list(known), "types": list(known.values())}

    def topics_and_raw_types(request: Message) -> dict[str, Any]:
        known = server.topics()
        texts = [full_text(type_) if type_ in DEFINITIONS else "" for type_ in known.values()]
        return {"topics": list(known), "types": list(known.values()), "typedefs_full_text": texts}

    return {
        "topics": topics,
        "topics_and_raw_types": topics_and_raw_types,
        "topic_type": lambda request: {"type": server.topics().get(_name(request, "topic"), "")},
        "topics_for_type": lambda request: {"topics": of_type(_asked(request))},
        "interfaces": lambda request: {"interfaces": sorted(DEFINITIONS)},
        "publishers": lambda request: {"publishers": census.publishers(_name(request, "topic"))},
        "subscribers": lambda request: {"subscribers": census.subscribers(_name(request, "topic"))},
    }


def _services(census: Census) -> dict[str, Handler]:
    def provider(request: Message) -> str:
        return NODE if _name(request, "service") in census.services() else ""

    def of_type(wanted: str) -> list[str]:
        return [name for name, type_ in census.services().items() if ros1_name(type_) == ros1_name(wanted)]

    def action_type(request: Message) -> dict[str, Any]:
        return {"type": census.actions().get(_name(request, "action"), "")}

    return {
        "services": lambda request: {"services": list(census.services())},
        "services_for_type": lambda request: {"services": of_type(str(request.get("type", "")))},
        "service_type": lambda request: {"type": census.services().get(_name(request, "service"), "")},
        "service_node": lambda request: {"node": provider(request)},
        "service_providers": lambda request: {"providers": [NODE] if of_type(str(request.get("service"))) else []},
        "service_host": lambda request: {"host": "localhost" if provider(request) else ""},
        "service_request_details": _side(0),
        "service_response_details": _side(1),
        "action_servers": lambda request: {"action_servers": list(census.actions())},
        "action_type": action_type,
    }


def _side(which: int) -> Handler:
    """Fields of a service's request, or of its response."""

    def answer(request: Message) -> dict[str, Any]:
        type_ = _asked(request).replace("/msg/", "/srv/")
        if type_ not in SERVICES:
            raise InnervateError(f"There is no definition of {type_[:80]} here; of {', '.join(SERVICES)} there is.")
        return {"typedefs": details(type_, SERVICES[type_][which])}

    return answer


def _rest(census: Census) -> dict[str, Handler]:
    def message_details(request: Message) -> dict[str, Any]:
        type_ = _asked(request)
        if type_ not in DEFINITIONS:
            raise InnervateError(f"There is no definition of {type_[:80]} here.")
        return {"typedefs": details(type_, DEFINITIONS[type_])}

    def node_details(request: Message) -> dict[str, Any]:
        node = _name(request, "node")
        publishing, subscribing = census.topics_of(node)
        return {"subscribing": subscribing, "publishing": publishing, "services": census.services_of(node)}

    def parameter(request: Message) -> dict[str, Any]:
        asked = str(request.get("name", "")).rsplit(":", 1)[-1].rsplit(".", 1)[-1]  # ROS 2 asks for /node:name
        value = census.parameters.get(asked if asked.startswith("/") else f"/{asked}")
        fallback = request.get("default_value", request.get("default", ""))
        told = str(fallback) if value is None else json.dumps(value)  # rosapi's values are JSON
        known = value is not None
        return {"value": told, "successful": known, "exists": known, "names": list(census.parameters),
                "reason": "" if known else f"There is no parameter {asked[:80]} here.",
                "global_name": asked if known else ""}  # fmt: skip

    def fixed(request: Message) -> dict[str, Any]:
        return {"successful": False, "reason": "The parameters here cannot be changed."}

    def get_ros_version(request: Message) -> dict[str, Any]:
        return {"version": 2, "distro": EMBEDDED}

    parameters = ("get_param_names", "get_param", "has_param", "search_param")
    rest: dict[str, Callable[[Message], Message]] = dict.fromkeys(parameters, parameter)
    rest |= dict.fromkeys(("set_param", "delete_param"), fixed)
    return {
        **rest,
        "nodes": lambda request: {"nodes": census.nodes()},
        "node_details": node_details,
        "message_details": message_details,
        "get_time": lambda request: {"time": _both(stamp_of(time.time()))},
        "get_ros_version": get_ros_version,
    }
