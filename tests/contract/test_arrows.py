"""Which room may import what: the arrows of docs/architecture.md, walked in the source."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("agents", "controllers", "envs", "launch", "perception")
FORBIDDEN = {
    "envs": {"torch", "stable_baselines3", "agents", "controllers", "perception", "launch"},
    "controllers": {"gymnasium", "mujoco", "stable_baselines3", "agents", "envs", "perception", "launch"},
    "perception": {"gymnasium", "stable_baselines3", "agents", "envs", "controllers", "launch"},
    "agents": {"launch"},
    "launch": set[str](),
}


def imported(path: Path) -> set[str]:
    """Names of top-level packages, or rooms of innervate, that a file imports."""
    room = path.relative_to(ROOT).parts[0]
    depth = len(path.relative_to(ROOT).parts) - 1
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            modules = [node.module or ""]
        elif isinstance(node, ast.ImportFrom) and node.level > depth:
            modules = [f"innervate.{node.module or alias.name}" for alias in node.names]
        else:
            continue
        for module in modules:
            parts = module.split(".")
            names.add(parts[1] if parts[0] == "innervate" and len(parts) > 1 else parts[0])
    return names - {room}


@pytest.mark.parametrize("room", ROOMS)
def test_no_wrong_arrow(room: str) -> None:
    wrong = {
        str(path.relative_to(ROOT)): sorted(imported(path) & FORBIDDEN[room])
        for path in (ROOT / room).rglob("*.py")
        if imported(path) & FORBIDDEN[room]
    }
    assert not wrong


def test_the_walk_sees_a_wrong_arrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    (tmp_path / "envs" / "deep").mkdir(parents=True)
    file = tmp_path / "envs" / "deep" / "x.py"
    file.write_text("def f():\n    from ...controllers import ncap\n    import torch\nfrom ..task import Task\n")
    assert imported(file) & FORBIDDEN["envs"] == {"controllers", "torch"}


def test_import_is_light_and_silent() -> None:
    heavy = "{'torch', 'mujoco', 'dm_control', 'stable_baselines3'}"
    code = f"import sys, innervate; print(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
    assert out.stderr == ""
