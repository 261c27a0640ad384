"""Train a controller on a task, or resume a run."""

import re
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, make_dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import tyro

from innervate.agents.brain import BRAINS, controller_named
from innervate.agents.experience.worlds import environment_id
from innervate.agents.keeper import KEEPERS
from innervate.agents.learner import WorldConfig
from innervate.agents.registry import LEARNERS
from innervate.agents.sense import SENSES
from innervate.configurations import replaced
from innervate.controllers import CONTROLLERS
from innervate.envs.foreign.names import traceable
from innervate.envs.foreign.robots import SUFFIXES, path_of
from innervate.envs.registry import TASKS
from innervate.errors import ConfigError, UnknownNameError
from innervate.launch.commands._environment import environment_options, given
from innervate.launch.commands._sequence import LEARNER, check_learner, example, in_a_row
from innervate.launch.commands._swaps import with_swaps, without_swaps
from innervate.launch.commands._tables import print_table
from innervate.launch.run.config import EvaluationConfig, RunConfig
from innervate.launch.run.config_file import check_names, read, sense_words, table, table_name
from innervate.launch.run.preset import PRESETS, Preset, names_of
from innervate.launch.run.report import finish
from innervate.launch.run.tracking import Tracker
from innervate.launch.run.training import DEFAULT_THREADS, Run
from innervate.launch.run.video import record_run

HELD = "held_out/"
"""Begins the names of figures of a learner's own on what it did not learn from."""
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
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Of the task, as the preset has them."""
    file: Path | None = None
    """The configuration file, and what it says."""
    said: Mapping[str, Any] = field(default_factory=dict[str, Any])
    sequence: str | None = None
    """Tasks in a row, with commas between them."""
    keep: str | None = None
    """What keeps the earlier ones."""
    swaps: Mapping[str, str] = field(default_factory=dict[str, str])
    """Organs of the preset's animal to what stands in for each: `--brain.memory dictionary`."""

    def over(self, default: Any, name: str) -> Any:
        """A part of the configuration with what the file says of it."""
        return default if self.file is None else replaced(default, table(self.file, self.said, name))

    def word(self, name: str, default: Any, kind: type | tuple[type, ...] = ()) -> Any:
        """A plain option as the file has it. Raises `ConfigError` for a value of another kind."""
        value, wanted = self.said.get(name, default), kind or type(default)
        if isinstance(value, float) and value.is_integer() and wanted is int:
            value = int(value)  # 4e5
        fits = isinstance(value, (int, float) if wanted is float else wanted)
        if value is not default and (not fits or (isinstance(value, bool) and wanted is not bool)):
            raise ConfigError(f"{name.replace('_', '-')} in {self.file} should not be {value!r}.")
        return value


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


def suited_senses(preset: Preset) -> dict[str, Any]:
    """The senses of a preset by the words that mean them."""
    return dict(zip(sense_words(preset.senses), preset.senses, strict=True))


def _sense(word: str, choice: Choice, of_preset: Mapping[str, Any]) -> tuple[type[Any], Any]:
    """Type and default of a sense's configuration: `history`, or `history:ray`, which is of the channel `ray`."""
    name, _, channel = word.partition(":")
    kind: Any = SENSES[name]
    if channel and "channel" not in {f.name for f in fields(kind)}:
        raise ConfigError(f"The sense {name!r} is not of one channel, so {word!r} says too much; its options: --help.")
    default = of_preset.get(word) or (kind(channel=channel) if channel else kind())
    default = choice.over(default, table_name(word))
    return kind, field(default_factory=lambda: default)


def _path(text: Any) -> Path | None:
    return None if text is None else Path(str(text))


def _help(kind: Any, text: str) -> Any:
    return Annotated[kind, tyro.conf.arg(help=text)]


