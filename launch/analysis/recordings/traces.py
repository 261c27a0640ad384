"""Activity of named units over time, from a controller or from an animal: what every method of analysis takes."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from innervate.controllers import Controller
from innervate.errors import ConfigError, InnervateWarning
from innervate.launch.analysis.recordings.recording import Recording

SHORTEST = 20
"""Steps below which nothing is analysed."""


@dataclass(frozen=True)
class Traces:
    """One animal, or one episode."""

    step_s: float
    """Between two rows."""
    neurons: tuple[str, ...]
    activity: Float[np.ndarray, "step neuron"]
    wiring: Float[np.ndarray, "neuron neuron"] | None = None
    """Summed weights of the synapses from column to row, where they are known."""
    origin: str = ""
    """Where it came from, in messages."""
    controller: Controller | None = None
    """What made it, where it can be asked more than it was seen to do."""

    def __post_init__(self) -> None:
        what = f"The recording {self.origin}".rstrip()
        if self.activity.ndim != 2 or self.activity.shape[1] != len(self.neurons):
            raise ConfigError(f"{what} has activity of shape {self.activity.shape} for {len(self.neurons)} names.")
        if len(set(self.neurons)) < len(self.neurons):
            twice = next(n for n in self.neurons if self.neurons.count(n) > 1)
            raise ConfigError(f"{what} has two units named {twice!r}; every unit needs a name of its own.")
        if len(self.neurons) < 2:
            raise ConfigError(f"{what} has {len(self.neurons)} unit; how units go together needs at least two.")
        if len(self.activity) < SHORTEST:
            raise ConfigError(f"{what} has {len(self.activity)} steps; at least {SHORTEST} are needed.")
        bad = np.argwhere(~np.isfinite(self.activity))
        if len(bad):
            row, column = bad[0]
            raise ConfigError(f"{what}: {self.neurons[column]} is {self.activity[row, column]} at step {row}.")
        if not 0 < self.step_s < np.inf:
            raise ConfigError(f"{what} needs a time between two steps above 0 s, got {self.step_s}.")

    @property
    def counts(self) -> bool:
        """Whether all activity is spikes in a step: whole numbers of 0 or more."""
        return bool((self.activity >= 0).all() and (self.activity == np.round(self.activity)).all())

    def moving(self) -> "Traces":
        """Without the units that never change.

        Raises:
            ConfigError: fewer than two are left.
        """
        kept = np.flatnonzero(np.ptp(self.activity, axis=0) > 0)
        wiring = None if self.wiring is None else self.wiring[np.ix_(kept, kept)]
        if len(kept) < 2:
            raise ConfigError(f"The recording {self.origin} holds {len(kept)} units that change; two are needed.")
        names = tuple(self.neurons[i] for i in kept)
        return replace(self, neurons=names, activity=self.activity[:, kept], wiring=wiring)


def of_recording(recording: Recording, origin: str = "", controller: Controller | None = None) -> Traces:
    """What a controller did in an episode, with its wiring where it is a circuit of named neurons."""
    wiring = None
    if recording.wiring is not None:
        place = {name: i for i, name in enumerate(recording.neurons)}
        wiring = np.zeros((len(place), len(place)))
        for (pre, post, kind), weight in recording.wiring[1].items():
            if pre in place and post in place:
                wiring[place[post], place[pre]] += weight
                if kind == "gap":
                    wiring[place[pre], place[post]] += weight
    activity = np.asarray(recording.activity, np.float64)
    return Traces(recording.control_step_s, recording.neurons, activity, wiring, origin, controller)


def common(traces: Sequence[Traces]) -> list[Traces]:
    """All with the units that every one of them has and that change in all, in the first one's order.

    Units that are left out are named in a warning.

    Raises:
        ConfigError: no recording, steps of unequal length, or fewer than two such units.
    """
    if not traces:
        raise ConfigError("There is no recording to analyse.")
    steps = {round(one.step_s, 9) for one in traces}
    if len(steps) > 1:
        raise ConfigError(f"The recordings have steps of {sorted(steps)} s; resample them to one.")
    moving = [one.moving() for one in traces]
    shared = [n for n in moving[0].neurons if all(n in one.neurons for one in moving[1:])]
    if len(shared) < 2:
        raise ConfigError(f"The recordings share {len(shared)} units that change; at least two are needed.")
    left = sorted({n for one in traces for n in one.neurons} - set(shared))
    if left:
        named = ", ".join(left[:8]) + (" ..." if len(left) > 8 else "")
        warnings.warn(
            f"{len(left)} units do not change, or are not in every recording, and are left out: {named}.",
            InnervateWarning, stacklevel=2,
        )  # fmt: skip
    chosen = list[Traces]()
    for one in moving:
        at = [one.neurons.index(n) for n in shared]
        wiring = None if one.wiring is None else one.wiring[np.ix_(at, at)]
        chosen.append(replace(one, neurons=tuple(shared), activity=one.activity[:, at], wiring=wiring))
    return chosen
