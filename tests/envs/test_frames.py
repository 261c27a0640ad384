"""Frames without a screen, and training without a library to draw them."""

import contextlib
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.envs.engine.single import BodyEnv
from innervate.envs.engine.vector import BodyVectorEnv
from innervate.envs.sensors import Sensors
from innervate.envs.sight import gl
from innervate.envs.task import Task
from innervate.envs.world import World
from innervate.errors import ConfigError, UnknownNameError
from innervate.signals import Channel

CAN_DRAW = "ok" in gl.probe().values()
needs_gl = pytest.mark.skipif(not CAN_DRAW, reason=f"no OpenGL here; {gl.MEND}")


def python(code: str, **environment: str) -> str:
    out = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False,
        env={**os.environ, "PYOPENGL_PLATFORM": "", **environment},
    )  # fmt: skip
    assert out.returncode == 0, out.stderr
    return out.stdout


def test_the_probe_answers_for_every_backend() -> None:
    found = gl.probe()
    assert list(found) == list(gl.BACKENDS)
    assert all(found.values())


@needs_gl
def test_the_worm_is_seen_and_the_camera_follows() -> None:
    env = gym.make("innervate/Swim-v0", render_mode="rgb_array", n_links=6)
    env.reset(seed=0)
    first: Any = env.render()
    assert first.shape == (480, 640, 3)
    assert first.dtype == np.uint8
    assert skin_share(first) > 0.002
    for _ in range(200):
        env.step(np.sin(np.arange(5)).astype(np.float32))
    later: Any = env.render()
    assert (first != later).any()
    rows, columns = np.nonzero(is_skin(later))
    assert 160 < rows.mean() < 320  # still in the middle
    assert 213 < columns.mean() < 427
    env.close()


def is_skin(image: np.ndarray) -> np.ndarray:
    """Warm colours; the water and the sky are cold."""
    red, blue = image[..., 0].astype(int), image[..., 2].astype(int)
    return red > blue + 40


def skin_share(image: np.ndarray) -> float:
    return float(is_skin(image).mean())


@needs_gl
def test_the_batch_draws_the_environments_asked_for() -> None:
    vector: Any = gym.make_vec(
        "innervate/Navigate-v0",
        4,
        "vector_entry_point",
        render_mode="rgb_array",
        render_envs=(2, 0),
        width=96,
        height=64,
    )
    single: Any = gym.make("innervate/Navigate-v0", render_mode="rgb_array", width=96, height=64)
    vector.reset(seed=20)
    frames = vector.render()
    assert [frame.shape for frame in frames] == [(64, 96, 3)] * 2
    for frame, seed in zip(frames, (22, 20), strict=True):
        single.reset(seed=seed)
        np.testing.assert_array_equal(frame, single.render())
    assert (frames[0] != frames[1]).any()
    vector.close()
    vector.close()
    single.close()


@needs_gl
def test_drawing_changes_nothing() -> None:
    drawn, plain = (gym.make("innervate/Swim-v0", render_mode="rgb_array", width=32, height=32) for _ in range(2))
    drawn.reset(seed=0)
    plain.reset(seed=0)
    for action in np.random.default_rng(0).uniform(-1, 1, (10, 5)).astype(np.float32):
        drawn.render()
        np.testing.assert_array_equal(drawn.step(action)[0], plain.step(action)[0])


def test_without_a_render_mode_there_is_no_frame() -> None:
    env: Any = gym.make_vec("innervate/Swim-v0", 2, "vector_entry_point")
    env.reset(seed=0)
    assert env.render() is None


def test_no_library_that_works_is_told_with_the_line_that_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gl.probe.cache_clear()
    gl.choose.cache_clear()
    monkeypatch.setattr(gl, "_try", "no {} here".format)
    try:
        with pytest.raises(ConfigError, match=r"no osmesa here.*apt-get install -y libegl1"):
            gl.choose()
    finally:
        monkeypatch.undo()
        gl.probe.cache_clear()
        gl.choose.cache_clear()


SWIM = (
    "import innervate, gymnasium; e = gymnasium.make('innervate/Swim-v0'); e.reset(seed=0);"
    "print(e.step(e.action_space.sample())[1] >= 0)"
)


@pytest.mark.parametrize("backend", ["egl", "osmesa"])
def test_a_missing_library_does_not_stop_training(backend: str) -> None:
    """As on a machine where MUJOCO_GL is set but the library is not there: importing mujoco alone would fail."""
    hide = f"from innervate.envs.sight import gl; gl._LIBRARIES['{backend}'] = ('libabsent.so',);"
    assert python("import warnings; warnings.simplefilter('ignore');" + hide + SWIM, MUJOCO_GL=backend) == "True\n"


def test_training_without_video_says_nothing() -> None:
    assert python(SWIM, MUJOCO_GL="disable") == "True\n"


@needs_gl
def test_a_process_that_draws_ends_quietly() -> None:
    code = (
        "import innervate, gymnasium;"
        "e = gymnasium.make('innervate/Swim-v0', render_mode='rgb_array', width=32, height=32);"
        "e.reset(seed=0); print(e.render().shape)"
    )
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={name: value for name, value in os.environ.items() if name not in ("MUJOCO_GL", "PYOPENGL_PLATFORM")},
    )  # fmt: skip
    assert out.stdout == "(32, 32, 3)\n"
    assert out.stderr == ""


BOX = """<mujoco><visual><map znear="0.01" zfar="20"/></visual><statistic extent="1"/><worldbody>
  <camera name="above" pos="0 0 3"/><camera name="aside" pos="2 0 1" xyaxes="0 1 0 0 0 1"/>
  <geom type="plane" size="5 5 .1"/><body pos="0 0 .5"><joint name="h" axis="0 0 1"/><geom type="box" size=".5 .3 .2"/>
  </body></worldbody><actuator><motor name="m" joint="h" ctrlrange="-1 1"/></actuator>
  <sensor><jointpos name="angle" joint="h"/></sensor></mujoco>"""


