"""Ray: processes on this machine, or the machines of a cluster; the same calls for both."""

import importlib
import socket
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from innervate.agents.evolution.cluster import LOCAL, QUIET, import_ray
from innervate.errors import ConfigError, InnervateError
from innervate.launch.run.manifest import versions

REACHABLE_S = 5.0
RETRIES = 20
"""Deaths of workers or nodes that one job survives; a job that kills every worker must not go on for ever."""


@contextmanager
def connected(address: str | None, processes: int | None) -> Generator[Any]:
    """The library, connected; leaves the cluster afterwards.

    Args:
        address: `host:port` of a running cluster's head, `auto` for the one on this machine; None starts processes on
            this machine alone, reachable from this machine alone.
        processes: How many of these; None for one for each processor. A cluster has its own number.
    """
    ray = import_ray()
    options: dict[str, Any] = {**QUIET}
    if address is None:
        options |= {**LOCAL, "num_cpus": processes}
    else:
        if processes is not None:
            raise ConfigError("--processes belongs to this machine; a cluster at --address has its own number of CPUs.")
        _check_reachable(address)
        options["address"] = address
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        asked = "on this machine" if address is None else f"at {address}"
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(f"No Ray cluster answers {asked}: {reason} Start one with: ray start --head") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    if address == "auto":
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f"--address takes host:port (as in 10.0.0.5:6379) or auto, got {address!r}.")
    try:
        socket.create_connection((host, int(port)), timeout=REACHABLE_S).close()
    except OSError as error:
        raise ConfigError(
            f"Nothing answers at {address} ({error}); is the head running there? It starts with: "
            f"ray start --head --port {port}"
        ) from error


def check_nodes(ray: Any, folder: Path) -> None:
    """Raise unless every node sees `folder` and has the versions of this one: else trials would differ or get lost."""
    token = folder / f".shared-{uuid.uuid4().hex}"
    token.write_text("seen", encoding="utf-8")
    try:
        look = ray.remote(num_cpus=0, max_retries=RETRIES)(_look)
        affinity = importlib.import_module("ray.util.scheduling_strategies").NodeAffinitySchedulingStrategy
        nodes = [node for node in ray.nodes() if node["Alive"]]
        answers = ray.get(
            [look.options(scheduling_strategy=affinity(n["NodeID"], soft=True)).remote(str(token)) for n in nodes]
        )
    finally:
        token.unlink(missing_ok=True)
    mine = versions()
    for node, (seen, theirs) in zip(nodes, answers, strict=True):
        name = node["NodeManagerHostname"]
        if not seen:
            raise ConfigError(
                f"Node {name} does not see {folder}: a sweep's --out must lie on a file system that every node shares."
            )
        for package, version in mine.items():
            if theirs.get(package) != version:
                raise ConfigError(
                    f"Node {name} has {package} {theirs.get(package)}, this machine has {version}; install the same."
                )


def _look(token: str) -> tuple[bool, dict[str, str]]:
    return Path(token).exists(), versions()


@dataclass(frozen=True)
class Outcome:
    """How a job ended: with what it returned, or with a sentence that says why not."""

    value: Any
    failure: str | None


class Jobs:
    """Calls under way on the cluster, by name."""

    def __init__(self, ray: Any, function: Callable[..., Any], *, cpus: int = 1) -> None:
        self._ray = ray
        self._remote = ray.remote(num_cpus=cpus, max_retries=RETRIES)(_guarded)
        self._function, self._cpus = function, cpus
        self._names = dict[Any, str]()

    def submit(self, name: str, *arguments: Any) -> None:
        """Queue a call; a call whose worker or node dies is made again."""
        self._names[self._remote.remote(self._function, *arguments)] = name

    def __len__(self) -> int:
        return len(self._names)

    def hungry(self) -> bool:
        """Whether a CPU may soon be idle; nodes may have joined or left since the last call."""
        return len(self._names) < int(self._ray.cluster_resources().get("CPU", 1)) // self._cpus + 2

    def finished(self, timeout_s: float) -> Iterator[tuple[str, Outcome]]:
        """What has ended, waiting at most so long for the first."""
        done, _ = self._ray.wait(list(self._names), timeout=timeout_s) if self._names else ([], [])
        for reference in done:
            yield self._names.pop(reference), self._outcome(reference)

    def _outcome(self, reference: Any) -> Outcome:
        try:
            answer: Mapping[str, Any] = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[0]
            return Outcome(None, f"its worker died {RETRIES + 1} times: {reason}")
        return Outcome(answer["value"], answer["failure"])


def _guarded(function: Callable[..., Any], *arguments: Any) -> dict[str, Any]:
    """An error (a mistake, a full disk) is an answer; the death of the process is none, and leads to another try."""
    try:
        return {"value": function(*arguments), "failure": None}
    except InnervateError as error:
        return {"value": None, "failure": str(error)}
    except Exception as error:
        return {"value": None, "failure": f"{type(error).__name__}: {error}"}
