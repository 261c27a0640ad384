"""Train a controller on a task, or resume a run."""

import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, make_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from innervate.agents.brain import BRAINS, controller_named
from innervate.agents.experience.worlds import environment_id
from innervate.agents.learner import WorldConfig
from innervate.agents.registry import LEARNERS
from innervate.agents.sense import SENSES
from innervate.controllers import CONTROLLERS
from innervate.envs.foreign.names import traceable
from innervate.envs.foreign.robots import SUFFIXES, path_of
from innervate.envs.registry import TASKS
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.commands._environment import environment_options, given
from innervate.launch.commands._tables import print_table
from innervate.launch.preset import PRESETS
from innervate.launch.run.config import EvaluationConfig, RunConfig
from innervate.launch.run.report import finish
from innervate.launch.run.tracking import Tracker
from innervate.launch.run.training import DEFAULT_THREADS, Run
from innervate.launch.run.video import record_run

EXAMPLE = "swim"
"""Whose options `--help` shows where no task is named."""
SMOKE = (["swim", "--debug", "--out", "{folder}/run"],)


@dataclass(frozen=True)
class Choice:
    """The words that decide which other options there are."""

    task: str | None
    controller: str
    learner: str
    preset: str | None
    senses: tuple[str, ...]
    words: tuple[str, ...] = ()
    """All that was typed."""


def _given(argv: Sequence[str], flag: str) -> list[str]:
    """The values of a flag, up to the next one."""
    found: list[str] = []
    for i, word in enumerate(argv):
        if word == flag:
            for value in argv[i + 1 :]:
                if value.startswith("-"):
                    break
                found.append(value)
        elif word.startswith(f"{flag}="):
            found.append(word.partition("=")[2])
    return found


def _first(argv: Sequence[str], flag: str, default: str | None) -> str | None:
    return next(iter(_given(argv, flag)), default)


def _field(name: str) -> str:
    """The name of the options' field that holds the configuration of that name."""
    return name.replace("-", "_").replace(":", "_").replace("/", "_")


def _sense(word: str) -> tuple[type[Any], Any]:
    """Type and default of a sense's configuration: `history`, or `history:ray`, which is of the channel `ray`."""
    name, _, channel = word.partition(":")
    kind: Any = SENSES[name]
    if not channel:
        return kind, field(default_factory=kind)
    if "channel" not in {f.name for f in fields(kind)}:
        raise ConfigError(f"The sense {name!r} is not of one channel, so {word!r} says too much; its options: --help.")
    return kind, field(default_factory=lambda: kind(channel=channel))


def _help(kind: Any, text: str) -> Any:
    return Annotated[kind, tyro.conf.arg(help=text)]


def options_type(choice: Choice) -> type[Any]:
    """The dataclass of options for this choice; its nested parts are the configurations themselves."""
    task, controller, learner = choice.task or EXAMPLE, choice.controller, choice.learner
    suited = PRESETS.filled(task, controller, learner)
    chosen = PRESETS[choice.preset] if choice.preset else suited
    ours = CONTROLLERS.name_of(chosen.controller).replace("_", "-") == controller.replace("_", "-")
    controller_default = chosen.controller if ours else suited.controller
    same = LEARNERS.name_of(chosen.learner).replace("_", "-") == learner.replace("_", "-")
    learner_default = chosen.learner if same else suited.learner
    env = environment_options(environment_id(task), choice.words)
    nervous = ", ".join([*CONTROLLERS, *BRAINS])
    parts: list[Any] = [
        ("task", _help(tyro.conf.Positional[str], "Short name (`innervate list`) or any Gymnasium id."), task),
        ("controller", _help(str, f"The nervous system: {nervous}."), controller),
        ("learner", _help(str, f"What turns experience into parameters: {', '.join(LEARNERS)}."), learner),
        ("sense", _help(tuple[str, ...], f"Senses, NAME or NAME:CHANNEL: {', '.join(SENSES)}."), choice.senses),
        ("preset", _help(str | None, "What belongs together (`innervate list presets`)."), choice.preset),
        ("steps", _help(int, "Budget of environment steps."), chosen.steps),
        ("seed", _help(int, "One seed makes everything."), 0),
        ("out", _help(Path | None, "Run folder; by default runs/<task>-<controller>-<learner>-<seed>."), None),
        ("resume", _help(Path | None, "Go on with this run; needs nothing else, takes a larger --steps."), None),
        ("debug", _help(bool, "A tiny run of seconds, to see that everything works."), False),
        ("threads", _help(int, "Physics threads."), DEFAULT_THREADS),
        ("checkpoint_s", _help(float, "Seconds between two checkpoints: the work lost to a kill."), 5.0),
        ("video", _help(bool, "Leave a video of the trained controller in the run folder."), True),
        ("track", _help(Literal["none", "wandb"], "Also log to Weights & Biases."), "none"),
        ("action_limit", _help(float | None, "Largest action, where the environment states none."), None),
        ("evaluation", EvaluationConfig, field(default_factory=EvaluationConfig)),
        (_field(controller), type(controller_default), field(default=controller_default)),
        (_field(learner), type(learner_default), field(default=learner_default)),
        *[(_field(word), *_sense(word)) for word in choice.senses],
    ]
    parts.append(("env", type(env), field(default_factory=lambda: env)))
    return make_dataclass("train", parts, kw_only=True)


