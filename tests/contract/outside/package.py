"""A package of somebody else's, with one thing of each of the fifteen kinds; none of them is a toy."""

import zipfile
from pathlib import Path

NAME = "wormlab"

FILES = {
    "__init__": '"""Parts for innervate from outside."""\n',
    "task": '''
"""A pole on a hinge is to be kept upright by a weak motor."""

from dataclasses import dataclass

import mujoco
import numpy as np

from innervate.envs.sensors import Sensors
from innervate.envs.task import Task
from innervate.envs.world import World
from innervate.signals import Channel

from .body import pole

EPISODE_STEPS = 60


@dataclass(frozen=True, kw_only=True)
class PoleOptions:
    """Options of `wormlab/Pole-v0`."""

    length_m: float = 0.5
    """Length of the pole."""


class Pole(Task):
    """Keep the pole upright."""

    control_step_s = 0.02
    channels = (Channel("angle", 1, "rad", None, "of the hinge, 0 upright"), Channel("rate", 1, "rad/s", None, "of it"))
    terms = {"upright": "cosine of the angle"}

    def observe(self, s: Sensors) -> dict[str, np.ndarray]:
        return {"angle": s["angle"], "rate": s["rate"]}

    def rewards(self, s: Sensors, action: np.ndarray) -> dict[str, np.ndarray]:
        return {"upright": np.cos(s["angle"][:, 0])}

    def begin(self, rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
        return {"qpos": rng.uniform(-0.3, 0.3, (n, 1))}


def world(options: PoleOptions) -> World:
    """The pole on its stand."""
    return World(pole(options.length_m), Pole())
''',
    "body": '''
"""A pole on a hinge."""

import mujoco


def pole(length_m: float = 0.5) -> mujoco.MjSpec:
    """The pole, its hinge driven by a motor, its angle and rate sensed."""
    return mujoco.MjSpec.from_string(f"""
    <mujoco>
      <option timestep="0.01"/>
      <visual><global offwidth="640" offheight="480"/></visual>
      <worldbody>
        <light pos="0 0 3"/>
        <body name="pole" pos="0 0 1">
          <joint name="hinge" type="hinge" axis="0 1 0" damping="0.02"/>
          <geom type="capsule" fromto="0 0 0 0 0 {length_m}" size="0.02"/>
        </body>
      </worldbody>
      <actuator><motor name="torque" joint="hinge" ctrlrange="-1 1" gear="0.5"/></actuator>
      <sensor><jointpos name="angle" joint="hinge"/><jointvel name="rate" joint="hinge"/></sensor>
    </mujoco>""")
''',
    "controller": '''
"""A leaky integrator that learns, with a configuration inside its configuration."""

from dataclasses import dataclass, field

import torch
from torch import nn

from innervate.controllers import Controller
from innervate.controllers.controller import flat_observation
from innervate.controllers.probe import UNTOUCHED


@dataclass(frozen=True, kw_only=True)
class LeakConfig:
    """How the units forget."""

    keep: float = 0.8
    gains: tuple[float, ...] = (1.0, 0.5)


@dataclass(frozen=True, kw_only=True)
class IntegratorConfig:
    """A leaky integrator of what is sensed."""

    units: int = 6
    """How many."""
    leak: LeakConfig = field(default_factory=LeakConfig)

    def build(self, spec, generator):
        """For any body."""
        return Integrator(spec, self, generator)


class Integrator(Controller):
    """State: `rate` (batch, units)."""

    recurrence = "learned"

    def __init__(self, spec, config, generator):
        super().__init__(spec)
        self.config = config
        self.into = nn.Parameter(0.1 * torch.randn(spec.observation_size, config.units, generator=generator))
        self.out = nn.Parameter(0.1 * torch.randn(config.units, spec.action_size, generator=generator))

    def initial_state(self, batch):
        return {"rate": torch.zeros(batch, self.config.units)}

    def forward(self, obs, state):
        return self.run(obs, state, UNTOUCHED)

    def run(self, obs, state, touch):
        leak = self.config.leak
        drive = leak.gains[0] * flat_observation(self.spec, obs) @ self.into
        rate = touch.part("rate", torch.tanh(leak.keep * state["rate"] + leak.gains[1] * drive))
        return torch.tanh(rate @ self.out), {"rate": rate}
''',
    "core": '''
"""Units that remember twice: a fast and a slow trace."""

import torch
from torch import nn

from innervate.controllers.core import Core


class TwoSpeed(Core):
    """State: `fast` and `slow`, (batch, units)."""

    remembers_activity_only = False

    def __init__(self, inputs, units, generator, dt_s):
        super().__init__(inputs, units, generator, dt_s)
        self.into = nn.Linear(inputs, units)
        nn.init.xavier_uniform_(self.into.weight, generator=generator)
        nn.init.zeros_(self.into.bias)

    def zero(self, batch):
        z = self.into.weight.new_zeros(batch, self.units)
        return {"fast": z, "slow": z}

    def step(self, x, state):
        drive = self.into(x)
        fast, slow = 0.5 * state["fast"] + 0.5 * drive, 0.95 * state["slow"] + 0.05 * drive
        return torch.tanh(fast + slow), {"fast": fast, "slow": slow}
''',
    "memory": '''
"""Keeps the strongest of what it was given."""

from dataclasses import dataclass

import torch

from innervate.controllers.memories import MemoryStore, Recall, gates, rows


@dataclass(frozen=True, kw_only=True)
class StrongestConfig:
    """One memory, given up for a stronger one only."""

    margin: float = 1.0

    def build(self, cue, content, generator):
        return Strongest(cue, content, self.margin)


class Strongest(MemoryStore):
    """State: `kept` (batch, content); `held`, `lost` (batch,)."""

    key_value = False
    capacity = 1

    def __init__(self, cue, content, margin):
        super().__init__(cue, content)
        self.margin = margin

    def empty(self, batch):
        none = torch.zeros(batch, dtype=torch.int64)
        return {"kept": torch.zeros(batch, self.content.size), "held": none, "lost": none.clone()}

    def store(self, state, cue, content, gate=None):
        write = gates(gate, len(content)) >= 0.5
        stronger = write & (content.norm(dim=1) > self.margin * state["kept"].norm(dim=1))
        return {
            "kept": rows(stronger, content, state["kept"]),
            "held": torch.where(stronger, 1, state["held"]),
            "lost": state["lost"] + (write & (state["held"] > 0)),
        }

    def recall(self, state, cue=None, content=None):
        self._one_question(cue, content)
        some = state["held"].float()
        return Recall(state["kept"], cue, some, torch.zeros_like(state["held"]), state)
''',
    "rule": '''
"""Hebb's rule with a limit to the weight."""

from dataclasses import dataclass

from innervate.controllers.rules import Rule


@dataclass(frozen=True, kw_only=True)
class BoundedConfig:
    """Change = modulator * rate * (pre * post - weight)."""

    rate: float = 0.01

    def build(self, pre, post, generator, dt_s):
        rule = Bounded(pre, post)
        rule.rate = self.rate
        return rule


class Bounded(Rule):
    def change(self, pre, post, weight, modulator, state):
        hebb = pre.unsqueeze(2) * post.unsqueeze(1).clamp(-1, 1)
        return self.rate * modulator.unsqueeze(1) * (hebb - weight), state
''',
    "sense": '''
"""How bright the picture of the body's own camera is, left and right."""

from dataclasses import dataclass

import numpy as np

from innervate.sense import VIEW, Sense
from innervate.signals import Channel


@dataclass(frozen=True, kw_only=True)
class BrightnessConfig:
    """The mean of the left and of the right half of a picture, smoothed over the episode."""

    camera: tuple[int, int] = (16, 12)
    keep: float = 0.5

    def build(self, spec, num_envs):
        """For any body that can be drawn."""
        return Brightness(self, num_envs)


class Brightness(Sense):
    """Gives `brightness`, 2 numbers from 0 to 1."""

    remembers = "episode"

    def __init__(self, config, num_envs):
        self.camera, self._keep = config.camera, config.keep
        self.takes = (Channel(VIEW, 1),)
        self.gives = (Channel("brightness", 2, "1", 1.0, "left, right"),)
        self._held = np.zeros((num_envs, 2), np.float32)

    def begin(self, ids, rngs):
        self._held[ids] = np.array([[rng.random()] for rng in rngs], np.float32) * 0.1

    def sense(self, ids, values):
        view = values[VIEW].astype(np.float32).mean(axis=(1, 3)) / 255
        half = view.shape[1] // 2
        now = np.stack([view[:, :half].mean(1), view[:, half:].mean(1)], 1)
        self._held[ids] = self._keep * self._held[ids] + (1 - self._keep) * now
        return {"brightness": self._held[ids].copy()}

    def snapshot(self):
        return {"held": self._held.copy()}

    def restore(self, arrays):
        self._held[:] = arrays["held"]
''',
    "learner": '''
"""A random search with momentum: moves against the worse of two mirrored steps."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from innervate.agents.experience.rollout import rollout
from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import Learner, Progress, Snapshot
from innervate.agents.seeds import Streams

METRICS = {"search/step": ("parameter units", "length of the last step")}
EXAMPLE = ("swim", "linear")


@dataclass(frozen=True, kw_only=True)
class MirrorConfig:
    """Augmented random search with momentum."""

    rate: float = 0.05
    spread: float = 0.1
    momentum: float = 0.9

    def build(self, setting):
        """For any controller with parameters."""
        return Mirror(setting, self)

    def tiny(self):
        """Few pairs."""
        return self, 6 * 60 * (1000 // 60)


class Mirror(Learner):
    def __init__(self, setting, config):
        self.setting, self.config = setting, config
        self._streams = Streams(setting.seed)
        self.env = make_vector_env(setting.world, 2)
        self.controller = setting.controller.build(controller_spec(self.env), self._streams.controller())
        self._rng = self._streams.learner()
        self._velocity = np.zeros(self.controller.parameter_count())
        self._steps = self._iteration = 0

    def _return(self, vector):
        vector_to_parameters(torch.from_numpy(vector).float(), self.controller.parameters())
        seeds = self._streams.environments(2, round_=self._iteration)
        episodes = rollout(self.env, self.controller, self.controller.spec, seeds)
        self._steps += int(episodes.lengths.sum())
        return float(episodes.returns.mean())

    def train(self, on_iteration):
        while self._steps < self.setting.steps:
            here = parameters_to_vector(self.controller.parameters()).detach().double().numpy()
            noise = self._rng.standard_normal(len(here))
            up, down = (self._return(here + s * self.config.spread * noise) for s in (1, -1))
            gain = (up - down) / (abs(up) + abs(down) + 1e-9)
            self._velocity = self.config.momentum * self._velocity + self.config.rate * gain * noise
            vector_to_parameters(torch.from_numpy(here + self._velocity).float(), self.controller.parameters())
            self._iteration += 1
            metrics = {"rollout/return": (up + down) / 2, "search/step": float(np.linalg.norm(self._velocity))}
            on_iteration(Progress(steps=self._steps, iteration=self._iteration, metrics=metrics))

    def snapshot(self):
        state = self._rng.bit_generator.state
        return Snapshot(
            model={f"controller.{k}": v.detach().clone() for k, v in self.controller.state_dict().items()},
            optimizer={"velocity": self._velocity.copy()},
            rng={"steps": self._steps, "iteration": self._iteration,
                 "generator": {**state, "state": {k: str(v) for k, v in state["state"].items()}}},
        )

    def restore(self, snapshot):
        self.controller.load_state_dict({k.removeprefix("controller."): v for k, v in snapshot.model.items()})
        self._velocity = np.array(snapshot.optimizer["velocity"])
        self._steps, self._iteration = snapshot.rng["steps"], snapshot.rng["iteration"]
        document = snapshot.rng["generator"]
        self._rng.bit_generator.state = {**document, "state": {k: int(v) for k, v in document["state"].items()}}

    def close(self):
        self.env.close()
''',
    "objective": '''
"""Consecutive latents should differ by little."""

from dataclasses import dataclass

from innervate.agents.objectives._objective import Objective


@dataclass(frozen=True, kw_only=True)
class SlownessConfig:
    """Slow feature analysis without the whitening."""

    weight: float = 0.1

    def build(self, latent, actions):
        """The objective."""
        return Slowness(self.weight)


class Slowness(Objective):
    """Term `slowness`."""

    def __init__(self, weight):
        super().__init__()
        self.weight = weight

    def loss(self, encode, slow, seen):
        z0, z1 = encode(seen.observations[0]), encode(seen.observations[1])
        return {"slowness": self.weight * ((z1 - z0).square().mean(1) * seen.valid[0]).mean()}
''',
    "recogniser": '''
"""Places by the colour of the whole picture."""

import numpy as np

from innervate.perception.place.percept import Recogniser


class Colour(Recogniser):
    """Score: minus the distance of row means."""

    def _features(self, images):
        return images.reshape(len(images), images.shape[1], -1).mean(2)

    def _fit(self, images):
        self._places = self._features(images)

    def _scores(self, images):
        return -np.linalg.norm(self._features(images)[:, None] - self._places[None], axis=2)
''',
    "brain": '''
"""An integrator remembers, a line acts on it."""

from innervate.controllers.circuits.brain import BrainConfig, Part
from innervate.controllers.circuits.linear import LinearConfig

from .controller import IntegratorConfig

remembering = BrainConfig(
    parts={"memory": Part(controller=IntegratorConfig(units=4), gives=3), "reflex": Part(controller=LinearConfig())}
)
''',
    "preset": '''
"""The pole by mirrored search."""

from innervate.launch.run.preset import Preset

from .controller import IntegratorConfig
from .learner import MirrorConfig

pole_mirror = Preset(
    about="The integrator keeps the pole up.", task="pole", controller=IntegratorConfig(), learner=MirrorConfig(),
    steps=2000,
)
''',
    "figure": '''
"""The return as it comes."""

import numpy as np
from matplotlib.figure import Figure

TITLE = "Return so far"
NEEDS = ("reward",)


def draw(recording):
    figure = Figure()
    figure.add_subplot().plot(np.cumsum(recording.reward))
    return figure
''',
    "benchmark": '''
"""How long the pole stands untrained."""

from innervate.launch.bench._kit.rows import Row


def run(bench):
    yield Row(row="steps", value=float(bench.once("steps", lambda: 60)), unit="steps")
''',
    "command": '''
"""Says hello from outside."""

SMOKE = ([],)


def main(argv):
    print("usage: innervate hello" if "--help" in argv else "hello")
''',
}

