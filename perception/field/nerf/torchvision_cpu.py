"""torchvision's Python half beside a torch without CUDA.

The wheels of torchvision on the package index are built for CUDA; beside the CPU build of torch their C++ operators do
not load, and `import torchvision` then fails because it describes `torchvision::nms` to torch, which nobody defined
(pytorch/vision issue 9085). torch calls `autoload` at the end of its own import (entry point `torch.backends`), and
the operators that are described get a definition here. Where the library loads, nothing is done.
"""

import importlib.util
import os
from pathlib import Path


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
