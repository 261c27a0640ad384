"""Demonstrations: what a teacher saw and did, from a trained agent, from files of trajectories, or from a bag."""

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float

from innervate.errors import ConfigError, InnervateError, RunError, UnknownNameError
from innervate.files import read_json

from ...controllers import CONTROLLERS, Controller, ControllerSpec
from ...controllers.agent import DESCRIPTION, folder_of, shipped, tensors_of
from ...controllers.registry import ControllerConfig
from ..learner import WorldConfig
from .bag import decisions
from .rollout import Moment, rollout
from .worlds import action_scale, controller_spec, environment_id, make_vector_env

Units = Literal["fraction", "command"]
Agent = tuple[ControllerConfig, dict[str, torch.Tensor]]
OBSERVATION, ACTION, EPISODE = "observation", "action", "episode"
BESIDE = ("time", "time_s", "reward")
"""Columns that may stand there and are not read."""


@dataclass(frozen=True)
class Episode:
    """What one teacher's episode holds."""

    observation: Float[np.ndarray, "step size"]
    action: Float[np.ndarray, "step action"]
    """Fractions of the actuators' limits; of a body that chooses, the number of the alternative of each choice."""

    def __len__(self) -> int:
        return len(self.action)


def load(source: str, world: WorldConfig, spec: ControllerSpec, seeds: list[int], units: Units) -> list[Episode]:
    """Episodes from whatever `source` means; `spec` is of the body of `world`, which is to be driven so.

    Args:
        source: a run folder, an exported or shipped agent, a folder of .npz or .csv files, one such file, or an .mcap;
            empty for the shipped agent of the task.
        world: where an agent shows what it can.
        spec: of that world.
        seeds: of the episodes that an agent shows.
        units: of the actions in files: fractions of the limits, or the actuators' own.

    Raises:
        ConfigError: there is nothing of the kind, or it does not fit the body.
        UnknownNameError: a file has a column that means nothing here.
    """
    found = _of_source(source, world, spec, seeds, units)
    found = [episode for episode in found if len(episode)]
    if not found:
        raise ConfigError(f"{source} holds no control step of a demonstration.")
    for i, episode in enumerate(found):
        _check(f"{source or 'the agent'}, episode {i}", episode, spec, units)
    return found


def _of_source(source: str, world: WorldConfig, spec: ControllerSpec, seeds: list[int], units: Units) -> list[Episode]:
    path = Path(source)
    if not source or (not path.exists() and source in shipped()):
        return _shown(_agent(folder_of(source or _shipped_for(world))), world, seeds)
    if not path.exists():
        raise ConfigError(
            f"There are no demonstrations at {source}. Give a run folder, an exported agent, a folder of .npz or .csv "
            f"files, or an .mcap of the bridge; shipped agents are names: {', '.join(shipped())}."
        )
    if path.is_dir():
        if (path / DESCRIPTION).exists() or (path / "config.json").exists():
            return _shown(_agent(path), world, seeds)
        files = sorted(p for p in path.iterdir() if p.suffix in (".npz", ".csv", ".mcap"))
        if not files:
            raise ConfigError(f"{path} is neither a run nor an agent, and holds no .npz, .csv or .mcap file.")
        return [episode for file in files for episode in _of_file(file, world, spec, units)]
    return _of_file(path, world, spec, units)


def _shipped_for(world: WorldConfig) -> str:
    """The shipped agent of a task."""
    known = {name: read_json(folder_of(name), folder_of(name) / DESCRIPTION).get("world", {}) for name in shipped()}
    for name, told in known.items():
        if told and environment_id(str(told["id"])) == environment_id(world.id):
            return name
    raise ConfigError(
        f"Which demonstrations? No agent that is shipped shows {world.id}: give a run, a folder of trajectories or a "
        "bag, --cloning.demonstrations PATH."
    )


