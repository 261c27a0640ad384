"""Pages of the site that are made from the program: environments, commands, measured tables, reference, changes."""

import ast
import contextlib
import io
import json
import os
import shutil
from pathlib import Path
from typing import Any

import gymnasium
from mkdocs.structure.files import File, Files

from innervate.agents.learner import METRICS
from innervate.agents.registry import LEARNERS, metrics_of
from innervate.controllers.agent import DESCRIPTION, folder_of, shipped
from innervate.envs.manual import manual_of
from innervate.envs.registry import BODIES, DM_CONTROL, MAZES, TASKS, suite_id
from innervate.envs.sheet import sheet
from innervate.launch.cli import COMMANDS
from innervate.launch.commands._catalogues import CATALOGUES
from innervate.launch.run.preset import PRESETS

ROOT = Path(__file__).parents[1]
ROOMS = ("agents", "controllers", "envs", "launch", "perception")

def on_startup(command: str, dirty: bool) -> None:
    """Lay the rooms out under the names that they are imported by, before the reference looks for them."""
    packages = ROOT / "build" / "packages" / "innervate"
    shutil.rmtree(packages, ignore_errors=True)
    code = shutil.ignore_patterns("__pycache__", "assets", "_root")
    shutil.copytree(ROOT / "launch" / "_root", packages, ignore=code)
    for room in ROOMS:  # copies: the reference does not follow links
        shutil.copytree(ROOT / room, packages / room, ignore=code)


def on_config(config: Any) -> Any:
    """The navigation: start, tutorials by the alphabet, then what is made."""
    paths = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
    tutorials = [{_title(path): f"tutorials/{path.name}"} for path in paths]
    config["nav"] = [
        {"Start": "index.md"},
        {"Tutorials": tutorials},
        {"Gallery": "gallery.md"},
        {"Questions": "questions.md"},
        {"Training circuits": "training-circuits.md"},
        {"Environments": "environments.md"},
        {"Bodies": "bodies.md"},
        {"Commands": "commands.md"},
        {"Catalogues": "catalogues.md"},
        {"Metrics": "metrics.md"},
        {"Measured": "benchmarks.md"},
        {"Reference": "reference.md"},
        {"Architecture": "architecture.md"},
        {"Changes": "changes.md"},
        {"How to cite": "cite.md"},
    ]
    return config


