"""The manual of a task, in the form of Gymnasium's documentation: prose from its author, tables from what is true.

Actions are read off the compiled model, observations off the task's channels, rewards off what the task pays, arguments
off its dataclass of options. Only what a number means is written by a person, once, where it is made.
"""

import contextlib
import dataclasses
import inspect
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np

from innervate.signals import Channel, total

from .actuators import actuators
from .prose import field_docstrings, inherited_sections, number, table, type_name
from .sensors import Sensors
from .sheet import sensors_of
from .task import MANUAL, Task
from .term import Term
from .world import Registration, World

__all__ = ["box", "manual_of", "options_table", "settle"]

_INTEGRATORS = {
    "mjINT_EULER": "semi-implicit Euler", "mjINT_RK4": "Runge-Kutta", "mjINT_IMPLICIT": "implicit",
    "mjINT_IMPLICITFAST": "implicit, fast", "mjINT_DISCRETE": "discrete",
}  # fmt: skip
_QUANTITIES = {
    "rad": "angle", "m": "length", "1": "number", "m/s": "velocity", "rad/s": "angular velocity",
    "m/s^2": "acceleration", "rad/s^2": "angular acceleration", "N": "force", "N m": "torque", "s": "time",
}  # fmt: skip
_EXPLODES = 'a body that explodes (`info["exploded"]`).'


def manual_of(world: World) -> str:
    """The whole manual, in Markdown."""
    return _Manual(world.model, world.started()[1], world.registration).of(world.task)


def settle(world: World) -> None:
    """Let the docstring of a world's task be its manual."""
    with contextlib.suppress(AttributeError):  # of slots: such a task goes without
        manual = _Manual(world.model, world.started()[1], world.registration)
        object.__setattr__(world.task, MANUAL, manual)  # a task may be a frozen dataclass


@dataclass(frozen=True)
class _Manual:
    """What a manual is made of beside the task; it holds no world, which holds the task."""

    model: mujoco.MjModel
    start: Sensors
    """Readings at the start of an episode."""
    registration: Registration | None

    def of(self, task: Task) -> str:
        return _manual(task, self.model, self.start, self.registration)


def _manual(task: Task, model: mujoco.MjModel, start: Sensors, registration: Registration | None) -> str:
    told = inherited_sections(type(task))
    summary, _, description = told.get("", "").partition("\n\n")
    title = summary.strip() or f"{type(task).__name__}, without a description."
    parts = {
        "Description": "\n\n".join(filter(None, (description.strip(), told.get("Body"), _clock(task, model)))),
        "Action Space": _actions(model, told.get("Action Space", "")),
        "Observation Space": _observations(task.channels, model, told.get("Observation Space", "")),
        "Rewards": _rewards(task, model, start, told.get("Rewards", "")),
        "Starting State": told.get("Starting State") or _first(task, "begin"),
        "Episode End": _ends(task, registration),
        "Arguments": "" if registration is None else options_table(registration.options),
        "Version History": told.get("Version History") or _history(registration),
    }
    return "\n\n".join([title, *(f"## {name}\n{text}" for name, text in parts.items() if text)]) + "\n"


def _clock(task: Task, model: mujoco.MjModel) -> str:
    step_s, integrator = model.opt.timestep, mujoco.mjtIntegrator(model.opt.integrator).name
    return (
        f"Physics runs at {number(step_s)} s ({_INTEGRATORS.get(integrator, integrator)}); a control step is "
        f"{number(task.control_step_s)} s, {round(task.control_step_s / step_s)} substeps."
    )


def box(low: np.ndarray, high: np.ndarray, dtype: str = "float32") -> str:
    """A space as Gymnasium's documentation writes it."""

    def bound(values: np.ndarray) -> str:
        same = len(np.unique(values)) == 1
        return number(values.flat[0]) if same else f"[{' '.join(map(number, values.ravel()))}]"

    return f"`Box({bound(low)}, {bound(high)}, {low.shape}, {dtype})`"