def _agent(folder: Path) -> Agent:
    """What a run's, or an agent's, controller is built from, and its weights."""
    if (folder / "config.json").exists():
        from safetensors import SafetensorError
        from safetensors.torch import load as load_tensors

        document = read_json(folder, folder / "config.json")
        try:
            tensors = load_tensors((folder / "model.safetensors").read_bytes())
        except (OSError, SafetensorError) as error:
            raise RunError(f"{folder / 'model.safetensors'} is damaged or missing: {error}.") from error
        weights = {k.removeprefix("controller."): v for k, v in tensors.items() if k.startswith("controller.")}
    else:
        document, weights = read_json(folder, folder / DESCRIPTION), tensors_of(folder)
    return CONTROLLERS.from_dict(document["controller"]), weights


def _shown(agent: Agent, world: WorldConfig, seeds: list[int]) -> list[Episode]:
    """One episode for each seed of a teacher that acts in the student's world."""
    config, weights = agent
    env = make_vector_env(world, len(seeds))
    try:
        spec = controller_spec(env)
        try:
            teacher: Controller = config.build(spec, torch.Generator().manual_seed(0))
            teacher.load_state_dict(weights)
        except (InnervateError, RuntimeError) as error:
            raise ConfigError(
                f"The teacher ({CONTROLLERS.name_of(config)}) cannot act in {world.id}: {error} It needs the options "
                "and the senses that it was trained with."
            ) from error
        rows: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

        def watch(moment: Moment) -> None:
            rows.append((moment.observation.copy(), moment.action.copy(), moment.running.copy()))

        rollout(env, teacher.eval(), spec, seeds, watch=watch)
    finally:
        env.close()
    seen, done, running = (np.stack(column) for column in zip(*rows, strict=True))
    if spec.choices:
        done = _picked(spec, done)
    return [Episode(seen[running[:, i], i], done[running[:, i], i]) for i in range(len(seeds))]


def _picked(spec: ControllerSpec, preferences: np.ndarray) -> np.ndarray:
    ends = np.cumsum(spec.choices)
    return np.stack(
        [preferences[..., end - n : end].argmax(axis=-1) for n, end in zip(spec.choices, ends, strict=True)], axis=-1
    ).astype(np.float64)


def _of_file(path: Path, world: WorldConfig, spec: ControllerSpec, units: Units) -> list[Episode]:
    if path.suffix == ".mcap":
        return _of_bag(path)
    if path.suffix not in (".npz", ".csv"):
        raise ConfigError(f"Trajectories are .npz, .csv or .mcap files, not {path}.")
    known = [*(channel.name for channel in spec.observations), OBSERVATION, ACTION, EPISODE, *BESIDE]
    columns = _npz(path) if path.suffix == ".npz" else _csv(path, known)
    _check_names(path, columns, known)
    if ACTION not in columns:
        raise ConfigError(f"{path} has no {ACTION}: it has {', '.join(columns)}.")
    if OBSERVATION in columns:
        seen = columns[OBSERVATION]
    else:
        for channel in spec.observations:
            if channel.name not in columns:
                raise ConfigError(f"{path} lacks the channel {channel.name} ({channel.size} numbers a row).")
            if columns[channel.name].shape[1] != channel.size:
                got = columns[channel.name].shape[1]
                raise ConfigError(f"{path}: {channel.name} has {channel.size} numbers a row, not {got}.")
        seen = np.concatenate([columns[channel.name] for channel in spec.observations], axis=1)
    action = columns[ACTION]
    if units == "command":
        env = make_vector_env(world, 1)
        centre, half = action_scale(env)
        env.close()
        if action.shape[1] == len(half):
            action = action - centre if spec.choices else (action - centre) / half
    of = columns.get(EPISODE, np.zeros((len(action), 1)))[:, 0]
    cuts = np.flatnonzero(np.diff(of)) + 1
    return [Episode(o, a) for o, a in zip(np.split(seen, cuts), np.split(action, cuts), strict=True)]


