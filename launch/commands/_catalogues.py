"""All catalogues by name: what `innervate list`, the site and the contract tests go through."""

from typing import Any

from innervate.agents.brain import BRAINS
from innervate.agents.keeper import KEEPERS
from innervate.agents.predictive.asked import OBJECTIVES
from innervate.agents.registry import LEARNERS
from innervate.agents.sense import SENSES
from innervate.controllers.core import CORES
from innervate.controllers.memories import MEMORIES
from innervate.controllers.registry import CONTROLLERS
from innervate.controllers.rules import RULES
from innervate.envs.registry import BODIES, MAZES, TASKS
from innervate.launch.analysis.method import METHODS
from innervate.launch.analysis.pictures import FIGURES
from innervate.launch.bench._kit.benchmark import BENCHMARKS
from innervate.launch.cli import COMMANDS
from innervate.launch.run.preset import PRESETS
from innervate.perception.place.percept import RECOGNISERS
from innervate.registry import Catalogue

CATALOGUES: dict[str, Catalogue[Any]] = {
    "tasks": TASKS,
    "mazes": MAZES,
    "bodies": BODIES,
    "controllers": CONTROLLERS,
    "cores": CORES,
    "memories": MEMORIES,
    "plasticity": RULES,
    "recognisers": RECOGNISERS,
    "senses": SENSES,
    "learners": LEARNERS,
    "objectives": OBJECTIVES,
    "keepers": KEEPERS,
    "brains": BRAINS,
    "presets": PRESETS,
    "figures": FIGURES,
    "methods": METHODS,
    "benchmarks": BENCHMARKS,
    "commands": COMMANDS,
}
