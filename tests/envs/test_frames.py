"""Frames without a screen, and training without a library to draw them."""

import os
import subprocess
import sys
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

from innervate.envs import gl
from innervate.errors import ConfigError

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
    hide = f"from innervate.envs import gl; gl._LIBRARIES['{backend}'] = ('libabsent.so',);"
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
