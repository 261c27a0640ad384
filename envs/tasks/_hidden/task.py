"""The rules of hidden goals: what is felt, paid, and how one trial follows another within an episode."""

import numpy as np
from jaxtyping import Bool, Float, Int

from innervate.signals import Channel

from ...inputs import Given, OnlyRows
from ...memory import Memory
from ...scenery.weather import DARKNESS, Weather, weather
from ...sensors import Sensors
from ...task import Task
from ...term import Term
from .bodies import Searcher
from .ground import Ground
from .ledger import BEGAN, FROM_X, FROM_Y, HUNGER, PATH, TRIAL, Ledger
from .protocols import DARK, LIGHTS, Protocol, Trial, cues_of, places_of

FOOD = 1.0
EFFORT, BUMP = 0.0005, 0.01
HUNGRY_S = 120.0
"""From full to as hungry as can be; at home it takes twice as long."""
HOME_RADIUS_M = 0.6
BELOW_M = -50.0
"""Where food is that is not there, and a door that is open."""
TOLD, CARRIED = 1, 2
"""How a body came to be elsewhere in this control step: put down at the start of a trial, or carried off."""
_INNER, _CLOCK, _DOOR = "inner", "clock", "door"


class HiddenGoal(Task):
    """Find food that cannot be seen, and come back to it: trials within an episode, in which memory is worth something.

    A body searches for discs of food that no sense shows before it stands on one. A trial ends there, or when its time
    is up; then the body is put down somewhere else, and who remembers where the food was need not search again. The
    course of trials (`protocol`) is part of the episode: a day, or several. `info` knows where body and food are; the
    observation never does.

    ## Body
    The vehicle of `innervate/Arena-v0` with range finders and bumpers, in a walled square; or dm_control's swimmer in
    open water. The vehicle has 9 kg, two driven wheels (radius 0.1 m, 0.44 m apart) and a castor; forward is +x, left
    is +y. The swimmer's forward is the head's -y.

    ## Action Space
    One motor a wheel, or a joint.

    ## Observation Space
    What the body feels, then `taste`, `home`, `hunger` and `moved`; `cue` where the protocol pairs cues with places,
    `odour` where food is smelt. What a camera sees is `render()`; senses (`--sense place`) turn it into channels.

    ## Starting State
    At rest, headed anywhere, away from the food by a quarter of the side at least; places from the seed.
    """

    def __init__(
        self, body: Searcher, ground: Ground, protocol: Protocol, trials: tuple[Trial, ...],
        fixed: Float[np.ndarray, "place 2"] | None, odour_m: float,
    ) -> None:  # fmt: skip
        self.control_step_s = body.control_step_s
        self.body, self.ground, self.protocol, self.trials = body, ground, protocol, trials
        self._fixed, self._odour_m = fixed, odour_m
        self.bowls, self.cues = protocol.goals, cues_of(trials)
        self.ledger = Ledger(len(trials), places_of(trials), self.bowls)
        self._food = np.array([trial.food for trial in trials])
        self._limit = np.array([round(trial.limit_s / body.control_step_s) for trial in trials])
        self._probe = np.array([trial.probe for trial in trials])
        self._day = np.array([trial.day for trial in trials])
        self._number = np.array([trial.number for trial in trials])
        self._changed = np.array([trial.changed for trial in trials])
        self._cue = np.eye(max(self.cues, 1))[np.array([max(trial.cue, 0) for trial in trials])]
        self._home = np.array(ground.home_m)
        self.channels = (*body.channels, *self._own_channels())
        touching = (Term("bump", f"-{BUMP:g} while a bumper feels more than 1 N", -BUMP, 0.0),)
        self.terms = (
            Term("fed", f"{FOOD:g} on food that is there", 0.0, FOOD),
            Term("effort", f"-{EFFORT:g} times the mean squared action", -EFFORT, 0.0),
            *((Term("climb", "rise of the odour's concentration in this step", -1.0, 1.0),) if protocol.odour else ()),
            *(touching if "touch" in {c.name for c in body.channels} else ()),
        )

    def _own_channels(self) -> tuple[Channel, ...]:
        cues, odour = (), ()
        if self.cues:
            names = tuple(f"cue {k}" for k in range(self.cues))
            cues = (Channel("cue", self.cues, "1", 1.0, "which food is asked for, one of them 1", names),)
        if self.protocol.odour:
            about = "concentration of the odour at the head, 1 at the food"
            odour = (Channel("odour", 1, "1", 1.0, about, ("odour",)),)
        return (
            Channel("taste", 1, "1", 1.0, "1 on food", ("taste of food",)),
            Channel("home", 1, "1", 1.0, "1 at home", ("at home",)),
            Channel("hunger", 1, "1", 1.0, f"rises from 0 to 1 in {HUNGRY_S:g} s, falls by eating", ("hunger",)),
            Channel("moved", 1, "1", 1.0, "1 when it has just been put down elsewhere", ("put down",)),
            *cues, *odour,
        )  # fmt: skip

    def observe(self, s: Sensors) -> dict[str, Float[np.ndarray, "env _"]]:
        """What the body feels, and what the course tells it."""
        hunger, moved = s[_INNER][:, :1], (s[_INNER][:, 1:2] == TOLD).astype(float)
        own = {
            "taste": self._on_food(s).any(axis=1, keepdims=True).astype(float),
            "home": self._at_home(s)[:, None].astype(float), "hunger": hunger, "moved": moved,
        }  # fmt: skip
        if self.cues:
            own["cue"] = self._cue[self._trial(s)]
        if self.protocol.odour:
            own["odour"] = self._odour(s)[:, None]
        return {**self.body.observe(s), **own}

    def rewards(self, s: Sensors, action: Float[np.ndarray, "env actuator"]) -> dict[str, Float[np.ndarray, "env"]]:
        """`fed`, `effort`, and `bump` of a body with bumpers."""
        terms: dict[str, np.ndarray] = {
            "fed": FOOD * self.success(s),
            "effort": np.asarray(-EFFORT * (action * action).mean(axis=1)),
        }
        if self.protocol.odour:
            rise = self._odour(s) - self._odour(s.previous)
            terms["climb"] = np.where(s[_INNER][:, 1] > 0, 0.0, rise)
        bumps = self.body.bumps(s)
        return terms if bumps is None else {**terms, "bump": -BUMP * bumps}

    def success(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """On food."""
        return np.asarray(self._on_food(s).any(axis=1))

    def failed(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        """The last trial of the course is over."""
        return self._over(s) & (self._trial(s) == len(self.trials) - 1)

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, Float[np.ndarray, "env ..."]]:
        """The whole course is drawn here: where food lies, where trials begin, where kidnaps lead."""
        rows = np.zeros((n, self.ledger.size))
        for i in range(n):
            places = self._fixed if self._fixed is not None else self.ground.goals(rng, places_of(self.trials))
            starts = [self._start(rng, places[list(trial.food)]) for trial in self.trials]
            rows[i, self.ledger.places] = places.ravel()
            rows[i, self.ledger.starts] = np.ravel(starts)
            if self.protocol.kidnap_s:
                away = [self.ground.start(rng, places[list(trial.food)]) for trial in self.trials]
                rows[i, self.ledger.kidnaps] = np.ravel(away)
        first = self.ledger.starts_of(rows)[:, 0]
        rows[:, [FROM_X, FROM_Y]] = first[:, :2]
        rows[:, HUNGER] = 0.5
        told = np.full(n, TOLD)
        mocap = self._mocap(rows, np.zeros(n, int), np.zeros(n, int), told)
        return {"qpos": self.body.put(*first.T), "mocap_pos": mocap, "userdata": rows}

    def _start(self, rng: np.random.Generator, food: np.ndarray) -> tuple[float, float, float]:
        if self.protocol.refill_s:  # a life begins at home
            return (*self.ground.home_m, float(rng.uniform(-np.pi, np.pi)))
        return self.ground.start(rng, food)

    def drive(self, s: Sensors, action: Float[np.ndarray, "env actuator"], memory: Memory) -> dict[str, Given]:
        """Between two control steps: food is eaten, a trial follows another, hunger rises, a kidnapper comes."""
        rows, n = np.array(memory), len(s)
        trial, on = self._trial(s), self._on_food(s)
        going = memory.step > 0  # the first readings are of the start itself
        rows[:, PATH] += np.where(going, self._came(s, rows), 0.0)
        slower = np.where(self._at_home(s), 0.5, 1.0)
        hungrier = np.minimum(rows[:, HUNGER] + slower * self.control_step_s / HUNGRY_S, 1.0)
        rows[:, HUNGER] = np.where(on.any(axis=1), 0.0, hungrier)
        over = self._over(s) & going
        following = np.minimum(trial + 1, len(self.trials) - 1)
        trial = np.where(over, following, trial)
        rows[:, TRIAL] = trial
        rows[:, BEGAN] = np.where(over, memory.step, rows[:, BEGAN])
        if self.protocol.refill_s:
            again = memory.step[:, None] + round(self.protocol.refill_s / self.control_step_s)
            rows[:, self.ledger.empty] = np.where(on, again, rows[:, self.ledger.empty])
        elapsed = memory.step - rows[:, BEGAN].astype(int)
        carried = np.zeros(n, bool)
        if self.protocol.kidnap_s:
            carried = (elapsed == round(self.protocol.kidnap_s / self.control_step_s)) & self._changed[trial]
        pose = np.where(carried[:, None], self._row(self.ledger.kidnaps_of(rows), trial),
                        self._row(self.ledger.starts_of(rows), trial))  # fmt: skip
        put = over | carried
        rows[:, PATH] = np.where(over, 0.0, rows[:, PATH])
        rows[:, [FROM_X, FROM_Y]] = np.where(put[:, None], pose[:, :2], rows[:, [FROM_X, FROM_Y]])
        how = np.where(over, TOLD, np.where(carried, CARRIED, 0))
        return {
            "userdata": rows,
            "mocap_pos": self._mocap(rows, trial, memory.step + 1, how),
            "qpos": OnlyRows(put, self.body.put(*pose.T)),
            "qvel": OnlyRows(put, np.zeros((n, self.body.nv))),
        }

    def info(self, s: Sensors, memory: Memory) -> dict[str, np.ndarray]:
        """The truth, not for a nervous system.

        `trial` (from 0, over the episode), `day`, `number` (of the trial within the day, from 1; 0 of an exploration),
        `probe`, `over` (the trial ends here), `latency_s` and `path_m` so far in the trial, `straight_m` (from its
        start to the edge of the nearest food), `light` (counted as in `LIGHTS`), `carried`, `position_m` (2),
        `heading_rad`, `goal_m` (2 a place that holds food, or would in a probe).
        """
        trial, (x, y) = self._trial(s), self.body.ahead(s).T
        rows = np.asarray(memory)
        goals = self._goals(rows, trial)
        start = self._row(self.ledger.starts_of(rows), trial)[:, :2]
        way = goals - start[:, None]
        straight = np.sqrt((way * way).sum(axis=2)).min(axis=1) - self.ground.radius_m
        return {
            "trial": trial, "day": self._day[trial], "number": self._number[trial], "probe": self._probe[trial],
            "over": self._over(s), "latency_s": s[_CLOCK][:, 1].copy(),
            "path_m": rows[:, PATH] + self._came(s, rows), "straight_m": np.maximum(straight, 0.0),
            "light": s[_INNER][:, 2].astype(int), "carried": s[_INNER][:, 1] == CARRIED,
            "position_m": self.body.place(s).copy(), "heading_rad": np.arctan2(y, x),
            "goal_m": goals.reshape(len(s), -1),
        }  # fmt: skip

    def weather(self, s: Sensors) -> list[Weather]:
        """In what light each environment is seen."""
        known = {"day": weather("day", "summer"), "dusk": weather("dusk", "summer"),
                 "winter": weather("day", "winter"), DARK: DARKNESS}  # fmt: skip
        return [known[LIGHTS[int(k)]] for k in s[_INNER][:, 2]]

    def _mocap(
        self, rows: np.ndarray, trial: Int[np.ndarray, "env"], step: Int[np.ndarray, "env"],
        how: Int[np.ndarray, "env"],
    ) -> Float[np.ndarray, "env body 3"]:  # fmt: skip
        """What shows in the sensors of the coming step, at whose end `step` control steps have been done."""
        n, elapsed = len(rows), step - rows[:, BEGAN].astype(int)
        mocap = np.zeros((n, self.bowls + 2 + self.protocol.door, 3))
        mocap[:, : self.bowls, :2] = self._goals(rows, trial)
        there = (rows[:, self.ledger.empty] < step[:, None]) & ~self._probe[trial][:, None]
        mocap[:, : self.bowls, 2] = np.where(there | (step == 0)[:, None], 0.0, BELOW_M)
        mocap[:, self.bowls] = np.stack([rows[:, HUNGER], how, self._light(trial, elapsed)], axis=1)
        mocap[:, self.bowls + 1, 0] = trial
        mocap[:, self.bowls + 1, 1] = elapsed * self.control_step_s
        if self.protocol.door:
            shut = self.protocol.door_shuts & self._changed[trial]
            mocap[:, self.bowls + 2, 2] = np.where(shut, 0.0, BELOW_M)
        return mocap

    def _light(self, trial: Int[np.ndarray, "env"], elapsed: Int[np.ndarray, "env"]) -> Int[np.ndarray, "env"]:
        p, time_s = self.protocol, elapsed * self.control_step_s
        changed = self._changed[trial]
        light = np.where(changed, LIGHTS.index(p.light), 0)
        if p.dusk_every_s:
            light = np.where((time_s // p.dusk_every_s) % 2 == 1, LIGHTS.index("dusk"), light)
        if p.dark_s:
            out = changed & (time_s >= p.dark_from_s) & (time_s < p.dark_from_s + p.dark_s)
            light = np.where(out, LIGHTS.index(DARK), light)
        return light

    def _goals(self, rows: np.ndarray, trial: Int[np.ndarray, "env"]) -> Float[np.ndarray, "env bowl 2"]:
        return np.take_along_axis(self.ledger.places_of(rows), self._food[trial][..., None], axis=1)

    @staticmethod
    def _row(table: Float[np.ndarray, "env trial 3"], trial: Int[np.ndarray, "env"]) -> Float[np.ndarray, "env 3"]:
        return np.take_along_axis(table, trial[:, None, None], axis=1)[:, 0]

    @staticmethod
    def _trial(s: Sensors) -> Int[np.ndarray, "env"]:
        return s[_CLOCK][:, 0].astype(int)

    def _over(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        trial = self._trial(s)
        late = s[_CLOCK][:, 1] > (self._limit[trial] - 0.5) * self.control_step_s
        return late if self.protocol.refill_s else late | self._on_food(s).any(axis=1)

    def _came(self, s: Sensors, rows: np.ndarray) -> Float[np.ndarray, "env"]:
        """How far the body came in this control step, from where it was put if it was put down in it."""
        put = s[_INNER][:, 1:2] > 0
        way = self.body.place(s) - np.where(put, rows[:, [FROM_X, FROM_Y]], self.body.place(s.previous))
        return np.sqrt((way * way).sum(axis=1))

    def _distance(self, s: Sensors) -> Float[np.ndarray, "env bowl"]:
        """To the middle of each food; far away where there is none."""
        food = s["food"].reshape(len(s), self.bowls, 3)
        way = food[..., :2] - self.body.place(s)[:, None]
        return np.where(food[..., 2] < BELOW_M / 2, -2 * BELOW_M, np.sqrt((way * way).sum(axis=2)))

    def _odour(self, s: Sensors) -> Float[np.ndarray, "env"]:
        """Of the nearest food: a Gaussian, as in assays of worms."""
        return np.exp(-((self._distance(s) / self._odour_m) ** 2) / 2).max(axis=1)

    def _on_food(self, s: Sensors) -> Bool[np.ndarray, "env bowl"]:
        return self._distance(s) <= self.ground.radius_m

    def _at_home(self, s: Sensors) -> Bool[np.ndarray, "env"]:
        way = self.body.place(s) - self._home
        return (way * way).sum(axis=1) <= HOME_RADIUS_M**2
