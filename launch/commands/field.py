"""Learn a place from pictures: capture, train, render, plan, localise, export."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import tyro

from innervate.cameras import Pinhole, angle_between_rad, rotation
from innervate.errors import ConfigError
from innervate.files import save_arrays, write_text_atomically
from innervate.launch.commands._field_pictures import draw_plan, write_page, write_turntable, write_view
from innervate.launch.commands._numbers import check_numbers
from innervate.launch.commands._tables import print_table
from innervate.launch.field_capture import explore, open_scene, views_of
from innervate.perception.field.answers.labels import label_field
from innervate.perception.field.answers.localise import LocaliseConfig, localise
from innervate.perception.field.answers.mesh import convex_parts, mjcf_of, save_mesh, solid_points, surface
from innervate.perception.field.answers.planning import plan
from innervate.perception.field.answers.space import FREE, Space, carve
from innervate.perception.field.capture.capture import Capture
from innervate.perception.field.capture.convention import Convention
from innervate.perception.field.capture.folder import load_capture, save_capture
from innervate.perception.field.field import NeuralField, colours_fitted, psnr_of
from innervate.perception.field.radiance.checkpoint import load_field, save_field
from innervate.perception.field.radiance.choosing import check_fits, chosen, divided
from innervate.perception.field.radiance.training import Progress, VoxelConfig, train_voxels
from innervate.perception.field.radiance.voxel import VoxelField

SMOKE = (
    ["capture", "room", "--out", "{folder}/views", "--size", "24", "--no-colours"],
)

APART_DB, BLIND_DB = 8.0, 3.0
"""A training PSNR this far above the held-out one tells of something wrong; and a held-out one that is not this far
above what the mean of the training pictures scores, which looks the same from everywhere."""

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
    """Folder with a transforms.json, or of COLMAP, Polycam or Record3D."""
    out: Path = Path("field.safetensors")
    """The field."""
    cpu_s: float = 20.0
    """Processor time to spend; 0 counts `--rays` instead, which is the same on every machine."""
    rays: int = 2_000_000
    """Rays to learn from where `--cpu-s 0`."""
    voxel_m: float | None = None
    """Distance of the grid's vertices; 0.035 m if not given, and what pictures and budget allow where there are no
    `bounds` nor depth."""
    depth: bool = True
    """Use depth where the capture has it."""
    convention: Convention | None = None
    """Of the poses of a capture made elsewhere: the cameras' axes, and whether they are world-to-camera; checked if not
    given."""
    exposure: bool = True
    """Take out what exposure and white balance change from picture to picture, in captures without `bounds` and
    depth."""
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
    check_numbers(options, views=1, held_out=0, size=1, seed=0)
    pinhole = Pinhole.of_view(options.size, options.size, options.fovy_deg)
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
    check_numbers(options, cpu_s=0, rays=1, seed=0, above=("voxel_m",))
    if options.out.suffix != ".safetensors":
        raise ConfigError(f"A field is written as .safetensors; {options.out.name} has another ending.")
    views = load_capture(options.capture, convention=options.convention)
    print(*views.notes, sep="\n", end="\n" if views.notes else "", flush=True)
    used = views if options.depth else views.without_depth()
    config = VoxelConfig(seed=options.seed, rays=options.rays, cpu_s=options.cpu_s or None)
    train_voxels(used, replace(config, cpu_s=None, rays=3 * config.batch, voxel_m=_coarse(used)))  # compile first
    if used.guessed:
        used, config, said = chosen(used, replace(config, exposure=options.exposure))
        print(said, flush=True)
    finer = None
    if options.voxel_m is not None:
        check_fits(used, options.voxel_m)
        if used.guessed and options.voxel_m < config.voxel_m:
            finer = options.voxel_m
            print(f"Voxels of {finer:g} are finer than pictures and budget fill: they are learnt at "
                  f"{config.voxel_m:.3g} and divided at the end.", flush=True)
        else:
            config = replace(config, voxel_m=options.voxel_m)

    learnt: list[float] = []

    def say(field: VoxelField, p: Progress) -> None:
        learnt.append(p.psnr)
        print(f"{p.share:4.0%}  {p.cpu_s:6.1f} CPU-s  {p.rays / 1e6:6.2f} M rays  voxels {100 * p.voxel_m:5.1f} cm  "
              f"PSNR {p.psnr:5.2f} dB", flush=True)  # fmt: skip

    field = train_voxels(used, config, say)
    if finer is not None:
        field = divided(field, finer, config.keep_alpha)
    if views.labels is not None:
        field = label_field(field, views.training)
    field.convention = options.convention
    save_field(field, options.out)
    if views.held_out:
        quality = _report(field, views)
        _warn(learnt[-1] if learnt else np.nan, float(np.nanmean(quality)), _blind(views))
        worst, tests = int(np.nanargmin(quality)), views.testing
        beside = options.out.with_suffix(".png")
        write_view(beside, field, tests.poses[worst], tests.camera, tests.images[worst])
        print(f"{beside}: the lowest held-out view, then what the field draws of it")
    print(options.out)


def _blind(views: Capture) -> float:
    """PSNR (dB) of the mean training picture against the held-out views: what is known without any pose."""
    mean, tests = views.training.images.mean(0) / 255, views.testing
    return float(np.nanmean([psnr_of(mean, tests, k) for k in range(len(tests.images))]))


def _warn(claimed: float, held: float, blind: float) -> None:
    """Say what makes a field hardly worth its name."""
    causes = "The poses, their convention or the box (`bounds`) may be wrong, or the views too few."
    if claimed - held > APART_DB:
        print(f"Warning: training stands {claimed - held:.1f} dB above the held-out views. {causes}")
    elif held < blind + BLIND_DB:
        print(f"Warning: the mean of the training pictures scores {blind:.1f} dB on the held-out views, and the field "
              f"{held:.1f} dB: what one view shows does not follow from the others. {causes}")  # fmt: skip


def _coarse(views: Capture) -> float:
    """Voxels for a field that is only to compile what learns it."""
    return float(np.max(views.bounds[1] - views.bounds[0])) / 16


def _open(path: Path) -> NeuralField:
    if path.suffix == ".safetensors":
        return load_field(path)
    if path.is_file() and path.suffix not in (".yml", ".yaml"):
        raise ConfigError(f"{path} is no field: a .safetensors file of `innervate field train` is needed, or a run of "
                          "nerfstudio.")
    from innervate.perception.field.nerf.runs import load_run

    return load_run(path)


def _capture_of(field: NeuralField, folder: Path) -> Capture:
    """A capture with its axes as they were said to be when the field was learnt."""
    return load_capture(folder, convention=field.convention if isinstance(field, VoxelField) else None)


def _report(field: NeuralField, views: Capture) -> list[float]:
    """Say how well the held-out views are drawn; returns their PSNR (dB), NaN where one is masked altogether."""
    tests = views.testing
    drawn = [field.render(pose, tests.camera) for pose in tests.poses]
    quality = [psnr_of(v.rgb, tests, k) for k, v in enumerate(drawn)]
    rows = [("PSNR, mean of the held-out views", f"{np.nanmean(quality):.2f} dB"),
            ("lowest", f"{np.nanmin(quality):.2f} dB")]
    fitted = [psnr_of(colours_fitted(v.rgb, tests.images[k]), tests, k) for k, v in enumerate(drawn)]
    rows.append(("mean with each view's colours fitted", f"{np.nanmean(fitted):.2f} dB"))
    if tests.depth is not None:
        with np.errstate(invalid="ignore"):  # neither the field nor the reading ends anywhere
            error = np.abs(np.stack([v.depth for v in drawn]) - tests.depth)
        rows.append(("depth, median error", f"{100 * np.nanmedian(error):.2f} cm"))
        rows.append(("depth within 10 cm", f"{np.mean(error < 0.1):.3f}"))
    print_table(f"{len(drawn)} held-out views", ("", ""), rows)
    return quality


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
    views = _capture_of(field, options.capture)
    chosen = views.testing if views.held_out else views
    for k, pose in enumerate(chosen.poses):
        write_view(options.out / f"{k:04d}.png", field, pose, chosen.camera, chosen.images[k])
    if views.held_out:
        _report(field, views)
    print(options.out)


def plan_path(options: PlanOptions) -> None:
    """A path through known free space."""
    check_numbers(options, above=("radius_m",))
    if not np.isfinite([*options.start, *options.goal, *options.height_m]).all():
        raise ConfigError("--start, --goal and --height-m are metres; NaN or infinity was among them.")
    field = load_field(options.field)
    views = _capture_of(field, options.capture).training
    space = carve(field, views.poses, views.camera)
    start, goal = np.array(options.start), np.array(options.goal)
    path = plan(space, start, goal, radius_m=options.radius_m, height_m=options.height_m)
    write_text_atomically(options.out, "x_m,y_m\n" + "".join(f"{x:.4f},{y:.4f}\n" for x, y in path))
    draw_plan(options.out.with_suffix(".png"), space, path, options.radius_m, options.height_m)
    length = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
    print(f"{length:.2f} m, {len(path)} way points in {options.out}; drawn in {options.out.with_suffix('.png')}")


def localise_views(options: LocaliseOptions) -> None:
    """Where held-out pictures were taken."""
    check_numbers(options, off_m=0, off_deg=0, seed=0)
    field = load_field(options.field)
    views = _capture_of(field, options.capture)
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
    views = _capture_of(field, options.capture).training
    return carve(field, views.poses, views.camera)


def main(argv: Sequence[str]) -> None:
    """Run one of them."""
    known = {"capture": capture, "train": train, "render": render, "plan": plan_path, "localise": localise_views,
             "export": export}  # fmt: skip
    tyro.extras.subcommand_cli_from_dict(
        known, args=list(argv), prog="innervate field", config=(tyro.conf.OmitArgPrefixes,)
    )
