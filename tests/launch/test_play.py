"""Watching: what is shown is the state of the simulation, where it is asked for, by the newest checkpoint."""

import shutil
import socket
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import mujoco
import numpy as np
import pytest

from innervate.agents.experience.rollout import Moment, rollout
from innervate.agents.experience.worlds import make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.errors import ConfigError
from innervate.launch.cli import main
from innervate.launch.commands import play
from innervate.launch.play.physics import physics
from innervate.launch.play.screens import Frames, Paced, Page, Text
from innervate.launch.run.evaluation import load_controller
from innervate.launch.run.folder import RunFolder
from innervate.launch.run.training import train

WORLD = WorldConfig(id="innervate/Swim-v0", options={"n_links": 3})


def moment(step: int) -> Moment:
    return Moment(
        step=step, observation=np.zeros((1, 1)), state={}, action=np.zeros((1, 2)), reward=np.ones(1),
        running=np.ones(1, np.bool_),
    )  # fmt: skip


def test_the_state_shown_of_our_bodies_is_the_simulation_s() -> None:
    many, one = make_vector_env(WORLD, 1), gym.make(WORLD.id, n_links=3)
    many.reset(seed=3)
    one.reset(seed=3)
    model, present = physics(many)
    for action in (0.7, -0.2, 0.4):
        many.step(np.full((1, model.nu), action, np.float32))
        one.step(np.full(model.nu, action, np.float32))
    inner: Any = one.unwrapped
    np.testing.assert_array_equal(present().geom_xpos, inner.data.geom_xpos)
    many.close()


def test_the_state_shown_of_gymnasium_s_bodies_is_what_they_observe() -> None:
    env = make_vector_env(WorldConfig(id="Swimmer-v5"), 1)
    _, present = physics(env)
    env.reset(seed=3)
    observation, *_ = env.step(np.full((1, 2), 0.7, np.float32))
    np.testing.assert_allclose(present().qpos[2:], np.asarray(observation)[0, :3])
    env.close()


def test_text_tells_time_return_and_the_result(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["play", str(run), "--show", "text", "--speed", "0", "--seed", "5"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 61 and lines[1].startswith("   0.5 s  return")  # 30 s, a line each half second
    env = make_vector_env(WORLD, 1)
    controller = load_controller(RunFolder.open(run), WORLD)
    alone = rollout(env, controller, controller.spec, [5])
    env.close()
    assert lines[-1] == f"after 4,000 training steps: return {alone.returns[0]:.2f} in 1000 control steps"


class _Closing(Text):
    """A watcher who closes the window when so many episodes are over; `between` happens while each begins."""

    def __init__(self, episodes: int, between: Callable[[], None]) -> None:
        self.left, self.between = episodes, between

    def show(self, time_s: float, total: float, moment: Moment) -> bool:
        if moment.step == 0:
            self.between()
            self.left -= 1
        return self.left >= 0


def test_following_shows_the_newest_checkpoint_until_the_watcher_leaves(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = RunFolder.open(run).config().learner
    better = train(WORLD, controller="ncap", learner=learner, steps=12_000, out=tmp_path / "better")

    def trained_on() -> None:
        for file in ("model.safetensors", "progress.jsonl"):
            shutil.copy(better.path / file, run / file)

    def closing(*_: object, **__: object) -> Text:
        return _Closing(2, trained_on)

    monkeypatch.setattr(play, "choose", closing)
    main(["play", str(run), "--follow", "--show", "text", "--speed", "0", "--seed", "5"])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" training")[0] for line in lines] == ["after 4,000", "after 12,000"]


def test_a_page_is_served_on_loopback_and_moves() -> None:
    pytest.importorskip("mjviser")
    env = make_vector_env(WORLD, 1)
    env.reset(seed=0)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    model, present = physics(env)
    with Page(model, present, title="worm", host="127.0.0.1", port=port) as page:
        with urllib.request.urlopen(page.address, timeout=10) as answer:
            assert answer.status == 200 and b"<html" in answer.read(2000).lower()
        assert page.show(1.5, 2.0, moment(3))
        env.step(np.ones((1, model.nu)))
        page.show(1.5, 2.0, moment(3))
        scene: Any = page._scene  # pyright: ignore[reportPrivateUsage]
        head = mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY, "head")
        np.testing.assert_allclose(scene._last_body_xpos[0, head], present().xpos[head], atol=1e-6)
    env.close()


def test_frames_are_no_more_than_an_eye_takes() -> None:
    frames = Frames()
    assert sum(frames.due(0.001 * i) for i in range(1000)) in range(28, 32)


def test_pace_keeps_the_simulation_s_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half speed: step 50 of 10 ms is shown a second after step 0, whatever the steps took to compute."""
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def wait(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(time, "sleep", wait)
    paced = Paced(Text(), 0.01, 0.5)
    for step in range(51):
        now[0] += 0.003
        paced.show(moment(step))
    assert now[0] == pytest.approx(101.003)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["swim", "--follow"], "--follow watches a run"), (["swim", "--episodes", "0"], "at least 1")],
)
def test_a_mistake_is_one_sentence(arguments: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        play.main(arguments)