def _check_names(path: Path, names: Iterable[str], known: Iterable[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(f"column of {path}", name, known)


def _npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays: Mapping[str, np.ndarray] = {name: np.asarray(file[name], np.float64) for name in file.files}
    except (OSError, ValueError, EOFError) as error:
        raise ConfigError(f"{path} cannot be read as arrays of numbers: {error}.") from error
    lengths = {len(np.atleast_1d(a)) for a in arrays.values()}
    if len(lengths) != 1:
        raise ConfigError(f"Every array of {path} should have a row for each control step; got {sorted(lengths)} rows.")
    return {name: a.reshape(len(a), -1) for name, a in arrays.items()}


def _csv(path: Path, known: Iterable[str]) -> dict[str, np.ndarray]:
    """Columns by channel: `joint_angle/0`, `joint_angle/1`, ..., or `speed` where there is one number."""
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    if len(rows) < 2:
        raise ConfigError(f"{path} should have a line of names and a line for each control step.")
    try:
        lines = [row for row in rows[1:] if row]
        values = np.array([[float(cell) for cell in row] for row in lines], np.float64)
        values = values.reshape(len(lines), len(rows[0]))
    except ValueError as error:
        raise ConfigError(f"{path} should hold numbers, as many on each line as there are names: {error}.") from error
    places: dict[str, dict[int, int]] = {}
    for column, title in enumerate(rows[0]):
        name, _, number = title.strip().rpartition("/")
        if not (name and number.isdigit()):
            name, number = title.strip(), "0"
        if int(number) in places.setdefault(name, {}):
            raise ConfigError(f"{path} names {title} twice.")
        places[name][int(number)] = column
    _check_names(path, places, known)
    for name, of in places.items():
        if sorted(of) != list(range(len(of))):
            raise ConfigError(f"{path}: the columns of {name} should be numbered from 0, got {sorted(of)}.")
    return {name: values[:, [of[i] for i in range(len(of))]] for name, of in places.items()}


def _of_bag(path: Path) -> list[Episode]:
    """A drive; where steps are missing, another episode begins."""
    recorded = decisions(path)
    if not recorded:
        raise ConfigError(f"{path} holds no decisions of a controller; innervate ros drive --record writes them.")
    steps, seen, done = (np.array(column) for column in zip(*recorded, strict=True))
    cuts = np.flatnonzero(np.diff(steps) != 1) + 1
    return [Episode(o, a) for o, a in zip(np.split(seen, cuts), np.split(done, cuts), strict=True)]


def _check(where: str, episode: Episode, spec: ControllerSpec, units: Units) -> None:
    size, actions = spec.observation_size, len(spec.choices) or spec.action_size
    if episode.observation.shape[1] != size or episode.action.shape[1] != actions:
        raise ConfigError(
            f"{where} has {episode.observation.shape[1]} observations and {episode.action.shape[1]} actions a row; "
            f"this body has {size} and {actions}."
        )
    for name, values in ((OBSERVATION, episode.observation), (ACTION, episode.action)):
        bad = np.argwhere(~np.isfinite(values))
        if len(bad):
            raise ConfigError(f"{where}: number {bad[0][1]} of the {name} in step {bad[0][0]} is not finite.")
    if spec.choices:
        fits = (episode.action == np.round(episode.action)) & (episode.action >= 0) & (episode.action < spec.choices)
    else:
        fits = np.abs(episode.action) <= 1 + 1e-6
    if not fits.all():
        step, which = np.argwhere(~fits)[0]
        kinds = f"whole numbers below {spec.choices}" if spec.choices else "fractions of the limits, in [-1, 1]"
        way = "" if units == "command" else "; if they are in the actuators' own units: --cloning.actions command"
        got = f"{episode.action[step, which]:g}"
        raise ConfigError(f"{where}: action {which} of step {step} is {got}, not {kinds}{way}.")


def digest(episodes: list[Episode]) -> str:
    """Tells whether demonstrations are the same as they were."""
    summed: Any = hashlib.sha256()
    for episode in episodes:
        summed.update(np.ascontiguousarray(episode.observation, np.float32).tobytes())
        summed.update(np.ascontiguousarray(episode.action, np.float32).tobytes())
    return summed.hexdigest()
