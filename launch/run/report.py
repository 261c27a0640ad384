"""What a finished run leaves beside its parameters: evaluation, curve, video and model card."""

import json
import warnings
from typing import Any

from innervate.agents.experience.rollout import rollout
from innervate.agents.experience.worlds import controller_spec, environment_id, make_vector_env
from innervate.agents.registry import LEARNERS
from innervate.agents.seeds import Streams
from innervate.controllers import CONTROLLERS
from innervate.envs.keywords import TIME_LIMIT, task_of
from innervate.files import write_text_atomically
from innervate.launch.run.curve import draw_curve
from innervate.launch.run.evaluation import evaluate_run
from innervate.launch.run.folder import RunFolder

EPISODES = 10


def finish(folder: RunFolder) -> dict[str, Any]:
    """Evaluate on held-out seeds, draw the curve, write the card; returns the evaluation."""
    summary = evaluate_run(folder.path, EPISODES).summary()
    summary["around"] = around(folder)
    write_text_atomically(folder.path / "evaluation.json", json.dumps(summary, indent=1) + "\n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a missing font must not cost anybody a trained model
        draw_curve(folder, summary["around"])
    write_text_atomically(folder.path / "README.md", model_card(folder, summary))
    return summary


def around(folder: RunFolder) -> dict[str, float]:
    """What a return is to be seen beside: the untrained controller, random actions, the most that there is to earn."""
    config, found = folder.config(), dict[str, float]()
    first = next(iter(folder.progress()), {})
    if first.get("steps") == 0 and "eval/return" in first:
        found["untrained"] = float(first["eval/return"])
    env = make_vector_env(config.world, EPISODES, threads=config.threads)
    try:
        chance = CONTROLLERS["random"]().build(controller_spec(env), Streams(config.seed).controller())
        found["random actions"] = float(rollout(env, chance, chance.spec, Streams.evaluation(EPISODES)).returns.mean())
    finally:
        env.close()
    task = task_of(environment_id(config.world.id))
    if task is not None and task.best_return is not None and config.world.options.get(TIME_LIMIT) is None:
        found["most there is to earn"] = task.best_return
    return found


def model_card(folder: RunFolder, summary: dict[str, Any]) -> str:
    """README.md of a run: what it is, how good it is, how to use it and how to make it again."""
    config, manifest = folder.config(), folder.manifest()
    name = folder.path
    size = sum(v.numel() for k, v in folder.model().items() if k.startswith("controller."))
    controller, learner = CONTROLLERS.to_dict(config.controller), LEARNERS.to_dict(config.learner)
    steps, seconds = folder.spent()
    beside = "".join(f"| {name} | {value:.1f} |\n" for name, value in summary.get("around", {}).items())
    success = f"| reached the goal | {summary['success_rate']:.0%} |\n" if "success_rate" in summary else ""
    trained = f"trained by\n`{learner['name']}` for {steps:,} environment steps ({seconds:.0f} s), seed {config.seed}"
    origin = trained if config.steps else "made elsewhere and adopted"
    video = "\n[Video](video.mp4)\n" if (folder.path / "video.mp4").exists() else ""
    return f"""# {name.name}

A `{controller["name"]}` controller ({size:,} numbers, normaliser included) for `{config.world.id}`, {origin}.

| held-out episodes | {summary["episodes"]} |
|---|---|
| return | {summary["return_mean"]:.1f} ± {summary["return_sd"]:.1f} (sd) |
| lowest, highest | {summary["return_min"]:.1f}, {summary["return_max"]:.1f} |
| episode length | {summary["length_mean"]:.0f} control steps |
{beside}{success}
![Learning curve](learning_curve.png)
{video}
## Use it

    innervate evaluate {name}
    innervate record {name}
    innervate train --resume {name} --steps {2 * max(steps, config.steps) or 100_000}

## Make it again

    {manifest["command"]}

Commit {manifest["commit"]}; {", ".join(f"{k} {v}" for k, v in manifest["versions"].items())}; {manifest["platform"]}.
One seed says little: compare runs over at least five.

Controller: `{json.dumps(controller)}`

Learner: `{json.dumps(learner)}`
"""
