"""Losses routed to hemispheres, and learning through the body."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from innervate.agents.hemispheric import losses, training
from innervate.agents.hemispheric.evaluation import in_mujoco, on_plant
from innervate.agents.hemispheric.losses import DOMINANT, NON_DOMINANT, NON_SPECIALISED, HemisphericLoss, Terms
from innervate.agents.hemispheric.terms import movement_terms, planned
from innervate.agents.hemispheric.training import Member, Result, Routes, TrainingConfig, train
from innervate.agents.hemispheric.trials import Trials, draw
from innervate.agents.hemispheric.unroll import stepper, unroll
from innervate.agents.twins.arm26 import Arm26
from innervate.agents.twins.muscle_arm import MuscleArm
from innervate.controllers.circuits.bilateral import BilateralConfig
from innervate.errors import ConfigError, NonFiniteError, UnknownNameError

torch.set_num_threads(1)
BOTH = BilateralConfig(left=(5, 5), right=(5, 5), core="dense", callosum="released")
ONE = BilateralConfig(left=(6, 6), right=(), core="dense", callosum="none")
SHORT = TrainingConfig(batches=2, batch=4, steps=5, pool=16)
PLANT = Arm26("euler", substeps=1, slack_length=1.0)


def run(config: BilateralConfig, *members: Member, how: TrainingConfig = SHORT) -> Result:
    return train(config, PLANT, members, how)


def terms_of(weights: Terms, released: bool = False) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """Terms and loss of an untrained net on fixed trials."""
    controller = BOTH.build(PLANT.spec, torch.Generator().manual_seed(0))
    trials = draw("reach", np.random.default_rng(0), 8, PLANT)
    movement = unroll(PLANT, stepper(PLANT, controller), controller.initial_state(8), trials, 12)
    as_tensors = {name: torch.tensor([value]) for name, value in weights.__dict__.items()}
    terms = movement_terms(movement, movement.goal, PLANT, BOTH, as_tensors, released)
    return terms, losses.weighted(terms, as_tensors)


def test_the_non_specialised_loss_is_the_mean_of_the_two() -> None:
    mean = (terms_of(DOMINANT)[1] + terms_of(NON_DOMINANT)[1]) / 2
    torch.testing.assert_close(terms_of(NON_SPECIALISED)[1], mean)
    assert float(mean.detach()) > 1


def test_the_regulariser_is_over_layers_and_as_released_over_outputs() -> None:
    generator = torch.Generator().manual_seed(0)
    h = torch.randn(7, 2, 3, 4, generator=generator)
    expected = [float((h[:, m] ** 2).mean() + 0.05 * (((h[1:, m] - h[:-1, m]) / 0.01) ** 2).mean()) for m in range(2)]
    torch.testing.assert_close(losses.activity_cost(h, 0.01), torch.tensor(expected))
    hidden, released = (float(terms_of(Terms(activity=1.0), on)[0]["activity"].detach()) for on in (False, True))
    assert released > 1000 * hidden  # squared newtons of muscle force, which swamp everything else


def test_a_movement_is_planned_with_the_least_jerk() -> None:
    """Against the known solution: a peak of 15/8 of the mean speed, and its jerk at every moment."""
    trials = replace(draw("reach", np.random.default_rng(0), 4, PLANT), cue_s=torch.tensor([0.0, 0.2, 0.0, 0.2]))
    steps, dt = 100, PLANT.control_step_s
    plan = planned(trials, PLANT, steps, torch.tensor([0.6, 0.0])).double()
    start, target = PLANT.hand(trials.angle).double(), trials.target.double()
    distance = (target - start).norm(dim=-1)
    for trial, begin in ((0, 0), (1, 20)):
        path = torch.cat([start[trial][None], plan[:, trial]])
        assert torch.equal(path[: begin + 1].float(), path[:1].expand(begin + 1, 2).float())
        torch.testing.assert_close(path[begin + 60 :], target[trial].expand(41 - begin, 2), rtol=0, atol=1e-6)
        speed = path.diff(dim=0).norm(dim=-1) / dt
        torch.testing.assert_close(speed.max(), 15 / 8 * distance[trial] / 0.6, rtol=2e-3, atol=0)
        jerk = (path[begin : begin + 61].diff(n=3, dim=0) / dt**3).norm(dim=-1)
        u = (torch.arange(58) + 1.5) / 60
        known = distance[trial] / 0.6**3 * (60 - 360 * u + 360 * u**2).abs()
        torch.testing.assert_close(jerk, known, rtol=0, atol=0.02 * float(known.max()), check_dtype=False)
    torch.testing.assert_close(plan[:, 2].float(), trials.target[2].expand(steps, 2))
    assert torch.equal(plan[19, 3].float(), PLANT.hand(trials.angle)[3])
    torch.testing.assert_close(plan[20, 3].float(), trials.target[3])


def test_each_hemisphere_learns_from_its_own_loss_and_the_output_from_half_of_each() -> None:
    routes = Routes(BOTH.build(PLANT.spec, torch.Generator().manual_seed(0)))
    names = [
        name
        for name, value in BOTH.build(PLANT.spec, torch.Generator()).named_parameters()
        for _ in range(value.numel())
    ]
    routed = routes.routed(torch.stack([torch.full((1, len(names)), 2.0), torch.full((1, len(names)), 10.0)]))[0]
    expected = {"left": 2.0, "right": 10.0, "mix": 6.0, "readouts": 6.0}
    assert routed.tolist() == [expected[name.split(".")[0]] for name in names]
    assert {name.split(".")[0] for name in names} == expected.keys()


def test_a_loss_on_one_side_leaves_the_other_as_it_was() -> None:
    before = BOTH.build(PLANT.spec, training.Streams(3).controller()).state_dict()
    loss = HemisphericLoss(left=Terms(distance=1.0), right=Terms())
    after = run(BOTH, Member(seed=3, task="reach", loss=loss)).controller(0).state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert any(name.startswith("left.") for name in changed)
    assert any(name.startswith("readouts.") for name in changed)
    assert not any(name.startswith("right.") for name in changed)


def test_gradients_are_clipped_parameter_by_parameter() -> None:
    routes = Routes(ONE.build(PLANT.spec, torch.Generator()))
    sizes = [value.numel() for value in ONE.build(PLANT.spec, torch.Generator()).parameters()]
    gradient = torch.randn(2, sum(sizes), generator=torch.Generator().manual_seed(0)) * torch.tensor([[10.0], [0.001]])
    clipped = gradient.clone()
    routes.clip(clipped, 1.0)
    for mine, original in zip(clipped.split(sizes, dim=1), gradient.split(sizes, dim=1), strict=True):
        torch.testing.assert_close(mine[0], original[0] / original[0].norm().clamp(min=1.0))
        assert torch.equal(mine[1], original[1])


def test_members_do_not_depend_on_each_other_and_repeat() -> None:
    members = [
        Member(seed=1, task="reach", loss=HemisphericLoss()),
        Member(seed=2, task="hold", loss=HemisphericLoss(left=NON_SPECIALISED, right=NON_SPECIALISED)),
    ]
    together = run(BOTH, *members)
    assert torch.equal(together.parameters, run(BOTH, *members).parameters)
    for i, member in enumerate(members):
        torch.testing.assert_close(run(BOTH, member).parameters[0], together.parameters[i], rtol=1e-4, atol=1e-5)


def test_learning_brings_the_hand_nearer() -> None:
    how = TrainingConfig(batches=20, batch=32, steps=20, learning_rate=1e-2)
    result = run(ONE, Member(seed=0, task="hold", loss=HemisphericLoss(left=Terms(distance=5.0))), how=how)
    assert result.losses[-5:].mean() < 0.8 * result.losses[:5].mean()


def test_training_goes_on_from_where_another_ended() -> None:
    member = Member(seed=4, task="reach", loss=HemisphericLoss())
    first = run(BOTH, member)
    still = train(BOTH, PLANT, [member], replace(SHORT, learning_rate=0.0), start=first.parameters)
    assert torch.equal(still.parameters, first.parameters)
    on = train(BOTH, PLANT, [member], SHORT, start=first.parameters)
    assert not torch.equal(on.parameters, first.parameters)
    with pytest.raises(ConfigError, match="start has the parameters of"):
        train(ONE, PLANT, [member], SHORT, start=first.parameters)


def test_what_is_learned_on_the_twin_does_the_same_in_mujoco() -> None:
    plant = MuscleArm()
    how = TrainingConfig(batches=3, batch=16, steps=20, pool=None, margin=0.2)
    result = train(BOTH, plant, [Member(seed=0, task="hold", loss=HemisphericLoss())], how)
    trials = draw("hold", np.random.default_rng(1), 6, plant, margin=0.25)
    paths = on_plant(result.controller(0), plant, trials, 40)[0], in_mujoco(result.controller(0), trials, 40)[0]
    assert np.abs(paths[0][-1] - paths[0][0]).max() > 0.05
    np.testing.assert_allclose(paths[0], paths[1], rtol=0, atol=1e-4)


def test_bad_input_gets_one_clear_sentence() -> None:
    member = Member(seed=0, task="reach", loss=HemisphericLoss())
    other = replace(member, loss=HemisphericLoss(regulariser="released"))
    with pytest.raises(ConfigError, match="all must regularise the same"):
        run(BOTH, member, other)
    with pytest.raises(NonFiniteError, match="force of a trial is not finite"):
        Trials(torch.zeros(1, 2), torch.zeros(1, 2), torch.tensor([[float("nan"), 0.0]]), torch.zeros(1))
    with pytest.raises(ConfigError, match="margin"):
        draw("reach", np.random.default_rng(0), 1, PLANT, margin=0.5)
    with pytest.raises(ConfigError, match="at least 1"):
        TrainingConfig(batches=0)
    routes: Any = Routes(ONE.build(PLANT.spec, torch.Generator()))
    size = sum(p.numel() for p in ONE.build(PLANT.spec, torch.Generator()).parameters())
    with pytest.raises(NonFiniteError, match=r"gradient of left.0.synapse.weight of member 0"):
        routes.routed(torch.full((1, 1, size), float("nan")))


def test_names_that_do_not_exist_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="no part of Bilateral named 'right'"):
        ONE.build(PLANT.spec, torch.Generator()).lesion("right")
