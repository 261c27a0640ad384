"""Behaviour cloning: from an agent, from files, from a bag; against the untrained controller and the mean action."""

from pathlib import Path

import numpy as np
import pytest

from innervate.agents.experience.demonstrations import Episode, load
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import Progress, Setting, WorldConfig
from innervate.agents.learners.cloning import Cloning, CloningConfig, split
from innervate.agents.threads import one_thread
from innervate.controllers import CONTROLLERS
from innervate.errors import ConfigError, InnervateError, RunError, UnknownNameError

PENDULUM = WorldConfig(id="Pendulum-v1")
NAMES = ("observation/0", "observation/1", "observation/2")


def made(world: WorldConfig, controller: str, steps: int, config: CloningConfig) -> Cloning:
    one_thread()
    return config.build(Setting(world=world, controller=CONTROLLERS[controller](), steps=steps, seed=1, threads=1))


def last(learner: Cloning) -> dict[str, float]:
    seen: list[Progress] = []
    learner.train(seen.append)
    return dict(seen[-1].metrics)


def demonstrations(folder: Path, count: int = 4, scale: float = 1.0) -> Path:
    """Episodes of a teacher that damps: the torque is minus half of the speed, clipped."""
    rng = np.random.default_rng(0)
    for i in range(count):
        angle, speed = rng.uniform(-3, 3, 60), rng.uniform(-1, 1, 60)
        seen = np.stack([np.cos(angle), np.sin(angle), speed], axis=1)
        np.savez(folder / f"{i}.npz", observation=seen, action=-0.5 * speed[:, None] * scale)
    return folder


@pytest.mark.parametrize("controller", ["mlp", "gru", "linear"])
def test_a_teacher_in_files_is_copied_better_than_both_nulls(controller: str, tmp_path: Path) -> None:
    config = CloningConfig(demonstrations=str(demonstrations(tmp_path)), learning_rate=3e-3, sequence_length=20)
    found = last(made(PENDULUM, controller, 12_000, config))
    assert found["held_out/loss"] < 0.2 * min(found["held_out/loss_untrained"], found["held_out/loss_of_mean"])


def test_the_units_of_actions_are_said(tmp_path: Path) -> None:
    """Pendulum's torque goes to 2 N m: twice the fraction is the command."""
    spec = controller_spec(make_vector_env(PENDULUM, 1))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    a = load(str(demonstrations(tmp_path / "a")), PENDULUM, spec, [0], "fraction")
    b = load(str(demonstrations(tmp_path / "b", scale=2.0)), PENDULUM, spec, [0], "command")
    np.testing.assert_allclose(a[0].action, b[0].action)
    (tmp_path / "c").mkdir()
    with pytest.raises(ConfigError, match=r"not fractions.*--cloning\.actions command"):
        load(str(demonstrations(tmp_path / "c", scale=4.0)), PENDULUM, spec, [0], "fraction")


