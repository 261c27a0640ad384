"""Where to go: to what is remembered, around it in spirals, and over the whole ground where nothing is."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from innervate.errors import ConfigError

from ..controller import Controller
from ..probe import UNTOUCHED, Touch
from ..spec import ControllerSpec, Obs, State

READS = {
    "belief": 2, "belief_spread": 1, "middle": 2, "moved": 1, "remembered": 2, "remembered_familiarity": 1, "touch": 4,
}  # fmt: skip
"""Channels and their sizes; one that is not told is always 0."""
MIRRORED = torch.tensor([-1.0, 1.0])


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Chooses a way point and gives the direction of it: cosine, sine, and how surely, 0 for rest."""

    reach_m: float = 4.0
    """The sweep goes this far from the middle of the ground, along x and y."""
    lane_m: float = 0.75
    """Between two lanes."""
    search_m: float = 1.2
    """How far the spiral goes around what is remembered."""
    spirals: int = 1
    """How often it goes there, outwards and inwards in turn, before it gives up and sweeps."""
    close_m: float = 0.35
    """A way point is reached."""
    carrot_m: float = 0.8
    """It keeps to a lane by going to the point of it that lies so far ahead."""
    most_spread_m: float = 1.5
    """A belief that is spread wider is none: it waits."""
    bump_n: float = 1.0
    """A way point is given up where the front bumper begins to feel more than this."""
    familiar: float = 0.5
    """What is less familiar is not gone to."""

    def build(self, spec: ControllerSpec, generator: torch.Generator) -> "Search":
        """For a body that believes, and remembers."""
        del generator
        if self.spirals < 1:
            raise ConfigError(f"A search goes round what is remembered once or more; spirals={self.spirals} came.")
        if min(self.reach_m, self.lane_m, self.search_m, self.close_m) <= 0:
            raise ConfigError(f"A search has lengths above 0, got {self}.")
        return Search(spec, self)


def lanes(reach_m: float, gap_m: float = 0.75) -> Float[np.ndarray, "point 2"]:
    """Way points there and back over a square about the origin, lane by lane; food of 0.4 m is in none of the gaps."""
    count = math.ceil(2 * reach_m / gap_m) + 1
    points = [(x, y) for k, y in enumerate(np.linspace(-reach_m, reach_m, count))
              for x in ((-reach_m, reach_m) if k % 2 == 0 else (reach_m, -reach_m))]  # fmt: skip
    return np.array(points)


def spiral(radius_m: float, gap_m: float = 0.55) -> Float[np.ndarray, "point 2"]:
    """Way points outwards from the origin."""
    turns = radius_m / gap_m
    angle = np.sqrt(np.linspace(0, 1, max(8, int(10 * turns)))) * 2 * np.pi * turns
    return (gap_m * angle / (2 * np.pi))[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)