def _title(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def on_files(files: Files, config: Any) -> Files:
    """Add the made pages."""
    for name, text in made_pages().items():
        files.append(File.generated(config, name, content=text))
    return files


def made_pages() -> dict[str, str]:
    """Name to Markdown."""
    reference = _reference()
    pages = {
        "environments.md": _environments(),
        "gallery.md": _gallery(),
        "cite.md": _cite(),
        "bodies.md": _bodies(),
        "commands.md": _commands(),
        "catalogues.md": _catalogues(),
        "metrics.md": _metrics(),
        "benchmarks.md": _benchmarks(),
        "changes.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        "reference.md": "# Reference\n\nModules that say what of them is public (`__all__`).\n\n"
        + "\n".join(f"- [{room}](reference/{room}.md)" for room in reference) + "\n",
    }  # fmt: skip
    for room, modules in reference.items():
        blocks = "\n\n".join(f"::: {module}" for module in modules)
        pages[f"reference/{room}.md"] = f"# {room}\n\n{blocks}\n"
    for id_, manual in _manuals().items():
        pages[f"environments/{_page(id_)}.md"] = f"# {id_}\n\n{manual}"
    return pages


def _reference() -> dict[str, list[str]]:
    """Room to the modules in it that have `__all__`, the ground floor under the project's own name."""
    found: dict[str, list[str]] = {"innervate": []}
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            ground = parts[:2] == ("launch", "_root")
            private = not ground and any(p[0] == "_" and p != "__init__" for p in parts)
            if private or "__all__" not in path.read_text(encoding="utf-8"):
                continue
            name = parts[2:] if ground else parts
            name = name[:-1] if name[-1] == "__init__" else name
            found.setdefault("innervate" if ground else room, []).append(".".join(("innervate", *name)))
    return {room: modules for room, modules in found.items() if modules}


def _catalogues() -> str:
    parts = [
        "# Catalogues\n\nEverything that has a name, as `innervate list` shows it. A package adds to each by an entry "
        "point of the group `innervate.KIND`, a notebook by `.add(name, thing)`.\n"
    ]
    for kind, catalogue in CATALOGUES.items():
        rows = "\n".join(f"| `{name}` | {summary} |" for name, summary in catalogue.summaries())
        parts.append(f"## {kind}\n\nEntry points: `{catalogue.group}`.\n\n| | |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def _metrics() -> str:
    def table(metrics: Any) -> str:
        rows = "\n".join(f"| `{name}` | {unit} | {meaning} |" for name, (unit, meaning) in metrics.items())
        return f"| name | unit | meaning |\n|---|---|---|\n{rows}\n"

    parts = [
        "# Every logged figure\n\nIn `progress.jsonl`, one JSON object an iteration, and in TensorBoard under the same "
        "names. Returns are sums of rewards over an episode.\n\n" + table(METRICS)
    ]
    parts += [f"## `{name}`\n\n{table(metrics_of(name))}" for name in LEARNERS]
    parts.append("# Measures of movement and activity\n\nPure functions of arrays (`launch/analysis/measures`).\n")
    for path in sorted((ROOT / "launch" / "analysis" / "measures").glob("[a-z]*.py")):
        functions = [n for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, ast.FunctionDef)]
        told = {f.name: (ast.get_docstring(f) or "").partition("\n")[0] for f in functions if f.name[0] != "_"}
        rows = "\n".join(f"| `{path.stem}.{name}` | {text.replace('|', '&#124;')} |" for name, text in told.items())
        parts.append(f"| measure | meaning |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def _manuals() -> dict[str, str]:
    """Id to the manual that is made of the environment."""
    found = {entry.id: manual_of(entry.make_world(entry.options())) for entry in TASKS.values()}
    return found | {maze.id: str(gymnasium.make(maze.id).unwrapped.__doc__) for maze in MAZES.values()}


def _environments() -> str:
    rows = [
        f"| [`{entry.id}`](environments/{_page(entry.id)}.md) | `{name}` | {catalogue.summary(name)} |"
        for catalogue in (TASKS, MAZES) for name, entry in catalogue.items()
    ]  # fmt: skip
    suite = "\n".join(f"| `{suite_id(d, t)}` |" for d, tasks in DM_CONTROL.items() for t in tasks)
    return (
        "# Environments\n\nAll are Gymnasium environments: `gymnasium.make(id)`, and `gymnasium.make_vec(id, n)` for "
        "many at once, which agree bit for bit. On the command line the short name is enough.\n\n"
        "| id | short name | |\n|---|---|---|\n" + "\n".join(rows)
        + "\n\n## dm_control's suite\n\nThe same engine runs dm_control's bodies and tasks.\n\n| id |\n|---|\n"
        + suite + "\n"
    )


def _bodies() -> str:
    parts = ["# Bodies\n\nEach is a function to `mujoco.MjSpec`, made here as it is without arguments.\n"]
    for name, make in BODIES.items():
        page = str(sheet(make())).partition("\n\n")[2].replace("\n## ", "\n### ")
        parts.append(f"## `{name}`\n\n{BODIES.summary(name)}\n\n{page}")
    return "\n".join(parts)


def _gallery() -> str:
    """A picture and a command for every task and every shipped agent; `.ci/gallery.py` makes the pictures."""
    parts = [
        "# Gallery\n\nEvery picture is by `innervate record NAME --out NAME.jpg`.\n\n![The worm-wired swimmer and what "
        "its neurons do](gallery/worm.webp)\n\n`innervate record swim-entrained --activity --out worm.webp`\n\n"
        "## Trained agents\n\nThey come with innervate; each is a name for `evaluate`, `play`, `record`, `report`, "
        "`export` and in Python for `innervate.load`.\n"
    ]
    for name in shipped():
        told = json.loads((folder_of(name) / DESCRIPTION).read_text(encoding="utf-8"))
        score = told["score"]
        about = (
            f"{told['world']['id']}: return {score['return']:.1f} on {score['episodes']} held-out starts, untrained "
            f"{score['untrained']:.1f}. Made by `{told['about'].rpartition(': ')[2]}`."
        )
        parts.append(f"### `{name}`\n\n{_picture(name)}{about}\n\n`innervate play {name}`\n")
    parts.append("## Tasks\n\nUntrained, driven at random.\n")
    for name, entry in TASKS.items():
        presets = [n for n, p in PRESETS.items() if p.task == name]
        trains = f"innervate train --preset {presets[0]}" if presets else f"innervate train {name}"
        page = f"[{TASKS.summary(name)}](environments/{_page(entry.id)}.md)"
        parts.append(f"### `{name}`\n\n{_picture(name)}{page}\n\n`{trains}`\n")
    return "\n".join(parts)


def _picture(name: str) -> str:
    there = (ROOT / "docs" / "gallery" / f"{name}.jpg").exists()
    return f"![{name}](gallery/{name}.jpg)\n\n" if there else ""


def _cite() -> str:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    return (
        "# How to cite\n\nThe file `CITATION.cff` at the root, which GitHub and Zotero read:\n\n```yaml\n" + text
        + "```\n\nName the version (`innervate --version`) and the commit, which every run keeps in `manifest.json`. A "
        "circuit has its own source: the docstring of its file names the paper, and the page "
        "[Circuits](tutorials/circuits.md) the connectome.\n"
    )


def _commands() -> str:
    """Every command with all its options, as `--help` tells them."""
    presets = "\n".join(f"| `{name}` | {p.about} |" for name, p in PRESETS.items())
    parts = [
        "# Commands\n\nOptions of `train` are those of the chosen task, controller and learner: here of `swim`; "
        "`innervate train TASK --controller NAME --learner NAME --help` shows yours.\n"
    ]
    for name, summary in COMMANDS.summaries():
        argv = ["swim", "--help"] if name == "train" else ["--help"]
        parts.append(f"## `innervate {name}`\n\n{summary}\n\n```text\n{_help(name, argv)}\n```\n")
    parts.append(f"## Presets\n\n`innervate train --preset NAME`\n\n| preset | |\n|---|---|\n{presets}\n")
    return "\n".join(parts)


def _help(command: str, argv: list[str]) -> str:
    told = io.StringIO()
    os.environ["COLUMNS"] = "100"
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(told):
        COMMANDS[command].main(argv)
    return told.getvalue().strip()


def _benchmarks() -> str:
    parts = ["# Measured\n\nEach table is written by the command below it, peers side by side in the same run.\n"]
    for path in sorted((ROOT / "docs" / "benchmarks").glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        barred = [r for r in rows if r["holds"] is not None]
        holding = sum(r["holds"] for r in barred)
        parts.append(f"## {path.stem}\n\n{holding} of {len(barred)} bars hold.\n\n")
        parts.append(path.with_suffix(".md").read_text(encoding="utf-8"))
    return "\n".join(parts)


def _page(id_: str) -> str:
    return id_.partition("/")[2]
