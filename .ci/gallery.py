"""Pictures of docs/gallery.md, by `innervate record`: every task, every shipped agent, the animation of the README.

    .venv/bin/python .ci/gallery.py [NAME ...]
"""

import sys
from pathlib import Path

from innervate.controllers.agent import shipped
from innervate.envs.registry import TASKS
from innervate.launch.commands.record import main

FOLDER = Path(__file__).parents[1] / "docs" / "gallery"
AT_S = {"hidden-goal": "3", "arena": "3", "roam": "3", "route": "3"}
ANIMATION = "worm"

wanted = sys.argv[1:]
for name in [*TASKS, *shipped()]:
    if not wanted or name in wanted:
        seconds = "4" if name in shipped() else AT_S.get(name, "1")
        main([name, "--seconds", seconds, "--size", "480", "300", "--out", str(FOLDER / f"{name}.jpg")])
if not wanted or ANIMATION in wanted:
    words = ["swim-entrained", "--seconds", "5", "--size", "480", "240", "--activity"]
    main([*words, "--out", str(FOLDER / f"{ANIMATION}.webp")])
