"""A policy of stable-baselines3, or any torch module, as a run folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.launch.run.adoption import adopt

SMOKE = (["{saved}", "--task", "Pendulum-v1", "--out", "{folder}/run"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Bring a policy from elsewhere: it can then be evaluated, recorded, plotted, exported and trained further."""

    policy: Annotated[str, tyro.conf.Positional]
    """A .zip that stable-baselines3 saved, or module:name of a torch module of flat observation to action."""
    task: str
    """The environment that it was trained on."""
    out: Path
    """Run folder to write."""
    learner: str = "ppo"
    """Who goes on training, where `train --resume` asks for it."""


def main(argv: Sequence[str]) -> None:
    """Adopt and say how good it is."""
    options = tyro.cli(Options, args=list(argv), prog="innervate adopt")
    folder = adopt(options.policy, options.task, out=options.out, learner=options.learner)
    print(f"{folder.path}: see how good it is with: innervate evaluate {folder.path}")
