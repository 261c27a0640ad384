"""What this machine has, what is missing, and the line that mends it."""

import importlib.util
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import tyro

from innervate.envs.sight.gl import MEND, probe
from innervate.launch.commands._tables import print_table
from innervate.launch.run.manifest import versions

SMOKE = ([],)

EXTRAS = {
    "place": "numba", "field": "skimage", "predictive": "numba", "bilateral": "numba", "ros": "mcap_ros2",
    "export": "onnxscript", "ray": "ray", "view": "mjviser", "tracking": "wandb", "foxglove": "foxglove",
}  # fmt: skip
"""Extra to a module that it brings."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Versions, rendering, accelerator, extras and write permission."""


def main(argv: Sequence[str]) -> None:
    """Print the findings; exit status 1 if training itself would not work."""
    tyro.cli(Options, args=list(argv), prog="innervate doctor")
    rows = [("versions", ", ".join(f"{k} {v}" for k, v in versions().items()))]
    found = probe()
    works = [name for name, result in found.items() if result == "ok"]
    missing = "not here, and not needed" if works else f"not here: {MEND}"
    rows += [(f"rendering by {name}", "ok" if name in works else missing) for name in found]
    cuda = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none; everything runs on the CPU"
    rows.append(("CUDA", cuda))
    rows.append(("processors", f"{os.cpu_count()}"))
    rows += [
        (f"extra [{extra}]", "ok" if importlib.util.find_spec(package) else f"pip install 'innervate[{extra}]'")
        for extra, package in EXTRAS.items()
    ]
    try:
        with tempfile.TemporaryFile(dir="."):
            writable = "ok"
    except OSError as error:
        writable = f"{error}: run innervate in a folder that you may write to"
    rows.append(("this folder", writable))
    print_table("", ("", ""), rows)
    if writable != "ok":
        raise SystemExit(1)
