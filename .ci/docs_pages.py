"""Pages of the site that are made from the program: environments, commands, measured tables, reference, changes."""

import importlib
import inspect
import json
import shutil
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from innervate.agents.registry import LEARNERS
from innervate.controllers import CONTROLLERS
from innervate.envs.registry import DM_CONTROL, MAZES, TASKS, suite_id
from innervate.launch.cli import COMMANDS
from innervate.launch.presets import PRESETS

ROOT = Path(__file__).parents[1]
ROOMS = ("agents", "controllers", "envs", "launch", "perception")

REFERENCE = {
    "The front door": ["innervate", "innervate.launch.run.training", "innervate.launch.run.evaluation",
                       "innervate.launch.run.statistics", "innervate.launch.run.folder"],
    "Environments": ["innervate.envs.task", "innervate.envs.world", "innervate.envs.channel", "innervate.envs.options",
                     "innervate.envs.arm_options",
                     "innervate.envs.vector", "innervate.envs.sensors"],
    "Controllers": ["innervate.controllers.controller", "innervate.controllers.spec", "innervate.controllers.ncap",
                    "innervate.controllers.nets", "innervate.controllers.wiring.circuit",
                    "innervate.controllers.wiring.swimmers", "innervate.controllers.bilateral.controller",
                    "innervate.controllers.agent"],
    "Learners": ["innervate.agents.learner", "innervate.agents.evolution", "innervate.agents.rollout",
                 "innervate.agents.sb3.ppo"],
    "Movement": ["innervate.agents.hemispheric.training", "innervate.agents.plants.muscle_arm",
                 "innervate.agents.plants.in_field", "innervate.launch.analysis.hand_paths",
                 "innervate.launch.analysis.reaching", "innervate.launch.analysis.holding",
                 "innervate.launch.analysis.stiffness", "innervate.launch.analysis.torques",
                 "innervate.launch.analysis.adaptation", "innervate.launch.analysis.laterality"],
    "Perception": ["innervate.perception.place", "innervate.perception.field"],
}  # fmt: skip


def on_startup(command: str, dirty: bool) -> None:
    """Lay the rooms out under the names that they are imported by, before the reference looks for them."""
    packages = ROOT / "build" / "packages" / "innervate"
    shutil.rmtree(packages, ignore_errors=True)
    code = shutil.ignore_patterns("__pycache__", "assets", "_root")
    shutil.copytree(ROOT / "launch" / "_root", packages, ignore=code)
    for room in ROOMS:  # copies: the reference does not follow links
        shutil.copytree(ROOT / room, packages / room, ignore=code)


def on_files(files: Files, config: Any) -> Files:
    """Add the made pages."""
    for name, text in made_pages().items():
        files.append(File.generated(config, name, content=text))
    return files


def made_pages() -> dict[str, str]:
    """Name to Markdown."""
    pages = {
        "environments.md": _environments(),
        "commands.md": _commands(),
        "benchmarks.md": _benchmarks(),
        "changes.md": (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"),
        "reference.md": "# Reference\n\n" + "\n".join(
            f"- [{title}](reference/{_slug(title)}.md)" for title in REFERENCE
        ) + "\n",
    }  # fmt: skip
    for title, modules in REFERENCE.items():
        blocks = "\n\n".join(f"::: {module}" for module in modules)
        pages[f"reference/{_slug(title)}.md"] = f"# {title}\n\n{blocks}\n"
    for id_, kind in _tasks().items():
        pages[f"environments/{_page(id_)}.md"] = f"# {id_}\n\n{inspect.cleandoc(kind.__doc__ or '')}\n"
    return pages


def _tasks() -> dict[str, type]:
    """Id to the class whose docstring tells of the environment."""
    found: dict[str, type] = {}
    for entry in TASKS.values():
        module, _, function = entry.world.partition(":")
        world = getattr(importlib.import_module(module), function)(entry.options())
        found[entry.id] = type(world.task)
    for id_, maze in MAZES.items():
        module, _, name = maze.entry_point.partition(":")
        found[id_] = getattr(importlib.import_module(module), name)
    return found


def _environments() -> str:
    rows = [f"| [`{e.id}`](environments/{_page(e.id)}.md) | `{name}` | {e.summary} |" for name, e in TASKS.items()]
    rows += [f"| [`{id_}`](environments/{_page(id_)}.md) | | {maze.summary} |" for id_, maze in MAZES.items()]
    suite = "\n".join(f"| `{suite_id(d, t)}` |" for d, tasks in DM_CONTROL.items() for t in tasks)
    return (
        "# Environments\n\nAll are Gymnasium environments: `gymnasium.make(id)`, and `gymnasium.make_vec(id, n)` for "
        "many at once, which agree bit for bit. On the command line the short name is enough.\n\n"
        "| id | short name | |\n|---|---|---|\n" + "\n".join(rows)
        + "\n\n## dm_control's suite\n\nThe same engine runs dm_control's bodies and tasks.\n\n| id |\n|---|\n"
        + suite + "\n"
    )


def _commands() -> str:
    commands = "\n".join(f"| `innervate {name}` | {summary} |" for name, summary in COMMANDS.items())
    presets = "\n".join(f"| `{name}` | {p.about} |" for name, p in PRESETS.items())
    controllers = ", ".join(f"`{name}`" for name in CONTROLLERS)
    learners = ", ".join(f"`{name}`" for name in LEARNERS)
    return (
        "# Commands\n\n`innervate COMMAND --help` explains every option.\n\n| command | |\n|---|---|\n" + commands
        + f"\n\nControllers: {controllers}.\n\nLearners: {learners}.\n\n## Presets\n\n"
        "`innervate train --preset NAME`\n\n| preset | |\n|---|---|\n" + presets + "\n"
    )


def _benchmarks() -> str:
    parts = ["# Measured\n\nEach table is written by the command below it, peers side by side in the same run.\n"]
    for path in sorted((ROOT / "docs" / "benchmarks").glob("*.json")):
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        barred = [r for r in rows if r["holds"] is not None]
        holding = sum(r["holds"] for r in barred)
        parts.append(f"## {path.stem}\n\n{holding} of {len(barred)} bars hold.\n\n")
        parts.append(path.with_suffix(".md").read_text(encoding="utf-8"))
    return "\n".join(parts)


def _slug(title: str) -> str:
    return title.lower().replace(" ", "-")


def _page(id_: str) -> str:
    return id_.partition("/")[2]
