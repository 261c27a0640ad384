"""A thing taken out of the field and put back into simulation, beside the original: where both come to rest."""

import mujoco
import numpy as np

from innervate.launch.bench.benchmark import Bench
from innervate.launch.bench.field_data import Place
from innervate.launch.bench.rows import Row
from innervate.perception.field.labels import label_field
from innervate.perception.field.mesh import convex_parts, mjcf_of, solid_points
from innervate.perception.field.voxel import VoxelField

THING, SECONDS, DROP_M, LEAN_RAD = "chest", 2.0, 0.1, 0.5
STEP_S = 0.002


def _fall(mjcf: str) -> np.ndarray:
    """Height of the middle (m) and cosine of the lean of a free body over a floor, each step, from a leaning start."""
    spec = mujoco.MjSpec.from_string(mjcf)
    spec.option.timestep = STEP_S
    spec.worldbody.add_geom(name="ground", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[5, 5, 0.1])
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[:2] = 0
    data.qpos[2] += DROP_M
    data.qpos[3:7] = [np.cos(LEAN_RAD / 2), np.sin(LEAN_RAD / 2), 0, 0]
    track = []
    for _ in range(round(SECONDS / STEP_S)):
        mujoco.mj_step(model, data)
        track.append([data.xipos[1][2], data.xmat[1].reshape(3, 3)[2, 2]])
    return np.array(track)


def drop_row(bench: Bench, at: Place, field: VoxelField) -> Row:
    """Root mean square difference of the height of the middle, over two seconds of falling and settling."""

    def measure() -> dict[str, float]:
        capture = at.capture.training
        labelled = label_field(field, capture)
        points = solid_points(labelled, THING)
        parts = convex_parts(points, field.voxel_m)
        learnt = _fall(mjcf_of({THING: parts}))
        geom = at.scene.model.geom(THING)
        size, middle = geom.size, at.scene.data.geom_xpos[geom.id]
        box = (f"<mujoco><worldbody><body pos='{middle[0]} {middle[1]} {middle[2]}'><freejoint/>"
               f"<geom type='box' size='{size[0]} {size[1]} {size[2]}'/></body></worldbody></mujoco>")  # fmt: skip
        truth = _fall(box)
        extent = np.ptp(points, axis=0) + field.voxel_m
        return {"rms_m": float(np.sqrt(np.mean((learnt[:, 0] - truth[:, 0]) ** 2))), "parts": len(parts),
                "size_m": float(np.abs(extent - 2 * size).max()),
                "upright": float(abs(learnt[-1, 1] - truth[-1, 1]))}  # fmt: skip

    found = bench.once("drop", measure)
    return Row(
        row=f"object to MJCF: the {THING} dropped leaning, height against the original's, RMS over {SECONDS:g} s",
        value=100 * found["rms_m"], unit="cm",
        peer=f"{found['parts']:.0f} convex parts; edges within {100 * found['size_m']:.1f} cm; upright axis at the end "
        f"differs by {found['upright']:.3f}",
    )  # fmt: skip
