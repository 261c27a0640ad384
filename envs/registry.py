"""Tasks, mazes and bodies by name: the files of `tasks/`, `mazes/` and `bodies/`, and what others bring.

Light: importing it imports neither mujoco nor gymnasium's MuJoCo parts, and no task.
"""

import importlib
import inspect
import typing
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from innervate.errors import ConfigError
from innervate.registry import Catalogue, Source, spelled, the_one

__all__ = [
    "BODIES",
    "BROUGHT",
    "DM_CONTROL",
    "MAZES",
    "NAMESPACE",
    "TASKS",
    "Bodies",
    "MazeEntry",
    "Mazes",
    "NoOptions",
    "TaskEntry",
    "Tasks",
    "bring_entry",
    "camel",
    "entry_of",
    "register_all",
    "suite_id",
]

if TYPE_CHECKING:
    from .world import World

NAMESPACE = "innervate"


@dataclass(frozen=True)
class NoOptions:
    """Of a task that can be asked for nothing."""


@dataclass(frozen=True, kw_only=True)
class TaskEntry:
    """A registered task; its module is imported when its world or its options are first asked for."""

    id: str
    """Gymnasium's id."""
    max_episode_steps: int
    examples: tuple[Mapping[str, Any], ...] = ()
    """Options other than the defaults that make another body or another course; tests go through them."""
    best_return: float | None = None
    """The most that an episode of full length can earn, where that is known."""
    build: "Callable[[], Callable[..., World]]"
    """Returns the function from options to world."""

    @cached_property
    def world(self) -> "Callable[..., World]":
        """The function that makes the world from the options."""
        return self.build()

    @cached_property
    def options(self) -> type[Any]:
        """Dataclass of what can be asked for; its fields are keyword arguments of `gymnasium.make`."""
        hints = {k: v for k, v in typing.get_type_hints(self.world).items() if k != "return"}
        if not hints:
            return NoOptions
        kind = next(iter(hints.values()))
        if not (isinstance(kind, type) and is_dataclass(kind)):
            raise ConfigError(f"The world of {self.id} should take one frozen dataclass of options, not {kind}.")
        return kind

    def make_world(self, options: Any) -> "World":
        """The world that these options ask for."""
        from .world import Registration

        world = self.world() if self.options is NoOptions else self.world(options)
        world.registration = Registration(self.id, self.options, self.max_episode_steps)
        return world


@dataclass(frozen=True, kw_only=True)
class MazeEntry:
    """A registered maze of single cells, with discrete actions."""

    id: str
    """Gymnasium's id."""
    entry_point: str
    max_episode_steps: int


def camel(name: str) -> str:
    """`force-field` as `ForceField`."""
    return "".join(part[:1].upper() + part[1:] for part in spelled(name).split("-"))


def _id(name: str, source: Source) -> str:
    version = source.constant("VERSION", 0)
    return f"{source.module.partition('.')[0]}/{camel(name)}-v{version}"


def _episode_steps(name: str, source: Source) -> int:
    steps = source.constant("EPISODE_STEPS")
    if steps is None:
        try:
            steps = getattr(importlib.import_module(source.module), "EPISODE_STEPS", None)
        except Exception as error:
            raise ConfigError(f"The task {name!r} of {source.whose} cannot be imported: {error}.") from error
    if not isinstance(steps, int) or steps < 1:
        raise ConfigError(f"{source.path or source.module} should say EPISODE_STEPS = a number of control steps.")
    return steps


class Tasks(Catalogue[TaskEntry]):
    """Tasks by short name, as on the command line."""

    def _load(self, name: str) -> TaskEntry:
        source = self.only_source(name)

        def build() -> "Callable[..., World]":
            module = self.imported(name, source)
            found = getattr(module, "world", None)
            if not callable(found):
                raise ConfigError(f"{source.path or source.module} should have world(options), which makes a World.")
            return cast("Callable[..., World]", found)

        return TaskEntry(
            id=_id(name, source),
            max_episode_steps=_episode_steps(name, source),
            examples=tuple(source.constant("EXAMPLES", ())),
            best_return=source.constant("BEST_RETURN"),
            build=build,
        )

    def add(self, name: str, thing: "TaskEntry | Callable[..., World]", episode_steps: int = 1000) -> TaskEntry:
        """Make a task known in this process, and register it with Gymnasium as `user/Name-v0`.

        Args:
            name: its short name.
            thing: the function from options (one frozen dataclass, or nothing) to a `World`.
            episode_steps: after which Gymnasium cuts an episode off.
        """
        if not isinstance(thing, TaskEntry):
            world = thing
            thing = TaskEntry(id=f"user/{camel(name)}-v0", max_episode_steps=episode_steps, build=lambda: world)
        entry = super().add(name, thing)
        _register_task(spelled(name), entry)
        return entry