def test_columns_have_names(tmp_path: Path) -> None:
    world = WorldConfig(id="swim", options={"n_links": 3})
    spec = controller_spec(make_vector_env(world, 1))
    sizes = {channel.name: channel.size for channel in spec.observations}
    titles = ["time", "action/1", "action/0", "episode"]
    titles += [f"{name}/{i}" for name, size in reversed(sizes.items()) for i in range(size)]
    rows = np.random.default_rng(0).uniform(-1, 1, (6, len(titles)))
    rows[:, 3] = [0, 0, 0, 0, 1, 1]
    path = tmp_path / "drive.csv"
    path.write_text("\n".join([",".join(titles), *(",".join(map(repr, row.tolist())) for row in rows)]))
    first, second = load(str(path), world, spec, [0], "fraction")
    assert (len(first), len(second)) == (4, 2)
    np.testing.assert_allclose(first.action, rows[:4, [2, 1]])
    np.testing.assert_allclose(first.observation[:, 0], rows[:4, titles.index("joint_angle/0")])
    path.write_text(path.read_text().replace("joint_angle/1", "joint_angel/1"))
    with pytest.raises(UnknownNameError, match=r"joint_angel.*joint_angle"):
        load(str(path), world, spec, [0], "fraction")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (",".join(NAMES), "a line for each control step"), ("a/0,action\n1,x", "hold numbers"),
        ("action/1,action/2\n1,1", "numbered from 0"), ("observation/0,action\n1,0", "1 observations and 1 actions"),
        ("observation/0\n1", "has no action"), (",".join(NAMES) + ",action\n1,1,nan,0", "not finite"),
        ("action,action\n0,0", "names action twice"), (",".join(NAMES) + ",action\n1,1,1", "as many on each line"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_meant_is_refused(text: str, told: str, tmp_path: Path) -> None:
    spec = controller_spec(make_vector_env(PENDULUM, 1))
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(ConfigError, match=told):
        load(str(tmp_path), PENDULUM, spec, [0], "fraction")


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    spec = controller_spec(make_vector_env(PENDULUM, 1))
    cases = ((str(tmp_path), "neither a run"), (str(tmp_path / "no"), "no demonstrations at"), ("", "Which"))
    for source, told in cases:
        with pytest.raises(InnervateError, match=told):
            load(source, PENDULUM, spec, [0], "fraction")
    (tmp_path / "bad.npz").write_bytes(b"PK")
    (tmp_path / "bad.mcap").write_bytes(b"nothing")
    for name, told in (("bad.npz", "cannot be read"), ("bad.mcap", "no MCAP"), ("bad.txt", "no demonstrations")):
        with pytest.raises(InnervateError, match=told):
            load(str(tmp_path / name), PENDULUM, spec, [0], "fraction")
    with pytest.raises(ConfigError, match="cannot act in Pendulum"):
        load("swim-entrained", PENDULUM, spec, [0], "fraction")


def test_a_body_that_chooses(tmp_path: Path) -> None:
    """CartPole: push towards the side to which the pole falls."""
    rng, world = np.random.default_rng(0), WorldConfig(id="CartPole-v1")
    for i in range(3):
        seen = rng.uniform(-0.2, 0.2, (100, 4))
        np.savez(tmp_path / f"{i}.npz", observation=seen, action=(seen[:, 2] + seen[:, 3] > 0).astype(float))
    found = last(made(world, "linear", 8_000, CloningConfig(demonstrations=str(tmp_path), learning_rate=3e-2)))
    assert found["held_out/loss"] < 0.5 * min(found["held_out/loss_untrained"], found["held_out/loss_of_mean"])
    np.savez(tmp_path / "0.npz", observation=np.zeros((5, 4)), action=np.full(5, 2.0))
    with pytest.raises(ConfigError, match=r"whole numbers below \(2,\)"):
        made(world, "linear", 100, CloningConfig(demonstrations=str(tmp_path)))


def test_other_demonstrations_are_not_gone_on_with(tmp_path: Path) -> None:
    config = CloningConfig(demonstrations=str(demonstrations(tmp_path)))
    learner = made(PENDULUM, "linear", 300, config)
    learner.train(lambda _: None)
    snapshot = learner.snapshot()
    demonstrations(tmp_path, scale=0.5)
    with pytest.raises(RunError, match="not those that this run began with"):
        made(PENDULUM, "linear", 600, config).restore(snapshot)


def test_what_is_held_out_is_not_learned_from() -> None:
    def episode(n: int) -> Episode:
        return Episode(np.zeros((n, 1)), np.zeros((n, 1)))

    assert [list(map(len, part)) for part in split([episode(10)], 0.2)] == [[8], [2]]
    assert [list(map(len, part)) for part in split([episode(n) for n in (3, 4, 5)], 0.2)] == [[3, 4], [5]]
    with pytest.raises(ConfigError, match="too short"):
        split([episode(1)], 0.2)
