"""The few `rosapi` services that clients ask a rosbridge server for, answered by the embedded one."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from innervate.launch.ros.bridge.definitions import canonical
from innervate.launch.ros.bridge.messages import Message, stamp_of
from innervate.launch.ros.bridge.wire import Wire


def offer(server: Wire, known_services: Callable[[], Mapping[str, str]]) -> None:
    """Answer for the server's own topics and services."""

    def topics(request: Message) -> dict[str, Any]:
        known = server.topics()
        return {"topics": list(known), "types": list(known.values())}

    def topic_type(request: Message) -> dict[str, Any]:
        return {"type": server.topics().get(str(request.get("topic")), "")}

    def topics_for_type(request: Message) -> dict[str, Any]:
        wanted = canonical(str(request.get("type")))
        return {"topics": [topic for topic, type_ in server.topics().items() if type_ == wanted]}

    def services(request: Message) -> dict[str, Any]:
        return {"services": list(known_services())}

    def service_type(request: Message) -> dict[str, Any]:
        return {"type": known_services().get(str(request.get("service")), "")}

    def get_time(request: Message) -> dict[str, Any]:
        return {"time": stamp_of(time.time())}

    for handler in (topics, topic_type, topics_for_type, services, service_type, get_time):
        name = "".join(word.capitalize() for word in handler.__name__.split("_"))
        server.offer(f"/rosapi/{handler.__name__}", f"rosapi_msgs/srv/{name}", handler)
