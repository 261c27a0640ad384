"""Furnished rooms, generated from a seed, whose geometry, colours and names are known exactly."""

from collections.abc import Callable

import mujoco
import numpy as np

from innervate.errors import UnknownNameError

WALL_M = 0.1
"""Thickness of walls, floor and ceiling; they lie outside the room's inner measures."""
BOX, CYLINDER, SPHERE, ELLIPSOID = (
    mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CYLINDER, mujoco.mjtGeom.mjGEOM_SPHERE,
    mujoco.mjtGeom.mjGEOM_ELLIPSOID,
)  # fmt: skip


class _Builder:
    """Adds named geoms with materials of random colours to a world."""

    def __init__(self, seed: int) -> None:
        self.spec = mujoco.MjSpec()
        self.rng = np.random.default_rng(seed)
        visual = self.spec.visual
        visual.headlight.ambient = [0.35] * 3  # the same from everywhere; a headlight's other terms move with the eye
        visual.headlight.diffuse = [0.0] * 3
        visual.headlight.specular = [0.0] * 3
        visual.map.znear = 0.005

    def lamp(self, x: float, y: float, z: float, strength: float) -> None:
        self.spec.worldbody.add_light(
            type=mujoco.mjtLightType.mjLIGHT_SPOT, pos=[x, y, z], diffuse=[strength] * 3, specular=[0, 0, 0],
            attenuation=[1, 0, 0.12], castshadow=False, dir=[0, 0, -1], cutoff=180, exponent=0,
        )  # fmt: skip

    def paint(self, name: str, pattern: str = "flat", square_m: float = 0.5, contrast: float = 0.0) -> str:
        """A matt material: `flat`, or `checker` in squares of `square_m` whose two colours differ by `contrast`."""
        colour = self.rng.uniform(0.3, 0.9, 3)
        material = self.spec.add_material(name=name, specular=0.0, shininess=0.0, reflectance=0.0)
        if pattern == "flat":
            material.rgba = [*colour, 1]
            return name
        other = np.clip(colour + contrast * self.rng.choice([-1, 1], 3) * self.rng.uniform(0.5, 1, 3), 0.05, 1)
        self.spec.add_texture(
            name=name, type=mujoco.mjtTexture.mjTEXTURE_2D, builtin=mujoco.mjtBuiltin.mjBUILTIN_CHECKER,
            rgb1=colour.tolist(), rgb2=other.tolist(), width=128, height=128,
        )  # fmt: skip
        material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
        material.texuniform = True
        material.texrepeat = [0.5 / square_m] * 2
        return name

    def add(
        self, name: str, kind: mujoco.mjtGeom, size: tuple[float, ...], pos: tuple[float, float, float], material: str,
        turn_rad: float = 0.0,
    ) -> None:  # fmt: skip
        self.spec.worldbody.add_geom(
            name=name, type=kind, size=[*size, 0, 0][:3], pos=list(pos), material=material,
            quat=[np.cos(turn_rad / 2), 0, 0, np.sin(turn_rad / 2)],
        )  # fmt: skip

    def shell(self, x: float, y: float, z: float) -> None:
        """Floor, ceiling and walls around the inner measures 0..x, 0..y, 0..z (m)."""
        w, t = WALL_M / 2, WALL_M
        floor, walls = self.paint("tiles", "checker", 0.5, 0.25), self.paint("wallpaper", "checker", 0.8, 0.15)
        plain = self.paint("plaster")
        self.add("floor", BOX, (x / 2 + t, y / 2 + t, w), (x / 2, y / 2, -w), floor)
        self.add("ceiling", BOX, (x / 2 + t, y / 2 + t, w), (x / 2, y / 2, z + w), plain)
        self.add("wall_west", BOX, (w, y / 2 + t, z / 2), (-w, y / 2, z / 2), walls)
        self.add("wall_east", BOX, (w, y / 2 + t, z / 2), (x + w, y / 2, z / 2), plain)
        self.add("wall_south", BOX, (x / 2, w, z / 2), (x / 2, -w, z / 2), plain)
        self.add("wall_north", BOX, (x / 2, w, z / 2), (x / 2, y + w, z / 2), walls)
        self.lamp(x * 0.3, y * 0.35, z - 0.2, 0.7)
        self.lamp(x * 0.75, y * 0.65, z - 0.3, 0.5)

    def table(self, name: str, x: float, y: float, half: tuple[float, float], height: float) -> None:
        wood = self.paint(f"{name}_wood", "checker", 0.3, 0.15)
        self.add(f"{name}_top", BOX, (*half, 0.03), (x, y, height - 0.03), wood)
        for k, (sx, sy) in enumerate(((-1, -1), (-1, 1), (1, -1), (1, 1))):
            leg = (x + sx * (half[0] - 0.06), y + sy * (half[1] - 0.06), (height - 0.06) / 2)
            self.add(f"{name}_leg{k}", BOX, (0.04, 0.04, (height - 0.06) / 2), leg, wood)

    def sofa(self, name: str, x: float, y: float, half: tuple[float, float], turn_rad: float) -> None:
        cloth = self.paint(f"{name}_cloth", "checker", 0.25, 0.2)
        c, s = np.cos(turn_rad), np.sin(turn_rad)
        back = half[1] - 0.1
        self.add(f"{name}_seat", BOX, (*half, 0.2), (x, y, 0.2), cloth, turn_rad)
        self.add(f"{name}_back", BOX, (half[0], 0.1, 0.22), (x - s * back, y + c * back, 0.62), cloth, turn_rad)

    def shelf(self, name: str, x: float, y: float, half: tuple[float, float], height: float, boards: int) -> None:
        wood = self.paint(f"{name}_wood")
        for side, sx in (("left", -1), ("right", 1)):
            at = (x + sx * (half[0] - 0.03), y, height / 2)
            self.add(f"{name}_{side}", BOX, (0.03, half[1], height / 2), at, wood)
        for k in range(boards):
            z = 0.05 + (height - 0.1) * k / (boards - 1)
            self.add(f"{name}_board{k}", BOX, (half[0] - 0.06, half[1], 0.025), (x, y, z), wood)


