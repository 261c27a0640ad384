"""`innervate train`: options typed from the chosen task, controller and learner."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import field, make_dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import tyro

from innervate.agents.evolution import CMAConfig
from innervate.agents.learner import LearnerConfig
from innervate.agents.registry import LEARNERS
from innervate.agents.sb3.off_policy_learner import OffPolicyConfig
from innervate.agents.sb3.ppo import PPOConfig
from innervate.agents.worlds import WorldConfig, environment_id
from innervate.controllers import CONTROLLERS
from innervate.envs.registry import TASKS
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.commands.tables import print_table
from innervate.launch.presets import PRESETS, suggested
from innervate.launch.run.config import EvaluationConfig, RunConfig
from innervate.launch.run.report import finish
from innervate.launch.run.tracking import Tracker
from innervate.launch.run.training import Run
from innervate.launch.run.video import record_run

DEFAULT_STEPS = 500_000


def _given(argv: Sequence[str], flag: str, default: str | None) -> str | None:
    """The value of a flag that decides which other options there are."""
    for i, word in enumerate(argv):
        if word == flag and i + 1 < len(argv):
            return argv[i + 1]
        if word.startswith(f"{flag}="):
            return word.partition("=")[2]
    return default


def _help(kind: Any, text: str) -> Any:
    return Annotated[kind, tyro.conf.arg(help=text)]


def options_type(task: str | None, controller: str, learner: str, preset: str | None) -> type[Any]:
    """The dataclass of options for this choice; its nested parts are the configurations themselves."""
    chosen = PRESETS[preset] if preset else suggested(controller, learner)
    controller_default = chosen.controller if chosen else CONTROLLERS[controller]()
    learner_default = chosen.learner if chosen else LEARNERS[learner]()
    steps = chosen.steps if chosen else DEFAULT_STEPS
    options = TASKS[task].options() if task in TASKS else None
    threads = min(2, os.cpu_count() or 1)
    names: list[Any] = [Literal[tuple(CONTROLLERS)], Literal[tuple(LEARNERS)], Optional[Literal[tuple(PRESETS)]]]  # noqa: UP045
    parts: list[Any] = [
        ("task", _help(tyro.conf.Positional[str], "Short name (`innervate list`) or any Gymnasium id."), task),
        ("controller", _help(names[0], "The nervous system."), controller),
        ("learner", _help(names[1], "What turns experience into parameters."), learner),
        ("preset", _help(names[2], "Task, controller, learner and budget that belong together."), preset),
        ("steps", _help(int, "Budget of environment steps."), steps),
        ("seed", _help(int, "One seed makes everything."), 0),
        ("out", _help(Path | None, "Run folder; by default runs/<task>-<controller>-<learner>-<seed>."), None),
        ("resume", _help(Path | None, "Go on with this run; needs nothing else, takes a larger --steps."), None),
        ("debug", _help(bool, "A tiny run of seconds, to see that everything works."), False),
        ("threads", _help(int, "Physics threads."), threads),
        ("checkpoint_s", _help(float, "Seconds between two checkpoints: the work lost to a kill."), 5.0),
        ("video", _help(bool, "Leave a video of the trained controller in the run folder."), True),
        ("track", _help(Literal["none", "wandb"], "Also log to Weights & Biases."), "none"),
        ("evaluation", EvaluationConfig, field(default_factory=EvaluationConfig)),
        (controller, type(controller_default), field(default_factory=lambda: controller_default)),
        (learner, type(learner_default), field(default_factory=lambda: learner_default)),
    ]
    if options is not None:
        parts.append(("env", type(options), field(default_factory=lambda: options)))
    return make_dataclass("train", parts, kw_only=True)


def parse(argv: Sequence[str]) -> Any:
    """The options as typed; `controller`, `learner`, `preset` and the task decide which there are."""
    preset = _given(argv, "--preset", None)
    if preset is not None and preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    base = PRESETS[preset] if preset else None
    controller = _given(argv, "--controller", CONTROLLERS.name_of(base.controller) if base else "ncap") or ""
    learner = _given(argv, "--learner", LEARNERS.name_of(base.learner) if base else "cma") or ""
    task = next((word for word in argv[:1] if not word.startswith("-")), base.task if base else None)
    needs_no_task = _given(argv, "--resume", None) is not None or {"-h", "--help"} & set(argv)
    if task is not None:
        environment_id(task)
    elif not needs_no_task:
        raise ConfigError(f"Which task? For example: innervate train swim. Known: {', '.join(TASKS)}.")
    kind = options_type(task or next(iter(TASKS)), controller, learner, preset)
    return tyro.cli(kind, args=list(argv), prog="innervate train", description=__doc__)


def main(argv: Sequence[str]) -> None:
    """Parse, train, and print the table."""
    options = parse(argv)
    tracker = Tracker(show=True, wandb_project="innervate" if options.track == "wandb" else None)
    if options.resume is not None:
        run = Run.resume(options.resume, options.steps if _given(argv, "--steps", None) else None, tracker)
    else:
        config = configuration(options)
        name = f"{options.task}-{options.controller}-{options.learner}-{options.seed}".replace("/", "-")  # of a full id
        if options.debug:
            name = f"debug-{name}-{time.strftime('%Y%m%d-%H%M%S')}"
        run = Run.start(config, options.out or Path("runs") / name, tracker)
    conclude(run, video=options.video and not options.debug)


def configuration(options: Any) -> RunConfig:
    """What the options describe."""
    config = RunConfig(
        world=WorldConfig(id=environment_id(options.task), options=_world_options(options)),
        controller=getattr(options, options.controller),
        learner=getattr(options, options.learner),
        steps=options.steps,
        seed=options.seed,
        threads=options.threads,
        checkpoint_s=options.checkpoint_s,
        evaluation=options.evaluation,
    )
    return shrink(config) if options.debug else config


def _world_options(options: Any) -> Mapping[str, Any]:
    env = getattr(options, "env", None)
    return {} if env is None else {k: getattr(env, k) for k in env.__dataclass_fields__}


def shrink(config: RunConfig) -> RunConfig:
    """The same run in seconds: two or three iterations of everything."""
    learner: LearnerConfig = config.learner
    if isinstance(learner, PPOConfig):
        learner = replace(learner, num_envs=2, rollout_steps=64, batch_size=64, epochs=2)
        return replace(config, learner=learner, steps=256, evaluation=EvaluationConfig(every_steps=128, episodes=2))
    if isinstance(learner, OffPolicyConfig):
        learner = replace(learner, num_envs=2, warm_up=100, batch_size=32, report_steps=100)
        return replace(config, learner=learner, steps=300, evaluation=EvaluationConfig(every_steps=200, episodes=2))
    if isinstance(learner, CMAConfig):
        learner = replace(learner, population=4, episodes=1)
    return replace(config, learner=learner, steps=8_000, evaluation=EvaluationConfig(every_steps=4_000, episodes=2))


def conclude(run: Run, *, video: bool) -> None:
    """Train, then say where everything lies and how good it is."""
    began = time.monotonic()
    folder = run.train()
    took_s = time.monotonic() - began
    if video:
        try:
            record_run(folder.path)
        except Exception as error:
            # Without OpenGL there is no video, but the trained model stands; `doctor` mends the rest.
            print(f"no video: {error} (innervate doctor says how to mend it)", file=sys.stderr)
    summary = finish(folder)
    rows = [
        ("held-out return", f"{summary['return_mean']:.1f} ± {summary['return_sd']:.1f} (sd)"),
        ("held-out episodes", f"{summary['episodes']}"),
        ("lowest, highest", f"{summary['return_min']:.1f}, {summary['return_max']:.1f}"),
    ]
    if "success_rate" in summary:
        rows.append(("reached the goal", f"{summary['success_rate']:.0%}"))
    rows += [
        ("parameters", f"{run.learner.controller.parameter_count():,}"),
        ("environment steps", f"{run.config.steps:,}"),
        ("training time", f"{took_s:.0f} s"),
    ]
    names = ("model.safetensors", "learning_curve.png", "video.mp4", "README.md", "evaluation.json")
    rows += [("file", str(folder.path / n)) for n in names if (folder.path / n).exists()]
    print_table(f"{folder.path.name}", ("", ""), rows)
