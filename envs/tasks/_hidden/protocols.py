"""Named courses of trials, so that a paper can say which one it ran."""

from dataclasses import dataclass, replace
from typing import Literal

from innervate.errors import ConfigError, UnknownNameError

DAY, DUSK, WINTER, DARK = "day", "dusk", "winter", "dark"
LIGHTS = (DAY, DUSK, WINTER, DARK)
"""How a trial is lit; `winter` is a winter's day. `info["light"]` counts in this order."""

Name = Literal[
    "reference", "dmp", "reversal", "paired", "detour", "dusk", "winter", "kidnap", "dark", "life", "chemotaxis",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """A course of days, each of some trials; a trial begins with the body put down somewhere."""

    days: int
    """As many as the protocol is published or usually run with; an episode has one unless it is asked for more."""
    trials: int
    """A day."""
    trial_s: float = 120.0
    """After which a trial is over without food."""
    goals: int = 1
    """Places that hold food at the same time."""
    new_goals: Literal["never", "daily", "trial"] = "daily"
    """When the food is put elsewhere; `never` draws it from the scene, the same in all episodes."""
    moves_at: int = 0
    """The trial of the day at which the food is put elsewhere too; 0 for none."""
    probe_after: int = 0
    """The trial of the day after which there is a trial of `probe_s` without food; 0 for none."""
    probe_last_day: bool = False
    """Whether the last day alone has that probe."""
    probe_s: float = 60.0
    changed_from: int = 0
    """The trial of the day from which the conditions below hold; 0 for never."""
    light: str = DAY
    kidnap_s: float = 0.0
    """Time in the trial at which the body is put elsewhere without being told."""
    dark_from_s: float = 0.0
    dark_s: float = 0.0
    """For how long the lights are out, from `dark_from_s` in the trial."""
    door_shuts: bool = False
    door: bool = False
    """Whether a wall with a door and a gap parts the ground; starts and goals lie on different sides."""
    obstacles: int = 0
    pairs: tuple[int, ...] = ()
    """New pairs of cue and place in each session, each shown once and then asked for; overrides days and trials."""
    refill_s: float = 0.0
    """After which an emptied place holds food again; above 0 eating does not end the trial."""
    dusk_every_s: float = 0.0
    """Half a period of day and dusk within a trial; 0 for none."""
    odour: bool = False
    """Whether the food is smelt."""
    explore_s: float = 0.0
    """Length of a trial without food, number 0 of the first day, in which there is only the ground to be known; 0 for
    none."""


_DMP = Protocol(days=9, trials=4, probe_after=2)

PROTOCOLS: dict[str, Protocol] = {
    "reference": Protocol(days=5, trials=4, new_goals="never", probe_after=4, probe_last_day=True),
    "dmp": _DMP,
    "reversal": Protocol(days=1, trials=8, moves_at=5),
    "paired": Protocol(days=1, trials=0, pairs=(6, 2, 6, 12)),
    "detour": Protocol(days=1, trials=6, changed_from=4, door=True, door_shuts=True, obstacles=4),
    "dusk": replace(_DMP, changed_from=2, light=DUSK),
    "winter": replace(_DMP, changed_from=2, light=WINTER),
    "kidnap": replace(_DMP, changed_from=2, kidnap_s=3.0),
    "dark": replace(_DMP, changed_from=2, dark_from_s=1.0, dark_s=10.0),
    "life": Protocol(days=1, trials=1, trial_s=1800.0, goals=3, refill_s=90.0, dusk_every_s=450.0),
    "chemotaxis": Protocol(days=1, trials=4, new_goals="trial", odour=True),
}
"""`reference`: one place for ever. `dmp`: delayed matching to place, a new place each day (Steele and Morris 1999).
`reversal`: the food moves in mid-course. `paired`: cues to places. `detour`: a door shuts. `dusk`, `winter`: learnt by
day, asked in another light. `kidnap`: carried elsewhere on the way. `dark`: lights out on the way. `life`: three
feeders that empty, half an hour. `chemotaxis`: up an odour."""


def protocol(name: str) -> Protocol:
    """The protocol of a name. Raises `UnknownNameError` with the nearest one."""
    if name not in PROTOCOLS:
        raise UnknownNameError("protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One trial of a course."""

    day: int
    number: int
    """Within the day, from 1, 0 of an exploration; a probe has that of the trial before it."""
    food: tuple[int, ...]
    """Places, by number, that hold food; where they would be, in a probe."""
    limit_s: float
    probe: bool = False
    cue: int = -1
    """Which cue is shown; -1 for none."""
    changed: bool = False
    """Whether the changed conditions hold."""


def course(p: Protocol, days: int) -> tuple[Trial, ...]:
    """The trials of an episode, in order. Raises `ConfigError` for a course without trials or goals."""
    if p.pairs:
        if p.goals != 1:
            raise ConfigError(f"The protocol of pairs shows one goal at a time; goals={p.goals} were asked for.")
        if p.explore_s:
            raise ConfigError(f"The protocol of pairs begins with a pair; explore_s={p.explore_s:g} is for the others.")
        return _paired(p)
    if p.goals < 1:
        raise ConfigError(f"A protocol without a goal asks for nothing; goals={p.goals} came, give at least 1.")
    if p.trials < 1 or days < 1:
        raise ConfigError(f"A course has at least one day of one trial; days={days} and trials={p.trials} came.")
    trials, where = list[Trial](), 0
    if p.explore_s:
        trials.append(Trial(day=0, number=0, food=tuple(range(p.goals)), limit_s=p.explore_s, probe=True))
    for day in range(days):
        for number in range(1, p.trials + 1):
            first = day == 0 and number == 1
            daily = p.new_goals == "daily" and number == 1
            if not first and (daily or p.new_goals == "trial" or number == p.moves_at):
                where += 1
            food = tuple(range(where * p.goals, (where + 1) * p.goals))
            changed = 0 < p.changed_from <= number
            trials.append(Trial(day=day, number=number, food=food, limit_s=p.trial_s, changed=changed))
            if number == p.probe_after and (day == days - 1 or not p.probe_last_day):
                trials.append(
                    Trial(day=day, number=number, food=food, limit_s=p.probe_s, probe=True, changed=changed)
                )
    return tuple(trials)


def _paired(p: Protocol) -> tuple[Trial, ...]:
    """In each session the new pairs are shown, one trial each, and then asked for in the same order."""
    trials, known = list[Trial](), 0
    for session, new in enumerate(p.pairs):
        for k in (1, 2):
            for pair in range(known, known + new):
                trials.append(Trial(day=session, number=k, food=(pair,), limit_s=p.trial_s, cue=pair))
        known += new
    return tuple(trials)


def places_of(trials: tuple[Trial, ...]) -> int:
    """How many places the course has."""
    return 1 + max(place for trial in trials for place in trial.food)


def cues_of(trials: tuple[Trial, ...]) -> int:
    """How many cues are shown."""
    return 1 + max(trial.cue for trial in trials)