def room(seed: int) -> mujoco.MjSpec:
    """A living room, 5 x 4 x 2.5 m: table, sofa, shelf, lamp, ball, chest and two pictures."""
    b = _Builder(seed)
    shift = b.rng.uniform(-0.15, 0.15, (6, 2))
    b.shell(5.0, 4.0, 2.5)
    b.table("table", 1.5 + shift[0, 0], 1.4 + shift[0, 1], (0.6, 0.4), 0.75)
    b.sofa("sofa", 2.6 + shift[1, 0], 3.5, (0.85, 0.4), 0.0)
    b.add("chest", BOX, (0.3, 0.5, 0.45), (4.65, 1.2 + shift[2, 1], 0.45), b.paint("chest", "checker", 0.3, 0.3))
    b.add("ball", SPHERE, (0.22,), (3.4 + shift[3, 0], 1.0 + shift[3, 1], 0.22), b.paint("ball"))
    b.add("column", CYLINDER, (0.15, 1.0), (0.45, 3.4 + shift[4, 1], 1.0), b.paint("column"))
    on_table = (1.5 + shift[0, 0], 1.4 + shift[0, 1], 0.95)
    b.add("vase", ELLIPSOID, (0.12, 0.12, 0.2), on_table, b.paint("vase"))
    for k, x in enumerate((1.2, 3.6)):
        b.add(f"picture{k}", BOX, (0.4, 0.02, 0.3), (x, 0.02, 1.5), b.paint(f"picture{k}", "checker", 0.2, 0.4))
    middle = (3.2 + shift[5, 0], 2.3 + shift[5, 1], 0.01)
    b.add("rug", BOX, (0.7, 0.5, 0.01), middle, b.paint("rug", "checker", 0.35, 0.2))
    return b.spec


def cluttered(seed: int) -> mujoco.MjSpec:
    """A workshop, 5 x 4 x 2.5 m: two tables and a shelf full of things, and 24 boxes, cylinders and balls about."""
    b = _Builder(seed)
    b.shell(5.0, 4.0, 2.5)
    b.table("bench", 1.2, 0.7, (0.9, 0.35), 0.8)
    b.table("desk", 4.2, 3.2, (0.5, 0.5), 0.7)
    b.shelf("shelf", 1.4, 3.75, (0.7, 0.2), 1.8, 4)
    spots = _spots(b.rng, 24, 5.0, 4.0)
    for k, (x, y) in enumerate(spots):
        paint = b.paint(f"thing{k}", "checker" if k % 2 else "flat", 0.15, 0.3)
        size, turn = b.rng.uniform(0.08, 0.2, 3), b.rng.uniform(0, np.pi)
        _thing(b, f"thing{k}", size, (x, y, 0.0), paint, turn)
    on_top = [(0.6, 0.7, 0.8), (1.2, 0.75, 0.8), (1.8, 0.65, 0.8), (4.0, 3.2, 0.7), (4.5, 3.3, 0.7),
              (1.1, 3.75, 1.225), (1.6, 3.75, 1.225), (1.2, 3.75, 0.66), (1.7, 3.75, 0.66)]  # fmt: skip
    for k, at in enumerate(on_top):
        size = b.rng.uniform(0.06, 0.13, 3)
        _thing(b, f"tool{k}", size, at, b.paint(f"tool{k}"), b.rng.uniform(0, np.pi))
    return b.spec