class Mazes(Catalogue[MazeEntry]):
    """Mazes by short name."""

    def _load(self, name: str) -> MazeEntry:
        source = self.only_source(name)
        entry_point = f"{source.module}:{source.attribute or camel(name) + 'Env'}"
        return MazeEntry(id=_id(name, source), entry_point=entry_point, max_episode_steps=_episode_steps(name, source))


class Bodies(Catalogue[Callable[..., Any]]):
    """Bodies by short name: functions to `mujoco.MjSpec` that can be called without arguments."""

    def _load(self, name: str) -> Callable[..., Any]:
        source = self.only_source(name)
        make = the_one(self.kind, name, self.imported(name, source), source, _makes_spec, "function to MjSpec")
        needed = [p.name for p in inspect.signature(make).parameters.values() if p.default is p.empty]
        if needed:
            raise ConfigError(
                f"The body {name!r} ({source.path or source.module}) should have a default for every argument; "
                f"{', '.join(needed)} has none."
            )
        return make


def _makes_spec(thing: Any) -> bool:
    """Whether something is a function that says it returns a `mujoco.MjSpec`."""
    if not inspect.isfunction(thing):
        return False
    made = inspect.signature(thing).return_annotation
    return getattr(made, "__name__", str(made)).rpartition(".")[2] == "MjSpec"


_HERE = Path(__file__).parent
TASKS = Tasks("task", group="innervate.tasks", package="innervate.envs.tasks", folder=_HERE / "tasks")
MAZES = Mazes("maze", group="innervate.mazes", package="innervate.envs.mazes", folder=_HERE / "mazes")
BODIES = Bodies("body", group="innervate.bodies", package="innervate.envs.bodies", folder=_HERE / "bodies")
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


BROUGHT: dict[str, TaskEntry] = {}
"""What was brought in this process from a file, by Gymnasium's id."""


def bring_entry(entry: TaskEntry) -> None:
    """Register with Gymnasium what a file has; once more for a file that has changed."""
    BROUGHT[entry.id] = entry
    _register_task(entry.id, entry)


def entry_of(task: str) -> TaskEntry:
    """A task by its short name, or what was brought by its id. Raises `UnknownNameError`."""
    return BROUGHT[task] if task in BROUGHT else TASKS[task]


def _register_task(name: str, entry: TaskEntry) -> None:
    import gymnasium

    gymnasium.registry.pop(entry.id, None)
    gymnasium.register(
        id=entry.id,
        entry_point="innervate.envs.engine.make:make_single",
        vector_entry_point="innervate.envs.engine.make:make_vector",
        max_episode_steps=entry.max_episode_steps,
        kwargs={"task": name},
    )


def register_all() -> None:
    """Register every environment with Gymnasium, by string; a second call changes nothing."""
    import gymnasium

    for catalogue in (TASKS, MAZES):
        for name in catalogue:
            try:
                entry = catalogue[name]
            except ConfigError as error:  # of a package; the others go on
                warnings.warn(str(error), stacklevel=2)
                continue
            if entry.id in gymnasium.registry:
                continue
            if isinstance(entry, TaskEntry):
                _register_task(name, entry)
            else:
                gymnasium.register(
                    id=entry.id, entry_point=entry.entry_point, max_episode_steps=entry.max_episode_steps
                )
    for domain, tasks in DM_CONTROL.items():
        for task in tasks:
            if suite_id(domain, task) not in gymnasium.registry:
                gymnasium.register(
                    id=suite_id(domain, task),
                    entry_point="innervate.envs.foreign.suite:make_suite",
                    kwargs={"domain": domain, "task": task},
                    disable_env_checker=True,  # shimmy's own environment lies within
                )