def options_type(choice: Choice) -> type[Any]:
    """The dataclass of options for this choice; its nested parts are the configurations themselves."""
    task, controller, learner = choice.task or EXAMPLE, choice.controller, choice.learner
    suited = with_swaps(PRESETS.filled(task, controller, learner), choice.swaps)
    chosen = with_swaps(PRESETS[choice.preset], choice.swaps) if choice.preset else suited
    ours = CONTROLLERS.name_of(chosen.controller).replace("_", "-") == controller.replace("_", "-")
    controller_default = chosen.controller if ours else suited.controller
    same = LEARNERS.name_of(chosen.learner).replace("_", "-") == learner.replace("_", "-")
    learner_default = chosen.learner if same else suited.learner
    env_words = [f"--env.{name}" for name in table(choice.file, choice.said, "env")] if choice.file else []
    env = environment_options(environment_id(task), [*choice.words, *env_words])
    env = choice.over(replace(env, **choice.options), "env")
    controller_default = choice.over(controller_default, table_name(controller))
    learner_default = choice.over(learner_default, table_name(learner))
    learner_default = in_a_row(learner_default, choice.sequence, choice.keep)
    evaluation, of_preset = choice.over(chosen.evaluation, "evaluation"), suited_senses(chosen)
    word, may_be_unset = choice.word, type(None)
    out, limit = word("out", None, (str, may_be_unset)), word("action_limit", None, (int, float, may_be_unset))
    checkpoint_s = word("checkpoint_s", 5.0)
    nervous = ", ".join([*CONTROLLERS, *BRAINS])
    parts: list[Any] = [
        ("task", _help(tyro.conf.Positional[str], "Short name (`innervate list`) or any Gymnasium id."), task),
        ("controller", _help(str, f"The nervous system: {nervous}."), controller),
        ("learner", _help(str, f"What turns experience into parameters: {', '.join(LEARNERS)}."), learner),
        ("sense", _help(tuple[str, ...], f"Senses, NAME or NAME:CHANNEL: {', '.join(SENSES)}."), choice.senses),
        ("preset", _help(str | None, "What belongs together (`innervate list presets`)."), choice.preset),
        ("config", _help(Path | None, "Options from a file (.toml, .yaml), a run's config.toml say; words win."), None),
        ("sequence", _help(str | None, "Tasks of the arm in a row, as reach,curl,heavy."), choice.sequence),
        ("keep", _help(str | None, f"What keeps earlier tasks of a sequence: {', '.join(KEEPERS)}."), choice.keep),
        ("steps", _help(int, "Budget of environment steps."), word("steps", chosen.steps)),
        ("seed", _help(int, "One seed makes everything."), word("seed", 0)),
        ("out", _help(Path | None, "Run folder; by default runs/<task>-<controller>-<learner>-<seed>."), _path(out)),
        ("resume", _help(Path | None, "Go on with this run; needs nothing else, takes a larger --steps."), None),
        ("debug", _help(bool, "A tiny run of seconds, to see that everything works."), False),
        ("threads", _help(int, "Physics threads."), word("threads", DEFAULT_THREADS)),
        ("checkpoint_s", _help(float, "Seconds between two checkpoints: the work lost to a kill."), checkpoint_s),
        ("video", _help(bool, "Leave a video of the trained controller in the run folder."), word("video", True)),
        ("track", _help(Literal["none", "wandb"], "Also log to Weights & Biases."), word("track", "none")),
        ("action_limit", _help(float | None, "Largest action, where the environment states none."), limit),
        ("evaluation", EvaluationConfig, field(default_factory=lambda: evaluation)),
        (table_name(controller), type(controller_default), field(default=controller_default)),
        (table_name(learner), type(learner_default), field(default=learner_default)),
        *[(table_name(name), *_sense(name, choice, of_preset)) for name in choice.senses],
    ]
    parts.append(("env", type(env), field(default_factory=lambda: env)))
    return make_dataclass("train", parts, kw_only=True)


