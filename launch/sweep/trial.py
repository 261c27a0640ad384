"""One trial is one run folder: begun, gone on with, or found complete."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from innervate.errors import RunError
from innervate.files import read_json
from innervate.launch.run.config import RunConfig
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.training import Run

TAKEOVER_S = 120.0
"""A cluster may think a worker dead that is not yet: so long the next one waits for the folder's lock."""


def complete_trial(path: str, document: Mapping[str, Any]) -> dict[str, float]:
    """Bring the run at `path` to the end of its budget; returns what it scored.

    `document` is `RunConfig.to_dict()`. A run that is already complete is only read.
    """
    folder, config = Path(path), RunConfig.from_dict(document)
    if folder.exists():
        check_same(folder, config)
    if not is_complete(folder, config):
        if folder.exists():
            Run.resume(folder, config.steps, wait_s=TAKEOVER_S).train()
        else:
            Run.start(config, folder).train()
    return score(folder)


def is_complete(path: Path, config: RunConfig) -> bool:
    """Whether the whole budget is spent and the closing files are written."""
    if not (path / "README.md").exists():  # the last file that a finished run gets
        return False
    folder = RunFolder.open(path)
    progress = folder.progress()
    return folder.config().steps == config.steps and bool(progress) and progress[-1]["steps"] >= config.steps


def check_same(path: Path, config: RunConfig) -> None:
    """Raise if the folder holds a run of another recipe; a larger budget is the same recipe."""
    found = RunFolder.open(path).config()
    if recipe(found.with_steps(config.steps)) != recipe(config) or found.steps > config.steps:
        raise RunError(
            f"{path} holds a run of another configuration than this sweep asks for; give the sweep another --out."
        )


def recipe(config: RunConfig) -> dict[str, Any]:
    """What decides the result: checkpoints and threads do not."""
    return {k: v for k, v in config.to_dict().items() if k not in ("checkpoint_s", "threads")}


def score(path: Path) -> dict[str, float]:
    """The last evaluation during training (initial states for choosing) and the held-out one (for reporting).

    A run that was not evaluated while it trained has no `validation`.
    """
    validated = [r["eval/return"] for r in RunFolder.open(path).progress() if "eval/return" in r]
    held_out = float(read_json(path, path / "evaluation.json")["return_mean"])
    return {"return": held_out} | ({"validation": float(validated[-1])} if validated else {})
