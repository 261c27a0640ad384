"""torchvision's Python half beside a torch without CUDA.

The wheels of torchvision on the package index are built for CUDA; beside the CPU build of torch their C++ operators do
not load, and `import torchvision` then fails because it describes `torchvision::nms` to torch, which nobody defined
(pytorch/vision issue 9085). `python -m innervate.perception.field.nerf.torchvision_cpu`, once in an environment made
for nerfstudio, has torch call `autoload` at the end of its own import (entry point `torch.backends`), and the operators
that are described get a definition here. Where the library loads, nothing is done. Other environments are left alone:
an entry point of innervate's own would run at every `import torch` of everybody.
"""

import importlib.util
import os
import sysconfig
from pathlib import Path

NAME = "innervate_torchvision_cpu"


def autoload() -> None:
    """Define what torchvision's missing library would have defined, if it is missing. Never raises."""
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None or os.environ.get("INNERVATE_TORCHVISION") == "leave":
        return
    import torch

    if torch.version.cuda is not None:
        return
    for library in sorted(Path(spec.origin).parent.glob("_C*.so")):
        try:
            torch.ops.load_library(str(library))
        except OSError:
            continue
        return
    define()


def define() -> None:
    """Define `torchvision::nms` in plain torch, and `qnms` by name alone."""
    import torch

    def nms(boxes: "torch.Tensor", scores: "torch.Tensor", iou_threshold: float) -> "torch.Tensor":
        order, kept = scores.argsort(descending=True), []
        area = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(1)
        while len(order):
            best, rest = order[0], order[1:]
            kept.append(best)
            low, high = torch.maximum(boxes[best, :2], boxes[rest, :2]), torch.minimum(boxes[best, 2:], boxes[rest, 2:])
            both = (high - low).clamp(min=0).prod(1)
            order = rest[both / (area[best] + area[rest] - both) <= iou_threshold]
        return torch.stack(kept) if kept else order

    try:
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.impl("nms", nms, "CPU")
    except RuntimeError:
        return  # defined already
    _KEPT.append(library)


_KEPT: list[object] = []
"""A library's operators live as long as it does."""


def register() -> Path:
    """Add the entry point to the running environment; `pip uninstall innervate_torchvision_cpu` takes it out."""
    folder = Path(sysconfig.get_path("purelib")) / f"{NAME}-1.dist-info"
    folder.mkdir(exist_ok=True)
    files = {
        "METADATA": f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1\n",
        "entry_points.txt": f"[torch.backends]\n{NAME} = {__spec__.name if __spec__ else __name__}:autoload\n",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    rows = "".join(f"{folder.name}/{name},,\n" for name in (*files, "RECORD"))
    (folder / "RECORD").write_text(rows, encoding="utf-8")
    return folder


if __name__ == "__main__":
    print(register())
