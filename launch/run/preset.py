"""What a preset is, and the presets by name."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from innervate.agents.brain import BRAINS, controller_named
from innervate.agents.experience.worlds import environment_id
from innervate.agents.learner import LearnerConfig
from innervate.agents.registry import LEARNERS, example_of
from innervate.agents.sense import SenseConfig
from innervate.controllers import CONTROLLERS, ControllerConfig
from innervate.envs.foreign.robots import path_of
from innervate.errors import ConfigError
from innervate.launch.run.config import EvaluationConfig
from innervate.registry import Catalogue, Source, spelled

DEFAULT_STEPS = 500_000
"""Environment steps where neither a preset nor the user says how many."""
SMALL = ("linear", "ncap", "wiring", "sine")
"""Controllers of so few parameters that evolution is the usual way to train them."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A task, a controller, a learner and a budget that belong together."""

    about: str
    task: str
    controller: ControllerConfig
    learner: LearnerConfig
    steps: int
    senses: tuple[SenseConfig, ...] = ()
    """What stands between the body and the circuit, in this order; `--sense` replaces them."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of the task, where they are not its own defaults."""
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)
    measured: str = ""
    """Time to skill, of `innervate bench skill`, where it was measured."""


class Presets(Catalogue[Preset]):
    """Presets by name: `swim-ncap-cma` is the value `ncap_cma` of `presets/swim.py`."""

    def _sources(self) -> dict[str, tuple[Source, ...]]:
        found: dict[str, tuple[Source, ...]] = {}
        for file, sources in super()._sources().items():
            for source in sources:
                if source.attribute or source.path is None:
                    named = {file: source}
                else:
                    named = {
                        f"{file}-{spelled(attribute)}": replace(source, attribute=attribute)
                        for attribute in _presets_in(source)
                    }
                for name, one in named.items():
                    found[name] = (*found.get(name, ()), one)
        return found

    def _load(self, name: str) -> Preset:
        source = self.only_source(name)
        preset = self.imported(name, source)
        if not isinstance(preset, Preset):
            raise ConfigError(f"The preset {name!r}, {source.module}:{source.attribute}, is no Preset.")
        return preset

    def summary(self, name: str) -> str:
        """What the preset says that it is about."""
        return f"{self[name].about} {self[name].measured}".strip()

    def filled(self, task: str, controller: str | None, learner: str | None) -> "Preset":
        """A controller, a learner and a budget that fit a task: of its first preset with those that are given.

        Where it has none: a net by PPO, or the learner that is usual for the controller.
        """
        id_ = environment_id(task)
        for name in self:
            try:
                preset = self[name]
            except ConfigError:
                continue
            if (
                environment_id(preset.task) == id_
                and (controller is not None or not preset.senses)  # an animal that must see is asked for by name
                and controller in (None, *names_of(preset.controller))
                and learner in (None, *_both(LEARNERS.name_of(preset.learner)))
            ):
                return preset
        if controller is None and learner is not None:
            LEARNERS[learner]  # its file is imported: it says which controller it trains
            controller = example_of(learner)[1]
        if path_of(task) is not None and controller in (None, "mlp") and learner in (None, "ppo"):
            return of_robot(task)
        nervous, learner = controller or "mlp", learner or ("cma" if controller in SMALL else "ppo")
        return Preset(
            about="", task=task, controller=controller_named(nervous), learner=LEARNERS[learner](), steps=DEFAULT_STEPS
        )


def of_robot(task: str) -> Preset:
    """For a model file, which has no presets of its own: a net by PPO, as it learned to stand on a quadruped."""
    from innervate.agents.learners.ppo import PPOConfig
    from innervate.controllers.circuits.mlp import MLPConfig

    # The step size falls to zero: at a constant one, what was found by the middle of the budget was lost again.
    ppo = PPOConfig(num_envs=32, batch_size=1024, learning_rate=1e-3, anneal=True, target_kl=0.03, initial_std=0.3)
    return Preset(about="", task=task, controller=MLPConfig(hidden=(128, 128)), learner=ppo, steps=2_200_000)


def names_of(controller: ControllerConfig) -> tuple[str, ...]:
    """The catalogue's name of a controller, and those of the composed agents that it is."""
    kind = CONTROLLERS.name_of(controller)
    agents = [name for name in BRAINS if BRAINS[name] == controller] if kind == "brain" else []
    return *_both(kind), *agents


def _both(name: str) -> tuple[str, str]:
    return name, name.replace("-", "_")


def _presets_in(source: Source) -> list[str]:
    """Names at the top of a file that `Preset(...)` is assigned to; nothing is imported."""

    def is_preset(value: Any) -> bool:
        return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "Preset"

    return [
        node.targets[0].id
        for node in ast.parse(source.text).body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and is_preset(node.value)
    ]


PRESETS = Presets(
    "preset",
    group="innervate.presets",
    package="innervate.launch.presets",
    folder=Path(__file__).parents[1] / "presets",
)
