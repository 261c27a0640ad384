"""What was where it tasted: a memory of a life beside the body, written by a gate and asked by a cue.

Any memory of `innervate.controllers.memory`. Numbers become bits by a population code, three neighbouring cells a
number, so that one that keeps bits can keep them too, and come back as the middle of the cells that answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from jaxtyping import Float, Int

from innervate.errors import ConfigError
from innervate.sense import Sense
from innervate.signals import Channel

from ....controllers import ControllerSpec
from ....controllers.memories import Holding, MemoryConfig
from ....controllers.memory.ca3 import Ca3Config


@dataclass(frozen=True, kw_only=True)
class RememberedConfig:
    """A memory that lives as long as the body, whatever episodes it lives through."""

    memory: MemoryConfig = field(default_factory=Ca3Config)
    """What keeps it (`innervate list memories`)."""
    content: str = "belief"
    """Channel that is stored."""
    gate: str = "taste"
    """Channel of one number that opens the memory above 0.5."""
    cue: str = "cue"
    """Channel under which is stored and asked; for a body that does not tell it, there is one cue."""
    doubt: str = "belief_spread"
    """Channel above whose `most_doubt` nothing is stored; a body that does not tell it does not doubt."""
    most_doubt: float = 1.5
    ahead: float = 0.0
    """What is stored lies so far (in the content's unit) along `heading` from the content: who touches the edge of food
    has its middle before it."""
    heading: str = "heading"
    """Channel of cosine and sine of where it is headed; read where `ahead` is not 0, for a content of two numbers."""
    half_range: float = 12.0
    """The code reaches from minus this to this, in the content's unit."""
    cells: int = 192
    """Cells for each number."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "Remembered":
        """For a body that tells content and gate. Raises `UnknownNameError` for one that does not."""
        return Remembered(self, spec, num_envs)


class Remembered(Sense):
    """Gives `remembered`, what the cue of now calls up, and `remembered_familiarity`, 0 where nothing does."""

    remembers = "life"

    def __init__(self, config: RememberedConfig, spec: ControllerSpec, num_envs: int) -> None:
        c = self.config = config
        if c.cells < 4 or c.half_range <= 0:
            raise ConfigError(f"A code has 4 cells or more over a range; cells={c.cells}, half_range={c.half_range}.")
        told = {channel.name: channel for channel in spec.observations}
        self._content, gate = spec.channel(c.content), spec.channel(c.gate)
        self._cue, self._doubt = told.get(c.cue), told.get(c.doubt)
        self._heading = spec.channel(c.heading) if c.ahead else None
        if self._heading is not None and (self._heading.size, self._content.size) != (2, 2):
            raise ConfigError(
                f"What lies ahead is stored of a content of 2 numbers by a heading of 2; {c.content!r} has "
                f"{self._content.size} and {c.heading!r} {self._heading.size}: set ahead=0."
            )
        taken = (self._content, gate, self._cue, self._doubt, self._heading)
        self.takes = tuple(x for x in taken if x is not None)
        content = self._content
        self.gives = (
            Channel("remembered", content.size, content.unit, description=f"the {content.name} of then"),
            Channel("remembered_familiarity", 1, "1", 1.0, "how like what was stored the cue is", ("familiarity",)),
        )
        self._cues = self._cue.size if self._cue else 1
        self._centres = (np.arange(c.cells) + 0.5) * 2 * c.half_range / c.cells - c.half_range
        bits = Channel("code", content.size * c.cells, "1", 1.0)
        self.memory = c.memory.build(Channel("cue", self._cues, "1", 1.0), bits, torch.Generator().manual_seed(0))
        self._state = self.memory.empty(num_envs)
        self._asked = np.full((num_envs, self._cues), np.nan)  # asked again where the cue or the memory has changed
        self._found, self._sure = np.zeros((num_envs, content.size)), np.zeros(num_envs)
        self._spikes = np.zeros(num_envs)

    def born(self, ids: Int[np.ndarray, "env"]) -> None:
        """Nothing has been yet."""
        which = torch.zeros(len(self._found), dtype=torch.bool)
        which[torch.as_tensor(ids)] = True
        self._state = self.memory.forget(self._state, which)
        self._asked[ids] = np.nan

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """What was is kept."""
        del rngs
        self._asked[ids] = np.nan

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """Store where the gate opens, then ask."""
        content = values[self._content.name].astype(np.float64)
        cue = values[self._cue.name] if self._cue else np.ones((len(ids), 1))
        opens = values[self.config.gate][:, 0] > 0.5
        if self._doubt is not None:
            opens &= values[self._doubt.name].max(axis=1) <= self.config.most_doubt
        if opens.any():
            if self._heading is not None:
                content = content + self.config.ahead * values[self._heading.name]
            self._store(ids[opens], cue[opens], content[opens])
        changed = (self._asked[ids] != cue).any(axis=1)
        if changed.any():
            self._ask(ids[changed], cue[changed])
        return {"remembered": self._found[ids].copy(), "remembered_familiarity": self._sure[ids, None].copy()}

    def code(self, content: Float[np.ndarray, "env size"]) -> Float[np.ndarray, "env bit"]:
        """Three cells about each number."""
        cell = 2 * self.config.half_range / self.config.cells
        held = np.clip(content, self._centres[1], self._centres[-2])[:, :, None]
        return (np.abs(self._centres - held) < 1.5 * cell).reshape(len(content), -1).astype(np.float32)

    def decoded(self, bits: Float[np.ndarray, "env bit"]) -> Float[np.ndarray, "env size"]:
        """The middle of the active cells of each number; 0 where there are none."""
        active = bits.reshape(len(bits), self._content.size, -1)
        total = active.sum(axis=2)
        return np.where(total > 0, (active * self._centres).sum(axis=2) / np.maximum(total, 1e-9), 0.0)

    def _rows(self, ids: Int[np.ndarray, "env"]) -> dict[str, torch.Tensor]:
        return {name: value[torch.as_tensor(ids)] for name, value in self._state.items()}

    def _put(self, ids: Int[np.ndarray, "env"], rows: Mapping[str, torch.Tensor]) -> None:
        for name, value in rows.items():
            self._state[name][torch.as_tensor(ids)] = value

    def _store(self, ids: Int[np.ndarray, "env"], cue: np.ndarray, content: np.ndarray) -> None:
        cues, bits = torch.as_tensor(cue, dtype=torch.float32), torch.from_numpy(self.code(content))
        self._put(ids, self.memory.store(self._rows(ids), cues, bits))
        self._asked[ids] = np.nan

    def _ask(self, ids: Int[np.ndarray, "env"], cue: np.ndarray) -> None:
        recall = self.memory.recall(self._rows(ids), torch.as_tensor(cue, dtype=torch.float32))
        if self.memory.recall_writes:
            self._put(ids, recall.state)
        self._found[ids] = self.decoded(recall.content.numpy())
        self._sure[ids] = recall.familiarity.numpy() * (recall.content.abs().sum(1) > 0).numpy()
        self._spikes[ids] = recall.spikes.numpy()
        self._asked[ids] = cue

    def snapshot(self) -> dict[str, np.ndarray]:
        """What is held, and what was last called up."""
        held = {f"held/{name}": value.numpy().copy() for name, value in self._state.items()}
        return {**held, **{name: getattr(self, f"_{name}").copy() for name in _KEPT}}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Hold that."""
        self._state = {name: torch.from_numpy(np.array(arrays[f"held/{name}"])) for name in self._state}
        for name in _KEPT:
            getattr(self, f"_{name}")[:] = arrays[name]

    def holdings(self, met: Mapping[str, np.ndarray]) -> dict[str, Holding]:
        """What the cues of now and then call up, as numbers in the content's unit."""
        cues = met[self._cue.name] if self._cue else np.ones((1, 1))
        found = self.memory.holding(self._state, torch.as_tensor(np.array(cues), dtype=torch.float32))
        found = replace(found, cue=self._cue or found.cue)
        return {"remembered": replace(found, content=self._content, answered=self.decoded(found.answered))}

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """How many memories there are, how many were lost, and the spikes of the last question."""
        held, lost = self.memory.held(self._state), self.memory.lost(self._state)
        return {"held": held.numpy().astype(float), "lost": lost.numpy().astype(float), "spikes": self._spikes.copy()}


_KEPT = ("asked", "found", "sure", "spikes")
