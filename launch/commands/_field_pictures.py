"""What fields look like: views beside the truth, turntables, plans, and a page to walk about in."""

import importlib
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from innervate.cameras import Pinhole, Pose, look_at
from innervate.errors import ConfigError, MissingExtraError
from innervate.files import write_bytes_atomically
from innervate.perception.field.answers.space import FREE, OCCUPIED, Space
from innervate.perception.field.field import NeuralField, View, normals

TURN_FRAMES, FRAMES_PER_S = 90, 30


def _png(path: Path, picture: np.ndarray) -> None:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "png")
    write_bytes_atomically(path, buffer.getvalue())


def shaded_depth(view: View) -> np.ndarray:
    """Depth as grey, near is bright; black where nothing is."""
    finite = np.isfinite(view.depth)
    far = float(view.depth[finite].max(initial=1.0))
    grey = np.where(finite, 255 * (1 - 0.9 * np.where(finite, view.depth, 0) / far), 0).astype(np.uint8)
    return np.repeat(grey[..., None], 3, 2)


def write_view(path: Path, field: NeuralField, pose: Pose, camera: Pinhole, truth: np.ndarray | None) -> None:
    """Truth, colours, depth, normals and labels in a row."""
    view = field.render(pose, camera)
    facing = ((normals(view, camera, pose) + 1) * 127.5).astype(np.uint8)
    strip = [*([truth] if truth is not None else []), view.image, shaded_depth(view), facing]
    if view.labels is not None:
        palette = np.random.default_rng(1).integers(40, 255, (256, 3)).astype(np.uint8)
        strip.append(palette[view.labels])
    _png(path, np.concatenate(strip, 1))


def write_turntable(field: NeuralField, path: Path) -> None:
    """A video from the middle of the field, turning around once."""
    import imageio.v3 as iio

    if path.suffix != ".mp4":
        raise ConfigError(f"Videos are written as MP4; give a path that ends in .mp4, not {path.name!r}.")
    low, high = field.bounds
    eye, camera = (low + high) / 2, Pinhole.of_view(256, 256, 70.0)
    frames: list[np.ndarray] = []
    for angle in np.linspace(0, 2 * np.pi, TURN_FRAMES, endpoint=False):
        ahead = np.array([np.cos(angle), np.sin(angle), -0.15])
        frames.append(field.render(look_at(eye, eye + ahead), camera).image)
    with tempfile.TemporaryDirectory() as scratch:
        video = Path(scratch) / "video.mp4"
        iio.imwrite(video, np.stack(frames), fps=FRAMES_PER_S, codec="libx264", macro_block_size=16, quality=8)
        write_bytes_atomically(path, video.read_bytes())


def draw_plan(path: Path, space: Space, way: np.ndarray, radius_m: float, height_m: tuple[float, float]) -> None:
    """The floor plan from above: free, occupied, unknown, where the robot may stand, and its way."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    low, high = (int(np.round((h - space.origin[2]) / space.voxel_m)) for h in height_m)
    band = space.state[:, :, low : high + 1]
    picture = np.full((*band.shape[:2], 3), 0.6)
    picture[(band == FREE).all(2)] = 1.0
    picture[(band == OCCUPIED).any(2)] = 0.15
    picture[space.passable(height_m, radius_m)] = [0.8, 0.92, 0.8]
    end = space.origin[:2] + np.array(band.shape[:2]) * space.voxel_m
    figure, axes = plt.subplots(figsize=(6, 5), constrained_layout=True)
    axes.imshow(picture.swapaxes(0, 1), origin="lower", extent=(space.origin[0], end[0], space.origin[1], end[1]))
    axes.plot(*way.T, color="tab:red", lw=2)
    axes.plot(*way[0], "o", color="tab:blue", label="start")
    axes.plot(*way[-1], "*", color="tab:red", ms=12, label="goal")
    axes.set_xlabel("x (m)")
    axes.set_ylabel("y (m)")
    axes.set_title("black occupied, grey unknown, green: room for the robot", fontsize=9)
    axes.legend(loc="upper right")
    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=110)
    plt.close(figure)
    write_bytes_atomically(path, buffer.getvalue())


def write_page(field: NeuralField, *, port: int = 8080, host: str = "127.0.0.1") -> None:
    """Serve a page (viser) that shows what the field looks like from where the visitor stands; until interrupted."""
    import time

    server = page(field, port=port, host=host)
    print(f"http://{host}:{port}  (Ctrl-C ends it)")
    while True:
        time.sleep(0.05)
        server.refresh()


def page(field: NeuralField, *, port: int = 8080, host: str = "127.0.0.1") -> Any:
    """The page's server, with `refresh()` to redraw for every visitor and `stop()`."""
    return _Page(_viser().ViserServer(host=host, port=port, verbose=False), field)


def _viser(part: str = "viser") -> Any:
    try:
        return importlib.import_module(part)
    except ImportError as error:
        raise MissingExtraError("viser", "nerf") from error


class _Page:
    def __init__(self, server: Any, field: NeuralField) -> None:
        self._server, self._field = server, field
        self._seen: dict[int, bytes] = {}
        low, high = field.bounds
        self._middle = (low + high) / 2

        @server.on_client_connect
        def begin(client: Any) -> None:
            client.camera.position = self._middle
            client.camera.look_at = self._middle + np.array([1.0, 0.0, -0.1])
            client.camera.up_direction = np.array([0.0, 0.0, 1.0])

    def refresh(self) -> None:
        """Draw for every visitor whose camera has moved."""
        for number, client in self._server.get_clients().items():
            camera = client.camera
            key = np.concatenate([camera.position, camera.wxyz, [camera.fov, camera.aspect]]).tobytes()
            if self._seen.get(number) == key:
                continue
            self._seen[number] = key
            client.scene.set_background_image(self.picture(camera.position, camera.wxyz, camera.fov, camera.aspect))

    def picture(self, position: np.ndarray, wxyz: np.ndarray, fov_rad: float, aspect: float) -> np.ndarray:
        """What a visitor sees: viser's cameras look along +z with y down."""
        tf = _viser("viser.transforms")
        pose = np.eye(4)
        pose[:3, :3] = tf.SO3(np.asarray(wxyz)).as_matrix() @ np.diag([1.0, -1.0, -1.0])
        pose[:3, 3] = position
        view = Pinhole.of_view(max(8, round(320 * aspect)), 320, float(np.rad2deg(fov_rad)))
        return self._field.render(pose, view).image

    def stop(self) -> None:
        """Close the server."""
        self._server.stop()
