"""An exported controller beside the one it came from, in a closed loop."""

import numpy as np
import onnxruntime
import torch

from innervate.agents.experience.worlds import controller_spec, make_vector_env
from innervate.agents.learner import WorldConfig
from innervate.controllers import ControllerConfig
from innervate.launch.run.export import to_onnx

BODIES = 2
SHAKEN = 0.05
"""Standard deviation of what is added to every weight: defaults may hide an error behind zeros."""


def closed_loop(config: ControllerConfig, steps: int) -> tuple[float, float]:
    """Largest difference between torch's and ONNX's actions while ONNX drives two swimmers, and the largest action.

    Both carry their own state, so an error in the state shows as well.
    """
    env = make_vector_env(WorldConfig(id="swim"), BODIES)
    spec = controller_spec(env)
    generator = torch.Generator().manual_seed(0)
    controller = config.build(spec, generator)
    with torch.no_grad():
        for p in controller.parameters():
            p.add_(SHAKEN * torch.randn(p.shape, generator=generator))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(to_onnx(controller), options, providers=["CPUExecutionProvider"])
    state = controller.initial_state(BODIES)
    theirs = {k: v.numpy() for k, v in state.items()}
    wanted = {i.name for i in session.get_inputs()}
    observation, _ = env.reset(seed=0)
    worst = moved = 0.0
    for _ in range(steps):
        with torch.no_grad():
            action, state = controller(spec.split(torch.from_numpy(observation)), state)
        feed = {"observation": observation, **{f"state.{k}": v for k, v in theirs.items()}}
        outputs = session.run(None, {k: v for k, v in feed.items() if k in wanted})
        after = {o.name: np.asarray(v) for o, v in zip(session.get_outputs(), outputs, strict=True)}
        worst = max(worst, float(np.abs(after["action"] - action.clamp(-1, 1).numpy()).max()))
        moved = max(moved, float(np.abs(after["action"]).max()))
        theirs = {k: after[f"next.{k}"] for k in theirs}
        observation, *_ = env.step(after["action"])
    env.close()
    return worst, moved
