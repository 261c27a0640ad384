"""A recording fed back to its controller, offline: does it still decide the same?"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from innervate.agents.experience import bag
from innervate.agents.experience.bag import Decision, messages
from innervate.controllers import Controller
from innervate.errors import ConfigError
from innervate.launch.ros.bridge.errors import MessageError


@dataclass(frozen=True)
class Difference:
    """What a replay found."""

    steps: int
    """Decisions compared."""
    step: int | None
    """The first that differs; None if none does."""
    text: str


def read_messages(path: Path) -> Iterator[tuple[str, int, Any]]:
    """Topic, number of the control step and decoded message, in the order of recording.

    Raises:
        MessageError: the file is no MCAP recording.
    """
    try:
        yield from messages(path)
    except ConfigError as error:
        raise MessageError(str(error)) from error


def decisions(path: Path) -> list[Decision]:
    """Every control step in which the controller was asked. Raises `MessageError` for what is no recording."""
    try:
        return bag.decisions(path)
    except ConfigError as error:
        raise MessageError(str(error)) from error


@torch.no_grad()
def replay_recording(path: Path, controller: Controller, tolerance: float = 0.0) -> Difference:
    """Run the controller from its initial state on the recorded observations."""
    recorded = decisions(path)
    if not recorded:
        raise ConfigError(f"{path} holds no decisions of a controller.")
    spec, state, largest = controller.spec, controller.initial_state(1), 0.0
    for step, observation, action in recorded:
        if len(observation) != spec.observation_size or len(action) != spec.action_size:
            raise ConfigError(
                f"{path} has {len(observation)} observations and {len(action)} actions; this controller has "
                f"{spec.observation_size} and {spec.action_size}. It is another one."
            )
        flat = torch.from_numpy(observation.astype(np.float32)[None])
        decided, state = controller(spec.split(flat), state)
        again = np.clip(decided.numpy().astype(np.float64), -1.0, 1.0)[0]
        gap = np.abs(again - action)
        largest = max(largest, float(gap.max()))
        if not gap.max() <= tolerance:
            worst = int(gap.argmax())
            text = f"step {step}, action {worst}: recorded {action[worst]!r}, now {again[worst]!r}"
            return Difference(len(recorded), step, f"The first difference is at {text}.")
    return Difference(len(recorded), None, f"{len(recorded)} decisions, all the same (largest difference {largest:g}).")
