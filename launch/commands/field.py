"""`innervate field`: from pictures to a place that a robot can look at, drive through and find itself in."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro

from innervate.envs.photograph import Pinhole
from innervate.errors import ConfigError
from innervate.launch.commands.field_pictures import draw_plan, write_page, write_turntable, write_view
from innervate.launch.commands.tables import print_table
from innervate.launch.field_capture import explore, open_scene, views_of
from innervate.launch.run.files import write_text_atomically
from innervate.perception.field.camera import angle_between_rad, rotation
from innervate.perception.field.checkpoint import load_field, save_field
from innervate.perception.field.field import NeuralField, psnr
from innervate.perception.field.folder import load_capture, save_capture
from innervate.perception.field.labels import label_field
from innervate.perception.field.localise import LocaliseConfig, localise
from innervate.perception.field.mesh import convex_parts, mjcf_of, save_mesh, solid_points, surface
from innervate.perception.field.planning import plan
from innervate.perception.field.space import FREE, Space, carve
from innervate.perception.field.training import Progress, VoxelConfig, train_voxels
from innervate.perception.field.voxel import VoxelField
from innervate.perception.place.store import save_arrays

FieldFile = Path
"""A `.safetensors` file of `innervate field train`, or a run of nerfstudio (its folder or `config.yml`)."""


@dataclass(frozen=True, kw_only=True)
class CaptureOptions:
    """Photograph a scene: images, depth, labels, and exact poses in nerfstudio's transforms.json."""

    source: Annotated[str, tyro.conf.Positional]
    """A generated scene (room, cluttered, flat), a task of innervate, or an MJCF file."""
    out: Path = Path("capture")
    """Folder to write."""
    views: int = 60
    """To train on."""
    held_out: int = 12
    """More views, from random places, to measure with."""
    way: Literal["random", "orbit", "path", "next-best"] = "random"
    """How the camera is moved; next-best learns while it looks, and goes where that tells most."""
    size: int = 128
    """Pixels a side."""
    fovy_deg: float = 70.0
    """Field of view, vertical."""
    seed: int = 0
    """Of the scene and of the views."""
    colours: bool = True
    """Without, no OpenGL is needed: depth and labels only."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """Learn a voxel field from a capture; PSNR is shown as it goes."""

    capture: Annotated[Path, tyro.conf.Positional]
    """Folder with a transforms.json."""
    out: Path = Path("field.safetensors")
    """The field."""
    cpu_s: float = 20.0
    """Processor time to spend; 0 counts `--rays` instead, which is the same on every machine."""
    rays: int = 2_000_000
    """Rays to learn from where `--cpu-s 0`."""
    voxel_m: float = 0.035
    """Distance of the grid's vertices."""
    depth: bool = True
    """Use depth where the capture has it."""
    convention: Literal["opengl", "opencv"] | None = None
    """Of the poses of a capture made elsewhere; checked if not given."""
    seed: int = 0
    """Of the order of the rays."""


@dataclass(frozen=True, kw_only=True)
class RenderOptions:
    """Pictures from a field: the held-out views of a capture beside the truth, or a turntable video."""

    field: Annotated[FieldFile, tyro.conf.Positional]
    """A field, or a run of nerfstudio."""
    capture: Path | None = None
    """Its views are rendered, and compared; without, a turntable is."""
    out: Path = Path("views")
    """Folder of the pictures, or an .mp4 for the turntable."""
    page: bool = False
    """Serve a viser page to walk about in (needs the extra `nerf`; on 127.0.0.1 only)."""


@dataclass(frozen=True, kw_only=True)
class PlanOptions:
    """A path for a round robot through what the field knows to be free."""

    field: Annotated[Path, tyro.conf.Positional]
    """A voxel field."""
    capture: Path
    """The views it was learnt from: what they saw through is free."""
    start: tuple[float, float]
    """x and y (m)."""
    goal: tuple[float, float]
    """x and y (m)."""
    radius_m: float = 0.2
    """Of the robot, safety included."""
    height_m: tuple[float, float] = (0.1, 0.35)
    """From where to where it reaches above the world's origin."""
    out: Path = Path("plan.csv")
    """Way points; a picture goes beside it."""


