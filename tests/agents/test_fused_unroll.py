"""Whole movements in one kernel call: against the torch plant and controllers, and against difference quotients."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from innervate.agents.hemispheric.fused import FusedUnroll
from innervate.agents.hemispheric.losses import DOMINANT, NON_DOMINANT, HemisphericLoss
from innervate.agents.hemispheric.training import Member, TrainingConfig, train
from innervate.agents.hemispheric.trials import Task, Trials, draw
from innervate.agents.hemispheric.unroll import Conditions, Movement, stepper, unroll
from innervate.agents.twins.arm26 import Arm26
from innervate.controllers.circuits.bilateral import Bilateral, BilateralConfig
from innervate.controllers.population import Population
from innervate.errors import ConfigError

pytest.importorskip("numba")
torch.set_num_threads(1)
CONFIGS = {
    "one dense side": BilateralConfig(left=(10, 10), right=(), core="dense", callosum="none"),
    "one gated side": BilateralConfig(left=(), right=(7,), core="gru", callosum="none"),
    "two sides apart": BilateralConfig(left=(5, 5), right=(5, 5), core="dense", callosum="none"),
    "released callosum": BilateralConfig(left=(5, 5, 5), right=(5, 5, 5), core="dense", callosum="released"),
    "fibres": BilateralConfig(left=(5, 6, 4), right=(7, 3, 4), core="gru", callosum="linear", fibres=3),
}
PLANT = Arm26("euler", substeps=1, slack_length=1.0, dtype=torch.float64)
HINDERED = Conditions(sense_delay_s=0.03, motor_noise=0.1)
STEPS, SHARE, MEMBERS = 25, 70, 2


def controller(config: BilateralConfig) -> Bilateral:
    made = config.build(PLANT.spec, torch.Generator().manual_seed(0)).double()
    made.normaliser.mean.add_(0.1)
    made.normaliser.variance.mul_(1.3)
    return made


def trials(n: int) -> Trials:
    """Reaches with a cue, pushed by forces, some into the joint limits."""
    drawn = draw("reach", np.random.default_rng(0), n, PLANT, cue_s=(0.0, 0.1))
    force = 5 * torch.randn(n, 2, generator=torch.Generator().manual_seed(3))
    return Trials(*(x.double() for x in (drawn.angle, drawn.target, force, drawn.cue_s)))


def outcome(movement: Movement) -> list[torch.Tensor]:
    assert movement.activity is not None
    return [movement.hand, movement.excitation, movement.activity, *movement.body]


@pytest.mark.parametrize("name", CONFIGS)
def test_movements_and_gradients_are_those_of_torch(name: str) -> None:
    made, n = controller(CONFIGS[name]), MEMBERS * SHARE
    generator = torch.Generator().manual_seed(1)
    matrix = 0.6 * torch.randn(MEMBERS, made.parameter_count(), generator=generator, dtype=torch.float64)
    noise = 0.1 * torch.randn(STEPS, n, 6, generator=generator, dtype=torch.float64)

    def interpreted(m: torch.Tensor) -> Movement:
        step = stepper(PLANT, Population(made, m))
        return unroll(PLANT, step, made.initial_state(n), trials(n), STEPS, HINDERED, noise)

    def fused(m: torch.Tensor) -> Movement:
        return FusedUnroll(made, PLANT)(m, trials(n), STEPS, HINDERED, noise)

    found: list[list[torch.Tensor]] = []
    for run in (interpreted, fused):
        m = matrix.clone().requires_grad_()
        values = outcome(run(m))
        generator = torch.Generator().manual_seed(2)
        total = sum(
            (torch.randn(v.shape, generator=generator, dtype=v.dtype) * v / v.detach().abs().max()).sum()
            for v in values
        )
        assert isinstance(total, torch.Tensor)
        found.append([*(v.detach() for v in values), *torch.autograd.grad(total, m)])
    for theirs, ours in zip(*found, strict=True):
        assert (ours - theirs).norm() <= 1e-11 * theirs.norm()
    assert (found[0][0][-1] - found[0][0][0]).norm(dim=-1).mean() > 0.1


def test_gradients_are_difference_quotients() -> None:
    made = controller(CONFIGS["fibres"])
    fused, some = FusedUnroll(made, PLANT), trials(5)
    matrix = torch.nn.utils.parameters_to_vector(made.parameters()).detach()[None]
    direction = torch.randn(matrix.shape, generator=torch.Generator().manual_seed(4), dtype=torch.float64)

    def loss(m: torch.Tensor) -> torch.Tensor:
        movement = fused(m, some, 10, HINDERED)
        return movement.hand.square().sum() + movement.excitation.square().sum()

    m = matrix.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(m), m)
    h = 1e-6
    slope = (loss(matrix + h * direction) - loss(matrix - h * direction)) / (2 * h)
    torch.testing.assert_close((gradient * direction).sum(), slope, rtol=1e-7, atol=0)


@pytest.mark.parametrize("name", ["one dense side", "released callosum"])
def test_training_is_that_of_torch_and_members_are_trained_as_if_alone(name: str) -> None:
    plant = Arm26("euler", substeps=1, slack_length=1.0)
    how = TrainingConfig(batches=4, batch=16, steps=20, pool=64, cue_s=(0.02, 0.05), conditions=HINDERED)
    loss = HemisphericLoss(left=NON_DOMINANT, right=DOMINANT)
    tasks: tuple[Task, ...] = ("reach", "hold", "reach")
    members = [Member(seed=s, task=task, loss=loss) for s, task in enumerate(tasks)]
    slow = train(CONFIGS[name], plant, members, how)
    fast = train(CONFIGS[name], plant, members, replace(how, engine="fused"))
    before = train(CONFIGS[name], plant, members, replace(how, batches=1, learning_rate=0.0)).parameters
    assert (slow.parameters - before).abs().max() > 1e-3
    torch.testing.assert_close(fast.parameters, slow.parameters, rtol=0, atol=2e-5)
    for i, member in enumerate(members):
        alone = train(CONFIGS[name], plant, [member], replace(how, engine="fused"))
        torch.testing.assert_close(alone.parameters[0], fast.parameters[i], rtol=0, atol=1e-6)


def test_what_the_kernel_does_not_know_is_said() -> None:
    made = controller(CONFIGS["one dense side"])
    with pytest.raises(ConfigError, match="engine='torch' runs every plant"):
        FusedUnroll(made, Arm26("midpoint"))
    for wrong in (
        BilateralConfig(left=(4,), right=(), core="leaky", callosum="none"),
        BilateralConfig(left=(4, 4), right=(4, 4), core="dense", callosum="gated"),
        BilateralConfig(left=(4, 4), right=(4, 4), core="gru", callosum="linear", callosum_delay_s=0.02),
    ):
        with pytest.raises(ConfigError, match="fused engine"):
            FusedUnroll(wrong.build(PLANT.spec, torch.Generator()), PLANT)


def test_impossible_conditions_are_refused() -> None:
    with pytest.raises(ConfigError, match="multiple of the control step"):
        Conditions(sense_delay_s=0.015).delay_steps(0.01)
    with pytest.raises(ConfigError, match="motor_noise"):
        Conditions(motor_noise=float("nan"))
