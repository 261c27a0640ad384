"""A run, or several, as one HTML page that opens anywhere: no network, no scripts."""

import base64
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from innervate.agents.registry import LEARNERS
from innervate.controllers import CONTROLLERS
from innervate.errors import InnervateError
from innervate.launch.analysis.pictures import pictures, titles
from innervate.launch.run.comparison import gather, improvements
from innervate.launch.run.comparison_figure import draw_comparison
from innervate.launch.run.evaluation import evaluate_run, load_controller
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.html import document, html_image, html_table
from innervate.launch.run.video import record_run

EPISODES = 20
def write_page(paths: Sequence[Path], *, video: bool = True) -> str:
    """The HTML text. Several runs are compared first; each then has its own part.

    Raises RunError where the page would be larger than a mail box takes, and what `gather` raises.
    """
    parts = [_comparison(paths)] if len(paths) > 1 else []
    for path in paths:
        part = run_part(path, video=video)
        parts.append(part if len(paths) == 1 else f"<details><summary>{escape(path.name)}</summary>{part}</details>")
    return document(paths[0].name if len(paths) == 1 else f"{len(paths)} runs", parts)


def run_part(path: Path, *, video: bool) -> str:
    """The part of a page that tells of one run."""
    folder = RunFolder.open(path)
    config, manifest = folder.config(), folder.manifest()
    controller = load_controller(folder, config.world)
    result = evaluate_run(path, EPISODES).summary()
    kind, learner = CONTROLLERS.name_of(config.controller), LEARNERS.name_of(config.learner)
    done = folder.progress()[-1]["steps"] if folder.progress() else 0
    about = (
        f"{kind} ({controller.parameter_count():,} weights) on {config.world.id}, {learner}, "
        f"{done:,} steps, seed {config.seed}"
    )
    facts = [
        ("return, mean and sd over initial states", f"{result['return_mean']:.1f} ± {result['return_sd']:.1f}"),
        ("lowest, highest", f"{result['return_min']:.1f}, {result['return_max']:.1f}"),
        ("episode length, control steps", f"{result['length_mean']:.0f}"),
    ]
    if "success_rate" in result:
        facts.append(("reached the goal", f"{result['success_rate']:.0%}"))
    sections = [
        f"<h1>{escape(path.name)}</h1><p class=about>{escape(about)}</p>",
        f"<p><span class=big>{result['return_mean']:.0f}</span> over {EPISODES} held-out episodes</p>",
        html_table(("", ""), facts),
    ]
    curve = path / "learning_curve.png"
    if curve.exists():
        sections.append(f"<h2>Learning</h2>{html_image(curve.read_bytes(), 'learning curve')}")
    if video:
        sections.append(_video(path))
    called = titles()
    for name, picture in pictures(controller, config.world).items():
        sections.append(f"<h2>{called[name]}</h2>{html_image(picture, called[name])}")
    commands = f"{manifest['command']}\n\ninnervate evaluate {path}\ninnervate plot {path}\ninnervate export {path}"
    versions = ", ".join(f"{k} {v}" for k, v in manifest["versions"].items())
    sections.append(f"<h2>Make it again</h2><pre>{escape(commands)}</pre>")
    sections.append(f"<p class=about>Commit {escape(str(manifest['commit']))}; {escape(versions)}.</p>")
    resolved = escape(json.dumps(config.to_dict(), indent=1))
    sections.append(f"<details><summary>Configuration</summary><pre>{resolved}</pre></details>")
    return "".join(sections)


def _comparison(paths: Sequence[Path]) -> str:
    groups = gather(paths, EPISODES, unfinished=True)
    rng = np.random.default_rng(0)
    summaries = [g.summary(rng) for g in groups]
    rows = [
        (g.name, str(len(g.runs)), f"{s['interquartile_mean']:.1f}", "{:.1f} to {:.1f}".format(*s["interval"]))
        for g, s in zip(groups, summaries, strict=True)
    ]
    pairs = [
        (p["better"], p["than"], f"{p['probability']:.2f}", "{:.2f} to {:.2f}".format(*p["interval"]))
        for p in improvements(groups)
    ]
    better = html_table(("a run of", "beats one of, with probability", "", "95 % interval"), pairs) if pairs else ""
    return (
        f"<h1>{len(paths)} runs</h1><p class=about>{EPISODES} held-out episodes of each, the same initial states</p>"
        + html_table(("group", "runs", "interquartile mean", "95 % interval"), rows)
        + html_image(draw_comparison(groups, summaries), "comparison")
        + better
    )


def _video(path: Path) -> str:
    file = RunFolder.open(path).path / "video.mp4"
    if not file.exists():
        try:
            record_run(path)
        except InnervateError as error:  # no OpenGL here: everything else is still worth reading
            return f"<h2>Video</h2><p class=about>{escape(str(error))}</p>"
    data = base64.b64encode(file.read_bytes()).decode()
    return (
        "<h2>Video</h2><video controls muted loop playsinline autoplay "
        f'src="data:video/mp4;base64,{data}"></video>'
    )