def parse(argv: Sequence[str]) -> Any:
    """The options as typed; `controller`, `learner`, `sense`, `preset` and the task decide which there are."""
    preset = _first(argv, "--preset", None)
    if preset is not None and preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    base = PRESETS[preset] if preset else None
    task = next((word for word in argv[:1] if not word.startswith("-")), base.task if base else None)
    needs_no_task = _first(argv, "--resume", None) is not None or {"-h", "--help"} & set(argv)
    if task is not None:
        environment_id(task)
    elif not needs_no_task:
        raise ConfigError(f"Which task? For example: innervate train swim. Known: {', '.join(TASKS)}.")
    controller, learner = _first(argv, "--controller", None), _first(argv, "--learner", None)
    if controller is not None:
        controller_named(controller)  # a mistake in a name is told by its catalogue
    base = base or PRESETS.filled(task or EXAMPLE, controller, learner)
    controller = controller or CONTROLLERS.name_of(base.controller)
    learner = learner or LEARNERS.name_of(base.learner)
    kind = options_type(Choice(task, controller, learner, preset, tuple(_given(argv, "--sense")), tuple(argv)))
    return tyro.cli(kind, args=numbers(argv), prog="innervate train", description=__doc__)


def main(argv: Sequence[str]) -> None:
    """Parse, train, and print the table."""
    options = parse([_of_robot(word, argv) for word in argv])
    tracker = Tracker(show=True, wandb_project="innervate" if options.track == "wandb" else None)
    if options.resume is not None:
        run = Run.resume(options.resume, options.steps if _given(argv, "--steps") else None, tracker)
    else:
        config = configuration(options)
        name = f"{_word(options.task)}-{options.controller}-{options.learner}-{options.seed}"
        if options.debug:
            name = f"debug-{name}-{time.strftime('%Y%m%d-%H%M%S')}"
            print(told_shrunk(configuration(replace(options, debug=False)), config))
        run = Run.start(config, options.out or Path("runs") / name, tracker)
    conclude(run, video=options.video and not options.debug)


def configuration(options: Any) -> RunConfig:
    """What the options describe."""
    senses = tuple(getattr(options, _field(name)) for name in options.sense)
    id_ = environment_id(options.task)
    config = RunConfig(
        world=WorldConfig(
            id=traceable(id_ if id_.startswith("innervate/") else options.task),
            options=given(options.env, id_),
            senses=senses,
            action_limit=options.action_limit,
        ),
        controller=getattr(options, _field(options.controller)),
        learner=getattr(options, _field(options.learner)),
        steps=options.steps,
        seed=options.seed,
        threads=options.threads,
        checkpoint_s=options.checkpoint_s,
        evaluation=options.evaluation,
    )
    return shrink(config) if options.debug else config


def numbers(argv: Sequence[str]) -> list[str]:
    """Whole numbers as people write them, 4e5, 400_000 or 400k, as digits, where they follow a flag for a number."""
    words, flag = list[str](), ""
    for word in argv:
        if word.startswith("--"):
            flag, equals, value = word.partition("=")
            words.append(f"{flag}={_digits(value)}" if equals and _is_numeric(flag) else word)
        else:
            words.append(_digits(word) if _is_numeric(flag) else word)
    return words


def _of_robot(word: str, argv: Sequence[str]) -> str:
    """`--task walk` of a robot's file is its option `goal`."""
    flag, equals, value = word.partition("=")
    if flag not in ("--task", "--keyframe") or not argv or path_of(argv[0]) is None:
        return word
    return {"--task": "--env.goal", "--keyframe": "--env.keyframe"}[flag] + equals + value


def _is_numeric(flag: str) -> bool:
    return flag in ("--steps", "--seed", "--threads") or "." in flag


