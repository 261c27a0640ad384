"""The yardstick of the engine: MuJoCo's `mj_step` called from a loop in C, one `mjData` per body, nothing else.

Compiled when it is needed, with the C compiler that is there, against the MuJoCo that Python has loaded.
"""

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import mujoco
import numpy as np
from jaxtyping import Float

_SOURCE = r"""
#include <string.h>
#include <mujoco/mujoco.h>
/* actions: steps x n x nu, held for `substeps` calls of mj_step each */
void run(const mjModel* m, mjData** d, int n, int steps, int substeps, const double* actions) {
  for (int t = 0; t < steps; t++)
    for (int i = 0; i < n; i++) {
      memcpy(d[i]->ctrl, actions + ((size_t)t * n + i) * m->nu, sizeof(double) * m->nu);
      for (int k = 0; k < substeps; k++) mj_step(m, d[i]);
    }
}
"""


def compiler() -> str | None:
    """The C compiler of this machine, if there is one."""
    return shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")


class MjStepLoop:
    """`n` copies of a model in given states, stepped by a loop in C on the calling thread."""

    def __init__(self, model: mujoco.MjModel, states: Float[np.ndarray, "body state"], substeps: int) -> None:
        self._run = _compiled()
        self._model = model
        self._substeps = substeps
        self._bodies = [mujoco.MjData(model) for _ in states]
        self.restart(states)
        self._pointers = (ctypes.c_void_p * len(states))(*[data._address for data in self._bodies])

    def restart(self, states: Float[np.ndarray, "body state"]) -> None:
        """Put the bodies into these states (rows of `mjSTATE_INTEGRATION`)."""
        for data, state in zip(self._bodies, states, strict=True):
            mujoco.mj_setState(self._model, data, state, mujoco.mjtState.mjSTATE_INTEGRATION)

    def states(self) -> Float[np.ndarray, "body state"]:
        """Where the bodies are, as rows of `mjSTATE_INTEGRATION`."""
        spec = mujoco.mjtState.mjSTATE_INTEGRATION
        rows = np.empty((len(self._bodies), mujoco.mj_stateSize(self._model, spec)))
        for row, data in zip(rows, self._bodies, strict=True):
            mujoco.mj_getState(self._model, data, row, spec)
        return rows

    def step(self, actions: Float[np.ndarray, "step body actuator"]) -> None:
        """Control steps of all bodies."""
        held = np.ascontiguousarray(actions, np.float64)
        self._run(
            ctypes.c_void_p(self._model._address), self._pointers, len(self._bodies), len(held), self._substeps,
            held.ctypes.data_as(ctypes.c_void_p),
        )  # fmt: skip


def _compiled() -> Callable[..., None]:
    found = compiler()
    if found is None:
        raise FileNotFoundError("no C compiler (gcc, cc or clang) on the path")
    home = Path(mujoco.__file__).parent
    library = next(home.glob("libmujoco.so*"))
    folder = Path(tempfile.mkdtemp(prefix="mj_step_loop"))
    (folder / "loop.c").write_text(_SOURCE, encoding="utf-8")
    subprocess.run(
        [found, "-O3", "-shared", "-fPIC", f"-I{home / 'include'}", "-o", str(folder / "loop.so"),
         str(folder / "loop.c"), str(library), f"-Wl,-rpath,{home}"],
        check=True, capture_output=True,
    )  # fmt: skip
    run = ctypes.CDLL(str(folder / "loop.so")).run
    run.restype = None
    return run
