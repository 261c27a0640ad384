"""What a recorded drive says about the real senses, as the randomisation that a simulation trains under."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from innervate.envs.randomisation import Randomisation
from innervate.errors import ConfigError
from innervate.launch.ros.session.recording import AGE, OBSERVATION
from innervate.launch.ros.session.replay import read_messages
from innervate.signals import Channel

MIN_STEPS = 50


def noise_of(values: Float[np.ndarray, "time size"]) -> float:
    """Standard deviation of what is not smooth in a signal, over all its numbers.

    The second difference of white noise has six times its variance; that of a motion much slower than the control
    step nearly none. The median over the numbers leaves a single bad sensor out.
    """
    return float(np.median(np.sqrt(np.mean(np.diff(values, 2, axis=0) ** 2, axis=0) / 6)))


def measured(path: Path | str, ports: Sequence[Channel] | None = None) -> Randomisation:
    """Delay and noise of the observations in a recording of `innervate ros drive --record`.

    The delay is from the 5th to the 95th percentile of the age of the oldest observation at the instant of the
    command: since its header's stamp where the clocks agree, since its arrival otherwise. With `ports` (those of the
    controller, in order) the noise of each is told too. For `gymnasium.make(..., randomisation=measured(path))`.

    Raises:
        ConfigError: too few control steps.
        MessageError: no recording.
    """
    ages: list[float] = []
    seen: list[np.ndarray] = []
    for topic, _, message in read_messages(Path(path)):
        if topic == AGE:
            ages.append(float(message.data))
        elif topic == OBSERVATION:
            seen.append(np.asarray(message.data, np.float64))
    if len(ages) < MIN_STEPS:
        raise ConfigError(f"{path} has {len(ages)} control steps; at least {MIN_STEPS} are needed to measure a delay.")
    low, high = np.percentile(ages, [5, 95])
    noise: dict[str, float] = {}
    if ports is not None:
        columns = np.cumsum([0, *(port.size for port in ports)])
        parts = zip(ports, columns[:-1], columns[1:], strict=True)
        flat = np.stack(seen)
        noise = {port.name: noise_of(flat[:, a:b]) for port, a, b in parts}
    return Randomisation(delay_s=(float(low), float(high)), noise=noise)