@dataclass(frozen=True, kw_only=True)
class LocaliseOptions:
    """Where pictures of a capture were taken, from starts that are off."""

    field: Annotated[Path, tyro.conf.Positional]
    """A voxel field."""
    capture: Path
    """Its held-out images are asked about."""
    off_m: float = 0.4
    """Distance of the start from the truth."""
    off_deg: float = 20.0
    """Angle of the start from the truth."""
    seed: int = 0
    """Of the starts and of the search."""


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """Geometry in the metric frame: a mesh (.obj), a labelled thing as MJCF (.xml), or free space (.npz)."""

    field: Annotated[Path, tyro.conf.Positional]
    """A voxel field."""
    out: Path = Path("mesh.obj")
    """The ending says what is written."""
    label: str | None = None
    """One thing, for .obj and .xml."""
    capture: Path | None = None
    """The views it was learnt from, for .npz and .xml."""


def capture(options: CaptureOptions) -> None:
    """Photograph a scene."""
    pinhole = Pinhole(options.size, options.size, options.fovy_deg)
    scene = open_scene(options.source, pinhole, seed=options.seed, colours=options.colours)
    try:
        if options.way == "next-best":
            pool = views_of(scene, "random", 3 * options.views, options.seed)
            poses = pool[explore(scene, pool, options.views)]
        else:
            poses = views_of(scene, options.way, options.views, options.seed)
        way = "orbit" if options.way == "orbit" else "random"
        if options.held_out:
            every = views_of(scene, way, options.held_out, options.seed + 10_000)
            poses = np.concatenate([poses, every])
        save_capture(scene.shoot(poses, held_out=options.held_out), options.out)
    finally:
        scene.close()
    print(f"{options.views} views to train on, {options.held_out} held out, in {options.out}")


def train(options: TrainOptions) -> None:
    """Learn a voxel field."""
    views = load_capture(options.capture, convention=options.convention)
    used = views if options.depth else views.without_depth()
    config = VoxelConfig(voxel_m=options.voxel_m, seed=options.seed, rays=options.rays, cpu_s=options.cpu_s or None)
    train_voxels(used, replace(config, cpu_s=None, rays=3 * config.batch))  # compiled before the clock starts

    def say(field: VoxelField, p: Progress) -> None:
        print(f"{p.share:4.0%}  {p.cpu_s:6.1f} CPU-s  {p.rays / 1e6:6.2f} M rays  voxels {100 * p.voxel_m:5.1f} cm  "
              f"PSNR {p.psnr:5.2f} dB", flush=True)  # fmt: skip

    field = train_voxels(used, config, say)
    if views.labels is not None:
        field = label_field(field, views.training)
    save_field(field, options.out)
    if views.held_out:
        _report(field, options.capture)
    print(options.out)


def _open(path: Path) -> NeuralField:
    if path.suffix == ".safetensors":
        return load_field(path)
    from innervate.perception.field.nerf.runs import load_run

    return load_run(path)


def _report(field: NeuralField, folder: Path) -> None:
    tests = load_capture(folder).testing
    views = [field.render(pose, tests.camera) for pose in tests.poses]
    quality = [psnr(v.rgb, image) for v, image in zip(views, tests.images, strict=True)]
    rows = [("PSNR, mean of the held-out views", f"{np.mean(quality):.2f} dB"), ("lowest", f"{min(quality):.2f} dB")]
    if tests.depth is not None:
        error = np.abs(np.stack([v.depth for v in views]) - tests.depth)
        rows.append(("depth, median error", f"{100 * np.nanmedian(error):.2f} cm"))
        rows.append(("depth within 10 cm", f"{np.mean(error < 0.1):.3f}"))
    print_table(f"{len(views)} held-out views", ("", ""), rows)


def render(options: RenderOptions) -> None:
    """Pictures from a field."""
    field = _open(options.field)
    if options.page:
        write_page(field)
        return
    if options.capture is None:
        out = options.out if options.out.suffix else options.out / "turntable.mp4"
        write_turntable(field, out)
        print(out)
        return
    views = load_capture(options.capture)
    chosen = views.testing if views.held_out else views
    for k, pose in enumerate(chosen.poses):
        write_view(options.out / f"{k:04d}.png", field, pose, chosen.camera, chosen.images[k])
    if views.held_out:
        _report(field, options.capture)
    print(options.out)


