"""Where an episode is shown."""

import importlib
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Literal, Protocol, runtime_checkable

import mujoco

from innervate.agents.experience.rollout import Moment
from innervate.errors import ConfigError, MissingExtraError

FRAMES_PER_S = 30.0
TEXT_LINE_S = 0.5

Kind = Literal["auto", "window", "page", "text"]
Present = Callable[[], mujoco.MjData]


@runtime_checkable
class Screen(Protocol):
    """Shows moments; a context that opens and closes what it shows them on."""

    def __enter__(self) -> "Screen": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, time_s: float, total: float, moment: Moment) -> bool:
        """Show a moment of the episode; False once the watcher has closed it."""
        ...


class Text:
    """A line now and then on standard output."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def __enter__(self) -> "Text":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to close."""

    def show(self, time_s: float, total: float, moment: Moment) -> bool:
        """Time, return so far and the commands."""
        if moment.step == 0:
            self._next_s = 0.0
        if time_s >= self._next_s:
            self._next_s += TEXT_LINE_S
            bars = " ".join(f"{a:+.2f}" for a in moment.action[0])
            print(f"{time_s:6.1f} s  return {total:8.2f}  action {bars}", flush=True)
        return True


class Frames:
    """Says when a frame is due: no more of them than an eye takes."""

    def __init__(self) -> None:
        self._last_s = -1.0

    def due(self, now_s: float) -> bool:
        """Whether to draw now, `now_s` being a clock's reading."""
        if now_s - self._last_s < 1 / FRAMES_PER_S:
            return False
        self._last_s = now_s
        return True


class Window:
    """MuJoCo's own viewer."""

    def __init__(self, model: mujoco.MjModel, present: Present) -> None:
        self._frames = Frames()
        self._model, self._present = model, present
        self._data = mujoco.MjData(model)

    def __enter__(self) -> "Window":
        viewer = importlib.import_module("mujoco.viewer")
        try:
            self._viewer: Any = viewer.launch_passive(self._model, self._data, show_left_ui=False, show_right_ui=False)
        except RuntimeError as error:  # on macOS it has to run in the main thread of `mjpython`
            raise ConfigError(f"MuJoCo's viewer does not open: {error}; use --show page or --show text.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the window."""
        self._viewer.close()

    def show(self, time_s: float, total: float, moment: Moment) -> bool:
        """Draw the body."""
        if not self._viewer.is_running():
            return False
        if self._frames.due(time.monotonic()):
            with self._viewer.lock():
                mujoco.mj_copyData(self._data, self._model, self._present())
            self._viewer.sync()
        return True


class Page:
    """A page (viser) that a browser shows: on this machine, or through `ssh -L`."""

    def __init__(self, model: mujoco.MjModel, present: Present, *, title: str, host: str, port: int) -> None:
        self._frames = Frames()
        self._model, self._present = model, present
        self._title, self._host, self._port = title, host, port

    def __enter__(self) -> "Page":
        try:
            viser, mjviser = importlib.import_module("viser"), importlib.import_module("mjviser")
        except ImportError as error:
            raise MissingExtraError("mjviser", "view") from error
        self._server: Any = viser.ViserServer(host=self._host, port=self._port, verbose=False)
        self._server.gui.configure_theme(show_logo=False, show_share_button=False)
        self._words: Any = self._server.gui.add_markdown(f"**{self._title}**")
        self._scene: Any = mjviser.ViserMujocoScene(self._server, self._model, num_envs=1)
        self._scene.create_scene_gui(camera_distance=1.5 * float(self._model.stat.extent))
        print(f"Watch at {self.address} (stop with Ctrl-C)", file=sys.stderr, flush=True)
        return self

    @property
    def address(self) -> str:
        """What the browser opens."""
        return f"http://{self._host}:{self._server.get_port()}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving."""
        self._server.stop()

    def show(self, time_s: float, total: float, moment: Moment) -> bool:
        """Draw the body and tell the return so far."""
        if self._frames.due(time.monotonic()):
            self._scene.update_from_mjdata(self._present())
            self._words.content = f"**{self._title}**\n\n{time_s:.1f} s, return {total:.1f}"
        return True


class Paced:
    """Shows an episode at the watcher's speed."""

    def __init__(self, screen: Screen, step_s: float, speed: float) -> None:
        self._screen, self._step_s, self._speed = screen, step_s, speed
        self._total = self._began = 0.0

    def show(self, moment: Moment) -> bool:
        """Wait for the moment's time, then show it; False once the watcher has closed the screen."""
        if moment.step == 0:
            self._total, self._began = 0.0, time.monotonic()
        self._total += float(moment.reward[0])
        time_s = moment.step * self._step_s
        if self._speed > 0:
            time.sleep(max(0.0, self._began + time_s / self._speed - time.monotonic()))
        return self._screen.show(time_s, self._total, moment)


def choose(
    kind: Kind, physics: tuple[mujoco.MjModel, Present] | None, *, title: str, host: str, port: int
) -> Screen:
    """The screen that was asked for; `auto` is the window where there is a display, else the page, else text."""
    if kind == "auto":
        kind = _best()
    if kind == "text" or physics is None:
        return Text()
    return Window(*physics) if kind == "window" else Page(*physics, title=title, host=host, port=port)


def _best() -> Kind:
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return "window"
    if importlib.util.find_spec("mjviser") is not None:
        return "page"
    print("No display; for a live page: pip install 'innervate[view]'. As text:", file=sys.stderr)
    return "text"
