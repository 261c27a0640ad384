"""What the bridge records of a drive, read back from its MCAP file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError, MissingExtraError

OBSERVATION, ACTION = "/innervate/observation", "/innervate/action"
"""Topics of what the controller was told, flat, and of what it answered, as fractions of the actuators' limits."""
Decision = tuple[int, Float[np.ndarray, "size"], Float[np.ndarray, "joint"]]
"""The number of a control step, its observation and the action that followed."""


def messages(path: Path) -> Iterator[tuple[str, int, Any]]:
    """Topic, number of the control step and decoded message, in the order of recording.

    A recording that was cut short by a kill is read up to its last whole chunk.

    Raises:
        ConfigError: the file is no MCAP recording.
        MissingExtraError: mcap-ros2-support is not installed.
    """
    try:
        from mcap.exceptions import McapError
        from mcap.reader import NonSeekingReader
        from mcap_ros2.decoder import DecoderFactory
    except ModuleNotFoundError as error:
        raise MissingExtraError("mcap-ros2-support", "ros") from error
    if not path.is_file():
        raise ConfigError(f"There is no recording {path}.")
    with open(path, "rb") as file:
        if file.read(8) != b"\x89MCAP0\r\n":
            raise ConfigError(f"{path} is no MCAP file.")
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


def decisions(path: Path) -> list[Decision]:
    """Every control step in which the controller was asked, in order."""
    observations: dict[int, np.ndarray] = {}
    actions: dict[int, np.ndarray] = {}
    for topic, step, message in messages(path):
        if topic in (OBSERVATION, ACTION):
            (observations if topic == OBSERVATION else actions)[step] = np.asarray(message.data, np.float64)
    return [(step, observations[step], actions[step]) for step in sorted(observations.keys() & actions.keys())]
