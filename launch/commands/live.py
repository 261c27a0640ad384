"""Let a trained agent live on in its run folder, trial after trial; stopped at any instant, it goes on from there."""

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from innervate.errors import ConfigError
from innervate.launch.run.life import LIFE, TRIALS, Life

SMOKE = (["{run}", "--seconds", "0.5"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """One body lives on in a run folder: trials.jsonl tells its trials, life.safetensors is all that it has become."""

    run: Annotated[Path, tyro.conf.Positional]
    """A run folder."""
    seconds: float = 600.0
    """Of life, beside what has been lived already."""
    lesion: tuple[str, ...] = ()
    """Parts of the circuit, or senses: NAME[@FROMs[-TOs]][:KIND[=SEVERITY]]; the same in all of a life."""


def main(argv: Sequence[str]) -> None:
    """Live, and tell each trial."""
    options = tyro.cli(Options, args=list(argv), prog="innervate live")
    if not options.seconds > 0:
        raise ConfigError(f"A life takes time: --seconds above 0, not {options.seconds:g}.")
    stopped = list[int]()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda came, _: stopped.append(came))
    life = Life(options.run, options.lesion)
    try:
        step_s = life.controller.spec.control_step_s
        life.live(max(1, round(options.seconds / step_s)), _say, lambda: bool(stopped))
        print(f"{life.steps * step_s:.0f} s lived; {options.run / TRIALS} tells them, {options.run / LIFE} goes on.")
    finally:
        life.close()
    if stopped:
        raise SystemExit(128 + stopped[0])


def _say(line: Mapping[str, Any]) -> None:
    if "latency_s" in line:
        what = "probe" if line["probe"] else "found" if line["success"] else "not found"
        print(f"episode {line['episode']}, trial {line['number']}: {what}, {line['latency_s']:.1f} s", flush=True)
    else:
        print(f"episode {line['episode']}: return {line['return']:.1f}", flush=True)