def flat(seed: int) -> mujoco.MjSpec:
    """Two rooms of 6 x 4 x 2.5 m in all, joined by a doorway of 1 m, with a bed, a wardrobe, a stove and chairs."""
    b = _Builder(seed)
    shift = b.rng.uniform(-0.1, 0.1, (4, 2))
    b.shell(6.0, 4.0, 2.5)
    b.lamp(3.6, 0.8, 2.2, 0.4)
    wall = b.paint("partition", "checker", 0.6, 0.2)
    b.add("partition_south", BOX, (0.05, 0.75, 1.25), (3.0, 0.75, 1.25), wall)
    b.add("partition_north", BOX, (0.05, 0.75, 1.25), (3.0, 3.25, 1.25), wall)
    b.add("lintel", BOX, (0.05, 0.5, 0.2), (3.0, 2.0, 2.3), wall)
    b.add("bed", BOX, (0.95, 0.6, 0.25), (1.0, 3.35, 0.25), b.paint("bed", "checker", 0.3, 0.2))
    b.add("pillow", ELLIPSOID, (0.18, 0.35, 0.08), (0.3, 3.35, 0.56), b.paint("pillow"))
    b.add("wardrobe", BOX, (0.3, 0.6, 1.0), (0.32, 0.8, 1.0), b.paint("wardrobe", "checker", 0.5, 0.2))
    b.add("stool", CYLINDER, (0.2, 0.22), (2.0 + shift[0, 0], 1.0 + shift[0, 1], 0.22), b.paint("stool"))
    b.table("dining", 4.6 + shift[1, 0], 2.2 + shift[1, 1], (0.45, 0.45), 0.75)
    b.add("stove", BOX, (0.35, 0.3, 0.45), (5.6, 0.32, 0.45), b.paint("stove", "checker", 0.2, 0.3))
    b.add("fridge", BOX, (0.3, 0.3, 0.85), (5.65, 3.65, 0.85), b.paint("fridge"))
    b.add("bin", CYLINDER, (0.15, 0.25), (3.5 + shift[2, 0], 3.6, 0.25), b.paint("bin"))
    on_table = (4.6 + shift[1, 0], 2.2 + shift[1, 1], 0.82)
    b.add("bowl", ELLIPSOID, (0.15, 0.15, 0.07), on_table, b.paint("bowl"))
    return b.spec


def _spots(rng: np.random.Generator, n: int, x: float, y: float) -> list[tuple[float, float]]:
    """`n` places at least 0.45 m apart, near the walls or in clumps, so that paths through the room remain."""
    found: list[tuple[float, float]] = []
    while len(found) < n:
        p = rng.uniform([0.3, 0.3], [x - 0.3, y - 0.3])
        if all(np.hypot(p[0] - q[0], p[1] - q[1]) > 0.45 for q in found):
            found.append((float(p[0]), float(p[1])))
    return found


def _thing(
    b: _Builder, name: str, size: np.ndarray, foot: tuple[float, float, float], material: str, turn_rad: float
) -> None:
    """A box, cylinder or ball that stands on `foot`."""
    kind = (BOX, CYLINDER, SPHERE)[int(b.rng.integers(3))]
    dimensions = {BOX: tuple(size), CYLINDER: (size[0], size[2]), SPHERE: (size[0],)}[kind]
    rise = {BOX: size[2], CYLINDER: size[2], SPHERE: size[0]}[kind]
    b.add(name, kind, tuple(map(float, dimensions)), (foot[0], foot[1], foot[2] + float(rise)), material, turn_rad)


SCENES: dict[str, Callable[[int], mujoco.MjSpec]] = {"room": room, "cluttered": cluttered, "flat": flat}
"""Scene by name; each takes the seed of its colours and of where things stand."""


def scene(name: str, seed: int = 0) -> mujoco.MjSpec:
    """A generated scene by name. Raises `UnknownNameError` with the nearest one."""
    if name not in SCENES:
        raise UnknownNameError("scene", name, SCENES)
    return SCENES[name](seed)
