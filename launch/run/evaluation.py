"""Deterministic episodes of a trained controller on held-out initial states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv

from innervate.agents.experience.damaged import damaged_world
from innervate.agents.experience.rollout import Episodes, rollout
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.agents.seeds import Streams
from innervate.agents.sense import SENSES
from innervate.agents.threads import one_thread
from innervate.controllers import Controller, ControllerConfig
from innervate.controllers.probe import Lesion
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.run.folder import RunFolder, load_controller_tensors


class Summary(dict[str, Any]):
    """Figures by name, in full; printed with four significant digits."""

    def __repr__(self) -> str:
        shown = (f"{k!r}: {v:.4g}" if isinstance(v, float) else f"{k!r}: {v!r}" for k, v in self.items())
        return "{" + ", ".join(shown) + "}"


@dataclass(frozen=True)
class Evaluation:
    """Returns of a controller over held-out episodes."""

    episodes: Episodes
    seeds: list[int]

    def summary(self) -> "Summary":
        """As printed, to four digits, and as written to JSON, in full."""
        returns = self.episodes.returns
        result = Summary({
            "return_mean": float(returns.mean()),
            "return_sd": float(returns.std(ddof=1)) if len(returns) > 1 else 0.0,
            "return_min": float(returns.min()),
            "return_max": float(returns.max()),
            "length_mean": float(self.episodes.lengths.mean()),
            "episodes": len(returns),
        })
        if self.episodes.success is not None:
            result["success_rate"] = float(self.episodes.success.mean())
        return result


def evaluate_controller(env: VectorEnv[Any, Any, Any], controller: Controller, seeds: list[int]) -> Evaluation:
    """One episode for each seed; `env` holds as many environments."""
    return Evaluation(rollout(env, controller, controller.spec, seeds), seeds)


def build_controller(config: ControllerConfig, env: VectorEnv[Any, Any, Any], seed: int = 0) -> Controller:
    """A controller as a run with this seed would begin."""
    return config.build(controller_spec(env), Streams(seed).controller())


def evaluate_run(
    path: Path | str,
    episodes: int = 10,
    options: Mapping[str, Any] | None = None,
    *,
    lesion: Sequence[str] = (),
    stimulate: Sequence[str] = (),
) -> Evaluation:
    """Evaluate the newest checkpoint of a run; `options` replaces options of its environment (zero-shot transfer).

    `lesion` damages parts of the circuit and senses by name (`NAME[@FROMs[-TOs]][:KIND[=SEVERITY]]`); `stimulate`
    drives the neurons of a wiring.
    """
    if episodes < 1:
        raise ConfigError(f"At least one episode is needed, got episodes={episodes}.")
    folder = RunFolder.open(Path(path))
    config = folder.config()
    world = replace(config.world, options={**config.world.options, **(options or {})})
    controller, world = load_nervous_system(folder, world, lesion=lesion, stimulate=stimulate)
    env = make_vector_env(world, episodes, threads=config.threads)
    try:
        return evaluate_controller(env, controller, Streams.evaluation(episodes))
    finally:
        env.close()


def load_nervous_system(
    folder: RunFolder, world: WorldConfig, *, lesion: Sequence[str] = (), stimulate: Sequence[str] = ()
) -> tuple[Controller, WorldConfig]:
    """The controller of a run's newest checkpoint, and the world whose senses are damaged where a lesion names one."""
    controller = load_controller(folder, world, stimulate=stimulate)
    hurt, left = damaged_world(world, [Lesion.parse(text) for text in lesion])
    if not left:
        return controller, hurt
    try:
        return controller.damaged(left), hurt
    except UnknownNameError as error:
        if not world.senses:
            raise
        senses = ", ".join(SENSES.name_of(sense) for sense in world.senses)
        raise ConfigError(f"{error} Senses: {senses}, and the channels that they give.") from error


def load_controller(
    folder: RunFolder, world: WorldConfig, *, lesion: Sequence[str] = (), stimulate: Sequence[str] = ()
) -> Controller:
    """The controller of a run's newest checkpoint, fitted to the body of `world`."""
    config = folder.config()
    nervous: Any = config.controller
    if stimulate:
        if "stimulate" not in {f.name for f in fields(nervous)}:
            raise ConfigError(
                f"A stimulus is a current into a named neuron, and {type(nervous).__name__.removesuffix('Config')} has "
                "none; train with --controller wiring (its circuit `ncap` is the NCAP circuit)."
            )
        nervous = replace(nervous, stimulate=(*nervous.stimulate, *stimulate))
    known = folder.interface() if world == config.world else None
    if known is not None:
        controller = nervous.build(known[0], Streams(config.seed).controller())
    else:
        env = make_vector_env(world, 1)
        try:
            controller = build_controller(nervous, env, config.seed)
        finally:
            env.close()
    load_controller_tensors(controller, folder.model(), folder.path)
    return controller.damaged([Lesion.parse(text) for text in lesion]) if lesion else controller


def untrained(world: WorldConfig, config: ControllerConfig, seeds: list[int], *, seed: int = 0) -> np.ndarray:
    """Returns of a freshly built controller, one episode for each seed."""
    one_thread()
    env = make_vector_env(world, len(seeds))
    try:
        return evaluate_controller(env, build_controller(config, env, seed), seeds).episodes.returns
    finally:
        env.close()
