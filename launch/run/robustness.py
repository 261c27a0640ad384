"""How a trained controller fares with another body, worse senses and fewer neurons: one change at a time."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.figure import Figure

from innervate.agents.experience.rollout import rollout
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.experience.worse import WorseSenses
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.controllers import ControllerSpec
from innervate.envs.engine.of_world import OfWorld
from innervate.envs.randomisation import Randomisation
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.run.evaluation import evaluate_controller, load_controller
from innervate.launch.run.folder import RunFolder

FACTORS = (0.5, 0.75, 1.0, 1.5, 2.0)
DELAYS = (0, 1, 2, 3, 4)
NOISES = (0.0, 0.05, 0.1, 0.2, 0.4)
LESIONS = (0, 1, 2, 4, 8)


@dataclass(frozen=True)
class Robustness:
    """Mean held-out returns, a row for each kind of change, a column for each level of it."""

    kinds: tuple[str, ...]
    levels: tuple[tuple[float, ...], ...]
    returns: Float[np.ndarray, "kind level episode"]
    nominal: float

    def document(self) -> dict[str, Any]:
        """As JSON types."""
        means = self.returns.mean(axis=2)
        rows = zip(self.kinds, self.levels, means, strict=True)
        return {"nominal": self.nominal, "rows": [{"kind": k, "levels": v, "returns": m.tolist()} for k, v, m in rows]}


def measure(
    path: Path, episodes: int, only: Sequence[str] = (), say: Callable[[str], None] = lambda _: None
) -> Robustness:
    """Evaluate a run under each change, on the same initial states throughout.

    Body: mass, actuator gear and friction, as factors. Senses: delay in control steps; noise on every channel that has
    a limit, as a share of it. Units: that many silent, drawn at random. Bodies that are not innervate's own cannot be
    changed; there the noise is a share of each number's spread in the unchanged episodes.

    Args:
        path: the run folder.
        episodes: of each cell.
        only: first words of the kinds of change that are measured; all unless given.
        say: is told each kind as it begins.

    Raises:
        ConfigError: no episode, or a kind that this body has not.
    """
    if episodes < 1:
        raise ConfigError(f"At least one episode is needed, got episodes={episodes}.")
    folder = RunFolder.open(path)
    kinds = _kinds(folder, folder.config().world, episodes)
    words = {kind.split(" ")[0].rstrip(","): kind for kind in kinds}
    for word in only:
        if word not in words:
            raise UnknownNameError("kind of change of this body", word, words)
    asked = [kind for word, kind in words.items() if not only or word in only]
    rows = list[list[np.ndarray]]()
    for kind in asked:
        say(kind)
        levels, returns = kinds[kind]
        rows.append([returns(level) for level in levels])
    nominal = float(_returns(folder, folder.config().world, episodes).mean())
    return Robustness(tuple(asked), tuple(kinds[kind][0] for kind in asked), np.array(rows), nominal)


Kinds = dict[str, tuple[tuple[float, ...], Callable[[float], np.ndarray]]]
"""Each kind of change: its levels, and the returns of the episodes at one."""


def _kinds(folder: RunFolder, world: WorldConfig, episodes: int) -> Kinds:
    env = make_vector_env(world, 1)
    spec, ours = controller_spec(env), isinstance(env.unwrapped, OfWorld)
    env.close()
    kinds = _of_body(folder, world, episodes, spec) if ours else _of_senses(folder, world, episodes)
    if units := _units(folder, world):
        levels = tuple(float(n) for n in LESIONS)
        kinds["units silent"] = levels, lambda count: _lesioned(folder, world, episodes, units, int(count))
    return kinds


def _of_senses(folder: RunFolder, world: WorldConfig, episodes: int) -> Kinds:
    spread = cache(lambda: _spread(folder, world, episodes))
    still = np.zeros(1)
    return {
        "delay of the senses, control steps": (
            tuple(map(float, DELAYS)), lambda n: _worse(folder, world, episodes, int(n), still),
        ),
        "noise on the senses, share of their spread": (
            NOISES, lambda n: _worse(folder, world, episodes, 0, n * spread()),
        ),
    }  # fmt: skip


def _of_body(folder: RunFolder, world: WorldConfig, episodes: int, spec: ControllerSpec) -> Kinds:
    def returns(change: Randomisation) -> np.ndarray:
        varied = replace(world, options={**world.options, "randomisation": change})
        return _returns(folder, varied, episodes)

    return {
        kind: (levels, lambda level, change=change: returns(change(level)))
        for kind, (levels, change) in _changes(spec).items()
    }


def _changes(spec: ControllerSpec) -> Mapping[str, tuple[tuple[float, ...], Callable[[float], Randomisation]]]:
    limits = {p.name: p.limit for p in spec.observations if p.limit is not None}
    kinds: dict[str, tuple[tuple[float, ...], Callable[[float], Randomisation]]] = {
        "mass, factor": (FACTORS, lambda f: Randomisation(mass=(f, f))),
        "actuator gear, factor": (FACTORS, lambda f: Randomisation(gear=(f, f))),
        "friction, factor": (FACTORS, lambda f: Randomisation(friction=(f, f))),
        "delay of the senses, control steps": (
            tuple(float(d) for d in DELAYS),
            lambda d: Randomisation(delay_s=(d * spec.control_step_s, d * spec.control_step_s)),
        ),
    }
    if limits:
        kinds["noise on the senses, share of their limit"] = (
            NOISES,
            lambda n: Randomisation(noise={name: n * limit for name, limit in limits.items()}),
        )
    return kinds


def _returns(folder: RunFolder, world: WorldConfig, episodes: int, lesion: tuple[str, ...] = ()) -> np.ndarray:
    controller = load_controller(folder, world, lesion=lesion)
    env = make_vector_env(world, episodes)
    try:
        return evaluate_controller(env, controller, Streams.evaluation(episodes)).episodes.returns
    finally:
        env.close()


def _spread(folder: RunFolder, world: WorldConfig, episodes: int) -> np.ndarray:
    """Standard deviation of each number of the observation over the unchanged controller's episodes."""
    seen = list[np.ndarray]()
    controller, env = load_controller(folder, world), make_vector_env(world, episodes)
    try:
        seeds = Streams.evaluation(episodes)
        rollout(env, controller, controller.spec, seeds, watch=lambda m: seen.append(m.observation[m.running].copy()))
    finally:
        env.close()
    return np.concatenate(seen).std(axis=0)


