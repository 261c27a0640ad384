"""Where a run came from: versions, machine, command, commit."""

import importlib.metadata
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PACKAGES = ("innervate", "torch", "numpy", "mujoco", "gymnasium", "stable-baselines3", "cma", "dm-control")


def command_line() -> str:
    """The command as typed, without the path of the interpreter."""
    name = Path(sys.argv[0]).name
    return " ".join(["innervate" if name == "__main__.py" else name, *sys.argv[1:]])


def commit() -> str:
    """Git commit of the checkout that innervate is imported from; `unknown` for an installed package."""
    here = Path(__file__).parent
    try:
        head = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=here, capture_output=True, text=True, check=True, timeout=10
        )
        dirty = subprocess.run(
            ["git", "status", "--porcelain", "--untracked-files=no"],
            cwd=here, capture_output=True, text=True, check=True, timeout=10,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return head.stdout.strip() + ("+changes" if dirty.stdout.strip() else "")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that decide a result."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}


def manifest(seed: int) -> dict[str, Any]:
    """The manifest of a run that begins now."""
    return {
        "command": command_line(),
        "commit": commit(),
        "versions": versions(),
        "platform": platform.platform(),
        "seed": seed,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }
