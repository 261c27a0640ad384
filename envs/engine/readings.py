"""Where the readings of the sensors come from after a step, in the cheapest way that gives the same bits."""

import mujoco
import numpy as np
from jaxtyping import Float, Int

from .warp_batch import Physics

_NO_SENSORS = int(mujoco.mjtDisableBit.mjDSBL_SENSOR)
_VELOCITY, _ACCELERATION = int(mujoco.mjtStage.mjSTAGE_VEL), int(mujoco.mjtStage.mjSTAGE_ACC)


def state_columns(model: mujoco.MjModel) -> Int[np.ndarray, "reading"] | None:
    """Columns of the state rows that hold every reading, or None if some sensor reads more than joint coordinates."""
    if model.nhistory or model.sensor_cutoff.any() or (model.sensor_plugin >= 0).any():
        return None
    place = mujoco.mj_stateSize(model, mujoco.mjtState.mjSTATE_TIME)
    starts = {
        int(mujoco.mjtSensor.mjSENS_JOINTPOS): place + model.jnt_qposadr,
        int(mujoco.mjtSensor.mjSENS_JOINTVEL): place + model.nq + model.jnt_dofadr,
    }
    columns: list[int] = []
    for kind, joint in zip(model.sensor_type, model.sensor_objid, strict=True):
        if int(kind) not in starts:
            return None
        columns.append(int(starts[int(kind)][joint]))
    return np.array(columns, np.int64)


def only_at_the_end(model: mujoco.MjModel) -> bool:
    """Whether sensors may be computed once a control step, from the state at its end, instead of at every substep.

    True if every sensor depends on position and velocity only and none keeps a history of its own.
    """
    if not model.nsensor:
        return False
    late = (model.sensor_needstage == mujoco.mjtStage.mjSTAGE_ACC).any()
    keeps = model.nhistory > 0 or (model.sensor_plugin >= 0).any()
    user = (model.sensor_type == mujoco.mjtSensor.mjSENS_USER).any()
    return not (late or keeps or user)


class Readings:
    """Steps and senses a batch. Three ways, the first that the sensors allow:

    - joint coordinates only: read from the state, sensors never computed;
    - positions and velocities: computed once, at the end of the control step;
    - else (accelerations, forces, histories): computed at every substep. What depends on acceleration is then that of
      the last substep, as MuJoCo has it after `mj_step`; the rest is current.
    """

    def __init__(self, batch: Physics, model: mujoco.MjModel) -> None:
        self._batch = batch
        self._columns = state_columns(model)
        self._flags: Int[np.ndarray, "env"] | None = None
        self._values = batch.bind("sensordata")
        self._step_stage, self._begin_stage = _VELOCITY, _ACCELERATION
        if self._columns is not None or only_at_the_end(model):
            flags: np.ndarray = batch.expand("opt.disableflags")
            flags |= _NO_SENSORS
            self._flags = flags
            self._step_stage, self._begin_stage = int(mujoco.mjtStage.mjSTAGE_NONE), _VELOCITY

    def step(self, ids: Int[np.ndarray, "chosen"] | None, substeps: int) -> None:
        """Advance the physics; may raise MuJoCo's `SimulationError`, then `sense` must still be called."""
        self._batch.step(ids, nstep=substeps, stage=self._step_stage)

    def sense(self, ids: Int[np.ndarray, "chosen"] | None) -> Float[np.ndarray, "env reading"]:
        """Readings after a step."""
        if self._columns is not None:
            return self._batch.state[:, self._columns]
        if self._flags is not None:
            self._forward(ids, _VELOCITY)
        return self._values

    def begin(self, ids: Int[np.ndarray, "chosen"]) -> Float[np.ndarray, "env reading"]:
        """Readings of states that have just been written."""
        if self._columns is not None:
            return self._batch.state[:, self._columns]
        self._forward(ids, self._begin_stage)
        return self._values

    def _forward(self, ids: Int[np.ndarray, "chosen"] | None, stage: int) -> None:
        if self._flags is None:
            self._batch.forward(ids, stage=stage)
            return
        self._flags &= ~_NO_SENSORS
        self._batch.forward(ids, stage=stage)
        self._flags |= _NO_SENSORS
