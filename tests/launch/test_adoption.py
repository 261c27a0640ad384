"""Policies made elsewhere: what comes in is what goes out, and nothing foreign is run or unpickled on the way."""

import json
import pickle
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from torch import nn

import innervate
from innervate.agents.sb3.policy_file import read_policy
from innervate.controllers import ControllerSpec
from innervate.controllers.circuits.module import ModuleConfig, ModuleController
from innervate.controllers.program import read, trace
from innervate.errors import ConfigError
from innervate.launch.cli import main
from innervate.launch.run.export import agent_of
from innervate.launch.run.training import Run
from innervate.signals import Channel

SPEC = ControllerSpec(observations=(Channel("a", 3), Channel("b", 2)), action_size=2, control_step_s=0.02)


class Residual(nn.Module):
    """What people write: named layers, a skip, a constant of its own, a lookup."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(5, 8), nn.LayerNorm(8), nn.GELU(), nn.Dropout(0.5))
        self.out = nn.Linear(8, 2)
        self.register_buffer("order", torch.tensor([1, 0]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = self.inner(x) + 0.5 * self.inner(x.flip(-1))
        return torch.tanh(self.out(hidden))[:, self.get_buffer("order")] * torch.tensor([0.5, 1.0])


MODULES: dict[str, nn.Module] = {
    "residual": Residual(),
    "batch norm": nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.SiLU(), nn.Linear(4, 2), nn.Softsign()),
    "attention": nn.Sequential(nn.Unflatten(1, (1, 5)), nn.Conv1d(1, 3, 2), nn.Flatten(), nn.Linear(12, 2), nn.Tanh()),
}


@pytest.mark.parametrize("name", MODULES)
def test_a_program_computes_what_the_module_does(name: str) -> None:
    module = MODULES[name].eval()
    program, values = trace(module, 5)
    controller = ModuleController(SPEC, program, values)
    x = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    action, _ = controller({"a": x[:, :3], "b": x[:, 3:]}, {})
    torch.testing.assert_close(action, module(x), rtol=0, atol=1e-6)
    again = ModuleConfig(program=program).build(SPEC, torch.Generator())
    again.load_state_dict(controller.state_dict())
    assert torch.equal(again({"a": x[:, :3], "b": x[:, 3:]}, {})[0], action)


def test_the_module_s_own_layers_can_be_seen_and_cut() -> None:
    controller = ModuleController(SPEC, *trace(MODULES["residual"], 5))
    obs = {"a": torch.randn(2, 3), "b": torch.randn(2, 2)}
    seen = controller.probes(obs, {})
    assert seen["out"].shape == (2, 2) and seen["inner.1"].shape == (2, 8)
    bias = torch.tanh(torch.zeros(2, 2))
    assert torch.equal(controller.lesion("out")(obs, {})[0], bias)


def test_gradients_reach_the_weights() -> None:
    controller = ModuleController(SPEC, *trace(MODULES["residual"], 5))
    obs = {"a": torch.randn(4, 3), "b": torch.randn(4, 2)}
    controller(obs, {})[0].sum().backward()
    ours = {n.removeprefix("w_"): p.grad for n, p in controller.named_parameters()}
    module = MODULES["residual"]
    module.zero_grad()
    module(torch.cat([obs["a"], obs["b"]], 1)).sum().backward()
    for name, p in module.named_parameters():
        torch.testing.assert_close(ours[name.replace(".", "_")], p.grad)


class Branching(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :2] if x.sum() > 0 else x[:, 2:4]


class Dice(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :2] + torch.randn_like(x[:, :2])


@pytest.mark.parametrize("module", [Branching(), Dice(), nn.GRU(5, 2), nn.Linear(4, 2)])
def test_what_cannot_be_written_down_is_refused(module: nn.Module) -> None:
    with pytest.raises(ConfigError, match=r"module|dice"):
        trace(module, 5)


@pytest.mark.parametrize(
    "line",
    ["result = __import__('os').system('true')", "result = from_file('/etc/passwd')", "result = observation.data",
     "x = 1", "result = addmm.default(*observation)", "result = add_.Tensor(observation, 1)",
     "result = bernoulli(observation)", "result = [x for x in observation]", "result = (lambda: observation)()", "",
     "result = ("],
)  # fmt: skip
def test_a_hostile_program_is_not_read(line: str) -> None:
    with pytest.raises(ConfigError, match=r"Line 1|operator|ends with|dice"):
        read([line])


def test_what_does_not_fit_the_body_is_told() -> None:
    program, values = trace(nn.Linear(4, 2), 4)
    with pytest.raises(ConfigError, match="does not take this body's 5 numbers"):
        ModuleController(SPEC, program, values)
    program, values = trace(nn.Linear(5, 3), 5)
    with pytest.raises(ConfigError, match=r"gives .*3.* this body takes 2"):
        ModuleController(SPEC, program, values)


SAVED: dict[str, Callable[[Any], Any]] = {
    "ppo": lambda env: PPO("MlpPolicy", env),
    "ppo, own net": lambda env: PPO("MlpPolicy", env, policy_kwargs={"activation_fn": nn.ELU, "net_arch": [9, 7]}),
    "ppo, squashed": lambda env: PPO("MlpPolicy", env, use_sde=True, policy_kwargs={"squash_output": True}),
    "a2c": lambda env: A2C("MlpPolicy", env),
    "sac": lambda env: SAC("MlpPolicy", env, buffer_size=10),
    "sac, sde": lambda env: SAC("MlpPolicy", env, buffer_size=10, use_sde=True),
    "td3": lambda env: TD3("MlpPolicy", env, buffer_size=10, policy_kwargs={"net_arch": [8]}),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SAVED)
@pytest.mark.parametrize("id_", ["Pendulum-v1", "innervate/Navigate-v0"])
def test_a_saved_policy_acts_as_predict_does(name: str, id_: str, tmp_path: Path) -> None:
    env = gym.make(id_)
    model = SAVED[name](env)
    with torch.no_grad():  # actions that reach the limits
        for p in model.policy.parameters():
            p.mul_(3.0)
    model.save(tmp_path / "saved.zip")
    policy = read_policy(tmp_path / "saved.zip")
    obs = np.random.default_rng(0).normal(0, 2, (64, model.observation_space.shape[0])).astype(np.float32)
    expected, _ = model.predict(obs, deterministic=True)
    np.testing.assert_allclose(policy(torch.from_numpy(obs)).detach().numpy(), expected, rtol=0, atol=2e-6)
    env.close()


@pytest.mark.filterwarnings("ignore")
def test_an_adopted_policy_earns_what_it_earned(tmp_path: Path) -> None:
    env = gym.make("Pendulum-v1")
    model = SAC("MlpPolicy", env, buffer_size=10, seed=3)
    model.save(tmp_path / "saved.zip")
    folder = innervate.adopt(tmp_path / "saved.zip", "Pendulum-v1", out=tmp_path / "run")
    result = innervate.evaluate(folder.path, 2)
    for seed, earned in zip(result.seeds, result.episodes.returns, strict=True):
        obs, _ = env.reset(seed=seed)
        total = 0.0
        for _ in range(200):
            obs, reward, _, _, _ = env.step(model.predict(obs, deterministic=True)[0])
            total += float(reward)
        assert earned == pytest.approx(total, rel=1e-3)
    agent, _ = agent_of(folder)
    action, _ = agent.act(np.array([1.0, 0.0, 0.5], np.float32))
    np.testing.assert_allclose(
        action, model.predict(np.array([1.0, 0.0, 0.5], np.float32), deterministic=True)[0], atol=1e-5
    )
    assert "made elsewhere" in (folder.path / "README.md").read_text()
    before = {k: v.clone() for k, v in folder.model().items()}
    Run.resume(folder.path, 4_000).train()  # goes on from the policy, by innervate's own learner
    after = folder.model()
    assert any(not torch.equal(after[k], v) for k, v in before.items() if k.startswith("controller.w_"))


@pytest.mark.filterwarnings("ignore")
def test_what_a_zip_cannot_give_is_told_with_the_way_out(tmp_path: Path) -> None:
    DQN("MlpPolicy", "CartPole-v1", buffer_size=10).save(tmp_path / "dqn.zip")
    with pytest.raises(ConfigError, match=r"Discrete.*Way out"):
        read_policy(tmp_path / "dqn.zip")
    (tmp_path / "no.zip").write_bytes(b"PK no")
    with pytest.raises(ConfigError, match=r"model\.save"):
        read_policy(tmp_path / "no.zip")
    PPO("MlpPolicy", "Pendulum-v1").save(tmp_path / "ppo.zip")
    with zipfile.ZipFile(tmp_path / "ppo.zip") as good, zipfile.ZipFile(tmp_path / "evil.zip", "w") as evil:
        evil.writestr("data", good.read("data"))
        evil.writestr("policy.pth", pickle.dumps(Touched(str(tmp_path / "ran"))))
    with pytest.raises(ConfigError, match="plain tensors"):
        read_policy(tmp_path / "evil.zip")
    assert not (tmp_path / "ran").exists()


class Touched:
    """Unpickled, it leaves a file."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (Path(self.path),)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_every_command_takes_it_in_a_fresh_process(tmp_path: Path) -> None:
    env = gym.make("innervate/Swim-v0")
    assert env.observation_space.shape is not None and env.action_space.shape is not None
    sizes = *env.observation_space.shape, *env.action_space.shape
    env.close()
    layers = f"torch.nn.Sequential(torch.nn.Linear{sizes}, torch.nn.Tanh())"
    (tmp_path / "mine.py").write_text(f"import torch\n\n\ndef policy():\n    return {layers}\n")
    run = tmp_path / "run"
    for words in (
        ["adopt", "mine:policy", "--task", "swim", "--out", str(run)],
        ["evaluate", str(run), "--episodes", "2", "--lesion", "policy.0"],
        ["record", str(run), "--seconds", "0.2"],
        ["report", str(run)],
        ["robustness", str(run), "--episodes", "1"],
        ["export", str(run), "--out", str(tmp_path / "agent")],
    ):
        code = f"from innervate.launch.cli import main; main({words!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, (words, done.stderr)
    assert json.loads((tmp_path / "agent" / "agent.json").read_text())["controller"]["name"] == "module"
    agent = innervate.load(tmp_path / "agent")
    assert agent.act(np.zeros(agent.spec.observation_size, np.float32))[0].shape == sizes[1:]


def test_a_source_that_is_nothing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["adopt", "no_such_file", "--task", "swim", "--out", str(tmp_path / "run")])
    assert stopped.value.code == 2
    assert "no file no_such_file" in capsys.readouterr().err


@pytest.mark.filterwarnings("ignore")
def test_the_tutorial_s_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (Path(__file__).parents[2] / "docs" / "tutorials" / "adopt.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    told: dict[str, Any] = {}
    exec(code, told)
    pendulum = innervate.evaluate(told["folder"].path, episodes=2).summary()
    assert -2_000 < pendulum["return_mean"] < 0
