"""Returns of trained controllers over held-out episodes."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from innervate.files import write_text_atomically
from innervate.launch.commands._tables import print_table
from innervate.launch.run.evaluation import evaluate_run

SMOKE = (["{run}", "--episodes", "2"],)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Returns of trained controllers over held-out episodes, the same for every run."""

    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Run folders."""
    episodes: int = 10
    """Episodes of each run."""
    n_links: int | None = None
    """Evaluate on a body with another number of links (bodies that have links)."""
    lesion: tuple[str, ...] = ()
    """Parts, neurons, classes of neurons or senses: NAME[@FROMs[-TOs]][:KIND[=SEVERITY]]."""
    stimulate: tuple[str, ...] = ()
    """Currents into neurons, such as "AVB 0.5 from 5 s to 8 s"."""
    json: Path | None = None
    """Also write the figures of every episode to this file."""


def main(argv: Sequence[str]) -> None:
    """Evaluate and print."""
    options = tyro.cli(Options, args=list(argv), prog="innervate evaluate")
    changed = {} if options.n_links is None else {"n_links": options.n_links}
    results = {
        str(run): evaluate_run(run, options.episodes, changed, lesion=options.lesion, stimulate=options.stimulate)
        for run in options.runs
    }
    rows: list[list[str]] = []
    for run, result in results.items():
        s = result.summary()
        success = f"{s['success_rate']:.0%}" if "success_rate" in s else ""
        rows.append(
            [run, f"{s['return_mean']:.1f} ± {s['return_sd']:.1f}", f"{s['return_min']:.1f}", f"{s['return_max']:.1f}",
             f"{s['length_mean']:.0f}", success, str(s["episodes"])]
        )  # fmt: skip
    print_table("", ("run", "return (sd)", "lowest", "highest", "length", "success", "episodes"), rows)
    if options.json is not None:
        document = {
            run: {**r.summary(), "seeds": r.seeds, "returns": r.episodes.returns.tolist()} for run, r in results.items()
        }
        write_text_atomically(options.json, json.dumps(document, indent=1) + "\n")
