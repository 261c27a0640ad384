"""What each rule of plasticity is known to do: closed forms, published fits, fixed points."""

import math

import numpy as np
import pytest
import torch

from innervate.controllers.plasticity.abcd import ABCDConfig
from innervate.controllers.plasticity.bcm import BCMConfig
from innervate.controllers.plasticity.differentiable import DifferentiableConfig
from innervate.controllers.plasticity.gated import GatedConfig
from innervate.controllers.plasticity.homeostat import HomeostatConfig
from innervate.controllers.plasticity.oja import OjaConfig
from innervate.controllers.plasticity.pair_stdp import PairSTDPConfig
from innervate.controllers.plasticity.pspm import PSPMConfig, corrections
from innervate.controllers.plasticity.reward_stdp import RewardSTDPConfig
from innervate.controllers.plasticity.scaling import ScalingConfig
from innervate.controllers.plasticity.symmetric_stdp import SymmetricSTDPConfig, rescaled
from innervate.controllers.plasticity.triplet_stdp import TripletSTDPConfig
from innervate.controllers.rules import Rule, RuleConfig

ONE = torch.ones(1, 1)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def of_trains(config: RuleConfig, pre: list[int], post: list[int], steps: int, dt_s: float = 1e-3) -> float:
    """What spikes at these steps do to one synapse."""
    rule, told = config.build(1, 1, seeded(), dt_s), 0.0
    state = rule.zero(1)
    for k in range(steps):
        change, state = rule.change(ONE * (k in pre), ONE * (k in post), torch.zeros(1, 1, 1), ONE, state)
        told += float(change)
    return told


def test_oja_s_neuron_finds_the_first_principal_component() -> None:
    """The published result: of length 1, along the eigenvector of the largest eigenvalue (Oja 1982)."""
    generator, rule = seeded(), OjaConfig(rate=1.0).build(2, 1, seeded(), 1e-3)
    mix = torch.tensor([[2.0, 0.0], [1.0, 0.5]])
    values, vectors = torch.linalg.eigh(mix @ mix.T)
    w = torch.tensor([[[0.3], [-0.2]]])
    for k in range(6000):
        x = (mix @ torch.randn(2, generator=generator))[None]
        change, _ = rule.change(x, (x.unsqueeze(2) * w).sum(1), w, ONE, {})
        w = w + 0.02 / (1 + k / 300) * change
    assert float(w[0, :, 0].norm()) == pytest.approx(1.0, abs=0.05)
    assert abs(float(w[0, :, 0] @ vectors[:, values.argmax()])) > 0.99


@pytest.mark.parametrize("apart", [1, 7, 20, 45])
def test_the_window_of_pairs_is_exponential_on_both_sides(apart: int) -> None:
    config = PairSTDPConfig(potentiation=0.3, depression=0.2, tau_plus_s=0.017, tau_minus_s=0.034)
    assert of_trains(config, [5], [5 + apart], 80) == pytest.approx(0.3 * math.exp(-apart / 17), rel=1e-5)
    assert of_trains(config, [5 + apart], [5], 80) == pytest.approx(-0.2 * math.exp(-apart / 34), rel=1e-5)
    symmetric = SymmetricSTDPConfig(rate=0.5, tau_s=0.02, jump=0.1)
    for pre, post in ((5, 5 + apart), (5 + apart, 5)):
        assert of_trains(symmetric, [pre], [post], 80) == pytest.approx(0.05 * math.exp(-apart / 20), rel=1e-5)


def test_triplets_without_their_slow_traces_are_pairs() -> None:
    rng = np.random.default_rng(0)
    pre, post = (sorted(rng.choice(200, 20, replace=False).tolist()) for _ in range(2))
    pairs = PairSTDPConfig(potentiation=0.01, depression=0.02, tau_plus_s=0.0168, tau_minus_s=0.0337)
    triplets = TripletSTDPConfig(pair_plus=0.01, pair_minus=0.02, triplet_plus=0.0)
    assert of_trains(triplets, pre, post, 200) == pytest.approx(of_trains(pairs, pre, post, 200), rel=1e-5)


