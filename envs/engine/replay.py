"""The last moments of a body that exploded, as a file from which they can be run again."""

import json
import zipfile
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from jaxtyping import Float

from innervate.errors import ConfigError

FORMAT = 1
_SPEC = mujoco.mjtState.mjSTATE_INTEGRATION


@dataclass(frozen=True)
class Finding:
    """Where it went wrong."""

    step: int
    """Control step of the replay, from 0."""
    substep: int
    """Physics step within it, from 0."""
    time_s: float
    """Time in the episode."""
    warning: str
    """What MuJoCo said, e.g. `BADQACC`: a bad acceleration."""
    where: str
    """The joint or the part of the state that went bad."""

    def __str__(self) -> str:
        return (
            f"{self.warning} at {self.where}, {self.time_s:.3f} s into the episode "
            f"(control step {self.step} of the replay, substep {self.substep})"
        )


@dataclass(frozen=True)
class Replay:
    """States of one environment before each of its last control steps, with the action about to be applied."""

    states: Float[np.ndarray, "step state"]
    """Rows of `mjSTATE_INTEGRATION`, oldest first; `ctrl` in a row is the action of the step that follows it."""
    substeps: int
    model: mujoco.MjModel
    """The exact model, with the masses and frictions of that environment."""
    title: str
    """Which world it was."""

    def rerun(self) -> Finding | None:
        """Take each control step again, as the task drove it; where MuJoCo first warns, or None if it does not."""
        data = mujoco.MjData(self.model)
        for step, state in enumerate(self.states):
            mujoco.mj_setState(self.model, data, state, _SPEC)
            for substep in range(self.substeps):
                time_s = data.time
                mujoco.mj_step(self.model, data)
                for kind in ("BADQPOS", "BADQVEL", "BADQACC"):
                    warning = data.warning[int(getattr(mujoco.mjtWarning, f"mjWARN_{kind}"))]
                    if warning.number:
                        return Finding(step, substep, time_s, kind, self._where(kind, int(warning.lastinfo)))
        return None

    def _where(self, kind: str, index: int) -> str:
        if kind == "BADQPOS":
            joint = int(np.searchsorted(self.model.jnt_qposadr, index, side="right")) - 1
        else:
            joint = int(self.model.dof_jntid[index])
        return f"joint {self.model.joint(joint).name or joint!r}"


def dump(path: Path, replay: Replay) -> None:
    """Write a replay; plain arrays and text only."""
    size = mujoco.mj_sizeModel(replay.model)
    model = np.empty(size, np.uint8)
    mujoco.mj_saveModel(replay.model, None, model)
    about = {"format": FORMAT, "mujoco": mujoco.__version__, "title": replay.title, "substeps": replay.substeps}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), states=replay.states, model=model)


def load(path: Path) -> Replay:
    """Read a replay back.

    Raises:
        ConfigError: no such file, not a replay, damaged, or written by another version of MuJoCo.
    """
    if not path.is_file():
        raise ConfigError(f"There is no replay file {str(path)!r}.")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            about = json.loads(str(arrays["about"][()]))
            states, model = arrays["states"], arrays["model"]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{path} is not a replay of innervate, or is damaged: {error}") from error
    if about.get("format") != FORMAT or about.get("mujoco") != mujoco.__version__:
        raise ConfigError(
            f"{path} was written in format {about.get('format')} with MuJoCo {about.get('mujoco')}; this is format "
            f"{FORMAT} with MuJoCo {mujoco.__version__}."
        )
    compiled = mujoco.MjModel.from_binary_path("replay.mjb", {"replay.mjb": model.tobytes()})
    expected = mujoco.mj_stateSize(compiled, _SPEC)
    if states.ndim != 2 or len(states) == 0 or states.shape[1] != expected:
        raise ConfigError(f"{path} has states of shape {states.shape}; (steps, {expected}) is expected.")
    return Replay(states, int(about["substeps"]), compiled, str(about["title"]))
