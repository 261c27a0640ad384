"""The hippocampal content-addressable memory in spikes: one cue, any content, asked by either.

Casanueva-Morato et al. (2024), see `_ca3_layout`. In mode `paper` plasticity is always on, as published: what is
recalled is written again, and forgetting is incomplete from content to cue. In mode `gated` the synapses learn only
while something is stored (as acetylcholine has it, Hasselmo 2006), and those of a cue that is stored again are cut.
"""

import importlib
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Bool, UInt8
from torch import Tensor

from innervate.errors import ConfigError
from innervate.signals import Channel

from ..memories import MemoryStore, Recall, gates, likeness
from ..spec import State
from ._ca3_layout import CONSTANTS, FREE, GATED, HIGHEST, POPULATIONS, Layout
from ._ca3_network import run
from ._ca3_nir import graph

HOLD_MS, WINDOW_MS = 3, 14
"""How long a memory is held up to be stored, and how long an operation takes: the paper's slower schedule."""


@dataclass(frozen=True, kw_only=True)
class Ca3Config:
    """Spiking key-value memory: exact, one shot, as many memories as there are cues."""

    mode: Literal["gated", "paper"] = "gated"
    """`paper` learns all the time, also from questions; `gated` only while it stores."""
    dentate: bool = False
    """Whether a layer of granule cells stands in front, one winner a memory: then a cue is any pattern, and the nearest
    one that is stored answers."""
    granules: int = 1000
    """Winners of that layer, and memories."""
    levels: int = 0
    """Integer weights: how many steps there are from 0 to the largest; 0 for real numbers."""

    def build(self, cue: Channel, content: Channel, generator: torch.Generator) -> "Ca3":
        """Nothing in it is random."""
        del generator
        if self.granules < 1 or self.levels < 0 or self.mode not in ("gated", "paper"):
            raise ConfigError(f"A memory needs granules >= 1, levels >= 0 and a mode 'gated' or 'paper', got {self}.")
        return Ca3(cue, content, self)


