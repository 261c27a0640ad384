"""Evolution: CMA-ES over any controller's parameters, the whole population evaluated as one batch."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from innervate.errors import ConfigError, RunError

from ...controllers import Controller
from ...controllers.normaliser import Normaliser
from ..evolution.cluster import RayJudges
from ..evolution.judge import Judge, Judgement, Judges, build
from ..experience.worlds import controller_spec, episode_limit, make_vector_env
from ..learner import Learner, Metrics, Progress, Setting, Snapshot
from ..seeds import Streams
from ..tensors import as_array

METRICS: Metrics = {
    "rollout/return_best": ("", "mean return of the best parameter set of this generation"),
    "search/sigma": ("parameter units", "overall step size of the search"),
}

DENSE_LIMIT = 600
"""Above this many parameters the covariance is restricted to its diagonal (Ros and Hansen 2008)."""


@dataclass(frozen=True, kw_only=True)
class CMAConfig:
    """Covariance matrix adaptation (Hansen and Ostermeier 2001), by the library `cma`."""

    population: int = 12
    """Parameter sets tried in a generation."""
    episodes: int = 1
    """Episodes of each parameter set; all sets of a generation meet the same initial states."""
    sigma: float = 0.5
    """Initial step size, in units of the parameters."""
    weight_decay: float = 0.0
    """Return that a unit of squared parameters (summed) costs; keeps the search off flat, saturated ground."""
    ray_workers: int = 0
    """Processes of Ray that share the population (of the cluster in RAY_ADDRESS, or here); 0 needs no Ray."""

    def build(self, setting: Setting) -> "Evolution":
        """Build for any controller that has parameters."""
        return Evolution(setting, self)

    def tiny(self) -> "tuple[CMAConfig, int]":
        """Small populations of single episodes."""
        return replace(self, population=4, episodes=1), 8_000


class Evolution(Learner):
    """Maximises the return of whole episodes; the trained controller is the mean of the search distribution.

    The search is a deterministic function of its seed and of the fitness it was told, so a snapshot holds the
    fitness history and `restore` replays it: nothing of the library's internals is stored.
    """

    def __init__(self, setting: Setting, config: CMAConfig) -> None:
        if config.population < 4:
            raise ConfigError(f"CMA-ES needs a population of at least 4, got {config.population}.")
        if config.episodes < 1 or not config.sigma > 0:
            raise ConfigError(f"episodes must be at least 1 and sigma positive, got {config.episodes}, {config.sigma}.")
        if not 0 <= config.ray_workers <= config.population:
            raise ConfigError(f"ray_workers must lie between 0 and the population, got {config.ray_workers}.")
        if setting.callbacks:
            raise ConfigError("Callbacks are stable-baselines3's, and evolution is not one of its algorithms; use ppo.")
        self.config, self.setting = config, setting
        self._streams = Streams(setting.seed)
        one = make_vector_env(setting.world, 1)
        self.controller: Controller = build(setting, controller_spec(one))
        one.close()
        if self.controller.parameter_count() == 0:
            raise ConfigError("This controller has no parameters to train; choose another one.")
        self._normalisers = {k: m for k, m in self.controller.named_modules() if isinstance(m, Normaliser)}
        self._search = self._new_search()
        self._fitness: list[np.ndarray] = []
        self._steps = 0
        size, workers = (config.population, config.episodes), config.ray_workers
        self._judges: Judges = RayJudges(setting, *size, workers) if workers else Judge(setting, *size)

    def _new_search(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cma tells about optional plotting libraries when imported
            import cma

        start = parameters_to_vector(self.controller.parameters()).detach().double().numpy()
        rng = self._streams.learner()

        def randn(*size: int) -> np.ndarray:
            return rng.standard_normal(size)

        options = {
            "popsize": self.config.population,
            "randn": randn,
            "seed": np.nan,  # the library must not seed the global generator
            "verbose": -9,
            "CMA_diagonal": len(start) > DENSE_LIMIT,
        }
        return cma.CMAEvolutionStrategy(start, self.config.sigma, options)

    def iteration_steps(self) -> int:
        """A generation of episodes that all last as long as they may."""
        return self.config.population * self.config.episodes * episode_limit(self.setting.world)

    def train(self, on_iteration: Callable[[Progress], None]) -> None:
        """Generation after generation until the budget of environment steps is spent."""
        while self._steps < self.setting.steps:
            members = self._search.ask()
            judgement = self._evaluate(np.stack(members))
            returns, lengths = judgement.returns, judgement.lengths
            decay = self.config.weight_decay * np.square(np.stack(members)).sum(axis=1)
            self._tell(members, returns.mean(axis=1) - decay)
            self._steps += int(lengths.sum())
            metrics = {
                "rollout/return": float(returns.mean()),
                "rollout/return_best": float(returns.mean(axis=1).max()),
                "rollout/length": float(lengths.mean()),
                "search/sigma": float(self._search.sigma),
            }
            on_iteration(Progress(steps=self._steps, iteration=len(self._fitness), metrics=metrics))

    def _evaluate(self, members: np.ndarray) -> Judgement:
        seeds = self._streams.environments(self.config.episodes, round_=len(self._fitness))
        buffers = {
            f"{module}.{name}": value.numpy()
            for module, normaliser in self._normalisers.items()
            for name, value in normaliser.named_buffers()
        }
        judgement = self._judges.judge(members, seeds, buffers)
        if len(judgement.seen):
            for normaliser in self._normalisers.values():
                normaliser.update(torch.from_numpy(judgement.seen))
        return judgement

    def _tell(self, members: list[np.ndarray], fitness: np.ndarray) -> None:
        self._search.tell(members, (-fitness).tolist())
        self._fitness.append(fitness)
        vector_to_parameters(torch.from_numpy(self._search.mean).float(), self.controller.parameters())

    def snapshot(self) -> Snapshot:
        """The controller at the mean of the search, and the fitness of every member so far."""
        history = np.stack(self._fitness) if self._fitness else np.zeros((0, self.config.population))
        return Snapshot(
            model={f"controller.{k}": v.detach().clone() for k, v in self.controller.state_dict().items()},
            optimizer={"fitness": history},
            rng={"steps": self._steps},
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Replay the search, and check that it arrives at the stored parameters."""
        history = as_array(snapshot.optimizer["fitness"])
        if history.ndim != 2 or history.shape[1] != self.config.population:
            raise RunError(f"The fitness history has shape {history.shape}; expected (*, {self.config.population}).")
        for fitness in history:
            self._tell(self._search.ask(), fitness)
        state = {k.removeprefix("controller."): v for k, v in snapshot.model.items()}
        for name, parameter in self.controller.named_parameters():
            if len(history) and not torch.equal(parameter, state[name]):
                raise RunError(
                    f"Replaying the search does not lead to the stored {name}: the run was made by another version "
                    "of cma or numpy, or its files do not belong together. Install the versions of its manifest.json."
                )
        self.controller.load_state_dict(state)
        self._steps = int(snapshot.rng["steps"])

    def close(self) -> None:
        """Free the environments."""
        self._judges.close()
