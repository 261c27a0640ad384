"""What a nervous system does during an episode, next to what the body does."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.controllers import Controller, Obs, State
from innervate.controllers.memories import Holding
from innervate.launch.analysis.measures.foraging import Trial
from innervate.launch.analysis.recordings.places import Places, Probing, roam
from innervate.launch.analysis.recordings.trials import Diary, merged, tells_trials


@dataclass(frozen=True)
class Recording:
    """One episode, a row for each control step."""

    control_step_s: float
    neurons: tuple[str, ...]
    """What the circuit's parts and units call themselves (`Controller.probes`)."""
    activity: Float[np.ndarray, "step neuron"]
    joint_angle: Float[np.ndarray, "step joint"] | None
    """Fractions of the joints' limit, head to tail; None where the body has no such sense."""
    action: Float[np.ndarray, "step actuator"]
    reward: Float[np.ndarray, "step"]
    wiring: tuple[Any, dict[tuple[str, str, str], float]] | None = None
    """The circuit and its weights, where it is one of named neurons."""
    places: Places | None = None
    """Activity by place over several episodes, where the world tells the body's place."""

    trials: tuple[Trial, ...] | None = None
    """Of an episode in which hidden food was looked for."""

    memories: Mapping[str, Holding] | None = None
    """What the memories of circuit and senses call up at the end for the cues of the episode; None without any."""
    lived_s: float | None = None
    """Seconds of the life whose memories these are; None for what the episode alone has left."""

    def has(self, needs: tuple[str, ...]) -> bool:
        """Whether all of these fields were recorded."""
        return all(getattr(self, name) is not None for name in needs)


Lived = Callable[[Mapping[str, np.ndarray]], tuple[Mapping[str, Holding], float]]
"""What a life's memories call up for the cues that were met, channel to (step, size), and how many seconds it lived."""


def record(controller: Controller, world: WorldConfig, *, episode: int = 0, lived: Lived | None = None) -> Recording:
    """Run one held-out episode and keep everything; several more where the world tells the body's place.

    Memories are those that the episode leaves, or those of a life where `lived` tells them.
    """
    env = make_vector_env(world, 1)
    probing = Probing(controller)
    observed, actions, rewards, activity = list[Any](), list[Any](), list[float](), list[np.ndarray]()
    last: State = {}
    memories: Mapping[str, Holding] = {}
    lived_s: float | None = None
    told_place, diary = False, Diary(1, controller.spec.control_step_s)

    def watch(moment: Moment) -> None:
        nonlocal told_place, last
        last = moment.state
        observed.append(moment.observation[0].copy())
        actions.append(moment.action[0].copy())
        rewards.append(float(moment.reward[0]))
        activity.append(probing.seen[0].copy())
        told_place = told_place or "position_m" in moment.info
        if tells_trials(moment.info):
            diary.note(merged(moment.info, np.asarray(moment.info.get("_final_info", [False]))), moment.running)

    try:
        rollout(env, probing, controller.spec, [Streams.evaluation(episode + 1)[episode]], watch=watch)
        met = controller.spec.split(torch.from_numpy(np.stack(observed)))
        if lived is None:
            memories = memories_of(controller, last, env, met)
        else:
            memories, lived_s = lived({name: value.numpy() for name, value in met.items()})
    finally:
        env.close()
    angle = None
    named = {p.name: p for p in controller.spec.observations}
    if "joint_angle" in named:
        angle = met["joint_angle"].numpy() / (named["joint_angle"].limit or 1.0)
    return Recording(
        controller.spec.control_step_s, probing.units, np.stack(activity), angle, np.stack(actions),
        np.array(rewards), controller.wiring(), roam(controller, world) if told_place else None,
        tuple(diary.days[0]) or None, memories or None, lived_s,
    )  # fmt: skip


@torch.no_grad()
def memories_of(controller: Controller, state: State, env: Any, met: Obs) -> dict[str, Holding]:
    """What the memories of a controller in that state, and of the senses beside `env`, call up for what was met."""
    found = dict(controller.holdings(met, state))
    for sense in getattr(env, "senses", ()):
        found.update(sense.holdings({name: value.numpy() for name, value in met.items()}))
    return found
