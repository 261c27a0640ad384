"""The environments by name; light: importing it imports neither mujoco nor gymnasium's MuJoCo parts."""

from dataclasses import dataclass

from .options import NavigateOptions, SwimOptions

NAMESPACE = "innervate"


@dataclass(frozen=True, kw_only=True)
class TaskEntry:
    """A registered task of one's own."""

    id: str
    """Gymnasium's id."""
    world: str
    """`module:function` that makes the world from the options."""
    max_episode_steps: int
    options: type
    """Dataclass of what can be asked for; its fields are the keyword arguments of `gymnasium.make`."""
    summary: str
    """One line for `innervate list`."""
    entry_point: str = "innervate.envs.make:make_single"
    vector_entry_point: str = "innervate.envs.make:make_vector"


TASKS: dict[str, TaskEntry] = {
    "swim": TaskEntry(
        id=f"{NAMESPACE}/Swim-v0",
        world="innervate.envs.swim:world",
        max_episode_steps=1000,
        options=SwimOptions,
        summary="A chain of links in water swims forwards; rewarded for the speed of its head.",
    ),
    "navigate": TaskEntry(
        id=f"{NAMESPACE}/Navigate-v0",
        world="innervate.envs.navigate:world",
        max_episode_steps=1000,
        options=NavigateOptions,
        summary="The same swimmer brings its nose to a target.",
    ),
}
"""Short name, as on the command line, to entry."""


def register_all() -> None:
    """Register every environment with Gymnasium, by string; a second call changes nothing."""
    import gymnasium

    for name, entry in TASKS.items():
        if entry.id not in gymnasium.registry:
            gymnasium.register(
                id=entry.id,
                entry_point=entry.entry_point,
                vector_entry_point=entry.vector_entry_point,
                max_episode_steps=entry.max_episode_steps,
                kwargs={"task": name},
            )
