"""A recording fed back to its controller, offline: does it still decide the same?"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from innervate.controllers import Controller
from innervate.errors import ConfigError, MissingExtraError
from innervate.launch.ros.bridge.errors import MessageError
from innervate.launch.ros.session.recording import ACTION, OBSERVATION


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

    A recording that was cut short by a kill is read up to its last whole chunk.

    Raises:
        MessageError: the file is no MCAP recording.
    """
    try:
        from mcap.exceptions import McapError
        from mcap.reader import NonSeekingReader
        from mcap_ros2.decoder import DecoderFactory
    except ModuleNotFoundError as error:
        raise MissingExtraError("mcap-ros2-support", "ros") from error
    if not path.is_file():
        raise MessageError(f"There is no recording {path}.")
    with open(path, "rb") as file:
        if file.read(8) != b"\x89MCAP0\r\n":
            raise MessageError(f"{path} is no MCAP file.")
        file.seek(0)
        decoders: dict[int, Any] = {}
        factory = DecoderFactory()
        try:
            for schema, channel, message in NonSeekingReader(file).iter_messages(log_time_order=False):
                if channel.id not in decoders:
                    decoders[channel.id] = factory.decoder_for(channel.message_encoding, schema)
                if decoders[channel.id] is not None:
                    yield channel.topic, message.sequence, decoders[channel.id](message.data)
        except (McapError, EOFError):  # the end of a recording that was killed
            return


def decisions(path: Path) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Step, observation `(size,)` and action `(joint,)` of every control step in which the controller was asked."""
    observations: dict[int, np.ndarray] = {}
    actions: dict[int, np.ndarray] = {}
    for topic, step, message in read_messages(path):
        if topic in (OBSERVATION, ACTION):
            (observations if topic == OBSERVATION else actions)[step] = np.asarray(message.data, np.float64)
    return [(step, observations[step], actions[step]) for step in sorted(observations.keys() & actions.keys())]


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
