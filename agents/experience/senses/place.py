"""Which of the places that it knows this is, by sight or by another channel, and where that place lies.

A recogniser of `innervate.perception.place` on a panorama, lined up by the heading. For the first `learn_s` of a life
each new place is imprinted where odometry says it lies; after that the map stays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from innervate.errors import ConfigError
from innervate.sense import VIEW, Sense
from innervate.signals import Channel

from ....controllers import ControllerSpec
from ....perception.place.percept import RECOGNISERS, Recogniser


@dataclass(frozen=True, kw_only=True)
class PlaceConfig:
    """What it looks at, how often, with which recogniser, and how it comes by its map."""

    recogniser: str = "pixels"
    """A recogniser by name (`innervate list recognisers`); `spiking-map` needs the extra [place]."""
    channel: str = ""
    """What it recognises places by: empty for a picture, or a channel evenly around the body, such as `ray`."""
    every_s: float = 1.0
    """Time between two looks."""
    camera: tuple[int, int] = (32, 16)
    """Width and height of a look in pixels."""
    views: int = 4
    """Looks around, side by side; 1 for straight ahead alone."""
    places: int = 100
    """Most that the map holds."""
    spacing_m: float = 0.7
    """Least distance of a new place from those that are known."""
    learn_s: float = 180.0
    """For how long places are imprinted, from the beginning of a life; a body that is put down elsewhere stops too."""
    far: float = 8.0
    """Largest number of a channel that is told apart from larger ones (m, of rays)."""
    least_contrast: float = 1.0
    """Standard deviation of a picture, in grey levels of 255, below which there is nothing to see: no place is active,
    with no confidence, and none is imprinted."""
    sharpness: float = 3.0
    """How much more the place counts whose score is a standard deviation higher: exp of this."""

    def build(self, spec: ControllerSpec, num_envs: int) -> "PlaceSense":
        """For a body, and the odometry before it if there is one."""
        return PlaceSense(self, spec, num_envs)


class PlaceSense(Sense):
    """Gives `place` (activity of every place, of sum 1), `place_at` (m, in the frame of the odometry that mapped it),
    `place_confidence` and `place_age_s` (since the last look; large before the first). While odometry draws the map,
    the body is where odometry says, with a confidence of 1. Where there is nothing to see no place is active, the
    confidence is 0, and `place_at` stays.
    """

    remembers = "life"

    def __init__(self, config: PlaceConfig, spec: ControllerSpec, num_envs: int) -> None:
        c = self.config = config
        if c.every_s <= 0 or c.places < 2 or c.views < 1:
            raise ConfigError(
                f"A sense of place looks every so often, with one look or more, and knows 2 places or more; every_s="
                f"{c.every_s}, views={c.views} and places={c.places} came."
            )
        RECOGNISERS[c.recogniser]  # a mistake in the name is told here
        told = {channel.name: channel for channel in spec.observations}
        self._sight = not c.channel
        self._every = max(1, round(c.every_s / spec.control_step_s))
        self._learn = round(c.learn_s / spec.control_step_s)
        self._step_s = spec.control_step_s
        self._north = next((name for name in ("heading", "compass") if name in told), None)
        if self._sight:
            self.camera, self.views = c.camera, c.views
            first, size = Channel(VIEW, 1), (c.camera[1], c.camera[0] * c.views, 3)
        else:
            first = spec.channel(c.channel)
            size = (8, 4 * first.size, 3)
        helpers = [name for name in (self._north, "displaced", "moved") if name is not None and name in told]
        self.takes = (first, *(told[name] for name in helpers))
        self.gives = (
            Channel("place", c.places, "1", 1.0, "activity of the places it knows, in the order in which it met them"),
            Channel("place_at", 2, "m", None, "where the active places lie, on its own map", ("along x", "along y")),
            Channel("place_confidence", 1, "1", 1.0, "how far the best place stands out, 1 while it draws its map",
                    ("confidence",)),
            Channel("place_age_s", 1, "s", None, "since it last looked", ("age of the percept",)),
        )  # fmt: skip
        n = num_envs
        self._pictures = np.zeros((n, c.places, *size), np.uint8)
        self._at = np.zeros((n, c.places, 2))
        self._known, self._lived = np.zeros(n, np.int64), np.zeros(n, np.int64)
        self._since = np.zeros(n, np.int64)
        self._step, self._mapping = np.zeros(n, np.int64), np.zeros(n, bool)
        self._active, self._best, self._sure = np.zeros((n, c.places)), np.zeros((n, 2)), np.zeros(n)
        self._recognisers: list[Recogniser | None] = [None] * n
        self._taught: dict[str, np.ndarray] = {}

    def born(self, ids: Int[np.ndarray, "env"]) -> None:
        """It knows nothing, or what it was taught."""
        self._known[ids], self._lived[ids], self._mapping[ids] = 0, 0, True
        if self._taught:
            k = len(self._taught["at"])
            self._pictures[ids, :k], self._at[ids, :k] = self._taught["pictures"], self._taught["at"]
            self._known[ids], self._mapping[ids] = k, False
        for i in ids:
            self._recognisers[i] = None

    def begin(self, ids: Int[np.ndarray, "env"], rngs: Sequence[np.random.Generator]) -> None:
        """It has not looked yet; the map is kept, and not drawn further in a day whose frame is another."""
        del rngs
        self._mapping[ids] &= self._lived[ids] == 0
        self._step[ids], self._since[ids] = 0, 10**6
        self._active[ids], self._best[ids], self._sure[ids] = 0.0, 0.0, 0.0

    def looks(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> tuple[Bool[np.ndarray, "env"], Float[np.ndarray, "env"] | None]:
        """Now and then, and at once where it has just been put down; the head turns north."""
        due = self._step[ids] % self._every == 0
        if "moved" in values:
            due = due | (values["moved"][:, 0] > 0.5)
        return due, None if self._north is None else -_angle(values[self._north])

    def sense(
        self, ids: Int[np.ndarray, "env"], values: Mapping[str, np.ndarray]
    ) -> dict[str, Float[np.ndarray, "env _"]]:
        """Recognise and imprint where it looked; else what it saw last, older by a step."""
        due, turn = self.looks(ids, values)
        moved = values["moved"][:, 0] > 0.5 if "moved" in values else np.zeros(len(ids), bool)
        self._mapping[ids] &= ~(moved & (self._lived[ids] > 0)) & (self._lived[ids] < self._learn)
        for row in np.flatnonzero(due).tolist():
            i = int(ids[row])
            picture = values[VIEW][row] if self._sight else self._drawn(values, row, turn)
            seen = picture.std() >= self.config.least_contrast
            if seen:
                self._recognise(i, picture)
            else:
                self._active[i], self._sure[i] = 0.0, 0.0
            if "displaced" in values and self._mapping[i]:
                self._best[i], self._sure[i] = values["displaced"][row], 1.0
                if seen:
                    self._imprint(i, picture, values["displaced"][row].astype(np.float64))
            self._since[i] = 0
        age = np.minimum(self._since[ids] * self._step_s, 1e3)
        self._step[ids] += 1
        self._lived[ids] += 1
        self._since[ids] += 1
        return {
            "place": self._active[ids].copy(), "place_at": self._best[ids].copy(),
            "place_confidence": self._sure[ids, None].copy(), "place_age_s": age[:, None],
        }  # fmt: skip

    def _drawn(self, values: Mapping[str, np.ndarray], row: int, turn: np.ndarray | None) -> UInt8[np.ndarray, "h w 3"]:
        """A channel evenly around the body as a picture, from north counter-clockwise, smooth between its numbers."""
        around = values[self.takes[0].name][row].astype(np.float64)
        around = np.clip(np.where(around < 0, self.config.far, around), 0, self.config.far) / self.config.far
        n = len(around)
        at = (np.arange(4 * n) / 4 + (0.0 if turn is None else float(turn[row]) * n / (2 * np.pi))) % n
        low, share = np.floor(at).astype(int), at % 1.0
        line = (1 - share) * around[low % n] + share * around[(low + 1) % n]
        return np.broadcast_to(np.round(255 * line)[None, :, None], (8, 4 * n, 3)).astype(np.uint8)

    def _imprint(self, i: int, picture: np.ndarray, at: Float[np.ndarray, "2"]) -> None:
        k = int(self._known[i])
        way = self._at[i, :k] - at
        if k == self.config.places or (k and (way * way).sum(axis=1).min() < self.config.spacing_m**2):
            return
        self._pictures[i, k], self._at[i, k] = picture, at
        self._known[i] = k + 1
        self._recognisers[i] = None

    def _recognise(self, i: int, picture: np.ndarray) -> None:
        k = int(self._known[i])
        if k < 2:
            return
        recogniser = self._recognisers[i]
        if recogniser is None:
            recogniser = self._recognisers[i] = RECOGNISERS[self.config.recogniser]()
            recogniser.fit(self._pictures[i, :k])
        scores = recogniser.scores(picture[None])
        row = scores[0].astype(np.float64)
        spread = row.std()
        weight = np.exp(self.config.sharpness * (row - row.max()) / spread) if spread > 0 else np.ones(k)
        weight /= weight.sum()
        self._active[i] = 0.0
        self._active[i, :k] = weight
        self._best[i] = (weight[:, None] * self._at[i, :k]).sum(axis=0)
        self._sure[i] = float(recogniser.confidence(scores)[0])

    def learnt(self) -> dict[str, np.ndarray]:
        """The first body's map: `pictures` (place, height, width, 3), `at` (place, 2)."""
        k = int(self._known[0])
        return {"pictures": self._pictures[0, :k].copy(), "at": self._at[0, :k].copy()}

    def teach(self, arrays: Mapping[str, np.ndarray]) -> None:
        """A map for every life that begins from now on. Raises `ConfigError` for one of another size."""
        pictures = np.asarray(arrays["pictures"])
        if len(pictures) > self.config.places or pictures.shape[1:] != self._pictures.shape[2:]:
            raise ConfigError(
                f"A map of pictures {pictures.shape} does not fit a sense of {self.config.places} places that sees "
                f"{self._pictures.shape[2:]}; set places, camera and views as they were when it was learnt."
            )
        self._taught = {"pictures": pictures, "at": np.asarray(arrays["at"])} if len(pictures) else {}

    def snapshot(self) -> dict[str, np.ndarray]:
        """Map and percept."""
        return {name: getattr(self, f"_{name}").copy() for name in _KEPT}

    def restore(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Know and perceive that."""
        for name in _KEPT:
            getattr(self, f"_{name}")[:] = arrays[name]
        self._recognisers = [None] * len(self._known)

    def probes(self) -> dict[str, Float[np.ndarray, "env ..."]]:
        """The places' activity, and how many there are."""
        return {"place": self._active.copy(), "known": self._known.astype(float)}


_KEPT = ("pictures", "at", "known", "lived", "since", "step", "mapping", "active", "best", "sure")


def _angle(heading: Float[np.ndarray, "env 2"]) -> Float[np.ndarray, "env"]:
    return np.arctan2(heading[:, 1].astype(np.float64), heading[:, 0].astype(np.float64))
