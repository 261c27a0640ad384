"""What a plain `pip install innervate` brings is enough: the first hour asks for no extra; commands name theirs."""

import subprocess
import sys
from pathlib import Path

BLOCK = """
EXTRA = {
    "cbor2", "cect", "envpool", "foxglove", "h5py", "llvmlite", "mcap", "mcap_ros2", "mjviser", "mujoco_warp",
    "nerfstudio", "nir", "numba", "onnx", "onnxruntime", "onnxscript", "optuna", "ray", "skimage", "sklearn", "wandb",
    "warp", "websockets", "yaml",
}
from importlib.machinery import PathFinder
found = PathFinder.find_spec
PathFinder.find_spec = lambda name, *rest: None if name.partition(".")[0] in EXTRA else found(name, *rest)
"""


def told(code: str) -> str:
    """What a fresh interpreter without the extras prints."""
    done = subprocess.run([sys.executable, "-c", BLOCK + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_a_swimmer_is_trained_and_evaluated(tmp_path: Path) -> None:
    run = str(tmp_path / "run")
    told(
        "from innervate.launch.cli import main\n"
        f"assert not main(['train', 'swim', '--debug', '--out', {run!r}])\n"
        f"assert not main(['evaluate', {run!r}, '--episodes', '2'])\n"
    )


def test_every_entry_of_a_catalogue_that_trains_can_be_read() -> None:
    code = (
        "from innervate.agents.brain import BRAINS\n"
        "from innervate.agents.keeper import KEEPERS\n"
        "from innervate.agents.registry import LEARNERS\n"
        "from innervate.agents.sense import SENSES\n"
        "from innervate.controllers import CONTROLLERS\n"
        "from innervate.envs.registry import TASKS\n"
        "from innervate.launch.run.preset import PRESETS\n"
        "for entries in BRAINS, CONTROLLERS, KEEPERS, LEARNERS, PRESETS, SENSES, TASKS:\n"
        "    print(sum(bool(entries[name]) for name in entries))\n"
    )
    counts = [int(line) for line in told(code).splitlines()]
    assert len(counts) == 7
    assert min(counts) >= 1


def test_a_command_reads_or_names_its_extra() -> None:
    out = told(
        "from innervate.errors import MissingExtraError\n"
        "from innervate.launch.cli import COMMANDS\n"
        "for name in COMMANDS:\n"
        "    try:\n"
        "        COMMANDS[name]\n"
        "    except MissingExtraError as error:\n"
        "        print(name, error)\n"
    )
    assert {line.split()[0] for line in out.splitlines()} == {"field", "place"}
    assert out.count("pip install 'innervate[") == 2
