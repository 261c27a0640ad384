"""The environments by name; light: importing it imports neither mujoco nor gymnasium's MuJoCo parts."""

from dataclasses import dataclass

from .arm_options import BimanualSpringOptions, ForceFieldOptions, HoldOptions, ReachOptions
from .options import ArenaOptions, NavigateOptions, RoamOptions, RouteOptions, SwimOptions

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
    "reach": TaskEntry(
        id=f"{NAMESPACE}/Reach-v0",
        world="innervate.envs.reach:world",
        max_episode_steps=150,
        options=ReachOptions,
        summary="An arm of two joints and six muscles, or two of them, bring the hand to a target.",
    ),
    "hold": TaskEntry(
        id=f"{NAMESPACE}/Hold-v0",
        world="innervate.envs.hold:world",
        max_episode_steps=150,
        options=HoldOptions,
        summary="The same arms hold the hand where it is against a force.",
    ),
    "force-field": TaskEntry(
        id=f"{NAMESPACE}/ForceField-v0",
        world="innervate.envs.force_field:world",
        max_episode_steps=150,
        options=ForceFieldOptions,
        summary="The same arms reach in a force field: curl or viscous, with catch trials.",
    ),
    "bimanual-spring": TaskEntry(
        id=f"{NAMESPACE}/BimanualSpring-v0",
        world="innervate.envs.bimanual_spring:world",
        max_episode_steps=150,
        options=BimanualSpringOptions,
        summary="Two arms whose hands a spring joins: one reaches, the other stays where it is.",
    ),
    "route": TaskEntry(
        id=f"{NAMESPACE}/Route-v0",
        world="innervate.envs.route:world",
        max_episode_steps=2000,
        options=RouteOptions,
        summary="A vehicle with a camera drives along a ring road through a town, by day and dusk, summer and winter.",
    ),
    "arena": TaskEntry(
        id=f"{NAMESPACE}/Arena-v0",
        world="innervate.envs.arena:world",
        max_episode_steps=1000,
        options=ArenaOptions,
        summary="The same vehicle drives to a place in a walled square.",
    ),
    "roam": TaskEntry(
        id=f"{NAMESPACE}/Roam-v0",
        world="innervate.envs.roam:world",
        max_episode_steps=300,
        options=RoamOptions,
        summary="The same vehicle, feeling walls by rays, forages between two hidden feeders that fill in turn.",
    ),
}
"""Short name, as on the command line, to entry."""

@dataclass(frozen=True, kw_only=True)
class MazeEntry:
    """A registered maze of single cells, with discrete actions."""

    entry_point: str
    max_episode_steps: int
    summary: str
    """One line for `innervate list`."""


MAZES: dict[str, MazeEntry] = {
    f"{NAMESPACE}/Forage-v0": MazeEntry(
        entry_point="innervate.envs.mazes.forage:ForageEnv",
        max_episode_steps=150,
        summary="A room seen from above, its pixels shuffled, with a goal that is not seen.",
    ),
    f"{NAMESPACE}/Track-v0": MazeEntry(
        entry_point="innervate.envs.mazes.track:TrackEnv",
        max_episode_steps=150,
        summary="A ring to run around, for place fields.",
    ),
    f"{NAMESPACE}/TMaze-v0": MazeEntry(
        entry_point="innervate.envs.mazes.t_maze:TMazeEnv",
        max_episode_steps=2000,
        summary="Left and right in turn, with no sign of which but one's own past.",
    ),
}
"""By Gymnasium's id; for `gymnasium.make`, `PaperDQN` and stable-baselines3's learners of discrete actions."""

DM_CONTROL: dict[str, tuple[str, ...]] = {
    "acrobot": ("swingup", "swingup_sparse"),
    "ball_in_cup": ("catch",),
    "cartpole": ("balance", "balance_sparse", "swingup", "swingup_sparse", "three_poles", "two_poles"),
    "cheetah": ("run",),
    "dog": ("fetch", "run", "stand", "trot", "walk"),
    "finger": ("spin", "turn_easy", "turn_hard"),
    "fish": ("swim", "upright"),
    "hopper": ("hop", "stand"),
    "humanoid": ("run", "run_pure_state", "stand", "walk"),
    "humanoid_CMU": ("run", "stand", "walk"),
    "lqr": ("lqr_2_1", "lqr_6_2"),
    "manipulator": ("bring_ball", "bring_peg", "insert_ball", "insert_peg"),
    "pendulum": ("swingup",),
    "point_mass": ("easy", "hard"),
    "quadruped": ("escape", "fetch", "run", "walk"),
    "reacher": ("easy", "hard"),
    "stacker": ("stack_2", "stack_4"),
    "swimmer": ("swimmer15", "swimmer6"),
    "walker": ("run", "stand", "walk"),
}
"""Domains and tasks of dm_control's suite; a static table, so that listing them does not import dm_control."""


def suite_id(domain: str, task: str) -> str:
    """Gymnasium's id of a task of dm_control's suite (an id has one slash only, hence the dot)."""
    return f"{NAMESPACE}/dm_control.{domain}-{task}-v0"


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
    for id_, maze in MAZES.items():
        if id_ not in gymnasium.registry:
            gymnasium.register(id=id_, entry_point=maze.entry_point, max_episode_steps=maze.max_episode_steps)
    for domain, tasks in DM_CONTROL.items():
        for task in tasks:
            if suite_id(domain, task) not in gymnasium.registry:
                gymnasium.register(
                    id=suite_id(domain, task),
                    entry_point="innervate.envs.suite:make_suite",
                    kwargs={"domain": domain, "task": task},
                    disable_env_checker=True,  # shimmy's own environment lies within
                )
