"""A thing taken out of the field and put back into simulation, beside the original: how both look and fall."""

import mujoco
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from innervate.cameras import Pinhole, look_at
from innervate.envs.scenery.rooms import scene
from innervate.envs.sight.photograph import Photographer, lit_evenly
from innervate.launch.bench._kit.benchmark import Bench
from innervate.launch.bench._kit.rows import Row
from innervate.launch.bench.field.data import Place
from innervate.perception.field.answers.labels import label_field
from innervate.perception.field.answers.mesh import Mesh, convex_parts, mjcf_of, solid_points
from innervate.perception.field.answers.space import carve
from innervate.perception.field.radiance.voxel import VoxelField

THING, SECONDS, DROP_M, LEAN_RAD = "chest", 2.0, 0.1, 0.5
STEP_S = 0.002
FROM, PICTURE = (1.6, -1.2, 1.4), Pinhole.of_view(420, 320, 60.0)
"""Where the pictures are taken from, relative to the thing (m): the room's middle, to its west and north."""


def _fall(mjcf: str) -> np.ndarray:
    """Height of the middle (m) and cosine of the lean of a free body over a floor, each step.

    It starts leaning, its lowest point `DROP_M` above the floor.
    """
    spec = mujoco.MjSpec.from_string(mjcf)
    spec.option.timestep = STEP_S
    spec.worldbody.add_geom(name="ground", type=mujoco.mjtGeom.mjGEOM_PLANE, size=[5, 5, 0.1])
    model = spec.compile()
    data = mujoco.MjData(model)
    data.qpos[:7] = [0, 0, 10, np.cos(LEAN_RAD / 2), np.sin(LEAN_RAD / 2), 0, 0]
    mujoco.mj_forward(model, data)
    ground = model.geom("ground").id
    above = (
        mujoco.mj_geomDistance(model, data, geom, ground, 100.0, None) for geom in range(model.ngeom) if geom != ground
    )
    data.qpos[2] += DROP_M - min(above)
    track: list[list[float]] = []
    for _ in range(round(SECONDS / STEP_S)):
        mujoco.mj_step(model, data)
        track.append([data.xipos[1][2], data.xmat[1].reshape(3, 3)[2, 2]])
    return np.array(track)


def _pictures(at: Place, parts: list[Mesh]) -> list[np.ndarray]:
    """The room with the original, and with what the field made of it, from the same place."""
    middle = at.scene.data.geom_xpos[at.scene.model.geom(THING).id]
    pose = look_at(middle + np.array(FROM) * (-1, -1, 1), middle)
    original, rebuilt = (scene(at.name, at.seed) for _ in range(2))
    rebuilt.delete(rebuilt.geom(THING))
    rebuilt.worldbody.add_frame().attach_body(
        mujoco.MjSpec.from_string(mjcf_of({THING: parts})).body(THING), "rebuilt_", ""
    )
    pictures: list[np.ndarray] = []
    for spec in (original, rebuilt):
        model = lit_evenly(spec.compile())
        data = mujoco.MjData(model)
        mujoco.mj_forward(model, data)
        eye = Photographer(model, data, PICTURE)
        pictures.append(eye.look(pose))
        eye.close()
    return pictures


def _draw(bench: Bench, pictures: list[np.ndarray], learnt: np.ndarray, truth: np.ndarray) -> None:
    figure = Figure(figsize=(11, 3), layout="constrained")
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3)
    for axis, title, picture in zip((left, middle), ("original", "from the field"), pictures, strict=True):
        axis.imshow(picture)
        axis.set_title(title)
        axis.axis("off")
    seconds = STEP_S * np.arange(len(truth))
    right.plot(seconds, truth[:, 0], "k", label="original")
    right.plot(seconds, learnt[:, 0], "tab:blue", label="from the field")
    right.set(xlabel="s", ylabel="height of the middle (m)", title="dropped leaning")
    right.legend(frameon=False)
    figure.savefig(bench.work.parent.parent / "field-object.png", dpi=110)


def drop_row(bench: Bench, at: Place, field: VoxelField) -> Row:
    """Root mean square difference of the height of the middle, over two seconds of falling and settling."""

    def measure() -> dict[str, float]:
        capture = at.capture.training
        labelled = label_field(field, capture)
        parts = convex_parts(solid_points(labelled, THING), carve(field, capture.poses, capture.camera))
        learnt = _fall(mjcf_of({THING: parts}))
        geom = at.scene.model.geom(THING)
        size, middle = geom.size, at.scene.data.geom_xpos[geom.id]
        box = (f"<mujoco><worldbody><body pos='{middle[0]} {middle[1]} {middle[2]}'><freejoint/>"
               f"<geom type='box' size='{size[0]} {size[1]} {size[2]}'/></body></worldbody></mujoco>")  # fmt: skip
        truth = _fall(box)
        _draw(bench, _pictures(at, parts), learnt, truth)
        extent = np.ptp(np.concatenate([part.vertices for part in parts]), axis=0)
        return {"rms_m": float(np.sqrt(np.mean((learnt[:, 0] - truth[:, 0]) ** 2))), "parts": len(parts),
                "size_m": float(np.abs(extent - 2 * size).max()),
                "upright": float(abs(learnt[-1, 1] - truth[-1, 1]))}  # fmt: skip

    found = bench.once("drop from above the ground", measure)
    return Row(
        row=f"object to MJCF: the {THING} dropped leaning, height against the original's, RMS over {SECONDS:g} s",
        value=100 * found["rms_m"], unit="cm",
        peer=f"{found['parts']:.0f} convex parts; edges within {100 * found['size_m']:.1f} cm; upright axis at the end "
        f"differs by {found['upright']:.3f}",
    )  # fmt: skip
