"""A trained controller as a folder that runs without simulator: weights, description, ONNX, card."""

import importlib.util
import json
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from innervate.agents.experience.worlds import action_scale, make_vector_env
from innervate.agents.registry import LEARNERS
from innervate.configurations import to_json
from innervate.controllers import Controller, ControllerConfig
from innervate.controllers.agent import DESCRIPTION, WEIGHTS, Agent, describe
from innervate.errors import MissingExtraError, RunError
from innervate.files import UMASK, sync_folder, write_bytes_atomically, write_text_atomically
from innervate.launch.run.evaluation import load_controller
from innervate.launch.run.folder import RunFolder

ONNX = "controller.onnx"


def export(run: Path, out: Path, *, onnx: bool = True) -> Path:
    """Write `out`: agent.json, controller.safetensors, controller.onnx and README.md; it appears when it is complete.

    Raises RunError where `out` exists already.
    """
    if out.exists():
        raise RunError(f"{out} exists already; choose another --out.")
    folder = RunFolder.open(run)
    agent, config = agent_of(folder)
    out.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        origin = {
            "world": to_json(config.world), "learner": LEARNERS.to_dict(config.learner), "steps": folder.spent()[0]
        }  # fmt: skip
        write_agent(building, agent, config.controller, origin)
        if onnx:
            write_bytes_atomically(building / ONNX, to_onnx(agent.controller))
        write_text_atomically(building / "README.md", _card(folder, agent, onnx=onnx))
        building.chmod(0o777 & ~UMASK)
        os.rename(building, out)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    sync_folder(out.parent)
    return out


def agent_of(folder: RunFolder) -> tuple[Agent, Any]:
    """The newest checkpoint of a run as an agent, and the run's configuration. Its environment is not needed."""
    config = folder.config()
    known = folder.interface()
    if known is not None:
        _, centre, half = known
    else:
        env = make_vector_env(config.world, 1)
        centre, half = (np.asarray(x, np.float64) for x in action_scale(env))
        env.close()
    controller = load_controller(folder, config.world).eval()
    about = f"{config.world.id}, {folder.spent()[0]:,} steps, seed {config.seed}"
    return Agent(controller, centre, half, about), config


def write_agent(
    folder: Path, agent: Agent, config: ControllerConfig, origin: Mapping[str, Any] | None = None
) -> None:
    """What `innervate.controllers.agent.load` reads, and of which run it came."""
    tensors = {k: v.contiguous() for k, v in agent.controller.state_dict().items()}
    write_bytes_atomically(folder / WEIGHTS, save_tensors(tensors, {"format": "pt"}))
    write_text_atomically(folder / DESCRIPTION, json.dumps(describe(agent, config, origin), indent=1) + "\n")


class _Flat(nn.Module):
    """The controller with its state as plain inputs and outputs, in sorted order of their names."""

    def __init__(self, controller: Controller, names: list[str]) -> None:
        super().__init__()
        self.controller, self.names = controller, names

    def forward(self, observation: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        spec = self.controller.spec
        action, after = self.controller(spec.split(observation), dict(zip(self.names, state, strict=True)))
        if spec.choices:
            taken = torch.stack([part.argmax(dim=-1) for part in action.split(list(spec.choices), dim=-1)], dim=-1)
        else:
            taken = action.clamp(-1.0, 1.0)
        return (taken, *(after[name] for name in self.names))


def to_onnx(controller: Controller) -> bytes:
    """The controller as an ONNX model: inputs `observation` and `state.<name>`, outputs `action` and `next.<name>`.

    The batch is free. Raises MissingExtraError without the extra [export].
    """
    if importlib.util.find_spec("onnxscript") is None:  # torch's exporter needs it
        raise MissingExtraError("onnxscript", "export")
    batch = 2
    state = controller.initial_state(batch)
    names = sorted(state)
    inputs = (torch.zeros(batch, controller.spec.observation_size), *(state[n] for n in names))
    free = torch.export.Dim("batch")
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as scratch:
        warnings.simplefilter("ignore")  # the exporter warns of its own deprecated parts
        path = Path(scratch) / ONNX
        program = torch.onnx.export(
            _Flat(controller, names).eval(),
            inputs,
            input_names=["observation", *(f"state.{n}" for n in names)],
            output_names=["action", *(f"next.{n}" for n in names)],
            dynamic_shapes=({0: free}, *((tuple({0: free} for _ in names),) if names else ())),
            dynamo=True,
            verbose=False,
        )
        assert program is not None
        program.save(str(path), external_data=False)
        return path.read_bytes()


def _card(folder: RunFolder, agent: Agent, *, onnx: bool) -> str:
    spec = agent.spec
    ports = "\n".join(f"| `{p.name}` | {p.size} | {p.unit} |" for p in spec.observations)
    state = {k: tuple(v.shape[1:]) for k, v in agent.initial_state().items()}
    remembers = ", ".join(f"`{k}` {shape}" for k, shape in sorted(state.items())) or "nothing"
    evaluation = folder.path / "evaluation.json"
    result = ""
    if evaluation.exists():
        s = json.loads(evaluation.read_text(encoding="utf-8"))
        result = f"Return over {s['episodes']} held-out episodes: {s['return_mean']:.1f} ± {s['return_sd']:.1f} (sd).\n"
    gives = (
        "`action`, the number of the alternative taken in each choice (add `centre` of `agent.json`); `next.<name>`."
        if spec.choices
        else "`action` in [-1, 1] and `next.<name>`; multiply by `half` and add `centre` of `agent.json`."
    )
    runtime = f"`{ONNX}` takes `observation` and `state.<name>`, and gives {gives}\n" if onnx else ""
    return f"""---
library_name: innervate
tags: [reinforcement-learning, robotics, neuroscience]
---
# {folder.path.name}

{type(agent.controller).__name__}, {agent.controller.parameter_count():,} trained weights; {agent.about}. {result}
```python
import innervate

agent = innervate.load("{folder.path.name}")  # this folder
state = agent.initial_state()
action, state = agent.act(observation, state)  # every {spec.control_step_s:g} s
```

| observation | numbers | unit |
|---|---|---|
{ports}

It remembers {remembers}. {runtime}"""