class Turn(Task):
    control_step_s = 0.02
    channels = (Channel("angle", 1, "rad"),)

    def observe(self, s: Sensors) -> dict[str, np.ndarray]:
        return {"angle": s["angle"]}

    def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
        return {"turn": s["angle"][:, 0]}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        return {"qpos": rng.uniform(-1, 1, (n, 1))}


SIZE: dict[str, Any] = {"width": 64, "height": 48}


@needs_gl
@pytest.mark.parametrize("camera", ["above", "aside"])
def test_depth_is_how_far_a_ray_goes_in_metres(camera: str) -> None:
    env = BodyEnv(World(BOX, Turn()), render_mode="depth_array", camera_name=camera, **SIZE)
    env.reset(seed=0)
    depth, model, data = env.render(), env.model, env.data
    eye = data.camera(camera)
    rotation, half = eye.xmat.reshape(3, 3), np.tan(np.deg2rad(model.cam_fovy[model.camera(camera).id]) / 2)
    hit, wrong = np.zeros(1, np.int32), 0
    for row in range(2, 48, 5):
        for column in range(2, 64, 5):
            across = np.array([(column + 0.5 - 32) / 24 * half, (24 - row - 0.5) / 24 * half, -1.0])
            far = mujoco.mj_ray(model, data, eye.xpos, rotation @ across, None, 1, -1, hit)
            if far < 0 or far > 19:
                continue
            wrong += abs(depth[row, column] - far) > 0.02 * far  # a ray's length is in units of `across`: the depth
    assert depth.dtype == np.float32
    assert wrong <= 6  # at edges
    env.close()


@needs_gl
def test_every_camera_can_be_asked_for_by_name_or_number_alone_and_batched() -> None:
    world = World(BOX, Turn())
    frames: dict[Any, np.ndarray] = {}
    for key in ({"camera_name": "above"}, {"camera_id": 0}, {"camera_name": "aside"}, {"camera_id": -1}, {}):
        one = BodyEnv(world, render_mode="rgb_array", **key, **SIZE)
        many = BodyVectorEnv(world, 2, render_mode="rgb_array", render_envs=(0,), **key, **SIZE)
        one.reset(seed=5)
        many.reset(seed=5)
        frames[str(key)] = one.render()
        np.testing.assert_array_equal((many.render() or (None,))[0], one.render())
        one.close()
        many.close()
    above, first, aside, free, default = frames.values()
    np.testing.assert_array_equal(above, first)
    np.testing.assert_array_equal(above, default)  # without a camera `track`, the first
    assert len({frame.tobytes() for frame in (above, aside, free)}) == 3


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"camera_name": "abuve"}, UnknownNameError, "no camera of the model named 'abuve'. Did you mean 'above'"),
        ({"camera_id": 7}, ConfigError, "no camera 7; it has 0 is 'above', 1 is 'aside', and -1 is a free one"),
        ({"camera_id": 0, "camera_name": "above"}, ConfigError, "not both"),
        ({"render_mode": "rgb"}, UnknownNameError, "render mode named 'rgb'"),
    ],
)
def test_a_camera_or_a_mode_that_is_not_there_is_told(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    for make in (BodyEnv, BodyVectorEnv):
        with pytest.raises(error, match=message):
            make(World(BOX, Turn()), **arguments)
    with pytest.raises(UnknownNameError, match="render mode named 'human'"):
        BodyVectorEnv(World(BOX, Turn()), render_mode="human")


@needs_gl
def test_gymnasium_makes_lists_of_every_mode() -> None:
    for mode, kind in (("rgb_array_list", np.uint8), ("depth_array_list", np.float32)):
        env: Any = gym.make("innervate/Swim-v0", render_mode=mode, **SIZE)
        env.reset(seed=0)
        for _ in range(2):
            env.step(env.action_space.sample())
        frames = env.render()
        assert [frame.dtype for frame in frames] == [kind] * 3
        assert env.render() == []
        env.close()
    both: Any = gym.make("innervate/Swim-v0", render_mode="rgbd_tuple", **SIZE)
    both.reset(seed=0)
    colour, depth = both.render()
    assert (colour.shape, depth.shape) == ((48, 64, 3), (48, 64))


def test_a_window_without_a_display_is_refused_when_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(ConfigError, match=r"no display for render_mode='human'.*rgb_array"):
        gym.make("innervate/Swim-v0", render_mode="human")


def test_a_window_shows_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """The viewer is a stand-in: what it is given to show, and when."""
    shown: list[float] = []

    def launch(model: mujoco.MjModel, data: mujoco.MjData, **_: Any) -> Any:
        return SimpleNamespace(
            is_running=lambda: True, lock=contextlib.nullcontext, sync=lambda: shown.append(float(data.qpos[0])),
            close=lambda: shown.append(np.nan), cam=mujoco.MjvCamera(),
        )  # fmt: skip

    monkeypatch.setenv("DISPLAY", ":9")
    monkeypatch.setitem(sys.modules, "mujoco.viewer", SimpleNamespace(launch_passive=launch))
    env = BodyEnv(World(BOX, Turn()), render_mode="human", camera_name="aside")
    assert "human" in env.metadata["render_modes"]
    observation, _ = env.reset(seed=0)
    told = [float(observation[0]), *(float(env.step(np.ones(1))[0][0]) for _ in range(3))]
    assert env.render() is None
    env.close()
    np.testing.assert_allclose(shown, [*told, told[-1], np.nan], rtol=1e-6)