def _digits(word: str) -> str:
    found = re.fullmatch(r"(\d[\d_]*\.?\d*)(?:[eE]\+?(\d+)|([kM]))", word) or re.fullmatch(r"(\d+(?:_\d+)+)()()", word)
    if found is None:
        return word
    value = Decimal(found[1].replace("_", "")) * 10 ** int(found[2] or {"k": 3, "M": 6}.get(found[3] or "", 0))
    return str(int(value)) if value == int(value) else word


def _word(task: str) -> str:
    """A task's name as part of a folder's."""
    if task.endswith(SUFFIXES):
        return Path(task).stem
    stem = Path(task.rpartition(":")[0]).stem + "-" if ".py" in task else ""
    return stem + task.rpartition(":")[2].replace("/", "-").removesuffix(".py")


def shrink(config: RunConfig) -> RunConfig:
    """The same run in seconds: two or three iterations of everything."""
    learner, steps = config.learner.tiny()
    evaluation = EvaluationConfig(every_steps=steps // 2, episodes=2)
    return replace(config, learner=learner, steps=steps, evaluation=evaluation)


def told_shrunk(asked: RunConfig, config: RunConfig) -> str:
    """What `--debug` has put in place of what was asked for."""
    before, after = vars(asked.learner), vars(config.learner)
    changed = [f"{name} {before[name]} -> {value}" for name, value in after.items() if before[name] != value]
    steps = f"steps {asked.steps:,} -> {config.steps:,}"
    return f"--debug runs everything in small: {', '.join([steps, *changed])}."


def told_plan(run: Run) -> str:
    """What is about to happen, and where."""
    config = run.config
    kind, learner = CONTROLLERS.name_of(config.controller), LEARNERS.name_of(config.learner)
    least, (spent, _) = run.learner.iteration_steps(), run.folder.spent()
    each = f" in iterations of at most {least:,}" if least is not None else ""
    begins = f"goes on at {spent:,} of" if spent else "spends"
    exceeded = (
        f"The budget is less than one iteration, which is finished once it is begun: up to {least:,} steps are spent.\n"
        if least is not None and config.steps < least
        else ""
    )
    return (
        f"{run.folder.path}: {kind} ({run.learner.controller.parameter_count():,} parameters) on {config.world.id}, "
        f"{learner} {begins} {config.steps:,} environment steps{each}; seed {config.seed}.\n{exceeded}"
        "Ctrl-C stops it; what is saved goes on from there. The time that is left is told with the first figures."
    )


def conclude(run: Run, *, video: bool) -> None:
    """Train, then say where everything lies and how good it is; Ctrl-C says how to go on."""
    print(told_plan(run), file=sys.stderr, flush=True)
    path = run.folder.path
    try:
        folder = run.train()
    except KeyboardInterrupt:
        saved, _ = run.folder.spent()
        print(
            f"interrupted. {path} holds the last checkpoint (about {saved:,} environment steps). Go on with:\n"
            f"    innervate train --resume {path}",
            file=sys.stderr,
        )
        raise SystemExit(130) from None
    if video:
        try:
            print("recording a video ...", file=sys.stderr, flush=True)
            record_run(path)
        except Exception as error:
            # Without OpenGL there is no video, but the trained model stands; `doctor` mends the rest.
            print(f"no video: {error} (innervate doctor says how to mend it)", file=sys.stderr)
    summary = finish(folder)
    (steps, seconds), around = folder.spent(), summary.get("around", {})
    rows = [("held-out return", f"{summary['return_mean']:.1f} ± {summary['return_sd']:.1f} (sd)")]
    rows += [(name, f"{value:.1f}") for name, value in around.items()]
    rows += [
        ("held-out episodes", f"{summary['episodes']}"),
        ("lowest, highest", f"{summary['return_min']:.1f}, {summary['return_max']:.1f}"),
    ]
    if "success_rate" in summary:
        rows.append(("reached the goal", f"{summary['success_rate']:.0%}"))
    rows += [
        ("parameters", f"{run.learner.controller.parameter_count():,}"),
        ("environment steps", f"{steps:,}"),
        ("training time", f"{seconds:.0f} s"),
    ]
    names = ("model.safetensors", "learning_curve.png", "video.mp4", "README.md", "evaluation.json")
    rows += [("file", str(path / n)) for n in names if (path / n).exists()]
    print_table(f"{path.name}", ("", ""), rows)
    print(f"Go on with:\n    innervate play {path}\n    innervate report {path}\n    innervate export {path}")
