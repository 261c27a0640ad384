"""The command line: one table of commands, each imported only when it is called."""

import errno
import importlib
import os
import sys
from collections.abc import Sequence

from innervate.errors import InnervateError, UnknownNameError

COMMANDS: dict[str, str] = {
    "list": "Tasks, controllers, learners, presets and benchmarks by name.",
    "train": "Train a controller on a task, or resume a run.",
    "sweep": "Train a grid or a search of runs, here or on a Ray cluster.",
    "evaluate": "Returns of trained controllers over held-out episodes.",
    "compare": "Runs side by side: intervals over seeds, probability of improvement, profiles.",
    "robustness": "Returns with the body, the senses or the neurons changed, as a heat map.",
    "report": "One HTML page about a run, or about several: curve, video, wiring, tables.",
    "play": "Watch a controller live: MuJoCo's window, a web page, or text; --follow a training.",
    "record": "Write a video of a trained controller.",
    "check": "Test an environment against the contracts, or replay an explosion.",
    "doctor": "What this machine has, what is missing, and the line that mends it.",
    "place": "Tell places from images: fit a map, query it, compare recognisers.",
    "ros": "A trained controller drives a robot; a simulation poses as one.",
    "connectome": "Convert a published connectome to a file that circuits are built from.",
    "export": "A trained controller as a folder for use elsewhere: weights, ONNX, card.",
    "plot": "Pictures of a run: its wiring, activity, kymograph, phase portrait.",
    "field": "Learn a place from pictures: capture, train, render, plan, localise, export.",
    "bench": "Measure a capability and write its table.",
}
"""Name to summary; the code lies in innervate.launch.commands.<name>."""


FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""No room: the disk, the quota, or the largest file that this process may write."""


def usage() -> str:
    """The answer to `innervate --help`."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {summary}" for name, summary in COMMANDS.items()]
    return "\n".join(
        [
            "usage: innervate COMMAND [options]      (innervate COMMAND --help explains each option)",
            "",
            "Nervous systems for simulated bodies, and the bridge that carries them to robots.",
            "",
            *lines,
            "",
            "Begin with:  innervate train swim --controller ncap --learner cma",
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
        if argv[0] not in COMMANDS:
            raise UnknownNameError("command", argv[0], COMMANDS)
        importlib.import_module(f"innervate.launch.commands.{argv[0]}").main(argv[1:])
    except InnervateError as error:
        print(f"innervate {argv[0]}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:  # `innervate list | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.errno not in FULL:
            raise
        where = f" at {error.filename}" if error.filename else ""
        print(
            f"innervate {argv[0]}: the disk is full{where} ({error.strerror}). What was saved before is whole: "
            "free some space, then resume the run, or repeat the command.",
            file=sys.stderr,
        )
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
