"""What can be put in the place of an organ of the forager: its fallback when it is cut, its plain peer, its swaps.

Declared here, before anything is measured: what stands in for an organ, on which course of trials its loss is to be
seen, and in which figure. `innervate bench brain` measures it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from innervate.errors import ConfigError, UnknownNameError

from ...controllers.circuits.brain import BrainConfig
from ...controllers.circuits.search import SearchConfig
from ...controllers.circuits.sine import SineConfig
from ...controllers.circuits.steering import Kind
from ...controllers.memories import MEMORIES
from ...controllers.memory.dictionary import DictionaryConfig
from ...controllers.probe import Lesion
from ...perception.place.percept import RECOGNISERS
from ..experience.damaged import DamagedConfig
from ..experience.senses.place import PlaceConfig
from ..experience.senses.remembered import RememberedConfig
from .forager import FORAGER, SENSES

Animal = tuple[dict[str, Any], BrainConfig]
"""Senses by organ, in their order, and the brain."""
Figure = Literal["first", "again"]
"""The time of the first search, or the mean time of finding again in trials 2 to 4."""


@dataclass(frozen=True, kw_only=True)
class Cut:
    """An animal without one of its organs."""

    animal: Animal
    fallback: str
    """What stands in."""
    protocol: str
    """The course of trials on which the loss is to be seen."""
    figure: Figure = "again"
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of the task, beside the protocol's own."""


def _sense(organ: str, config: Any) -> Animal:
    return {**SENSES, organ: config}, FORAGER


def _hurt(organ: str, *lesions: Lesion) -> Animal:
    return _sense(organ, DamagedConfig(sense=SENSES[organ], lesions=lesions))


def _part(part: str, **changes: Any) -> Animal:
    return dict(SENSES), BrainConfig(parts={**FORAGER.parts, part: replace(FORAGER.parts[part], **changes)})


def _credulous() -> Animal:
    return _sense("belief", replace(SENSES["belief"], doubt=0.0, kidnap=1.0))


CUTS: dict[str, Cut] = {
    "heading": Cut(
        animal=_hurt("heading", Lesion(name="bump_heading", kind="frozen")),
        fallback="the heading in which it woke", protocol="dmp",
    ),
    "odometry": Cut(
        animal=_hurt("odometry", Lesion(name="displaced", kind="frozen")), fallback="its way stands still",
        protocol="dark",
    ),
    "place": Cut(
        animal=_hurt("place", Lesion(name="place_confidence")), fallback="no place is recognised", protocol="kidnap",
    ),
    "ground": Cut(
        animal=_hurt("ground", Lesion(name="middle")), fallback="the middle is where it woke", protocol="dmp",
        figure="first", options={"explore_s": 180.0},
    ),
    "belief": Cut(animal=_credulous(), fallback="each percept is believed wholly", protocol="dark"),
    "memory": Cut(
        animal=_hurt("memory", Lesion(name="remembered_familiarity")), fallback="nothing is familiar", protocol="dmp",
    ),
    "search": Cut(
        animal=_part("search", controller=SearchConfig(search_m=0.05, reach_m=0.4)), fallback="no ground to search",
        protocol="dmp", figure="first",
    ),
    "steering": Cut(
        animal=_part("steering", controller=SineConfig()), fallback="a clock drives the wheels", protocol="dmp",
    ),
}  # fmt: skip
"""By organ."""


def peers() -> dict[str, tuple[str, str, Animal]]:
    """By organ: its neural form, its plain one, and the forager with that one in its place."""
    by_sum = {name: sense for name, sense in SENSES.items() if name != "heading"}
    by_sum["memory"] = replace(SENSES["memory"], heading="heading")
    steering: Any = FORAGER.parts["steering"].controller
    steering = replace(steering, heading="heading")
    reads = replace(FORAGER.parts["steering"], controller=steering, senses=("heading", "search"))
    return {
        "heading": ("ring attractor", "integrator", (by_sum, BrainConfig(parts={**FORAGER.parts, "steering": reads}))),
        "place": ("spiking map", "pixels", swapped((dict(SENSES), FORAGER), "place", "pixels")),
        "memory": ("ca3", "dictionary", swapped((dict(SENSES), FORAGER), "memory", "dictionary")),
        "motor": (
            "central complex", "proportional", swapped((dict(SENSES), FORAGER), "motor", "proportional"),
        ),
    }  # fmt: skip


def swapped(one: Animal, organ: str, name: str) -> Animal:
    """The animal with another memory, recogniser of places or motor; names as their catalogues have them.

    Raises `UnknownNameError` for an organ that cannot be swapped, or a name that its catalogue does not have, and
    `ConfigError` for an animal that has no such organ.
    """
    senses, brain = dict(one[0]), one[1]
    if organ == "motor":
        if name not in get_args(Kind):
            raise UnknownNameError("motor", name, get_args(Kind))
        steering = brain.parts.get("steering")
        if steering is None:
            raise ConfigError(f"A motor stands in for the part 'steering'; this brain has {', '.join(brain.parts)}.")
        kind = replace(steering.controller, kind=name)  # pyright: ignore[reportArgumentType, reportCallIssue]
        return senses, BrainConfig(parts={**brain.parts, "steering": replace(steering, controller=kind)})
    kinds: dict[str, Any] = {"memory": RememberedConfig, "place": PlaceConfig}
    if organ not in kinds:
        raise UnknownNameError("organ to swap", organ, [*kinds, "motor"])
    at = next((key for key, sense in senses.items() if isinstance(sense, kinds[organ])), None)
    if at is None:
        raise ConfigError(f"No sense of this animal is a {kinds[organ].__name__.removesuffix('Config').lower()}.")
    if organ == "place":
        RECOGNISERS[name]  # a mistake in the name is told here
        senses[at] = replace(senses[at], recogniser=name)
    else:
        memory = DictionaryConfig(capacity=64) if name == "dictionary" else MEMORIES[name]()
        senses[at] = replace(senses[at], memory=memory)
    return senses, brain