@pytest.mark.parametrize(
    ("hertz", "lag", "measured", "error"),
    [
        (0.1, 10, -0.04, 0.05),
        (20, 10, 0.25, 0.05),
        (40, 10, 0.53, 0.11),
        (0.1, -10, -0.29, 0.08),
        (20, -10, -0.41, 0.11),
    ],
)
def test_triplets_change_with_frequency_as_measured(hertz: float, lag: int, measured: float, error: float) -> None:
    """Sixty pairs in visual cortex (Sjostrom, Turrigiano and Nelson 2001), to which the defaults were fitted."""
    pairs = 60 if hertz > 1 else 1  # nothing is left of a pair after ten seconds
    pre = [20 + round(1000 / hertz) * k for k in range(pairs)]
    told = 60 / pairs * of_trains(TripletSTDPConfig(), pre, [t + lag for t in pre], pre[-1] + 100)
    assert told == pytest.approx(measured, abs=1.5 * error)


def test_pairs_cannot_do_that() -> None:
    """The control: at any frequency the sign of a pair rule's change is that of its balance."""
    slow, fast = (
        of_trains(PairSTDPConfig(), pre, [t + 10 for t in pre], 60 * every + 50)
        for every, pre in ((n, [20 + n * k for k in range(60)]) for n in (100, 25))
    )
    assert slow > 0 and fast < slow


def test_a_late_reward_finds_what_earned_it() -> None:
    config = RewardSTDPConfig(rate=2.0, tau_s=0.5, pairs=PairSTDPConfig(potentiation=0.1))
    rule, told = config.build(2, 1, seeded(), 0.01), torch.zeros(1, 2, 1)
    state = rule.zero(1)
    for k in range(61):
        pre, post = torch.tensor([[float(k == 0), 0.0]]), ONE * (k == 1)
        change, state = rule.change(pre, post, told, ONE * (k == 51), state)
        told = told + change
    expected = 2.0 * 0.1 * math.exp(-0.01 / 0.02) * math.exp(-0.5 / 0.5)
    assert float(told[0, 0]) == pytest.approx(expected, rel=1e-4) and float(told[0, 1]) == 0


def test_three_factors_go_along_the_gradient_of_the_reward() -> None:
    """y = w x + noise, reward -(y - wanted)^2 less its usual value: the mean change is its gradient, scaled."""
    generator, n = seeded(), 200_000
    rule = GatedConfig(rate=1.0, trace_s=1e-6, usual_s=1.0).build(3, 1, seeded(), 1e-3)
    w, wanted, sd = torch.tensor([0.5, -0.3, 0.2]), 0.7, 0.3
    x = torch.tensor([1.0, -0.5, 0.8])
    noise = sd * torch.randn(n, 1, generator=generator)
    mean = float(w @ x)
    reward = -((mean + noise - wanted) ** 2)
    state = {"trace": torch.zeros(n, 3, 1), "usual": torch.full((n, 1), mean)}
    change, _ = rule.change(x.expand(n, 3), mean + noise, torch.zeros(n, 3, 1), reward - reward.mean(), state)
    gradient = -2 * (mean - wanted) * x
    torch.testing.assert_close(change.mean(0)[:, 0], sd**2 * gradient, rtol=0.05, atol=2e-3)


def test_scaling_comes_to_the_target_and_keeps_proportions() -> None:
    rule = ScalingConfig(rate=0.05, target=0.4, mean_s=0.2).build(3, 1, seeded(), 0.02)
    x, w = torch.tensor([[1.0, 0.5, 0.25]]), torch.tensor([[[0.8], [1.6], [0.4]]])
    before, state = w / w.sum(), rule.zero(1)
    for _ in range(2000):
        y = (x.unsqueeze(2) * w).sum(1)
        change, state = rule.change(x, y, w, ONE, state)
        w = w + change
    assert float((x.unsqueeze(2) * w).sum()) == pytest.approx(0.4, rel=1e-3)
    torch.testing.assert_close(w / w.sum(), before)
    torch.testing.assert_close(rescaled(w, 2.0).sum(1), torch.full((1, 1), 2.0))


