"""The published framework's own numbers on a small case: same weights, trials and plant.

`released/bilateral_small.json` was written by the released code (arXiv 2401.14057; TensorFlow 2.13, MotorNet 0.1.5) for
`reach` and `hold`: 4 trials, 12 steps, 10 units, callosum as released, untrained.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch

from innervate.agents.hemispheric import losses
from innervate.agents.hemispheric.fused import FusedUnroll
from innervate.agents.hemispheric.losses import DOMINANT, NON_DOMINANT, NON_SPECIALISED
from innervate.agents.hemispheric.terms import movement_terms
from innervate.agents.hemispheric.trials import Trials
from innervate.agents.hemispheric.unroll import Movement, stepper, unroll
from innervate.agents.twins.arm26 import Arm26
from innervate.controllers.circuits.bilateral import Bilateral, BilateralConfig

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "released/bilateral_small.json").read_text())
CONFIG = BilateralConfig(left=(5, 5), right=(5, 5), core="dense", callosum="released")
PLANT = Arm26("euler", substeps=1, slack_length=1.0)


def net_of(case: dict[str, Any]) -> Bilateral:
    """The released net; Keras' kernels are inputs by units."""
    net = CONFIG.build(PLANT.spec, torch.Generator().manual_seed(0))
    told = {name: torch.tensor(value) for name, value in case["weights"].items()}
    weights = net.state_dict()
    for side in ("left", "right"):
        for layer in (0, 1):
            name = f"hidden_{side[0]}_{layer}"
            weights[f"{side}.{layer}.synapse.weight"] = told[f"{name}/kernel"].T
            weights[f"{side}.{layer}.synapse.bias"] = told[f"{name}/bias"]
    weights["readouts.0.weight"] = told["output_layer/kernel"].T
    weights["readouts.0.bias"] = told["output_layer/bias"]
    weights["mix"] = torch.stack([told["wtAdd_w1"], told["wtAdd_w2"]])
    net.load_state_dict(weights)
    return net


def moved(case: dict[str, Any], engine: str) -> tuple[Movement, torch.Tensor]:
    net = net_of(case)
    start, goal = torch.tensor(case["init_joint"])[:, :2], torch.tensor(case["targets"]).movedim(1, 0)
    load = torch.tensor(case["load"])[:, 0] if "load" in case else torch.zeros(len(start), 2)
    trials = Trials(start, goal[0], load, torch.zeros(len(start)))
    with torch.no_grad():
        if engine == "fused":
            pytest.importorskip("numba")
            matrix = torch.nn.utils.parameters_to_vector(net.parameters())[None]
            return FusedUnroll(net, PLANT)(matrix, trials, len(goal)), goal
        return unroll(PLANT, stepper(PLANT, net), net.initial_state(len(start)), trials, len(goal)), goal


@pytest.mark.parametrize("engine", ["torch", "fused"])
@pytest.mark.parametrize("task", CASES)
def test_movements_and_losses_are_those_of_the_released_code(task: str, engine: str) -> None:
    case = CASES[task]
    movement, goal = moved(case, engine)
    angle = torch.tensor(case["joint_position"]).movedim(1, 0)[..., :2]
    felt = torch.tensor(case["proprioceptive_feedback"]).movedim(1, 0)
    torch.testing.assert_close(movement.body.angle, angle, rtol=0, atol=5e-6)
    torch.testing.assert_close(torch.cat(PLANT.proprioception(movement.body), -1), felt, rtol=0, atol=5e-6)
    for terms, keras in zip((DOMINANT, NON_DOMINANT, NON_SPECIALISED), case["losses"], strict=True):
        weights = {name: torch.tensor([value]) for name, value in asdict(terms).items()}
        ours = losses.weighted(movement_terms(movement, goal, PLANT, CONFIG, weights, True), weights)
        assert float(ours) == pytest.approx(keras, rel=2e-6)