def parse(argv: Sequence[str]) -> Any:
    """The options as typed; `controller`, `learner`, `sense`, `preset` and the task decide which there are.

    What a configuration file says stands in place of the defaults, so that a word on the command line wins.
    """
    argv, swaps = without_swaps(argv)
    named = _first(argv, "--config", None)
    file = Path(named) if named is not None else None
    said = read(file) if file is not None else {}
    resumes = _first(argv, "--resume", None) is not None
    if file is not None and resumes:
        raise ConfigError("--resume goes on with the configuration of its run, and takes no --config beside it.")
    preset = _first(argv, "--preset", _text(said, "preset"))
    if preset is not None and preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    base = PRESETS[preset] if preset else None
    sequence, keep = (_first(argv, f"--{name}", _text(said, name)) for name in ("sequence", "keep"))
    task = next((word for word in argv[:1] if not word.startswith("-")), None)
    task = task or _text(said, "task") or (base.task if base else example()[0] if sequence else None)
    if task is not None:
        environment_id(task)
    elif not (resumes or {"-h", "--help"} & set(argv)):
        raise ConfigError(f"Which task? For example: innervate train swim. Known: {', '.join(TASKS)}.")
    in_file = _text(said, "controller"), _text(said, "learner")
    controller, learner = _first(argv, "--controller", in_file[0]), _first(argv, "--learner", in_file[1])
    if sequence or keep:
        check_learner(learner)
        controller, learner = controller or example()[1], LEARNER
    if controller is not None:
        controller_named(controller)  # a mistake in a name is told by its catalogue
    base = base or PRESETS.filled(task or EXAMPLE, controller, learner)
    same_task = environment_id(task or EXAMPLE) == environment_id(base.task)
    suits = same_task and controller in (None, *names_of(base.controller))
    senses = tuple(_given(argv, "--sense")) or _sense_words(file, said, tuple(suited_senses(base)) if suits else ())
    options = base.options if suits else {}
    controller = controller or CONTROLLERS.name_of(base.controller)
    learner = learner or LEARNERS.name_of(base.learner)
    kind = options_type(
        Choice(task, controller, learner, preset, senses, tuple(argv), options, file, said, sequence, keep, swaps)
    )
    if file is not None:
        of_file = [word for word in (*in_file, *_sense_words(file, said, ())) if word is not None]
        known = {f.name for f in fields(kind)} - {"config", "resume", "debug"}
        check_names(file, said, known, map(table_name, of_file))
    return tyro.cli(kind, args=numbers(argv), prog="innervate train", description=__doc__)


def _text(said: Mapping[str, Any], name: str) -> str | None:
    """A name in a configuration file."""
    value = said.get(name)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"{name} in a configuration file is a name in quotes, not {value!r}.")
    return value


def _sense_words(file: Path | None, said: Mapping[str, Any], default: tuple[str, ...]) -> tuple[str, ...]:
    words = said.get("sense", default)
    if not isinstance(words, (list, tuple)) or not all(isinstance(w, str) for w in cast("Sequence[Any]", words)):
        raise ConfigError(f"sense in {file} is a list of names, not {words!r}.")
    return tuple(cast("Sequence[str]", words))


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
    senses = tuple(getattr(options, table_name(name)) for name in options.sense)
    id_ = environment_id(options.task)
    config = RunConfig(
        world=WorldConfig(
            id=traceable(id_ if id_.startswith("innervate/") else options.task),
            options=given(options.env, id_),
            senses=senses,
            action_limit=options.action_limit,
        ),
        controller=getattr(options, table_name(options.controller)),
        learner=getattr(options, table_name(options.learner)),
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
            f"    innervate train --resume {shlex.quote(str(path))}",
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
    last = next(iter(folder.progress()[-1:]), {})
    own = {name.partition("/")[2]: value for name, value in last.items() if name.startswith(HELD)}
    rows += [(f"held-out {name.replace('_', ' ')}", f"{value:.3g}") for name, value in own.items()]
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
    typed = shlex.quote(str(path))
    print(f"Go on with:\n    innervate play {typed}\n    innervate report {typed}\n    innervate export {typed}")