class Search(Controller):
    """State, each (batch, 1): `lane`, the way point of the sweep, `onward`, 1 or -1, `side`, -1 where left and right
    are exchanged, so that it begins in the nearest corner; `turn`, the way point of the spiral; `sweeping`, `begun`,
    `touching`.
    Parts: `direction`, `certainty`.
    """

    recurrence = "autonomous"

    def __init__(self, spec: ControllerSpec, config: SearchConfig) -> None:
        super().__init__(spec)
        self.config = config
        for channel in spec.observations:
            if READS.get(channel.name, channel.size) != channel.size:
                wanted = READS[channel.name]
                raise ConfigError(
                    f"A search reads {wanted} numbers as {channel.name!r}; the body tells {channel.size}."
                )
        self._told = {channel.name for channel in spec.observations if channel.name in READS}
        self.register_buffer("sweep", torch.from_numpy(lanes(config.reach_m, config.lane_m)).float())
        out = spiral(config.search_m)
        around = np.concatenate([out if k % 2 == 0 else out[::-1] for k in range(config.spirals)])
        self.register_buffer("spiral", torch.from_numpy(around).float())

    def initial_state(self, batch: int) -> State:
        """Before the first way point."""
        state = {name: torch.zeros(batch, 1) for name in ("lane", "turn", "sweeping", "begun", "touching")}
        return {**state, "onward": torch.ones(batch, 1), "side": torch.ones(batch, 1)}

    def forward(self, obs: Obs, state: State) -> tuple[Float[Tensor, "batch action"], State]:
        """The direction, and how surely."""
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs: Obs, state: State, touch: Touch) -> tuple[Float[Tensor, "batch action"], State]:
        """Way points are left when they are reached, and a spiral that ends gives way to the sweep."""
        like = next(iter(obs.values()))
        told = {n: obs[n] if n in self._told else like.new_zeros(len(like), size) for n, size in READS.items()}
        place, c = told["belief"], self.config
        knows = told["belief_spread"] < c.most_spread_m
        remembers = told["remembered_familiarity"] >= c.familiar
        fresh = told["moved"] > 0.5
        turn = torch.where(fresh, torch.zeros_like(state["turn"]), state["turn"])
        sweeping = torch.where(fresh | (state["begun"] == 0), (~remembers).to(turn), state["sweeping"])
        swept = torch.where(fresh, torch.zeros_like(turn), state["begun"])

        from_middle = (place - told["middle"]).unsqueeze(1)
        around: Tensor = self.get_buffer("spiral")
        lanes: Tensor = self.get_buffer("sweep")
        last = len(lanes) - 1
        corners = torch.stack([lanes[0], lanes[last], lanes[0] * MIRRORED, lanes[last] * MIRRORED])
        nearest = (corners - from_middle).norm(dim=2).argmin(1, keepdim=True)
        forward, as_is = nearest % 2 == 0, nearest < 2
        begins = (sweeping > 0) & (swept != 2) & knows
        lane = torch.where(begins, torch.where(forward, 0.0, float(last)), state["lane"])
        onward = torch.where(begins, torch.where(forward, 1.0, -1.0), state["onward"])
        side = torch.where(begins, torch.where(as_is, 1.0, -1.0), state["side"])
        turned = torch.cat([side, torch.ones_like(side)], 1).unsqueeze(1)
        sweep = lanes * turned + told["middle"].unsqueeze(1)  # (batch, way point, 2)
        swept = torch.where(begins, torch.full_like(swept, 2), torch.where(swept == 0, torch.ones_like(swept), swept))

        touching = told["touch"][:, :1] > c.bump_n
        bumps = touching & (state["touching"] == 0)
        near = (_picked(sweep, lane) - place).norm(dim=1, keepdim=True) < c.close_m
        reached = (sweeping > 0) & knows & (near | bumps)
        beyond = (lane + onward < 0) | (lane + onward > last)
        onward = torch.where(reached & beyond, -onward, onward)
        lane = torch.where(reached, lane + onward, lane)
        to_turn = told["remembered"] + around[turn.long().squeeze(1)]
        near = (to_turn - place).norm(dim=1, keepdim=True) < c.close_m
        circled = (sweeping == 0) & knows & (near | bumps)
        ends = circled & (turn + 1 >= len(around))
        turn = torch.where(circled, (turn + 1).clamp(max=len(around) - 1), turn)
        sweeping = torch.where(ends, torch.ones_like(sweeping), sweeping)

        along = _along(_picked(sweep, (lane - onward).clamp(0, last)), _picked(sweep, lane), place, c.carrot_m)
        target = torch.where(sweeping > 0, along, told["remembered"] + around[turn.long().squeeze(1)])
        way = target - place
        direction = touch.part("direction", way / way.norm(dim=1, keepdim=True).clamp(min=1e-6))
        certainty = touch.part("certainty", knows.to(way))
        given = torch.cat([direction, certainty], 1)
        size = self.spec.action_size
        given = given[:, :size] if size <= 3 else torch.cat([given, given.new_zeros(len(given), size - 3)], 1)
        after = {"lane": lane, "onward": onward, "side": side, "turn": turn, "sweeping": sweeping, "begun": swept}
        after["touching"] = touching.to(turn)
        return given.clamp(-1, 1), after


def _picked(points: Tensor, which: Tensor) -> Tensor:
    """The point of each row that it asks for, (batch, 2)."""
    return points[torch.arange(len(points), device=points.device), which.long().squeeze(1)]


def _along(start: Tensor, end: Tensor, place: Tensor, ahead_m: float) -> Tensor:
    """The point of a line that lies `ahead_m` on from where `place` falls upon it, (batch, 2)."""
    line = end - start
    length = line.norm(dim=1, keepdim=True)
    way = line / length.clamp(min=1e-6)
    gone = ((place - start) * way).sum(1, keepdim=True) + ahead_m
    return torch.where(length > 0, start + way * torch.minimum(gone.clamp(min=0), length), end)