def test_a_bcm_neuron_comes_to_prefer_one_of_its_inputs() -> None:
    """Two orthogonal patterns in turn: the stable fixed points are activity 2 for one of them and 0 for the other."""
    rule = BCMConfig(rate=0.004, threshold_s=1.0).build(2, 1, seeded(), 0.02)
    w, state, x = torch.tensor([[[0.6], [0.5]]]), rule.zero(1), torch.eye(2)
    for k in range(8000):
        seen = x[k % 2][None]
        change, state = rule.change(seen, (seen.unsqueeze(2) * w).sum(1).clamp(min=0), w, ONE, state)
        w = w + change
    assert float(w[0, 0, 0]) == pytest.approx(2.0, abs=0.1) and abs(float(w[0, 1, 0])) < 0.1


def test_a_homeostat_is_as_plastic_as_things_are_amiss() -> None:
    """Need decays as exp(-t / need_s) while all is well, and comes back to what is amiss."""
    rule = HomeostatConfig(rule=OjaConfig(rate=1.0), need_s=0.5).build(1, 1, seeded(), 0.01)
    state = rule.zero(1)
    for _ in range(100):
        _, state = rule.change(ONE, ONE, torch.zeros(1, 1, 1), 0 * ONE, state)
    assert float(state["need"]) == pytest.approx(math.exp(-2), rel=1e-4)
    first, after = rule.change(ONE, ONE, torch.zeros(1, 1, 1), ONE, state)
    assert float(first) == pytest.approx(math.exp(-2), rel=1e-4)
    change = first
    for _ in range(500):
        change, after = rule.change(ONE, ONE, torch.zeros(1, 1, 1), ONE, after)
    assert float(change) == pytest.approx(1.0, rel=1e-3)


def test_evolved_and_trained_coefficients_are_what_they_say() -> None:
    rule = ABCDConfig(rate=0.5).build(2, 3, seeded(), 0.02)
    pre, post = torch.tensor([[0.3, -0.7]]), torch.tensor([[1.0, 0.2, -0.4]])
    a, b, c, d = rule.get_parameter("coefficients").detach().numpy()
    change, _ = rule.change(pre, post, torch.zeros(1, 2, 3), torch.ones(1, 3), {})
    x, y = pre[0].numpy()[:, None], post[0].numpy()[None]
    np.testing.assert_allclose(change[0].detach().numpy(), 0.5 * (a * x * y + b * x + c * y + d), rtol=1e-5)
    trace = DifferentiableConfig(rate=0.1).build(1, 1, seeded(), 0.02)
    w = torch.zeros(1, 1, 1)
    for _ in range(30):
        w = w + trace.change(ONE, 0.5 * ONE, w, ONE, {})[0].detach()
    assert float(w) == pytest.approx(0.5 * (1 - 0.9**30), rel=1e-5)  # the running mean of the product


def test_missing_spikes_raise_and_unwanted_ones_lower_whom_they_came_from() -> None:
    spikes, wanted = torch.zeros(2, 100, 1, 1)
    spikes[30], wanted[32], spikes[60], wanted[80] = 1, 1, 1, 1
    told = corrections(spikes, wanted, slack=3)
    assert torch.equal(told.nonzero()[:, 0], torch.tensor([60, 80]))
    assert float(told[60]) == -1 and float(told[80]) == 1
    rule: Rule = PSPMConfig(rate=1.0, window_s=0.005).build(2, 1, seeded(), 1e-3)
    state, found = rule.zero(400), list[torch.Tensor]()
    for k in range(8):  # the first neuron fires three steps before, the second eight
        pre = torch.tensor([[float(k == 4), float(k == 0)]]).expand(400, 2)
        change, state = rule.change(
            pre, torch.zeros(400, 1), torch.zeros(400, 2, 1), torch.ones(400, 1) * (k == 7), state
        )
        found.append(change)
    raised = found[-1][:, 0, 0]
    assert float(raised.mean()) == pytest.approx(0.5, abs=0.05) and float(raised.std()) == pytest.approx(
        12**-0.5, abs=0.05
    )
    assert float(found[-1][:, 1].abs().max()) == 0 and all(float(c.abs().max()) == 0 for c in found[:-1])