GROUPS = {
    "tasks": ("pole", "task"),
    "bodies": ("pole-body", "body"),
    "controllers": ("integrator", "controller"),
    "cores": ("two-speed", "core"),
    "memories": ("strongest", "memory"),
    "plasticity": ("bounded", "rule"),
    "senses": ("brightness", "sense"),
    "learners": ("mirror", "learner"),
    "objectives": ("slowness", "objective"),
    "recognisers": ("colour", "recogniser"),
    "brains": ("remembering", "brain"),
    "presets": ("pole-mirror", "preset:pole_mirror"),
    "figures": ("return-so-far", "figure"),
    "benchmarks": ("pole-stands", "benchmark"),
    "commands": ("hello", "command"),
}
"""Kind to the entry's name and its module."""


def wheel(folder: Path, **changed: str) -> Path:
    """Write the package as a wheel; `changed` replaces files. Returns its path."""
    path = folder / f"{NAME}-1.0-py3-none-any.whl"
    info = f"{NAME}-1.0.dist-info"
    points = "".join(
        f"[innervate.{kind}]\n{name} = {NAME}.{module}\n" for kind, (name, module) in GROUPS.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**FILES, **changed}.items():
            archive.writestr(f"{NAME}/{name}.py", text.lstrip("\n"))
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1.0\n")
        tags = "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", tags)
        archive.writestr(f"{info}/entry_points.txt", points)
        archive.writestr(f"{info}/RECORD", "")
    return path
