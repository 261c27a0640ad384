"""Bodies that vary: per-environment masses, frictions, dampings and gears within one batch."""

from collections.abc import Sequence

import mujoco
import numpy as np
from jaxtyping import Float, Int

from ..randomisation import Randomisation
from .warp_batch import Physics


class VariedBodies:
    """Draws factors on the nominal model, one set an environment and episode."""

    def __init__(self, batch: Physics, model: mujoco.MjModel, options: Randomisation) -> None:
        self._batch = batch
        self._ranges: list[tuple[int, tuple[float, float], list[str]]] = []
        for count, bounds, names in (
            (model.nbody, options.mass, ["body_mass", "body_inertia"]),
            (model.ngeom, options.friction, ["geom_friction"]),
            (model.nv, options.damping, ["dof_damping"]),
            (model.nu, options.gear, ["actuator_gear"]),
        ):
            if bounds is not None:
                self._ranges.append((count, bounds, names))
        self._nominal = {name: getattr(model, name).copy() for *_, names in self._ranges for name in names}
        self._fields = {name: batch.expand(name) for name in self._nominal}

    def draw(self, ids: Int[np.ndarray, "chosen"], rngs: Sequence[np.random.Generator]) -> None:
        """New bodies for the chosen environments."""
        for count, (low, high), names in self._ranges:
            factors = np.stack([rngs[i].uniform(low, high, count) for i in ids])
            for name in names:
                self._fields[name][ids] = self._scaled(self._nominal[name], factors)
        self._derive(ids)

    @staticmethod
    def _scaled(nominal: Float[np.ndarray, "*field"], factors: Float[np.ndarray, "chosen part"]) -> np.ndarray:
        return nominal * factors.reshape(*factors.shape, *[1] * (nominal.ndim - 1))

    def _derive(self, ids: Int[np.ndarray, "chosen"]) -> None:
        """What MuJoCo computes from the masses when a model is compiled (subtree masses, inverse weights, ...)."""
        if "body_mass" in self._fields or "actuator_gear" in self._fields:
            self._batch.set_const(ids)

    def snapshot(self) -> dict[str, np.ndarray]:
        """The present values of every varied field."""
        return {f"body/{name}": values.copy() for name, values in self._fields.items()}

    def restore(self, snapshot: dict[str, np.ndarray]) -> None:
        """Go on from a `snapshot`."""
        for name, values in self._fields.items():
            values[:] = snapshot[f"body/{name}"]
        self._derive(np.arange(self._batch.state.shape[0]))
