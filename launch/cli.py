"""The command line: one table of commands, each imported only when it is called."""

import errno
import importlib
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from innervate.envs.sight import gl
from innervate.errors import InnervateError, InnervateWarning
from innervate.launch import early
from innervate.registry import Catalogue

COMMANDS: Catalogue[ModuleType] = Catalogue(
    "command",
    group="innervate.commands",
    package="innervate.launch.commands",
    folder=Path(__file__).parent / "commands",
)
"""The files of `commands/`, and what others bring: modules with `main(argv)`."""


DENIED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENOENT, errno.EEXIST)
"""A place where nothing can be written, or that is not there."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""No room: the disk, the quota, or the largest file that this process may write."""


def usage() -> str:
    """The answer to `innervate --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.summaries()]
    return "\n".join(
        [
            "usage: innervate COMMAND [options]      (innervate COMMAND --help explains each option)",
            "",
            "Nervous systems for simulated bodies, and the bridge that carries them to robots.",
            "",
            *lines,
            "",
            "Begin with:  innervate train swim",
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command; a mistake of the user's is one sentence on standard error and exit status 2."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    if not argv or argv[0] in ("-h", "--help"):
        print(usage())
        return
    try:
        if argv[0] == "--version":
            print(importlib.import_module("importlib.metadata").version("innervate"))
            return
        early.check(argv)
        warnings.showwarning = _told(warnings.showwarning)
        gl.check_asked()
        COMMANDS[argv[0]].main(argv[1:])
    except InnervateError as error:
        print(f"innervate {argv[0]}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:  # `innervate list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno in DENIED and error.filename is not None:
            print(f"innervate {argv[0]}: {error.filename} cannot be used: {error.strerror}.", file=sys.stderr)
            raise SystemExit(2) from None
        if error.errno not in FULL:
            raise
        where = f" at {error.filename}" if error.filename else ""
        print(
            f"innervate {argv[0]}: the disk is full{where} ({error.strerror}). What was saved before is whole: "
            "free some space, then resume the run, or repeat the command.",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    except Exception as error:
        # Gymnasium's own sentence of what to install; recognised by name, so that it need not be imported for a typo.
        if type(error).__name__ != "DependencyNotInstalled":
            raise
        print(f"innervate {argv[0]}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None


def _told(others: Callable[..., None]) -> Callable[..., None]:
    """Shows our own warnings as one sentence, those of others as ever."""

    def show(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, InnervateWarning):
            print(f"innervate: {message}", file=sys.stderr)
        else:
            others(message, category, *where, **more)

    return show


if __name__ == "__main__":
    main()
