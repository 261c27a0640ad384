"""What is mistyped is told at once, before a command imports what takes seconds: a task's name, an option twice."""

from collections.abc import Sequence
from pathlib import Path

from innervate.envs.foreign import names
from innervate.errors import ConfigError

TAKE_A_TASK = ("train", "check")
TAKE_A_TASK_OR_A_RUN = ("play",)

_SHIPPED = Path(__file__).parents[1] / "controllers" / "assets"


def check(argv: Sequence[str]) -> None:
    """Raise for what cannot be meant.

    Raises:
        UnknownNameError: a command's task is none; what a module or a file has is looked at later.
        ConfigError: an option stands twice, of which the first would be forgotten without a word; or a file of
            options stands where a task does.
    """
    options = [word.partition("=")[0].replace("_", "-") for word in argv if word.startswith("--") and len(word) > 2]
    again = next((option for option in options if options.count(option) > 1), None)
    if again is not None:
        raise ConfigError(f"{again} was given twice, and only the last would count: give it once, its words together.")
    command, word = argv[0], next(iter(argv[1:]), "-")
    runs = command in TAKE_A_TASK_OR_A_RUN
    if word.startswith("-") or ":" in word or not (runs or command in TAKE_A_TASK):
        return
    if Path(word).suffix in (".toml", ".yaml", ".yml"):
        raise ConfigError(f"{word} is a configuration file: innervate {command} --config {word}")
    if Path(word).suffix in (".py", ".xml", ".urdf", ".mjcf"):
        return
    if runs and (Path(word).exists() or "/" in word or (_SHIPPED / word).is_dir()):
        return
    names.environment_id(word)
