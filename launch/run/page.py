"""A run, or several, as one HTML page that opens anywhere: no network, no scripts."""

import base64
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from innervate.agents.registry import LEARNERS
from innervate.controllers import CONTROLLERS
from innervate.errors import InnervateError, RunError
from innervate.launch.analysis.pictures import pictures
from innervate.launch.run.comparison import gather, improvements
from innervate.launch.run.comparison_figure import draw_comparison
from innervate.launch.run.evaluation import evaluate_run, load_controller
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.video import record_run

EPISODES = 20
LIMIT_BYTES = 15_000_000
"""A page should pass through a mail box."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --accent: #b5462f; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
p.about { color: #888; margin-top: .2rem; }
img, video { max-width: 100%; height: auto; border-radius: 6px; background: #fff; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
td:first-child { white-space: normal; }
td.n { font-variant-numeric: tabular-nums; }
pre { overflow-x: auto; background: #8881; padding: .7rem; border-radius: 6px; font-size: .85rem; }
.big { font-size: 2.2rem; font-weight: 600; color: var(--accent); }
details { margin: .8rem 0; } summary { cursor: pointer; }
"""


def write_page(paths: Sequence[Path], *, video: bool = True) -> str:
    """The HTML text. Several runs are compared first; each then has its own part.

    Raises RunError where the page would be larger than a mail box takes, and what `gather` raises.
    """
    parts = [_comparison(paths)] if len(paths) > 1 else []
    for path in paths:
        part = _run(path, video=video)
        parts.append(part if len(paths) == 1 else f"<details><summary>{escape(path.name)}</summary>{part}</details>")
    title = escape(paths[0].name if len(paths) == 1 else f"{len(paths)} runs")
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><title>{title}</title><style>{_STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>\n"
    )
    if len(text) > LIMIT_BYTES:
        raise RunError(
            f"The page would weigh {len(text) / 1e6:.1f} MB; name fewer runs, or leave the videos out with --no-video."
        )
    return text


def _run(path: Path, *, video: bool) -> str:
    folder = RunFolder.open(path)
    config, manifest = folder.config(), folder.manifest()
    controller = load_controller(folder, config.world)
    result = evaluate_run(path, EPISODES).summary()
    kind, learner = CONTROLLERS.name_of(config.controller), LEARNERS.name_of(config.learner)
    done = folder.progress()[-1]["steps"] if folder.progress() else 0
    about = (
        f"{kind} ({controller.parameter_count():,} weights) on {config.world.id}, {learner}, "
        f"{done:,} of {config.steps:,} steps, seed {config.seed}"
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
        _table(("", ""), facts),
    ]
    curve = path / "learning_curve.png"
    if curve.exists():
        sections.append(f"<h2>Learning</h2>{_image(curve.read_bytes(), 'learning curve')}")
    if video:
        sections.append(_video(path))
    titles = {"wiring.png": "Wiring", "activity.png": "Activity and body", "phase_portrait.png": "Phase portrait"}
    for name, picture in pictures(controller, config.world).items():
        sections.append(f"<h2>{titles[name]}</h2>{_image(picture, titles[name])}")
    commands = f"{manifest['command']}\n\ninnervate evaluate {path}\ninnervate plot {path}\ninnervate export {path}"
    versions = ", ".join(f"{k} {v}" for k, v in manifest["versions"].items())
    sections.append(f"<h2>Make it again</h2><pre>{escape(commands)}</pre>")
    sections.append(f"<p class=about>Commit {escape(str(manifest['commit']))}; {escape(versions)}.</p>")
    document = escape(json.dumps(config.to_dict(), indent=1))
    sections.append(f"<details><summary>Configuration</summary><pre>{document}</pre></details>")
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
    better = _table(("a run of", "beats one of, with probability", "", "95 % interval"), pairs) if pairs else ""
    return (
        f"<h1>{len(paths)} runs</h1><p class=about>{EPISODES} held-out episodes of each, the same initial states</p>"
        + _table(("group", "runs", "interquartile mean", "95 % interval"), rows)
        + _image(draw_comparison(groups, summaries), "comparison")
        + better
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    top = "".join(f"<th>{escape(h)}</th>" for h in head) if any(head) else ""
    body = "".join("<tr>" + "".join(f"<td class=n>{escape(str(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>" if top else f"<table>{body}</table>"


def _image(png: bytes, words: str) -> str:
    return f'<img alt="{escape(words)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'


def _video(path: Path) -> str:
    file = path / "video.mp4"
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
