"""Names of topics and services: relative ones, namespaces, and remappings."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from innervate.launch.ros.bridge.errors import RobotFileError

_NAME = re.compile(r"/?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z0-9_]+)*")


def check_name(name: str, where: str) -> None:
    """Raise `RobotFileError` unless ROS takes `name`; one without a slash in front is relative to the namespace."""
    if not _NAME.fullmatch(name):
        raise RobotFileError(
            f"{where}: {name!r} is no name of ROS: letters, digits, _ and / between them, a letter first."
        )


@dataclass(frozen=True)
class Names:
    """How a robot calls what the robot file, or a simulation, calls otherwise."""

    namespace: str = ""
    """Put before relative names: `left_arm`."""
    remap: Sequence[tuple[str, str]] = ()
    """Names, as they would be without this, and what they are called instead."""

    def __post_init__(self) -> None:
        for name in (*([self.namespace] if self.namespace else []), *(one for pair in self.remap for one in pair)):
            check_name(name, "namespace and remap")
        if len({old for old, _ in self.remap}) < len(self.remap):
            raise RobotFileError("remap gives one name two new ones.")

    def full(self, name: str) -> str:
        """The name on the wire; remapped at most once, so that two names can be exchanged."""
        absolute = self._absolute(name)
        return {self._absolute(old): self._absolute(new) for old, new in self.remap}.get(absolute, absolute)

    def _absolute(self, name: str) -> str:
        if name.startswith("/"):
            return name
        return f"/{self.namespace.strip('/')}/{name}" if self.namespace else f"/{name}"
