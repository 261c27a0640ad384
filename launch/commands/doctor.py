"""`innervate doctor`: what this machine has, and the line that mends what is missing."""

import importlib.util
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import tyro

from innervate.envs.gl import probe
from innervate.launch.commands.tables import print_table
from innervate.launch.run.manifest import versions

EXTRAS = {
    "place": "numba", "field": "skimage", "predictive": "numba", "bilateral": "numba", "ros": "mcap_ros2",
    "export": "onnxscript", "ray": "ray", "view": "mjviser", "tracking": "wandb",
}  # fmt: skip
"""Extra to a module that it brings."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Versions, rendering, accelerator, extras and write permission."""


def main(argv: Sequence[str]) -> None:
    """Print the findings; exit status 1 if training itself would not work."""
    tyro.cli(Options, args=list(argv), prog="innervate doctor")
    rows = [("versions", ", ".join(f"{k} {v}" for k, v in versions().items()))]
    rows += [(f"rendering by {name}", result) for name, result in probe().items()]
    if not any(result == "ok" for name, result in rows if name.startswith("rendering")):
        rows.append(("mend rendering", "apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri libosmesa6"))
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
