"""nerfstudio's checkpoints under torch's safe loader, which nerfstudio 1.1.5 does not know (its issue 3683)."""

import pickle
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from innervate.errors import ConfigError

_NUMBERS = (np.float64, np.float32, np.int64, np.int32)


def allow() -> None:
    """Let torch's safe loader read the NumPy scalars that nerfstudio's schedulers leave in a checkpoint."""
    name = "numpy._core.multiarray" if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else "numpy.core.multiarray"
    scalar = sys.modules[name].scalar
    torch.serialization.add_safe_globals([scalar, np.dtype, *(type(np.dtype(n)) for n in _NUMBERS)])


def newest(folder: Path) -> Path:
    """The last checkpoint of a run's folder of models."""
    found = sorted(folder.glob("step-*.ckpt"))
    if not found:
        raise ConfigError(f"There is no checkpoint in {folder}; `ns-train` writes step-*.ckpt there.")
    return found[-1]


def load(path: Path) -> dict[str, Any]:
    """A checkpoint, read without running anything that is in it.

    Raises:
        ConfigError: it is damaged, or holds more than tensors and numbers.
    """
    allow()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Detected pickle protocol")
            document = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, OSError, zipfile.BadZipFile, ValueError) as error:
        raise ConfigError(
            f"{path} is no checkpoint that can be read safely; nothing in it was run. ({str(error).splitlines()[0]})"
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("pipeline"), dict):
        raise ConfigError(f"{path} is not a checkpoint of nerfstudio: it has no `pipeline`.")
    return document
