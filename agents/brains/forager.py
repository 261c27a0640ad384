"""An animal that searches for food that cannot be seen, remembers where it was, and goes back.

Senses beside the body (`SENSES`, in order): a ring attractor keeps the heading; odometry adds up the way; a spiking map
recognises places; rays find the middle of the ground; a Bayes filter believes where it is; a hippocampal memory keeps,
under the cue of now, where food was tasted, and gives it back. Map, middle and memory are of the life; all else begins
with the episode. Parts of the brain, in order: `search` goes to what is remembered, around it in spirals, and over the
whole ground where nothing is; `steering` reads the ring and that direction as two bumps, as the fly's central complex
does, and drives the wheels.

What each learns from: the map and the middle from a walk in daylight, its own (`explore_s` of the task) or a survey;
the memory from one taste; nothing else is trained, though three gains of the steering may be. What it was given: the
size of the ground and of the food, that walls run north and east, and the order of search.

Plain counterparts, one for each (`plain`): the integrated heading for the ring, pixels for the spiking map, a
dictionary for the hippocampus, proportional steering for the central complex. What stands in for each organ where it is
cut, and what can be swapped: `_organs.py`.
"""

from dataclasses import replace
from typing import Any

from ...controllers.circuits.brain import BrainConfig, Part
from ...controllers.circuits.search import SearchConfig
from ...controllers.circuits.steering import SteeringConfig
from ...controllers.memory.ca3 import Ca3Config
from ...controllers.memory.dictionary import DictionaryConfig
from ..experience.senses.belief import BeliefConfig
from ..experience.senses.ground import GroundConfig
from ..experience.senses.odometry import OdometryConfig
from ..experience.senses.place import PlaceConfig
from ..experience.senses.remembered import RememberedConfig
from ..experience.senses.ring import RingConfig

SENSES: dict[str, Any] = {
    "heading": RingConfig(),
    "odometry": OdometryConfig(),
    "place": PlaceConfig(recogniser="spiking-map", places=144),
    "ground": GroundConfig(),
    "belief": BeliefConfig(half_side_m=9.0, blur=0.02),
    "memory": RememberedConfig(memory=Ca3Config(), ahead=0.3, heading="bump_heading"),
}
"""By organ, in their order."""

FORAGER = BrainConfig(
    parts={
        "search": Part(
            controller=SearchConfig(reach_m=3.9, lane_m=0.78, close_m=0.25, search_m=0.9, spirals=5),
            senses=("belief", "belief_spread", "middle", "moved", "remembered", "remembered_familiarity", "touch"),
            gives=3,
        ),
        "steering": Part(controller=SteeringConfig(most_turn=0.7), senses=("bump_heading", "search")),
    }
)


def plain() -> tuple[dict[str, Any], BrainConfig]:
    """The same animal with a plain part in place of each neural one: its senses, by organ, and its brain."""
    senses = dict(SENSES)
    del senses["heading"]  # odometry tells one
    senses["place"] = replace(senses["place"], recogniser="pixels")
    senses["memory"] = replace(senses["memory"], memory=DictionaryConfig(capacity=64), heading="heading")
    steering = Part(
        controller=SteeringConfig(kind="proportional", heading="heading", most_turn=0.7), senses=("heading", "search")
    )
    return senses, BrainConfig(parts={"search": FORAGER.parts["search"], "steering": steering})