class Ca3(MemoryStore):
    """State: `to_content` (batch, n, m) and `to_cue` (batch, m, n), the plastic weights in nA; `used` (batch, n) bool;
    `lost` (batch,) int64; behind a dentate layer `granules` (batch, n, cue); in mode `paper` the network's own,
    `net/...`.
    """

    contents = "bits"
    by_content = True

    def __init__(self, cue: Channel, content: Channel, config: Ca3Config) -> None:
        super().__init__(cue, content)
        self.config = config
        self.cues = "real" if config.dentate else "one-hot"
        self.layout = Layout(config.granules if config.dentate else cue.size, content.size)
        self.capacity = self.layout.cues
        self.recall_writes = config.mode == "paper"

    def empty(self, batch: int) -> State:
        """All plastic weights 0, the network at rest."""
        n, m = self.layout.cues, self.layout.bits
        state = {
            "to_content": torch.zeros(batch, n, m), "to_cue": torch.zeros(batch, m, n),
            "used": torch.zeros(batch, n, dtype=torch.bool), "lost": torch.zeros(batch, dtype=torch.int64),
        }  # fmt: skip
        if self.config.dentate:
            state["granules"] = torch.zeros(batch, n, self.cue.size)
        if self.recall_writes:
            for name, array in self.layout.dynamics().items():
                state[f"net/{name}"] = torch.from_numpy(array).expand(batch, *array.shape).clone()
        return state

    def store(self, state: State, cue: Tensor, content: Tensor, gate: Tensor | None = None) -> State:
        """Cue and content are held up for 3 ms. A winner that is new is a granule that never won; when all have, the
        memory is refused and counted as lost."""
        write = gates(gate, len(cue)) >= 0.5
        after = {k: v.clone() for k, v in state.items()}
        for row in write.nonzero().squeeze(1).tolist():
            winner, new = self._winner_to_store(state, row, cue[row])
            if winner is None:
                after["lost"][row] += 1
                continue
            if new:
                after["granules"][row, winner] = cue[row]
            after["used"][row, winner] = True
            self._operate(after, row, winner, content[row], HOLD_MS, plastic=True)
        return after

    def recall(self, state: State, cue: Tensor | None = None, content: Tensor | None = None) -> Recall:
        """What is shown for 1 ms calls up the rest. By content: every cue that shares at least one of its bits."""
        self._one_question(cue, content)
        asked = cue if cue is not None else content
        assert asked is not None
        batch, n = len(asked), self.layout.cues
        after = {k: v.clone() for k, v in state.items()} if self.recall_writes else state
        found, under = torch.zeros(batch, self.content.size), torch.zeros(batch, self.cue.size)
        familiarity, spikes = torch.zeros(batch), torch.zeros(batch, dtype=torch.int64)
        for row in range(batch):
            winner, bits = None, None
            if cue is not None:
                winner, familiarity[row] = self._nearest(state, row, cue[row])
                if winner is None:
                    continue
            else:
                bits = asked[row]
            shown, spikes[row] = self._operate(after, row, winner, bits, 1, plastic=self.recall_writes)
            found[row] = shown[n:]
            if self.config.dentate:
                cells = shown[:n].bool()
                under[row] = state["granules"][row, cells].amax(0) if bool(cells.any()) else 0
            else:
                under[row] = shown[:n]
            if cue is None:
                familiarity[row] = float(shown[:n].any())
        return Recall(found, under, familiarity, spikes, after)

    def forget(self, state: State, which: Bool[Tensor, "batch"], cue: Tensor | None = None) -> State:
        """All, or what is under a cue: nothing is stored in its place."""
        if cue is None:
            return super().forget(state, which)
        known = torch.tensor([self._nearest(state, row, cue[row])[1] == 1 for row in range(len(cue))])
        gone = which & known
        after = self.store(state, cue, torch.zeros(len(cue), self.content.size), gone.float())
        for row in gone.nonzero().squeeze(1).tolist():
            winner, _ = self._nearest(state, row, cue[row])
            after["used"][row, winner] = False
            if self.config.dentate:
                after["granules"][row, winner] = 0
        return after

    def held(self, state: State) -> Tensor:
        """Cues in use."""
        return state["used"].sum(1)

    def raster(
        self, state: State, cue: Tensor | None = None, content: Tensor | None = None
    ) -> dict[str, UInt8[np.ndarray, "ms neuron"]]:
        """The spikes of one operation on the first row of `state`, by population (`POPULATIONS`); it changes nothing.

        Cue and content, (1, ...), are held up to be stored; one of them alone, to be asked.
        """
        if cue is None and content is None:
            raise ConfigError("An operation has a cue, a content, or both to be stored: give at least one.")
        stores = cue is not None and content is not None
        winner = None
        if cue is not None:
            winner = self._winner_to_store(state, 0, cue[0])[0] if stores else self._nearest(state, 0, cue[0])[0]
        shown = self._shown(winner, content[0] if content is not None else None, HOLD_MS if stores else 1)
        first = {name: value[:1].clone() for name, value in state.items()}
        dynamics, weights = self._network(first, 0)
        rule, plastic = FREE if self.recall_writes else GATED, stores or self.recall_writes
        # As arrays, a millisecond at a time: who has just fired is refractory.
        live: Any = importlib.import_module("._ca3_plain", __package__).live
        ends, n, m = self.layout.ends, self.layout.cues, self.layout.bits
        fired, output = np.zeros((WINDOW_MS, self.layout.neurons), np.uint8), np.zeros((1, n + m), np.uint8)
        for ms in range(WINDOW_MS):
            told = (part[ms : ms + 1] for part in shown)
            live(n, m, ends, CONSTANTS, *dynamics.values(), *weights, *told, plastic, rule, output)
            fired[ms] = dynamics["refractory"]
        return {name: fired[:, ends[p] : ends[p + 1]] for p, name in enumerate(POPULATIONS)}

    def nir_graph(self, state: State, row: int = 0) -> Any:
        """What one row has learnt as a `nir.NIRGraph` that answers as `recall` does (`_ca3_nir.graph`).

        Raises:
            ConfigError: it learns from questions, which NIR has no word for.
            MissingExtraError: `nir` is not installed.
        """
        if self.recall_writes:
            raise ConfigError(
                "In mode 'paper' a question changes the synapses, and NIR knows no plasticity: export mode 'gated'."
            )
        return graph(state["to_content"][row].numpy(), state["to_cue"][row].numpy(), self.config.levels)

    def _shown(self, winner: int | None, content: Tensor | None, hold_ms: int) -> tuple[np.ndarray, np.ndarray]:
        """Cues and contents as spikes, (ms, n) and (ms, m)."""
        cues = np.zeros((WINDOW_MS, self.layout.cues), np.uint8)
        contents = np.zeros((WINDOW_MS, self.layout.bits), np.uint8)
        if winner is not None:
            cues[:hold_ms, winner] = 1
        if content is not None:
            contents[:hold_ms] = (content > 0.5).numpy()
        return cues, contents

    def _network(self, state: State, row: int) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
        """Dynamics in their order, at rest or where a network that learns all the time was, and the plastic weights:
        views of `state`."""
        dynamics = self.layout.dynamics()
        dynamics = {k: state[f"net/{k}"][row].numpy() if self.recall_writes else v for k, v in dynamics.items()}
        return dynamics, [state[name][row].numpy() for name in ("to_content", "to_cue")]

    def _operate(
        self, state: State, row: int, winner: int | None, content: Tensor | None, hold_ms: int, *, plastic: bool
    ) -> tuple[Tensor, int]:
        """One operation on one row of `state`, in place: what the output shows, (n + m,), and the spikes it cost."""
        cues, contents = self._shown(winner, content, hold_ms)
        dynamics, weights = self._network(state, row)
        rule = FREE if self.recall_writes else GATED
        output, spikes, _ = run(self.layout, dynamics, weights[0], weights[1], cues, contents, plastic, rule)
        if plastic and self.config.levels:
            step = HIGHEST / self.config.levels
            for weight in weights:
                weight[:] = np.rint(weight / step) * step
        return torch.from_numpy(output.any(0)).float(), spikes

    def _nearest(self, state: State, row: int, cue: Tensor) -> tuple[int | None, float]:
        """The winner of what has been stored and how like it the cue is; none where nothing is."""
        used = state["used"][row]
        if not self.config.dentate:
            winner = self._one_hot(cue)
            return (winner, float(used[winner]) if winner is not None else 0.0)
        if not bool(used.any()):
            return None, 0.0
        distance = (state["granules"][row] - cue).norm(dim=1).masked_fill(~used, torch.inf)
        winner = int(distance.argmin())
        return winner, float(likeness(cue, state["granules"][row, winner]))

    def _winner_to_store(self, state: State, row: int, cue: Tensor) -> tuple[int | None, bool]:
        """The cell that a memory goes to and whether it is a new one; none when all have been used."""
        if not self.config.dentate:
            winner = self._one_hot(cue)
            if winner is None:
                raise ConfigError("A cue is one active unit among silent ones; for other patterns set dentate=True.")
            return winner, False
        winner, like = self._nearest(state, row, cue)
        if winner is not None and like == 1:
            return winner, False
        free = ~state["used"][row]
        return (int(free.int().argmax()), True) if bool(free.any()) else (None, False)

    def _one_hot(self, cue: Tensor) -> int | None:
        """The number of the active unit; none where nothing is active."""
        on = (cue > 0.5).nonzero()
        if len(on) > 1:
            raise ConfigError(f"A cue is one active unit, got {len(on)}; for other patterns set dentate=True.")
        return int(on[0]) if len(on) else None
