"""A sense with lesions: channels that it gives are silent, noisy, frozen or late; see `Lesion` for the kinds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from innervate.errors import UnknownNameError
from innervate.sense import Sense

from ...controllers import ControllerSpec
from ...controllers.damage import late_steps
from ...controllers.probe import Lesion
from ..learner import WorldConfig
from ..sense import SENSES, SenseConfig
from ._noise import keys, normal
from .worlds import make_vector_env


@dataclass(frozen=True, kw_only=True)
class DamagedConfig:
    """Any sense, damaged."""

    sense: SenseConfig
    lesions: tuple[Lesion, ...] = ()
    """Each of one of its channels, by name."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "Damaged":
        """The sense, with its damage around it. Raises `UnknownNameError` for a channel that it does not give."""
        return Damaged(self.sense.build(spec, num_envs), self.lesions, spec.control_step_s, num_envs)


def damaged_world(world: WorldConfig, lesions: Sequence[Lesion]) -> tuple[WorldConfig, tuple[Lesion, ...]]:
    """The world with those lesions on its senses that name one, or a channel that one gives; and the others.

    A sense's name, as in `--sense`, means all its channels.
    """
    if not (lesions and world.senses):
        return world, tuple(lesions)
    names = [SENSES.name_of(sense) for sense in world.senses]
    env: Any = make_vector_env(world, 1)
    try:
        gives = [[channel.name for channel in sense.gives] for sense in env.senses]
    finally:
        env.close()
    senses, left = list(world.senses), list(lesions)
    for i, (sense, name, channels) in enumerate(zip(world.senses, names, gives, strict=True)):
        mine = [x for x in left if x.name in channels or x.name.replace("_", "-") == name.replace("_", "-")]
        if mine:
            each = [replace(x, name=c) for x in mine for c in ([x.name] if x.name in channels else channels)]
            senses[i] = DamagedConfig(sense=sense, lesions=tuple(each))
            left = [x for x in left if x not in mine]
    return replace(world, senses=tuple(senses)), tuple(left)


class Damaged(Sense):
    """Takes, gives and remembers as the intact sense, which goes on undamaged within."""

    def __init__(self, intact: Sense, lesions: Sequence[Lesion], step_s: float, num_envs: int) -> None:
        self.intact, self.lesions, self._step_s = intact, tuple(lesions), step_s
        sizes = {channel.name: channel.size for channel in intact.gives}
        for lesion in self.lesions:
            if lesion.name not in sizes:
                raise UnknownNameError(f"channel of {type(intact).__name__}", lesion.name, sizes)
        self.takes, self.hears, self.gives = intact.takes, intact.hears, intact.gives
        self.remembers, self.camera, self.views = intact.remembers, intact.camera, intact.views
        back = [late_steps(lesion, step_s) if lesion.kind == "late" else 1 for lesion in self.lesions]
        self._lines = [np.zeros((num_envs, n, sizes[x.name])) for n, x in zip(back, self.lesions, strict=True)]
        self._step, self._key = np.zeros(num_envs, np.int64), np.zeros(num_envs, np.uint64)

    def born(self, ids: Int[np.ndarray, "env"]) -> None:
        """As the intact sense."""
        self.intact.born(ids)

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """The clock of the damage begins too."""
        self.intact.begin(ids, rngs)
        self._key[ids], self._step[ids] = keys(list(rngs)), 0
        for line in self._lines:
            line[ids] = 0

    def looks(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> tuple[Bool[np.ndarray, "env"], Float[np.ndarray, "env"] | None]:
        """As the intact sense."""
        return self.intact.looks(ids, values)

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """What the intact sense gives, damaged while it is time."""
        given = self.intact.sense(ids, values)
        now_s = self._step[ids, None] * self._step_s + 1e-9
        for order, lesion in enumerate(self.lesions):
            whole = np.asarray(given[lesion.name], np.float64)
            hurt = self._hurt(ids, order, lesion, whole)
            given[lesion.name] = np.where((now_s >= lesion.from_s) & (now_s < lesion.to_s), hurt, whole)
        self._step[ids] += 1
        return given

    def _hurt(self, ids: Int[np.ndarray, "env"], order: int, lesion: Lesion, whole: np.ndarray) -> np.ndarray:
        line = self._lines[order]
        if lesion.kind == "silent":
            return whole * (1 - lesion.severity)
        if lesion.kind == "noise":
            count = self._step[ids] * len(self.lesions) + order
            return whole + lesion.severity * normal(self._key[ids], count, whole.shape[1])
        if lesion.kind == "frozen":
            not_yet = (self._step[ids] <= round(lesion.from_s / self._step_s))[:, None]
            line[ids, 0] = np.where(not_yet, whole, line[ids, 0])
            return (1 - lesion.severity) * whole + lesion.severity * line[ids, 0]
        oldest = line[ids, 0].copy()
        line[ids] = np.concatenate([line[ids, 1:], whole[:, None]], axis=1)
        return oldest

    def learnt(self) -> dict[str, np.ndarray]:
        """As the intact sense."""
        return self.intact.learnt()

    def teach(self, arrays: Mapping[str, np.ndarray]) -> None:
        """As the intact sense."""
        self.intact.teach(arrays)

    def snapshot(self) -> dict[str, np.ndarray]:
        """The intact sense's, and the damage's own."""
        own = {f"line/{k}": line.copy() for k, line in enumerate(self._lines)}
        own |= {"step": self._step.copy(), "key": self._key.view(np.int64).copy()}
        return {**{f"intact/{k}": v for k, v in self.intact.snapshot().items()}, **own}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from there."""
        self.intact.restore({k.removeprefix("intact/"): v for k, v in arrays.items() if k.startswith("intact/")})
        for k, line in enumerate(self._lines):
            line[:] = arrays[f"line/{k}"]
        self._step[:] = arrays["step"]
        self._key[:] = np.asarray(arrays["key"]).view(np.uint64)

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """As the intact sense."""
        return self.intact.probes()

    def close(self) -> None:
        """As the intact sense."""
        self.intact.close()
