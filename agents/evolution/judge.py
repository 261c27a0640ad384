"""Judging parameter sets: one batch of environments, every set with its own share of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int

from ...controllers import Controller
from ...controllers.normaliser import Normaliser
from ...controllers.population import Population
from ...controllers.spec import ControllerSpec
from ..experience.rollout import Moment, rollout
from ..experience.worlds import controller_spec, make_vector_env
from ..learner import Setting
from ..seeds import Streams
from ..threads import one_thread

SEEN_EVERY = 10
"""Control steps between two observations that a normaliser learns from: neighbours tell it the same thing."""


@dataclass(frozen=True)
class Judgement:
    """What parameter sets scored."""

    returns: Float[np.ndarray, "member episode"]
    lengths: Int[np.ndarray, "member episode"]
    seen: Float[np.ndarray, "observation feature"]
    """Observations on the way, for a normaliser; none where the controller has none."""


Buffers = Mapping[str, np.ndarray]
"""What all members share and training changes (normalisers), by name."""


@runtime_checkable
class Judges(Protocol):
    """Something that judges a whole generation."""

    def judge(
        self, members: Float[np.ndarray, "member parameter"], seeds: Sequence[int], buffers: Buffers
    ) -> Judgement:
        """Every member on an episode from each seed."""
        ...

    def close(self) -> None:
        """Free the environments."""
        ...


class Judge:
    """Judges in this process, as one batch."""

    def __init__(self, setting: Setting, members: int, episodes: int) -> None:
        one_thread()
        self._shape = (members, episodes)
        self._env = make_vector_env(setting.world, members * episodes, threads=setting.threads)
        self._spec = controller_spec(self._env)
        self._controller = build(setting, self._spec)
        self._keeps = any(isinstance(m, Normaliser) for m in self._controller.modules())
        self._population: Population | None = None

    def judge(
        self, members: Float[np.ndarray, "member parameter"], seeds: Sequence[int], buffers: Buffers
    ) -> Judgement:
        """Every member on an episode from each seed."""
        own = dict(self._controller.named_buffers())
        for name, value in buffers.items():
            own[name].copy_(torch.as_tensor(value))
        parameters = torch.from_numpy(members).float()
        if self._population is None:
            self._population = Population(self._controller, parameters)
        else:
            self._population.load(parameters)
        seen: list[np.ndarray] = []

        def keep(moment: Moment) -> None:
            if moment.step % SEEN_EVERY == 0:
                seen.append(moment.observation[moment.running].copy())

        watch = keep if self._keeps else None
        episodes = rollout(self._env, self._population, self._spec, list(seeds) * self._shape[0], watch=watch)
        return Judgement(
            episodes.returns.reshape(self._shape),
            episodes.lengths.reshape(self._shape),
            np.concatenate(seen) if seen else np.zeros((0, 0), np.float32),
        )

    def close(self) -> None:
        """Free the environments."""
        self._env.close()


def build(setting: Setting, spec: ControllerSpec) -> Controller:
    """The controller as the run begins."""
    return setting.controller.build(spec, Streams(setting.seed).controller())
