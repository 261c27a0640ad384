"""What a finished run leaves beside its parameters: evaluation, curve, video and model card."""

import json
import warnings
from typing import Any

from innervate.agents.registry import LEARNERS
from innervate.controllers import CONTROLLERS
from innervate.launch.run.curve import draw_curve
from innervate.launch.run.evaluation import evaluate_run
from innervate.launch.run.files import write_text_atomically
from innervate.launch.run.folder import RunFolder

EPISODES = 10


def finish(folder: RunFolder) -> dict[str, Any]:
    """Evaluate on held-out seeds, draw the curve, write the card; returns the evaluation."""
    summary = evaluate_run(folder.path, EPISODES).summary()
    write_text_atomically(folder.path / "evaluation.json", json.dumps(summary, indent=1) + "\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing font must not cost anybody a trained model
        draw_curve(folder)
    write_text_atomically(folder.path / "README.md", model_card(folder, summary))
    return summary


def model_card(folder: RunFolder, summary: dict[str, Any]) -> str:
    """README.md of a run: what it is, how good it is, how to use it and how to make it again."""
    config, manifest = folder.config(), folder.manifest()
    name = folder.path
    size = sum(v.numel() for k, v in folder.model().items() if k.startswith("controller."))
    controller, learner = CONTROLLERS.to_dict(config.controller), LEARNERS.to_dict(config.learner)
    success = f"| reached the goal | {summary['success_rate']:.0%} |\n" if "success_rate" in summary else ""
    video = "\n[Video](video.mp4)\n" if (folder.path / "video.mp4").exists() else ""
    return f"""# {name.name}

A `{controller["name"]}` controller ({size:,} numbers, normaliser included) for `{config.world.id}`, trained by
`{learner["name"]}` for {config.steps:,} environment steps, seed {config.seed}.

| held-out episodes | {summary["episodes"]} |
|---|---|
| return | {summary["return_mean"]:.1f} ± {summary["return_sd"]:.1f} (sd) |
| lowest, highest | {summary["return_min"]:.1f}, {summary["return_max"]:.1f} |
| episode length | {summary["length_mean"]:.0f} control steps |
{success}
![Learning curve](learning_curve.png)
{video}
## Use it

    innervate evaluate {name}
    innervate record {name}
    innervate train --resume {name} --steps {2 * config.steps}

## Make it again

    {manifest["command"]}

Commit {manifest["commit"]}; {", ".join(f"{k} {v}" for k, v in manifest["versions"].items())}; {manifest["platform"]}.
One seed says little: compare runs over at least five.

Controller: `{json.dumps(controller)}`

Learner: `{json.dumps(learner)}`
"""
