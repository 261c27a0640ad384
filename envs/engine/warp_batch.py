"""The physics of a batch on a GPU, by MuJoCo Warp, behind the interface of `mujoco.batch`.

State rows, sensors and resets stay with MuJoCo on the processor; only the substeps of a control step run on the device,
in its single precision: trajectories follow MuJoCo's to its tolerance, not bit for bit.
"""

import importlib
from typing import Any

import mujoco
import numpy as np
from jaxtyping import Int
from mujoco.batch import Batch

from innervate.errors import ConfigError, MissingExtraError

CARRIED = ("qpos", "qvel", "act", "qacc_warmstart")
"""Parts of the state that a step changes."""
GIVEN = ("ctrl", "qfrc_applied", "xfrc_applied", "mocap_pos", "mocap_quat")
"""Parts of the state that it only reads."""


class WarpBatch:
    """As `mujoco.batch.Batch`, its `step` on a Warp device.

    Args:
        model: the model of all simulations.
        nsim: how many.
        nthread: processor threads for sensors and resets.
        device: Warp's name of the device, e.g. `cuda:0`, or `cpu`; None for the first GPU.

    Raises:
        MissingExtraError: MuJoCo Warp is not installed.
        ConfigError: there is no such device.
    """

    def __init__(self, model: mujoco.MjModel, nsim: int, nthread: int = 0, device: str | None = None) -> None:
        try:
            self._wp: Any = importlib.import_module("warp")
            self._mjw: Any = importlib.import_module("mujoco_warp")
        except ImportError as error:
            raise MissingExtraError("mujoco-warp", "gpu") from error
        self._wp.config.quiet = True
        self._wp.init()
        if device is None and not self._wp.is_cuda_available():
            raise ConfigError("No GPU that Warp can use was found; leave device='cpu', MuJoCo's own batched engine.")
        try:
            self._device = self._wp.get_device(device or "cuda:0")
        except Exception as error:
            known = ", ".join(str(d) for d in self._wp.get_devices())
            raise ConfigError(f"Warp knows no device {device!r}; here are: {known}.") from error
        self._batch = Batch(model, nsim, nthread)
        self._views = {name: self._batch.bind(name) for name in (*CARRIED, *GIVEN)}
        self._time = self._batch.bind("time")
        self._timestep = model.opt.timestep
        with self._wp.ScopedDevice(self._device):
            self._model = self._mjw.put_model(model)
            self._data = self._mjw.put_data(model, mujoco.MjData(model), nworld=nsim)
        self._graphs: dict[int, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def step(self, ids: Int[np.ndarray, "chosen"] | None = None, nstep: int = 1, stage: int = 0) -> None:
        """Advance the chosen simulations, all for None, by `nstep` substeps; then compute up to `stage`."""
        with self._wp.ScopedDevice(self._device):
            for name in (*CARRIED, *GIVEN):
                self._upload(name)
            self._advance(nstep)
            rows = slice(None) if ids is None else ids
            for name in CARRIED:
                if self._views[name].size:
                    self._views[name][rows] = getattr(self._data, name).numpy().reshape(self._views[name].shape)[rows]
        self._time[rows] += nstep * self._timestep
        if stage != mujoco.mjtStage.mjSTAGE_NONE.value:
            self._batch.forward(ids, stage=stage)

    def _upload(self, name: str) -> None:
        view, target = self._views[name], getattr(self._data, name)
        if view.size:
            target.assign(np.ascontiguousarray(view, np.float32).reshape(target.numpy().shape))

    def _advance(self, nstep: int) -> None:
        if not self._device.is_cuda:
            for _ in range(nstep):
                self._mjw.step(self._model, self._data)
            return
        if nstep not in self._graphs:  # a recorded graph spares the launch of every kernel
            with self._wp.ScopedCapture() as capture:
                for _ in range(nstep):
                    self._mjw.step(self._model, self._data)
            self._graphs[nstep] = capture.graph
        self._wp.capture_launch(self._graphs[nstep])


Physics = Batch | WarpBatch
"""What steps the bodies: MuJoCo's own batch, or the GPU's behind the same interface."""