def _actions(model: mujoco.MjModel, prose: str) -> str:
    found, (low, high) = actuators(model), model.actuator_ctrlrange.T
    kinds = {a.on for a in found}
    on = kinds.pop() if len(kinds) == 1 else ""
    rows = [
        (i, a.meaning, *map(number, a.limits or (-np.inf, np.inf)), a.name, a.target if on else f"{a.on} {a.target}",
         f"{a.quantity} ({a.unit})")
        for i, a in enumerate(found)
    ]  # fmt: skip
    header = (
        "Num", "Action", "Control Min", "Control Max", "Name (in the model)", on.capitalize() or "On", "Type (Unit)",
    )  # fmt: skip
    return _lines(f"{box(low, high)}, in the order of the model's actuators.", prose, table(header, rows))


def _observations(channels: tuple[Channel, ...], model: mujoco.MjModel, prose: str) -> str:
    size = np.full(total(channels), np.inf)
    attached = {sensor.name: sensor.of for sensor in sensors_of(model)}
    rows = [row for channel in channels for row in _channel_rows(channel, attached)]
    header = ("Num", "Observation", "Min", "Max", "Sensor (in the model)", "On", "Channel", "Type (Unit)")
    told = "\n".join(f"- `{c.name}` ({c.unit or 'no unit'}): {_meaning(c)}" for c in channels)
    return _lines(f"{box(-size, size)}.", prose, told, table(header, [(i, *row) for i, row in enumerate(rows)]))


def _meaning(channel: Channel) -> str:
    limit = "" if channel.limit is None else f"; at most {number(channel.limit)} either way"
    return (channel.description or "not described") + limit + "."


def _channel_rows(channel: Channel, attached: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    units = [unit.strip() for unit in channel.unit.split(",")]
    parts = channel.parts if channel.parts and channel.size % len(channel.parts) == 0 else ("",)
    for i in range(channel.size):
        label = channel.labels[i] if channel.labels else f"{channel.name} {i}" if channel.size > 1 else channel.name
        part, unit = parts[i * len(parts) // channel.size], units[i % len(units)]
        quantity = f"{_QUANTITIES[unit]} ({unit})" if unit in _QUANTITIES else unit
        yield label, "-Inf", "Inf", part, attached.get(part, ""), channel.name, quantity


def _rewards(task: Task, model: mujoco.MjModel, start: Sensors, prose: str) -> str:
    paid = task.rewards(start, np.zeros((1, model.nu)))
    told = {term.name: term for term in task.terms}
    terms = [told.get(name, Term(name, "not described")) for name in paid]
    rows = [(f"`{term.name}`", number(term.low), number(term.high), term.meaning) for term in terms]
    success = _first(task, "success") and f'`info["success"]`: {_first(task, "success")}'
    info = _first(task, "info") and f"Also in `info`: {_first(task, 'info')}"
    intro = "The sum of the terms; each is in `info` as `reward/<term>`."
    return _lines(intro, table(("Term", "Min", "Max", "Definition"), rows), prose or success, info)


def _ends(task: Task, registration: Registration | None) -> str:
    failed = _first(task, "failed").rstrip(".")
    if registration is None:
        limit = "None, unless a time limit is set where the environment is made or registered."
    else:
        seconds = number(registration.episode_steps * task.control_step_s)
        limit = f"After {registration.episode_steps} control steps ({seconds} s)."
    ends = f"{failed}, or {_EXPLODES}" if failed else f"Never, but for {_EXPLODES}"
    return f"### Termination\n{ends}\n\n### Truncation\n{limit}"


def _first(task: Task, method: str) -> str:
    """The first paragraph of a method's docstring, in one line; empty where the task has only that of `Task`."""
    own = getattr(type(task), method)
    if own is getattr(Task, method):
        return ""
    return " ".join(inspect.cleandoc(own.__doc__ or "").split("\n\n")[0].split())


def options_table(options: type[Any]) -> str:
    """Names, types, defaults and meanings of a dataclass's fields."""
    told, hints = field_docstrings(options), typing.get_type_hints(options)
    rows = [
        (f"`{f.name}`", f"**{type_name(hints[f.name])}**", f"`{_default(f)!r}`", told.get(f.name, "not described"))
        for f in dataclasses.fields(options)
    ]
    return table(("Parameter", "Type", "Default", "Description"), rows) if rows else "None of its own."


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _history(registration: Registration | None) -> str:
    return "* v0: Initial version." if registration is not None and registration.id.endswith("-v0") else ""


def _lines(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)
