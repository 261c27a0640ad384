"""What a run is made of, as typed values and as config.json."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from innervate.agents.learner import LearnerConfig, Setting, WorldConfig
from innervate.agents.registry import LEARNERS
from innervate.configurations import from_options, to_json
from innervate.controllers import CONTROLLERS, ControllerConfig
from innervate.errors import ConfigError, RunError, UnknownNameError

FORMAT = 1
"""Version of the run folder; a folder of another version is refused, not guessed at."""


MOST_STEPS = 10**15
"""Of a budget: thirty years at a million steps a second, each of which a float still tells from the next."""


@dataclass(frozen=True, kw_only=True)
class EvaluationConfig:
    """Deterministic episodes during training."""

    every_steps: int = 20_000
    """Environment steps between two evaluations; 0 switches them off."""
    episodes: int = 5
    """Episodes of each evaluation, always the same initial states."""


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Everything that decides what a run becomes."""

    world: WorldConfig
    controller: ControllerConfig
    learner: LearnerConfig
    steps: int
    """Budget of environment steps; 0 for a policy that was made elsewhere and only adopted."""
    seed: int = 0
    threads: int = 1
    checkpoint_s: float = 5.0
    """Seconds between two checkpoints; about this much work is lost to a kill. Results do not depend on it."""
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)

    def __post_init__(self) -> None:
        if not 0 <= self.steps <= MOST_STEPS:
            raise ConfigError(f"A budget is a number of environment steps, up to {MOST_STEPS:.0e}, got steps="
                              f"{f'{self.steps:,}'[:40]}.")
        if self.seed < 0:
            raise ConfigError(f"A seed is a non-negative integer, got {self.seed}.")
        if self.threads < 1:
            raise ConfigError(f"At least one physics thread is needed, got threads={self.threads}.")

    def setting(self) -> Setting:
        """What the learner is given."""
        return Setting(
            world=self.world, controller=self.controller, steps=self.steps, seed=self.seed, threads=self.threads
        )

    def with_steps(self, steps: int) -> "RunConfig":
        """The same run with another budget."""
        return replace(self, steps=steps)

    def to_dict(self) -> dict[str, Any]:
        """As written to config.json."""
        return {
            "format": FORMAT,
            "world": to_json(self.world),
            "controller": CONTROLLERS.to_dict(self.controller),
            "learner": LEARNERS.to_dict(self.learner),
            "steps": self.steps,
            "seed": self.seed,
            "threads": self.threads,
            "checkpoint_s": self.checkpoint_s,
            "evaluation": asdict(self.evaluation),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> "RunConfig":
        """What `to_dict` wrote."""
        version = document.get("format")
        if version != FORMAT:
            raise RunError(
                f"config.json is of run format {version!r}; this innervate reads format {FORMAT}. "
                "Load it with the version named in its manifest.json."
            )
        try:
            return cls(
                world=from_options(WorldConfig, document["world"]),
                controller=CONTROLLERS.from_dict(document["controller"]),
                learner=LEARNERS.from_dict(document["learner"]),
                steps=int(document["steps"]),
                seed=int(document["seed"]),
                threads=int(document["threads"]),
                checkpoint_s=float(document["checkpoint_s"]),
                evaluation=from_options(EvaluationConfig, document["evaluation"]),
            )
        except UnknownNameError:
            raise
        except (KeyError, TypeError, AttributeError) as error:
            raise RunError(f"config.json is incomplete or of the wrong shape: {error}") from error
