"""Runs side by side: intervals over seeds, probability of improvement, profiles."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro

from innervate.errors import ConfigError
from innervate.files import write_bytes_atomically, write_text_atomically
from innervate.launch.commands._tables import print_table
from innervate.launch.run.comparison import gather, improvements, unequal
from innervate.launch.run.comparison_figure import draw_comparison

SMOKE = (["{run}", "{other}", "--episodes", "2", "--unfinished"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Compare runs of one task on the same held-out initial states; runs that differ in their seed are one group."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders."""
    episodes: int = 20
    """Episodes of each run."""
    unfinished: bool = False
    """Also judge runs that are still being trained, by their newest checkpoint."""
    out: Path | None = None
    """Write <out>.json and <out>.png."""


def main(argv: Sequence[str]) -> None:
    """Evaluate, print, draw."""
    options = tyro.cli(Options, args=list(argv), prog="innervate compare")
    if len(options.runs) < 2:
        raise ConfigError("Comparing takes at least two runs; for one type: innervate evaluate RUN")
    if options.episodes < 1:
        raise ConfigError(f"At least one episode is needed, got episodes={options.episodes}.")
    print(f"evaluating {len(options.runs)} runs, {options.episodes} episodes each ...", file=sys.stderr, flush=True)
    groups = gather(options.runs, options.episodes, unfinished=options.unfinished)
    rng = np.random.default_rng(0)
    summaries = [group.summary(rng) for group in groups]
    pairs = improvements(groups)
    rows = [
        [g.name, str(len(g.runs)), f"{s['interquartile_mean']:.1f}", "{:.1f} to {:.1f}".format(*s["interval"]),
         s["interval_over"], f"{s['lowest']:.1f}"]
        for g, s in zip(groups, summaries, strict=True)
    ]  # fmt: skip
    for note in unequal(options.runs):
        print(note)
    print_table("", ("group", "runs", "interquartile mean", "95 % interval", "over", "lowest episode"), rows)
    if pairs:
        print_table(
            "", ("probability that a run of", "beats one of", "is", "95 % interval"),
            [[p["better"], p["than"], f"{p['probability']:.2f}", "{:.2f} to {:.2f}".format(*p["interval"])]
             for p in pairs],
        )  # fmt: skip
    if options.out is not None:
        document = {
            "episodes": options.episodes,
            "groups": [
                {"name": g.name, **s, "returns": g.returns.tolist()} for g, s in zip(groups, summaries, strict=True)
            ],
            "probability_of_improvement": pairs,
        }
        write_text_atomically(options.out.with_suffix(".json"), json.dumps(document, indent=1) + "\n")
        write_bytes_atomically(options.out.with_suffix(".png"), draw_comparison(groups, summaries))
        print(f"{options.out.with_suffix('.json')}, {options.out.with_suffix('.png')}")