def _worse(folder: RunFolder, world: WorldConfig, episodes: int, delay_steps: int, noise: np.ndarray) -> np.ndarray:
    controller = load_controller(folder, world)
    env = WorseSenses(make_vector_env(world, episodes), delay_steps=delay_steps, noise=noise)
    try:
        return evaluate_controller(env, controller, Streams.evaluation(episodes)).episodes.returns
    finally:
        env.close()


def _units(folder: RunFolder, world: WorldConfig) -> list[str]:
    """Names of all that can be silenced: neurons but those that drive the body, units of every part but the action."""
    controller = load_controller(folder, world)
    nothing = {c.name: torch.zeros(1, c.size) for c in controller.spec.observations}
    seen = controller.probes(nothing, controller.initial_state(1))
    wired = controller.wiring()
    driven = {"action"} if wired is None else {m.neuron for m in wired[0].motors}
    return [
        unit
        for name, value in seen.items() if name not in driven
        for unit in ([name] if value.dim() == 1 else [f"{name}[{i}]" for i in range(value.shape[-1])])
    ]  # fmt: skip


def _lesioned(folder: RunFolder, world: WorldConfig, episodes: int, names: list[str], count: int) -> np.ndarray:
    """Each episode's share of several draws of units; one draw for each quarter of the episodes."""
    rng = np.random.default_rng(count)
    draws = max(1, min(4, episodes // 2)) if count else 1
    drawn = [tuple(rng.choice(names, min(count, len(names)), replace=False).tolist()) for _ in range(draws)]
    returns = [_returns(folder, world, episodes, lesion) for lesion in drawn]
    return np.mean(returns, axis=0)


def draw(result: Robustness, title: str) -> bytes:
    """A heat map as PNG: return as a share of the unchanged controller's."""
    share = result.returns.mean(axis=2) / (abs(result.nominal) or 1.0)
    figure = Figure(figsize=(8.2, 1.4 + 0.62 * len(result.kinds)), dpi=140, layout="constrained")
    axes: Any = figure.add_subplot()
    image = axes.imshow(share, cmap="RdYlGn", vmin=0.0, vmax=1.1, aspect="auto")
    for i, levels in enumerate(result.levels):
        for k, level in enumerate(levels):
            axes.text(k, i, f"{level:g}\n{share[i, k]:.0%}", ha="center", va="center", fontsize=8)
    axes.set_yticks(range(len(result.kinds)), result.kinds, fontsize=8)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=axes, label="return / unchanged", fraction=0.04, pad=0.02)
    axes.set_title(f"{title}: return {result.nominal:.0f} unchanged; level above, share below", loc="left", fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
