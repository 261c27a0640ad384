"""Controllers outside the simulator: ONNX beside torch in a closed loop, and agents that load by path or name."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest

import innervate
from innervate.agents.experience.worlds import environment_id
from innervate.controllers import CONTROLLERS
from innervate.controllers.agent import DESCRIPTION, folder_of, shipped
from innervate.controllers.circuits.brain import BrainConfig, Part
from innervate.controllers.circuits.mlp import MLPConfig
from innervate.controllers.circuits.recurrent import RecurrentConfig
from innervate.controllers.circuits.wiring import WiringConfig
from innervate.controllers.core import CORES, CoreConfig
from innervate.controllers.registry import WORM, example_body
from innervate.errors import ConfigError, RunError, UnknownNameError
from innervate.launch.cli import main
from innervate.launch.run.evaluation import evaluate_run
from innervate.launch.run.export import export
from innervate.launch.run.export_parity import closed_loop

CONFIGS: dict[str, Any] = {name: kind() for name, kind in CONTROLLERS.items() if example_body(name) is WORM}
CONFIGS["wiring-worm"] = WiringConfig(circuit="worm")
CONFIGS["wiring-ncap"] = WiringConfig(circuit="ncap")  # clocks
CONFIGS["brain-paced"] = BrainConfig(
    parts={
        "slow": Part(controller=MLPConfig(hidden=(4,)), gives=2, period_s=0.09, delay_s=0.06),
        "last": Part(controller=MLPConfig(hidden=(4,)), senses=("joint_angle", "slow", "slow_age")),
    }
)
STEPS = 1000


@pytest.mark.parametrize("name", CONFIGS)
def test_onnx_is_torch_in_a_closed_loop(name: str) -> None:
    difference, moved = closed_loop(CONFIGS[name], STEPS)
    assert difference <= 1e-6
    assert moved > 0 or name in ("zero", "steering")  # the latter is told no goal here, and rests


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in CORES if kind not in ("gru", "leaky", "dense")])
def test_onnx_is_torch_with_every_core(kind: str) -> None:
    """Those that no circuit above has. A long memory adds up the rounding of each step, by chance either way."""
    difference, moved = closed_loop(RecurrentConfig(core=CoreConfig(kind=kind, units=12)), STEPS)
    assert difference <= 4 * float(np.finfo(np.float32).eps) * STEPS**0.5 and moved > 0


@pytest.fixture(scope="module")
def folder(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(trained, tmp_path_factory.mktemp("exported") / "agent", onnx=False)


def test_an_exported_agent_earns_what_its_run_earns(folder: Path, trained: Path) -> None:
    agent = innervate.load(folder)
    expected = evaluate_run(trained, 1)
    env = gym.make("innervate/Swim-v0", n_links=3)
    observation, _ = env.reset(seed=expected.seeds[0])
    state, total, over = None, 0.0, False
    while not over:
        action, state = agent.act(observation, state)
        observation, reward, terminated, truncated, _ = env.step(action.astype(np.float32))
        total, over = total + float(reward), terminated or truncated
    env.close()
    assert total == pytest.approx(expected.episodes.returns[0], rel=1e-6)


def test_names_and_batches_are_the_same_numbers(folder: Path) -> None:
    agent = innervate.load(folder)
    rng = np.random.default_rng(0)
    flat = rng.normal(size=(4, agent.spec.observation_size)).astype(np.float32)
    together, _ = agent.act(flat)
    start, named = 0, {}
    for port in agent.spec.observations:
        named[port.name] = flat[:, start : start + port.size]
        start += port.size
    np.testing.assert_array_equal(agent.act(named)[0], together)
    np.testing.assert_allclose(agent.act(flat[2])[0], together[2], atol=1e-7)


def test_an_agent_needs_no_simulator(folder: Path) -> None:
    code = (
        "import sys, numpy, innervate; agent = innervate.load(sys.argv[1]);"
        "agent.act(numpy.zeros(agent.spec.observation_size));"
        "print('mujoco' in sys.modules, 'dm_control' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["False", "False"]


@pytest.mark.slow
@pytest.mark.parametrize("name", shipped())
def test_a_shipped_agent_is_as_good_as_it_says(name: str) -> None:
    """On starts that nobody has seen: over half of the way from the untrained circuit to the score that it states."""
    said = json.loads((folder_of(name) / DESCRIPTION).read_text())
    agent, env = innervate.load(name), gym.make(environment_id(said["world"]["id"]))
    returns: list[float] = []
    for seed in range(6):
        observation, _ = env.reset(seed=100 + seed)
        state, total, over = None, 0.0, False
        while not over:
            action, state = agent.act(observation, state)
            observation, reward, terminated, truncated, _ = env.step(action.astype(np.float32))
            total, over = total + float(reward), terminated or truncated
        returns.append(total)
    env.close()
    untrained, trained = said["score"]["untrained"], said["score"]["return"]
    assert np.mean(returns) > untrained + 0.5 * (trained - untrained)


def test_bad_input_is_told(folder: Path, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent = innervate.load(folder)
    with pytest.raises(ConfigError, match="got 3"):
        agent.act(np.zeros(3))
    with pytest.raises(ConfigError, match="finite"):
        agent.act(np.full(agent.spec.observation_size, np.nan))
    with pytest.raises(UnknownNameError, match="joint_angle"):
        agent.act({"joint_angles": np.zeros(2)})
    with pytest.raises(UnknownNameError, match="swim-x"):
        innervate.load("swim-x")
    with pytest.raises(RunError, match="innervate export"):
        innervate.load(trained)
    with pytest.raises(SystemExit):
        main(["export", str(trained), "--out", str(folder)])
    assert "exists already" in capsys.readouterr().err
    broken = tmp_path / "broken"
    broken.mkdir()
    document = json.loads((folder / "agent.json").read_text())
    (broken / "agent.json").write_text(json.dumps({**document, "controller": {"name": "os.system"}}))
    with pytest.raises(UnknownNameError, match="controller"):
        innervate.load(broken)
    (broken / "agent.json").write_text(json.dumps(document))
    (broken / "controller.safetensors").write_bytes(b"not tensors")
    with pytest.raises(RunError, match="does not hold the weights"):
        innervate.load(broken)
