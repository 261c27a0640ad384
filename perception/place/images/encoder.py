"""Any image encoder that a user has, as an ONNX file, for a front end in place of orientation energy."""

import hashlib
import importlib
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, UInt8

from innervate.errors import ConfigError, MissingExtraError, NonFiniteError

from .preprocess import resize

SIDE = 224
"""Pixels a side, where the file leaves them open."""
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406], np.float32), np.array([0.229, 0.224, 0.225], np.float32)
"""Of ImageNet's channels (0 to 1), by which most encoders' inputs are normalised."""
BATCH = 16


class Encoder:
    """Features of pictures by an ONNX file with one picture input, (n, 3, h, w) or (n, h, w, 3) of float32.

    Pictures are resized to what it takes and normalised by ImageNet's mean and deviation. Its first output, laid out
    flat, is the features. onnxruntime executes the graph; nothing else of the file runs.
    """

    def __init__(self, path: Path) -> None:
        try:
            runtime: Any = importlib.import_module("onnxruntime")
        except ImportError as error:
            raise MissingExtraError("onnxruntime", "encoder") from error
        if not path.is_file():
            raise ConfigError(f"There is no encoder {path}; an ONNX file is needed, as torch.onnx.export writes it.")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4  # what goes wrong is raised
        try:
            self._session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own, which share no base
            raise ConfigError(f"{path} is no ONNX file that onnxruntime opens ({_first_line(error)}).") from error
        self.name, self.digest = path.name, hashlib.sha256(path.read_bytes()).hexdigest()
        inputs = self._session.get_inputs()
        shape = list(inputs[0].shape) if inputs else []
        if len(inputs) != 1 or len(shape) != 4 or inputs[0].type != "tensor(float)" or 3 not in (shape[1], shape[3]):
            takes = ", ".join(f"{i.name}: {i.type} {i.shape}" for i in inputs) or "nothing"
            raise ConfigError(f"{path} takes {takes}; an encoder takes one tensor(float) of [n, 3, height, width] or "
                              "[n, height, width, 3].")
        self._input, self._first = inputs[0].name, shape[1] == 3
        size = shape[2:] if self._first else shape[1:3]
        height, width = (n if isinstance(n, int) and n > 0 else SIDE for n in size)
        self._size = (height, width)
        self._batch = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else BATCH

    def __call__(self, images: UInt8[np.ndarray, "image height width *rgb"]) -> Float32[np.ndarray, "image feature"]:
        """Features of each picture; `ConfigError` where the file cannot take them, `NonFiniteError` for NaN."""
        coloured = images if images.ndim == 4 else np.repeat(images[..., None], 3, -1)
        out = [self._features(coloured[k : k + self._batch]) for k in range(0, len(coloured), self._batch)]
        features = np.concatenate(out)
        if not np.isfinite(features).all():
            bad = int(np.argmin(np.isfinite(features).all(1)))
            raise NonFiniteError(f"The encoder {self.name} gives values that are not finite for picture {bad}.")
        return features

    def _features(self, images: np.ndarray) -> np.ndarray:
        n = len(images)
        planes = [(resize(images[..., c].astype(np.float32), self._size) / 255 - MEAN[c]) / DEVIATION[c]
                  for c in range(3)]  # fmt: skip
        batch = np.stack(planes, 1 if self._first else -1).astype(np.float32)
        if n < self._batch and self._batch != BATCH:
            batch = np.concatenate([batch, np.zeros((self._batch - n, *batch.shape[1:]), np.float32)])
        try:
            result = np.asarray(self._session.run(None, {self._input: batch})[0])
            return result.reshape(len(batch), -1)[:n].astype(np.float32)
        except Exception as error:  # onnxruntime's own, which share no base
            raise ConfigError(f"The encoder {self.name} does not take pictures of {batch.shape} "
                              f"({_first_line(error)}).") from error  # fmt: skip


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
