"""The vehicle, or the swimmer in open water, finds food that cannot be seen, and comes back to it.

Goals that no sense shows, trials within an episode, and named protocols that ask for memory, place and planning.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from innervate.errors import ConfigError, UnknownNameError

from ..bodies.swimmer import swimmer
from ..scenery.weather import weather
from ..world import World
from ._hidden.bodies import OpenWater, Searcher, Vehicle
from ._hidden.ground import Ground, boxes
from ._hidden.protocols import Name, Protocol, course, places_of, protocol
from ._hidden.task import HOME_RADIUS_M, HiddenGoal
from ._hidden.world import add_far_town, add_home, add_signs, walled
from ._shared.drive import CONTROL_STEP_S as DRIVE_STEP_S
from ._shared.drive import Drive
from ._shared.swimmer import CONTROL_STEP_S as SWIM_STEP_S
from ._shared.swimmer import swimmer_channels, swimmer_senses

EPISODE_STEPS = 60_000
EXAMPLES = (
    {"protocol": "detour", "trial_s": 2.0}, {"protocol": "kidnap", "trial_s": 2.0, "kidnap_s": 0.7, "town": True},
    {"protocol": "paired", "trial_s": 1.0}, {"protocol": "life"}, {"protocol": "chemotaxis", "body": "swimmer"},
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class HiddenGoalOptions:
    """Options of `innervate/HiddenGoal-v0`."""

    protocol: Name = "dmp"
    """The course of trials: reference, dmp, reversal, paired, detour, dusk, winter, kidnap, dark, life, chemotaxis."""
    body: Literal["vehicle", "swimmer"] = "vehicle"
    """Who searches: the vehicle in a walled square, or the swimmer in open water."""
    days: int = 1
    """Days in an episode; 0 for as many as the protocol is usually run with."""
    goals: int | None = None
    """Places that hold food at the same time; None for the protocol's."""
    trials: int | None = None
    """Trials a day; None for the protocol's."""
    trial_s: float | None = None
    """Time after which a trial is over without food; None for the protocol's."""
    probe_s: float | None = None
    """Length of a trial without food, where the protocol has such; None for the protocol's."""
    explore_s: float | None = None
    """Length of a first trial without food, in which the ground can be explored; None for the protocol's."""
    kidnap_s: float | None = None
    """Time in the trial at which the body is carried off; None for the protocol's."""
    obstacles: int | None = None
    """Boxes in the way, of the vehicle only; None for the protocol's."""
    side_m: float | None = None
    """Side of the square; None for 10 m, and 4 m for the swimmer, whose water has no walls."""
    scene: int = 0
    """Which town, boxes and, in `reference`, which place of food: the seed that they are drawn from."""
    town: bool = False
    """Whether houses and trees stand around the square, to be seen; nothing of them is felt."""
    rays: int = 16
    """Range finders, evenly around the vehicle, 4 to 64."""
    compass: bool = True
    """Whether the heading is felt."""
    eye_height_m: float = 1.2
    """Height of the vehicle's camera above the ground."""
    odour_m: float = 1.0
    """How far an odour spreads: the standard deviation of its concentration."""
    n_links: int = 6
    """Rigid links of the swimmer, 3 to 20."""

    def __post_init__(self) -> None:
        if self.body not in ("vehicle", "swimmer"):
            raise UnknownNameError("body that searches", self.body, ("vehicle", "swimmer"))
        if not 4 <= self.rays <= 64:
            raise ConfigError(f"The vehicle has 4 to 64 rays; rays={self.rays} was asked for.")
        if not 0.3 <= self.eye_height_m < 10:
            raise ConfigError(f"The camera is 0.3 to 10 m above the ground, not {self.eye_height_m} m.")
        if self.side_m is not None and not 2 <= self.side_m <= 60:
            raise ConfigError(f"The side of the ground must be 2 to 60 m; it is {self.side_m}.")
        if self.scene < 0 or self.odour_m <= 0:
            raise ConfigError(
                f"A scene is 0 or more and an odour spreads over more than 0 m; scene={self.scene} and "
                f"odour_m={self.odour_m} came."
            )


def _wanted(options: HiddenGoalOptions) -> Protocol:
    """The protocol with what was asked for in place of its own."""
    given = ("goals", "trials", "trial_s", "probe_s", "explore_s", "kidnap_s", "obstacles")
    changes = {name: getattr(options, name) for name in given if getattr(options, name) is not None}
    p = replace(protocol(options.protocol), **changes)
    for name, value in changes.items():
        if value < 0 or (name in ("trial_s", "probe_s") and value <= 0):
            raise ConfigError(f"{name} of a protocol is not negative, and a trial takes time; {value} came.")
    if "trials" in changes and p.pairs:
        raise ConfigError("The protocol of pairs shows each pair once and asks for it once; it takes no trials.")
    if options.body == "swimmer":
        if p.door or p.obstacles:
            raise ConfigError(
                f"Open water has neither doors nor boxes: the protocol {options.protocol!r} is for the vehicle."
            )
        if options.town:
            raise ConfigError("Open water has no town around it; town=True is for the vehicle.")
    return p


def world(options: HiddenGoalOptions) -> World:
    """The body, its ground, and the course of trials."""
    p, swims = _wanted(options), options.body == "swimmer"
    trials = course(p, p.days if options.days == 0 else options.days)
    side_m = options.side_m or (4.0 if swims else 10.0)
    margin_m, rng = (0.0 if swims else 1.0), np.random.default_rng([options.scene, 2])
    in_the_way = boxes(rng, p.obstacles, side_m, margin_m) if p.obstacles else np.zeros((0, 2))
    ground = Ground(side_m, margin_m, 0.15 if swims else 0.4, in_the_way, p.door)
    ground.check_room(places_of(trials), p.goals)
    fixed = ground.goals(rng, places_of(trials)) if p.new_goals == "never" else None
    outside = weather("day", "summer")
    body: Searcher
    if swims:
        body = OpenWater(
            swimmer_channels(options.n_links), swimmer_senses, SWIM_STEP_S, compass=options.compass,
            n_links=options.n_links,
        )  # fmt: skip
        spec = swimmer(options.n_links)
    else:
        body = Vehicle(
            Drive.channels, DRIVE_STEP_S, compass=options.compass, rays=options.rays,
            eye_height_m=options.eye_height_m,
        )  # fmt: skip
        spec = walled(ground, outside, options.scene)
    body.add_to(spec)
    add_signs(spec, p.goals, p.door)
    task = HiddenGoal(body, ground, p, trials, fixed, options.odour_m)
    spec.nuserdata = task.ledger.size
    drawn = spec.copy()
    if not swims:
        add_home(drawn, ground, HOME_RADIUS_M)
    if options.town:
        add_far_town(drawn, ground, outside, options.scene)
    return World(spec, task, drawn=drawn)