def plan_path(options: PlanOptions) -> None:
    """A path through known free space."""
    field, views = load_field(options.field), load_capture(options.capture).training
    space = carve(field, views.poses, views.camera)
    start, goal = np.array(options.start), np.array(options.goal)
    path = plan(space, start, goal, radius_m=options.radius_m, height_m=options.height_m)
    write_text_atomically(options.out, "x_m,y_m\n" + "".join(f"{x:.4f},{y:.4f}\n" for x, y in path))
    draw_plan(options.out.with_suffix(".png"), space, path, options.radius_m, options.height_m)
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    print(f"{length:.2f} m, {len(path)} way points in {options.out}; drawn in {options.out.with_suffix('.png')}")


def localise_views(options: LocaliseOptions) -> None:
    """Where held-out pictures were taken."""
    field, views = load_field(options.field), load_capture(options.capture)
    asked = views.testing if views.held_out else views
    rows: list[tuple[str, ...]] = []
    for k, (image, truth) in enumerate(zip(asked.images, asked.poses, strict=True)):
        start = off(truth, options.off_m, np.deg2rad(options.off_deg), np.random.default_rng([options.seed, k]))
        config = LocaliseConfig(spread_m=max(0.75 * options.off_m, 0.02),
                                spread_rad=max(0.75 * np.deg2rad(options.off_deg), 0.01))  # fmt: skip
        found = localise(field, image, asked.camera, start, config, seed=options.seed)
        distance = float(np.linalg.norm(found.pose[:3, 3] - truth[:3, 3]))
        angle = np.rad2deg(angle_between_rad(found.pose, truth))
        rows.append((asked.names[k] if asked.names else str(k), f"{100 * distance:.1f}", f"{angle:.2f}",
                     f"{found.confidence:.2f}"))  # fmt: skip
    header = ("image", "off by (cm)", "(degrees)", "confidence")
    print_table(f"started {options.off_m} m and {options.off_deg} degrees off", header, rows)


def off(pose: np.ndarray, distance_m: float, angle_rad: float, rng: np.random.Generator) -> np.ndarray:
    """A pose shifted by a distance and turned by an angle, in random directions."""
    shift, axis = rng.normal(size=(2, 3))
    moved = pose.copy()
    moved[:3, 3] += distance_m * shift / np.linalg.norm(shift)
    moved[:3, :3] = pose[:3, :3] @ rotation(angle_rad * axis / np.linalg.norm(axis))
    return moved


def export(options: ExportOptions) -> None:
    """Geometry in the metric frame."""
    field, kind = load_field(options.field), options.out.suffix
    if kind == ".obj":
        save_mesh(surface(field, options.label), options.out)
    elif kind == ".xml":
        if options.label is None:
            raise ConfigError(f"An MJCF file is of one thing: give --label, one of {', '.join(field.label_names)}.")
        parts = convex_parts(solid_points(field, options.label), _seen(field, options))
        write_text_atomically(options.out, mjcf_of({options.label: parts}))
    elif kind == ".npz":
        space = _seen(field, options)
        save_arrays(options.out, {
            "kind": np.array("space"), "state": space.state, "confidence": space.confidence,
            "distance_m": space.distance_m, "origin_m": space.origin, "voxel_m": np.array(space.voxel_m),
        })  # fmt: skip
        print(f"{np.mean(space.state == FREE):.0%} of the box is known to be free")
    else:
        raise ConfigError(f"{options.out.name} ends in none of .obj (mesh), .xml (a thing as MJCF), .npz (free space).")
    print(options.out)


def _seen(field: VoxelField, options: ExportOptions) -> Space:
    if options.capture is None:
        raise ConfigError("What is free depends on what was seen: give --capture, the views it was learnt from.")
    views = load_capture(options.capture).training
    return carve(field, views.poses, views.camera)


def main(argv: Sequence[str]) -> None:
    """Run one of them."""
    known = {"capture": capture, "train": train, "render": render, "plan": plan_path, "localise": localise_views,
             "export": export}  # fmt: skip
    tyro.extras.subcommand_cli_from_dict(
        known, args=list(argv), prog="innervate field", config=(tyro.conf.OmitArgPrefixes,)
    )
