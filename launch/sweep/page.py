"""A sweep as one HTML page: every point, how the best learned, and the best run in full."""

from html import escape
from pathlib import Path

from innervate.launch.run.html import document, html_image, html_table
from innervate.launch.run.page import run_part
from innervate.launch.sweep.figure import draw_sweep
from innervate.launch.sweep.results import HEADER, read_results, table


def write_sweep_page(folder: Path, *, video: bool = True) -> str:
    """The HTML text. Raises RunError for a sweep that has not ended, or a page too large."""
    plan, results = read_results(folder)
    total = sum(len(r.runs) for r in results)
    parts = [
        f"<h1>{escape(folder.name)}</h1><p class=about>{len(results)} points, {total} runs; the best by validation "
        "first, returns on held-out initial states</p>",
        html_table(HEADER, table(results)),
        html_image(draw_sweep(folder, results), "held-out returns and learning curves by point"),
        f"<h2>Make it again</h2><pre>{escape(plan['command'])}</pre>",
    ]
    failures = [f for r in results for f in r.failures]
    if failures:
        parts.append(f"<h2>Failed</h2><pre>{escape(chr(10).join(failures))}</pre>")
    complete = [folder / run for r in results[:1] for run in r.runs if (folder / run / "README.md").exists()]
    parts += [f"<h2>A run of the best point</h2>{run_part(path, video=video)}" for path in complete[:1]]
    return document(folder.name, parts)
