"""Time to skill: every preset to its criterion, beside stable-baselines3's PPO and SAC on the same task."""

from functools import partial

from innervate.launch.bench._kit.benchmark import Part
from innervate.launch.bench.skill.rows import skill_rows
from innervate.launch.run.preset import PRESETS

PARTS: dict[str, Part] = {name: partial(skill_rows, name) for name in PRESETS}
"""One for each preset: a bench of a single one is `innervate bench skill --only NAME`."""
PEERS = ("stable-baselines3",)
